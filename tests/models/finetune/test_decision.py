"""Calibration, threshold and splits, against what can be computed by hand. Needs no extra."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from models.finetune.decision import best_threshold, decide, figures
from models.finetune.runtime import FinetuneError
from models.finetune.splits import validation_rows


def test_probabilities_are_calibrated_whatever_weight_the_loss_had() -> None:
    """Logits of a model that is too sure and was trained with positives five times as heavy."""
    rng = np.random.default_rng(1)
    true_logit = rng.normal(-1.5, 1.5, 20_000)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-true_logit))
    made = decide(2.5 * true_logit + np.log(5.0), labels, positive_weight=5.0)
    assert made.temperature == pytest.approx(2.5, rel=0.1)
    probability = made.probability(2.5 * true_logit + np.log(5.0))
    assert probability.mean() == pytest.approx(labels.mean(), abs=0.01)


def test_the_threshold_has_the_highest_f1() -> None:
    rng = np.random.default_rng(2)
    for _ in range(12):
        probability = rng.integers(0, 8, 30) / 8
        labels = rng.random(30) < 0.3
        labels[0] = True
        best = max(f1_score(labels, probability >= cut) for cut in np.unique(probability))
        chosen = best_threshold(probability, labels)
        assert figures(probability, labels, chosen)["f1"] == pytest.approx(best)


def test_one_class_chooses_nothing() -> None:
    made = decide(np.array([1.0, -1.0]), np.array([False, False]), positive_weight=3.0)
    assert (made.temperature, made.threshold) == (1.0, 0.5)
    assert figures(np.array([0.1, 0.2]), np.array([False, False]), 0.5)["f1"] == 0.0


def test_extreme_logits_stay_probabilities() -> None:
    made = decide(np.array([1e6, -1e6, 3.0]), np.array([True, False, True]), positive_weight=1.0)
    found = made.probability(np.array([1e9, -1e9]))
    assert np.all((found >= 0) & (found <= 1))


def test_a_group_is_never_split() -> None:
    groups = [f"g{i % 7}" for i in range(70)]
    labels = [i % 3 == 0 for i in range(70)]
    held_out = validation_rows(groups, labels, share=0.2, seed=0)
    inside = {group for group, held in zip(groups, held_out, strict=True) if held}
    outside = {group for group, held in zip(groups, held_out, strict=True) if not held}
    assert inside
    assert not inside & outside
    assert (held_out == validation_rows(groups, labels, share=0.2, seed=0)).all()


@pytest.mark.parametrize(
    ("groups", "labels", "why"),
    [
        (["a"] * 4, [True, False] * 2, "of one group"),
        (["a", "b"] * 10, [False] * 20, "0 relevant pairs"),
        (["a", "b"] * 10, [True] * 20, "20 relevant pairs and 0 others"),
        (["a"] * 10 + ["b"] * 10, [True] * 10 + [False] * 10, "only one kind of label"),
    ],
)
def test_what_cannot_be_split(groups: list[str], labels: list[bool], why: str) -> None:
    with pytest.raises(FinetuneError, match=why):
        validation_rows(groups, labels, share=0.2, seed=0)
