"""What synthetic users are known to be like, as judgments; kept up with the rules and the prompts.

Asked about are bank prompts only, chosen by the persona, and only what is true of it: of what it does
not state nobody knows whether it would matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui.stages.foil import personas as bank
from persona_tui.stages.foil.personas import OWN, Persona
from persona_tui.stages.foil.truth import known, relevant
from store import synthetic
from store.audit import SyntheticAttribute, SyntheticJudgment, UserPrompt
from store.db import new_id, utc_now

if TYPE_CHECKING:
    from models.protocol import Embedder
    from persona_tui.db import StoreThread
    from store.db import Store

PROMPTS = 4
"""Bank prompts that relevance is asked about for each persona: half where it should matter."""


def chosen_prompts(persona: Persona, offered: Sequence[UserPrompt]) -> list[UserPrompt]:
    """The bank prompts that this persona is asked about: half of them of the kind for which knowing
    the person matters, in an order that the persona fixes."""

    def place(prompt: UserPrompt) -> str:
        return hashlib.sha256(f"{persona.key}|{prompt.bank_key}".encode()).hexdigest()

    half = PROMPTS // 2
    bank_only = sorted((p for p in offered if p.bank_key and p.topic), key=place)
    return [
        *[p for p in bank_only if p.personal][:half],
        *[p for p in bank_only if not p.personal][: PROMPTS - half],
    ]


async def told_by(
    persona: Persona,
    attributes: Sequence[SyntheticAttribute],
    embedder: Embedder,
    offered: Sequence[UserPrompt],
    now: Callable[[], datetime] = utc_now,
) -> list[SyntheticJudgment]:
    """What the persona itself says: validity, and relevance of what is true. No failure mode: why a
    statement is wrong is for a person to say, who sees what it was inferred from.

    Raises :class:`models.errors.ModelError`.
    """
    rows: list[SyntheticJudgment] = []
    truths = await known(persona, [one.text for one in attributes], embedder)
    for attribute, truth in zip(attributes, truths, strict=True):
        if truth.verdict is not None:
            rows.append(
                SyntheticJudgment(
                    new_id(), attribute.attribute_id, "truth", now(), verdict=truth.verdict,
                    probability=round(truth.score, 4),
                )
            )  # fmt: skip
        if truth.verdict != "ok" or truth.fact is None:
            continue
        for prompt in chosen_prompts(persona, offered):
            yes = relevant(persona, truth.fact, prompt.topic or "", personal=bool(prompt.personal))
            if yes is not None:
                rows.append(
                    SyntheticJudgment(
                        new_id(), attribute.attribute_id, "truth", now(),
                        prompt_key=prompt.bank_key, relevant=yes,
                    )
                )  # fmt: skip
    return rows


async def refresh(
    db: StoreThread, embedder: Embedder, offered: Sequence[UserPrompt], own: Sequence[str] = ()
) -> int:
    """Bring what is stored to what the personas say now (the rules of truth, the prompts of the bank
    may be newer than a conversation); how many judgments changed. A profile that was edited since it
    was played says nothing any more.

    Raises :class:`models.errors.ModelError`.
    """
    played = await db.run(synthetic.conversations)
    if not played:
        return 0
    found: dict[str, list[SyntheticAttribute]] = {}
    for one in await db.run(synthetic.attributes):
        found.setdefault(one.conversation_id, []).append(one)
    before = {
        (one.attribute_id, one.prompt_key): one
        for one in await db.run(synthetic.judgments)
        if one.rater == "truth"
    }
    changes: list[SyntheticJudgment] = []
    for about in played:
        persona = bank.own(tuple(own)) if about.persona_key == OWN else bank.find(about.persona_key)
        attributes = found.get(about.conversation_id, [])
        there = {one.attribute_id for one in attributes}
        stored = {key: one for key, one in before.items() if key[0] in there}
        if persona is None or persona.sha256 != about.persona_sha256:
            fresh = []
        else:
            fresh = await told_by(persona, attributes, embedder, offered)
        told = {(one.attribute_id, one.prompt_key): one for one in fresh}
        for key, new in told.items():
            old = stored.get(key)
            if old is None or (old.verdict, old.relevant) != (new.verdict, new.relevant) or (
                old.failure_mode is not None
            ):  # fmt: skip
                changes.append(new)
        changes += [
            replace(
                old, judgment_id=new_id(), created_at=utc_now(), failure_mode=None, retracted=True
            )
            for key, old in stored.items()
            if key not in told
        ]
    await db.run(_judge, changes)
    return len(changes)


def _judge(store: Store, changes: Sequence[SyntheticJudgment]) -> None:
    synthetic.judge(store, changes)
