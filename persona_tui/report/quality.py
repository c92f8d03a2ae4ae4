"""How consistent the person's own answers are: the ceiling for every agreement."""

from __future__ import annotations

import numpy as np

from persona_tui.report import study
from persona_tui.report.intervals import Estimate, exact_binomial, unknown, wilson
from persona_tui.report.model import Figure
from persona_tui.report.parts import Ceilings, figure, plural
from persona_tui.report.retest import retest
from store.audit import AuditData


def build(data: AuditData) -> tuple[list[Figure], Ceilings, list[str]]:
    """Figures; the person's test–retest by statistic (key of its figure → value); warnings."""
    figures = retest(data)
    ceilings = {one.key: one.value for one in figures}
    notes = [*_left_out(data)]
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


def _left_out(data: AuditData) -> list[str]:
    """What does not count, and what counts as it was said before."""
    stages = (data.attributes, data.relevance, data.responses)
    replaced = sum(sum(map(bool, one.replaced)) for one in stages)
    told = sum(sum(map(bool, one.unblinded)) for one in stages)
    named = sum(
        how == "random" and not p and not seen
        for one in stages
        for how, p, seen in zip(one.sampling, one.inclusion_prob, one.unblinded, strict=True)
    )
    found = []
    if replaced:
        found.append(
            f"{plural(replaced, 'answer')} changed after you had been told what models said, or which "
            "answer was which: counted is what you had said before."
        )
    if told:
        found.append(
            f"{plural(told, 'answer')} given only after you had been told what models said, or which "
            "answer was which: left out of all figures."
        )
    if named:
        found.append(
            f"{plural(named, 'answer')} about attributes or prompts that you picked yourself: left out "
            "of the figures, because they were not drawn at random."
        )
    return found


def _seconds(stage: str, times: np.ndarray, title: str) -> Figure:
    n = len(times)
    if n >= 6:  # order statistics: the binomial interval of the median
        ordered = np.sort(times)
        half = 1.96 * np.sqrt(n) / 2
        low, high = int(max(0, np.floor(n / 2 - half))), int(min(n - 1, np.ceil(n / 2 + half)))
        found = Estimate(float(np.median(times)), float(ordered[low]), float(ordered[high]), n)
    else:
        found = unknown(n)
    return figure(
        f"quality.seconds.{stage}", "quality", f"Time for {title}", "seconds", found,
        f"Half of the time you took less than {found.value:.1f} s for {title}.",
        "Median; interval from order statistics.", need=6,
    )  # fmt: skip


def _position(data: AuditData) -> tuple[Figure, float]:
    """P(prefer left) − 0.5 over everything with a preference, repeats and two models too."""
    r = data.responses
    raw = [
        value
        for value, same, told in zip(r.raw_rating, r.identical, r.unblinded, strict=True)
        if value is not None and value != 3 and not same and not told
    ]
    left = sum(value < 3 for value in raw)
    rate = wilson(left, len(raw))
    moved = Estimate(rate.value - 0.5, rate.low - 0.5, rate.high - 0.5, rate.n)
    p = exact_binomial(left, len(raw)) if raw else 1.0
    return (
        figure(
            "quality.position", "quality", "Do you favour a side?", "points", moved,
            f"You preferred the left answer in {left} of {len(raw)} (exact test: p = {p:.2g}).",
            "Share that preferred left, minus one half, ties aside, before you were told; Wilson "
            "interval, exact binomial test.",
            study=study.POSITION, what="decided comparison",
        ),
        p,
    )  # fmt: skip


def _catches(data: AuditData) -> list[Figure]:
    verdicts = data.catches.verdict
    bad = verdicts.count("bad")
    r = data.responses
    same = [
        v
        for v, i, told in zip(r.raw_rating, r.identical, r.unblinded, strict=True)
        if i and v is not None and not told
    ]
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
