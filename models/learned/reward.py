"""Which of two answers one person prefers, from differences of their features: ridge regression.

A pair is *second minus first*; there is no intercept, so exchanging the two only changes the sign. With
few pairs only the scalars are used; from :data:`VECTORS_FROM` pairs on, embeddings too, if grouped
cross-validation finds that they help. It is a weak model of a noisy answer: its held-out rank
correlation is part of it, and it replaces nobody's judgment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learned.base import Learned, TooFewError, Weight, grouped_folds, pack, unpack

Floats = NDArray[np.float64]

FEWEST = 20
"""Rated pairs below which nothing is learned: there are more features than that would bear."""
FEWEST_GROUPS = 5
VECTORS_FROM = 120
"""Pairs from which embeddings are tried."""
COMPONENTS = 24
"""Directions of the embeddings' differences that are kept."""
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
SHARES = (0.0, 0.3, 1.0)
"""How far embeddings are trusted beside scalars: scale of their block."""
MIDDLE = 3.0
"""*No difference* on the scale of 1 to 5."""
FREE = 10.0
"""The constant is scaled up by this, so that it is hardly shrunk: a mean is no effect."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class _Model:
    """Points of rating for each unit of a difference."""

    scalars: Floats
    vectors: Floats
    """Empty: no embeddings."""

    def of(self, scalars: Floats, vectors: Floats | None) -> Floats:
        value = scalars @ self.scalars
        if len(self.vectors):
            if vectors is None:
                raise ValueError("this reward model needs embeddings of both answers")
            value = value + vectors @ self.vectors
        return np.asarray(value, dtype=np.float64)


def fit(
    scalars: Floats,
    vectors: Floats | None,
    labels: Floats,
    groups: Sequence[str],
    *,
    names: Sequence[str],
    constant: str | None = None,
    weights: Floats | None = None,
    seed: int = 0,
) -> Learned:
    """Learn from rated pairs.

    Args:
        scalars: (n, k) differences, second minus first, in the order of ``names``.
        vectors: (n, d) differences of embeddings, or ``None``.
        labels: (n,) ratings, 1 (first much better) to 5 (second much better).
        groups: (n,) what pairs share (their prompt): never on both sides of a fold.
        constant: the feature that is the same in (nearly) all pairs; hardly penalized.
        weights: (n,) 1 / inclusion probability.

    Returns:
        ``held_out`` is the preference, −2 to 2, that the model of the other folds predicts. Those models
        are kept with the coefficients, for :func:`predict_folds`.

    Raises:
        TooFewError: fewer than :data:`FEWEST` pairs, or than :data:`FEWEST_GROUPS` groups.
        ValueError: all ratings are the same.
    """
    n, kinds = len(labels), len(set(groups))
    if n < FEWEST:
        raise TooFewError(FEWEST, n, "rated pairs of answers")
    if kinds < FEWEST_GROUPS:
        raise TooFewError(FEWEST_GROUPS, kinds, "prompts with a rated pair")
    y = np.asarray(labels, dtype=np.float64) - MIDDLE
    if float(y.std()) == 0:
        raise ValueError("all pairs were rated alike, so there is nothing to learn from them")
    x = np.asarray(scalars, dtype=np.float64)
    v = np.asarray(vectors, dtype=np.float64) if vectors is not None and n >= VECTORS_FROM else None
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    free = names.index(constant) if constant in names else None
    fold = grouped_folds(groups, _sides(y), seed=seed)
    held_out, models = np.zeros(n), []
    for number in range(int(fold.max()) + 1):
        train, test = fold != number, fold == number
        inside = [group for group, yes in zip(groups, train, strict=True) if yes]
        model, _, _ = _tuned(
            x[train], None if v is None else v[train], y[train], w[train], inside, free, seed
        )
        held_out[test] = model.of(x[test], None if v is None else v[test])
        models.append(model)
    whole, penalty, share = _tuned(x, v, y, w, groups, free, seed)
    if not any(len(one.vectors) for one in (whole, *models)):
        form = "ridge"
    else:
        form = "ridge with embeddings"
    return Learned(
        coefficients={
            "form": form,
            "names": list(names),
            "weights": whole.scalars.tolist(),
            "spread": _spread(x).tolist(),
            "vectors": pack(whole.vectors) if len(whole.vectors) else None,
            "folds": [
                {
                    "weights": one.scalars.tolist(),
                    "vectors": pack(one.vectors) if len(one.vectors) else None,
                }
                for one in models
            ],
            "penalty": penalty,
            "share": share,
            "threshold": 0.0,
        },
        held_out=held_out,
        fold=fold,
    )


def predict(coefficients: Mapping[str, Any], scalars: Floats, vectors: Floats | None) -> Floats:
    """(n,) preference for the second answer in points of rating: 0 is no difference, below 0 the first is
    preferred. Of a pair the other way around it is the negative. Not cut off at ±2."""
    return _model(coefficients).of(np.asarray(scalars, dtype=np.float64), vectors)


def predict_folds(
    coefficients: Mapping[str, Any], scalars: Floats, vectors: Floats | None
) -> Floats:
    """(n,) mean of what the models of the folds predict, each of which has not seen a part of the rated
    pairs. For pairs that none of them has seen: together with ``held_out`` of the rated ones it is
    cross-prediction (Zrnic and Candès 2024, arXiv 2309.16598)."""
    x = np.asarray(scalars, dtype=np.float64)
    return np.asarray(
        np.mean([_model(one).of(x, vectors) for one in coefficients["folds"]], axis=0)
    )


def held_out_without(learned: Learned, scalars: Floats, names: Sequence[str]) -> Floats:
    """(n,) ``held_out`` with what the features ``names`` add to it taken off. For rank correlations: the
    constant of a model that was trained without the best pairs is low just for these, which would put
    them last (any constant, estimated out of fold, ranks against the truth)."""
    places = [learned.coefficients["names"].index(name) for name in names]
    x = np.asarray(scalars, dtype=np.float64)[:, places]
    weights = np.array([one["weights"] for one in learned.coefficients["folds"]])[:, places]
    return np.asarray(learned.held_out - (x * weights[learned.fold]).sum(axis=1))


def uses_vectors(coefficients: Mapping[str, Any]) -> bool:
    """Whether embeddings are needed for predicting."""
    parts = (coefficients, *coefficients["folds"])
    return any(one["vectors"] is not None for one in parts)


def explain(coefficients: Mapping[str, Any]) -> list[Weight]:
    """Points of rating for a difference of usual size (root mean square), the largest first."""
    found = [
        Weight(name, float(weight * spread))
        for name, weight, spread in zip(
            coefficients["names"], coefficients["weights"], coefficients["spread"], strict=True
        )
    ]
    return sorted(found, key=lambda one: -abs(one.value))


# --- fitting --------------------------------------------------------------------------------------


def _model(coefficients: Mapping[str, Any]) -> _Model:
    packed = coefficients["vectors"]
    vectors = np.zeros(0) if packed is None else unpack(packed).astype(np.float64)
    return _Model(np.asarray(coefficients["weights"], dtype=np.float64), vectors)


def _sides(preference: Floats) -> NDArray[np.int64]:
    """Whether the second one was preferred: what folds are balanced by."""
    return np.asarray(preference > 0, dtype=np.int64)


def _spread(x: Floats) -> Floats:
    """Root mean square of each column; not the standard deviation, for nothing is centred."""
    return np.asarray(np.sqrt((x**2).mean(axis=0)), dtype=np.float64)


def _tuned(
    x: Floats,
    v: Floats | None,
    y: Floats,
    w: Floats,
    groups: Sequence[str],
    free: int | None,
    seed: int,
) -> tuple[_Model, float, float]:
    """Penalty and share of the embeddings by grouped cross-validation within these pairs; the model of all
    of them, penalty, share."""
    fold = grouped_folds(groups, _sides(y), seed=seed + 1)
    shares = (0.0,) if v is None else SHARES
    loss = dict.fromkeys(product(shares, PENALTIES), 0.0)
    for number in range(int(fold.max()) + 1):
        train, test = fold != number, fold == number
        for share in shares:
            block = _Block.of(x[train], None if v is None else v[train], share, free)
            design = block.design(x[train], None if v is None else v[train])
            ahead = block.design(x[test], None if v is None else v[test])
            for penalty, weight in zip(PENALTIES, _ridge(design, y[train], w[train]), strict=True):
                loss[share, penalty] += float((w[test] * (y[test] - ahead @ weight) ** 2).sum())
    # Of equally good ones the simplest: no embeddings, the most shrinkage.
    share, penalty = min(loss, key=lambda one: (round(loss[one], 9), one[0], -one[1]))
    block = _Block.of(x, v, share, free)
    weight = _ridge(block.design(x, v), y, w)[PENALTIES.index(penalty)]
    return block.model(weight), penalty, share


@dataclass(frozen=True, slots=True)
class _Block:
    """How differences become columns of like size, and weights of columns weights of differences."""

    scale: Floats
    directions: Floats
    """(d, components), scaled; (0, 0) without embeddings."""

    @classmethod
    def of(cls, x: Floats, v: Floats | None, share: float, free: int | None) -> _Block:
        spread = _spread(x)
        scale = np.where(spread > _TINY, 1 / np.maximum(spread, _TINY), 0.0)
        if free is not None:
            scale[free] *= FREE
        if v is None or share == 0:
            return cls(scale, np.zeros((0, 0)))
        _, size, right = np.linalg.svd(v, full_matrices=False)
        kept = right[:COMPONENTS].T
        # All directions together weigh as much as one scalar would, times the share.
        whole = float(np.sqrt((size**2).sum() / len(v)))
        return cls(scale, kept * (share / max(whole, _TINY)))

    def design(self, x: Floats, v: Floats | None) -> Floats:
        columns = x * self.scale
        if v is None or not self.directions.size:
            return columns
        return np.hstack([columns, v @ self.directions])

    def model(self, weight: Floats) -> _Model:
        k = len(self.scale)
        vectors = self.directions @ weight[k:] if self.directions.size else np.zeros(0)
        return _Model(weight[:k] * self.scale, vectors)


def _ridge(design: Floats, y: Floats, w: Floats) -> list[Floats]:
    """Weights for each of :data:`PENALTIES`; no intercept."""
    w = w / w.mean()
    gram = (design * w[:, None]).T @ design
    values, vectors = np.linalg.eigh(gram)
    target = vectors.T @ (design.T @ (w * y))
    return [vectors @ (target / (np.maximum(values, 0) + penalty)) for penalty in PENALTIES]
