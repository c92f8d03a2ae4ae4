"""Few human judgments and many of a model, together: prediction-powered inference for a mean.

PPI++ (Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): the model's mean over everything,
corrected by what it gets wrong where the person judged too; λ takes from the model only what it is
worth. Valid only if the judged items were drawn at random.
"""

from __future__ import annotations

import numpy as np

from persona_tui.report.intervals import (
    PROMPT,
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    bounded_share,
    effective,
    student,
    sums,
    unknown,
)

FEWEST_CLUSTERS = 5
"""Conversations or prompts below which nothing is combined: the person's own figure is not narrower
for being corrected by what nobody knows."""


def weight(human: Floats, model: Floats, unlabelled: int) -> float:
    """λ = Cov(Y, f) / ((1 + n/N) Var f), within 0 and 1."""
    n = len(human)
    spread = float(model.var(ddof=1)) if n > 1 else 0.0
    if spread <= 0 or unlabelled == 0:
        return 0.0
    covariance = float(np.cov(human, model, ddof=1)[0, 1])
    return min(1.0, max(0.0, covariance / ((1 + n / unlabelled) * spread)))


def mean(
    human: Floats,
    model: Floats,
    elsewhere: Floats,
    clusters: Ints | None = None,
    other_clusters: Ints | None = None,
    *,
    is_share: bool = False,
    within: tuple[float, float] | None = None,
    alike: float = PROMPT,
    crossed: bool = False,
) -> Estimate:
    """Mean of what the person would say of everything. ``human`` and ``model`` are of the items that
    the person judged, ``elsewhere`` is the model on those that they did not. Where items share a
    cluster (a prompt, a conversation) the variances are those of cluster sums, moderated as in
    :func:`persona_tui.report.intervals.effective`. ``is_share``: the interval is Wilson's of as many
    items as would vary like that, so it stays within 0 and 1; ``within`` cuts it off elsewhere.

    ``crossed``: the model learned from these very judgments, so ``model`` has to be out of fold, and
    ``elsewhere`` the mean of the folds' models (cross-prediction: Zrnic and Candès 2024, arXiv 2309.16598).
    λ then counts as the slope that it is, for one degree of freedom (Cochran 1977, 7.3): with 30 judgments
    the interval would else cover 94 %."""
    n, others = len(human), len(elsewhere)
    if n < 2 or others < 2:
        return UNKNOWN
    power = weight(human, model, others)
    value = power * float(elsewhere.mean()) + float((human - power * model).mean())
    count = n if clusters is None else int(clusters.max()) + 1
    if count < (2 if clusters is None else FEWEST_CLUSTERS):
        return unknown(n + others, value)
    theirs, _ = _variance(elsewhere, other_clusters, alike)
    variance, freedom = _variance(human - power * model, clusters, alike)
    if crossed and n > 2:
        variance, freedom = variance * (n - 1) / (n - 2), max(1.0, freedom - 1)
    variance += power**2 * theirs
    if is_share:
        return bounded_share(value, variance, freedom, float(n + others), n + others)
    half = student(freedom) * float(np.sqrt(variance))
    low, high = (-np.inf, np.inf) if within is None else within
    return Estimate(value, max(low, value - half), min(high, value + half), n + others)


def _variance(values: Floats, clusters: Ints | None, alike: float) -> tuple[float, float]:
    """Of the mean of ``values``, and its degrees of freedom; by cluster where items share one."""
    n = len(values)
    spread = float(values.var(ddof=1))
    if clusters is None or int(clusters.max()) + 1 == n or spread <= 0:
        return spread / n, n - 1.0
    rest = values - values.mean()
    table = sums(clusters, rest, np.ones(n))
    worth, freedom = effective(table[:, 0], table[:, 1], float(n), float(values.var()), alike)
    return spread / worth, min(freedom, n - 1.0)
