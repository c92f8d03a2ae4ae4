"""Names in any case behind words that introduce somebody: "hiya im gaz", "my boss karen", "moi c leo".

Small letters prove nothing, so what stands there must be a known name, or (behind words that
nothing but a name follows) at least no ordinary word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.lexicon import is_given, is_likely, is_plain, is_soft
from persona_tui.donation.redaction.names import KIN
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.wordlists import words

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_])){0,24}(?![\w(\[{=/\\@])(?!\.\w)(?!::)")
_MORE = re.compile(r" (?:(?P<initial>[A-Za-z])\.? (?=[^\W\d_]))?")
_PARTICLES = words(
    "van von der den de la di da del della dos do du al el bin ibn ben abu ter zu le mc st san"
)
_FOLLOWS = re.compile(
    r"(?i)\s{0,3}(?:$|[,.!?;:)\n(~-]|:\)|(?:and|n|&|from|here|please|pls|plz|thanks|thx|ok|for short|instead|btw|lol|i|im|i'm|but|so|u|und|aus|ich|et|j'|jai|de|y|tengo|e|en|uit|i|z|nice|age|aged|\d)\b)"
)
_PRESENTS = re.compile(
    r"(?i)(?: btw| here)?,? (?:and |n |und |et |y |e |en |i )?(?:i'?m |i am |bin |j'?ai |tengo |ho |tenho |ben |mam )?(?:1[3-9]|[2-7]\d)\b(?! ?(?:%|[a-z]{3}))|(?: btw)?,? (?:and )?(?:i'?m )?from [A-Za-z]"
)
"""Whoever says their age or home at once has just said their name."""
_HOW_OLD = re.compile(
    r"(?: btw)?,? ?\(?(?P<it>[1-9]\d?)\)?(?=[,.)!\n]|$| ?[fm]\b| y/?o\b| (?:and|und|et|y) )(?!\.\d)"
)
_VERB = re.compile(
    r"(?:'s)?\b,? ?(?:is|was|has|had|said|says|told|tells|asked|asks|wants|wanted|thinks|keeps|kept|got|gets|went|goes|does|did|just|never|always|and i|who|will|can|hates|loves|likes|snores|lives|works|moved)\b"
)
_NAME_IS = (
    # Behind these nothing but a name stands.
    r"(?:my|his|her|their|the|mi|our \w{2,10}'s) (?:full |first |last |real |actual |legal |given |sur|nick)?name(?:'?s| is|:)?(?: actually| just)?"
    r"|(?:my|his|her|their) (?:\w{2,14} )?name(?:'?s| is)|name(?:'?s| is)"
)
_ALWAYS = (
    r"(?:every ?(?:one|body)|people|folks|friends|mates|family|they|my \w{2,12}|ppl|the (?:guys|lads|girls|kids|family)|most people|all my friends) (?:just |all |always |mostly |usually )?calls? me"
    r"|(?:you can|just|pls|please|feel free to|u can|so|but|and) call me|(?:(?<=[.!?,;\n] )|(?<=\n)|^)call me|(?:i'?m|i am|he'?s|she'?s|who is|is) (?:called|named|known as)|(?:i|he|she|they) goe?s? by|(?:i )?go by|known as"
    r"|(?:hi+ya|hi+|hey+a?|hello+|yo|sup|heya|helo|oi|greetings|morning|hallo|hej|moin|servus|salut|coucou|bonjour|slt|cc|hola|ola|ciao|buenas|hoi)(?: (?:there|all|everyone|everybody|guys|folks|zusammen|a tous|a todos))?[ ,!.]{1,3}"
    r"(?:i'?m|i am|im|its|it's|this is|ich bin|bin (?:der|die)|ich bin's|je suis|jsuis|moi c(?:'est|est)?|c'est|soy|yo soy|sou (?:o|a)|sono|ik ben|jestem|jag ar)"
    r"|(?:ich|i) heisse?|heisse ich|man nennt mich|alle nennen mich|(?:alle|freunde|meine freunde) nennen mich|nennt mich|nenn mich|mein (?:vor|nach|spitz|familien)?name (?:ist|lautet|war)"
    r"|je m'? ?appell?e|j[e'] ?m'?app?ell?e?|jm'?app?ell?e?|j[e'] ?m app?ell?e?|j'?m'?appelle|je mapp?ell?e|m'appelle|mapp?ell?e|on m'appelle|tout le monde m'appelle|mes potes m'appellent|appell?ez?-? ?moi|moi c(?:'est| est)?|moi cest|mon (?:pre)?nom(?: de famille)? (?:est|c'est|c)|il s'appelle|elle s'appelle|qui s'appelle|s'appelle|prenomme"
    r"|(?:yo )?me llamo|mi (?:nombre|apellido)(?: completo)? es|(?:todos|todo el mundo|la gente|mis amigos|los amigos)? ?me (?:dicen|llaman)|llamame|se llama|llamad[oa]|que se llama"
    r"|mi chiamo|il mio (?:nome|cognome) e|(?:tutti )?mi chiamano|chiamami|si chiama"
    r"|(?:eu )?me chamo|chamo-me|meu (?:nome|sobrenome) (?:e|eh)|(?:todos|todo mundo|o pessoal)? ?me chamam?(?: de)?|pode me chamar de|(?:ele|ela) se chama|chama-se"
    r"|ik heet|mijn (?:voor|achter)?naam is|(?:iedereen|ze|mensen|vrienden) noem(?:t|en) (?:me|mij)|noem (?:me|mij)|(?:hij|zij|ze|die) heet"
    r"|mam na imie|na imie mi|nazywam sie|mowia na mnie|(?:ma|mial|miala) na imie"
    r"|ime mi je|moje ime je|zovem se|zovu me|pisem se|klicejo me|jmenuj[iu] se|rikaji mi|volam sa"
    r"|jag heter|mitt namn ar|jeg hedder|jeg heter|mitt navn er|mit navn er|nimeni on|mun nimi on|a nevem|a nevem:|ma numesc|ma cheama|numele meu (?:este|e)"
    r"|benim adim|adim|ismim|nama (?:saya|aku|ku)|namaku|toi ten la|ten (?:toi|minh) la|minh ten(?: la)?|(?:ang )?pangalan ko ay|jina langu ni|naitwa"
    r"|oruko mi ni|sunana|aha m bu|mera naam|me lene|onomazomai"
)
_MAYBE = (
    r"i'?m|i am|this is|it'?s|it is|its me|it's me|here is|heres|ich bin(?:'s)?(?: der| die)?|bin (?:der|die)|hier (?:ist|schreibt)(?: der| die)?|je suis|jsuis|chuis|c|cest|c'est|ici|(?:yo )?soy(?: el| la)?|habla|aqui"
    r"|sono|qui(?: e)?|sou(?: o| a)?|aqui e (?:o|a)|ik ben|met|jestem|tu|tukaj|sem|jag ar|jeg er|olen|ako si"
    r"|(?:thanks|thank you|thx|cheers|love|xoxo|xx|regards|best|bises|bisous|lg|gruss|saludos|besos|groetjes)[ ,!]{1,3}"
    r"|(?:hi|hey|hello|dear|hallo|hoi|salut|coucou|hola|ciao|czesc|oi|ola|hej|liebe|lieber)"
)
_CUE = re.compile(
    rf"(?i)(?<![\w'-])(?:(?P<name>{_NAME_IS})|(?P<always>{_ALWAYS})|(?P<maybe>{_MAYBE}))[:]?[ ,]{{1,2}}[\"'*]{{0,2}}(?=[^\W\d_])"
)
_ROLE = (
    rf"(?:{KIN}|room ?mate|roomie|house ?mate|step-?(?:mom|mum|dad|mother|father|bro|sis|son|daughter|kid)|bestie|bff|hubby|wifey|bf|gf|bro|sis|mommy|mummy|daddy|grandad|granddad|gramps|nan|nanna"
    r"|mil|fil|sil|bil|ex|boss|co-?worker|supervisor|team ?lead|landlord|landlady|neighbou?r|coach|tutor|cousin|auntie|aunty|godson|goddaughter|godmother|godfather|fiancee?|lodger|flatmate|intern|apprentice"
    r"|chef|chefin|kumpel|nachbar(?:in)?|pote|copain|copine|frangin|frangine|reuf|reum|novi[oa]|pata|hermana|hermano|prim[oa]|jef[ea]|amig[oa]|vecin[oa]|ragazz[oa]|namorad[oa]|coloc|colocataire|frere|soeur|daron(?:ne)?|mec|meuf|beauf|compa|carnal|cunad[oa]|tio|tia|mitbewohner(?:in)?|bruder|schwester|vriend(?:in)?|zus|broer|kumpela|kolega)"
)
_ANYONE = re.compile(
    r"(?i)\b(?:dad|mom|mum|roommate|roomie|flatmate|housemate|wife|husband|hubby|boyfriend|girlfriend|brother|sister|cousin|boss|coworker|co-worker|uncle|aunt|aunty|auntie|bestie|neighbou?r|landlord|landlady|niece|nephew|step\w{3,8}|fiancee?)$"
)
_KIN_CUE = re.compile(
    rf"(?i)(?<![\w-])(?P<role>{_ROLE})(?P<named>'?s name is|'s name's|,? (?:is )?(?:called|named)|,? whose name is|,? (?:namens|heisst|heet|s'appelle|qui s'appelle|se llama|llamad[oa]|si chiama|se chama)|:)?(?:,? | \()(?=[^\W\d_])"
)
_SPEAKS = re.compile(
    r"(?<![\w'@#./-])(?P<it>[a-z](?:[a-z]|['-](?=[a-z])){2,24}) (?:said|says|told|asked|texted|messaged|emailed|phoned|thinks|invited|married|dumped|promised|borrowed)\b"
)
_AND = re.compile(r"(?i)(?:,? (?:and|n|und|et|y|e|en|i|og|och|ja|and my \w{2,12}) |, | & | \+ )")


def introduced(text: str) -> Iterator[Span]:
    """Names that people give themselves, or that are said to be somebody's name."""
    for cue in _CUE.finditer(text):
        end = _end(text, cue.end(), str(cue.lastgroup))
        if end:
            yield from _with_others(text, cue.end(), end)
            age = _HOW_OLD.match(text, end)
            if age:
                yield age.start("it"), age.end("it"), "AGE"


def related(text: str) -> Iterator[Span]:
    """Names in any case behind a relation ("roommate karen"), or of one who says something."""
    for cue in _KIN_CUE.finditer(text):
        level = "always" if cue["named"] and cue["named"] != ":" else "kin"
        end = _end(text, cue.end(), level)
        if end is None and level == "kin" and _ANYONE.search(cue["role"]):
            end = _unknown(text, cue.end())
        if end:
            yield from _with_others(text, cue.end(), end)
    for match in _SPEAKS.finditer(text):
        if is_likely(match["it"]):
            yield match.start("it"), match.end("it"), "NAME"


def others(text: str, end: int) -> Iterator[Span]:
    """Names joined with "and" to one that ends at ``end``."""
    for _ in range(4):
        joint = _AND.match(text, end)
        word = _WORD.match(text, joint.end()) if joint else None
        if joint is None or word is None or is_plain(word[0]):
            return
        if not (is_likely(word[0]) or (word[0][0].isupper() and joint[0] != ", ")):
            return
        end = _surnames(text, word.end())
        yield joint.end(), end, "NAME"


def _with_others(text: str, start: int, end: int) -> Iterator[Span]:
    yield start, end, "NAME"
    yield from others(text, end)


def _end(text: str, at: int, level: str) -> int | None:
    """Where the name that begins ``at`` ends, if one does."""
    first = _WORD.match(text, at)
    if first is None:
        return None
    word = re.sub(r"'s$", "", first[0])
    plain, follows = is_plain(word), _FOLLOWS.match(text, at + len(word))
    if level == "name":
        good = not plain or (is_soft(word) and follows is not None)
    elif level == "always":
        good = not plain or (is_soft(word) and len(word) > 3 and follows is not None)
        good = good and (word[0].isupper() or is_likely(word) or follows is not None)
    elif level == "kin":
        good = is_likely(word)
    else:
        # "hi rosa" is a greeting only where it ends there; "im rosa" may go on.
        good = is_likely(word) and (word[0].isupper() or follows is not None)
        good = good or (not plain and bool(_PRESENTS.match(text, at + len(word))))
    return _surnames(text, at + len(word)) if good else None


def _unknown(text: str, at: int) -> int | None:
    """A word that is in no list, where a relative's name would stand, before a verb."""
    word = _WORD.match(text, at)
    if word is None or len(word[0]) < 3 or is_plain(word[0]) or not _VERB.match(text, word.end()):
        return None
    return word.end()


def _surnames(text: str, end: int) -> int:
    """Further words of the name: none that is ordinary, particles only before another."""
    for _ in range(4):
        more = _MORE.match(text, end)
        word = _WORD.match(text, more.end()) if more else None
        if word is None:
            break
        if word[0].casefold() in _PARTICLES:
            after = _MORE.match(text, word.end())
            following = _WORD.match(text, after.end()) if after else None
            if following and following[0].casefold() in _PARTICLES:
                second = _WORD.match(text, following.end() + 1)
                following = second or following
            if following is None or is_plain(following[0]):
                break
            end = following.end()
            continue
        if is_plain(word[0]) or len(word[0]) < 2:
            break
        if word[0][0].islower() and not (is_given(word[0]) or _FOLLOWS.match(text, word.end())):
            break
        end = word.end()
    return end
