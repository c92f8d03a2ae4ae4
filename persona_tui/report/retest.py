"""The person's first answers against the same questions a week or more later, by every statistic that
agreement with a model is told in: a ceiling holds only for its own statistic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from persona_tui.report import study
from persona_tui.report.agreement import by_cluster, table
from persona_tui.report.intervals import (
    CONVERSATION,
    PROMPT,
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    codes,
    mean,
    share,
)
from persona_tui.report.model import Figure, StudyValue, Unit
from persona_tui.report.parts import (
    KAPPA_FROM,
    KAPPA_SURE_FROM,
    PROVISIONAL_BELOW,
    RANKS_FROM,
    decimal,
    figure,
    plural,
)
from persona_tui.report.ranks import paired
from store.audit import AuditData

VERDICTS = {"bad": 0.0, "unsure": 1.0, "ok": 2.0}
_TWICE = "On items that you judged twice, a week or more apart, both times blinded; "


@dataclass(frozen=True, slots=True)
class _Twice:
    """First and second answers, as numbers."""

    first: Floats
    second: Floats
    group: Ints
    alike: float

    def paired(self, statistic: str) -> Estimate:
        return paired(statistic, self.first, self.second, self.group, alike=self.alike)

    def same(self) -> Estimate:
        if not len(self.first):
            return UNKNOWN
        return share(self.first == self.second, self.group, alike=self.alike)

    def binary(self, statistic: str) -> Estimate:
        cells = table(self.first > 0, self.second > 0, self.group)
        return by_cluster(statistic, cells, len(self.first), alike=self.alike)


def _twice(
    first: Sequence[object], second: Sequence[object], told: Sequence[bool],
    clusters: Sequence[str | None], alike: float, *, numbers: Mapping[str, float] | None = None,
) -> _Twice:  # fmt: skip
    rows = [
        i
        for i in range(len(first))
        if first[i] is not None and second[i] is not None and not told[i]
    ]

    def of(values: Sequence[object]) -> Floats:
        said = [values[i] if numbers is None else numbers[str(values[i])] for i in rows]
        return np.array(said, dtype=np.float64)

    return _Twice(of(first), of(second), codes([clusters[i] for i in rows]), alike)


def retest(data: AuditData) -> list[Figure]:
    """One figure a stage and statistic: ``quality.retest.2`` is κ, ``quality.retest.2.f1`` F1."""
    a, r, c = data.attributes, data.relevance, data.responses
    one = _twice(
        a.repeated, a.verdict, a.unblinded, a.conversation_id, CONVERSATION, numbers=VERDICTS
    )
    two = _twice(r.repeated, r.relevant, r.unblinded, r.prompt_id, PROMPT)
    three = _twice(c.repeated, c.rating, c.unblinded, c.prompt_id, PROMPT)
    names = ("attributes", "relevance", "comparisons")
    figures = []
    for stage, (said, name) in enumerate(zip((one, two, three), names, strict=True), 1):
        same = int((said.first == said.second).sum())
        figures.append(
            _figure(
                f"{stage}.same", f"The same answer again: {name}", "share", said.same(),
                f"Asked again, you gave the same answer to {same} of "
                f"{plural(len(said.first), 'item')}.", "Wilson interval.",
            )
        )  # fmt: skip
    figures += [
        _kappa("1", "attributes (quadratic κ)", one.paired("quadratic")),
        _kappa("2", "relevance (κ)", two.binary("kappa")),
        _kappa("2.ac1", "relevance (Gwet's AC1)", two.binary("ac1")),
        _figure(
            "2.f1", "Your own agreement: relevance (F1)", "share", two.binary("f1"),
            "F1 of your second answers against your first: {value}.", "Wilson interval.",
        ),
        _kappa("3", "comparisons (quadratic κ)", three.paired("quadratic")),
        _figure(
            "3.spearman", "Your own agreement: comparisons (Spearman)", "correlation",
            three.paired("spearman"), "Rank correlation of your two ratings: {value}.",
            "jackknife on Fisher's z.",
        ),
        _figure(
            "3.tau", "Your own agreement: comparisons (Kendall τ)", "correlation",
            three.paired("kendall"), "Kendall τ of your two ratings: {value}.",
            "jackknife on Fisher's z.", values=study.RETEST,
        ),
        _figure(
            "3.distance", "How far your second rating lies from the first", "points",
            mean(np.abs(three.first - three.second), three.group, within=(0.0, 4.0)),
            "Your two ratings of the same pair lie {value} apart on average.",
            "mean distance on the scale of 1 to 5; score interval by prompt.",
        ),
    ]  # fmt: skip
    return figures


def _kappa(key: str, title: str, found: Estimate) -> Figure:
    return _figure(
        key, f"Your own agreement: {title}", "correlation", found,
        "Asked again, you agreed with yourself at {value} (1 is perfect, 0 is chance).",
        "jackknife on Fisher's z.", need=KAPPA_FROM, sure_from=KAPPA_SURE_FROM,
    )  # fmt: skip


def _figure(
    key: str, title: str, unit: Unit, found: Estimate, said: str, how: str,
    *, need: int = RANKS_FROM, sure_from: int = PROVISIONAL_BELOW,
    values: tuple[StudyValue, ...] = (),
) -> Figure:  # fmt: skip
    return figure(
        f"quality.retest.{key}", "quality", title, unit, found,
        said.format(value=decimal(found.value)) if found.is_known else "", f"{_TWICE}{how}",
        study=values, need=need, sure_from=sure_from, what="repeat",
        tells="How far you agree with yourself: a ceiling for models.",
    )  # fmt: skip
