"""A journal whose attributes are judged and which has prompts, made through the store's functions."""

from __future__ import annotations

from store import judgments, user_prompts
from store.audit import UserPrompt
from store.db import Store, utc_now
from store.records import Attribute, AttributeJudgment, JudgmentContext, Use, Verdict
from tests.persona_tui.review_data import seed

PROMPTS = ("What shall I cook tonight?", "How far away is the moon?", "Where should I travel?")


def judge(store: Store, attribute_id: str, verdict: Verdict = "ok", use: Use | None = None) -> str:
    """A judgment as Review gives it; its id."""
    context = JudgmentContext("0" * 64, "0", {"attribute": "x"})
    row = AttributeJudgment("", attribute_id, utc_now(), context, verdict, use=use)
    return judgments.save(store, row).judgment_id


def audit(
    store: Store, accepted: int = 5, *, extra: int = 1, prompts: tuple[str, ...] = PROMPTS
) -> tuple[list[Attribute], list[UserPrompt]]:
    """``accepted`` attributes judged ok; ``extra`` more judged ok, but never to be used."""
    found = seed(store, accepted + extra)
    for attribute in found[:accepted]:
        judge(store, attribute.attribute_id)
    for attribute in found[accepted:]:
        judge(store, attribute.attribute_id, use="never")
    return found[:accepted], [user_prompts.add(store, text) for text in prompts]
