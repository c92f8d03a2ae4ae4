"""Estimates with 95 % intervals.

Shares: Wilson (:func:`scipy.stats.binomtest`); where items share a conversation or a prompt, or have
weights, Wilson's formula with the effective number of items (n divided by the design effect, Kish
1965). How alike items of one cluster are is estimated from the sums by cluster. Few clusters tell
little of that, so the estimate is moderated as in Smyth (2004, Stat Appl Genet Mol Biol 3): it is
averaged with the likeness that is assumed beforehand (:data:`CONVERSATION`, :data:`PROMPT`), which
counts as much as :data:`PRIOR` clusters; Student's t has as many degrees of freedom as both together.
With one to five clusters an interval is therefore wide, and not wrong.

Means of ratings: the same score interval on the bounded scale, which ratings that pile up at one end do
not fool; two imagined ratings one step off keep ratings that are all alike from being certain. Functions
of sums over clusters (ratios, κ): the delete-one-cluster jackknife (Efron and Tibshirani 1993, ch. 11)
with Student's t, moderated likewise, on a scale on which it is nearly symmetric. What they cover is
simulated in ``tests/persona_tui/report/test_coverage.py`` and told in ``docs/protocol.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Scale = Literal["plain", "log", "logit", "fisher"]
LEVEL = 0.95
CONVERSATION, PROMPT = 0.25, 0.10
"""How alike items of one conversation, of one prompt are taken to be (intraclass correlation) before
anything is known. Of prompts it is 0.05 for relevance and 0.14 for a model's agreement in the study's
labels; of conversations nothing is published, and 0.25 is cautious."""
PRIOR = 4.0
"""Clusters that the assumed likeness counts as much as."""
Z = float(special.ndtri(0.5 + LEVEL / 2))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; ``n`` items. Not finite: it cannot be computed."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_known(self) -> bool:
        return bool(np.isfinite([self.value, self.low, self.high]).all())


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"), 0)


def unknown(n: int, value: float = float("nan")) -> Estimate:
    """No interval, of ``n`` items."""
    return Estimate(value, float("nan"), float("nan"), n)


def codes(labels: list[str] | list[str | None]) -> Ints:
    """Labels as 0, 1, …; equal labels have equal numbers. ``None`` is a label of its own each time."""
    known: dict[object, int] = {}
    return np.array(
        [known.setdefault(object() if label is None else label, len(known)) for label in labels],
        dtype=np.int64,
    )


def student(freedom: float) -> float:
    """The quantile of Student's t that bounds 95 %."""
    return float(special.stdtrit(freedom, 0.5 + LEVEL / 2))


def wilson(successes: float, n: float, *, items: int | None = None) -> Estimate:
    """Wilson score interval (Wilson 1927) of ``successes`` among ``n``; ``items`` is what is reported
    as n. Whole numbers: scipy's. Effective numbers need not be whole, and scipy has nothing for
    them: the same formula."""
    count = round(n) if items is None else items
    if n <= 0:
        return unknown(count)
    p = successes / n
    if float(successes).is_integer() and float(n).is_integer():
        found = stats.binomtest(int(successes), int(n)).proportion_ci(LEVEL, "wilson")
        return Estimate(p, float(found.low), float(found.high), count)
    low, high = _score(p, n)
    return Estimate(p, max(0.0, low), min(1.0, high), count)


def _score(p: float, n: float) -> tuple[float, float]:
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * float(np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)))
    return centre - half, centre + half


def effective(
    deviations: Floats, totals: Floats, items: float, spread: float, alike: float
) -> tuple[float, float]:
    """How many independent items a mean over clusters is worth, and the degrees of freedom.

    Args:
        deviations: by cluster, the sum of (weighted) distances from the mean.
        totals: by cluster, the sum of weights.
        items: how many items of equal weight all are worth if no two are alike.
        spread: variance of one item.
        alike: intraclass correlation that is assumed beforehand.
    """
    total, squares = float(totals.sum()), float((totals**2).sum())
    count, clusters = len(totals), total**2 / squares
    if spread <= 0:  # nothing differs, and so nothing shows how alike items are: half alike
        return 1 / (0.5 / items + 0.5 / clusters), np.inf
    assumed = (1 - alike) / items + alike / clusters
    if count == 1:
        return 1 / assumed, PRIOR
    seen = float((deviations**2).sum()) * count / (count - 1) / total**2 / spread
    found = (PRIOR * assumed + (clusters - 1) * seen) / (PRIOR + clusters - 1)
    return min(items, 1 / found), PRIOR + clusters - 1


def share(
    hits: NDArray[np.bool_],
    clusters: Ints | None = None,
    weights: Floats | None = None,
    *,
    alike: float = PROMPT,
) -> Estimate:
    """Share of ``hits``: Wilson, with the effective number of items where they are clustered or
    weighted."""
    n = len(hits)
    if n == 0:
        return UNKNOWN
    if weights is None and (clusters is None or int(clusters.max()) + 1 == n):
        return wilson(int(hits.sum()), n)
    w = np.ones(n) if weights is None else weights
    group = np.arange(n) if clusters is None else clusters
    table = sums(group, w * hits, w)
    alone = float(w.sum() ** 2 / (w**2).sum())
    return share_of_sums(table[:, 0], table[:, 1], alone, n=n, alike=alike)


def share_of_sums(
    hits: Floats, totals: Floats, items: float, *, n: int | None = None, alike: float = PROMPT
) -> Estimate:
    """Share ``hits / totals`` from sums by cluster (precision, recall): Wilson with the effective
    number of items, so that 0 and 1 have a width too. ``items`` is how many items of equal weight the
    totals are of, ``n`` what is reported."""
    within = totals > 0
    hits, totals = hits[within], totals[within]
    reported = round(items) if n is None else n
    if not len(totals) or items <= 0:
        return unknown(reported)
    p = min(1.0, float(hits.sum()) / float(totals.sum()))
    worth, freedom = effective(hits - p * totals, totals, items, p * (1 - p), alike)
    # Student's t instead of the normal, by shrinking the effective number.
    worth *= (Z / student(freedom)) ** 2 if np.isfinite(freedom) else 1.0
    return wilson(p * worth, worth, items=reported)


def mean(
    values: Floats,
    clusters: Ints | None = None,
    *,
    within: tuple[float, float] | None = None,
    step: float | None = None,
    alike: float = PROMPT,
) -> Estimate:
    """Mean with Student's t, by cluster where items share one.

    ``within`` are the ends of the scale: then a score interval that stays on it, with two imagined
    values at a distance of ``step`` (a quarter of the scale if left out).
    """
    n = len(values)
    if n < 2:
        return unknown(n, float(values[0]) if n else float("nan"))
    value = float(values.mean())
    rest = values - value
    spread = float((rest**2).mean())
    if clusters is None or int(clusters.max()) + 1 == n:
        worth, freedom = float(n), n - 1.0
    else:
        table = sums(clusters, rest, np.ones(n))
        worth, freedom = effective(table[:, 0], table[:, 1], float(n), spread, alike)
        worth, freedom = min(float(n), worth * n / (n - 1)), min(freedom, n - 1.0)
    t = student(freedom)
    if within is None:
        if spread <= 0:
            return unknown(n, value)
        half = t * float(np.sqrt(spread * n / (n - 1) / worth))
        return Estimate(value, value - half, value + half, n)
    low, size = within[0], within[1] - within[0]
    away = (size / 4 if step is None else step) / size
    variance = (n * spread / size**2 + 2 * away**2) / (n + 1) / worth * (t / Z) ** 2
    p = min(1.0, max(0.0, (value - low) / size))
    # Wilson's interval of as many yes and no as would vary like that. At the end of the scale p(1 − p)
    # is 0 whatever varies: as far inside as the imagined values would move the mean.
    inside = min(max(p, 2 * away / (n + 2)), 1 - 2 * away / (n + 2))
    ends = _score(p, inside * (1 - inside) / variance)
    return Estimate(value, low + size * max(0.0, ends[0]), low + size * min(1.0, ends[1]), n)


def bounded_share(value: float, variance: float, freedom: float, items: float, n: int) -> Estimate:
    """A share with an estimated ``variance``: Wilson's interval of as many items as would vary like
    that, never more than ``items``."""
    p = min(1.0, max(0.0, value))
    worth = items if variance <= 0 else min(items, max(p * (1 - p), variance) / variance)
    worth *= (Z / student(freedom)) ** 2
    return wilson(p * worth, worth, items=n)


def sums(group: Ints, *columns: Floats) -> Floats:
    """Sums of ``columns`` by cluster: shape (clusters, columns)."""
    count = int(group.max()) + 1 if len(group) else 0
    return np.stack([np.bincount(group, column, count) for column in columns], axis=1)


def moderated(
    of_items: float, of_clusters: float, sizes: Floats, n: int, alike: float
) -> tuple[float, float]:
    """A variance, and its degrees of freedom, from that of ``n`` items as if they stood alone and that
    of clusters, which weigh ``sizes``: as :func:`effective` for shares."""
    count = float(sizes.sum()) ** 2 / float((sizes**2).sum())
    assumed = of_items * (1 - alike + alike * n / count)
    if len(sizes) == 1:
        return assumed, min(PRIOR, n - 1.0)
    variance = (PRIOR * assumed + (count - 1) * of_clusters) / (PRIOR + count - 1)
    return variance, min(PRIOR + count - 1, n - 1.0)


def on_scale(value: float, variance: float, freedom: float, scale: Scale, n: int) -> Estimate:
    """The interval of ``value`` with a ``variance`` that holds on ``scale``."""
    if not np.isfinite(variance) or freedom <= 0:
        return unknown(n, value)
    centre = float(to_scale(np.array(value), scale))
    half = student(freedom) * float(np.sqrt(variance))
    low, high = from_scale(np.array([centre - half, centre + half]), scale)
    return Estimate(value, float(low), float(high), n)


def spread_left_out(left_out: Floats, counts: Floats | None = None) -> float:
    """The jackknife's variance: of values with one cluster (or item, of which there are ``counts``)
    left out each."""
    w = np.ones(len(left_out)) if counts is None else counts
    n = float(w.sum())
    centre = float((w * left_out).sum()) / n
    return (n - 1) / n * float((w * (left_out - centre) ** 2).sum())


def jackknife(
    table: Floats, statistic: Callable[[Floats], Floats], *, n: int, scale: Scale = "plain"
) -> Estimate:
    """Interval of ``statistic`` of the column sums of ``table``, (clusters, columns), by leaving out
    one cluster at a time. ``statistic`` maps (…, columns) to (…)."""
    if len(table) < 2:
        return UNKNOWN
    total = table.sum(axis=0)
    with np.errstate(all="ignore"):
        value = float(statistic(total))
        left_out = to_scale(statistic(total - table), scale)
    if not np.isfinite(to_scale(np.array(value), scale)) or not np.isfinite(left_out).all():
        return unknown(n, value)
    return on_scale(value, spread_left_out(left_out), len(table) - 1.0, scale, n)


def to_scale(values: Floats, scale: Scale) -> Floats:
    """``values`` on a scale on which an interval is nearly symmetric."""
    with np.errstate(all="ignore"):
        if scale == "log":
            return np.log(values)
        if scale == "logit":
            return np.asarray(special.logit(values))
        return np.arctanh(values) if scale == "fisher" else values


def from_scale(values: Floats, scale: Scale) -> Floats:
    """The way back."""
    if scale == "log":
        return np.exp(values)
    if scale == "logit":
        return np.asarray(special.expit(values))
    if scale == "fisher":
        return np.tanh(values)
    return values


def difference(first: Estimate, second: Estimate) -> Estimate:
    """first − second of two independent shares or means: the square-and-add method (Newcombe 1998)."""
    d = first.value - second.value
    low = d - float(np.hypot(first.value - first.low, second.high - second.value))
    high = d + float(np.hypot(first.high - first.value, second.value - second.low))
    return Estimate(d, low, high, first.n + second.n)


def exact_binomial(successes: int, n: int, p: float = 0.5) -> float:
    """Two-sided p-value of the exact binomial test."""
    return float(stats.binomtest(successes, n, p).pvalue)
