"""The report as one self-contained HTML file: no script, no external resource, light and dark,
printable. Every text is escaped; a content security policy forbids what is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from persona_tui.report import html_plots, text
from persona_tui.report.html_plots import esc
from persona_tui.report.model import PARTS, Figure, Part, Plot, Report

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c1d1f; --dim: #55585d; --line: #d5d6d2;
 --one: #0b5fae; --two: #a3480b; --three: #1d6b3a; --four: #6d3f9c; --soft: #cfe0f2; --warn: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --ink: #e9e9e6; --dim: #a9adb3;
 --line: #3a3d42; --one: #7db8f2; --two: #f0a572; --three: #86cf9d; --four: #c3a1ea; --soft: #223a55;
 --warn: #f2b45c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 54rem; background: var(--paper);
 color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; margin: 0 0 .2rem; } h2 { margin: 2.6rem 0 .6rem; font-size: 1.35rem;
 border-bottom: 1px solid var(--line); padding-bottom: .2rem; } h3 { font-size: 1.05rem;
 margin: 1.6rem 0 .2rem; }
.meta, .n, .study, caption { color: var(--dim); font-size: .92rem; }
.short { font-size: 1.15rem; } .short li { margin: .35rem 0; } .note { color: var(--warn); }
.value { font-size: 1.25rem; font-weight: 650; } .figure p { margin: .15rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .4rem 1rem; padding: 0; list-style: none; }
a { color: var(--one); } details { margin: .2rem 0; color: var(--dim); } summary { cursor: pointer; }
svg { max-width: 100%; height: auto; display: block; } svg.bar { width: 20rem; }
svg.key { width: .9rem; height: .9rem; display: inline-block; margin-right: .35rem; }
svg text { fill: var(--ink); font-size: 13px; } svg .tick, svg .note { fill: var(--dim);
 font-size: 12px; } .axis { stroke: var(--dim); } .grid { stroke: var(--line); }
.reference { stroke: var(--dim); stroke-dasharray: 4 3; } .range { fill: var(--soft);
 stroke: var(--one); } .study-range { stroke: var(--two); stroke-width: 3; }
.mark { fill: var(--one); } .mark.study, .mark.s1 { fill: var(--two); } .mark.s2 { fill: var(--three); }
.mark.s3 { fill: var(--four); } .whisker, .curve { stroke: var(--one); stroke-width: 2; fill: none; }
.whisker.s1, .curve.s1 { stroke: var(--two); } .whisker.s2, .curve.s2 { stroke: var(--three); }
.whisker.s3, .curve.s3 { stroke: var(--four); } .fill { fill: var(--one); } .fill.s1 { fill: var(--two); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
figure { margin: 1rem 0; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
.wide { overflow-x: auto; } th, td { text-align: left; padding: .25rem .5rem;
 border-bottom: 1px solid var(--line); vertical-align: top; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } nav, summary { display: none; }
 .figure, figure { break-inside: avoid; } h2, h3 { break-after: avoid; }
 details > *:not(summary) { display: block !important; } ::details-content { content-visibility: visible;
 display: block; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says about whom it is of."""

    title: str = text.TITLE
    beside: str = "The study beside your figures is arXiv 2606.06614."
    parts: tuple[tuple[Part, str], ...] = PARTS
    missing: str = "Not yet"
    intervals: str = text.INTERVALS


OWN = Words()
"""Of the person who reads it."""


def as_html(report: Report, words: Words = OWN) -> str:
    """The whole report."""
    return "".join(_page(report, words))


def _page(report: Report, words: Words) -> Iterator[str]:
    when = f"{report.generated_at:%Y-%m-%d %H:%M} UTC"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{esc(POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{esc(words.title)}</title><style>{STYLE}</style></head><body><main>"
    yield f"<h1>{esc(words.title)}</h1>"
    yield f'<p class="meta">{when}, persona-tui {esc(report.app_version)}. {esc(words.beside)}</p>'
    there = [one for one in report.figures if one.headline and one.value is not None]
    if there:
        yield '<ul class="short">'
        yield from (f"<li>{esc(one.sentence)}</li>" for one in there)
        yield "</ul>"
    yield from (f'<p class="note">Note: {esc(note)}</p>' for note in report.notes)
    yield '<nav aria-label="Parts"><ul>'
    yield from (f'<li><a href="#part-{part}">{esc(title)}</a></li>' for part, title in words.parts)
    yield "</ul></nav>"
    for part, title in words.parts:
        yield f'<section aria-labelledby="part-{part}"><h2 id="part-{part}">{esc(title)}</h2>'
        figures = report.part(part)
        yield from (_figure(one) for one in figures if one.value is not None)
        yield from (_plot(plot) for plot in report.plots if plot.part == part)
        yield from _missing([one for one in figures if one.value is None], words.missing)
        yield "</section>"
    yield f'<p class="meta">{esc(words.intervals)}</p></main></body></html>\n'


def _figure(figure: Figure) -> str:
    said = f'<div class="figure"><h3>{esc(text.title_of(figure))}</h3>'
    said += (
        f'<p><span class="value">{esc(text.value_text(figure.value or 0.0, figure.unit))}</span>'
    )
    interval = text.interval_text(figure)
    if interval:
        said += f" <span>(95 % interval {esc(interval)})</span>"
    said += f"</p><p>{esc(figure.sentence)}</p>{html_plots.interval_bar(figure)}"
    said += f'<p class="n">{esc(" · ".join(text.remarks(figure)))}</p>'
    return (
        f"{said}<details><summary>How it is computed</summary><p>{esc(figure.method)}</p></details>"
        "</div>"
    )


def _missing(figures: list[Figure], heading: str) -> Iterator[str]:
    if figures:
        yield f"<h3>{esc(heading)}</h3><ul>"
        for one in figures:
            yield (
                f"<li>{esc(text.title_of(one))}: {esc(one.missing or 'no data')}. "
                f"{esc(one.sentence)}</li>"
            )
        yield "</ul>"


def _plot(plot: Plot) -> str:
    rows = "".join(_rows(plot))
    return (
        f"<figure><figcaption><h3>{esc(plot.title)}</h3></figcaption>"
        f'<div class="wide">{html_plots.svg(plot)}</div>{html_plots.legend(plot)}'
        "<details><summary>The values as a table</summary><div class='wide'><table>"
        f"<caption>{esc(plot.description or plot.title)}</caption><thead><tr>"
        f'<th scope="col">Series</th><th scope="col">{esc(plot.x_label or "x")}</th>'
        f'<th scope="col">{esc(plot.y_label or "row")}</th><th scope="col">Interval</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details></figure>"
    )


def _rows(plot: Plot) -> Iterator[str]:
    for series in plot.series:
        for n, (x, y) in enumerate(zip(series.x, series.y, strict=False)):
            label = (
                plot.labels[round(y)]
                if plot.kind == "intervals" and round(y) < len(plot.labels)
                else ""
            )
            if plot.kind == "bars":
                label = plot.labels[n] if n < len(plot.labels) else ""
            value = text.value_text(x if plot.kind == "intervals" else y, plot.unit)
            other = label or f"{x:.2f}"
            interval = ""
            if n < len(series.low) and n < len(series.high):
                interval = text.range_text(series.low[n], series.high[n], plot.unit)
            yield (
                f'<tr><th scope="row">{esc(series.label or "–")}</th><td>{esc(value)}</td>'
                f"<td>{esc(other)}</td><td>{esc(interval)}</td></tr>"
            )
