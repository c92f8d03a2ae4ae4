"""What was learned, in words: the same for the verb, the screen and the notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import Result
from persona_tui.jobs.learning.using import NAMES
from persona_tui.report import study
from persona_tui.report.model import StudyValue, Unit
from persona_tui.report.text import clean, range_text, study_text, value_text
from store.learned_records import LearnedKind, LearnedMetric, LearnedModel


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a kind."""

    tells: str
    """What it predicts."""
    used_for: str
    how: str
    """How more judgments are given."""


ABOUT: dict[LearnedKind, About] = {
    "verifier": About(
        "which inferred attributes you would call unsure or bad",
        "what it flags goes back to be refined, and part of what you are asked is what it is unsure of",
        "Review (F3, or persona-tui review)",
    ),
    "relevance": About(
        "which of your attributes you would call relevant to a prompt",
        "it chooses attributes for personalized answers",
        "Relevance (F4, or persona-tui relevance)",
    ),
    "reward": About(
        "which of two answers you would prefer",
        "it narrows an interval in the report, and never stands for a judgment of yours",
        "Compare (F5, or persona-tui compare)",
    ),
}
TRAIN_ALL = "Learn from your judgments now"


@dataclass(frozen=True, slots=True)
class Line:
    """One held-out figure to show."""

    title: str
    value: str
    """``71 % (58–82)``"""
    n: int
    study: str
    """The study's value, or nothing."""


FEW = 20
"""Items below which a figure is not set beside the study's, as in the report it is provisional."""

_TITLES: dict[str, tuple[str, Unit]] = {
    "precision": ("Precision", "share"),
    "recall": ("Recall", "share"),
    "f1": ("F1", "share"),
    "f2": ("F2 (recall counts twice)", "share"),
    "accuracy": ("Accuracy", "share"),
    "average_precision": ("Average precision", "share"),
    "auroc": ("AUROC (0.5 is chance)", "correlation"),
    "brier": ("Brier score", "correlation"),
    "base_rate": ("How often you say yes", "share"),
    "flagged": ("Share that it flags", "share"),
    "spearman": ("Spearman's correlation with your ratings", "correlation"),
    "rating_combined": ("Mean rating, with its help", "rating"),
    "rating_alone": ("Mean rating, without it", "rating"),
}
_STUDY: dict[tuple[str, str], tuple[StudyValue, ...]] = {
    ("verifier", "f1"): study.VERIFIER[:1],
    ("relevance", "f1"): study.F1[-2:],
    ("relevance", "precision"): study.PRECISION[-2:],
    ("relevance", "recall"): study.RECALL[-2:],
    ("reward", "spearman"): study.REWARD[:1],
}


def figure_lines(model: LearnedModel) -> list[Line]:
    """Its held-out figures, the best known first."""
    order = {name: place for place, name in enumerate(_TITLES)}
    found = []
    for name, metric in sorted(
        model.metrics.items(), key=lambda one: (order.get(one[0], len(order)), one[0])
    ):
        title, unit = _TITLES.get(name, (_spoken(name), "correlation"))
        few = metric.n < FEW  # beside a study of thousands it would say more than it is
        beside = () if few else _STUDY.get((model.kind, name), ())
        said = "; ".join(study_text(one, unit) for one in beside)
        found.append(Line(title, _value(metric, unit), metric.n, said))
    return found


def _spoken(name: str) -> str:
    words = clean(name).replace("_", " ")[:60]
    return words[:1].upper() + words[1:]


def _value(metric: LearnedMetric, unit: Unit) -> str:
    return f"{value_text(metric.value, unit)} ({range_text(metric.low, metric.high, unit)})"


def summary(model: LearnedModel) -> str:
    """What it learned from, and what it is worth: plain words first."""
    count = number(model.trained_on, "judgments")
    name = NAMES[model.kind]
    text = f"Your {name} learned from {_counted(count, 'judgment')}"
    drawn = number(model.trained_on, "random")
    if drawn < count:
        text += f" ({drawn:,} of them drawn at random)"
    return f"{text}. {_worth(model)}"


def _worth(model: LearnedModel) -> str:
    recall, precision = model.metrics.get("recall"), model.metrics.get("precision")
    spearman = model.metrics.get("spearman")
    if model.kind == "reward" and spearman is not None:
        unsure = " That may be chance." if spearman.low <= 0 <= spearman.high else ""
        return (
            "On pairs that it had not seen, its order agreed with yours by "
            f"{_value(spearman, 'correlation')}, where 1 is always and 0 is chance; the study's reward "
            f"models reached about 0.3.{unsure}"
        )
    if recall is None or precision is None:
        return (
            "What it is worth on judgments that it has not seen cannot be told yet: only those drawn at "
            "random count, and too few are."
        )
    found = _value(recall, "share")
    right = _value(precision, "share")
    if model.kind == "verifier":
        return (
            f"On ones that it had not seen it found {found} of what you called unsure or bad; of what "
            f"it flagged, you called {right} so.{_chance(model)}"
        )
    return (
        f"On ones that it had not seen it found {found} of what you called relevant; of what it "
        f"chose, you called {right} relevant."
    )


def _chance(model: LearnedModel) -> str:
    """Said where it is not shown to tell the ones from the others: flagging anything finds some."""
    auroc = model.metrics.get("auroc")
    if auroc is None or auroc.low > 0.5:
        return ""
    return " Whether that is better than flagging at random cannot be told yet."


def missing(kind: LearnedKind, lacking: Lacking) -> str:
    """What a kind needs before it can learn, and how to give it."""
    little = "too little" if lacking.have else "nothing"
    return (
        f"Your {NAMES[kind]} has {little} to learn from yet: it needs {lacking.missing} more "
        f"{clean(lacking.what)} ({lacking.have} of {lacking.needed}). Give them in "
        f"{ABOUT[kind].how}."
    )


def not_trained(kind: LearnedKind) -> str:
    """Where nothing was learned, and nobody has tried yet."""
    return (
        f"Your {NAMES[kind]} has not learned yet. It would tell {ABOUT[kind].tells}. Judge in "
        f"{ABOUT[kind].how}."
    )


def words(model: LearnedModel) -> list[str]:
    """What it learned, a sentence a line."""
    said = model.trained_on.get("words")
    return [clean(one) for one in said if isinstance(one, str)] if isinstance(said, list) else []


def verdict(model: LearnedModel) -> str:
    """How its version compared with the one before it, in a sentence."""
    found = model.trained_on.get("comparison")
    compared: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    before = compared.get("before")
    if not isinstance(before, int):
        return "The first one."
    try:
        n, new, old = int(compared["n"]), float(compared["loss"]), float(compared["loss_before"])
        tolerance = float(compared["tolerance"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return f"How it compared with version {before} is not known."
    if not n:
        return f"There was nothing to compare it with version {before} on."
    told = f"mean squared error {new:.3f}, that of version {before} {old:.3f}"
    if compared.get("rule") == "since":
        where = f"On {_counted(n, 'judgment')} that came since and neither had seen"
    else:
        where = f"On {_counted(n, 'judgment')}, each left out of training"
    if compared.get("keep"):
        return f"{where}: {told}."
    return f"Not put in use. {where}: {told}, worse by more than chance explains ({tolerance:.3f})."


def result_text(result: Result) -> str:
    """How training ended, in a sentence or two."""
    name, model = NAMES[result.kind], result.model
    if result.outcome == "lacking" and result.lacking is not None:
        return missing(result.kind, result.lacking)
    if result.outcome == "failed":
        return f"Your {name}: {result.error}"
    if result.outcome == "forgotten":
        return f"Something was forgotten while your {name} learned, so nothing of it was kept."
    if model is None:
        return ""
    if result.outcome == "unchanged":
        return f"{summary(model)} Nothing new to learn since."
    if result.outcome == "not_used":
        return f"Your {name} learned anew (version {model.version}). {verdict(model)}"
    return summary(model)


def note(result: Result) -> str | None:
    """What is said in passing when it learned by itself; ``None``: nothing changed."""
    model = result.model
    if result.outcome != "used" or model is None:
        return None
    count = _counted(number(model.trained_on, "judgments"), "judgment")
    return f"Your {NAMES[result.kind]} learned from {count} (version {model.version})."


def answer(result: Result) -> str:
    """What is said to a person who had it trained: also that nothing changed."""
    name = NAMES[result.kind]
    if result.outcome == "unchanged":
        return f"Your {name}: nothing new to learn since it last did."
    if result.outcome == "not_used" and result.model is not None:
        return (
            f"Your {name} learned anew (version {result.model.version}), and is not put in use: it is "
            "worse than the one in use by more than chance explains."
        )
    return note(result) or result_text(result)


def number(trained_on: Mapping[str, Any], key: str) -> int:
    """A count of the provenance; 0 where it is damaged."""
    value = trained_on.get(key)
    return value if isinstance(value, int) else 0


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
