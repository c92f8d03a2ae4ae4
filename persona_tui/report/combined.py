"""Few judgments of the person and many of a model, together (PPI++), beside the person's alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from persona_tui.report import ppi
from persona_tui.report.intervals import Estimate, codes, mean, share
from persona_tui.report.model import Figure, Unit
from persona_tui.report.parts import figure, percent
from persona_tui.report.stage2 import mine_of, said_by_models
from persona_tui.report.stage3 import headline_arm, rows_of
from store.audit import AuditData

FROM = 30
"""Human judgments below which nothing is shown (PROTOCOL 3)."""
_METHOD = (
    "PPI++ (arXiv 2311.01453): the model's mean over everything, corrected where you judged too; "
    "valid because what you judged was drawn at random. Student's t."
)


def build(data: AuditData) -> list[Figure]:
    """One figure for each model and question of which it judged more items than the person."""
    figures: list[Figure] = []
    a, m = data.attributes, data.models
    mine = {
        key: float(verdict == "ok")
        for key, verdict, how, p in zip(
            a.attribute_id, a.verdict, a.sampling, a.inclusion_prob, strict=True
        )
        if how == "random" and p
    }
    models: dict[str, dict[str, float]] = {}
    for kind, tag, key, verdict, probability in zip(
        m.kind, m.model_tag, m.attribute_id, m.verdict, m.probability, strict=True
    ):
        if kind == "attribute" and key and verdict:
            score = probability if probability is not None else float(verdict == "ok")
            models.setdefault(tag, {})[key] = score
    figures += _figures("acceptance", "What you would accept of everything", "share", mine, models)
    judged = mine_of(data)
    by_pair = {"|".join(key): float(yes) for key, yes in zip(judged.keys, judged.yes, strict=True)}
    answers = {
        tag: {"|".join(key): float(yes) for key, yes in said.items()}
        for tag, said in said_by_models(data).items()
    }
    figures += _figures(
        "yes_rate",
        "What you would call relevant of everything",
        "share",
        by_pair,
        answers,
        by=lambda key: key.split("|")[0],
    )
    r = data.responses
    rated = {r.pair_id[i]: float(r.rating[i] or 3) for i in rows_of(data, headline_arm(data))}
    ratings: dict[str, dict[str, float]] = {}
    arm = headline_arm(data)
    for kind, tag, pair, value, of in zip(
        m.kind, m.model_tag, m.pair_id, m.rating, m.arm, strict=True
    ):
        if kind == "response" and pair and value is not None and of == arm:
            ratings.setdefault(tag, {})[pair] = float(value)
    figures += _figures("rating", "How you would rate all answers", "rating", rated, ratings)
    return figures


def _figures(
    key: str,
    title: str,
    unit: Unit,
    mine: dict[str, float],
    models: dict[str, dict[str, float]],
    by: Callable[[str], str] | None = None,
) -> list[Figure]:
    found = []
    for tag, said in sorted(models.items()):
        both = [one for one in mine if one in said]
        elsewhere = [one for one in said if one not in mine]
        if not elsewhere:
            continue
        human = np.array([mine[one] for one in both])
        model = np.array([said[one] for one in both])
        rest = np.array([said[one] for one in elsewhere])
        # Items of one prompt are alike: ``by`` says which share one.
        group = codes([by(one) for one in both]) if by and both else None
        others = codes([by(one) for one in elsewhere]) if by else None
        is_share = unit == "share"
        together = ppi.mean(human, model, rest, group, others, is_share=is_share)
        alone = share(human == 1.0, group) if is_share else mean(human)
        enough = Estimate(together.value, together.low, together.high, len(both))
        found.append(
            figure(
                f"combined.{key}[{tag}]", "combined", f"{title}, with {tag}", unit, enough,
                _sentence(unit, together, alone, len(both), len(elsewhere)), _METHOD, need=FROM,
                sure_from=50, model_tag=tag,
            )
        )  # fmt: skip
    return found


def _sentence(unit: Unit, together: Estimate, alone: Estimate, n: int, others: int) -> str:
    if not together.is_known or not alone.is_known:
        return ""

    def said(one: Estimate) -> str:
        if unit == "share":
            return f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})"
        return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"

    return (
        f"From your {n} judgments and the model's {others} more: {said(together)}; "
        f"from yours alone: {said(alone)}."
    )
