"""Differentially private histograms: what may be published about donors without telling of any one.

The unit is one donor (one bundle). Each group below is a histogram of a donor's judgments; a donor
whose weights add up to more than the group's bound is scaled down to it, so that adding or removing a
donor changes the histogram by at most the bound (L1). OpenDP adds Laplace noise and tells what it
costs; the budget is divided equally among the groups, and costs add up (basic composition). Figures
are computed from the noisy histograms and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from persona_tui.donation.vocabularies import FAILURE_MODES
from persona_tui.errors import UserError
from persona_tui.extras import how_to_add
from persona_tui.pool.figures2 import BASELINES, CELLS
from persona_tui.pool.figures3 import CROSS, HEADLINE, HIST
from persona_tui.pool.sums import Sums
from persona_tui.report.intervals import Floats

NEEDS_OPENDP = f"Differential privacy needs opendp, which is not installed; {how_to_add('pool')}"


@dataclass(frozen=True, slots=True)
class Group:
    """One histogram, and how much one donor may weigh in it."""

    name: str
    cells: tuple[str, ...]
    bound: float


GROUPS = (
    Group("donors", ("donors",), 1),
    Group("acceptance", ("ok", "problem"), 60),
    Group("modes", tuple(FAILURE_MODES), 30),
    Group("missed", ("added", "accepted"), 60),
    Group("relevance", ("yes", "no"), 100),
    Group("agreement", CELLS, 100),
    Group("ratings", HIST, 40),
    Group("judges", tuple(f"d{d:+d}" for d in range(-4, 5)), 40),
    Group("retest", ("c00", "c01", "c10", "c11"), 20),
    Group("position", ("left", "right"), 40),
)
"""All that is published with an ε. ``agreement`` and ``judges`` are over all language models together;
``judges`` is judge minus donor."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A released histogram."""

    group: Group
    values: Mapping[str, float]
    scale: float
    """Of the Laplace noise in each cell."""


def exact(sums: Mapping[str, Sums]) -> dict[str, Floats]:
    """The histogram of each donor, (donors, cells), before bounds and noise. Never written."""
    a, r = sums["acceptance"], sums["relevance"]
    models = [tag for tag in sums["agreement"].values("model") if tag and tag not in BASELINES]
    agree = sums["agreement"].among("model", models)
    cross = sums["judges"].where(arm=HEADLINE).by_donor(*CROSS).reshape(-1, 5, 5)
    ok, yes, sides = (
        a.by_donor("ok", "w"),
        r.by_donor("yes", "w"),
        sums["position"].by_donor("left", "n"),
    )
    everybody = set[int]().union(*(one.donors() for one in sums.values()))
    return {
        "donors": np.ones((len(everybody), 1)),
        "acceptance": np.stack([ok[:, 0], ok[:, 1] - ok[:, 0]], axis=1),
        "modes": a.by_donor(*(f"mode_{mode}" for mode in FAILURE_MODES)),
        "missed": _missed(a, sums["added"]),
        "relevance": np.stack([yes[:, 0], yes[:, 1] - yes[:, 0]], axis=1),
        "agreement": agree.by_donor(*CELLS),
        "ratings": sums["ratings"].where(arm=HEADLINE).by_donor(*HIST),
        "judges": np.stack(
            [np.trace(cross, offset=d, axis1=1, axis2=2) for d in range(-4, 5)], axis=1
        ),
        "retest": sums["retest2"].by_donor("c00", "c01", "c10", "c11"),
        "position": np.stack([sides[:, 0], sides[:, 1] - sides[:, 0]], axis=1),
    }


def _missed(a: Sums, added: Sums) -> Floats:
    who = sorted(a.donors() | added.donors())
    place = {donor: i for i, donor in enumerate(who)}
    found = np.zeros((len(who), 2))
    np.add.at(found[:, 0], [place[donor] for donor in added.donor.tolist()], added.columns["n"])
    np.add.at(found[:, 1], [place[donor] for donor in a.donor.tolist()], a.columns["n_ok"])
    return found


def bounded(histograms: Floats, bound: float) -> Floats:
    """Sum over donors, none of whom weighs more than ``bound``."""
    weight = histograms.sum(axis=1, keepdims=True)
    return np.asarray(
        (histograms * np.minimum(1.0, bound / np.maximum(weight, 1e-300))).sum(axis=0)
    )


def released(sums: Mapping[str, Sums], epsilon: float) -> list[Noisy]:
    """All groups with noise, for ``epsilon`` together. Raises
    :class:`~persona_tui.errors.UserError` where the library is missing or says it costs more."""
    histograms = exact(sums)
    return [noisy(group, histograms[group.name], epsilon / len(GROUPS)) for group in GROUPS]


def noisy(group: Group, histograms: Floats, epsilon: float) -> Noisy:
    """One group with Laplace noise of scale bound / ε."""
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise UserError(NEEDS_OPENDP) from error
    dp.enable_features("contrib")
    # A hair more noise than exactly enough: the library rounds its own accounting up.
    scale = group.bound / epsilon * (1 + 1e-9)
    domain = dp.vector_domain(dp.atom_domain(T=float, nan=False))
    mechanism = dp.m.make_laplace(domain, dp.l1_distance(T=float), scale=scale)
    cost: float = mechanism.map(float(group.bound))  # type: ignore[no-untyped-call]
    if cost > epsilon:
        raise UserError(
            f"The noise for {group.name} would cost more than its share of the budget: choose another "
            "--epsilon."
        )
    values: Sequence[float] = mechanism(bounded(histograms, group.bound).tolist())
    return Noisy(group, dict(zip(group.cells, values, strict=True)), scale)
