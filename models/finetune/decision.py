"""From logits to a probability and a verdict: calibration, threshold, figures. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Decision:
    """How a logit becomes a probability, and from which probability on the answer is yes."""

    shift: float
    """Subtracted from the logit: the logarithm of the weight that positives had in the loss. A loss in
    which positives weigh w is minimised by odds w times too high (Elkan 2001)."""
    temperature: float
    """Then the logit is divided by this (Guo et al. 2017)."""
    threshold: float
    """Probability in 0 to 1."""

    def probability(self, logits: Floats) -> Floats:
        """Calibrated probabilities, same shape as ``logits``."""
        return _sigmoid((np.asarray(logits, np.float64) - self.shift) / self.temperature)


def decide(logits: Floats, labels: Labels, *, positive_weight: float) -> Decision:
    """Temperature by likelihood and threshold by F1, both on held-out ``logits`` (n,).

    With one class only there is nothing to choose by: temperature 1, threshold 0.5.
    """
    shift = float(np.log(positive_weight))
    if labels.all() or not labels.any():
        return Decision(shift, 1.0, 0.5)
    temperature = _temperature(logits - shift, labels)
    made = Decision(shift, temperature, 0.5)
    return Decision(shift, temperature, best_threshold(made.probability(logits), labels))


def _temperature(logits: Floats, labels: Labels) -> float:
    from scipy.optimize import minimize_scalar

    signed = np.where(labels, logits, -logits)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signed / np.exp(log_temperature)).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))


def best_threshold(probability: Floats, labels: Labels) -> float:
    """The threshold of the highest F1, half way to the next lower probability.

    Of several the highest one: fewer attributes are used at the same F1.
    """
    order = np.argsort(-probability, kind="stable")
    sorted_probability = probability[order]
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + labels.sum())
    # Equal probabilities cannot be told apart: only the last of them is a place to cut.
    is_cut = np.append(sorted_probability[1:] != sorted_probability[:-1], True)
    best = int(np.argmax(np.where(is_cut, f1, -1.0)))
    below = sorted_probability[best + 1] if best + 1 < len(order) else 0.0
    return float((sorted_probability[best] + below) / 2)


def average_precision(scores: Floats, labels: Labels) -> float:
    """Area under the precision–recall curve as a step function; 0 without a positive."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores)) if labels.any() else 0.0


def figures(probability: Floats, labels: Labels, threshold: float) -> dict[str, float]:
    """F1, precision, recall (0 where undefined) and average precision."""
    said = probability >= threshold
    hits = float((said & labels).sum())
    return {
        "f1": 2 * hits / max(1.0, float(said.sum() + labels.sum())),
        "precision": hits / max(1.0, float(said.sum())),
        "recall": hits / max(1.0, float(labels.sum())),
        "average_precision": average_precision(probability, labels),
    }


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), np.float64)
