"""Names by the shape of what they stand in: speakers of a chat, capitals, signatures on a line, forms
and relations in inflected languages, and given names that are typed small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import (
    FAMOUS,
    NOT_NAMES,
    SMALL_WORDS,
    given_names,
    homographs,
    is_given,
    is_likely,
    is_plain,
    is_soft,
)
from persona_tui.donation.redaction.names import FULL, PARTICLE, WORD
from persona_tui.donation.redaction.rules import Rule, Span, found, rule
from persona_tui.donation.redaction.wordlists import words


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_STAMP = r"(?:\[?(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? )?\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[AaPp]\.?[Mm]\.?)?\]?[ ,-]{0,4})"
_SPEAKER = re.compile(
    rf"(?m)^[ \t>*]{{0,6}}(?P<stamp>{_STAMP})?(?P<it>[^\W\d_][\w'.-]{{1,24}}(?: [^\W\d_][\w'.-]{{0,24}}){{0,2}}){{0,1}}(?: ?[(\[]?{_STAMP}[)\]]?)?:(?=[ \t]\S)"
)
_ROLES = words(
    "user assistant system human ai bot chatbot chatgpt gpt claude gemini model agent customer support client server host guest admin moderator operator narrator interviewer interviewee speaker person me you us them "
    "question answer q a note notes warning error info debug summary title subject date time to from cc bcc re fw fwd example input output prompt response result step task todo tip hint total name address phone email tel fax web url "
    "ingredients instructions directions method pros cons option context goal role requirements monday tuesday wednesday thursday friday saturday sunday day week month year chapter section part version author student teacher doctor patient "
    "mom mum dad mother father boss manager employee seller buyer caller driver officer judge lawyer frage antwort betreff datum zeit ort kunde objet date heure pregunta respuesta asunto fecha cliente domanda risposta"
)
_CAPS_WORD = r"[A-Z][A-Z'-]{1,24}"
_SIGNED = r"(?:mfg|lg|vg|vlg|glg|gez\.?|gruss|grusse|hochachtungsvoll|atte\.?|atentamente|saludos|un saludo|best|all the best|warmly|cdlt|cordialement|bien a vous|bises|bisous|regards|kind regards|best regards|yours sincerely|sincerely|yours faithfully|yours truly|cheers|thanks|thank you|many thanks|love|xoxo|signed|sgd\.?|mvg|groetjes|groeten|met vriendelijke groet|pozdrawiam|z powazaniem|cordiali saluti|distinti saluti|saluti|att\.?|atenciosamente|abs|abracos|cumprimentos|lp|lep pozdrav)"
_KIN = (
    # Inflected forms of relations, Polish, Czech, Slovene and Croatian; then roles that the other lists lack.
    r"(?:bab(?:cia|ci|cie|cia|cie)|dziad(?:ek|ka|kiem|kowi)|wnu(?:k|ka|kiem|kowi|czka|czki|czke)|mam(?:y|ie|e)|tat(?:y|e|a)|ojc(?:a|u|iec|em)|matk(?:a|i|e)|syn(?:a|em|owi|ek|ka)?|cork(?:a|i|e)|zon(?:a|y|e)|mez(?:a|em|owi)|maz|brat(?:a|em|u)?|siostr(?:a|y|e)|ciotk?(?:a|i|e|ia|ci)|wuj(?:ek|ka|kiem)?|kolezank(?:a|i|e)|koleg(?:a|i|e)|przyjaci(?:el|ela|olka|olki)|sasiad(?:a|ka|ki|em)?|szef(?:a|em|owa|owej)?|teść|tesciow(?:a|ej)|pan(?:i|a|em|u)?|narzeczon\w{1,4}|chlopak(?:a|iem)?|dziewczyn\w{1,2}"
    r"|manzel(?:a|ka|ky|kou)?|syn(?:ovi)?|dcer(?:a|y|u|ou)|bratr(?:a|ovi)?|sestr(?:a|y|u|ou|i|o)|babick\w{1,2}|dedeck\w{1,3}|sin(?:a|u|om)?|hcer(?:ka|ki|ko)?|zet|svekrva|bivsi|bivsa|moz|moza|zen(?:a|e|o)|mam(?:a|e|o)|oce(?:ta|tu)?|sef(?:a|u|om|ica|ice)?"
    r"|cat sitter|dog sitter|pet sitter|child ?minder|au pair|cleaner|gardener|builder|electrician|estate agent|letting agent|agent|line manager|head ?teacher|headmaster|principal|dean|godfather|godmother|godson|goddaughter|stepfather|stepmother|mother in law|father in law|sister in law|brother in law|grandad|granddad|grandkids?|widow|widower|late (?:wife|husband|mother|father|brother|sister)|ex wife|ex husband|driver|tenants?|insured|victim|suspect|complainant|bride|groom|godparents?|pupil|captain|goalkeeper"
    r"|chef|patron|gendre|bru|beau-frere|belle-soeur|parrain|marraine|filleul[e]?|assistante? (?:maternelle|sociale)|nounou|kine|infirmiere?|schwiegersohn|schwiegertochter|patenkind|patentante|hausmeister(?:in)?|hebamme|pfleger(?:in)?|sachbearbeiter(?:in)?|suocer[oa]|cognat[oa]|nonn[oa]|zi[oa]|cugin[oa]|maestr[oa]|fidanzat[oa]|coinquilin[oa]|yerno|nuera|abuelit[oa]|padrino|madrina|nin[oa]|maestr[oa]|sogr[oa]|cunhad[oa]|genro|nora|avo|neto|neta|madrinha|padrinho|schoonmoeder|schoonvader|schoonzus|kleinzoon|kleindochter|opa|oma|juf|meester|heer)"
)
_FORM = (
    r"(?:drivers?|tenants?|insured(?: person)?|policy ?holders?|passengers?|guests?|occupants?|claimants?|attendees|participants|players?|students|witness(?:es)?|executors?|trustees?|directors?|partners?|buyers?|sellers?|vendors?|lessees?|debtors?|creditors?|respondents?|parents?|mother|father|spouse|maiden name|mother'?s maiden name|next of kin|in case of emergency|ice|emergency contacts?|bride|groom|deceased|born to|survived by|in memory of|in loving memory of"
    r"|mieter|vermieter|fahrer(?:in)?|halter(?:in)?|versicherte[rn]?|erziehungsberechtigte[rn]?|antragsteller|erbe[n]?|brautpaar|verstorbene[rn]?|conducteur|locataires?|proprietaires?|temoins?|enfants?|mere|pere|conductora?|inquilinos?|testigos?|padres?|madre|conducente|testimoni|genitori|condutora?|inquilinos|huurders?|bestuurder|kierowca|najemc[ay]|kontakt)"
)


def _people(match: re.Match[str]) -> bool:
    first = re.findall(r"[^\W\d_][\w'-]*", found(match))
    some = [one for one in first if len(one) > 1]
    return (
        bool(some)
        and some[0].casefold() not in NOT_NAMES
        and (is_soft(some[0]) or not is_plain(some[0]))
    )


def _caps(match: re.Match[str]) -> bool:
    """ "THORNBURY, Elspeth", "MERIEL ASHCOMBE": one of the words must be a given name."""
    some = re.findall(r"[^\W\d_][\w'-]*", found(match))
    return any(is_given(one.capitalize()) and len(one) > 2 for one in some) and not any(
        is_plain(one) and not is_soft(one) for one in some
    )


RULES: tuple[Rule, ...] = (
    rule("NAME", rf"(?<![\w.-])(?P<it>{_CAPS_WORD}(?:-{_CAPS_WORD})?,? {WORD}(?: {WORD})?)(?![\w(=])", _caps),
    rule("NAME", rf"(?<![\w.-])(?P<it>{WORD} {_CAPS_WORD}(?: {_CAPS_WORD})?)(?![\w(=])", _caps),
    rule("NAME", rf"(?<![\w.$-])(?P<it>{_CAPS_WORD}(?: {_CAPS_WORD}){{1,3}})(?![\w(=.])", _caps),
    rule("NAME", rf"(?i:(?<![\w-]){_SIGNED})[,.!]{{0,2}}[ \n]{{1,3}}(?P<it>{WORD}(?: (?:{PARTICLE} )?{WORD}){{1,2}})(?=[ \t]{{0,3}}(?:\(|--|[.,!\n-]|$))", _people),
    rule("NAME", rf"(?im:^[ \t>]{{0,8}}{_SIGNED}[,.!]{{0,2}}[ \t]{{0,3}}\r?\n\s{{0,6}})(?P<it>(?-i:{FULL}|(?:[A-Z]\. ?){{1,3}}(?:Mac |Mc |{PARTICLE} )?{WORD}(?: {WORD})?))(?=[ \t]{{0,3}}(?:\(|\n|,|$))", _people),
    rule("NAME", rf"(?i:(?<![\w-]){_KIN},? )(?P<it>(?:{PARTICLE} |Van (?:der? )?)?{FULL})", _people),
    rule("NAME", rf"(?i:(?<![\w-]){_FORM}\s?[:=] {{0,3}})[\"']?(?P<it>{FULL})", _people),
    rule("NAME", rf"(?i:(?<![\w-]){_FORM}:? )(?P<it>{WORD})(?=,? \(?[+0]\d)", _people),
    rule("NAME", rf"(?<![\w-])(?P<it>{WORD}(?: {WORD}){{1,3}})(?=,? (?i:born|b\.|geb\.|geboren|nee?|nato|nata|nacid[oa]|ur\.|dob)[ :]{{1,2}}(?:on |am |le |il |el |the )?\d)", _people),
    rule("NAME", rf"(?<=\")(?P<it>{WORD})(?=, my [a-z]{{3,12}})", _people),
    rule("NAME", rf"(?<![\w-])(?P<it>{WORD}(?: {WORD}){{0,2}})(?=, (?i:my|our|mein|meine|mon|ma|mi|mijn) (?:[a-z]{{2,12}} )?(?i:{_KIN}|wife|husband|son|daughter|friend|boss|neighbou?r|landlord|landlady|sister|brother|mum|mom|dad|cousin|colleague|manager))", _people),
    rule("NAME", rf"(?i:\b(?:meet|met|meeting|call|ask|tell|told|text|invite|thank|pay|paid|email|visit|visiting|see|know|with|for|from|by|cc|remind) )(?P<it>{WORD})(?= (?:at (?:my|our|his|her|the)|at \d|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|back|about (?:my|the|our)|that (?:i|we)|to (?:pay|come|bring|call)))", lambda m: is_soft(found(m)) or not is_plain(found(m))),
    rule("NAME", r"(?:[?&]|\b)(?:name|first_?name|last_?name|fullname|cardholder|holder)=(?P<it>[A-Z][\w'-]{1,24}(?:(?:\+|%20|_)[A-Z][\w'-]{1,24}){1,3})"),
    # Russian: surname with initials either way; other scripts: roles without a colon.
    rule("NAME", r"(?P<it>[A-Z\u0400-\u042f][A-Za-z\u0400-\u052f-]{2,24} [A-Z\u0400-\u042f]\. ?[A-Z\u0400-\u042f]\.)", lambda m: any(one >= "\u0400" for one in m[0])),
    rule("NAME", r"(?P<it>(?<![\w.])[A-Z\u0400-\u042f]\. ?[A-Z\u0400-\u042f]\. ?[A-Z\u0400-\u042f][A-Za-z\u0400-\u052f-]{2,24})", lambda m: any(one >= "\u0400" for one in m[0])),
    rule("NAME", r"(?:收件人|收货人|联系人|房东|租客|房客|业主|班主任|主任|校长|院长|医生|律师|客户|患者|病人|司机|保姆|舅舅|叔叔|姑姑|阿姨|伯伯|姨妈|岳父|岳母|公公|婆婆|嫂子|姐夫|妹夫|女婿|儿媳|孙子|孙女|外甥|侄子|侄女|前妻|前夫|前男友|前女友|总监|组长|领导|搭档|徒弟|师父)(?:是|叫|名叫|：|:)?(?P<it>[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛禹狄米贝明臧计伏成戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程][\u4e00-\u9fff]{1,2})(?=的|，|,|。|、|说|在|是|和|要|想|给|告|昨|今|电|手|微|\s|$|[）)])"),
    rule("NAME", rf"(?<![\u0621-\u064a])(?:{_folded('المدير|المديرة|المهندس|المحامي|المحامية|الطبيب|الطبيبة|المعلم|المعلمة|المريض|المريضة|الشيخ|الحاج|العم|خالي|خالتي|عمي|عمتي|جدي|جدتي|والدي|والدتي|ابن عمي|خطيبي|خطيبتي|صاحب البيت|المالك|الموظف|الموظفة|الكابتن')}) (?P<it>(?:{_folded('عبد|أبو|ابو|ال')} ?)?[\u0621-\u064a]{{2,12}}(?: (?:{_folded('بن|آل')} )?[\u0621-\u064a]{{3,12}})?)(?=[\s.,\u060c]|$)", lambda m: len(found(m)) > 3),
    rule("NAME", rf"(?i)(?<!\w)(?:{_folded('директора|директору|директор|начальника|начальнику|учителя|учительницы|врача|врачу|доктора|соседа|соседки|соседу|соседке|бабушки|дедушки|бабушке|дедушке|тёти|тети|дяди|дяде|жены|мужа|сыну|сына|внука|внучки|внук|внучка|невестка|зять|тёща|свекровь|пациент|пациентка|клиент|хозяин|хозяйка|хозяйке|имя|имени|подруги|друга|коллеги|гражданка|гражданин|гр.|от|получатель|отправитель|подпись|водитель')})[: ] ?(?P<it>(?-i:[A-Z\u0400-\u042f])[A-Za-z\u0400-\u052f-]{{2,24}}(?: (?-i:[A-Z\u0400-\u042f])[A-Za-z\u0400-\u052f-]{{2,24}}){{0,2}})", lambda m: any(one >= "\u0400" for one in found(m))),
)  # fmt: skip
_NICK = re.compile(
    rf" [\"'(\u201c](?P<nick>{WORD})[\"')\u201d](?: (?P<last>(?:{PARTICLE} )?{WORD}))?"
)
_INITIAL = re.compile(r" [A-Z]\.(?=[\s,;)\n]|$)")
_SMALL = re.compile(
    r"(?<![\w@#./$\\'`\"<=(\[{_-])(?<!--)[a-z]{4,20}(?![\w(\[{=/\\@:_<>-])(?!\.\w)(?!['\"`])"
)
FIRST = re.compile(
    r"(?i)(?<![a-z'])(?:i|i'?m|i'?ve|i'?d|i'?ll|my|me|mine|we|our|us|ich|mich|mir|mein\w{0,2}|wir|uns\w{0,3}|j'|j'ai|je|moi|mon|ma|mes|nous|notre|yo|mi|mis|mio|mia|nosotros|nuestr[oa]s?|io|noi|eu|meu|minha|nos|ik|mijn|mn|wij|ons|onze|ja|mnie|mi|moj\w{0,3}|jaz|moj[aei]?)(?![a-z])"
)
"""The writer is in it: else a small name is some public person's."""
_TYPED = re.compile(r"(?:^|[.!?\n]\s{0,3})([A-Za-z])")


def people(text: str) -> Iterator[Span]:
    """Names that speak in a chat, and given names in texts that are typed small."""
    yield from _speakers(text)
    yield from _small(text)


def longer(text: str, end: int) -> int:
    """Where a name that ends at ``end`` ends with its nickname, its surname after that, or initial."""
    more = _NICK.match(text, end)
    if more:
        return more.end()
    more = _INITIAL.match(text, end)
    return more.end() if more else end


def _speakers(text: str) -> Iterator[Span]:
    """Two lines at least that begin with a name and a colon, or one with a time before."""
    lines = [match for match in _SPEAKER.finditer(text) if match["it"]]
    count = Counter(match["it"].casefold() for match in lines)
    for match in lines:
        words = match["it"].split()
        stamped = match["stamp"] is not None
        if any(word.casefold() in _ROLES for word in words) or len(lines) < 2 - stamped:
            continue
        known = is_likely(words[0]) or (is_soft(words[0]) and words[0][0].isupper())
        if (
            known
            or (stamped and not is_plain(words[0]))
            or (count[match["it"].casefold()] > 1 and not is_plain(words[0]))
        ):
            yield *match.span("it"), "NAME"


def _small(text: str) -> Iterator[Span]:
    """Given names in small letters, where the writer uses no capitals: "should i tell graham"."""
    starts = _TYPED.findall(text[:4000])
    if not starts or sum(one.islower() for one in starts) * 2 < len(starts):
        return
    if not FIRST.search(text):
        return
    names = given_names() - homographs() - SMALL_WORDS - _NOBODY
    for match in _SMALL.finditer(text):
        if match[0] in names:
            after = re.match(r" ([a-z]{3,14})", text[match.end() : match.end() + 16])
            if not (after and after[1] in FAMOUS):
                yield *match.span(), "NAME"


_NOBODY = words(
    "mallory trent peggy java ruby perl pascal scala jenkins maven gradle django flask celery selenium mocha karma phoenix elixir dart kotlin swift ionic lambda sigma delta kali tails arch mint cinnamon mate budgie deepin elementary mandrake hansel gretel romeo juliet hamlet othello macbeth "
    "thor loki odin hermes apollo athena zeus hera merlin lancelot hood santa claus barbie paddington simba nala elsa olaf shrek fiona mario luigi sonic zelda link croft sims alexa siri cortana claude gemini clippy watson tesla nikola ford dodge mercedes porsche audi kia honda toyota "
    "milan madrid paris vienna florence sydney adelaide savannah carolina dakota georgia virginia houston austin dallas denver jackson jordan israel chad china kenya cuba india chelsea camden brooklyn bronx lincoln madison jersey salem troy alma aurora marina vera aloe margarita martini "
    "jalapeno jack monterey brie olive basil sage rosemary ginger cayenne angelica santa della dello dona senora genesis exodus ezra jeremiah judges kings mark jude titus philemon jesus abraham moses "
    "michelangelo donatello taylor beyonce rihanna adele drake kanye elvis madonna messi ronaldo neymar serena federer nadal djokovic lebron jordan kobe oprah trump biden obama putin stalin lenin hitler caesar cleopatra nero cicero plato homer virgil dante pele kant hegel shelley bronte dorian marathon mercury venus titan norma gaussian bernoulli kelvin "
    "amazon nike adidas puma celine chanel dior armani versace prada hermes ikea lego disney pixar netflix marvel tiffany carter ariel dove olay nivea gillette wendy wendys arby denny benny sherry brandy tequila sake mocha latte chai kombucha roman english norman saxon angel heaven trinity charisma karma harmony melody lyric cadence cadenza allegra aria viola sonata"
)
