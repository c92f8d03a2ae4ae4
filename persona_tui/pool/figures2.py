"""Stage 2 over all donors: what is relevant, for people and for models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from persona_tui.pool import estimates
from persona_tui.pool.figures1 import WILSON
from persona_tui.pool.maker import Maker
from persona_tui.pool.sums import Sums
from persona_tui.pool.withhold import shown
from persona_tui.report import study
from persona_tui.report.agreement import by_cluster
from persona_tui.report.intervals import UNKNOWN, Estimate
from persona_tui.report.model import StudyValue, Unit
from persona_tui.report.parts import KAPPA_FROM, KAPPA_SURE_FROM

CELLS = ("both", "theirs", "mine", "neither")
BASELINES = ("bm25", "minilm-embedding")
_JACKKNIFE = "Weighted by inclusion probability; delete-one-donor jackknife, Student's t"

_SCORES: tuple[tuple[str, str, Unit, tuple[StudyValue, ...], str], ...] = (
    ("over_selection", "How much more would be used", "ratio", study.OVER_SELECTION, "log"),
    ("precision", "Right when it says yes", "share", study.PRECISION, ""),
    ("recall", "Finds what is relevant", "share", study.RECALL, ""),
    ("f1", "Both together (F1)", "share", study.F1, "logit"),
    ("kappa", "Agreement beyond chance (κ)", "correlation", study.KAPPA, "Fisher's z"),
    ("ac1", "Agreement (Gwet's AC1)", "correlation", (), "Fisher's z"),
)
"""Key, title, unit, the study's values, the scale of the jackknife (empty: Wilson)."""


def build(make: Maker, sums: Mapping[str, Sums]) -> None:
    """Figures of this stage."""
    r = sums["relevance"]
    make.add(
        "stage2.yes_rate", "2", "What donors call relevant", "share", r.donors(),
        lambda: estimates.share(r, "yes"),
        "{of} said yes to {percent} of {n} attributes.", WILSON,
        study=study.YES_RATE, headline=True, tells="How much of a profile matters for a prompt.",
    )  # fmt: skip
    make.breakdown("stage2.yes_rate", "2", "What donors call relevant", "share", r, "month",
                   lambda cell: estimates.share(cell, "yes"), WILSON)  # fmt: skip
    a = sums["agreement"]
    cells = {tag: a.where(model=tag) for tag in a.values("model")}
    allowed = shown({tag: cell.donors() for tag, cell in cells.items()}, make.k,
                    never=frozenset({None}))  # fmt: skip
    before = len(make.figures)
    for tag in sorted(filter(None, cells), key=lambda tag: (tag not in BASELINES, tag)):
        _model(make, tag, cells[tag], allowed=tag in allowed)
    if not any(cells):
        make.add(
            "stage2.over_selection", "2", "How much more models would use", "ratio", set(),
            lambda: UNKNOWN, "", _JACKKNIFE, study=study.OVER_SELECTION,
            headline=True, tells="How many times as many attributes as the person a model would use.",
        )  # fmt: skip
    made = make.figures[before:]
    for key, title in (
        ("model_yes_rate", "How much models call relevant"),
        ("f1", "How well models choose (F1 against the donors)"),
    ):
        one = [figure for figure in made if figure.key.startswith(f"stage2.{key}[")]
        make.plot(f"stage2.{key}s", "2", title, one, "share")


def _against(a: Sums, statistic: str) -> Estimate:
    return by_cluster(statistic, a.by_donor(*CELLS), round(a.total("n")))


def _sentence(key: str, title: str, tag: str) -> str:
    if key == "over_selection":
        return f"{tag} would use {{value:.1f}} times as many attributes as {{of}} did, over {{n}} judgments."
    return f"{title}, {tag}: {{value:.2f}} over {{n}} judgments of {{of}}."


def _model(make: Maker, tag: str, a: Sums, *, allowed: bool) -> None:
    """One model beside the donors, on what both judged."""
    who = a.donors()
    make.add(
        f"stage2.model_yes_rate[{tag}]", "2", f"What models call relevant: {tag}", "share", who,
        lambda: estimates.share(a, ("both", "theirs")),
        f"{tag} said yes to {{percent}} of {{n}} attributes of {{of}}.", WILSON,
        allowed=allowed, study=study.MODEL_YES_RATE, model_tag=tag,
    )  # fmt: skip
    for key, title, unit, values, scale in _SCORES:
        chance = key in ("kappa", "ac1")
        make.add(
            f"stage2.{key}[{tag}]", "2", f"{title}: {tag}", unit, who,
            partial(_against, a, "ratio" if key == "over_selection" else key),
            _sentence(key, title, tag),
            f"{_JACKKNIFE}, {scale} scale." if scale else WILSON, allowed=allowed, study=values,
            model_tag=tag, headline=key == "over_selection" and tag not in BASELINES,
            need=KAPPA_FROM if chance else 10, sure_from=KAPPA_SURE_FROM if chance else 20,
        )  # fmt: skip
