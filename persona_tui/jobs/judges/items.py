"""What there is for a judge to answer: items from the journal, and an estimate of what they take."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from persona_tui.jobs.costs import CHARACTERS_A_TOKEN, Price, shares_prefix
from persona_tui.jobs.relevance.queue import accepted_attributes
from persona_tui.stages.judges import questions
from persona_tui.stages.judges.questions import (
    AttributeItem,
    Item,
    PairItem,
    Question,
    RelevanceItem,
)
from store import model_judgments
from store.audit import Kind, ResponsePair

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.db import StoreThread
    from store.db import Store

BLOCK = 8
"""Attributes that are asked about in one call, where they share what was read."""
REFUSED = 0.5
"""Share of attributes that are not accepted, for estimates: of those is asked what is wrong."""
KINDS: tuple[Kind, ...] = ("attribute", "relevance", "response")


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to ask."""

    items: tuple[Item, ...]
    questions: int
    """Verdicts that will come of it."""
    known: int
    """Verdicts that are there already."""
    tokens: int
    """Estimate of what is sent."""
    written: int
    """Estimate of what is written."""

    def cost(self, price: Price | None) -> float | None:
        return None if price is None else price.of(self.tokens, self.written)


def items_of(
    store: Store, kind: Kind, *, everything: bool, block: int = BLOCK, detail: bool = True
) -> list[Item]:
    """What the person judged (with ``everything`` also what they did not), as items. What must never
    be used goes to no judge. With ``detail`` a pair is asked about for each attribute, too."""
    from store import attributes, relevance, response_judgments, responses, user_prompts

    if kind == "attribute":
        found: list[Item] = []
        for one in attributes.list_all(store):
            judged = one.judgment is not None and one.judgment.verdict is not None
            refused = one.judgment is not None and one.judgment.use == "never"
            if one.strategy != "user" and not refused and (judged or everything):
                quotes = tuple(evidence.quote for evidence in one.evidence[:5])
                found.append(AttributeItem(one.attribute_id, one.text, quotes))
        return found
    accepted = accepted_attributes(store)
    texts = {one.prompt_id: one.text for one in user_prompts.list_all(store, removed=True)}
    by_prompt: dict[str, list[str]] = {}
    yes: dict[str, list[str]] = {}
    for row in relevance.in_force(store):
        if row.attribute_id in accepted:
            by_prompt.setdefault(row.prompt_id, []).append(row.attribute_id)
            if row.relevant:
                yes.setdefault(row.prompt_id, []).append(accepted[row.attribute_id])
    if kind == "relevance":
        if everything:
            by_prompt = {one.prompt_id: list(accepted) for one in user_prompts.list_all(store)}
        return [
            RelevanceItem(key, texts[key], tuple((a, accepted[a]) for a in ids[at : at + block]))
            for key, ids in by_prompt.items()
            for at in range(0, len(ids), block)
        ]
    judged_pairs = {row.pair_id for row in response_judgments.in_force(store)}

    def asked(pair: ResponsePair) -> tuple[tuple[str, str], ...]:
        keys = pair.personalized.attribute_ids if detail and pair.arm != "models" else ()
        return tuple((key, accepted[key]) for key in keys[: questions.ASKED_AT_MOST])

    return [
        PairItem(
            pair.pair_id, texts[pair.prompt_id], pair.generic.text, pair.personalized.text,
            tuple(yes.get(pair.prompt_id, ())) if pair.arm != "models" else (), asked(pair),
        )
        for pair in responses.pairs(store)
        if not pair.identical and (everything or pair.pair_id in judged_pairs)
        and all(key in accepted for key in pair.personalized.attribute_ids)
    ]  # fmt: skip


async def plan(
    db: StoreThread,
    backend: Backend,
    kinds: Sequence[Kind],
    *,
    everything: bool = False,
    limit: int | None = None,
    detail: bool | None = None,
) -> Plan:
    """What is still to be asked, with an estimate of the tokens. ``detail=None`` asks about each
    attribute of a pair where that is cheap: where the answers are read once for all of them."""
    model = backend.describe()
    shared = shares_prefix(model)
    wanted = shared if detail is None else detail
    read: list[tuple[list[Item], set[str]]] = []
    for kind in kinds:
        known = await db.run(model_judgments.known, kind, model.name)
        # Where nothing is shared each row is a request, and its answer is to be kept as it comes.
        find = partial(
            items_of, kind=kind, everything=everything, block=BLOCK if shared else 1, detail=wanted
        )
        read.append((await db.run(find), known))
    # Hashing thousands of questions takes long enough to be felt in an interface.
    return await asyncio.to_thread(_planned, read, model.name, shared=shared, limit=limit)


def _planned(
    read: Sequence[tuple[Sequence[Item], set[str]]], model: str, *, shared: bool, limit: int | None
) -> Plan:
    todo: list[Item] = []
    left = there = characters = written = 0
    for items, known in read:
        for found in items:
            if limit is not None and left >= limit:
                break
            item, new, old = _open(found, model, known)
            there += old
            if item is None:
                continue
            todo.append(item)
            left += new
            for question in asked_of(item):
                characters += question.characters
                rows = len(question.continuations)
                written += rows
                if not shared:
                    characters += (rows - 1) * sum(len(one.content) for one in question.prefix)
            if isinstance(item, AttributeItem):
                characters += round(REFUSED * item.why("unsure").characters)
                written += 1
    return Plan(tuple(todo), left, there, round(characters / CHARACTERS_A_TOKEN), written)


def asked_of(item: Item) -> tuple[Question, ...]:
    """What is asked of an item in any case."""
    return item.questions() if isinstance(item, PairItem) else (item.question(),)


def _open(item: Item, model: str, known: set[str]) -> tuple[Item | None, int, int]:
    """What of an item is not answered yet; how many verdicts will come of it, and how many are there."""
    question = asked_of(item)[0]
    if isinstance(item, PairItem):
        is_there = questions.input_sha256(model, question) in known
        return (None, 0, 1) if is_there else (item, 1, 0)
    rows = range(len(question.continuations))
    new = [row for row in rows if questions.input_sha256(model, question, row) not in known]
    if isinstance(item, RelevanceItem):
        item = replace(item, attributes=tuple(item.attributes[row] for row in new))
    return (item if new else None), len(new), len(rows) - len(new)
