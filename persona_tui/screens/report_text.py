"""What the Report screen says: figures as lines, with a bar for the interval."""

from __future__ import annotations

from textual.content import Content

from persona_tui.report import text
from persona_tui.report.model import PARTS, Figure, Part, Report
from persona_tui.screens.foil_part import HOW

HELP = """\
What your judgments show: plain words first, then every figure with its 95 % interval and the
study's value beside it. What cannot be computed yet says what is missing.

- **1** to **6** go to a part; ↑ ↓ PgUp PgDn scroll; **m** tells how each figure is computed.
- **h** writes an HTML file to keep, **w** Markdown, **j** JSON; **y** copies the text.
- **r** computes again.
- **g** lets a model answer what you were asked, in the same words (as `persona-tui judge`): choose it,
  see what that takes, set a budget. **g** stops it; what was answered is kept, and it goes on from
  there. What it says is shown beside what you said, never before.
- **f** plays synthetic users (as `persona-tui foil run`): the same model on users whom a model plays,
  to see whether it looks better on them. **f** stops it. `persona-tui foil review` lets you judge them.
- **l** opens Learning: what small models of your own learned from your judgments, and what that is
  worth (as `persona-tui train --explain`).

Some of it can be given to research in Donate (F10), if you want to; nothing leaves by itself.

In the bars, ├──┤ is the interval, ● your value, ◆ the study's.
"""
GIVE = "To give some of this to research, if you want to: Donate (F10). Nothing leaves by itself."
BAR = 34


def bar(figure: Figure, width: int = BAR) -> str:
    """``·····├──●───┤···◆····``."""
    if figure.value is None or figure.low is None or figure.high is None:
        return ""
    low, high = text.domain(figure)
    span = (high - low) or 1.0

    def place(value: float) -> int:
        return min(width - 1, max(0, round((value - low) / span * (width - 1))))

    cells = ["·"] * width
    first, last = place(figure.low), place(figure.high)
    for at in range(first, last + 1):
        cells[at] = "─"
    cells[first], cells[last] = "├", "┤"
    for study in figure.study:
        cells[place(study.value)] = "◆"
    cells[place(figure.value)] = "●"
    return "".join(cells)


def headlines(report: Report) -> Content:
    """The few sentences at the top, and warnings."""
    there = [one for one in report.figures if one.headline and one.value is not None]
    missing = [one for one in report.figures if one.headline and one.value is None]
    parts = [Content("In short\n").stylize("bold")]
    parts += [Content(f"  {text.clean(one.sentence)}\n") for one in there]
    parts += [
        Content(f"  {_subject(one)} {text.missing_text(one)}.\n").stylize("dim") for one in missing
    ]
    parts += [
        Content(f"  ! {text.clean(note)}\n").stylize("$text-warning") for note in report.notes
    ]
    return Content("").join(parts)


def section(report: Report, part: Part, *, method: bool) -> Content:
    """One part: every figure that is there, then what is missing."""
    figures = report.part(part)
    title = dict(PARTS)[part]
    number = [key for key, _ in PARTS].index(part) + 1
    parts = [Content(f"{number} {title}\n").stylize("bold $text-primary")]
    if part == "foil":
        parts.append(Content(f"  {HOW}\n").stylize("dim"))
    for figure in figures:
        if figure.value is None:
            continue
        parts.append(Content(f"  {text.title_of(figure)}  "))
        parts.append(Content(text.figure_text(figure)).stylize("bold"))
        parts.append(Content("\n"))
        drawn = bar(figure)
        if drawn:
            parts.append(Content(f"  {drawn}\n").stylize("$text-accent"))
        parts.append(Content(f"    {text.clean(figure.sentence)}\n"))
        parts.append(Content(f"    {' · '.join(text.remarks(figure))}\n").stylize("dim"))
        if method:
            parts.append(Content(f"    How: {text.clean(figure.method)}\n").stylize("italic"))
    lacking = [one for one in figures if one.value is None]
    if lacking:
        parts.append(Content("  Not yet\n").stylize("dim"))
        parts += [Content(f"    {_lacking(one)}\n").stylize("dim") for one in lacking]
    if not figures:
        parts.append(Content("  Nothing yet.\n").stylize("dim"))
    return Content("").join(parts)


def _subject(figure: Figure) -> str:
    """What a figure that is missing will tell; one whose sentence needs its value goes by its title."""
    return text.clean(figure.sentence) or f"{text.title_of(figure)}."


def _lacking(figure: Figure) -> str:
    """What is missing for a figure, and what it will tell."""
    tells = text.clean(figure.sentence)
    said = f"{text.title_of(figure)}: {text.clean(figure.missing or 'no data')}"
    return f"{said}. {tells}" if tells else said
