"""The columns that the personal verifier weighs: signs of one size, and the main directions of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIRECTIONS = 16
"""Principal directions of each kind of embedding that are kept."""
_FAR = 4.0
"""Standard deviations at which a sign is cut off."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Makes columns of one size of what came in, as it was when fitted."""

    middle: Floats
    spread: Floats
    directions: Floats
    """(k, d) of the embeddings; (0, d) without."""
    centre: Floats
    """(d,)"""

    def of(self, scalars: Floats, vectors: Floats | None) -> Floats:
        """(n, columns). What is not known is as it mostly is."""
        z = np.clip((scalars - self.middle) / self.spread, -_FAR, _FAR)
        z = np.where(np.isnan(z), 0.0, z)
        if not len(self.directions):
            return z
        if vectors is None or vectors.shape[1:] != self.centre.shape:
            raise ValueError("this verifier needs embeddings of the same model")
        return np.hstack([z, (vectors - self.centre) @ self.directions.T])


def fit_scale(x: Floats, v: Floats | None) -> Scale:
    """The scale of these (n, k) signs, NaN where unknown, and (n, d) embeddings, if any. No label is in
    it."""
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, x, 0.0)
    middle = filled.sum(axis=0) / count
    spread = np.sqrt((np.where(known, x - middle, 0.0) ** 2).sum(axis=0) / count)
    spread = np.where(spread > 1e-9, spread, 1.0)
    if v is None:
        return Scale(middle, spread, np.zeros((0, 0)), np.zeros(0))
    centre = v.mean(axis=0)
    # Of the smaller side: a few hundred items have few directions, whatever the dimensions.
    apart = v - centre
    _, sizes, rows = _largest(apart, min(DIRECTIONS, *apart.shape))
    kept = int((sizes > 1e-6).sum())
    # One standard deviation of all directions together is one: they share what one sign has.
    spread_of_all = float(np.sqrt(np.sum(sizes[:kept] ** 2) / len(v))) or 1.0
    return Scale(middle, spread, rows[:kept] * np.sqrt(max(kept, 1)) / spread_of_all, centre)


def _largest(matrix: Floats, count: int) -> tuple[Floats, Floats, Floats]:
    """The largest singular values with their vectors, in a fixed sign."""
    from sklearn.utils.extmath import randomized_svd

    left, sizes, rows = randomized_svd(matrix, count, random_state=0, flip_sign=True)
    return left, sizes, rows


def raw_odds(weights: Floats, columns: Floats) -> Floats:
    """(n,) log-odds; columns beyond the weights are not used."""
    used = columns[:, : len(weights) - 1]
    return np.asarray(weights[0] + used @ weights[1:], dtype=np.float64)


def expit(value: Floats) -> Floats:
    """Probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -60.0, 60.0))), dtype=np.float64)
