"""Is a new version worse than the one in use? Compared on the same held-out judgments, pair by pair.

Loss is the squared difference between what a model says and what the person said: for a probability
the Brier score, which is least for the true probability. The rule:

- *since*: on judgments drawn at random since the predecessor was trained. It has not seen them; the
  new version is measured out of fold. Needs :data:`FEWEST` of them.
- *both*: else on all that both know, each out of fold, and those that came since.
- *alone*: there is nothing to compare on, or no predecessor that can be read.

A new version has learned from more, so it is put in use unless it is **worse by more than chance
explains**: unless its mean loss is higher by more than the tolerance, that is by more than the one-sided
95 % bound of the mean difference (Student's t, standard error clustered by group), and by more than 5 %
of the predecessor's loss: another split of 60 judgments into folds alone changes the loss of a logistic
regression by 4 % (one standard deviation over simulated data; 1.5 % with 200).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from persona_tui.jobs.learning.trainer import Fitted, Material, Trainer
    from store.learned_records import LearnedModel

FEWEST = 10
"""Judgments since the predecessor, drawn at random, below which they alone tell nothing."""
LEAST_TOLERANCE = 0.05
"""Of the predecessor's loss."""
_DIGITS = 8
"""Hexadecimal digits that stand for an item in what a version remembers of its training."""

Rule = Literal["since", "both", "alone"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """See the module."""

    rule: Rule
    keep: bool
    n: int = 0
    """Judgments that both were measured on."""
    loss: float = 0.0
    """The new version's mean squared difference, on these."""
    loss_before: float = 0.0
    tolerance: float = 0.0
    before: int | None = None
    """The predecessor's version."""

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "keep": self.keep, "n": self.n, "loss": self.loss,
            "loss_before": self.loss_before, "tolerance": self.tolerance, "before": self.before,
        }  # fmt: skip


def remembered(material: Material, fitted: Fitted) -> dict[str, Any]:
    """What a version must know of its training to be compared with later: what was asked, and what it
    said of each out of fold. JSON-able."""
    return {
        "asked": "".join(_keys(material)),
        "held_out": [round(float(value), 4) for value in fitted.held_out],
    }


def compare(
    trainer: Trainer, material: Material, fitted: Fitted, before: LearnedModel | None
) -> Comparison:
    """Compare what was just learned with its predecessor; processor time only."""
    if before is None:
        return Comparison("alone", keep=True)
    knew = _knew(before.trained_on)
    if not knew:  # all might be what it was trained on
        return Comparison("alone", keep=True, before=before.version)
    keys = _keys(material)
    new = np.array([key not in knew for key in keys], dtype=bool) & material.random
    try:
        said = np.asarray(trainer.predict(before.coefficients, material), dtype=np.float64)
    except Exception:  # noqa: BLE001 - coefficients are data: whatever they hold, they are set aside
        return Comparison("alone", keep=True, before=before.version)
    if len(said) != len(keys) or not np.isfinite(said).all():
        return Comparison("alone", keep=True, before=before.version)
    rule: Rule = "since"
    chosen = new
    if new.sum() < FEWEST:
        rule = "both"
        shared = np.array([key in knew for key in keys], dtype=bool) & material.random
        chosen = new | shared
        said = np.array([knew.get(key, one) for key, one in zip(keys, said, strict=True)])
    if chosen.sum() < FEWEST:
        return Comparison("alone", keep=True, before=before.version)
    labels = material.truth[chosen]
    loss = (fitted.held_out[chosen] - labels) ** 2
    loss_before = (said[chosen] - labels) ** 2
    groups = [group for group, yes in zip(material.groups, chosen, strict=True) if yes]
    bound = chance_bound(loss - loss_before, groups)
    tolerance = max(bound, LEAST_TOLERANCE * float(loss_before.mean()))
    return Comparison(
        rule, bool(loss.mean() <= loss_before.mean() + tolerance), int(chosen.sum()),
        float(loss.mean()), float(loss_before.mean()), tolerance, before.version,
    )  # fmt: skip


def chance_bound(values: NDArray[np.float64], groups: Iterable[str]) -> float:
    """How far above 0 the mean of ``values``, (n,), comes by chance in 19 of 20 cases: t(0.95, G − 1)
    times its standard error, the square root of G / (G − 1) · Σ_g (Σ_{i in g} (v_i − mean))² / n² where
    those of one of G groups go together (Cameron and Miller 2015). 0 with one group."""
    from scipy.stats import t

    _, at = np.unique(np.array(list(groups)), return_inverse=True)
    sums = np.bincount(at, weights=values - values.mean())
    count = len(sums)
    if count < 2:
        return 0.0
    error = float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))
    return error * float(t.ppf(0.95, count - 1))


def _keys(material: Material) -> list[str]:
    """By what is asked, not by judgment: who changes their mind asks a model about what it has seen."""
    return [_short(item) for item in material.asked or material.items]


def _short(item: str) -> str:
    return hashlib.sha256(item.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _knew(trained_on: Mapping[str, Any]) -> dict[str, float]:
    """What a version remembers: what it said out of fold, by item. Empty where that is damaged."""
    items, held_out = trained_on.get("asked"), trained_on.get("held_out")
    if not isinstance(items, str) or not isinstance(held_out, list):
        return {}
    keys = [items[at : at + _DIGITS] for at in range(0, len(items), _DIGITS)]
    if len(keys) != len(held_out):
        return {}
    return {
        key: float(value)
        for key, value in zip(keys, held_out, strict=True)
        if isinstance(value, (int, float)) and np.isfinite(value)
    }
