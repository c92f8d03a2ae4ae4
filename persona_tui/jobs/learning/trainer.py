"""What a kind of model must be able to do to learn from the person: one trainer a kind.

A trainer reads what was judged and makes features of it (:meth:`Trainer.material`), fits, predicts,
and says in words what was learned. Everything else (comparing with the predecessor, keeping, going
back) is the same for all kinds and stands in :mod:`persona_tui.jobs.learning.training`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from store.learned_records import KINDS, LearnedKind, LearnedMetric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.protocol import Backend
    from persona_tui.db import StoreThread
    from persona_tui.jobs.learning.vectors import Vectors

Metric = LearnedMetric
"""``Metric(value, low, high, n)``: one held-out figure with its 95 % interval."""


class Lacking(Exception):  # noqa: N818 - not an error: nobody can learn from nothing
    """There is too little to learn from: ``needed`` of ``what``, of which ``have`` are there.

    ``what`` is in the plural, and says what counts: ``judged attributes``.
    """

    def __init__(self, needed: int, have: int, what: str) -> None:
        super().__init__(f"{max(1, needed - have)} more {what}")
        self.needed = needed
        self.have = have
        self.what = what

    @property
    def missing(self) -> int:
        """How many more are needed, at least 1."""
        return max(1, self.needed - self.have)


@dataclass(frozen=True, slots=True)
class Material:
    """What one kind can be trained on; everything of length n, in one order."""

    items: tuple[str, ...]
    """Judgment ids."""
    labels: NDArray[np.float64]
    """(n,) what is learned: what the person said, on the scale of what the model predicts (0 or 1 for a
    probability)."""
    groups: tuple[str, ...]
    """What must not be torn apart between training and testing: conversation, prompt."""
    features: Any
    """As the trainer likes; :meth:`Trainer.fit` and :meth:`Trainer.predict` read it."""
    weights: NDArray[np.float64]
    """(n,) 1 / inclusion probability, or 1."""
    random: NDArray[np.bool_]
    """(n,) drawn at random: only these count in held-out figures."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able provenance of the features: the local model's name, a prompt's hash."""
    asked: tuple[str, ...] = ()
    """(n,) what each judgment is of: the same after a change of mind, which is another judgment of what
    a predecessor was trained on. Empty: ``items``."""
    blind: NDArray[np.float64] | None = None
    """(n,) what the person had said before they were told anything, where the report counts that instead
    of the label: held-out figures do likewise. ``None``: the same as ``labels`` everywhere."""

    @property
    def truth(self) -> NDArray[np.float64]:
        """(n,) what predictions are measured against."""
        return self.labels if self.blind is None else self.blind


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned."""

    coefficients: Mapping[str, Any]
    """JSON-able, all that predicting needs; ``form`` names how to read them."""
    held_out: NDArray[np.float64]
    """(n,) out-of-fold prediction of each item, folds never tearing a group apart."""
    metrics: Mapping[str, Metric]
    """Held-out figures by name, from ``held_out`` on items drawn at random."""


def _silent(note: str, done: int, total: int | None) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a trainer may use while it makes its features."""

    db: StoreThread
    embed: Vectors
    """``await tools.embed(texts)`` → (n, d) float32, computed once for each text."""
    backend: Backend | None = None
    """The local model, for ``choose``; ``None``: none is at hand, so do without its features."""
    progress: Callable[[str, int, int | None], None] = _silent
    """``progress(note, done, total)``: tell what is under way; ``total`` ``None`` if not known."""


class Trainer(Protocol):
    """One kind. Stateless: one object serves any number of runs, from any thread."""

    kind: LearnedKind

    async def material(self, tools: Tools) -> Material:
        """What there is to learn from now, with features. Slow the first time, cached after that.

        :raises Lacking: too little was judged.
        """
        ...

    def fit(self, material: Material) -> Fitted:
        """Learn: processor time only, no disk; runs in a thread. The same for the same input.

        :raises Lacking: too little of one answer, or in too few groups.
        """
        ...

    def predict(self, coefficients: Mapping[str, Any], material: Material) -> NDArray[np.float64]:
        """(n,) what a model says of the items, on the scale of ``material.labels``.

        :raises ValueError: these coefficients cannot be read by this version.
        """
        ...

    def words(self, coefficients: Mapping[str, Any], material: Material) -> Sequence[str]:
        """What was learned, a sentence a line: ``You reject what rests on a single request.``"""
        ...


def trainers() -> dict[LearnedKind, Trainer]:
    """Every kind's trainer, in the order of the stages. Imports them (numpy): not for ``--help``.

    The one of a kind is called ``TRAINER`` and stands in the module of that name beside this one.
    """
    found: dict[LearnedKind, Trainer] = {}
    for kind in KINDS:
        name = f"persona_tui.jobs.learning.{kind}"
        if find_spec(name) is None:
            continue
        module = import_module(name)
        found[kind] = cast("Trainer", module.TRAINER)
    return found
