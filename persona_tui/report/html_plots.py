"""Our plots as inline SVG: drawn from :class:`Plot`, coloured by the page's style sheet.

Nothing is told by colour alone: series differ by the form of their marks and are named, values have
their table beside the drawing. Every plot has a title and a description for who does not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from persona_tui.report import text
from persona_tui.report.model import Figure, Plot, Series, Unit

WIDTH = 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 18, 14, 46
_ROW = 34
_LABEL = 30
"""Characters of a row's label that fit beside the drawing."""
MARKS = ("circle", "diamond", "square", "triangle")


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to places: ``low`` lies at ``start``, ``high`` at ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where ``value`` lies; what is outside the axis lies at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def esc(words: str) -> str:
    """Text for an element or an attribute in quotes, never markup."""
    return escape(text.clean(words), quote=True)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values between ``low`` and ``high``: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    step = 10.0 ** math.floor(math.log10(span / most))
    while span / step > most:
        step *= 2.5 if math.isclose(step / 10 ** math.floor(math.log10(step) + 1e-9), 2) else 2
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def bounds(
    values: Sequence[float], unit: Unit | None, *, zero: bool = False
) -> tuple[float, float]:
    """The ends of an axis that holds ``values`` (a whole scale where the unit has one)."""
    there = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(there), max(there)
    if unit == "share":
        return min(0.0, low), max(1.0, high)
    if unit == "rating":
        return 1.0, 5.0
    if zero or unit in ("ratio", "count"):
        low, high = min(0.0, low), max(0.0, high)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    room = (high - low) * 0.06
    return (low if low == 0 else low - room), (high if high == 0 else high + room)


def interval_bar(figure: Figure) -> str:
    """One line: the value with its interval, and the study's values below it on the same axis."""
    if figure.value is None:
        return ""
    low, high = text.domain(figure)
    x = Axis(low, high, 8, 312)
    said = f"{text.figure_text(figure)}"
    if figure.study:
        said += f"; in the study: {text.studies_text(figure)}"
    parts = [
        f'<svg class="bar" viewBox="0 0 320 34" role="img" aria-label="{esc(said)}">',
        '<line class="axis" x1="8" x2="312" y1="12" y2="12"/>',
    ]
    if low < 0 < high:
        parts.append(f'<line class="reference" x1="{x.at(0)}" x2="{x.at(0)}" y1="2" y2="32"/>')
    if figure.low is not None and figure.high is not None:
        width = max(x.at(figure.high) - x.at(figure.low), 1)
        parts.append(
            f'<rect class="range" x="{x.at(figure.low)}" y="8" width="{width:.2f}" height="8"'
            ' rx="2"/>'
        )
    for study in figure.study:
        if study.high is not None:
            parts.append(
                f'<line class="study-range" x1="{x.at(study.value)}" x2="{x.at(study.high)}"'
                ' y1="26" y2="26"/>'
            )
        else:
            parts.append(_mark("diamond", x.at(study.value), 26, "study"))
    parts.append(_mark("circle", x.at(figure.value), 12, "s0"))
    return "".join(parts) + "</svg>"


def _mark(form: str, x: float, y: float, kind: str) -> str:
    if form == "circle":
        return f'<circle class="mark {kind}" cx="{x}" cy="{y}" r="5"/>'
    if form == "square":
        return f'<rect class="mark {kind}" x="{x - 4.5}" y="{y - 4.5}" width="9" height="9"/>'
    points = (
        [(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)]
        if form == "diamond"
        else [(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)]
    )
    drawn = " ".join(f"{a:.2f},{b:.2f}" for a, b in points)
    return f'<polygon class="mark {kind}" points="{drawn}"/>'


def svg(plot: Plot) -> str:
    """``plot`` as an ``<svg>``; an empty plot says so."""
    body, height = _rows(plot) if plot.kind in ("intervals", "bars") else _points(plot)
    name = "p-" + "".join(c if c.isascii() and c.isalnum() else f"-{ord(c):x}-" for c in plot.key)
    said = plot.description or f"{plot.x_label}, {plot.y_label}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{esc(plot.title)}</title><desc id="{name}-d">{esc(said)}</desc>'
        f"{body}</svg>"
    )


def _text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    classes = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{classes}>{esc(words)}</text>'


def _values(plot: Plot, axis: str) -> list[float]:
    found = [] if plot.reference is None else [plot.reference]
    for series in plot.series:
        if axis == "x":
            found += series.x
        if (axis == "x") == (plot.kind == "intervals"):
            found += [*series.low, *series.high]
        if axis == "y":
            found += series.y
    return found


def _rows(plot: Plot) -> tuple[str, int]:
    """One row a label: a value with its interval on x, or a bar from zero."""
    bars = plot.kind == "bars"
    many = max(len(plot.series), 1)
    rows = max([len(plot.labels), *(len(series.x) for series in plot.series)])
    high = max(_ROW, 16 * many + 10)
    height = _TOP + rows * high + _BOTTOM
    values = _values(plot, "y" if bars else "x")
    x = Axis(*bounds(values, plot.unit, zero=bars), 210, WIDTH - _RIGHT)
    bottom = height - _BOTTOM
    parts = [_grid_x(x, bottom, plot.unit), _text((x.start + x.end) / 2, height - 8, plot.x_label)]
    for row in range(rows):
        middle = _TOP + (row + 0.5) * high
        label = text.clean(plot.labels[row]) if row < len(plot.labels) else str(row + 1)
        shown = label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
        parts.append(
            f"<g><title>{esc(label)}</title>{_text(200, middle + 4, shown, 'end', 'label')}</g>"
        )
        for place, series in enumerate(plot.series):
            y = middle + (place - (many - 1) / 2) * 16
            parts.append(_bar(x, y, series, row, place) if bars else _dot(x, y, series, row, place))
    parts.append(_reference_x(plot, x, bottom))
    return "".join(parts), height


def _dot(x: Axis, y: float, series: Series, row: int, place: int) -> str:
    # A series may leave rows out: its y says which row a point belongs to.
    found = [n for n in range(len(series.x)) if (round(series.y[n]) if series.y else n) == row]
    drawn = ""
    for n in found:
        if n < len(series.low) and n < len(series.high):
            start, end = x.at(series.low[n]), x.at(series.high[n])
            drawn += (
                f'<line class="whisker s{place % 4}" x1="{start}" x2="{end}" y1="{y}" y2="{y}"/>'
            )
            drawn += "".join(
                f'<line class="whisker s{place % 4}" x1="{e}" x2="{e}" y1="{y - 4}" y2="{y + 4}"/>'
                for e in (start, end)
            )
        drawn += _mark(MARKS[place % 4], x.at(series.x[n]), y, f"s{place % 4}")
    return drawn


def _bar(x: Axis, y: float, series: Series, row: int, place: int) -> str:
    if row >= len(series.y):
        return ""
    zero, end = x.at(0), x.at(series.y[row])
    drawn = (
        f'<rect class="fill s{place % 4}" x="{min(zero, end)}" y="{y - 6}"'
        f' width="{abs(end - zero):.2f}" height="12"/>'
    )
    if row < len(series.low) and row < len(series.high):
        drawn += (
            f'<line class="whisker" x1="{x.at(series.low[row])}" x2="{x.at(series.high[row])}"'
            f' y1="{y}" y2="{y}"/>'
        )
    return drawn


def _grid_x(x: Axis, bottom: float, unit: Unit) -> str:
    return "".join(
        f'<line class="grid" x1="{x.at(v)}" x2="{x.at(v)}" y1="{_TOP}" y2="{bottom}"/>'
        + _text(x.at(v), bottom + 16, text.value_text(v, unit), kind="tick")
        for v in ticks(x.low, x.high)
    )


def _reference_x(plot: Plot, x: Axis, bottom: float) -> str:
    if plot.reference is None:
        return ""
    at = x.at(plot.reference)
    anchor = "end" if at > (x.start + x.end) / 2 else "start"
    return f'<line class="reference" x1="{at}" x2="{at}" y1="{_TOP}" y2="{bottom}"/>' + _text(
        at + (-6 if anchor == "end" else 6), _TOP - 3, plot.reference_label, anchor, "note"
    )


def _points(plot: Plot) -> tuple[str, int]:
    """y over x, joined; or counts as columns."""
    height = 300
    columns = plot.kind == "histogram"
    y_unit: Unit | None = "count" if columns else plot.unit
    xs = [v for series in plot.series for v in series.x]
    step = min(
        (b - a for s in plot.series for a, b in zip(s.x, s.x[1:], strict=False) if b > a), default=1
    )
    low, high = bounds(xs, None)
    if columns and xs:
        low, high = min(xs) - step / 2, max(xs) + step / 2
    x = Axis(low, high, _LEFT, WIDTH - _RIGHT)
    y = Axis(*bounds(_values(plot, "y"), y_unit, zero=columns), height - _BOTTOM, _TOP + 8)
    x_unit: Unit = (
        "share" if plot.unit == "share" and low >= -0.1 and high <= 1.1 else "correlation"
    )
    parts = [_text((x.start + x.end) / 2, height - 8, plot.x_label)]
    for value in ticks(y.low, y.high, 5):
        at = y.at(value)
        parts.append(f'<line class="grid" x1="{x.start}" x2="{x.end}" y1="{at}" y2="{at}"/>')
        parts.append(
            _text(
                x.start - 6,
                at + 4,
                text.value_text(value, y_unit or "correlation"),
                "end",
                kind="tick",
            )
        )
    for value in sorted(set(xs)) if columns and len(set(xs)) <= 12 else ticks(x.low, x.high):
        shown = text.value_text(value, x_unit) if x_unit == "share" else f"{value:g}"
        parts.append(_text(x.at(value), y.start + 16, shown.replace("-", text.MINUS), kind="tick"))
    parts.append(f'<line class="axis" x1="{x.start}" x2="{x.end}" y1="{y.start}" y2="{y.start}"/>')
    for place, series in enumerate(plot.series):
        parts.append(
            _columns(plot, series, place, x, y, step) if columns else _line(series, place, x, y)
        )
    if plot.reference is not None:
        at = x.at(plot.reference) if columns else y.at(plot.reference)
        ends = (at, at, y.start, y.end) if columns else (x.start, x.end, at, at)
        parts.append(
            '<line class="reference" x1="{}" x2="{}" y1="{}" y2="{}"/>'.format(*ends)
            + _text(x.end, (_TOP if columns else at - 5), plot.reference_label, "end", "note")
        )
    return "".join(parts), height


def _columns(plot: Plot, series: Series, place: int, x: Axis, y: Axis, step: float) -> str:
    width = (x.at(x.low + step) - x.start) * 0.8 / max(len(plot.series), 1)
    drawn = ""
    for at, count in zip(series.x, series.y, strict=False):
        left = x.at(at) + (place - len(plot.series) / 2) * width
        top = y.at(count)
        drawn += (
            f'<rect class="fill s{place % 4}" x="{left:.2f}" y="{top}" width="{width:.2f}"'
            f' height="{max(y.start - top, 0):.2f}"/>'
        )
    return drawn


def _line(series: Series, place: int, x: Axis, y: Axis) -> str:
    kind = f"s{place % 4}"
    points = [(x.at(a), y.at(b)) for a, b in zip(series.x, series.y, strict=False)]
    drawn = ""
    if len(points) > 1:
        joined = " ".join(f"{a},{b}" for a, b in points)
        drawn = f'<polyline class="curve {kind}" points="{joined}"/>'
    for n, (a, b) in enumerate(points):
        if n < len(series.low) and n < len(series.high):
            ends = f'y1="{y.at(series.low[n])}" y2="{y.at(series.high[n])}"'
            drawn += f'<line class="whisker {kind}" x1="{a}" x2="{a}" {ends}/>'
        drawn += _mark(MARKS[place % 4], a, b, kind)
    return drawn


def legend(plot: Plot) -> str:
    """The names of the series with their marks, where there are several."""
    if len(plot.series) < 2:
        return ""
    items = "".join(
        f'<li><svg class="key" viewBox="0 0 14 14" aria-hidden="true">'
        f"{_mark(MARKS[place % 4], 7, 7, f's{place % 4}')}</svg>{esc(series.label)}</li>"
        for place, series in enumerate(plot.series)
    )
    return f'<ul class="legend">{items}</ul>'
