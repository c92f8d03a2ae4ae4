"""What a report is made of: figures, plots, sections. Renderings read this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Part = Literal["1", "2", "3", "quality", "combined", "foil"]
"""Stage 1 to 3; the person's own consistency; few human with many model judgments; synthetic users."""
PARTS: tuple[tuple[Part, str], ...] = (
    ("1", "What was inferred about you"),
    ("2", "What is relevant"),
    ("3", "Is personalized better?"),
    ("quality", "How consistent are your answers?"),
    ("combined", "Your judgments and models' together"),
    ("foil", "You and synthetic users"),
)
Unit = Literal["share", "ratio", "points", "correlation", "rating", "count", "seconds"]
"""How a value is written: ``share`` 0.61 as 61 %, ``ratio`` as 2.4 ×, ``points`` a signed
difference, ``rating`` on 1 to 5."""


@dataclass(frozen=True, slots=True)
class StudyValue:
    """A published figure beside ours."""

    value: float
    label: str
    """Who or what: ``humans``, ``GPT-5.4``."""
    high: float | None = None
    """Where the study gives a range: ``value`` to ``high``."""
    source: str = "arXiv 2606.06614"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. Either ``value`` with ``low``, ``high`` and ``n``, or ``missing``."""

    key: str
    """Stable, dotted: ``stage1.acceptance``; per model ``stage2.f1[bm25]``."""
    part: Part
    title: str
    unit: Unit
    sentence: str
    """Plain words first: ``Of 41 attributes you accepted 25.``; complete also without numbers
    beside it. For a missing figure: what it will tell."""
    method: str
    """How it is computed, for those who ask: estimator, interval, source."""
    n: int = 0
    """Items that it rests on."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    study: tuple[StudyValue, ...] = ()
    missing: str | None = None
    """Why there is no value: ``11 more judgments``."""
    provisional: bool = False
    """Few items: shown, but not to be relied upon."""
    headline: bool = False
    """One of the few that stand at the top."""
    ceiling: float | None = None
    """The person's own test–retest by the same statistic, where it is a ceiling for this figure."""
    ceiling_of: str | None = None
    """Key of the figure that the ceiling is the value of. Without a ceiling: not known yet."""
    model_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line, one set of points or bars. Lists of equal length."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """Something to draw. ``intervals``: one row a label (``labels[i]`` at y = i), value on x with
    its interval; ``bars``: one bar a label; ``line``: y over x (reliability, dose); ``histogram``:
    counts at x."""

    key: str
    part: Part
    kind: Literal["intervals", "bars", "line", "histogram"]
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    labels: tuple[str, ...] = ()
    reference: float | None = None
    """A line to compare with: no difference, chance."""
    reference_label: str = ""
    unit: Unit = "share"
    description: str = ""
    """What it shows in a sentence, for those who cannot see it."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    generated_at: datetime
    app_version: str
    figures: tuple[Figure, ...]
    plots: tuple[Plot, ...]
    counts: dict[str, int]
    """``attributes_judged``, ``prompts_judged``, ``relevance_judged``, ``pairs_judged`` …"""
    notes: tuple[str, ...] = ()
    """Warnings about the whole: a failed catch item, a position bias."""

    def part(self, part: Part) -> Sequence[Figure]:
        return [figure for figure in self.figures if figure.part == part]

    def get(self, key: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.key == key), None)
