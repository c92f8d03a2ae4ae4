"""The report as Markdown: tables that also read well as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from persona_tui.report import text
from persona_tui.report.model import PARTS, Figure, Report

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&$!{}^@])")
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|javascript|data|www)([:.])")
_BEGINS = re.compile(r"^(?:[-+=:]|\d+[.)])")


def escaped(words: str) -> str:
    """``words`` as text: nothing in them is Markdown, HTML, or a link by itself.

    Escaped is what some dialect reads anywhere (emphasis, code, HTML, tables, mentions), what links
    by itself, and what begins a list or a rule at the beginning of a line; prose stays readable.
    """
    line = text.clean(words)
    line = _MARKS.sub(r"\\\1", line)
    line = _LINKS.sub(r"\1\\\2", line)
    return _BEGINS.sub(_first, line)


def _first(match: re.Match[str]) -> str:
    word = match[0]
    return f"{word[:-1]}\\{word[-1]}"


def as_markdown(report: Report) -> str:
    """The whole report: headlines, a table a part, what is missing, how it is computed."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {text.TITLE}"
    yield ""
    yield (
        f"{report.generated_at:%Y-%m-%d %H:%M} UTC, persona-tui {escaped(report.app_version)}. "
        "The study is arXiv 2606.06614."
    )
    yield ""
    headlines = [one for one in report.figures if one.headline and one.value is not None]
    if headlines:
        yield "## In short"
        yield ""
        for figure in headlines:
            yield f"- {escaped(figure.sentence)}"
        yield ""
    if report.notes:
        yield "## Worth knowing"
        yield ""
        for note in report.notes:
            yield f"- {escaped(note)}"
        yield ""
    for part, title in PARTS:
        if figures := report.part(part):
            yield f"## {title}"
            yield ""
            yield from _part(figures)
    yield "## How it is computed"
    yield ""
    yield text.INTERVALS
    yield ""
    for figure in report.figures:
        yield f"- **{escaped(text.title_of(figure))}**: {escaped(figure.method)}"


def _part(figures: Sequence[Figure]) -> Iterator[str]:
    there = [figure for figure in figures if figure.value is not None]
    if there:
        yield "| Figure | You | 95 % interval | n | Study | In words |"
        yield "| :-- | --: | --: | --: | :-- | :-- |"
        for figure in there:
            yield f"| {' | '.join(_cells(figure))} |"
        yield ""
    for figure in figures:
        if figure.value is None:
            yield (
                f"- {escaped(text.title_of(figure))}: {escaped(text.missing_text(figure))}. "
                f"{escaped(figure.sentence)}"
            )
    if len(there) < len(figures):
        yield ""


def _cells(figure: Figure) -> Iterator[str]:
    yield escaped(text.title_of(figure))
    yield text.value_text(figure.value or 0.0, figure.unit) + (
        " (provisional)" if figure.provisional else ""
    )
    yield text.interval_text(figure) or "–"
    yield f"{figure.n:,}"
    yield escaped(text.studies_text(figure)) or "–"
    ceiling = ""
    if figure.ceiling is not None:
        ceiling = f" You with yourself: {text.value_text(figure.ceiling, figure.unit)}."
    elif figure.ceiling_of is not None:
        ceiling = " You with yourself: not yet."
    yield escaped(figure.sentence) + ceiling
