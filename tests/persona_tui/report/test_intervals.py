"""Estimators against published examples and reference implementations."""

from __future__ import annotations

from collections.abc import Callable

import krippendorff
import numpy as np
import pytest
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy import special, stats
from sklearn.metrics import (
    cohen_kappa_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from persona_tui.report import ppi
from persona_tui.report.agreement import ac1, by_cluster, kappa, many_ac1, table
from persona_tui.report.intervals import (
    Estimate,
    codes,
    difference,
    exact_binomial,
    jackknife,
    mean,
    share,
    sums,
    wilson,
)
from persona_tui.report.ranks import auroc, paired, quadratic_kappa

DRAW = np.random.default_rng(7)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (3, 20), (25, 41), (178, 1000)])
def test_wilson_is_the_reference_one(k: int, n: int) -> None:
    found = wilson(k, n)
    low, high = proportion_confint(k, n, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert found.n == n


def test_ac1_of_gwets_worked_example() -> None:
    # Gwet 2008 (Br J Math Stat Psychol 61, table 2 there): 125 subjects, 118 both yes, 5 and 2 in
    # disagreement, none both no: pa = .944, kappa below 0, AC1 = .9408.
    cells = np.array([118.0, 5.0, 2.0, 0.0])
    assert float(ac1(cells)) == pytest.approx(0.9408, abs=5e-4)
    assert float(kappa(cells)) < 0
    first = np.array([1] * 118 + [0] * 5 + [1] * 2)
    second = np.array([1] * 118 + [1] * 5 + [0] * 2)
    assert many_ac1(first, second, 2) == pytest.approx(float(ac1(cells)))


def test_agreement_is_that_of_the_references() -> None:
    mine, theirs = DRAW.random(200) < 0.3, DRAW.random(200) < 0.5
    cells = table(mine, theirs, np.zeros(200, dtype=np.int64))[0]
    reference = cohens_kappa(np.array([[cells[0], cells[2]], [cells[1], cells[3]]]))
    assert float(kappa(cells)) == pytest.approx(reference.kappa)
    alone = np.arange(200)
    for name, function in (
        ("f1", f1_score),
        ("precision", precision_score),
        ("recall", recall_score),
    ):
        found = by_cluster(name, table(mine, theirs, alone), 200)
        assert found.value == pytest.approx(function(mine, theirs))
        assert found.low < found.value < found.high
    one, two = DRAW.integers(1, 6, 100), DRAW.integers(1, 6, 100)
    assert quadratic_kappa(one.astype(float), two.astype(float)) == pytest.approx(
        cohen_kappa_score(one, two, weights="quadratic")
    )
    # Krippendorff's alpha for two raters and large n is near the quadratic kappa (interval level).
    alpha = krippendorff.alpha(np.stack([one, two]), level_of_measurement="interval")
    assert quadratic_kappa(one.astype(float), two.astype(float)) == pytest.approx(alpha, abs=0.02)


def test_auroc_is_that_of_the_reference() -> None:
    truth, scores = DRAW.random(150) < 0.4, DRAW.random(150).round(1)
    found = auroc(truth, scores, np.arange(150))
    assert found.value == pytest.approx(roc_auc_score(truth, scores))
    assert found.low < found.value < found.high


def test_ppi_is_that_of_the_reference() -> None:
    truth = DRAW.normal(3, 1, 3000)
    model = truth + DRAW.normal(0.4, 0.5, 3000)
    human, elsewhere = truth[:200], model[200:]
    found = ppi.mean(human, model[:200], elsewhere)
    power = ppi.weight(human, model[:200], len(elsewhere))
    point = ppi_mean_pointestimate(human, model[:200], elsewhere, lam=power)
    low, high = ppi_mean_ci(human, model[:200], elsewhere, alpha=0.05, lam=power)
    assert found.value == pytest.approx(float(np.squeeze(point)), abs=1e-9)
    assert found.low == pytest.approx(float(np.squeeze(low)), abs=0.01)
    assert found.high == pytest.approx(float(np.squeeze(high)), abs=0.01)
    alone = mean(human)
    assert found.high - found.low < 0.8 * (alone.high - alone.low)
    assert ppi.weight(human, np.ones(200), 10) == 0.0


def test_the_difference_is_newcombes() -> None:
    found = difference(wilson(56, 70), wilson(48, 80))
    low, high = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", correction=False)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    # Newcombe 1998, method 10, first example: 0.2, 0.0524 to 0.3339.
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)


def test_items_that_share_a_cluster_count_less() -> None:
    hits = np.repeat(DRAW.random(20) < 0.5, 5)
    group = np.repeat(np.arange(20), 5)
    together, alone = share(hits, group), share(hits)
    assert together.value == alone.value
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    free = share(DRAW.random(100) < 0.5, np.arange(100))
    assert free.high - free.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_jackknife_of_a_mean_is_students() -> None:
    values = DRAW.normal(3, 1, 25)
    found = mean(values)
    low, high = stats.t.interval(0.95, 24, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))


def resampled(clusters: np.ndarray, value: Callable[[np.ndarray], float]) -> tuple[float, float]:
    """The percentile bootstrap by cluster, to hold the jackknife of many clusters against."""
    draw = np.random.default_rng(0)
    rows = [np.flatnonzero(clusters == k) for k in range(int(clusters.max()) + 1)]
    found = [
        value(np.concatenate([rows[k] for k in draw.integers(0, len(rows), len(rows))]))
        for _ in range(400)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def test_bootstrap_and_jackknife_tell_the_same_of_many() -> None:
    group = np.repeat(np.arange(150), 4)
    mine = DRAW.random(600) < 0.3
    theirs = mine ^ (DRAW.random(600) < 0.2)

    def of(rows: np.ndarray) -> float:
        one = np.zeros(len(rows), dtype=np.int64)
        return float(kappa(table(mine[rows], theirs[rows], one)[0]))

    found = by_cluster("kappa", table(mine, theirs, group), 600)
    assert (found.low, found.high) == pytest.approx(resampled(group, of), abs=0.03)


@pytest.mark.parametrize("statistic", ["spearman", "kendall", "quadratic", "auroc"])
def test_ranks_and_bootstrap_tell_the_same_of_many(statistic: str) -> None:
    group = np.repeat(np.arange(150), 2)
    shared = np.repeat(DRAW.normal(0, 1, 150), 2)
    first = np.clip(np.round(3 + shared + DRAW.normal(0, 0.7, 300)), 1, 5)
    second = np.clip(np.round(3 + shared + DRAW.normal(0, 0.7, 300)), 1, 5)
    truth = first > 3

    def estimate(rows: np.ndarray, clusters: np.ndarray) -> Estimate:
        if statistic == "auroc":
            return auroc(truth[rows], second[rows], clusters)
        return paired(statistic, first[rows], second[rows], clusters)

    everything = np.arange(300)
    found = estimate(everything, group)
    again = resampled(group, lambda rows: estimate(rows, np.arange(len(rows))).value)
    assert (found.low, found.high) == pytest.approx(again, abs=0.04)


def test_rank_correlations_are_those_of_the_references() -> None:
    first, second = DRAW.integers(1, 6, 80).astype(float), DRAW.normal(0, 1, 80)
    second = second + first
    alone = np.arange(80)
    spearman = paired("spearman", first, second, alone)
    assert spearman.value == pytest.approx(stats.spearmanr(first, second).statistic)
    third = np.clip(np.round(second), 0, 6)
    assert paired("kendall", first, third, alone).value == pytest.approx(
        stats.kendalltau(first, third).statistic
    )
    # Bonett and Wright 2000: the variance of Fisher's z of Spearman's rho is (1 + rho²/2) / (n − 3).
    half = (np.arctanh(spearman.high) - np.arctanh(spearman.low)) / 2
    published = stats.norm.ppf(0.975) * np.sqrt((1 + spearman.value**2 / 2) / 77)
    assert half == pytest.approx(published, rel=0.25)


def test_the_interval_of_the_auroc_is_delongs() -> None:
    """Against the estimator written out: placements of each item among the other kind."""
    truth, scores = DRAW.random(60) < 0.5, DRAW.random(60).round(1)
    yes, no = scores[truth], scores[~truth]
    above = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    area = above.mean()
    variance = above.mean(axis=1).var(ddof=1) / len(yes) + above.mean(axis=0).var(ddof=1) / len(no)
    half = 1.96 * np.sqrt(variance) / (area * (1 - area))
    low, high = special.expit(special.logit(area) - half), special.expit(special.logit(area) + half)
    found = auroc(truth, scores, np.arange(60))
    assert (found.value, found.low, found.high) == pytest.approx((area, low, high), abs=0.005)


@pytest.mark.parametrize("statistic", ["precision", "recall", "f1", "kappa", "ac1", "ratio"])
def test_perfect_agreement_is_not_certain(statistic: str) -> None:
    mine = DRAW.random(240) < 0.3
    group = np.repeat(np.arange(60), 4)
    found = by_cluster(statistic, table(mine, mine, group), 240)
    assert found.value == pytest.approx(1.0)
    assert found.low < 0.97
    assert found.high >= 1.0 - 1e-9
    if statistic == "recall":  # says yes to everything: all found, and still not certain
        found = by_cluster(statistic, table(mine, np.ones(240, dtype=bool), group), 240)
        assert found.low < 0.97


@pytest.mark.parametrize("statistic", ["quadratic", "kendall", "spearman"])
def test_the_same_answers_twice_are_not_certain(statistic: str) -> None:
    once = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 2.0, 4.0, 3.0, 3.0])
    found = paired(statistic, once, once, np.arange(10))
    assert found.value == 1.0
    assert found.low < 0.95


def test_shares_stay_shares() -> None:
    mine, theirs = np.zeros(120, dtype=bool), np.zeros(120, dtype=bool)
    mine[:3] = theirs[0] = theirs[30:40] = True
    cells = table(mine, theirs, np.repeat(np.arange(5), 24))
    for statistic in ("precision", "recall", "f1"):
        found = by_cluster(statistic, cells, 120)
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    rare = np.zeros(30)
    rare[0] = 1.0
    found = ppi.mean(rare, DRAW.random(30), DRAW.random(400), is_share=True)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_at_the_edges_nothing_breaks() -> None:
    assert not share(np.array([], dtype=bool)).is_known
    assert share(np.ones(5, dtype=bool), np.zeros(5, dtype=np.int64)).is_known
    assert not mean(np.array([3.0])).is_known
    assert not mean(np.full(8, 3.0)).is_known
    assert not jackknife(np.ones((1, 2)), lambda s: s[..., 0], n=1).is_known
    everything = np.ones(30, dtype=bool)
    assert by_cluster("ratio", table(everything, everything, np.arange(30)), 30).value == 1.0
    none = ~everything
    assert not by_cluster("f1", table(none, none, np.arange(30)), 30).is_known
    flat = np.full(10, 3.0)
    assert not paired("spearman", flat, flat, np.arange(10)).is_known
    assert exact_binomial(5, 10) == 1.0
    assert not Estimate(float("nan"), 0, 1, 3).is_known
    assert sums(np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0])).tolist() == [[1.0], [5.0]]
    assert codes(["b", None, "b", None]).tolist() == [0, 1, 0, 2]


def test_ratings_that_are_all_alike_are_not_certain() -> None:
    found = mean(np.full(8, 3.0), within=(1.0, 5.0))
    assert found.value == 3.0
    assert 2.2 < found.low < 2.8 < 3.2 < found.high < 3.8
    top = mean(np.full(8, 5.0), within=(1.0, 5.0))
    assert 4.0 < top.low < 4.9
    assert top.high == 5.0
    same = mean(np.full(12, 0.0), np.repeat(np.arange(3), 4), within=(-4.0, 4.0), step=1.0)
    assert same.low < -0.3 < 0.3 < same.high


@pytest.mark.parametrize("statistic", ["f1", "ratio", "recall", "precision"])
def test_nothing_found_is_not_certain(statistic: str) -> None:
    mine, theirs = np.zeros(40, dtype=bool), np.zeros(40, dtype=bool)
    mine[::4] = True
    if statistic != "ratio":
        theirs[1::4] = True
    found = by_cluster(statistic, table(mine, theirs, np.repeat(np.arange(10), 4)), 40)
    assert found.value == 0.0
    assert found.low == 0.0
    assert found.high > 0.05


def test_clusters_that_are_all_alike_are_not_certain() -> None:
    cells = np.tile([2.0, 1.0, 1.0, 6.0], (10, 1))
    for statistic in ("kappa", "ac1", "same", "f1", "ratio"):
        found = by_cluster(statistic, cells, 100)
        assert found.is_known
        assert found.high - found.low > 0.1, statistic


def test_kappa_of_one_who_always_says_the_same_is_no_kappa() -> None:
    mine, always = DRAW.random(60) < 0.3, np.ones(60, dtype=bool)
    cells = table(mine, always, np.repeat(np.arange(6), 10))
    assert not by_cluster("kappa", cells, 60).is_known
    assert by_cluster("ac1", cells, 60).is_known


def test_one_conversation_is_a_very_wide_interval() -> None:
    hits = np.array([True] * 8 + [False] * 4)
    found = share(hits, np.zeros(12, dtype=np.int64), alike=0.25)
    assert found.low < 0.25
    assert found.high > 0.9
