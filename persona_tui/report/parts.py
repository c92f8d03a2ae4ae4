"""What the parts of the report share: making a figure, or saying what is missing for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from persona_tui.report import text
from persona_tui.report.intervals import Estimate, Floats, Ints
from persona_tui.report.model import Figure, Part, StudyValue, Unit

FEWEST = 5
"""Judgments below which no figure is shown."""
KAPPA_FROM, KAPPA_SURE_FROM = 30, 50
"""Items below which κ is hidden, and below which it is provisional (PROTOCOL 3)."""
RANKS_FROM = 10
"""Items below which rank correlations, F1 and slopes are hidden."""
PROVISIONAL_BELOW = 20
FEW_CLUSTERS = 5
"""Conversations or prompts below which a figure is provisional however many items it has."""
MODELS_MISSING = "no model has judged these yet (persona-tui judge)"

Ceilings = Mapping[str, float | None]
"""Key of a retest figure → its value, ``None`` where it is not known yet."""


class Drawn(Protocol):
    """Columns that say how each row was drawn, and whether it was answered blinded."""

    @property
    def sampling(self) -> list[str]: ...
    @property
    def inclusion_prob(self) -> list[float | None]: ...
    @property
    def unblinded(self) -> list[bool]: ...


def drawn(columns: Drawn) -> list[int]:
    """Rows that figures rest on: drawn at random with a known probability, answered blinded."""
    return [
        i
        for i, (how, p, told) in enumerate(
            zip(columns.sampling, columns.inclusion_prob, columns.unblinded, strict=True)
        )
        if how == "random" and p and not told
    ]


def more(have: int, need: int, what: str = "judgment") -> str | None:
    """``11 more judgments``, or ``None`` if there are enough."""
    left = need - have
    if left <= 0:
        return None
    return f"{left} more {what}{'' if left == 1 else 's'}"


def figure(
    key: str,
    part: Part,
    title: str,
    unit: Unit,
    estimate: Estimate,
    sentence: str,
    method: str,
    *,
    study: Sequence[StudyValue] = (),
    need: int = FEWEST,
    what: str = "judgment",
    sure_from: int = PROVISIONAL_BELOW,
    clusters: int | None = None,
    headline: bool = False,
    ceiling: float | None = None,
    ceiling_of: str | None = None,
    model_tag: str | None = None,
    missing: str | None = None,
    tells: str = "",
) -> Figure:
    """A figure from an estimate, or a missing one: too few items (``need``), or no value.

    ``tells`` is what a missing figure will tell, where its title does not say it. ``clusters``: of
    how many conversations or prompts the items are.
    """
    lacking = missing or more(estimate.n, need, what)
    if lacking is None and not estimate.is_known:
        lacking = "it cannot be computed from these answers: they are all alike, or too few differ"
    if lacking is not None:
        return Figure(
            key, part, title, unit, tells, method,
            n=estimate.n, study=tuple(study), missing=lacking, headline=headline,
            ceiling_of=ceiling_of, model_tag=model_tag,
        )  # fmt: skip
    few = estimate.n < sure_from or (clusters is not None and clusters < FEW_CLUSTERS)
    return Figure(
        key, part, title, unit, sentence, method, n=estimate.n, value=estimate.value,
        low=estimate.low, high=estimate.high, study=tuple(study), headline=headline,
        provisional=few, ceiling=ceiling, ceiling_of=ceiling_of, model_tag=model_tag,
    )  # fmt: skip


def lacking(
    key: str,
    part: Part,
    title: str,
    unit: Unit,
    missing: str,
    method: str,
    *,
    study: Sequence[StudyValue] = (),
    headline: bool = False,
    ceiling_of: str | None = None,
    tells: str = "",
) -> Figure:
    """A figure that cannot be computed yet, and why."""
    return Figure(
        key, part, title, unit, tells, method, study=tuple(study), missing=missing,
        headline=headline, ceiling_of=ceiling_of,
    )  # fmt: skip


def weights_of(probabilities: Sequence[float | None]) -> Floats:
    """1 / inclusion probability; where none is known the row must have been left out before."""
    return np.array([1.0 / p if p else 1.0 for p in probabilities], dtype=np.float64)


def within(group: Ints, mask: np.ndarray) -> Ints:
    """The clusters of some of the items, numbered anew from 0."""
    return np.asarray(np.unique(group[mask], return_inverse=True)[1], dtype=np.int64)


def count_of(group: Ints) -> int:
    """How many clusters there are."""
    return int(group.max()) + 1 if len(group) else 0


def percent(value: float) -> str:
    """``61 %``."""
    return text.number(value, "share", whole=True) + " %"


def signed(value: float) -> str:
    """``+0.30``, with a real minus sign."""
    return text.number(value, "points")


def whole(value: float) -> str:
    """A difference of shares in whole points of a hundred: ``+12``."""
    return f"{round(100 * value, 9):+.0f}".replace("-", text.MINUS)


def decimal(value: float) -> str:
    """``0.30``, with a real minus sign."""
    return text.number(value, "correlation")


def in_ten(value: float) -> str:
    """``3 of 10``."""
    return f"{round(10 * value)} of 10"


def plural(count: int, what: str) -> str:
    """``1 attribute``, ``4 attributes``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
