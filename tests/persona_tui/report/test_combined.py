"""Human and model judgments together are of one kind of item only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from persona_tui.report.build import build_report
from persona_tui.report.model import Figure
from store.audit import AuditData, ModelColumns
from tests.persona_tui.report_data import simulated

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def with_more_pairs(data: AuditData, arm: str, rating: int) -> AuditData:
    """100 pairs more of an arm, rated by the judge alone."""
    m = data.models
    none = [None] * 100
    more = ModelColumns(
        [*m.kind, *(["response"] * 100)], [*m.model_tag, *(["judge"] * 100)],
        [*m.attribute_id, *none], [*m.prompt_id, *none],
        [*m.pair_id, *(f"{arm}{i}" for i in range(100))], [*m.verdict, *none],
        [*m.relevant, *none], [*m.rating, *(rating - i % 2 for i in range(100))],
        [*m.probability, *none], [*m.flipped, *none], [*m.arm, *([arm] * 100)],
        [*m.cluster, *(f"{arm}{i}" for i in range(100))], [*m.mean, *none],
    )  # fmt: skip
    return replace(data, models=more)


def combined(data: AuditData) -> Figure | None:
    return build_report(data, now=NOW, app_version="1").get("combined.rating[judge]")


def test_pairs_of_another_arm_do_not_count() -> None:
    data = with_more_pairs(simulated(), "relevant", 4)
    first = combined(data)
    assert first is not None
    assert first.value is not None
    assert combined(with_more_pairs(data, "models", 5)) == first
    assert combined(with_more_pairs(data, "all", 2)) == first
    assert combined(with_more_pairs(data, "relevant", 5)) != first
