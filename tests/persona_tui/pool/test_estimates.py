"""Statistics of cross tables against reference implementations, and what intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score

from persona_tui.pool import estimates
from persona_tui.pool.sums import Sums
from persona_tui.report.intervals import Floats


def pairs(seed: int, n: int = 300) -> tuple[Floats, Floats, Floats]:
    draw = np.random.default_rng(seed)
    first = draw.integers(1, 6, n)
    second = np.clip(first + draw.integers(-2, 3, n), 1, 5)
    cross = np.zeros((5, 5))
    np.add.at(cross, (first - 1, second - 1), 1.0)
    return first.astype(float), second.astype(float), cross.reshape(25)


@pytest.mark.parametrize("seed", range(5))
def test_cross_tables_give_what_the_items_give(seed: int) -> None:
    first, second, cross = pairs(seed)
    assert estimates.spearman(cross) == pytest.approx(stats.spearmanr(first, second).statistic)
    assert estimates.kendall(cross) == pytest.approx(stats.kendalltau(first, second).statistic)
    assert estimates.quadratic_kappa(cross) == pytest.approx(
        cohen_kappa_score(first, second, weights="quadratic")
    )
    assert estimates.inflation(cross) == pytest.approx((second - first).mean())


def test_statistics_take_many_tables_at_once() -> None:
    crosses = np.stack([pairs(seed)[2] for seed in range(4)])
    for statistic in (estimates.spearman, estimates.kendall, estimates.quadratic_kappa):
        together = statistic(crosses)
        assert together == pytest.approx([float(statistic(one)) for one in crosses])


def test_confidence() -> None:
    draw = np.random.default_rng(2)
    ok = draw.random(500) < 0.6
    level = np.clip(np.round(draw.normal(6 + 2 * ok, 1.5)), 0, 10).astype(int)
    table = np.zeros(22)
    np.add.at(table, level + 11 * ~ok, 1.0)
    assert estimates.auroc(table) == pytest.approx(roc_auc_score(ok, level))
    assert estimates.brier(table) == pytest.approx(brier_score_loss(ok, level / 10))


def simulated(draw: np.random.Generator, donors: int) -> Sums:
    """Donors of different size and taste; the mean taste is 0.6."""
    size = draw.integers(5, 40, donors)
    hits = draw.binomial(size, draw.beta(6, 4, donors)).astype(float)
    w = size.astype(float)
    return Sums(np.arange(donors), {}, {"n": w, "w": w, "w2": w, "ok": hits})


@pytest.mark.parametrize("donors", [12, 40, 150])
def test_intervals_over_donors_cover_what_they_say(donors: int) -> None:
    draw = np.random.default_rng(donors)
    hits = []
    for _ in range(600):
        found = estimates.share(simulated(draw, donors), "ok")
        hits.append(found.low <= 0.6 <= found.high)
    assert 0.925 <= np.mean(hits) <= 0.975


def test_an_interval_over_donors_is_wider_than_one_over_judgments() -> None:
    sums = simulated(np.random.default_rng(1), 40)
    found = estimates.share(sums, "ok")
    n = sums.total("n")
    alone = 2 * 1.96 * (0.24 / n) ** 0.5
    assert found.high - found.low > 1.5 * alone


def test_nothing_is_no_estimate() -> None:
    empty = np.array([], dtype=float)
    nobody = Sums(np.array([], dtype=np.int64), {}, dict.fromkeys(("n", "w", "w2", "ok"), empty))
    assert not estimates.share(nobody, "ok").is_known
    assert not estimates.smooth(nobody.by_donor("ok", "w"), estimates.brier, n=0).is_known
