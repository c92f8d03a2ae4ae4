"""Stage 2: what is relevant, for the person and for models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from persona_tui.report import study
from persona_tui.report.agreement import Flags, by_cluster, table
from persona_tui.report.intervals import Floats, Ints, codes, share
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import (
    KAPPA_FROM,
    KAPPA_SURE_FROM,
    MODELS_MISSING,
    figure,
    plural,
    weights_of,
)
from store.audit import AuditData

_JACKKNIFE = "Weighted by inclusion probability; delete-one-prompt jackknife, Student's t"


@dataclass(frozen=True, slots=True)
class Mine:
    """The person's judgments that figures rest on."""

    keys: list[tuple[str, str]]
    """(prompt, attribute)."""
    yes: Flags
    prompt: Ints
    weight: Floats


def mine_of(data: AuditData) -> Mine:
    """Randomly drawn judgments of stage 2, no repeats."""
    r = data.relevance
    rows = [
        i
        for i, (how, p) in enumerate(zip(r.sampling, r.inclusion_prob, strict=True))
        if how == "random" and p is not None
    ]
    return Mine(
        [(r.prompt_id[i], r.attribute_id[i]) for i in rows],
        np.array([r.relevant[i] for i in rows], dtype=bool),
        codes([r.prompt_id[i] for i in rows]),
        weights_of([r.inclusion_prob[i] for i in rows]),
    )


def said_by_models(data: AuditData) -> dict[str, dict[tuple[str, str], bool]]:
    """Model → (prompt, attribute) → yes; of a model that was asked twice the newest answer."""
    m = data.models
    found: dict[str, dict[tuple[str, str], bool]] = {}
    for kind, tag, attribute, prompt, yes in zip(
        m.kind, m.model_tag, m.attribute_id, m.prompt_id, m.relevant, strict=True
    ):
        if kind == "relevance" and yes is not None and attribute and prompt:
            found.setdefault(tag, {})[prompt, attribute] = yes
    return found


def order(tags: list[str]) -> list[str]:
    """Baselines first, then models by name."""
    return sorted(tags, key=lambda tag: (tag != "bm25", not tag.startswith("embedding:"), tag))


def build(data: AuditData, ceiling: float | None) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage."""
    mine = mine_of(data)
    n = len(mine.yes)
    rate = share(mine.yes, mine.prompt, mine.weight)
    figures = [
        figure(
            "stage2.yes_rate", "2", "What you call relevant", "share", rate,
            f"You said yes to {int(mine.yes.sum())} of {plural(n, 'attribute')} over "
            f"{plural(int(mine.prompt.max()) + 1 if n else 0, 'prompt')}.",
            "Share, weighted by inclusion probability; Wilson interval with the design effect of "
            "prompts.",
            study=study.YES_RATE, tells="How much of your profile matters for a prompt.",
        )
    ]  # fmt: skip
    figures += _kinds(data)
    models = said_by_models(data)
    llms = [t for t in models if t != "bm25" and not t.startswith("embedding:")]
    place = {key: i for i, key in enumerate(mine.keys)}
    for tag in order(list(models)):
        both = [(place[key], yes) for key, yes in models[tag].items() if key in place]
        figures += _model(tag, both, mine, ceiling, headline=tag in llms)
    if not llms:
        figures.append(
            figure(
                "stage2.over_selection", "2", "How much more a model would use", "ratio",
                share(np.array([], dtype=bool)), "", _JACKKNIFE, study=study.OVER_SELECTION,
                headline=True, missing=MODELS_MISSING,
                tells="How many times as many of your attributes as you a model would use.",
            )
        )  # fmt: skip
    return figures, _plots(figures)


def _kinds(data: AuditData) -> list[Figure]:
    """Yes rates where knowing the person should matter, and where not (bank prompts)."""
    r = data.relevance
    found = []
    for personal, title in (
        (True, "Relevant where knowing you should matter"),
        (False, "Relevant where it should not"),
    ):
        rows = [
            i
            for i in range(len(r.relevant))
            if r.personal[i] is personal and r.sampling[i] == "random" and r.inclusion_prob[i]
        ]
        yes = np.array([r.relevant[i] for i in rows], dtype=bool)
        found.append(
            figure(
                f"stage2.yes_rate.{'personal' if personal else 'general'}", "2", title, "share",
                share(yes, codes([r.prompt_id[i] for i in rows]),
                      weights_of([r.inclusion_prob[i] for i in rows])) if rows else share(yes),
                f"You said yes to {int(yes.sum())} of {len(yes)}.",
                "As the yes rate, over everyday prompts of the bank only.",
            )
        )  # fmt: skip
    return found


def _model(
    tag: str, both: list[tuple[int, bool]], mine: Mine, ceiling: float | None, *, headline: bool
) -> list[Figure]:
    """One model against the person, on what both judged."""
    rows = np.array([i for i, _ in both], dtype=np.int64)
    theirs = np.array([yes for _, yes in both], dtype=bool)
    n = len(rows)
    yes = mine.yes[rows] if n else theirs
    groups = codes([mine.keys[i][0] for i in rows])
    weight = mine.weight[rows] if n else np.array([])
    cells = table(yes, theirs, groups, weight) if n else np.zeros((0, 4))
    ratio = by_cluster("ratio", cells, n)
    name = tag.removeprefix("embedding:") if tag.startswith("embedding:") else tag
    found = [
        figure(
            f"stage2.model_yes_rate[{tag}]", "2", f"What {name} calls relevant", "share",
            share(theirs, groups, weight) if n else share(theirs),
            f"{name} said yes to {int(theirs.sum())} of {n}.", "As your yes rate.",
            study=study.MODEL_YES_RATE, model_tag=tag,
        ),
        figure(
            f"stage2.over_selection[{tag}]", "2", f"How much more {name} would use", "ratio", ratio,
            f"{name} would use {ratio.value:.1f} times as many of your attributes as you."
            if ratio.is_known else "",
            f"Yes of the model / yes of yours. {_JACKKNIFE} on the log scale.",
            study=study.OVER_SELECTION, model_tag=tag, headline=headline, need=10,
        ),
    ]  # fmt: skip
    for key, title, values in (
        ("precision", "Right when it says yes", study.PRECISION),
        ("recall", "Finds what is relevant", study.RECALL),
        ("f1", "Both together (F1)", study.F1),
    ):
        one = by_cluster(key, cells, n)
        found.append(
            figure(
                f"stage2.{key}[{tag}]", "2", f"{title}: {name}", "share", one,
                f"{key.capitalize() if key != 'f1' else 'F1'} of {name} against you: "
                f"{one.value:.2f}." if one.is_known else "",
                f"{_JACKKNIFE} on the logit scale.", study=values, model_tag=tag, need=10,
            )
        )  # fmt: skip
    for key, title in (("kappa", "Agreement beyond chance (κ)"), ("ac1", "Agreement (Gwet's AC1)")):
        one = by_cluster(key, cells, n)
        found.append(
            figure(
                f"stage2.{key}[{tag}]", "2", f"{title}: {name}", "correlation", one,
                f"Agreement of {name} with you: {one.value:.2f} (1 is perfect, 0 is chance)."
                if one.is_known else "",
                f"{'Cohen 1960' if key == 'kappa' else 'Gwet 2008, less sensitive to few yes'}; "
                f"{_JACKKNIFE.lower()} on Fisher's z.",
                study=study.KAPPA if key == "kappa" else (), model_tag=tag, need=KAPPA_FROM,
                sure_from=KAPPA_SURE_FROM, ceiling=ceiling,
            )
        )  # fmt: skip
    return found


def _plots(figures: list[Figure]) -> list[Plot]:
    rates = [f for f in figures if "yes_rate" in f.key and f.value is not None]
    rates = [f for f in rates if not f.key.startswith("stage2.yes_rate.")]
    scores = [f for f in figures if f.key.startswith("stage2.f1[") and f.value is not None]
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
                    tuple((f.model_tag or "you").removeprefix("embedding:") for f in shown),
                    description=f"{title}, each with its interval.",
                )
            )  # fmt: skip
    return plots
