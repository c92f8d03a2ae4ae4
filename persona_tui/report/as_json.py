"""The report as JSON: ``persona-tui/report/1``, documented in ``docs/report.md``."""

from __future__ import annotations

import math

from persona_tui.report.model import Figure, Plot, Report, StudyValue

SCHEMA = "persona-tui/report/1"


def as_json(report: Report) -> dict[str, object]:
    """The documented form. A figure is exactly ``value``, ``low``, ``high``, ``n`` and ``study``, or
    ``missing`` alone; everything else that is known of it stands under ``about``."""
    return {
        "schema": SCHEMA,
        "generated_at": report.generated_at.isoformat(),
        "app_version": report.app_version,
        "counts": dict(report.counts),
        "figures": {figure.key: _figure(figure) for figure in report.figures},
        "about": {figure.key: _about(figure) for figure in report.figures},
        "plots": [_plot(plot) for plot in report.plots],
        "notes": list(report.notes),
    }


def _number(value: float | None) -> float | None:
    """JSON has no word for what is not a number."""
    return None if value is None or not math.isfinite(value) else value


def _figure(figure: Figure) -> dict[str, object]:
    if figure.value is None or not math.isfinite(figure.value):
        return {"missing": figure.missing or "no data"}
    return {
        "value": figure.value,
        "low": _number(figure.low),
        "high": _number(figure.high),
        "n": figure.n,
        "study": [_study(study) for study in figure.study],
    }


def _study(study: StudyValue) -> dict[str, object]:
    return {
        "value": study.value,
        "high": study.high,
        "label": study.label,
        "source": study.source,
    }


def _about(figure: Figure) -> dict[str, object]:
    return {
        "title": figure.title,
        "part": figure.part,
        "unit": figure.unit,
        "sentence": figure.sentence,
        "method": figure.method,
        "provisional": figure.provisional,
        "headline": figure.headline,
        "ceiling": _number(figure.ceiling),
        "ceiling_of": figure.ceiling_of,
        "model_tag": figure.model_tag,
    }


def _plot(plot: Plot) -> dict[str, object]:
    return {
        "key": plot.key,
        "part": plot.part,
        "kind": plot.kind,
        "title": plot.title,
        "x_label": plot.x_label,
        "y_label": plot.y_label,
        "labels": list(plot.labels),
        "reference": _number(plot.reference),
        "reference_label": plot.reference_label,
        "unit": plot.unit,
        "description": plot.description,
        "series": [
            {
                "label": series.label,
                "x": [_number(x) for x in series.x],
                "y": [_number(y) for y in series.y],
                "low": [_number(low) for low in series.low],
                "high": [_number(high) for high in series.high],
            }
            for series in plot.series
        ],
    }
