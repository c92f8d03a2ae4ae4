"""The reward model in the report: weak as it is, beside the study and the person's own test-retest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from persona_tui.report.build import build_report
from persona_tui.report.intervals import Estimate, unknown
from persona_tui.report.model import Report
from persona_tui.report.ranks import out_of_fold
from store.learned_records import LearnedFigures, LearnedMetric
from tests.persona_tui.report_data import empty, simulated

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def with_reward(**metrics: tuple[float, float, float, int]) -> Report:
    made = LearnedFigures(
        "reward", 1, NOW, 60, {name: LearnedMetric(*one) for name, one in metrics.items()}
    )
    return build_report(replace(simulated(), learned={"reward": made}), now=NOW, app_version="1")


def test_the_rank_correlation_stands_beside_the_study() -> None:
    found = with_reward(spearman=(0.21, -0.05, 0.44, 60)).get("stage3.reward")
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == (0.21, -0.05, 0.44, 60)
    assert found.study[0].value == 0.3
    assert found.ceiling_of == "quality.retest.3.spearman"
    assert "no better than chance" in found.sentence
    clear = with_reward(spearman=(0.5, 0.3, 0.7, 60)).get("stage3.reward")
    assert clear is not None
    assert "chance" not in clear.sentence
    assert "replaces none" in clear.sentence


def test_a_combined_figure_needs_thirty_judgments_and_shows_the_persons_own() -> None:
    few = with_reward(rating_combined=(3.3, 3.0, 3.6, 69), rating_alone=(3.2, 2.8, 3.6, 29))
    found = few.get("combined.rating.reward")
    assert found is not None
    assert found.missing == "1 more rated pair"
    many = with_reward(rating_combined=(3.3, 3.05, 3.55, 90), rating_alone=(3.2, 2.9, 3.5, 40))
    found = many.get("combined.rating.reward")
    assert found is not None
    assert (found.value, found.n, found.provisional) == (3.3, 40, True)
    assert "50 more: 3.30 (3.05 to 3.55); from yours alone: 3.20 (2.90 to 3.50)" in found.sentence


def test_without_a_model_the_report_says_how_to_get_one() -> None:
    report = build_report(empty(), now=NOW, app_version="1")
    found = report.get("stage3.reward")
    assert found is not None
    assert "persona-tui train" in (found.missing or "")
    assert report.get("combined.rating.reward") is None


def test_ranks_against_predictions_out_of_fold_are_less_certain() -> None:
    found = Estimate(0.3, 0.1, 0.48, 60)
    wider = out_of_fold(found, 5)
    for end, before in ((wider.low, 0.1), (wider.high, 0.48)):
        half = np.arctanh(before) - np.arctanh(0.3)
        assert np.arctanh(end) - np.arctanh(0.3) == pytest.approx(1.5 * half)
    assert out_of_fold(Estimate(1.0, 0.8, 1.0, 60), 5).low == pytest.approx(0.7)
    assert not out_of_fold(unknown(3), 5).is_known
