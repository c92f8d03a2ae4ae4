"""Few human judgments and many of a model, together: prediction-powered inference for a mean.

PPI++ (Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): the model's mean over everything,
corrected by what it gets wrong where the person judged too; λ takes from the model only what it is
worth. Valid only if the judged items were drawn at random.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from persona_tui.report.intervals import (
    FEWEST_CLUSTERS,
    LEVEL,
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    effective_share,
    sums,
)


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
) -> Estimate:
    """Mean of what the person would say of everything. ``human`` and ``model`` are of the items that
    the person judged, ``elsewhere`` is the model on those that they did not. Where items share a
    cluster (a prompt, a conversation) the variances are those of cluster sums. ``is_share``: the
    interval is Wilson's of as many items as would vary like that, so it stays within 0 and 1."""
    n, others = len(human), len(elsewhere)
    if n < 2 or others < 2:
        return UNKNOWN
    power = weight(human, model, others)
    value = power * float(elsewhere.mean()) + float((human - power * model).mean())
    variance = power**2 * _variance(elsewhere, other_clusters)
    variance += _variance(human - power * model, clusters)
    count = n if clusters is None else int(clusters.max()) + 1
    if count < (2 if clusters is None else FEWEST_CLUSTERS):
        return Estimate(value, float("nan"), float("nan"), n + others)
    if is_share:
        share = min(1.0, max(0.0, value))
        return effective_share(share, variance, count, float(n + others), n=n + others)
    half = float(stats.t.ppf(0.5 + LEVEL / 2, count - 1)) * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half, n + others)


def _variance(values: Floats, clusters: Ints | None) -> float:
    """Of the mean of ``values``; by cluster where items share one."""
    n = len(values)
    if clusters is None:
        return float(values.var(ddof=1)) / n
    residuals = sums(clusters, values - values.mean())[:, 0]
    count = len(residuals)
    if count < 2:
        return float(values.var(ddof=1)) / n
    return float((residuals**2).sum()) * count / (count - 1) / n**2
