"""The labelled set of the verifier is what it says it is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks import verifier


def test_the_set_has_the_shares_of_the_study() -> None:
    rated = verifier.written()
    assert len(rated.labels) >= 240
    assert len(set(rated.groups)) >= 30
    assert 1 - rated.labels.mean() == pytest.approx(0.58, abs=0.03)
    modes = Counter(mode for mode in rated.modes if mode)
    assert modes.total() == rated.labels.sum()
    for mode, share in (("over", 0.54), ("missing", 0.20), ("task", 0.16), ("standalone", 0.06)):
        assert modes[mode] / modes.total() == pytest.approx(share, abs=0.08)
    assert len({one.text for one in rated.subjects}) > 240


def test_figures_by_hand() -> None:
    truth = np.array([True, True, False, False, False])
    flagged = np.array([True, False, True, False, False])
    assert verifier.figures(truth, flagged) == pytest.approx(
        {"precision": 0.5, "recall": 0.5, "F1": 0.5, "F2": 0.5}
    )
    assert verifier.figures(truth, np.zeros(5, dtype=bool))["F1"] == 0


def test_a_threshold_is_never_chosen_on_what_it_is_used_for() -> None:
    truth = np.array([True, False] * 10)
    fold = np.repeat([0, 1], 10)
    # What is problematic has the high score in one half, the low one in the other.
    score = np.where(truth == (fold == 0), 1.0, 0.0)
    found = verifier.flags(score, truth, fold, 1.0)
    assert (found[fold == 1] == ~truth[fold == 1]).all()
    assert found[fold == 0].all()
