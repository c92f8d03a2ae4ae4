"""The personal relevance model in the report: figures as its trainer measured them, or what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from persona_tui.report import study
from persona_tui.report.model import Figure
from persona_tui.report.stage2_personal import F1, build
from store.learned_records import LearnedFigures, LearnedMetric
from tests.persona_tui.report_data import empty

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def made(metrics: dict[str, LearnedMetric]) -> dict[str, Figure]:
    learned = LearnedFigures("relevance", 3, NOW, 200, metrics)
    data = replace(empty(), learned={"relevance": learned})
    return {one.key: one for one in build(data, {"quality.retest.2.f1": 0.8})}


def test_before_it_learned_that_is_said() -> None:
    (figure,) = build(empty(), {})
    assert figure.key == F1
    assert figure.value is None
    assert "persona-tui train" in (figure.missing or "")


def test_each_figure_has_its_interval_and_the_studys_values() -> None:
    found = made(
        {
            "f1": LearnedMetric(0.62, 0.51, 0.71, 180),
            "precision": LearnedMetric(0.6, 0.5, 0.7, 180),
            "recall": LearnedMetric(0.64, 0.5, 0.75, 180),
        }
    )
    f1 = found[F1]
    assert (f1.value, f1.low, f1.high, f1.n, f1.ceiling) == (0.62, 0.51, 0.71, 180, 0.8)
    assert f1.study == study.F1
    assert {one.value for one in f1.study} >= {0.606, 0.641}
    assert found[f"{F1}.precision"].sentence == "Of what it would use you want 60 % used."
    assert found[f"{F1}.average_precision"].missing
