"""Values, intervals and whole reports in words, for a terminal without colours or a pipe."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from persona_tui.report.model import PARTS, Figure, Report, StudyValue, Unit

MINUS = "\N{MINUS SIGN}"
TITLE = "Your audit"
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)


def clean(text: str) -> str:
    """One line of ``text`` without anything that a terminal or a browser would obey: control
    characters, bidirectional controls, invisible characters, lone surrogates."""
    return " ".join(_UNSAFE.sub(" ", text).split())


def number(value: float, unit: Unit, *, whole: bool = False) -> str:
    """``value`` without its unit sign: ``61``, ``2.4``, ``+0.30``. ``whole``: percent without
    decimals."""
    if unit == "share":
        percent = round(value * 100, 9)  # 57.5 is 57.49999 in binary: a half is to be a half
        small = 0 < abs(percent) < 9.95 and abs(percent - round(percent)) >= 0.05
        decimals = 1 if small and not whole else 0
        text = f"{percent:.{decimals}f}"
    elif unit == "ratio":
        text = f"{value:.1f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2f}"
    elif unit == "points":
        text = f"{value:+.2f}"
    elif unit == "count":
        text = f"{value:,.0f}"
    elif unit == "seconds":
        text = f"{value:.1f}" if value < 10 else f"{value:,.0f}"
    else:
        text = f"{value:.2f}"
    if not text.strip("+-0.,"):  # a rounded zero has no sign
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


_SIGNS: dict[Unit, str] = {"share": " %", "ratio": " ×", "seconds": " s"}


def value_text(value: float, unit: Unit) -> str:
    """``0.61`` as ``61 %``, ``2.4`` as ``2.4 ×``, ``0.3`` points as ``+0.30``."""
    return number(value, unit) + _SIGNS.get(unit, "")


def range_text(low: float, high: float, unit: Unit) -> str:
    """``54–68``; with a word where a sign could be mistaken for the dash."""
    whole = max(abs(low), abs(high)) >= 0.0995  # one number of decimals for both ends
    first, second = number(low, unit, whole=whole), number(high, unit, whole=whole)
    dash = " to " if first[0] in f"+{MINUS}" or second[0] in f"+{MINUS}" else "–"
    return f"{first}{dash}{second}"


def interval_text(figure: Figure) -> str:
    """``54–68`` or nothing where there is no interval."""
    if figure.low is None or figure.high is None:
        return ""
    return range_text(figure.low, figure.high, figure.unit)


def figure_text(figure: Figure) -> str:
    """``61 % (54–68)``; a figure that is missing says ``–``."""
    if figure.value is None:
        return "–"
    interval = interval_text(figure)
    return value_text(figure.value, figure.unit) + (f" ({interval})" if interval else "")


def study_text(study: StudyValue, unit: Unit) -> str:
    """``humans 58 %``; ``LLMs 40–60 %``."""
    if study.high is not None:
        value = range_text(study.value, study.high, unit) + _SIGNS.get(unit, "")
    else:
        value = value_text(study.value, unit)
    return f"{clean(study.label)} {value}"


def studies_text(figure: Figure) -> str:
    """All of the study's values beside ours, or nothing."""
    return "; ".join(study_text(study, figure.unit) for study in figure.study)


def title_of(figure: Figure) -> str:
    """The title, with the model that it is about where it does not name it."""
    title = clean(figure.title)
    if figure.model_tag is None or clean(figure.model_tag.removeprefix("embedding:")) in title:
        return title
    return f"{title}: {clean(figure.model_tag)}"


def remarks(figure: Figure) -> list[str]:
    """What stands beside the number: n, provisional, own ceiling, the study."""
    if figure.value is None:
        return []
    found = [f"n = {figure.n:,}"]
    if figure.provisional:
        found.append("few items: provisional")
    if figure.ceiling is not None:
        found.append(f"you with yourself, a while later: {value_text(figure.ceiling, figure.unit)}")
    elif figure.ceiling_of is not None:
        found.append("you with yourself, a while later: not yet")
    if figure.study:
        found.append(f"in the study: {studies_text(figure)}")
    return found


def missing_text(figure: Figure) -> str:
    """``Not yet: 11 more judgments``; nothing where there is a value."""
    return f"Not yet: {clean(figure.missing or 'no data')}" if figure.value is None else ""


def domain(figure: Figure) -> tuple[float, float]:
    """The ends of the axis on which the figure and the study's values are drawn."""
    found = [figure.value, figure.low, figure.high, figure.ceiling]
    found += [value for study in figure.study for value in (study.value, study.high)]
    values = [value for value in found if value is not None]
    if figure.unit == "share":
        return 0.0, max([1.0, *values])
    if figure.unit == "rating":
        return 1.0, 5.0
    if figure.unit == "correlation":
        return (-1.0 if min(values, default=0.0) < 0 else 0.0), 1.0
    if figure.unit == "points":
        most = max([0.1, *(abs(value) for value in values)]) * 1.1
        return -most, most
    return 0.0, max([1.0, *values]) * 1.1


def as_text(report: Report, *, method: bool = False, width: int = 80) -> str:
    """The whole report as plain text: plain words first, ``method`` adds how each is computed."""
    return "\n".join(_lines(report, method, width)).rstrip() + "\n"


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        text, max(width, 40), initial_indent=space, subsequent_indent=space, break_on_hyphens=False
    )


def _lines(report: Report, method: bool, width: int) -> Iterator[str]:
    yield TITLE.upper()
    yield f"{report.generated_at:%Y-%m-%d %H:%M} UTC · persona-tui {clean(report.app_version)}"
    yield ""
    headlines = [one for one in report.figures if one.headline and one.value is not None]
    if headlines:
        yield "IN SHORT"
        for figure in headlines:
            yield from _wrapped(clean(figure.sentence), 2, width)
        yield ""
    for note in report.notes:
        yield from _wrapped(f"Note: {clean(note)}", 0, width)
    if report.notes:
        yield ""
    for part, title in PARTS:
        figures = report.part(part)
        if not figures:
            continue
        yield title.upper()
        for figure in figures:
            yield from _figure(figure, method, width)
        yield ""
    yield from _wrapped(INTERVALS, 0, width)


INTERVALS = (
    "In brackets stands the 95 % interval: with other items of the same kind the figure could as "
    "well have been anywhere in it. n is the number of items that it rests on."
)


def _figure(figure: Figure, method: bool, width: int) -> Iterator[str]:
    if figure.value is None:
        yield from _wrapped(f"{title_of(figure)}  –", 2, width)
        yield from _wrapped(f"{missing_text(figure)}. {clean(figure.sentence)}", 4, width)
    else:
        yield from _wrapped(f"{title_of(figure)}  {figure_text(figure)}", 2, width)
        yield from _wrapped(clean(figure.sentence), 4, width)
        yield from _wrapped(" · ".join(remarks(figure)), 4, width)
    if method:
        yield from _wrapped(f"How it is computed: {clean(figure.method)}", 4, width)
