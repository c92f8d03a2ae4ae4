"""Estimates from sums for each donor: intervals leave out one donor at a time, with Student's t.

Judgments of one donor are alike, so donors, not judgments, are what chance is about. Shares are
Wilson intervals of the effective number of items; everything else is a smooth function of sums over
donors and gets the jackknife (:mod:`persona_tui.report.intervals`). Rank correlations and the area
under the ROC curve are functions of cross tables, so that they, too, can leave out donors.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from persona_tui.pool.statistics import LEVELS, RATINGS
from persona_tui.pool.sums import Sums
from persona_tui.report.intervals import (
    UNKNOWN,
    Estimate,
    Floats,
    Scale,
    jackknife,
    share_of_sums,
)

R = np.array(RATINGS, dtype=np.float64)
Statistic = Callable[[Floats], Floats]


def share(
    sums: Sums, hits: str | tuple[str, ...], totals: str | tuple[str, ...] = "w", *, n: str = "n"
) -> Estimate:
    """Share of ``hits`` in ``totals``, each a column or the sum of several, of as many items as ``n``
    counts."""
    count = round(sums.total(n))
    if not len(sums.donor) or not count:
        return UNKNOWN
    columns = [*_names(hits), *_names(totals)]
    table = sums.by_donor(*columns)
    split = len(_names(hits))
    return share_of_sums(
        table[:, :split].sum(axis=1),
        table[:, split:].sum(axis=1),
        count * _worth(sums),
        n=count,
    )


def _names(columns: str | tuple[str, ...]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else columns


def _worth(sums: Sums) -> float:
    """How many unweighted items one weighted item is worth (Kish 1965); 1 without weights."""
    if "w2" not in sums.columns:
        return 1.0
    return sums.total("w") ** 2 / sums.total("w2") / sums.total("n")


def smooth(table: Floats, statistic: Statistic, *, n: float, scale: Scale = "plain") -> Estimate:
    """Jackknife over donors; at the edge of its scale on the plain one, within what is possible."""
    if len(table) < 2:
        return UNKNOWN
    found = jackknife(table, statistic, n=round(n), scale=scale)
    if found.is_known or scale == "plain" or not np.isfinite(found.value):
        return found
    found = jackknife(table, statistic, n=round(n))
    least = {"fisher": -1.0, "log": 0.0, "logit": 0.0, "plain": -np.inf}[scale]
    most = np.inf if scale == "log" else 1.0
    return Estimate(found.value, max(least, found.low), min(most, found.high), found.n)


def square(s: Floats) -> Floats:
    """(…, m·m) as (…, m, m)."""
    side = round(s.shape[-1] ** 0.5)
    return s.reshape(*s.shape[:-1], side, side)


def quadratic_kappa(s: Floats) -> Floats:
    """Cohen's κ with quadratic weights (1968) of a cross table of equal steps."""
    m = square(s)
    value = np.arange(m.shape[-1], dtype=np.float64)
    total = m.sum(axis=(-2, -1))
    first, second = m.sum(axis=-1), m.sum(axis=-2)
    observed = (m * (value[:, None] - value[None, :]) ** 2).sum(axis=(-2, -1)) / total
    mean1, mean2 = (first @ value) / total, (second @ value) / total
    square1, square2 = (first @ value**2) / total, (second @ value**2) / total
    expected = square1 + square2 - 2 * mean1 * mean2
    return np.asarray(1 - observed / expected)


def spearman(s: Floats) -> Floats:
    """Rank correlation of a cross table, ties at their middle rank."""
    m = square(s)
    first, second = m.sum(axis=-1), m.sum(axis=-2)
    half = m.sum(axis=(-2, -1), keepdims=False)[..., None] / 2
    rank1 = first.cumsum(axis=-1) - first / 2 - half
    rank2 = second.cumsum(axis=-1) - second / 2 - half
    together = (m * rank1[..., :, None] * rank2[..., None, :]).sum(axis=(-2, -1))
    spread = (first * rank1**2).sum(axis=-1) * (second * rank2**2).sum(axis=-1)
    return np.asarray(together / np.sqrt(spread))


def kendall(s: Floats) -> Floats:
    """Kendall's τ-b of a cross table."""
    m = square(s)
    # Sum of the cells below and to the right of each, and below and to the left.
    after = np.flip(np.flip(m, (-2, -1)).cumsum(axis=-2).cumsum(axis=-1), (-2, -1))
    before = np.flip(np.flip(m, -2).cumsum(axis=-2), -2).cumsum(axis=-1)
    side = m.shape[-1]
    concordant = discordant = np.zeros(m.shape[:-2])
    for i in range(side - 1):
        for j in range(side):
            if j + 1 < side:
                concordant = concordant + m[..., i, j] * after[..., i + 1, j + 1]
            if j:
                discordant = discordant + m[..., i, j] * before[..., i + 1, j - 1]
    total = m.sum(axis=(-2, -1)) ** 2
    tied1 = (m.sum(axis=-1) ** 2).sum(axis=-1)
    tied2 = (m.sum(axis=-2) ** 2).sum(axis=-1)
    return np.asarray(2 * (concordant - discordant) / np.sqrt((total - tied1) * (total - tied2)))


def mean_rating(s: Floats) -> Floats:
    """Of weights by rating, (…, 5)."""
    return np.asarray((s @ R) / s.sum(axis=-1))


def mean_difference(s: Floats) -> Floats:
    """Of two blocks of weights by rating, (…, 10): first minus second."""
    return mean_rating(s[..., :5]) - mean_rating(s[..., 5:])


def inflation(s: Floats) -> Floats:
    """Mean of judge minus person, of a cross table of the person's rating with the judge's."""
    m = square(s)
    return np.asarray((m * (R[None, :] - R[:, None])).sum(axis=(-2, -1)) / m.sum(axis=(-2, -1)))


def slope(s: Floats) -> Floats:
    """Of a regression line, from w, wx, wy, wxx, wxy."""
    w, x, y, xx, xy = (s[..., k] for k in range(5))
    return np.asarray((w * xy - x * y) / (w * xx - x * x))


def levels(sums: Sums) -> Floats:
    """Weights by confidence, (donors, 22): accepted at 0 … 1.0, then not accepted."""
    _, place = np.unique(sums.donor, return_inverse=True)
    found = np.zeros((int(place.max()) + 1 if len(place) else 0, 2 * len(LEVELS)))
    level = sums.keys["level"].astype(np.int64)
    np.add.at(found, (place, level), sums.columns["ok"])
    np.add.at(found, (place, level + len(LEVELS)), sums.columns["w"] - sums.columns["ok"])
    return found


def auroc(s: Floats) -> Floats:
    """Area under the ROC curve, from :func:`levels`: ties count half."""
    ok, bad = s[..., : len(LEVELS)], s[..., len(LEVELS) :]
    below = bad.cumsum(axis=-1) - bad / 2
    return np.asarray((ok * below).sum(axis=-1) / (ok.sum(axis=-1) * bad.sum(axis=-1)))


def brier(s: Floats) -> Floats:
    """Mean squared difference of confidence and acceptance, from :func:`levels`."""
    c = np.array(LEVELS) / 10
    ok, bad = s[..., : len(LEVELS)], s[..., len(LEVELS) :]
    return np.asarray((ok @ (1 - c) ** 2 + bad @ c**2) / s.sum(axis=-1))
