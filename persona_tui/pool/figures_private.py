"""Figures from noisy histograms: they cost no privacy beyond the histograms themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from persona_tui.donation.vocabularies import FAILURE_MODES
from persona_tui.pool.estimates import R
from persona_tui.pool.private import Noisy
from persona_tui.report import agreement, study
from persona_tui.report.intervals import Estimate, Floats
from persona_tui.report.model import Figure, Part, StudyValue, Unit
from persona_tui.report.parts import percent
from persona_tui.report.stage1 import LABELS

DRAWS = 4000
SIGNAL = 5
"""How many standard deviations of the noise of a histogram's total the total must be at least."""
_Of = Callable[[Floats], Floats]


def build(found: Sequence[Noisy], k: int, epsilon: float) -> list[Figure]:
    """All figures that an ε allows. Below ``k`` donors, as the noisy count says, there is none."""
    groups = {one.group.name: one for one in found}
    donors = groups["donors"].values["donors"]
    make = _Make(groups, enough=donors >= k, k=k, epsilon=epsilon)
    d = np.arange(-4, 5, dtype=np.float64)
    make.add("stage1.acceptance", "1", "What donors accept", "share", "acceptance", _first, study.ACCEPTANCE, headline=True)  # fmt: skip
    make.add("stage1.problems", "1", "What is problematic (unsure or bad)", "share", "acceptance", lambda s: 1 - _first(s), study.PROBLEMS)  # fmt: skip
    for place, mode in enumerate(FAILURE_MODES):
        make.add(f"stage1.failure.{mode}", "1", f"Wrong because: {LABELS[mode]}", "share", "modes", _share(place), study.FAILURES[mode])  # fmt: skip
    make.add("stage1.missed", "1", "What models missed, at least", "share", "missed", _first)
    make.add("stage2.yes_rate", "2", "What donors call relevant", "share", "relevance", _first, study.YES_RATE, headline=True)  # fmt: skip
    for key, title, unit, values in (
        ("model_yes_rate", "What models call relevant", "share", study.MODEL_YES_RATE),
        ("over_selection", "How much more models would use", "ratio", study.OVER_SELECTION),
        ("precision", "Right when models say yes", "share", study.PRECISION),
        ("recall", "Models find what is relevant", "share", study.RECALL),
        ("f1", "Both together (F1)", "share", study.F1),
        ("kappa", "Agreement beyond chance (κ)", "correlation", study.KAPPA),
        ("ac1", "Agreement (Gwet's AC1)", "correlation", ()),
    ):
        make.add(f"stage2.{key}", "2", title, unit, "agreement", _SCORES[key], values, headline=key == "over_selection")  # type: ignore[arg-type]  # fmt: skip
    make.add("stage3.rating", "3", "How much better personalized answers are", "rating", "ratings", lambda s: (s @ R) / s.sum(axis=-1), study.RATING)  # fmt: skip
    for key, title, part, values in (
        ("no_better", "Personalizing did not help", slice(0, 3), study.NO_BETTER),
        ("win", "Personalized won", slice(3, 5), ()),
        ("tie", "No difference", slice(2, 3), ()),
        ("loss", "Personalized lost", slice(0, 2), ()),
    ):
        make.add(f"stage3.{key}", "3", title, "share", "ratings", _share(part), values, headline=key == "no_better")  # fmt: skip
    make.add("stage3.inflation", "3", "How much kinder LLM judges are", "points", "judges", lambda s: (s @ d) / s.sum(axis=-1), study.INFLATION, headline=True)  # fmt: skip
    make.add("quality.retest.2", "quality", "Donors with themselves: relevance (κ)", "correlation", "retest", lambda s: agreement.kappa(s[..., ::-1]))  # fmt: skip
    make.add("quality.position", "quality", "Do donors favour a side?", "points", "position", lambda s: _first(s) - 0.5, study.POSITION)  # fmt: skip
    return make.figures


def _share(place: int | slice) -> _Of:
    where = slice(place, place + 1) if isinstance(place, int) else place
    return lambda s: np.asarray(s[..., where].sum(axis=-1) / s.sum(axis=-1))


_first = _share(0)
_SCORES: Mapping[str, _Of] = {
    "model_yes_rate": _share(slice(0, 2)),
    "over_selection": agreement.ratio,
    "precision": agreement.precision,
    "recall": agreement.recall,
    "f1": agreement.f1,
    "kappa": agreement.kappa,
    "ac1": agreement.ac1,
}


class _Make:
    def __init__(
        self, groups: Mapping[str, Noisy], *, enough: bool, k: int, epsilon: float
    ) -> None:
        self.groups = groups
        self.enough = enough
        self.k = k
        self.epsilon = epsilon
        self.figures: list[Figure] = []
        self._draw = np.random.default_rng(0)

    def add(
        self,
        key: str,
        part: Part,
        title: str,
        unit: Unit,
        group: str,
        of: _Of,
        values: Sequence[StudyValue] = (),
        *,
        headline: bool = False,
    ) -> None:
        """One figure: value of the noisy histogram, interval of what the noise alone may have done."""
        one = self.groups[group]
        found = self._estimate(one, of)
        method = (
            f"From the histogram '{group}' with Laplace noise of scale {one.scale:.4g} in each cell (one "
            f"donor weighs at most {one.group.bound:g}; part of ε = {self.epsilon:g}). The interval "
            "covers what the noise does, not which donors gave; n is the noisy sum of weights."
        )
        missing = None
        if not self.enough:
            missing = f"held back, because there seem to be fewer than {self.k} donors"
        elif found.n < SIGNAL * one.scale * (2 * len(one.values)) ** 0.5 or not found.is_known:
            missing = "too few judgments for so much noise"
        if missing:
            self.figures.append(
                Figure(key, part, title, unit, "", method, study=tuple(values), missing=missing,
                       headline=headline)
            )  # fmt: skip
            return
        said = percent(found.value) if unit == "share" else f"{found.value:.2f}"
        self.figures.append(
            Figure(
                key, part, title, unit, f"{title}: about {said}, with noise for privacy.", method,
                n=found.n, value=found.value, low=found.low, high=found.high, study=tuple(values),
                headline=headline, provisional=found.high - found.low > 0.5,
            )
        )  # fmt: skip

    def _estimate(self, one: Noisy, of: _Of) -> Estimate:
        cells = np.array(list(one.values.values()))
        n = round(max(0.0, float(cells.sum())))
        drawn = cells + self._draw.laplace(0, one.scale, (DRAWS, len(cells)))
        with np.errstate(all="ignore"):
            value = float(of(np.maximum(cells, 0.0)))
            low, high = np.quantile(of(np.maximum(drawn, 1e-9)), [0.025, 0.975])
        return Estimate(value, min(float(low), value), max(float(high), value), n)
