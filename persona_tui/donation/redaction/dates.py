"""Calendar dates that are somebody's, as eight languages write them. Clock times, lone years, and the
dates of history, releases and logs stay (:mod:`occasions`)."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.occasions import alive, personal
from persona_tui.donation.redaction.rules import Rule, before, found, rule

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


RULES: tuple[Rule, ...] = (
    rule("DATE", rf"(?i)(?<![\w./-])(?:the )?{_DAY}(?:st|nd|rd|th|er|\.|o)?(?: (?:of|de|d')| day of)?[ -]{{1,2}}{_MONTH}(?:,?(?: de| del| of)?[ -]{{1,2}}{_YEAR})?(?!\w)", lambda m: _day_month(m) and personal(m)),
    rule("DATE", rf"(?i)(?<![\w./-]){_MONTH}[ -]{{1,2}}(?:the )?{_DAY}(?:st|nd|rd|th)?(?!\d|[.:]\d|\w)(?:,?[ -]{{1,2}}{_YEAR}(?!\d))?", lambda m: _may(m) and personal(m)),
    rule("DATE", rf"(?<![\w./-])(?P<a>\d{{1,2}})(?P<sep>[./-]) ?(?P<b>\d{{1,2}})(?P=sep) ?{_YEAR}(?![\w/-])(?!\.\d)", lambda m: _real(m) and personal(m)),
    rule("DATE", r"(?<![\w./-])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)\d{2}(?![\w/-])(?!\.\d)", lambda m: _short_year(m) and personal(m)),
    rule("DATE", rf"(?<![\w./-]){_YEAR}(?P<sep>[./-])(?:0[1-9]|1[0-2])(?P=sep)(?:0[1-9]|[12]\d|3[01])(?=T\d|[^\w/.-]|\.(?!\d)|$)", lambda m: _iso(m) and personal(m)),
    rule("DATE", r"(?i)\b(?:am|vom|den|dem|zum|seit|bis|ab) (?P<it>(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.)(?!\d)", personal),
    rule("DATE", rf"(?i)(?<![a-z]){_BORN}(?![a-z])[^\n\d]{{0,24}}(?P<it>(?:{_MONTH} )?(?:{_DAY}[./-]{_DAY}(?:[./-]\d{{2,4}})?|{_YEAR}|'\d\d))(?![\w-])(?!\.\d)", alive),
    rule("DATE", rf"(?i)(?<![a-z]){_BORN}(?![a-z])[^\n\d]{{0,16}}?(?P<it>{_MONTH} {_YEAR})", alive),
    rule("DATE", r"(?:(?:明治|大正|昭和|平成|令和)(?:\d{1,2}|元)|(?<!\d)\d{4})年(?:\d{1,2}月(?:\d{1,2}日)?|(?=生))", personal),
    rule("DATE", r"(?<![\d年])\d{1,2}月\d{1,2}日", personal),
    # "1.4.67 geboren", "born on the 3/4/71": the word stands behind or far before.
    rule("DATE", r"(?i)(?<![\w.])(?P<it>\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?= (?:geboren|born|ne\b|nee\b|nato|nata|nacid[oa]|urodzon[ya]|rojen[a]?))"),
    rule("DATE", r"(?i)\b(?:wird|turns|wordt|fete|cumple|anniversaire|birthday|geburtstag)\b[^.\n]{0,24}? (?:am|on|op|le|el) (?P<it>\d{1,2}[./]\d{1,2}\.?)(?!\d)"),
)  # fmt: skip
