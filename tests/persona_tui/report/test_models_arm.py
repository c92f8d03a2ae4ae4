"""Two models compared without their names: who wins, and that it is in no figure about you."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from persona_tui.report.intervals import wilson
from store.audit import AuditData
from tests.persona_tui.report.test_figures import one, report_of
from tests.persona_tui.report_data import simulated

KEY = "stage3.models[a|b]"


def duels(ratings: Sequence[int | None], *, arm: str = "models") -> AuditData:
    """A comparison of a (generic) with b a rating, each on a prompt of its own."""
    n = len(ratings)
    data = simulated(0, 0, 0, n)
    made = replace(
        data.responses,
        prompt_id=[f"p{i}" for i in range(len(data.responses.rating))],
        arm=[arm] * len(data.responses.rating),
        model_generic=["a"] * len(data.responses.rating),
        model_personalized=["b"] * len(data.responses.rating),
        identical=[False] * len(data.responses.rating),
        rating=[*ratings, *data.responses.rating[n:]],
        sampling=[*["random"] * n, *["repeat"] * (len(data.responses.rating) - n)],
    )
    return replace(data, responses=made)


def test_wins_among_those_with_a_preference() -> None:
    found = one(report_of(duels([5] * 12 + [4] * 6 + [3] * 10 + [2] * 4 + [1] * 2)), KEY)
    expected = wilson(18, 24)
    assert found.value == pytest.approx(18 / 24)
    assert found.n == 24
    assert found.low is not None
    assert found.high is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.03)
    assert found.sentence.startswith("You preferred b in 18 and a in 6 of 34")


def test_cannot_judge_and_ties_count_for_nobody() -> None:
    found = one(report_of(duels([None] * 5 + [3] * 8)), KEY)
    assert found.value is None
    assert found.missing


def test_it_is_in_no_figure_about_personalizing() -> None:
    report = report_of(duels([5] * 30))
    assert one(report, KEY).value == 1.0
    for key in ("stage3.rating", "stage3.no_better", "stage3.wins", "stage3.mention"):
        assert one(report, key).value is None
    keys = {figure.key for figure in report_of(duels([5] * 30, arm="relevant")).figures}
    assert KEY not in keys
