"""A person who wants what they eat used for cooking, what they do used for work, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from models.embeddings import HashedEmbedder
from persona_tui.db import StoreThread
from persona_tui.jobs.learning.trainer import Tools
from persona_tui.jobs.learning.vectors import Vectors
from store import attributes, judgments, relevance, user_prompts
from store.audit import RelevanceJudgment
from store.db import Store, utc_now
from store.records import AttributeJudgment, JudgmentContext, Use

FOOD = (
    "The user is vegetarian.",
    "The user likes spicy food.",
    "The user cooks rice every week.",
    "The user eats breakfast late.",
)
WORK = (
    "The user works as a nurse.",
    "The user manages a team at work.",
    "The user is looking for a new job.",
    "The user's company sells bicycles.",
)
COOKING = (
    "What shall I cook tonight?",
    "A recipe with rice and beans?",
    "Which food keeps for a week?",
    "Give me a breakfast idea",
    "What can I eat before a run?",
    "A dinner to cook for six people?",
)
WORKING = (
    "How do I ask my boss for a raise at work?",
    "Write a mail to my team about a new shift",
    "Should I change my job?",
    "What does a company need to hire people?",
    "How do I manage a colleague who is late for work?",
    "Which career suits people who like numbers?",
)
CONTEXT = JudgmentContext("0" * 64, "0", {})


def own(store: Store, texts: Sequence[str], use: Use = "welcome") -> list[str]:
    """Attributes of the person's own, in their order; their ids."""
    made = []
    for text in texts:
        key = attributes.add_by_user(store, text).attribute_id
        judgments.save(store, AttributeJudgment("", key, utc_now(), CONTEXT, verdict="ok", use=use))
        made.append(key)
    return made


def teach(store: Store) -> dict[str, str]:
    """Twelve prompts, each with eight attributes that were judged; attributes by text."""
    with store.write():
        keys = dict(zip((*FOOD, *WORK), own(store, (*FOOD, *WORK)), strict=True))
        for prompts, wanted in ((COOKING, FOOD), (WORKING, WORK)):
            for text in prompts:
                prompt = user_prompts.add(store, text)
                for attribute, key in keys.items():
                    row = RelevanceJudgment(
                        "", prompt.prompt_id, key, utc_now(), CONTEXT, attribute in wanted
                    )
                    relevance.save(store, row)
    return keys


async def tools(db: StoreThread) -> Tools:
    """Without a model; embeddings by spelling."""
    return Tools(db, await Vectors.open(db, HashedEmbedder()))


async def learned(db: StoreThread) -> dict[str, str]:
    """:func:`teach`, and a personal model in use that learned from it."""
    from persona_tui.jobs.learning.relevance import TRAINER
    from persona_tui.jobs.learning.training import train

    keys = await db.run(teach)
    steps = [
        step async for step in train(await tools(db), ["relevance"], known={"relevance": TRAINER})
    ]
    result = steps[-1].result
    assert result is not None
    assert result.outcome == "used", result
    return keys
