"""Folds, thresholds, calibration, weights as JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import fbeta_score

from models.learned.base import (
    TooFewError,
    best_threshold,
    expected_threshold,
    grouped_folds,
    pack,
    platt,
    threshold_of,
    unpack,
)

LABELS = st.lists(
    st.tuples(st.integers(0, 12).map(str), st.booleans(), st.integers(0, 8)),
    min_size=2, max_size=80,
)  # fmt: skip


@given(LABELS, st.integers(0, 3))
def test_a_group_is_never_split(rows: list[tuple[str, bool, int]], seed: int) -> None:
    groups = [group for group, _, _ in rows]
    labels = np.array([label for _, label, _ in rows])
    if len(set(groups)) < 2:
        with pytest.raises(TooFewError):
            grouped_folds(groups, labels, seed=seed)
        return
    fold = grouped_folds(groups, labels, seed=seed)
    assert fold.shape == (len(rows),)
    assert 2 <= len(set(fold)) <= min(5, len(set(groups)))
    for group in set(groups):
        assert len({f for f, g in zip(fold, groups, strict=True) if g == group}) == 1
    assert (fold == grouped_folds(groups, labels, seed=seed)).all()


def test_the_folds_have_the_same_share_of_each_label() -> None:
    chance = np.random.default_rng(0)
    groups = [str(g) for g in chance.integers(0, 50, 500)]
    labels = chance.random(500) < 0.2
    fold = grouped_folds(groups, labels)
    shares = [labels[fold == f].mean() for f in range(5)]
    assert max(shares) - min(shares) < 0.06


@given(LABELS, st.sampled_from([0.5, 1.0, 2.0]))
def test_no_other_threshold_is_better(rows: list[tuple[str, bool, int]], beta: float) -> None:
    labels = np.array([label for _, label, _ in rows])
    scores = np.array([score / 8 for _, _, score in rows])
    found = best_threshold(labels, scores, beta)
    if not labels.any():
        assert found == 0.5
        return

    def value(threshold: float) -> float:
        return float(fbeta_score(labels, scores >= threshold, beta=beta, zero_division=0.0))

    assert value(found) == pytest.approx(max(value(score) for score in set(scores)))


@given(
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=40),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_no_other_threshold_is_expected_to_be_better(chances: list[float], beta: float) -> None:
    chance = np.array(chances)

    def value(threshold: float) -> float:
        said = chance >= threshold
        hits = float(chance[said].sum())
        return (1 + beta**2) * hits / (beta**2 * float(chance.sum()) + int(said.sum()))

    found = expected_threshold(chance, beta)
    assert value(found - 1e-12) == pytest.approx(max(value(one) for one in chances))
    assert 0 < found < 1


def test_calibrated_probabilities_are_as_often_right_as_they_say() -> None:
    chance = np.random.default_rng(1)
    scores = chance.normal(size=20_000)
    truth = chance.random(20_000) < 1 / (1 + np.exp(-(2 * scores - 1)))
    slope, intercept = platt(3 * scores + 5, truth)
    assert 3 * slope == pytest.approx(2, abs=0.1)
    assert 5 * slope + intercept == pytest.approx(-1, abs=0.1)


def test_a_score_that_says_the_opposite_becomes_the_base_rate() -> None:
    truth = np.array([True] * 10 + [False] * 30)
    slope, intercept = platt(np.where(truth, 0.0, 1.0), truth)
    assert slope == 0.0
    assert 1 / (1 + np.exp(-intercept)) == pytest.approx(0.25, abs=0.02)


@given(
    arrays.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    )
)
def test_arrays_come_back_bit_for_bit(
    array: np.ndarray[tuple[int, ...], np.dtype[np.floating]],
) -> None:
    back = unpack(json.loads(json.dumps(pack(array))))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"shape": [2], "dtype": "float32", "base64": "AAAA"},
        {"shape": [1], "dtype": "object", "base64": "AAAAAAAAAAA="},
        {"shape": [1], "dtype": "float32", "base64": "!"},
        {"shape": 3, "dtype": "float32", "base64": ""},
        {"shape": [-1], "dtype": ["float32"], "base64": None},
    ],
)
def test_what_is_no_array_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(broken)


@pytest.mark.parametrize("value", [None, "0.5", [], {}, True, math.nan, math.inf, -0.1, 1.1])
def test_a_threshold_that_is_no_probability_is_refused(value: object) -> None:
    """NaN in a damaged row would flag everything: nothing is below it."""
    with pytest.raises(ValueError, match="threshold"):
        threshold_of({"threshold": value})
    assert threshold_of({"threshold": 0.25}) == 0.25
