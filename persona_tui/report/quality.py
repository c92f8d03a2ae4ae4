"""How consistent the person's own answers are: the ceiling for every agreement."""

from __future__ import annotations

import numpy as np

from persona_tui.report import study
from persona_tui.report.agreement import by_cluster, paired, table
from persona_tui.report.intervals import Estimate, codes, exact_binomial, wilson
from persona_tui.report.model import Figure
from persona_tui.report.parts import figure, plural
from store.audit import AuditData

VERDICTS = {"bad": 0.0, "unsure": 1.0, "ok": 2.0}
_TWICE = "On items that you judged twice, a week or more apart"
_BOOTSTRAP = f"{_TWICE}; bootstrap."
_JACKKNIFE = f"{_TWICE}; jackknife on Fisher's z."


def build(data: AuditData) -> tuple[list[Figure], dict[str, float | None], list[str]]:
    """Figures; test–retest by stage (``1``, ``2``, ``3``) where it is known; warnings."""
    figures = [*_retest(data)]
    ceilings = {
        stage: next((f.value for f in figures if f.key == f"quality.retest.{stage}"), None)
        for stage in ("1", "2", "3")
    }
    notes: list[str] = []
    position, p = _position(data)
    figures.append(position)
    if position.value is not None and p < 0.05:
        side = "left" if position.value > 0 else "right"
        notes.append(
            f"You preferred the {side} answer more often than chance would (p = {p:.2g}): read the "
            "comparisons with care. Sides are drawn at random, so it costs precision, not truth."
        )
    caught = _catches(data)
    figures += caught
    notes += [
        f"{one.sentence} Slower may be better."
        for one in caught
        if one.value is not None and one.value < 0.8 and one.n >= 5
    ]
    for stage, values, title in (
        ("1", data.attributes.latency_ms, "an attribute"),
        ("2", data.relevance.latency_ms, "a relevance answer"),
        ("3", data.responses.latency_ms, "a comparison"),
    ):
        times = np.array([v for v in values if v is not None], dtype=float) / 1000
        figures.append(_seconds(stage, times, title))
    return figures, ceilings, notes


def _seconds(stage: str, times: np.ndarray, title: str) -> Figure:
    n = len(times)
    if n >= 6:  # order statistics: the binomial interval of the median
        ordered = np.sort(times)
        half = 1.96 * np.sqrt(n) / 2
        low, high = int(max(0, np.floor(n / 2 - half))), int(min(n - 1, np.ceil(n / 2 + half)))
        found = Estimate(float(np.median(times)), float(ordered[low]), float(ordered[high]), n)
    else:
        found = Estimate(float("nan"), float("nan"), float("nan"), n)
    return figure(
        f"quality.seconds.{stage}", "quality", f"Time for {title}", "seconds", found,
        f"Half of the time you took less than {found.value:.1f} s for {title}.",
        "Median; interval from order statistics.", need=6,
    )  # fmt: skip


def _retest(data: AuditData) -> list[Figure]:
    a, r, c = data.attributes, data.relevance, data.responses
    twice = [
        (v, verdict) for v, verdict in zip(a.repeated, a.verdict, strict=True) if v is not None
    ]
    one = np.array([VERDICTS[v] for v, _ in twice])
    two = np.array([VERDICTS[v] for _, v in twice])
    alone = np.arange(len(twice))
    found = [
        _paired("1", "Your own agreement: attributes (quadratic κ)", "quadratic", one, two, alone)
    ]
    again = [
        (first, value, prompt)
        for first, value, prompt in zip(r.repeated, r.relevant, r.prompt_id, strict=True)
        if first is not None
    ]
    mine = np.array([first for first, _, _ in again], dtype=bool)
    then = np.array([value for _, value, _ in again], dtype=bool)
    group = codes([prompt for _, _, prompt in again])
    kappa = (
        by_cluster("kappa", table(mine, then, group), len(again))
        if again
        else Estimate(float("nan"), float("nan"), float("nan"), 0)
    )
    found.append(
        figure(
            "quality.retest.2", "quality", "Your own agreement: relevance (κ)", "correlation", kappa,
            f"Asked again, you gave the same answer to {int((mine == then).sum())} of "
            f"{plural(len(again), 'item')} (κ {kappa.value:.2f}).",
            "Cohen's κ on items judged twice; jackknife by prompt.", need=10, what="repeat",
        )
    )  # fmt: skip
    pairs = [
        (first, value)
        for first, value in zip(c.repeated, c.rating, strict=True)
        if first is not None and value is not None
    ]
    a3, b3 = np.array([float(v) for v, _ in pairs]), np.array([float(v) for _, v in pairs])
    alone = np.arange(len(pairs))
    found.append(
        _paired("3", "Your own agreement: comparisons (quadratic κ)", "quadratic", a3, b3, alone)
    )
    tau = paired("kendall", a3, b3, alone)
    found.append(
        figure(
            "quality.retest.3.tau", "quality", "Your own agreement: comparisons (Kendall τ)",
            "correlation", tau, f"Kendall τ of your two ratings: {tau.value:.2f}.", _BOOTSTRAP,
            study=study.RETEST, need=10, what="repeat",
        )
    )  # fmt: skip
    return found


def _paired(
    stage: str, title: str, statistic: str, one: np.ndarray, two: np.ndarray, group: np.ndarray
) -> Figure:
    found = paired(statistic, one, two, group)
    same = int((one == two).sum())
    return figure(
        f"quality.retest.{stage}", "quality", title, "correlation", found,
        f"Asked again, you gave the same answer to {same} of {plural(len(one), 'item')} "
        f"(quadratic κ {found.value:.2f}).", _JACKKNIFE, need=10, what="repeat",
    )  # fmt: skip


def _position(data: AuditData) -> tuple[Figure, float]:
    """P(prefer left) − 0.5 over everything with a preference, repeats and two models too."""
    r = data.responses
    raw = [
        value
        for value, same in zip(r.raw_rating, r.identical, strict=True)
        if value is not None and value != 3 and not same
    ]
    left = sum(value < 3 for value in raw)
    rate = wilson(left, len(raw))
    moved = Estimate(rate.value - 0.5, rate.low - 0.5, rate.high - 0.5, rate.n)
    p = exact_binomial(left, len(raw)) if raw else 1.0
    return (
        figure(
            "quality.position", "quality", "Do you favour a side?", "points", moved,
            f"You preferred the left answer in {left} of {len(raw)} (exact test: p = {p:.2g}).",
            "Share that preferred left, minus one half, ties aside; Wilson interval, exact "
            "binomial test.",
            study=study.POSITION, what="decided comparison",
        ),
        p,
    )  # fmt: skip


def _catches(data: AuditData) -> list[Figure]:
    verdicts = data.catches.verdict
    bad = verdicts.count("bad")
    r = data.responses
    same = [v for v, i in zip(r.raw_rating, r.identical, strict=True) if i and v is not None]
    three = same.count(3)
    return [
        figure(
            "quality.planted", "quality", "Planted false attributes that you caught", "share",
            wilson(bad, len(verdicts)),
            f"You called {bad} of {plural(len(verdicts), 'planted false attribute')} bad.",
            "Attributes from a fixed list that nobody has; expected: bad.", need=3, what="planted item",
        ),
        figure(
            "quality.identical", "quality", "Identical answers that you called the same", "share",
            wilson(three, len(same)),
            f"Of {plural(len(same), 'pair')} of identical answers you called {three} no different.",
            "Planted identical pairs; expected: no difference.", need=3, what="planted pair",
        ),
    ]  # fmt: skip
