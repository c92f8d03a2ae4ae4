"""What every model that learns from the person is made of: grouped folds, calibration, thresholds,
and weights as JSON.

Arrays in, JSON out: never a pickle, so that reading a model runs no code.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # numpy costs 100 ms, and plain verbs may import the names
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5


class TooFewError(ValueError):
    """There is too little to learn from: ``needed`` of ``what``, of which there are ``have``."""

    def __init__(self, needed: int, have: int, what: str) -> None:
        super().__init__(f"{needed} {what} are needed, and there are {have}")
        self.needed = needed
        self.have = have
        self.what = what


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted model, with what it said of items that it had not seen."""

    coefficients: dict[str, Any]
    """All that predicting needs, as JSON: ``form`` (which kind of model), ``threshold``, …"""
    held_out: NDArray[np.float64]
    """Shape (n,): of each training item, what a model said that was fitted without its group."""
    fold: NDArray[np.int64]
    """Shape (n,): the fold in which it was held out."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one feature does: the change of the log-odds (of the score, where there are no odds) for one
    standard deviation of it."""

    name: str
    value: float


def grouped_folds(
    groups: Sequence[str], labels: NDArray[Any], folds: int = FOLDS, seed: int = 0
) -> NDArray[np.int64]:
    """The fold of each item, shape (n,), from 0. A group is never split; the folds have about the same
    share of each label; there are fewer folds where there are fewer groups.

    Raises:
        TooFewError: fewer than two groups.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    names, group = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    if len(names) < 2:
        raise TooFewError(2, len(names), "groups")
    splits = min(folds, len(names))
    truth = np.asarray(labels)
    place = np.zeros(len(truth), dtype=np.int64)
    # It insists on as many items of a class as there are folds; a rare class is spread all the same.
    kinds, counts = np.unique(truth, return_counts=True)
    if counts.max() < splits:
        truth, kinds = np.zeros(len(truth), dtype=np.int64), kinds[:1]
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "the least populated class …"
        chosen = StratifiedGroupKFold(splits, shuffle=True, random_state=seed)
        for number, (_, test) in enumerate(chosen.split(np.zeros(len(truth)), truth, group)):
            place[test] = number
    return place


def best_threshold(labels: NDArray[Any], probability: NDArray[np.float64], beta: float) -> float:
    """The threshold (items at or above it are called true) of the highest F-beta; half-way to the next
    lower score, so that it is no item's own. 0.5 where nothing is true."""
    import numpy as np

    truth = np.asarray(labels, dtype=bool)
    score = np.asarray(probability, dtype=np.float64)
    if not truth.any():
        return 0.5
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    said = np.arange(1, len(order) + 1)
    value = (1 + beta**2) * hits / (beta**2 * truth.sum() + said)
    # Only between different scores can a line be drawn.
    ends = np.append(np.diff(score[order]) < 0, True)
    last = int(np.argmax(np.where(ends, value, -1.0)))
    here = float(score[order][last])
    below = float(score[order][last + 1]) if last + 1 < len(order) else here
    return (here + below) / 2


def expected_threshold(chance: NDArray[np.float64], beta: float) -> float:
    """Where the expected F-``beta`` is highest if the probabilities can be believed (Ye et al. 2012):
    steadier than the best cut of the labels themselves, which follows their noise. That is F / (1 + beta²)
    with the highest F itself: one more item raises F just if it is more probable than that."""
    import numpy as np

    hits = np.cumsum(np.sort(chance)[::-1])
    said = np.arange(1, len(hits) + 1)
    return float(np.max(hits / (beta**2 * hits[-1] + said)))


def threshold_of(coefficients: Mapping[str, Any]) -> float:
    """The threshold of coefficients that were read from somewhere.

    Raises:
        ValueError: there is none, or no probability: against NaN nothing compares, so that everything
            or nothing would be called true.
    """
    value = coefficients.get("threshold")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a threshold that is no probability")
    return float(value)


def platt(
    scores: NDArray[np.float64],
    labels: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
    *,
    least: float = 0.0,
) -> tuple[float, float]:
    """Slope and intercept that make probabilities of held-out ``scores``: sigmoid(slope·s + intercept).

    Platt (1999), with his targets, which keep few labels from certainty, found by Newton's method with
    shorter steps where the loss would rise (Lin, Lin and Weng 2007). The slope is not below ``least``: a
    score that is worth nothing becomes the base rate, with a little of its order at most.
    ``weights``: (n,), relative to 1.
    """
    import numpy as np

    truth = np.asarray(labels, dtype=bool)
    w = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
    yes, no = float(w[truth].sum()), float(w[~truth].sum())
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    x = np.asarray(scores, dtype=np.float64)
    scale = float(x.std()) or 1.0
    middle = float(x.mean())
    z = (x - middle) / scale

    def loss(slope: float, shift: float) -> float:
        odds = slope * z + shift
        return float(w @ (np.logaddexp(0, odds) - target * odds))

    slope, shift = max(1.0, least * scale), float(np.log((yes + 1) / (no + 1)))
    here = loss(slope, shift)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(slope * z + shift, -60.0, 60.0)))
        curve, gap = w * np.maximum(p * (1 - p), 1e-9), w * (p - target)
        down = np.array([gap @ z, gap.sum()])
        bend = np.array([[curve @ z**2 + 1e-9, curve @ z], [curve @ z, curve.sum() + 1e-9]])
        if slope <= least * scale and down[0] >= 0:  # it would go below: the intercept alone
            step = np.array([0.0, down[1] / bend[1, 1]])
        else:
            step = np.linalg.solve(bend, down)
        size = 1.0
        while True:
            to = max(slope - size * step[0], least * scale), shift - size * step[1]
            there = loss(*to)
            if there <= here or size < 1e-6:
                break
            size /= 2
        moved = max(abs(to[0] - slope), abs(to[1] - shift))
        if there > here:
            break
        (slope, shift), here = to, there
        if moved < 1e-9:
            break
    slope = float(slope / scale)
    return slope, float(shift - slope * middle)


def pack(array: NDArray[Any]) -> dict[str, Any]:
    """An array of floats as JSON, bit for bit: its shape, its type, its bytes in base64."""
    import numpy as np

    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "base64": base64.b64encode(little.tobytes()).decode("ascii"),
    }


def unpack(packed: Mapping[str, Any]) -> NDArray[Any]:
    """What :func:`pack` made.

    Raises:
        ValueError: it is nothing of the kind.
    """
    import numpy as np

    try:
        name, shape = packed["dtype"], tuple(int(one) for one in packed["shape"])
        if name not in ("float16", "float32", "float64"):
            raise ValueError(f"{name!r} is no type of floats")
        data = base64.b64decode(packed["base64"], validate=True)
        array = np.frombuffer(data, dtype=np.dtype(name).newbyteorder("<")).reshape(shape)
    except (KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ValueError(f"an array cannot be read ({type(error).__name__})") from error
    return array.astype(name)
