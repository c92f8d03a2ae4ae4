"""Stage 2: what the small model is worth that learned from the person what is relevant to them."""

from __future__ import annotations

from persona_tui.report import study
from persona_tui.report.intervals import Estimate
from persona_tui.report.model import Figure
from persona_tui.report.parts import RANKS_FROM, Ceilings, figure, lacking
from store.audit import AuditData

F1 = "stage2.personal"
_TITLE = "Your relevance model"
_TELLS = "How well a small model that learned from you chooses what you would."
_HELD_OUT = (
    "Of randomly drawn judgments, each predicted by a model and a threshold that learned from other "
    "prompts only (grouped cross-validation by prompt, threshold of the highest F1)"
)
_BY_PROMPT = f"{_HELD_OUT}; Wilson interval with the design effect of prompts."
_RANKED = (
    f"{_HELD_OUT}. The mean precision over all places at which something relevant stands, ordered by "
    "probability; delete-one-prompt jackknife on the logit scale, Student's t."
)


def build(data: AuditData, ceilings: Ceilings) -> list[Figure]:
    """F1 first; precision, recall and average precision where there is a model."""
    learned = data.learned.get("relevance")
    if learned is None:
        return [
            lacking(
                F1, "2", f"{_TITLE} (F1)", "share", "it has not learned yet (persona-tui train)",
                _BY_PROMPT, study=study.F1, ceiling_of="quality.retest.2.f1", tells=_TELLS,
            )
        ]  # fmt: skip
    found = []
    for name, title, said, values, method in (
        ("f1", "F1", "Both together: {value:.2f}.", study.F1, _BY_PROMPT),
        ("precision", "right when it says yes", "Of what it would use you want {share} used.",
         study.PRECISION, _BY_PROMPT),
        ("recall", "finds what is relevant", "It would use {share} of what you want used.",
         study.RECALL, _BY_PROMPT),
        ("average_precision", "average precision", "How well it puts first what you want: {value:.2f}.",
         (), _RANKED),
    ):  # fmt: skip
        key = F1 if name == "f1" else f"{F1}.{name}"
        ceiling = "quality.retest.2.f1" if name == "f1" else ""
        metric = learned.metrics.get(name)
        if metric is None:
            found.append(
                lacking(
                    key, "2", f"{_TITLE} ({title})", "share",
                    "it cannot be measured yet: too few judgments of too few prompts were drawn at "
                    "random, or it was never wrong", method, study=values,
                    ceiling_of=ceiling or None, tells=_TELLS,
                )
            )  # fmt: skip
            continue
        found.append(
            figure(
                key, "2", f"{_TITLE} ({title})", "share",
                Estimate(metric.value, metric.low, metric.high, metric.n),
                said.format(value=metric.value, share=f"{100 * metric.value:.0f} %"),
                method, study=values, need=RANKS_FROM,
                ceiling=ceilings.get(ceiling), ceiling_of=ceiling or None,
            )
        )  # fmt: skip
    return found
