"""Stage 2: what is relevant, for the person and for models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from persona_tui.report import stage2_personal, study
from persona_tui.report.agreement import Flags, by_cluster, table
from persona_tui.report.intervals import UNKNOWN, Floats, Ints, codes, share
from persona_tui.report.model import Figure, Plot, Series, StudyValue, Unit
from persona_tui.report.parts import (
    KAPPA_FROM,
    KAPPA_SURE_FROM,
    MODELS_MISSING,
    PROVISIONAL_BELOW,
    RANKS_FROM,
    Ceilings,
    count_of,
    decimal,
    drawn,
    figure,
    lacking,
    plural,
    weights_of,
)
from store.audit import AuditData

_JACKKNIFE = (
    "Weighted by inclusion probability; delete-one-prompt jackknife (moderated where there are few "
    "prompts), Student's t"
)
_WILSON = (
    "Weighted by inclusion probability; Wilson interval with the design effect of prompts, moderated "
    "where there are few"
)
_AGREEMENT: tuple[tuple[str, str, Unit, str, tuple[StudyValue, ...]], ...] = (
    ("precision", "Right when it says yes", "share", "", study.PRECISION),
    ("recall", "Finds what is relevant", "share", "", study.RECALL),
    ("f1", "Both together (F1)", "share", "quality.retest.2.f1", study.F1),
    ("kappa", "Agreement beyond chance (κ)", "correlation", "quality.retest.2", study.KAPPA),
    ("ac1", "Agreement (Gwet's AC1)", "correlation", "quality.retest.2.ac1", ()),
)
"""Statistic, title, unit, its ceiling, the study's values."""


@dataclass(frozen=True, slots=True)
class Mine:
    """The person's judgments that figures rest on."""

    keys: list[tuple[str, str]]
    """(prompt, attribute)."""
    yes: Flags
    prompt: Ints
    weight: Floats


def mine_of(data: AuditData) -> Mine:
    """Randomly drawn judgments of stage 2, answered blinded, no repeats."""
    r = data.relevance
    rows = drawn(r)
    return Mine(
        [(r.prompt_id[i], r.attribute_id[i]) for i in rows],
        np.array([r.relevant[i] for i in rows], dtype=bool),
        codes([r.prompt_id[i] for i in rows]),
        weights_of([r.inclusion_prob[i] for i in rows]),
    )


Said = dict[str, dict[tuple[str, str], bool]]
"""Model → (prompt, attribute) → yes."""


def said_by_models(data: AuditData) -> Said:
    """Model → (prompt, attribute) → yes; of a model that was asked twice the newest answer."""
    m = data.models
    found: Said = {}
    for kind, tag, attribute, prompt, yes in zip(
        m.kind, m.model_tag, m.attribute_id, m.prompt_id, m.relevant, strict=True
    ):
        if kind == "relevance" and yes is not None and attribute and prompt:
            found.setdefault(tag, {})[prompt, attribute] = yes
    return found


def order(tags: list[str]) -> list[str]:
    """Baselines first, then models by name."""
    return sorted(tags, key=lambda tag: (tag != "bm25", not tag.startswith("embedding:"), tag))


def build(
    data: AuditData, mine: Mine, models: Said, ceilings: Ceilings
) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage, from :func:`mine_of` and :func:`said_by_models`."""
    n = len(mine.yes)
    rate = share(mine.yes, mine.prompt, mine.weight)
    figures = [
        figure(
            "stage2.yes_rate", "2", "What you call relevant", "share", rate,
            f"You said yes to {int(mine.yes.sum())} of {plural(n, 'attribute')} over "
            f"{plural(count_of(mine.prompt), 'prompt')}.", f"Share. {_WILSON}.",
            study=study.YES_RATE, clusters=count_of(mine.prompt),
            tells="How much of your profile matters for a prompt.",
        )
    ]  # fmt: skip
    figures += _kinds(data)
    llms = [t for t in models if t != "bm25" and not t.startswith("embedding:")]
    place = {key: i for i, key in enumerate(mine.keys)}
    for tag in order(list(models)):
        both = [(place[key], yes) for key, yes in models[tag].items() if key in place]
        figures += _model(tag, both, mine, ceilings, headline=tag in llms)
    if not models:
        figures += _nobody()
    if not llms:
        figures.append(
            lacking(
                "stage2.over_selection", "2", "How much more a model would use", "ratio",
                MODELS_MISSING, _JACKKNIFE, study=study.OVER_SELECTION, headline=True,
                tells="How many times as many of your attributes as you a model would use.",
            )
        )  # fmt: skip
    figures += stage2_personal.build(data, ceilings)
    return figures, _plots(figures)


def _nobody() -> list[Figure]:
    """What there will be of each model."""
    found = [
        lacking(
            "stage2.model_yes_rate", "2", "What a model calls relevant", "share", MODELS_MISSING,
            _WILSON, study=study.MODEL_YES_RATE, tells="How much of your profile a model would use.",
        )
    ]  # fmt: skip
    for key, title, unit, ceiling, values in _AGREEMENT:
        found.append(
            lacking(
                f"stage2.{key}", "2", title, unit, MODELS_MISSING, _JACKKNIFE, study=values,
                ceiling_of=ceiling or None, tells="How well a model chooses what you would.",
            )
        )  # fmt: skip
    return found


def _kinds(data: AuditData) -> list[Figure]:
    """Yes rates where knowing the person should matter, and where not (bank prompts)."""
    r = data.relevance
    found = []
    for personal, title in (
        (True, "Relevant where knowing you should matter"),
        (False, "Relevant where it should not"),
    ):
        rows = [i for i in drawn(r) if r.personal[i] is personal]
        yes = np.array([r.relevant[i] for i in rows], dtype=bool)
        found.append(
            figure(
                f"stage2.yes_rate.{'personal' if personal else 'general'}", "2", title, "share",
                share(yes, codes([r.prompt_id[i] for i in rows]),
                      weights_of([r.inclusion_prob[i] for i in rows])) if rows else UNKNOWN,
                f"You said yes to {int(yes.sum())} of {len(yes)}.",
                "As the yes rate, over everyday prompts of the bank only.",
            )
        )  # fmt: skip
    return found


def _model(
    tag: str, both: list[tuple[int, bool]], mine: Mine, ceilings: Ceilings, *, headline: bool
) -> list[Figure]:
    """One model against the person, on what both judged."""
    rows = np.array([i for i, _ in both], dtype=np.int64)
    theirs = np.array([yes for _, yes in both], dtype=bool)
    n = len(rows)
    groups = np.unique(mine.prompt[rows], return_inverse=True)[1] if n else mine.prompt[:0]
    weight = mine.weight[rows]
    cells = table(mine.yes[rows], theirs, groups, weight)
    ratio = by_cluster("ratio", cells, n)
    name = tag.removeprefix("embedding:") if tag.startswith("embedding:") else tag
    found = [
        figure(
            f"stage2.model_yes_rate[{tag}]", "2", f"What {name} calls relevant", "share",
            share(theirs, groups, weight), f"{name} said yes to {int(theirs.sum())} of {n}.",
            f"Share. {_WILSON}.", study=study.MODEL_YES_RATE, model_tag=tag,
            clusters=count_of(groups),
        ),
        figure(
            f"stage2.over_selection[{tag}]", "2", f"How much more {name} would use", "ratio", ratio,
            f"{name} would use {ratio.value:.1f} times as many of your attributes as you."
            if ratio.is_known else "",
            f"Yes of the model / yes of yours. {_JACKKNIFE} on the log scale.",
            study=study.OVER_SELECTION, model_tag=tag, headline=headline, need=RANKS_FROM,
            clusters=count_of(groups),
        ),
    ]  # fmt: skip
    for key, title, unit, ceiling, values in _AGREEMENT:
        one = by_cluster(key, cells, n)
        chance = unit == "correlation"
        found.append(
            figure(
                f"stage2.{key}[{tag}]", "2", f"{title}: {name}", unit, one,
                (f"Agreement of {name} with you: {decimal(one.value)} (1 is perfect, 0 is chance)."
                 if chance else
                 f"{key.capitalize() if key != 'f1' else 'F1'} of {name} against you: "
                 f"{one.value:.2f}.") if one.is_known else "",
                _HOW.get(key, f"{_WILSON} and jackknife variance by prompt."),
                study=values, model_tag=tag, need=KAPPA_FROM if chance else RANKS_FROM,
                sure_from=KAPPA_SURE_FROM if chance else PROVISIONAL_BELOW,
                clusters=count_of(groups), ceiling=ceilings.get(ceiling),
                ceiling_of=ceiling or None,
            )
        )  # fmt: skip
    return found


_HOW = {
    "kappa": f"Cohen 1960; {_JACKKNIFE} on Fisher's z.",
    "ac1": f"Gwet 2008, less sensitive to few yes; {_JACKKNIFE} on Fisher's z.",
}


def _plots(figures: list[Figure]) -> list[Plot]:
    rates = [f for f in figures if "yes_rate" in f.key and f.value is not None]
    rates = [f for f in rates if not f.key.startswith("stage2.yes_rate.")]
    scores = [
        f
        for f in figures
        if f.value is not None and (f.key.startswith("stage2.f1[") or f.key == stage2_personal.F1)
    ]
    plots = []
    for key, title, shown, label in (
        ("stage2.yes_rates", "How much is called relevant", rates, "share called relevant"),
        ("stage2.f1s", "How well models choose (F1 against you)", scores, "F1"),
    ):
        if shown:
            plots.append(
                Plot(
                    key, "2", "intervals", title, label, "",
                    (
                        Series(
                            "you and models", tuple(f.value or 0 for f in shown),
                            tuple(float(i) for i in range(len(shown))),
                            tuple(f.low or 0 for f in shown), tuple(f.high or 0 for f in shown),
                        ),
                    ),
                    tuple(_name(f) for f in shown),
                    description=f"{title}, each with its interval.",
                )
            )  # fmt: skip
    return plots


def _name(one: Figure) -> str:
    if one.key == stage2_personal.F1:
        return "your own model"
    return (one.model_tag or "you").removeprefix("embedding:")
