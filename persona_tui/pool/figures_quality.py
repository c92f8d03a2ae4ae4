"""How consistent donors are: repeats, sides, planted items."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from persona_tui.pool import estimates
from persona_tui.pool.estimates import Statistic, smooth
from persona_tui.pool.maker import Maker
from persona_tui.pool.sums import Sums
from persona_tui.report import study
from persona_tui.report.agreement import by_cluster
from persona_tui.report.intervals import Estimate
from persona_tui.report.parts import KAPPA_FROM

_T = "On items that donors judged twice; delete-one-donor jackknife, Student's t, on Fisher's z."


def _cells(side: int) -> tuple[str, ...]:
    return tuple(f"c{i}{j}" for i in range(side) for j in range(side))


def build(make: Maker, sums: Mapping[str, Sums]) -> None:
    """Figures of this part."""
    one, two, three = (sums[f"retest{stage}"] for stage in (1, 2, 3))
    make.add(
        "quality.retest.1", "quality", "Donors with themselves: attributes (quadratic κ)",
        "correlation", one.donors(),
        lambda: _cross(one, 3, estimates.quadratic_kappa),
        "Asked again, {of} agreed with themselves at {value:.2f} (quadratic κ).", _T,
        need=KAPPA_FROM, what="repeat", tells="How far donors agree with themselves: a ceiling for models.",
    )  # fmt: skip
    make.add(
        "quality.retest.2", "quality", "Donors with themselves: relevance (κ)", "correlation",
        two.donors(),
        lambda: by_cluster("kappa", two.by_donor("c11", "c01", "c10", "c00"), round(two.total("n"))),
        "Asked again, {of} agreed with themselves at {value:.2f} (κ).", _T, need=KAPPA_FROM,
        what="repeat",
    )  # fmt: skip
    for key, title, statistic, values in (
        ("3", "comparisons (quadratic κ)", estimates.quadratic_kappa, ()),
        ("3.tau", "comparisons (Kendall τ)", estimates.kendall, study.RETEST),
    ):
        make.add(
            f"quality.retest.{key}", "quality", f"Donors with themselves: {title}", "correlation",
            three.donors(),
            partial(_cross, three, 5, statistic),
            f"Asked again, {{of}} agreed with themselves at {{value:.2f}}: {title}.",
            _T, study=values, need=10 if key == "3.tau" else KAPPA_FROM, what="repeat",
        )  # fmt: skip
    sides = sums["position"]
    make.add(
        "quality.position", "quality", "Do donors favour a side?", "points", sides.donors(),
        lambda: _moved(estimates.share(sides, "left", "n")),
        "The share that preferred the left answer was one half {shown}, over {n} blinded comparisons "
        "with a preference of {of}.",
        "Share that preferred left, minus one half, ties aside; Wilson interval clustered by donor.",
        study=study.POSITION, what="decided comparison",
    )  # fmt: skip
    for key, title, said in (
        ("planted", "Planted false attributes that were caught", "planted false attributes bad"),
        ("identical", "Identical answers that were called the same", "identical pairs the same"),
    ):
        s = sums[key]
        make.add(
            f"quality.{key}", "quality", title, "share", s.donors(),
            partial(estimates.share, s, "good", "n"),
            f"{{of}} called {{percent}} of {{n}} {said}.",
            "Wilson interval clustered by donor.", what="planted item",
        )  # fmt: skip


def _cross(s: Sums, side: int, statistic: Statistic) -> Estimate:
    return smooth(s.by_donor(*_cells(side)), statistic, n=s.total("n"), scale="fisher")


def _moved(found: Estimate) -> Estimate:
    return Estimate(found.value - 0.5, found.low - 0.5, found.high - 0.5, found.n)
