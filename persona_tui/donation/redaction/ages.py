"""Ages, as people write them in some thirty languages."""

from __future__ import annotations

import re

from persona_tui.donation.redaction import number_words as words
from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import NOT_NAMES, is_plain, is_soft
from persona_tui.donation.redaction.rules import Rule, after, before, rule
from persona_tui.donation.redaction.wordlists import words as words_of

_UNIT = (
    r"(?!\s{0,2}(?:%|percent|per cent|prozent|pour cent|km|kg|cm|mm|m\b|lbs?\b|pounds|miles|meters|metres|feet|minutes?|min\b|hours?|stunden|days?|tage|weeks?|wochen|euros?|dollars?|€|\$"
    r"|o'clock|am\b|pm\b|uhr|points?|steps?|times|x\b|/|:\d|[.,]\d|of\b|th\b|st\b|nd\b|rd\b|degrees|people|heures|jours|horas|dias|-\d))"
)
_THEN = r"(?=\s{0,2}(?:[,.;!?)]|and\b|but\b|now\b|today\b|with\b|so\b|this\b|next\b|already\b|und\b|jetzt\b|aber\b|et\b|y\b|en\b|$|\n))"
_PEOPLE = words_of(
    "i he she they we you it er sie ich il elle je ella el mom mum dad mama papa oma opa grandma grandpa"
)
_AGE = r"(?:1[01]\d|[1-9]?\d)"


_THING = re.compile(
    r"(?i)\b(?:the|this|that|a|an|my|our|his|her|der|die|das|mein|unser|le|la|el|mon|ma|mi|another|one) (?:\w{2,14} ){0,2}?(?:laptop|computer|pc|mac(?:book)?|phone|iphone|tablet|car|engine|battery|tv|fridge|boiler|house|building|roof|tree|wine|whisk[e]?y|scotch|rum|cheese|company|firm|codebase|code|repo(?:sitory)?|project|library|version|router|printer|server|database|account|bike|bicycle|machine|washing machine|dishwasher|camera|guitar|piano|sofa|mattress|bridge|church|castle|universe|earth|planet|star|language|framework|bug|issue|ticket|post|article|paper|book|film|movie|song|game|tradition|law|tyres?|tires?|carpet|kettle|oven|contract|lease|loan|debt|bread|sourdough|starter|milk|meat|hdd|ssd|drive|monitor|gpu|cpu|auto|handy|haus|wagen|voiture|maison|coche|casa)\b[^.\n]{0,20}$|"
    r"\b(?:laptop|whisk[e]?y|scotch|rum|wine|cheese|cognac|brandy|bourbon|port|vinegar|beef|steak|ham|parmesan|gouda|cheddar|wein|kase)s?,? (?:is |are )?(?:aged|matured) "
)
_OWNER = re.compile(
    r"(?i)\b(?:baby|son|daughter|kid|child|wife|husband|mother|father|mum|mom|dad|brother|sister|grand\w{2,7})\b"
)


def _not_like(match: re.Match[str]) -> bool:
    """Not a comparison ("like I'm five"), and not the age of a thing that everybody knows."""
    subject = re.search(
        r"([A-Z]\w+) (?:is|ist|est|es|wird)(?: \w{1,8})? ?$",
        before(match, 40) + match[0][: match.start("it") - match.start()]
        if "it" in match.re.groupindex
        else before(match, 40),
    )
    if subject and subject[1].casefold() in NOT_NAMES - _PEOPLE:
        return False
    if _THING.search(before(match, 48) + match[0]) and not _OWNER.search(before(match, 60)):
        return False
    if re.search(r"(?i)\bturn", match[0]) and (
        re.search(
            r"(?i)\b(?:the|this|that|a|an|der|die|das) (?!(?:baby|kid|boy|girl|twins?|child|man|woman)\b)[a-z]{2,14} (?:is |are |was |will be |just )?$",
            before(match, 40),
        )
        or re.match(r"(?i) ?(?:degrees|grad|left|right|°)", after(match, 10))
    ):
        return False
    return not re.search(
        r"(?i)\b(?:like|as if|wie|comme si|como si)\W{0,2}(?:\w{1,6}\W{1,2})?$", before(match, 16)
    )


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


def _named_person(match: re.Match[str]) -> bool:
    first = match[0].split()[0]
    return is_soft(first) or not is_plain(first)


_BODY = re.compile(
    r"(?i)(?:kg|cm|lbs?|mg|bp|pain|fever|schmerz|douleur|dolor|symptom|diagnos|allerg|pregnan|hta|hypertens|diabet|smok|fumad|asthma|surgery|hospital|clinic|weight|height|married|single|divorced|looking for|lives?|wohn|bmi|history of|with)\b"
)


def _patient(match: re.Match[str]) -> bool:
    """Beside what is said of a body or a life."""
    return bool(_BODY.search(before(match, 80) + " " + after(match, 60)))


_PERSON_AR = _folded(
    "عمري|عمره|عمرها|العمر|ابني|ابنتي|أنا|انا|أبلغ|ابلغ|يبلغ|تبلغ|بعمر|سن|زوجتي|زوجي|أمي|أبي|من|ساله|سالمه|هستم"
)


def _arabic(match: re.Match[str]) -> bool:
    """Years of life, not years that something lasted."""
    return bool(re.search(rf"(?:{_PERSON_AR})", before(match, 40) + after(match, 12)))


RULES: tuple[Rule, ...] = (
    # Ages. English:
    rule("AGE", rf"(?i)(?<![\w.])(?:{_AGE}|{words.EN})[- ](?:years?|yrs?|months?|weeks?)[- ](?:olds?|of[- ]age)\b", _not_like),
    rule("AGE", rf"(?i)(?<![\w.]){_AGE} ?(?:yo|y/o|y\.o\.)(?!\w)"),
    rule("AGE", rf"(?i)\b(?:aged|age[:=]|age (?:is|of)|at the age of|age) (?P<it>{_AGE}|{words.EN})(?![\w.:-])", lambda m: not after(m, 6).startswith((" and", " AND")) and _not_like(m)),
    rule("AGE", rf"(?i)\b(?:i'm|i am|she's|he's|(?:s?he|they) (?:is|are|was|turned)|makes me|turning|turned|turns|turn) (?:now |just |only |almost |nearly |already |about )?(?P<it>{_AGE}|{words.EN})(?![\w%-])(?![.,]\d){_UNIT}{_THEN}", _not_like),
    rule("AGE", rf"(?i)\b(?:my|his|her|our|their) (?:[a-z]{{2,14}}(?:-[a-z]{{2,8}})? ){{1,2}}(?-i:(?:[A-Z][\w'-]{{1,20}},? ){{0,2}})(?:is|was|turned|just turned|turns|is turning) (?P<it>{_AGE}|{words.EN})(?![\w%])(?!-[^t\s])(?![.,]\d){_UNIT}{_THEN}", _not_like),
    rule("AGE", rf"(?i)\b(?:kids|children|sons|daughters|twins|boys|girls|kinder|enfants|hijos|hijas) (?:are|sind|ont|tienen|aged) (?P<it>{_AGE}(?:(?:,? (?:and|und|et|y) |, ){_AGE}){{0,5}})(?![\w%])(?![.,]\d)"),
    rule("AGE", rf"(?i)\b(?:my|our|mein|meine|mon|ma|mi) (?:[a-z]{{2,14}} ){{1,2}}(?-i:[A-Z][\w'-]{{1,20}})(?:, | \()(?P<it>{_AGE})(?=,|\)|\.(?!\d))"),
    rule("AGE", r"(?<![\w.])(?:1[3-9]|[2-9]\d) ?[MFmf](?= here\b|\)|, (?:and|with|never|single|married))|(?<=\()[MF] ?(?:1[3-9]|[2-9]\d)(?=\))"),
    rule("AGE", rf"(?<=[a-z]), (?P<it>{_AGE} (?:ans|anos|Jahre|jaar|lat|anni|years old))(?=[,.)])"),
    # The others:
    rule("AGE", rf"(?i)(?<![\w.])(?:{_AGE}|{words.DE})(?:[ -](?:jahre?|monate?|wochen?) alt|[- ]?jahrige?[nrsm]?)\b", _not_like),
    rule("AGE", rf"(?i)\b(?:ich bin|er ist|sie ist|bin ich|wird|ist|werde) (?:jetzt |gerade |erst |schon |bald |fast )?(?P<it>{_AGE})(?![\w:%])(?![.,]\d)(?=\s{{0,2}}(?:[,;!?)]|\.(?!\d)|und\b|geworden\b|$|\n))", _not_like),
    rule("AGE", rf"(?i)\b(?:j'ai|tu as|il a|elle a|a|ai|aura|avait|fete|fetera|ont|agee?s? de|de|mes|ses) (?P<it>(?:{_AGE}|{words.FR}) (?:ans|mois))\b(?! (?:d'experience|plus tard|apres|de prison))"),
    rule("AGE", rf"(?i)\b(?:tengo|tiene|tienes|tenia|cumplo|cumple|cumpli|cumplio|con|de|a los|tenho|tem) (?P<it>(?:{_AGE}|{words.ES}) (?:anos|meses))\b(?! (?:de experiencia|despues|de carcel))"),
    rule("AGE", rf"(?i)(?<![\w.])(?:{_AGE}|{words.NL}) (?:jaar|maanden) oud\b"),
    rule("AGE", rf"(?i)\b(?:ben|is|was|van|wordt|word) (?P<it>(?:{_AGE}|{words.NL}) jaar)\b(?! (?:geleden|later|ervaring))"),
    rule("AGE", rf"(?i)\b(?:mam|ma|masz|mial|miala|mialam|skoncz\w{{1,6}}|w wieku) (?P<it>{_AGE} (?:lat|lata|rok))\b"),
    rule("AGE", rf"(?i)\b(?:ho|ha|hai|compio|compie|di) (?P<it>{_AGE} anni)\b"),
    rule("AGE", rf"(?i)\b(?:star|stara|imam|ima|dopolnil\w?) (?P<it>{_AGE} let\w?)\b"),
    rule("AGE", r"(?<!\d)\d{1,3}歳"),
    # As it is typed: "im 17", "son's eight", "turning forty", "jai 22 ans".
    rule("AGE", rf"(?i)(?<![\w'])(?:i'?m|i'?m turning|i turn|turning|imma be|hes|shes|i'?ve (?:just )?turned|just turned|turnin'?g?|gonna be|about to be|(?:will|i'll|he'll|she'll) be|hits?|hitting|celebrat\w{{1,4}} (?:his|her|my)) (?:now |just |only |almost |nearly |already |about |like )?(?P<it>{_AGE}|{words.EN})(?![\w:%-])(?![.,]\d)(?!\.? (?-i:[A-Z])){_UNIT}(?=\s{{0,2}}(?:[,.;!?)]|and\b|n\b|but\b|now\b|rn\b|lol\b|tho\b|so\b|in\b|on\b|this\b|next\b|f\b|m\b|male\b|female\b|from\b|btw\b|yet\b|with\b|living\b|years?\b|soon\b|tomorrow\b|today\b|$|\n))", _not_like),
    rule("AGE", rf"(?i)\b(?:son|daughter|kid|child|baby|boy|girl|brother|sister|dad|mom|mum|mother|father|husband|wife|nan|nana|grandma|grandpa|granny|nephew|niece|cousin|partner|boyfriend|girlfriend|grandson|granddaughter|youngest|oldest|eldest|sohn|tochter|fils|fille|hijo|hija)(?:'?s| is| was| turns| turned| just turned| ist| wird| a| tiene) (?:only |now |just |almost |already |about to be |turning |erst |schon )?(?P<it>{_AGE}|{words.EN}|{words.DE})(?![\w:%-])(?![.,]\d){_UNIT}{_THEN}", _not_like),
    rule("AGE", rf"(?i)\b(?:wird|werde|wurde|wordt|word|werd|blir|fyller|bliver|fylder|taytan|konczy|koncze|compie|compio|cumple|cumplo|completa|completo|faz|faco|dopolni|puni) (?:heute |morgen |bald |nachstes jahr |nachste woche |dieses jahr |im \w{{3,9}} |am \w{{3,10}} |volgend jaar |volgende week |morgen |binnenkort |in \w{{3,9}} )?(?P<it>(?:{_AGE}|{words.DE}|{words.NL}|{words.ES})(?: (?:jahre?|jaar|ar|lat|lata|anni|anos|let|godina))?)(?![\w:%-])(?![.,]\d)(?!\. (?-i:[A-Z])){_UNIT}(?=\s{{0,2}}(?:[,;!?)]|\.(?!\d)|und\b|en\b|e\b|y\b|i\b|$|\n))"),
    rule("AGE", rf"(?i)(?<![\w'])(?:j'? ?ai|jai|g|jviens d'avoir|vais avoir|viens d'avoir|va avoir|aura|a eu|fait ses|feter (?:mes|ses)) (?:que |deja |bientot |presque )?(?P<it>(?:{_AGE}|{words.FR}) (?:ans|piges|mois))\b(?! (?:d'experience|plus tard|apres|de prison))"),
    rule("AGE", rf"(?<![\w.])(?P<it>{_AGE} ?(?:ans|anni|anos|Jahre|jahre|jaar|lat|let|godina|ar|vuotias|eves))(?=,| et (?:je|j')| und (?:ich|komme|wohne)| y (?:soy|vivo)| e (?:sono|vivo|moro)| i (?:mieszkam|jestem)|\)|, )", lambda m: bool(re.search(r"(?i)(?:\b(?:ich|j|je|moi|soy|tengo|sono|sou|eu|jestem|mam|ik|bin|ho|tenho|ai|jai|ma|mon|mein|meine|mi|mio|mia)\b|[(,] {0,2}$)", before(m, 30)))),
    rule("AGE", rf"(?i)\b(?:bin|ik ben|ben|jag ar|jeg er) (?:jetzt |gerade |erst |schon |nu |pas |net )?(?P<it>{_AGE})(?![\w:%-])(?![.,]\d)(?=\s{{0,2}}(?:[,!)]|\.(?!\s?\w)|und\b|en\b|och\b|og\b|aus\b|w\b|m\b|jahre?\b|jaar\b|$|\n))"),
    rule("AGE", rf"(?i)\b(?:son|daughter|kid|child|baby|boy|girl|twins?|toddler|infant|newborn) (?:is|are|was|turned|just turned) (?:now |only |almost |just |about )?(?P<it>(?:{_AGE}|{words.EN}) (?:months?|weeks?|years?)(?: old)?)\b"),
    rule("AGE", r"(?<!\d)\d{1,3} ?(?:歳|才(?!能)|(?:周)?岁|歲|살|세(?![\uac00-\ud7a3]))"),
    rule("AGE", r"[一二三四五六七八九十]{1,4}(?:周)?[岁歲歳]"),
    rule("AGE", rf"(?<![\d.])(?P<it>\d{{1,3}} (?:{_folded('سنة|سنوات|عاما|عاماً|سنه|ساله|سال|عام|أعوام')}))(?!\w)", _arabic),
    rule("AGE", rf"(?:{_folded('عمري|عمره|عمرها|عمر|سني|گیل|बालिग|उम्र|मेरी उम्र|गיל|בן|בת|อายุ')}) (?P<it>\d{{1,3}})(?!\d)"),
    rule("AGE", rf"(?<![\d.])(?P<it>\d{{1,3}} (?:{_folded('साल|वर्ष')}))(?= (?:{_folded('का|की|के|है|हूँ|हूं')}))"),
    rule("AGE", rf"(?i)(?<!\w)(?:{_folded('мне|ему|ей|мені|йому|їй|сыну|дочери|дочке|маме|папе|жене|мужу|сину|доньці|исполнилось|исполнится|возраст|вік')})[:]? (?:{_folded('уже|сейчас|почти|всего|скоро|скоро будет|будет|вже')} )?(?P<it>{_AGE}(?: (?:{_folded('лет|год|года|років|роки|рік|годин|години|години')}))?)(?![\w%])(?![.,:]\d)"),
    rule("AGE", rf"(?i)\b(?P<it>{_AGE} (?:yasinda\w{{0,4}}|tuoi|tahun|-?vuotias|eves|de ani|taon|taong gulang))(?!\w)"),
    rule("AGE", rf"(?i)\b(?:umur(?:ku)?|usia(?:ku)?|toi|ar|er|jag ar|hon ar|han ar|jeg er|hun er|je mi|sono|mam|olen|am) (?P<it>{_AGE} (?:tahun|tuoi|ar(?: gammal)?|ar gammel|let|anni|lat|lata|vuotta|de ani))(?!\w)"),
    rule("AGE", rf"(?i)\b(?:age|alter|edad|eta|idade|wiek|leeftijd|年齢|年龄)\s?[:=] ?(?P<it>{_AGE})(?![\w.:%-])", lambda m: "age=" not in m[0].casefold() or "max" not in before(m, 8).casefold()),
    rule("AGE", rf"(?i)\b(?:a|an) (?P<it>{_AGE}|{words.EN})[- ](?:yo|y/o)\b"),
    rule("AGE", rf"(?i)(?<=, )(?P<it>{_AGE} ?(?:yrs?|years?|yo|y/o)(?: old)?)(?=\)|,|\.)"),
    # "Thaddeus Wren, 58, bricklayer", "41, female, 62 kg", "in her 70s", "anni 54", "varon 67 anos".
    rule("AGE", rf"(?<![\w.-])[A-Z][a-z]{{1,20}} [A-Z][\w'-]{{1,24}}, (?P<it>{_AGE})(?=, [a-z])", _named_person),
    rule("AGE", rf"(?i)(?<![\w.,:/$-])(?P<it>{_AGE}),? ?(?:year old )?(?=(?:fe)?male\b|f,|m,|woman\b|man\b|weiblich|mannlich|femme\b|homme\b|mujer\b|hombre\b|varon\b|vrouw\b)(?!m(?:ale|an)? (?:pages|students|models))", _patient),
    rule("AGE", rf"(?i)\b(?:(?:fe)?male|woman|man|girl|boy|patient(?:in)?|weiblich|mannlich|frau|femme|homme|mujer|hombre|varon|paciente|paziente|donna|uomo|mulher|homem|vrouw|kobieta|mezczyzna),? (?:of |aged |de |di |von )?(?P<it>{_AGE}(?: ?(?:yo|y/o|yrs?|years?|ans|anos|anni|jahre?|jaar|lat))?)(?![\w:%/-])(?![.,]\d)(?! ?(?:%|kg|cm|mg|times|pages|people))", _patient),
    rule("AGE", r"(?i)\bin (?:my|his|her|their|your) (?:(?:early|mid|late)[ -])?(?P<it>(?:[1-9]0'?s|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|teens))(?!\w)"),
    rule("AGE", rf"(?i)\b(?P<it>anni {_AGE})(?![\w%])(?=[,.)\n]|$| e\b)", lambda m: bool(re.search(r"[A-Z]\w+,? $", before(m, 30)))),
    rule("AGE", rf"(?i)\b(?:s?he|they|i|we|kid|baby|son|daughter|twins) (?:was|were|is|are|turned|turns?|will be|am) (?:only |just |about |almost |nearly )?(?P<it>(?:{_AGE}|{words.EN}) (?:months?|weeks?|years?)(?: old)?)(?![\w-])(?! (?:ago|late|early|of|in|into|behind|ahead|away|pregnant|clean|sober|from|experience))", _not_like),
    rule("AGE", rf"(?i)\b(?:s?he|mum|mom|dad|grandma|grandpa|gran|nan|granny|grandad|oma|opa|(?-i:[A-Z][a-z]{{2,16}})) (?:turns|turned|is turning|just turned|will be|wird|wordt|cumple|compie|konczy|fait) (?P<it>{_AGE}|{words.EN}|{words.DE})(?![\w:%-])(?![.,]\d){_UNIT}", _not_like),
    rule("AGE", rf"(?i)\b(?:oma|opa|mama|papa|mutter|vater|(?-i:[A-Z][a-z]{{2,16}})) (?:wird|wordt) (?P<it>{_AGE})(?= (?:am|im|nachst|morgen|heute|bald|jaar|op|in)\b|\.?\n|$)"),
    rule("AGE", rf"(?<=\([A-Z])[\w' -]{{1,30}}, (?P<it>{_AGE})(?=\))"),
)  # fmt: skip
