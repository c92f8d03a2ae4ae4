"""Few human judgments and many of a model, together: prediction-powered inference for a mean.

PPI++ (Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453): the model's mean over everything,
corrected by what it gets wrong where the person judged too; λ takes from the model only what it is
worth. Valid only if the judged items were drawn at random.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from persona_tui.report.intervals import LEVEL, UNKNOWN, Estimate, Floats


def weight(human: Floats, model: Floats, unlabelled: int) -> float:
    """λ = Cov(Y, f) / ((1 + n/N) Var f), within 0 and 1."""
    n = len(human)
    spread = float(model.var(ddof=1)) if n > 1 else 0.0
    if spread <= 0 or unlabelled == 0:
        return 0.0
    covariance = float(np.cov(human, model, ddof=1)[0, 1])
    return min(1.0, max(0.0, covariance / ((1 + n / unlabelled) * spread)))


def mean(human: Floats, model: Floats, elsewhere: Floats) -> Estimate:
    """Mean of what the person would say of everything. ``human`` and ``model`` are of the items that
    the person judged, ``elsewhere`` is the model on those that they did not."""
    n, others = len(human), len(elsewhere)
    if n < 2 or others < 2:
        return UNKNOWN
    power = weight(human, model, others)
    value = power * float(elsewhere.mean()) + float((human - power * model).mean())
    variance = power**2 * float(elsewhere.var(ddof=1)) / others
    variance += float((human - power * model).var(ddof=1)) / n
    half = float(stats.t.ppf(0.5 + LEVEL / 2, n - 1)) * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half, n + others)
