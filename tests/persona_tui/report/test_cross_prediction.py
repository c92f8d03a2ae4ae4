"""Prediction-powered inference with a model that was trained on the very judgments: cross-fitted, its
nominal 95 % interval covers 93 to 97 %, and trained without crossing it does not.

What is predicted is what :mod:`models.learned.reward` predicts (ridge without an intercept, one constant
column); the fits are done at once for all rounds.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from persona_tui.report import ppi
from persona_tui.report.intervals import Estimate, mean
from persona_tui.report.stage3 import SCALE

Floats = NDArray[np.float64]
ROUNDS, FOLDS, PENALTY = 2000, 5, 10.0


def pairs(draw: np.random.Generator, rounds: int, n: int) -> tuple[Floats, Floats]:
    """Features with a constant, and ratings that they explain a fifth of."""
    x = draw.normal(size=(rounds, n, 9))
    x[..., 0] = 10.0
    liking = 0.35 + 0.4 * x[..., 1] - 0.3 * x[..., 2] + draw.normal(size=(rounds, n))
    rating = np.digitize(liking, [-1.5, -0.5, 0.5, 1.5]) + 1.0
    return x, np.asarray(rating, dtype=np.float64)


def ridge(x: Floats, y: Floats) -> Floats:
    """(rounds, features)"""
    gram = np.einsum("rik,ril->rkl", x, x) + PENALTY * np.eye(x.shape[2])
    found = np.linalg.solve(gram, np.einsum("rik,ri->rk", x, y - 3)[..., None])
    return np.asarray(found[..., 0], dtype=np.float64)


def of(x: Floats, weights: Floats) -> Floats:
    return np.asarray(3 + np.einsum("rik,rk->ri", x, weights), dtype=np.float64)


def covers(found: list[Estimate], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in found]))


@pytest.fixture(scope="module")
def truth() -> float:
    return float(pairs(np.random.default_rng(0), 1, 400_000)[1].mean())


@pytest.mark.parametrize("n", [30, 50, 200])
def test_cross_fitted_predictions_cover(n: int, truth: float) -> None:
    draw = np.random.default_rng(n)
    x, y = pairs(draw, ROUNDS, n)
    more, _ = pairs(draw, ROUNDS, 300)
    fold = np.arange(n) % FOLDS
    held_out, elsewhere = np.zeros_like(y), np.zeros((ROUNDS, 300))
    for number in range(FOLDS):
        weights = ridge(x[:, fold != number], y[:, fold != number])
        held_out[:, fold == number] = of(x[:, fold == number], weights)
        elsewhere += of(more, weights) / FOLDS
    rows = range(ROUNDS)
    found = [ppi.mean(y[r], held_out[r], elsewhere[r], within=SCALE, crossed=True) for r in rows]
    alone = [mean(y[r], within=SCALE) for r in rows]
    assert 0.93 <= covers(found, truth) <= 0.97
    if n >= 50:  # and it is for being narrower that it is offered
        wide = np.mean([one.high - one.low for one in alone])
        assert np.mean([one.high - one.low for one in found]) < wide
    assert abs(np.mean([one.value for one in found]) - truth) < 0.02
    if n == 30:
        whole = ridge(x, y)
        seen, unseen = of(x, whole), of(more, whole)
        leaking = [ppi.mean(y[r], seen[r], unseen[r], within=SCALE, crossed=True) for r in rows]
        assert covers(leaking, truth) < 0.92
