"""Agreement of ratings and of scores: rank correlations, quadratic κ, the area under the ROC curve.

Values are scipy's. Intervals come from what each item adds to the value: summed by cluster, moderated
where there are few clusters (:mod:`persona_tui.report.intervals`), with Student's t on Fisher's z or on
the logit scale; nothing is drawn, so they cost one sort.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from persona_tui.report.agreement import Flags, as_often_as, differing, of_kinds
from persona_tui.report.intervals import (
    PROMPT,
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    Scale,
    from_scale,
    moderated,
    on_scale,
    spread_left_out,
    sums,
    to_scale,
    unknown,
    wilson,
)


def quadratic_kappa(first: Floats, second: Floats) -> float:
    """Cohen's κ with quadratic weights (1968), from moments: 1 − mean squared difference over the
    one expected by chance."""
    return float(_quadratic(_moments(first, second).sum(axis=0)))


def _moments(first: Floats, second: Floats) -> Floats:
    one = np.ones(len(first))
    return np.stack([one, first, second, first**2, second**2, (first - second) ** 2], axis=1)


def _quadratic(s: Floats) -> Floats:
    n, x, y, xx, yy, d = (s[..., k] for k in range(6))
    with np.errstate(all="ignore"):
        expected = xx / n + yy / n - 2 * x * y / n**2
        return np.asarray(np.where(expected > 1e-12, 1 - d / n / expected, np.nan))


def paired(
    statistic: str, first: Floats, second: Floats, clusters: Ints, *, alike: float = PROMPT
) -> Estimate:
    """``spearman``, ``kendall`` or ``quadratic`` of paired ratings."""
    n = len(first)
    if n < 3:
        return UNKNOWN
    if first.std() == 0 or second.std() == 0:
        return unknown(n)
    sizes = np.bincount(clusters).astype(np.float64)
    if bool((first == second).all()):
        # Nothing differs: as much disagreement as Wilson's bound leaves possible, by one step of the
        # scale (κ), by the share of pairs in the other order (ranks).
        may = differing(sizes, n)
        cost = may / (2 * float(first.var())) if statistic == "quadratic" else 2 * may
        return Estimate(1.0, max(-1.0, 1.0 - cost), 1.0, n)
    if statistic == "quadratic":
        return _quadratic_interval(first, second, clusters, sizes, alike)
    if statistic == "kendall":
        return _kendall(first, second, clusters, alike)
    value = float(stats.spearmanr(first, second).statistic)
    return _from_influence(value, _spearman_influence(first, second), clusters, "fisher", alike)


def out_of_fold(found: Estimate, folds: int) -> Estimate:
    """The interval of a rank correlation with predictions of ``folds`` models, each fitted on all folds
    but its own: Fisher's z with 1 + folds / (folds − 1) times the variance (Nadeau and Bengio 2003,
    Machine Learning 52). The models share most of what they were fitted on, so that their errors go
    together; as if they did not, a nominal 95 % interval of a reward model covers .78 to .89. With it,
    .93 to .98 (``benchmarks/reward_coverage.py``)."""
    if not found.is_known or folds < 2:
        return found
    wider = float(np.sqrt(1 + folds / (folds - 1)))
    # All in the same order: z knows no end there, so on the plain scale.
    scale: Scale = "plain" if abs(found.value) == 1 else "fisher"
    middle, *ends = to_scale(np.array([found.value, found.low, found.high]), scale)
    low, high = from_scale(np.array([middle + wider * (end - middle) for end in ends]), scale)
    return Estimate(found.value, max(-1.0, float(low)), min(1.0, float(high)), found.n)


def _quadratic_interval(
    first: Floats, second: Floats, clusters: Ints, sizes: Floats, alike: float
) -> Estimate:
    rows = _moments(first, second)
    total, n = rows.sum(axis=0), len(rows)
    value = float(_quadratic(total))
    without_one = _quadratic(total - rows)
    without = _quadratic(total - sums(clusters, *rows.T))
    items, whole = to_scale(without_one, "fisher"), to_scale(without, "fisher")
    if np.isfinite(items).all() and (len(sizes) == 1 or np.isfinite(whole).all()):
        of_clusters = spread_left_out(whole) if len(sizes) > 1 else 0.0
        variance, freedom = moderated(spread_left_out(items), of_clusters, sizes, n, alike)
        return on_scale(value, variance, freedom, "fisher", n)
    if np.isfinite(value):  # all but one agree perfectly
        return as_often_as(value, float((first != second).mean()), sizes, n)
    return unknown(n, value)


def _kendall(first: Floats, second: Floats, clusters: Ints, alike: float) -> Estimate:
    """τ-b of a cross table of the values that there are; meant for few, such as ratings."""
    values, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    n, side = len(first), len(values)
    if side > 12:
        return unknown(n)
    count = int(clusters.max()) + 1
    cell = (clusters * side + place[:n]) * side + place[n:]
    cells = np.bincount(cell, minlength=count * side * side).astype(np.float64)
    order = np.sign(np.arange(side)[:, None] - np.arange(side)[None, :]).astype(np.float64)

    def tau(s: Floats) -> Floats:
        m = s.reshape(*s.shape[:-1], side, side)
        agreeing = (m * (order @ m @ order.T)).sum(axis=(-2, -1))
        total = m.sum(axis=(-2, -1)) ** 2
        tied1 = (m.sum(axis=-1) ** 2).sum(axis=-1)
        tied2 = (m.sum(axis=-2) ** 2).sum(axis=-1)
        return np.asarray(agreeing / np.sqrt((total - tied1) * (total - tied2)))

    return of_kinds(cells.reshape(count, side * side), tau, n=n, scale="fisher", alike=alike)


def _spearman_influence(first: Floats, second: Floats) -> Floats:
    """What each item adds to Spearman's ρ, through its own ranks and through those of all others (ρ is
    a function of averages over three items: the projection of Hoeffding 1948)."""
    n = len(first)
    r, s = ((stats.rankdata(v) - (n + 1) / 2) / n for v in (first, second))
    together, x, y = float((r * s).mean()), float((r * r).mean()), float((s * s).mean())
    root = np.sqrt(x * y)
    own = r * s + _above(first, s) + _above(second, r) - 3 * together
    of_x = r * r + 2 * _above(first, r) - 3 * x
    of_y = s * s + 2 * _above(second, s) - 3 * y
    return np.asarray(own / root - together / root / 2 * (of_x / x + of_y / y))


def _above(values: Floats, of: Floats) -> Floats:
    """For each item the mean over all of ``of``, where the value is above its own (equal: half)."""
    _, level = np.unique(values, return_inverse=True)
    by_level = np.bincount(level, of)
    above = by_level.sum() - by_level.cumsum()
    return np.asarray((above + by_level / 2)[level] / len(values))


def _from_influence(
    value: float, influence: Floats, clusters: Ints, scale: Scale, alike: float
) -> Estimate:
    n = len(influence)
    slope = {"fisher": 1 - value**2, "logit": value * (1 - value)}[scale]
    if slope <= 1e-12:
        return unknown(n, value)
    each = influence / n / slope
    by = np.bincount(clusters, each)
    of_items = n / (n - 1) * float((each**2).sum())
    of_clusters = len(by) / (len(by) - 1) * float((by**2).sum()) if len(by) > 1 else 0.0
    sizes = np.bincount(clusters).astype(np.float64)
    variance, freedom = moderated(of_items, of_clusters, sizes, n, alike)
    if scale == "logit" and len(by) == n:
        freedom = np.inf  # as DeLong et al.: with Student's t it would cover 98 % of 20 items
    return on_scale(value, variance, freedom, scale, n)


def auroc(truth: Flags, scores: Floats, clusters: Ints, *, alike: float = PROMPT) -> Estimate:
    """Area under the ROC curve: the probability that a true item has the higher score (ties half).

    Interval of DeLong, DeLong and Clarke-Pearson (1988), with clusters as Obuchowski (1997), on the
    logit scale.
    """
    n, positive = len(truth), int(truth.sum())
    negative = n - positive
    if min(positive, negative) < 2:
        return unknown(n)
    value = float(stats.mannwhitneyu(scores[truth], scores[~truth], method="asymptotic").statistic)
    value /= positive * negative
    if value in (0.0, 1.0):
        may = wilson(0.0, 1 / (1 / positive + 1 / negative)).high
        ends = (1.0 - may, 1.0) if value else (0.0, may)
        return Estimate(value, *ends, n)
    ranks = stats.rankdata(scores)
    placements = np.empty(n)
    # Share of the other kind that lies below (for true items) or above (for false ones).
    placements[truth] = (ranks[truth] - stats.rankdata(scores[truth])) / negative
    placements[~truth] = 1 - (ranks[~truth] - stats.rankdata(scores[~truth])) / positive
    each = np.where(truth, n / positive, n / negative) * (placements - value)
    return _from_influence(value, each, clusters, "logit", alike)
