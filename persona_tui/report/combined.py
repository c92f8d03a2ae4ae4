"""Few judgments of the person and many of a model, together (PPI++), beside the person's alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from persona_tui.report import ppi
from persona_tui.report.intervals import CONVERSATION, PROMPT, Estimate, codes, mean, share
from persona_tui.report.model import Figure, Unit
from persona_tui.report.parts import MODELS_MISSING, drawn, figure, lacking, percent
from persona_tui.report.stage2 import Mine, Said
from persona_tui.report.stage3 import SCALE
from store.audit import AuditData

FROM = 30
"""Human judgments below which nothing is shown (PROTOCOL 3)."""
_METHOD = (
    "PPI++ (arXiv 2311.01453): the model's mean over everything, corrected where you judged too; "
    "valid because what you judged was drawn at random. Student's t, by conversation (what you accept) "
    "or by prompt."
)
_NOTHING_MORE = "no model has judged more than you have (persona-tui judge --all)"
Item = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Question:
    """One thing that both were asked."""

    key: str
    title: str
    unit: Unit
    alike: float
    mine: Mapping[Item, float]
    models: Mapping[str, Mapping[Item, float]]
    cluster: Mapping[Item, str | None]
    """Item → what it shares with others."""


def build(data: AuditData, judged: Mine, said: Said, arms: Mapping[str, list[int]]) -> list[Figure]:
    """One figure for each model and question of which it judged more items than the person; where
    there is none, what is lacking for one. Of stages 2 and 3: what their figures rest on."""
    figures: list[Figure] = []
    for question in (_acceptance(data), _relevance(judged, said), _rating(data, arms)):
        found = _figures(question)
        if not found:
            found.append(
                lacking(
                    f"combined.{question.key}", "combined", question.title, question.unit,
                    _NOTHING_MORE if question.models else MODELS_MISSING, _METHOD,
                    tells="Your figure with a narrower interval, if a model agrees with you.",
                )
            )  # fmt: skip
        figures += found
    return figures


def _acceptance(data: AuditData) -> _Question:
    a, m = data.attributes, data.models
    rows = drawn(a)
    cluster: dict[Item, str | None] = {a.attribute_id[i]: a.conversation_id[i] for i in rows}
    models: dict[str, dict[Item, float]] = {}
    for kind, tag, key, verdict, probability, shared in zip(
        m.kind, m.model_tag, m.attribute_id, m.verdict, m.probability, m.cluster, strict=True
    ):
        if kind == "attribute" and key and verdict:
            score = probability if probability is not None else float(verdict == "ok")
            models.setdefault(tag, {})[key] = score
            cluster.setdefault(key, shared)
    return _Question(
        "acceptance", "What you would accept of everything", "share", CONVERSATION,
        {a.attribute_id[i]: float(a.verdict[i] == "ok") for i in rows}, models, cluster,
    )  # fmt: skip


def _relevance(judged: Mine, models: Said) -> _Question:
    mine: dict[Item, float] = dict(zip(judged.keys, judged.yes.astype(float).tolist(), strict=True))
    cluster: dict[Item, str | None] = {key: key[0] for key in judged.keys}
    for said in models.values():
        cluster.update((key, key[0]) for key in said.keys() - cluster.keys())
    answers: Mapping[str, Mapping[Item, float]] = models  # type: ignore[assignment]
    return _Question(
        "yes_rate", "What you would call relevant of everything", "share", PROMPT, mine, answers,
        cluster,
    )  # fmt: skip


def _rating(data: AuditData, arms: Mapping[str, list[int]]) -> _Question:
    r, m = data.responses, data.models
    arm, rows = next(iter(arms.items()))
    cluster: dict[Item, str | None] = {r.pair_id[i]: r.prompt_id[i] for i in rows}
    ratings: dict[str, dict[Item, float]] = {}
    for kind, tag, pair, value, expected, of, shared in zip(
        m.kind, m.model_tag, m.pair_id, m.rating, m.mean, m.arm, m.cluster, strict=True
    ):
        if kind == "response" and pair and value is not None and of == arm:
            ratings.setdefault(tag, {})[pair] = float(value if expected is None else expected)
            cluster.setdefault(pair, shared)
    return _Question(
        "rating", "How you would rate all answers", "rating", PROMPT,
        {r.pair_id[i]: float(r.rating[i] or 3) for i in rows}, ratings, cluster,
    )  # fmt: skip


def _figures(question: _Question) -> list[Figure]:
    mine, found = question.mine, []
    for tag, said in sorted(question.models.items()):
        both = [one for one in mine if one in said]
        elsewhere = [one for one in said if one not in mine]
        if not elsewhere:
            continue
        human = np.array([mine[one] for one in both], dtype=float)
        model = np.array([said[one] for one in both], dtype=float)
        rest = np.array([said[one] for one in elsewhere], dtype=float)
        group = codes([question.cluster[one] for one in both])
        others = codes([question.cluster[one] for one in elsewhere])
        is_share, alike = question.unit == "share", question.alike
        together = ppi.mean(
            human, model, rest, group, others, is_share=is_share, alike=alike,
            within=None if is_share else SCALE,
        )  # fmt: skip
        alone = (
            share(human == 1.0, group, alike=alike)
            if is_share
            else mean(human, group, within=SCALE, alike=alike)
        )
        enough = Estimate(together.value, together.low, together.high, len(both))
        found.append(
            figure(
                f"combined.{question.key}[{tag}]", "combined", f"{question.title}, with {tag}",
                question.unit, enough,
                sentence(question.unit, together, alone, len(both), len(elsewhere)), _METHOD,
                need=FROM, sure_from=50, model_tag=tag,
            )
        )  # fmt: skip
    return found


def sentence(unit: Unit, together: Estimate, alone: Estimate, n: int, others: int) -> str:
    """What ``n`` judgments and the model's ``others`` say together, and what they say alone."""
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
