"""Stage 3: what a small model that learned the person's taste is worth. Weak, and shown as that."""

from __future__ import annotations

from persona_tui.report import study
from persona_tui.report.combined import FROM, sentence
from persona_tui.report.intervals import Estimate
from persona_tui.report.model import Figure
from persona_tui.report.parts import RANKS_FROM, Ceilings, decimal, figure, lacking
from store.audit import AuditData
from store.learned_records import LearnedFigures, LearnedMetric

TAG = "your reward model"
RETEST = "quality.retest.3.spearman"
_MISSING = "it is not trained yet: rate 20 pairs of answers, then persona-tui train"
_RANKS = (
    "Spearman's ρ of your ratings of randomly drawn pairs with what the model of the other folds "
    "predicts (five folds, no prompt in two); without its constant and without the side; interval by "
    "prompt on Fisher's z, with what the folds' models share (Nadeau and Bengio 2003)."
)
_TOGETHER = (
    "PPI++ (arXiv 2311.01453) with cross-prediction (arXiv 2309.16598): pairs that you rated are "
    "predicted by the model of the other folds, those that you did not by the mean of the folds' models; "
    "valid because what you rated was drawn at random. Student's t, by prompt."
)


def build(data: AuditData, ceilings: Ceilings) -> list[Figure]:
    """Its rank correlation with the person, and what it adds to the mean of their ratings. Both were
    computed when it was trained, on items that it had not seen."""
    learned = data.learned.get("reward")
    return [_ranks(learned, ceilings), *_together(learned)]


def _estimate(learned: LearnedFigures | None, name: str) -> Estimate | None:
    metric: LearnedMetric | None = None if learned is None else learned.metrics.get(name)
    if metric is None:
        return None
    return Estimate(metric.value, metric.low, metric.high, metric.n)


def _ranks(learned: LearnedFigures | None, ceilings: Ceilings) -> Figure:
    title = "Rank correlation with you: your reward model"
    found = _estimate(learned, "spearman")
    if found is None:
        why = "its predictions or your ratings are all alike"
        return lacking(
            "stage3.reward", "3", title, "correlation", _MISSING if learned is None else why, _RANKS,
            study=study.REWARD, ceiling_of=RETEST,
            tells="Whether a small model that learned from you can tell which answer you will prefer.",
        )  # fmt: skip
    chance = found.low <= 0
    return figure(
        "stage3.reward", "3", title, "correlation", found,
        f"A small model that learned your taste orders answers like you with ρ = {decimal(found.value)}"
        + (": no better than chance, as far as this tells." if chance else ".")
        + " It replaces none of your judgments.",
        _RANKS, study=study.REWARD, need=RANKS_FROM, sure_from=50, model_tag=TAG, what="comparison",
        ceiling=ceilings.get(RETEST), ceiling_of=RETEST,
    )  # fmt: skip


def _together(learned: LearnedFigures | None) -> list[Figure]:
    """Nothing where nothing is left to predict: all pairs are judged, or there is no model."""
    together, alone = (_estimate(learned, name) for name in ("rating_combined", "rating_alone"))
    if together is None or alone is None:
        return []
    enough = Estimate(together.value, together.low, together.high, alone.n)
    return [
        figure(
            "combined.rating.reward", "combined", f"How you would rate all answers, with {TAG}",
            "rating", enough, sentence("rating", together, alone, alone.n, together.n - alone.n),
            _TOGETHER, need=FROM, sure_from=50, model_tag=TAG, what="rated pair",
        )
    ]  # fmt: skip
