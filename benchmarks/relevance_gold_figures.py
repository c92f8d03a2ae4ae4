"""Figures of binary answers, with intervals by cluster bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 2000
NAMES = ("F1", "precision", "recall", "accuracy", "AP")


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % percentile interval over redrawn clusters."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if not np.isfinite(self.value):
            return "–"
        return " ".join([_short(self.value), f"({_short(self.low)}–{_short(self.high)})"])

    def as_json(self) -> dict[str, float | None]:
        """``null`` where there is none."""
        return {
            name: float(one) if np.isfinite(one) else None
            for name, one in (("value", self.value), ("low", self.low), ("high", self.high))
        }


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


def f1(labels: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """F1 of *relevant*; 0 where nothing was found."""
    total = int(labels.sum()) + int(said.sum())
    return 2 * int((labels & said).sum()) / total if total else 0.0


def average_precision(labels: NDArray[np.bool_], scores: Floats) -> float:
    """Area under the precision–recall steps (ties share a step)."""
    return float(_average_precision(labels, scores, np.ones((1, len(labels))))[0])


def _average_precision(labels: NDArray[np.bool_], scores: Floats, times: Floats) -> Floats:
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(times[:, order] * labels[order], axis=1)[:, ends]
    all_ = np.cumsum(times[:, order], axis=1)[:, ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(all_ > 0, hits / all_, 0.0)
        gained = np.diff(hits, axis=1, prepend=0.0)
        return np.asarray((precision * gained).sum(1) / hits[:, -1])


def figures(
    labels: NDArray[np.bool_],
    said: NDArray[np.bool_],
    scores: Floats | None,
    clusters: NDArray[Any],
    seed: int = 0,
) -> dict[str, Figure]:
    """By name; AP is not a number without scores."""
    _, cluster = np.unique(clusters, return_inverse=True)
    number = int(cluster.max()) + 1
    random = np.random.default_rng(seed)
    drawn = random.multinomial(number, np.full(number, 1 / number), size=DRAWS)
    times = np.vstack([np.ones(number), drawn]).astype(np.float64)
    cells = [
        np.bincount(cluster, weights=cell.astype(float), minlength=number)
        for cell in (labels & said, ~labels & said, labels & ~said, ~labels & ~said)
    ]
    hit, false, missed, right = (times @ cell for cell in cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = {
            "F1": 2 * hit / (2 * hit + false + missed),
            "precision": hit / (hit + false),
            "recall": hit / (hit + missed),
            "accuracy": (hit + right) / (hit + false + missed + right),
        }
    if scores is None:
        values["AP"] = np.full(1, np.nan)
    else:
        values["AP"] = _average_precision(labels, scores, times[:, cluster])
    return {name: _figure(values[name]) for name in NAMES}


def _figure(values: Floats) -> Figure:
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(drawn):
        return Figure(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(float(values[0]), float(low), float(high))
