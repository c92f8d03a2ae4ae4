"""Is an attribute problematic (*unsure* or *bad*) to this person? Logistic regression that begins with
what is known of people in general and moves away from it as far as the person's own labels say.

With few labels only the signs (scalars) speak, and each is held near its prior weight. From
:data:`VECTORS_FROM` labels on, embeddings of attribute and evidence are tried as well; grouped
cross-validation decides whether they help, and how strongly all weights are held. What the model says of
an item that it learned from is never used to measure it: choosing, calibrating and measuring are nested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learned.base import (
    Learned,
    TooFewError,
    Weight,
    expected_threshold,
    grouped_folds,
    pack,
    platt,
    threshold_of,
    unpack,
)
from models.learned.verifier_columns import Floats, Scale, expit, fit_scale, raw_odds

Flags = NDArray[np.bool_]

FORM = "verifier-logistic-1"
FEWEST = 20
FEWEST_OF_A_CLASS = 3
FEWEST_GROUPS = 2
VECTORS_FROM = 60
"""Labels from which embeddings are tried."""
BETA = 2.0
"""Recall counts twice as much as precision, as in the study: what is flagged is looked at again, what is
not flagged is used. The threshold is that of the highest F2 to be expected of the held-out probabilities:
steadier than the best cut of the labels (benchmarks/README.md)."""
WHAT = "judged attributes"
_HOLDS = (1.0, 4.0, 16.0)
"""How strongly weights are held to their prior: in labels that say nothing."""
_VECTOR_HOLDS = (16.0, 64.0)


@dataclass(frozen=True, slots=True)
class _Shape:
    """One way to fit."""

    hold: float
    vector_hold: float | None = None
    """``None``: no embeddings."""


def fit(
    scalars: Floats,
    vectors: Floats | None,
    labels: NDArray[Any],
    groups: Sequence[str],
    *,
    names: Sequence[str],
    prior: Mapping[str, float] | None = None,
    weights: Floats | None = None,
    seed: int = 0,
) -> Learned:
    """Learn.

    Args:
        scalars: (n, k), NaN where unknown; ``names`` of the k columns.
        vectors: (n, d) embeddings side by side (attribute, evidence, …), or ``None``.
        labels: (n,) true for problematic.
        groups: (n,) conversations: never torn apart.
        prior: log-odds for one standard deviation of a column, by name; 0 where it is not named.
        weights: (n,) 1 / inclusion probability.

    Raises:
        TooFewError: fewer than 20 labels, 3 of each kind, or 2 conversations.
    """
    truth = np.asarray(labels, dtype=bool)
    x = np.asarray(scalars, dtype=np.float64)
    v = None if vectors is None or not vectors.size else np.asarray(vectors, dtype=np.float64)
    _check(truth, groups)
    w = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
    w = w / w.mean()
    start = np.array([(prior or {}).get(name, 0.0) for name in names])
    shapes = [_Shape(hold) for hold in _HOLDS]
    if v is not None and len(truth) >= VECTORS_FROM:
        shapes += [_Shape(hold, more) for hold in _HOLDS[1:] for more in _VECTOR_HOLDS]
    # Means, spreads and directions are of all items: no label is in them.
    scale = fit_scale(x, v if len(shapes) > len(_HOLDS) else None)
    data = _Data(scale.of(x, v), truth, w, start)
    fold = grouped_folds(groups, truth, seed=seed)
    held_out = np.full(len(truth), np.nan)
    for one in np.unique(fold):
        train, test = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        held_out[test] = _nested(
            data.at(train), data.at(test), [groups[int(i)] for i in train], shapes, seed
        )
    model = _whole(data, fold, shapes)
    scale = scale if len(model.weights) > 1 + len(start) else fit_scale(x, None)
    return Learned(
        {
            "form": FORM,
            "names": list(names),
            "threshold": expected_threshold(held_out, BETA),
            "base": float(np.average(truth, weights=w)),
            "labels": len(truth),
            "middle": pack(scale.middle),
            "spread": pack(scale.spread),
            "directions": pack(scale.directions.astype(np.float32)),
            "centre": pack(scale.centre.astype(np.float32)),
            "weights": pack(model.weights),
            "calibration": list(model.calibration),
        },
        held_out,
        fold,
    )


def predict(
    coefficients: Mapping[str, Any], scalars: Floats, vectors: Floats | None = None
) -> Floats:
    """(n,) probability of problematic.

    Raises:
        ValueError: these are no coefficients of this form, or the features are others.
    """
    scale, weights, (slope, shift) = _read(coefficients)
    x = np.asarray(scalars, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != len(scale.middle):
        raise ValueError("this verifier was trained on other features")
    raw = raw_odds(weights, scale.of(x, vectors))
    return expit(slope * raw + shift)


def uses_vectors(coefficients: Mapping[str, Any]) -> bool:
    """Whether :func:`predict` needs embeddings."""
    return bool(coefficients.get("directions", {}).get("shape", [0])[0])


def contributions(coefficients: Mapping[str, Any], scalars: Floats) -> list[list[Weight]]:
    """Of each item what each sign adds to its log-odds, against the middle of what was judged; the most
    accusing first."""
    _, weights, (slope, _) = _read(coefficients)
    z = standardised(coefficients, scalars)
    names = [str(name) for name in coefficients["names"]]
    parts = slope * z * weights[1 : 1 + len(names)]
    return [
        sorted(
            (Weight(n, float(p)) for n, p in zip(names, row, strict=True)), key=lambda o: -o.value
        )
        for row in parts
    ]


def standardised(coefficients: Mapping[str, Any], scalars: Floats) -> Floats:
    """(n, k) how much each item has of each sign, in standard deviations from the middle of what was
    learned from; 0 where it is not known."""
    scale, _, _ = _read(coefficients)
    bare = Scale(scale.middle, scale.spread, np.zeros((0, 0)), np.zeros(0))
    return bare.of(np.asarray(scalars, dtype=np.float64), None)


def by_prior(scalars: Floats, names: Sequence[str], prior: Mapping[str, float]) -> Floats:
    """(n,) log-odds by the prior alone, of items against each other: for ranking, before any label."""
    x = np.asarray(scalars, dtype=np.float64)
    if not len(x):
        return np.zeros(0)
    return np.asarray(fit_scale(x, None).of(x, None) @ np.array([prior.get(n, 0.0) for n in names]))


def explain(coefficients: Mapping[str, Any]) -> list[Weight]:
    """Change of the log-odds of problematic for one standard deviation of each sign, the strongest
    first; ``embeddings`` stands for all directions together."""
    scale, weights, (slope, _) = _read(coefficients)
    names = [str(name) for name in coefficients["names"]]
    found = [Weight(n, float(slope * w)) for n, w in zip(names, weights[1:], strict=False)]
    rest = weights[1 + len(names) :]
    if len(scale.directions):
        found.append(Weight("embeddings", float(slope * np.sqrt(np.sum(rest**2)))))
    return sorted(found, key=lambda one: -abs(one.value))


# --- fitting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Data:
    z: Floats
    """(n, signs and directions), scaled."""
    truth: Flags
    w: Floats
    start: Floats

    def at(self, rows: NDArray[np.int64]) -> _Data:
        return _Data(self.z[rows], self.truth[rows], self.w[rows], self.start)


@dataclass(frozen=True, slots=True)
class _Model:
    weights: Floats
    """Intercept, signs, and directions if they help."""
    calibration: tuple[float, float]

    def of(self, data: _Data) -> Floats:
        slope, shift = self.calibration
        return expit(slope * raw_odds(self.weights, data.z) + shift)


def _check(truth: Flags, groups: Sequence[str]) -> None:
    if len(truth) < FEWEST:
        raise TooFewError(FEWEST, len(truth), WHAT)
    kinds = len(set(groups))
    if kinds < FEWEST_GROUPS:
        raise TooFewError(FEWEST_GROUPS, kinds, "conversations with judged attributes")
    for hits, what in (
        (truth, "attributes judged unsure or bad"),
        (~truth, "attributes judged ok"),
    ):
        if int(hits.sum()) < FEWEST_OF_A_CLASS:
            raise TooFewError(FEWEST_OF_A_CLASS, int(hits.sum()), what)


def _nested(
    train: _Data, test: _Data, groups: Sequence[str], shapes: Sequence[_Shape], seed: int
) -> Floats:
    """What is said of ``test`` by a model for which all was chosen on ``train``."""
    if len(set(groups)) < FEWEST_GROUPS or train.truth.all() or not train.truth.any():
        return np.full(len(test.truth), float(np.average(train.truth, weights=train.w)))
    return _whole(train, grouped_folds(groups, train.truth, seed=seed + 1), shapes).of(test)


def _whole(data: _Data, fold: NDArray[np.int64], shapes: Sequence[_Shape]) -> _Model:
    """Choose a shape by held-out log loss, calibrate on what was held out, fit on all."""
    best: tuple[float, _Shape, Floats] | None = None
    for shape in shapes:
        raw = np.zeros(len(data.truth))
        for one in np.unique(fold):
            train, test = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
            raw[test] = raw_odds(_fit(data.at(train), shape), data.z[test])
        loss = _loss(raw, data)
        # A richer shape has to be clearly better: among equals the simpler one lasts.
        if best is None or loss < best[0] - (0.002 if shape.vector_hold is None else 0.01):
            best = (loss, shape, raw)
    assert best is not None  # noqa: S101 - there is always a shape
    _, shape, raw = best
    return _Model(_fit(data, shape), platt(raw, data.truth))


def _loss(raw: Floats, data: _Data) -> float:
    odds = np.clip(raw, -30, 30)
    return float(np.average(np.logaddexp(0, np.where(data.truth, -odds, odds)), weights=data.w))


def _fit(data: _Data, shape: _Shape) -> Floats:
    """Weights of least log loss plus ``hold``/2 · (distance from the prior)²: Newton's method, which for
    a convex loss of a few dozen weights needs some ten steps."""
    signs = len(data.start)
    z = data.z if shape.vector_hold is not None else data.z[:, :signs]
    columns = np.hstack([np.ones((len(z), 1)), z])
    more = columns.shape[1] - 1 - signs
    middle = np.concatenate([[0.0], data.start, np.zeros(more)])
    hold = np.concatenate(
        [[1e-3], np.full(signs, shape.hold), np.full(more, shape.vector_hold or 1.0)]
    )
    at = middle.copy()
    for _ in range(30):
        p = expit(columns @ at)
        gradient = columns.T @ (data.w * (p - data.truth)) + hold * (at - middle)
        curve = columns.T @ (columns * (data.w * np.maximum(p * (1 - p), 1e-6))[:, None])
        step = np.linalg.solve(curve + np.diag(hold), gradient)
        largest = float(np.abs(step).max())
        at = at - step * min(1.0, 5.0 / max(largest, 1e-12))
        if largest < 1e-4:  # steps shrink quadratically: the next one would be some 1e-8
            break
    return at


def _read(coefficients: Mapping[str, Any]) -> tuple[Scale, Floats, tuple[float, float]]:
    if coefficients.get("form") != FORM:
        raise ValueError(f"this is no verifier of the form {FORM}")
    threshold_of(coefficients)  # whoever predicts compares with it
    try:
        scale = Scale(
            unpack(coefficients["middle"]).astype(np.float64),
            unpack(coefficients["spread"]).astype(np.float64),
            unpack(coefficients["directions"]).astype(np.float64),
            unpack(coefficients["centre"]).astype(np.float64),
        )
        weights = unpack(coefficients["weights"]).astype(np.float64)
        slope, shift = (float(one) for one in coefficients["calibration"])
        columns = len(scale.middle) + len(scale.directions)
        sound = (
            len(coefficients["names"]) == len(scale.middle) == len(scale.spread)
            and weights.shape == (1 + columns,)
            and bool((scale.spread > 0).all())
            and bool(np.isfinite([*weights, slope, shift]).all())
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this verifier cannot be read: {error!r}") from error
    if not sound:
        raise ValueError("this verifier cannot be read: its parts do not fit together")
    return scale, weights, (slope, shift)
