"""What the parts of the report share: making a figure, or saying what is missing for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from persona_tui.report.intervals import Estimate, Floats
from persona_tui.report.model import Figure, Part, StudyValue, Unit

FEWEST = 5
"""Judgments below which no figure is shown."""
KAPPA_FROM, KAPPA_SURE_FROM = 30, 50
"""Items below which κ is hidden, and below which it is provisional (PROTOCOL 3)."""
PROVISIONAL_BELOW = 20
MODELS_MISSING = "no model has judged these yet (persona-tui judge)"


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
    headline: bool = False,
    ceiling: float | None = None,
    model_tag: str | None = None,
    missing: str | None = None,
    tells: str = "",
) -> Figure:
    """A figure from an estimate, or a missing one: too few items (``need``), or no value.

    ``tells`` is what a missing figure will tell, where its title does not say it.
    """
    lacking = missing or more(estimate.n, need, what)
    if lacking is None and not estimate.is_known:
        lacking = "it cannot be computed from these answers: they are all alike, or too few differ"
    if lacking is not None:
        return Figure(
            key, part, title, unit, tells, method,
            n=estimate.n, study=tuple(study), missing=lacking, headline=headline,
            model_tag=model_tag,
        )  # fmt: skip
    return Figure(
        key, part, title, unit, sentence, method, n=estimate.n, value=estimate.value,
        low=estimate.low, high=estimate.high, study=tuple(study), headline=headline,
        provisional=estimate.n < sure_from, ceiling=ceiling, model_tag=model_tag,
    )  # fmt: skip


def weights_of(probabilities: Sequence[float | None]) -> Floats:
    """1 / inclusion probability; where none is known the row must have been left out before."""
    return np.array([1.0 / p if p else 1.0 for p in probabilities], dtype=np.float64)


def percent(value: float) -> str:
    """``61 %``."""
    return f"{100 * value:.0f} %"


def in_ten(value: float) -> str:
    """``3 of 10``."""
    return f"{round(10 * value)} of 10"


def plural(count: int, what: str) -> str:
    """``1 attribute``, ``4 attributes``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
