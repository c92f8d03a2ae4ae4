"""Agreement of two raters of the same items, as functions of sums, so that clusters can be left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from persona_tui.report.intervals import (
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    Scale,
    bootstrap,
    jackknife,
    share_of_sums,
    sums,
    wilson,
)

Flags = NDArray[np.bool_]


def table(mine: Flags, theirs: Flags, clusters: Ints, weights: Floats | None = None) -> Floats:
    """Per cluster: both yes, only theirs, only mine, both no."""
    w = np.ones(len(mine)) if weights is None else weights
    return sums(
        clusters,
        w * (mine & theirs),
        w * (~mine & theirs),
        w * (mine & ~theirs),
        w * (~mine & ~theirs),
    )


def precision(s: Floats) -> Floats:
    """Of what they said yes to, the share that I said yes to."""
    return np.asarray(s[..., 0] / (s[..., 0] + s[..., 1]))


def recall(s: Floats) -> Floats:
    """Of what I said yes to, the share that they said yes to."""
    return np.asarray(s[..., 0] / (s[..., 0] + s[..., 2]))


def f1(s: Floats) -> Floats:
    """Harmonic mean of the two."""
    return np.asarray(2 * s[..., 0] / (2 * s[..., 0] + s[..., 1] + s[..., 2]))


def ratio(s: Floats) -> Floats:
    """How many times as many yes they have as I."""
    return np.asarray((s[..., 0] + s[..., 1]) / (s[..., 0] + s[..., 2]))


def kappa(s: Floats) -> Floats:
    """Cohen's κ (1960) of yes and no."""
    n = s.sum(axis=-1)
    observed = (s[..., 0] + s[..., 3]) / n
    mine, theirs = (s[..., 0] + s[..., 2]) / n, (s[..., 0] + s[..., 1]) / n
    expected = mine * theirs + (1 - mine) * (1 - theirs)
    return np.asarray((observed - expected) / (1 - expected))


def ac1(s: Floats) -> Floats:
    """Gwet's AC1 (2008) of yes and no: chance agreement 2π(1−π), π the mean share of yes."""
    n = s.sum(axis=-1)
    observed = (s[..., 0] + s[..., 3]) / n
    pi = (2 * s[..., 0] + s[..., 1] + s[..., 2]) / (2 * n)
    expected = 2 * pi * (1 - pi)
    return np.asarray((observed - expected) / (1 - expected))


def by_cluster(statistic: str, cells: Floats, n: int) -> Estimate:
    """One of the statistics above with its interval, of ``n`` items."""
    if statistic in ("precision", "recall"):
        total = cells[:, 0] + cells[:, 1 if statistic == "precision" else 2]
        whole = float(cells.sum())
        items = n * float(total.sum()) / whole if whole else 0.0
        return share_of_sums(cells[:, 0], total, items, n=n)
    functions: dict[str, tuple[Callable[[Floats], Floats], Scale]] = {
        "f1": (f1, "logit"),
        "ratio": (ratio, "log"),
        "kappa": (kappa, "fisher"),
        "ac1": (ac1, "fisher"),
    }
    function, scale = functions[statistic]
    if len(cells) and not cells[:, 1:3].any():
        return _perfect(statistic, cells, n)
    found = jackknife(cells, function, n=n, scale=scale)
    if not found.is_known and np.isfinite(found.value):
        found = jackknife(cells, function, n=n)  # at the edge of its scale
        if found.is_known:
            least = -1.0 if statistic in ("kappa", "ac1") else 0.0
            most = np.inf if statistic == "ratio" else 1.0
            found = Estimate(found.value, max(least, found.low), min(most, found.high), found.n)
    return found


def _perfect(statistic: str, cells: Floats, n: int) -> Estimate:
    """Nothing differs, so nothing varies: the interval is that of as much disagreement as Wilson's
    bound leaves possible, each cluster as one item."""
    total = cells.sum(axis=0)
    yes = float(total[0] / total.sum())
    if (yes in (0.0, 1.0) and statistic in ("kappa", "ac1")) or yes == 0.0:
        return Estimate(float("nan"), float("nan"), float("nan"), n)
    differing = 1.0 - wilson(len(cells), len(cells)).low
    chance = 2 * yes * (1 - yes)
    if statistic == "kappa":  # expected agreement is 1 − 2π(1−π) where both have the same π
        return Estimate(1.0, max(-1.0, 1 - differing / chance), 1.0, n)
    if statistic == "ac1":
        return Estimate(1.0, max(-1.0, 1 - differing / (1 - chance)), 1.0, n)
    if statistic == "f1":
        return Estimate(1.0, 2 * yes / (2 * yes + differing), 1.0, n)
    return Estimate(1.0, yes / (yes + differing), (yes + differing) / yes, n)


def many_ac1(first: Ints, second: Ints, categories: int) -> float:
    """Gwet's AC1 of two raters and any number of categories."""
    shares = (
        np.bincount(first, minlength=categories) + np.bincount(second, minlength=categories)
    ) / (2 * len(first))
    expected = float((shares * (1 - shares)).sum()) / (categories - 1)
    return (float((first == second).mean()) - expected) / (1 - expected)


def quadratic_kappa(first: Floats, second: Floats) -> float:
    """Cohen's κ with quadratic weights (1968), from moments: 1 − mean squared difference over the
    one expected by chance."""
    expected = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    return float("nan") if expected == 0 else float(1 - ((first - second) ** 2).mean() / expected)


def _moments(first: Floats, second: Floats, clusters: Ints) -> Floats:
    """By cluster: items, sums, sums of squares, sum of products."""
    return sums(clusters, np.ones(len(first)), first, second, first**2, second**2, first * second)


def _quadratic(s: Floats) -> Floats:
    """:func:`quadratic_kappa` of sums of :func:`_moments`."""
    m = s[..., 1:] / s[..., :1]
    one, two, one2, two2, both = (m[..., k] for k in range(5))
    expected = one2 + two2 - 2 * one * two
    return np.asarray(1 - (one2 + two2 - 2 * both) / expected)


def _spearman(first: Floats, second: Floats) -> float:
    if first.std() == 0 or second.std() == 0:
        return float("nan")
    a, b = stats.rankdata(first), stats.rankdata(second)
    return float(np.corrcoef(a, b)[0, 1])


def _kendall(first: Floats, second: Floats) -> float:
    if first.std() == 0 or second.std() == 0:
        return float("nan")
    return float(stats.kendalltau(first, second).statistic)


def paired(
    statistic: str, first: Floats, second: Floats, clusters: Ints, *, resamples: int = 500
) -> Estimate:
    """``quadratic`` of paired ratings: delete-one-cluster jackknife on Fisher's z. ``spearman`` and
    ``kendall``, and κ where all but one cluster agree perfectly (no z): bootstrap by cluster."""
    function = {"spearman": _spearman, "kendall": _kendall, "quadratic": quadratic_kappa}[statistic]
    if len(first) < 3:
        return UNKNOWN
    value = function(first, second)
    if np.isfinite(value) and bool((first == second).all()):
        # Nothing to resample differs: as much disagreement as Wilson's bound leaves possible.
        clusters_of = int(clusters.max()) + 1
        differing = 1.0 - wilson(clusters_of, clusters_of).low
        # By one step of the scale (κ); by the share of pairs in the other order (ranks).
        cost = differing / (2 * float(first.var())) if statistic == "quadratic" else 2 * differing
        return Estimate(1.0, max(-1.0, 1.0 - cost), 1.0, len(first))
    if statistic == "quadratic":
        moments = _moments(first, second, clusters)
        found = jackknife(moments, _quadratic, n=len(first), scale="fisher")
        if found.is_known:
            return found
    # Rank correlations of many thousands of items need no hundreds of resamples to be known.
    rounds = resamples if len(first) <= 5000 else 60
    return bootstrap(
        clusters,
        lambda rows: function(first[rows], second[rows]),
        n=len(first),
        value=value,
        resamples=rounds,
    )


def auroc(truth: Flags, scores: Floats, clusters: Ints) -> Estimate:
    """Area under the ROC curve: the probability that a true item has the higher score (ties half)."""
    if len(truth) < 3 or truth.all() or not truth.any():
        return UNKNOWN

    def area(rows: NDArray[np.int64]) -> float:
        t = truth[rows]
        positive = int(t.sum())
        negative = len(t) - positive
        if not positive or not negative:
            return float("nan")
        ranks = stats.rankdata(scores[rows])
        return float((ranks[t].sum() - positive * (positive + 1) / 2) / (positive * negative))

    everything = np.arange(len(truth))
    rounds = 500 if len(truth) <= 5000 else 60
    return bootstrap(clusters, area, n=len(truth), value=area(everything), resamples=rounds)
