"""What the relevance model is given, checked and made comparable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learned.base import TooFewError
from models.learned.relevance_kernel import Floats, Ints, numbered

FEWEST = 10
FEWEST_OF_A_CLASS = 2
FEWEST_WITH_PRIOR = 3
FAR = 4.0
"""Standard deviations at which a scalar is cut off."""


@dataclass(frozen=True, slots=True)
class Given:
    """One row a judged pair."""

    prompts: Floats
    """(n, d), or (n, layers, d): then :func:`centred` comes first."""
    attributes: Floats
    raw: Floats
    truth: NDArray[np.bool_]
    groups: Ints
    weights: Floats
    base: Floats
    """Scores of the prior; 0 without one."""
    names: tuple[str, ...]
    emphasis: Floats
    """(k,) what standard scores are multiplied by; mean square 1."""

    @classmethod
    def of(
        cls,
        prompt_vectors: Floats,
        attribute_vectors: Floats,
        scalars: Floats,
        labels: NDArray[Any],
        groups: Sequence[str],
        weights: Floats | None,
        names: Sequence[str],
        scored: Floats | None,
        importance: Sequence[float] = (),
    ) -> Given:
        """From the arguments of :func:`models.learned.relevance.fit`; ``scored``: by the prior.

        Raises :class:`TooFewError`.
        """
        truth = np.asarray(labels).astype(bool)
        enough(truth, scored is not None)
        raw = np.asarray(scalars, dtype=np.float64).reshape(len(truth), -1)
        group = numbered(groups)
        if len(truth) and group.max() == 0:  # one group: pair by pair
            group = np.arange(len(truth), dtype=np.int64)
        weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        base = np.zeros(len(truth)) if scored is None else scored
        return cls(
            np.asarray(prompt_vectors),
            np.asarray(attribute_vectors),
            raw,
            truth,
            group,
            weight / weight.mean(),
            base,
            tuple(names) or tuple(f"scalar {at + 1}" for at in range(raw.shape[1])),
            _emphasis(importance, raw.shape[1]),
        )

    def take(self, rows: NDArray[Any]) -> Given:
        """These rows."""
        return Given(
            self.prompts[rows],
            self.attributes[rows],
            self.raw[rows],
            self.truth[rows],
            self.groups[rows],
            self.weights[rows] / self.weights[rows].mean(),
            self.base[rows],
            self.names,
            self.emphasis,
        )


def enough(truth: NDArray[np.bool_], has_prior: bool) -> None:
    """Raises :class:`TooFewError` if it is too little to learn from."""
    if has_prior:
        if len(truth) < FEWEST_WITH_PRIOR:
            raise TooFewError(FEWEST_WITH_PRIOR, len(truth), "judgments of relevance")
        return
    if len(truth) < FEWEST:
        raise TooFewError(FEWEST, len(truth), "judgments of relevance")
    for count, what in (
        (int(truth.sum()), "attributes judged relevant"),
        (int((~truth).sum()), "attributes judged not relevant"),
    ):
        if count < FEWEST_OF_A_CLASS:
            raise TooFewError(FEWEST_OF_A_CLASS, count, what)


def _emphasis(importance: Sequence[float], columns: int) -> Floats:
    weights = np.array(importance or [1.0] * columns, dtype=np.float64)
    if len(weights) != columns or not (weights > 0).all():
        raise ValueError("the importance of the columns is not one positive number each")
    found: Floats = np.sqrt(weights / weights.mean() if columns else weights)
    return found


def layer_means(states: Floats) -> Floats:
    """(layers, d) in half precision, as it is stored: what all texts have in common, which says nothing
    of any."""
    mean: Floats = np.asarray(states, dtype=np.float64).mean(0)
    return mean.astype(np.float16).astype(np.float64)


def centred(states: Floats, means: Floats) -> Floats:
    """(n, layers · d) of norm 1 from (n, layers, d): each layer without its mean, and of equal weight."""
    rest = np.asarray(states, dtype=np.float64) - means
    norms = np.linalg.norm(rest, axis=2, keepdims=True)
    unit = rest / np.where(norms > 1e-9, norms, 1.0)
    return np.asarray(unit.reshape(len(rest), -1) / np.sqrt(rest.shape[1]))


def moments(raw: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column where known; 0 and 1 where that says nothing."""
    known = np.isfinite(raw)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, raw, 0.0).sum(0) / count
    spread = np.sqrt((np.where(known, raw - mean, 0.0) ** 2).sum(0) / count)
    return mean, np.where(spread > 1e-9, spread, 1.0)


def standard(raw: Floats, means: Floats, spreads: Floats) -> Floats:
    """Standard scores in single precision, cut off at :data:`FAR`; 0 where unknown."""
    value = np.where(np.isfinite(raw), (raw - means) / spreads, 0.0)
    return np.clip(value, -FAR, FAR).astype(np.float32).astype(np.float64)
