"""Agreement of two raters of the same yes and no, as functions of sums, so that clusters can be left
out. The values are those of sklearn and statsmodels (tested); these have no clusters and no weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from persona_tui.report.intervals import (
    PROMPT,
    Estimate,
    Floats,
    Ints,
    Scale,
    moderated,
    on_scale,
    share_of_sums,
    spread_left_out,
    to_scale,
    unknown,
    wilson,
)

Flags = NDArray[np.bool_]
Statistic = Callable[[Floats], Floats]


def table(mine: Flags, theirs: Flags, clusters: Ints, weights: Floats | None = None) -> Floats:
    """Per cluster: both yes, only theirs, only mine, both no."""
    w = np.ones(len(mine)) if weights is None else weights
    count = int(clusters.max()) + 1 if len(clusters) else 0
    # 0 both yes, 1 only mine, 2 only theirs, 3 both no: the middle two stand the other way around.
    cell = np.array([0, 2, 1, 3])[3 - 2 * mine.astype(np.int64) - theirs.astype(np.int64)]
    counted = np.bincount(clusters * 4 + cell, w, 4 * count)
    return np.asarray(counted.reshape(count, 4), dtype=np.float64)


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


def same(s: Floats) -> Floats:
    """Share of the same answer."""
    return np.asarray((s[..., 0] + s[..., 3]) / s.sum(axis=-1))


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


SHARES = {
    "precision": (np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 0, 0])),
    "recall": (np.array([1.0, 0, 0, 0]), np.array([1.0, 0, 1, 0])),
    "f1": (np.array([1.0, 0, 0, 0]), np.array([1.0, 0.5, 0.5, 0])),
    "f2": (np.array([1.0, 0, 0, 0]), np.array([1.0, 0.2, 0.8, 0])),
    "same": (np.array([1.0, 0, 0, 1]), np.array([1.0, 1, 1, 1])),
}
"""Statistics that are shares: what each cell adds to hits and to totals. F1 is one, too: of both-yes in
both-yes and half of what only one said yes to; F2 likewise, with a fifth of what only they said yes to and
four fifths of what only I did."""
OTHERS: dict[str, tuple[Statistic, Scale]] = {
    "ratio": (ratio, "log"),
    "kappa": (kappa, "fisher"),
    "ac1": (ac1, "fisher"),
}


def by_cluster(statistic: str, cells: Floats, n: int, *, alike: float = PROMPT) -> Estimate:
    """One of the statistics above with its interval, of ``n`` items."""
    total = cells.sum(axis=0) if len(cells) else np.zeros(4)
    if not total.sum():
        return unknown(n)
    if statistic in SHARES:
        hits, totals = SHARES[statistic]
        # Items of equal weight that as much information as all of these would have (Kish 1965).
        whole, squares = float(total @ totals), float(total @ totals**2)
        items = n * whole**2 / squares / float(total.sum()) if squares else 0.0
        return share_of_sums(cells @ hits, cells @ totals, items, n=n, alike=alike)
    function, scale = OTHERS[statistic]
    yes = total[0] + total[1], total[0] + total[2]
    if statistic == "kappa" and (0.0 in yes or float(total.sum()) in yes):
        return unknown(n)  # κ is 0 whatever else if one of the two always says the same
    if not total[1:3].any():
        return _perfect(statistic, cells, n)
    if statistic == "ratio" and yes[0] == 0.0 and yes[1] > 0.0:
        return _never(cells, n)
    found = of_kinds(cells, function, n=n, scale=scale, alike=alike)
    off = cells[:, 1:3].sum(axis=1)
    if scale == "fisher" and np.count_nonzero(off) == 1 and np.isfinite(found.value):
        differ = float(off.sum() / total.sum())
        return as_often_as(found.value, differ, cells.sum(axis=1), n)
    return found


def of_kinds(
    cells: Floats, statistic: Statistic, *, n: int, scale: Scale, alike: float = PROMPT
) -> Estimate:
    """A statistic of how many items (or what weight of them) of each kind there are: ``cells`` is
    (clusters, kinds). Jackknife by cluster, moderated by that of the items."""
    total = cells.sum(axis=0)
    one = float(total.sum()) / n
    kinds = total > 0
    with np.errstate(all="ignore"):
        value = float(statistic(total))
        without = statistic(total - cells)
        without_one = statistic(total - one * np.eye(len(total))[kinds])
    for way in dict.fromkeys(
        (scale, "plain")
    ):  # plain where the value lies at the edge of its scale
        clusters, items = to_scale(without, way), to_scale(without_one, way)
        known = np.isfinite(items).all() and np.isfinite(to_scale(np.array(value), way))
        if known and (len(cells) == 1 or np.isfinite(clusters).all()):
            of_items = spread_left_out(items, total[kinds] / one)
            of_clusters = 0.0 if len(cells) == 1 else spread_left_out(clusters)
            variance, freedom = moderated(of_items, of_clusters, cells.sum(axis=1), n, alike)
            found = on_scale(value, variance, freedom, way, n)
            return _within(found, *EDGES[scale]) if way == "plain" else found
    return unknown(n, value)


EDGES: dict[Scale, tuple[float, float]] = {
    "log": (0.0, np.inf), "fisher": (-1.0, 1.0), "logit": (0.0, 1.0), "plain": (-np.inf, np.inf),
}  # fmt: skip


def _within(found: Estimate, least: float, most: float) -> Estimate:
    return Estimate(found.value, max(least, found.low), min(most, found.high), found.n)


def differing(sizes: Floats, n: int) -> float:
    """How many may differ although none does: Wilson's bound, items of a cluster half alike."""
    return wilson(0.0, _worth(sizes, n)).high


def _worth(sizes: Floats, n: int) -> float:
    clusters = float(sizes.sum()) ** 2 / float((sizes**2).sum())
    return 1 / (0.5 / n + 0.5 / clusters)


def as_often_as(value: float, differ: float, sizes: Floats, n: int) -> Estimate:
    """The interval of a κ where all but one cluster agree perfectly, so that the jackknife knows
    nothing: what lacks to 1 is as uncertain as how many differ (Wilson)."""
    worth = _worth(sizes, n)
    may = wilson(differ * worth, worth)
    low, high = (1 - (1 - value) * end / differ for end in (may.high, may.low))
    return Estimate(value, max(-1.0, low), min(1.0, high), n)


def _never(cells: Floats, n: int) -> Estimate:
    """They never say yes, I do: no more often than Wilson's bound leaves possible."""
    mine = float((cells[:, 0] + cells[:, 2]).sum() / cells.sum())
    return Estimate(0.0, 0.0, differing(cells.sum(axis=1), n) / mine, n)


def _perfect(statistic: str, cells: Floats, n: int) -> Estimate:
    """Nothing differs, so nothing varies: the interval is that of as much disagreement as Wilson's
    bound leaves possible."""
    total = cells.sum(axis=0)
    yes = float(total[0] / total.sum())
    may = differing(cells.sum(axis=1), n)
    chance = 2 * yes * (1 - yes)
    if statistic == "kappa":  # expected agreement is 1 − 2π(1−π) where both have the same π
        return Estimate(1.0, max(-1.0, 1 - may / chance), 1.0, n)
    if statistic == "ac1":
        return Estimate(1.0, max(-1.0, 1 - may / (1 - chance)), 1.0, n)
    if yes == 0.0:
        return unknown(n)
    return Estimate(1.0, yes / (yes + may), (yes + may) / yes, n)


def many_ac1(first: Ints, second: Ints, categories: int) -> float:
    """Gwet's AC1 of two raters and any number of categories."""
    shares = (
        np.bincount(first, minlength=categories) + np.bincount(second, minlength=categories)
    ) / (2 * len(first))
    expected = float((shares * (1 - shares)).sum()) / (categories - 1)
    return (float((first == second).mean()) - expected) / (1 - expected)
