"""Making figures over donors: what fewer than k donors share becomes a reason instead of a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from persona_tui.pool.sums import Sums
from persona_tui.pool.withhold import shown
from persona_tui.report.intervals import Estimate
from persona_tui.report.model import Figure, Part, Plot, Series, StudyValue, Unit
from persona_tui.report.parts import figure, percent
from persona_tui.report.text import value_text

NOBODY = "no donation holds such judgments"


@dataclass(slots=True)
class Maker:
    """Collects figures, how many donors each rests on, and plots."""

    k: int
    figures: list[Figure] = field(default_factory=list)
    donors: dict[str, int] = field(default_factory=dict)
    """Key → donors, of figures that have a value."""
    plots: list[Plot] = field(default_factory=list)

    def add(
        self,
        key: str,
        part: Part,
        title: str,
        unit: Unit,
        who: set[int],
        estimate: Callable[[], Estimate],
        sentence: str,
        method: str,
        *,
        allowed: bool = True,
        study: Sequence[StudyValue] = (),
        need: int = 5,
        sure_from: int = 20,
        what: str = "judgment",
        headline: bool = False,
        model_tag: str | None = None,
        tells: str = "",
    ) -> None:
        """One figure of the donors ``who``. ``estimate`` is called only if it may be shown;
        ``sentence`` is a template of ``of`` (41 donors), ``n``,
        ``value``, ``percent`` and ``shown`` (with its unit)."""
        missing = None
        if not who:
            missing = NOBODY
        elif len(who) < self.k:
            missing = f"held back, because fewer than {self.k} donors share it"
        elif not allowed:
            missing = f"held back, because it would tell about fewer than {self.k} donors"
        found = Estimate(float("nan"), float("nan"), float("nan"), 0) if missing else estimate()
        said = ""
        if found.is_known:
            said = sentence.format(
                of=f"{len(who):,} donors", n=f"{found.n:,}", value=found.value,
                percent=percent(found.value), shown=value_text(found.value, unit),
            )  # fmt: skip
        made = figure(
            key, part, title, unit, found, said, method, study=study, need=need, what=what,
            sure_from=sure_from, headline=headline, model_tag=model_tag, missing=missing, tells=tells,
        )  # fmt: skip
        self.figures.append(made)
        if made.value is not None:
            self.donors[key] = len(who)

    def breakdown(
        self,
        key: str,
        part: Part,
        title: str,
        unit: Unit,
        sums: Sums,
        by: str,
        estimate: Callable[[Sums], Estimate],
        method: str,
        *,
        study: Sequence[StudyValue] = (),
        what: str = "judgment",
    ) -> None:
        """The same figure for each model (``key[gpt]``) or month (``key@2026-11``), and a plot."""
        cells = {value: sums.where(**{by: value}) for value in sums.values(by)}
        donors = {value: cell.donors() for value, cell in cells.items()}
        allowed = shown(donors, self.k, never=frozenset({None}))
        before = len(self.figures)
        for value, cell in cells.items():
            if value is None:
                continue
            self.add(
                f"{key}[{value}]" if by == "model" else f"{key}@{value}",
                part, f"{title}: {value}", unit, donors[value],
                partial(estimate, cell),
                f"{title}, {value}: {{shown}} over {{n}} {what}s of {{of}}.",
                method, allowed=value in allowed, study=study, what=what,
                model_tag=value if by == "model" else None,
            )  # fmt: skip
        self.plot(f"{key}.by_{by}", part, f"{title}, by {by}", self.figures[before:], unit)

    def plot(self, key: str, part: Part, title: str, figures: Sequence[Figure], unit: Unit) -> None:
        """Intervals below each other, of the figures that have a value."""
        there = [one for one in figures if one.value is not None]
        if len(there) < 2:
            return
        rows = tuple(float(i) for i in range(len(there)))
        series = Series(
            "donors", tuple(one.value or 0.0 for one in there), rows,
            tuple(one.low or 0.0 for one in there), tuple(one.high or 0.0 for one in there),
        )  # fmt: skip
        labels = tuple(one.title.rsplit(": ", 1)[-1] for one in there)
        self.plots.append(
            Plot(key, part, "intervals", title, "", "", (series,), labels, unit=unit,
                 description=f"{title}, each with its interval.")
        )  # fmt: skip
