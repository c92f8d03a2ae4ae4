"""Calendar dates and ages, as eight languages write them. Clock times and lone years stay."""

from __future__ import annotations

import re

from persona_tui.donation.redaction import number_words as words
from persona_tui.donation.redaction.lexicon import NOT_NAMES
from persona_tui.donation.redaction.rules import Rule, after, before, found, rule
from persona_tui.donation.redaction.wordlists import words as words_of

_MONTH = (
    # Whole words first: the longest must win.
    r"(?:january|february|march|april|june|july|august|september|october|november|december|(?-i:May)"
    r"|januar|februar|marz|mai|juni|juli|oktober|dezember|janner|feber"
    r"|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
    r"|januari|februari|maart|mei|augustus|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrzesnia"
    r"|pazdziernika|listopada|grudnia|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    r"|janeiro|fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|dezembro|januarja|februarja|aprila|junija|julija|avgusta"
    r"|septembra|oktobra|novembra|decembra"
    r"|(?:jan|feb|febr|mar|apr|jun|jul|aug|sept|sep|oct|okt|nov|dec|dez|janv|fevr|avr|juil|ene|abr|ago|dic|mrt)\.?)(?![a-z])"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]\d\d|20\d\d)"
_BORN = (
    r"(?:born|birth(?:day|date)?|date of birth|d\.?o\.?b\.?|b-?day|geb\.?|geboren|geburtsdatum|geburtstag|geboortedatum|jahrgang|nee?(?: en| le)?|naissance|anniversaire"
    r"|naci(?:do|da|o)?|nacimiento|cumpleanos|ur\.|urodz\w{0,6}|nat[oa]|nascid[oa]|rojen[ai]?|生年月日|誕生日|class of)"
)
_VERSION = re.compile(
    r"(?i)(?:version|release|api|build|revision|tag|snapshot|standard|iso|rfc)[-_ =:]{0,3}$"
)


def _real(match: re.Match[str]) -> bool:
    """Day and month in either order, within bounds; not a version, a path or a fraction."""
    first, second = int(match["a"]), int(match["b"])
    possible = (1 <= first <= 31 and 1 <= second <= 12) or (1 <= first <= 12 and 1 <= second <= 31)
    return possible and not _VERSION.search(before(match, 16))


def _short_year(match: re.Match[str]) -> bool:
    """Two digits for the year: only where both others have two, or a word says that it is a date."""
    cue = re.search(
        rf"(?i)(?:{_BORN}|\b(?:on|am|le|el|op|dnia|date|datum|since|seit|vom|until|bis)\b)\W{{0,3}}(?:\w{{1,8}}\W{{1,3}}){{0,2}}$",
        before(match),
    )
    return _real(match) and (
        bool(cue) or (len(match["a"]) == 2 and len(match["b"]) == 2 and match["sep"] != "-")
    )


def _iso(match: re.Match[str]) -> bool:
    return not _VERSION.search(before(match, 16))


def _may(match: re.Match[str]) -> bool:
    """ "mar 3" and "dec 5" in small letters are code or other words unless a year follows."""
    text = found(match)
    word = re.split(r"[^A-Za-z]", text)[0]
    return len(word) > 3 or word[:1].isupper() or bool(re.search(_YEAR, text))


def _day_month(match: re.Match[str]) -> bool:
    """ "3 mar" likewise, and "10 dec"; "5 mai" is a date."""
    named = [one for one in re.findall(r"[A-Za-z]{3,}", found(match)) if one.casefold() != "the"]
    word = named[0] if named else ""
    return (
        len(word) > 4
        or word[:1].isupper()
        or word
        in ("mai", "mei", "maj", "maja", "mars", "juin", "juni", "juli", "aout", "mayo", "maio")
        or bool(re.search(_YEAR, found(match)))
    )


_UNIT = (
    r"(?!\s{0,2}(?:%|percent|per cent|prozent|pour cent|km|kg|cm|mm|m\b|lbs?\b|pounds|miles|meters|metres|feet|minutes?|min\b|hours?|stunden|days?|tage|weeks?|wochen|euros?|dollars?|€|\$"
    r"|o'clock|am\b|pm\b|uhr|points?|steps?|times|x\b|/|:\d|[.,]\d|of\b|th\b|st\b|nd\b|rd\b|degrees|people|heures|jours|horas|dias|-\d))"
)
_THEN = r"(?=\s{0,2}(?:[,.;!?)]|and\b|but\b|now\b|today\b|with\b|so\b|this\b|next\b|already\b|und\b|jetzt\b|aber\b|et\b|y\b|en\b|$|\n))"
_PEOPLE = words_of(
    "i he she they we you it er sie ich il elle je ella el mom mum dad mama papa oma opa grandma grandpa"
)
_AGE = r"(?:1[01]\d|[1-9]?\d)"


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
    return not re.search(
        r"(?i)\b(?:like|as if|wie|comme si|como si)\W{0,2}(?:\w{1,6}\W{1,2})?$", before(match, 16)
    )


RULES: tuple[Rule, ...] = (
    rule("DATE", rf"(?i)(?<![\w./-])(?:the )?{_DAY}(?:st|nd|rd|th|er|\.|o)?(?: (?:of|de|d')| day of)?[ -]{{1,2}}{_MONTH}(?:,?(?: de| del| of)?[ -]{{1,2}}{_YEAR})?(?!\w)", _day_month),
    rule("DATE", rf"(?i)(?<![\w./-]){_MONTH}[ -]{{1,2}}(?:the )?{_DAY}(?:st|nd|rd|th)?(?!\d|[.:]\d|\w)(?:,?[ -]{{1,2}}{_YEAR}(?!\d))?", _may),
    rule("DATE", rf"(?<![\w./-])(?P<a>\d{{1,2}})(?P<sep>[./-]) ?(?P<b>\d{{1,2}})(?P=sep) ?{_YEAR}(?![\w/-])(?!\.\d)", _real),
    rule("DATE", r"(?<![\w./-])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)\d{2}(?![\w/-])(?!\.\d)", _short_year),
    rule("DATE", rf"(?<![\w./-]){_YEAR}(?P<sep>[./-])(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])(?=T\d|[^\w/.-]|\.(?!\d)|$)", _iso),
    rule("DATE", r"(?i)\b(?:am|vom|den|dem|zum|seit|bis|ab) (?P<it>(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.)(?!\d)"),
    rule("DATE", rf"(?i)(?<![a-z]){_BORN}(?![a-z])[^\n\d]{{0,24}}(?P<it>(?:{_MONTH} )?(?:{_DAY}[./-]{_DAY}(?:[./-]\d{{2,4}})?|{_YEAR}|'\d\d))(?![\w-])(?!\.\d)"),
    rule("DATE", rf"(?i)(?<![a-z]){_BORN}(?![a-z])[^\n\d]{{0,16}}?(?P<it>{_MONTH} {_YEAR})"),
    rule("DATE", r"(?:(?:明治|大正|昭和|平成|令和)(?:\d{1,2}|元)|(?<!\d)\d{4})年(?:\d{1,2}月(?:\d{1,2}日)?|(?=生))"),
    rule("DATE", r"(?<!\d)\d{1,2}月\d{1,2}日"),
    # Ages. English:
    rule("AGE", rf"(?i)(?<![\w.])(?:{_AGE}|{words.EN})[- ](?:years?|yrs?|months?|weeks?)[- ](?:olds?|of[- ]age)\b", _not_like),
    rule("AGE", rf"(?i)(?<![\w.]){_AGE} ?(?:yo|y/o|y\.o\.)(?!\w)"),
    rule("AGE", rf"(?i)\b(?:aged|age[:=]|age (?:is|of)|at the age of|age) (?P<it>{_AGE}|{words.EN})(?![\w.:-])", lambda m: not after(m, 6).startswith((" and", " AND"))),
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
)  # fmt: skip
