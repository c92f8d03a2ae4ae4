"""Stage 1 over all donors: is what was inferred right?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from persona_tui.pool import estimates
from persona_tui.pool.maker import Maker
from persona_tui.pool.sums import Sums
from persona_tui.pool.withhold import shown
from persona_tui.report import study
from persona_tui.report.intervals import Estimate, share_of_sums
from persona_tui.report.stage1 import LABELS

WILSON = (
    "Weighted by inclusion probability; Wilson interval of the effective number of judgments, "
    "clustered by donor, with Student's t. Repeats and planted items are left out."
)


def build(make: Maker, sums: Mapping[str, Sums]) -> None:
    """Figures of this stage."""
    a = sums["acceptance"]
    make.add(
        "stage1.acceptance", "1", "What donors accept", "share", a.donors(),
        lambda: estimates.share(a, "ok"),
        "{of} accepted {percent} of {n} attributes inferred about them.",
        WILSON, study=study.ACCEPTANCE, headline=True,
        tells="How much of what a model infers about people is right.",
    )  # fmt: skip
    make.add(
        "stage1.problems", "1", "What is problematic (unsure or bad)", "share", a.donors(),
        lambda: _problems(a),
        "{percent} of {n} attributes of {of} were unsure or bad.",
        WILSON, study=study.PROBLEMS,
    )  # fmt: skip
    make.breakdown("stage1.acceptance", "1", "What donors accept", "share", a, "model",
                   lambda cell: estimates.share(cell, "ok"), WILSON)  # fmt: skip
    make.breakdown("stage1.acceptance", "1", "What donors accept", "share", a, "month",
                   lambda cell: estimates.share(cell, "ok"), WILSON)  # fmt: skip
    _modes(make, a)
    _missed(make, a, sums["added"])
    for key, title, said in (
        ("accurate", "True of the donor", "are true of the donor"),
        ("supported", "Shown by the donor's words", "are shown by the donor's words"),
    ):
        make.add(
            f"stage1.{key}", "1", title, "share", a.donors(f"n_{key}"),
            partial(estimates.share, a, key, f"w_{key}", n=f"n_{key}"),
            f"{{percent}} of {{n}} attributes that {{of}} answered this for {said}.",
            WILSON, what="answer",
        )  # fmt: skip
    make.add(
        "stage1.never", "1", "Never to be used", "share", a.donors(),
        lambda: estimates.share(a, "never"),
        "{of} refused the use of {percent} of {n} attributes.", WILSON,
    )  # fmt: skip
    _confidence(make, sums["confidence"])


def _problems(a: Sums) -> Estimate:
    found = estimates.share(a, "ok")
    return Estimate(1 - found.value, 1 - found.high, 1 - found.low, found.n)


def _modes(make: Maker, a: Sums) -> None:
    names = {mode: f"mode_{mode}" for mode in LABELS}
    donors = {mode: a.donors(name) for mode, name in names.items()}
    allowed = shown(donors, make.k)
    every = set().union(*donors.values())
    n = round(sum(a.total(f"n_{name}") for name in names.values()))
    before = len(make.figures)

    def of(mode: str) -> Estimate:
        table = a.by_donor(*names.values())
        place = list(names).index(mode)
        worth = a.total("w") ** 2 / a.total("w2") / a.total("n")
        return share_of_sums(table[:, place], table.sum(axis=1), n * worth, n=n)

    for mode, label in LABELS.items():
        # A reason that nobody gave tells about nobody: it is a share of 0 over those who gave one.
        who = donors[mode] or every
        make.add(
            f"stage1.failure.{mode}", "1", f"Wrong because: {label}", "share", who,
            partial(of, mode),
            f"{{percent}} of {{n}} problems with a reason: {label}.",
            f"Share of all problems with a reason. {WILSON}", allowed=mode in allowed,
            study=study.FAILURES[mode], what="reason",
        )  # fmt: skip
    make.plot("stage1.failures", "1", "Why it was wrong", make.figures[before:], "share")


def _missed(make: Maker, a: Sums, added: Sums) -> None:
    def found() -> Estimate:
        accepted = dict(zip(sorted(a.donors()), a.by_donor("n_ok")[:, 0], strict=True))
        missed = dict(zip(sorted(added.donors()), added.by_donor("n")[:, 0], strict=True))
        who = sorted(accepted.keys() | missed.keys())
        hits = np.array([missed.get(one, 0.0) for one in who])
        totals = hits + np.array([accepted.get(one, 0.0) for one in who])
        return share_of_sums(hits, totals, float(totals.sum()))

    make.add(
        "stage1.missed", "1", "What models missed, at least", "share", added.donors(), found,
        "{of} added attributes themselves: {percent} of those and of the accepted ones.",
        "Added by the donor / (added + accepted); Wilson interval clustered by donor. A lower bound: "
        "people add only what comes to their minds.",
        study=(),
    )  # fmt: skip


def _confidence(make: Maker, c: Sums) -> None:
    make.add(
        "stage1.confidence_auroc", "1", "Is the model's confidence worth anything? (AUROC)",
        "correlation", c.donors(),
        lambda: estimates.smooth(estimates.levels(c), estimates.auroc, n=c.total("n"), scale="logit"),
        "Of two attributes, one right and one wrong, models were surer of the right one "
        "in {percent} of cases (one half is chance; {of}).",
        "Area under the ROC curve of confidence in tenths, ties half; jackknife by donor on the logit "
        "scale.", need=10, tells="Whether models are surer of what is right.",
    )  # fmt: skip
    make.add(
        "stage1.confidence_brier", "1", "How far off the confidence is (Brier)", "correlation",
        c.donors(),
        lambda: estimates.smooth(estimates.levels(c), estimates.brier, n=c.total("n")),
        "Confidence is off by {value:.2f} (squared; 0 is perfect, 0.25 is always "
        "saying one half; {of}).",
        "Mean squared difference of confidence and acceptance; jackknife by donor.", need=10,
    )  # fmt: skip
