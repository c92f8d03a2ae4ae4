"""What models say of the relevance of attributes to a prompt: computed beside the person, kept as it
comes, and shown to nobody before they have judged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from persona_tui.jobs.kept_choices import KeptChoices
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.jobs.relevance.queue import fresh_sheet, read_material
from persona_tui.stages.relevance import verdicts
from store import caches, model_judgments, prompts, user_prompts
from store.audit import UserPrompt

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import JudgingConfig
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from store.db import Store

Waiting = tuple[UserPrompt, list[tuple[str, str]]]
"""A prompt with its attributes, (id, text)."""


def local_judge(backends: Backends) -> Backend | None:
    """The model whose opinion is computed beside the person's; ``None`` if it is not on this machine:
    words go elsewhere only when the person asks for it (persona-tui judge).

    Raises :class:`models.errors.ModelError` if there is no such model.
    """
    chosen = backends.for_task("relevance")
    return chosen if chosen.describe().local else None


def tags_of(backend: Backend | None, embedder: Embedder) -> list[str]:
    """Under which names verdicts are kept."""
    tags = [verdicts.BM25_TAG, verdicts.embedding_tag(embedder)]
    return tags if backend is None else [*tags, verdicts.llm_tag(backend)]


async def score_prompt(
    db: StoreThread,
    backend: Backend | None,
    embedder: Embedder,
    prompt: UserPrompt,
    attributes: Sequence[tuple[str, str]],
    begun: str | None = None,
) -> AsyncGenerator[Progress, None]:
    """Verdicts of BM25, embeddings and ``backend`` on ``attributes``, (id, text). What is known is
    not asked again; stopped anywhere it goes on there. ``begun`` as
    :class:`persona_tui.jobs.kept_choices.KeptChoices`.

    Raises :class:`models.errors.ModelError`.
    """
    tags = tags_of(backend, embedder)
    if backend is not None:
        await db.run(prompts.remember, verdicts.wording_sha256(), verdicts.wording())
    known: set[str] = set()
    for tag in tags:
        known |= await db.run(model_judgments.known, "relevance", tag)
    meter, done = Meter(len(attributes) * len(tags), "verdicts"), 0
    steps = verdicts.judge(
        prompt.prompt_id,
        prompt.text,
        attributes,
        embedder=embedder,
        backend=None if backend is None else KeptChoices(db, backend, begun),
        known=frozenset(known),
    )
    async with aclosing(steps):
        async for rows in steps:
            done += await db.run(model_judgments.save, rows)
            yield meter.at(done)


def waiting(store: Store, config: JudgingConfig, tags: Sequence[str]) -> list[Waiting]:
    """Prompts on which the person judged something that not all of ``tags`` have: they were left
    early, or judged in a window that was closed before the models were done."""
    material = read_material(store)
    judged: dict[str, set[str]] = {}
    for row in material.judgments:
        if row.attribute_id in material.accepted:
            judged.setdefault(row.prompt_id, set()).add(row.attribute_id)
    scored = [model_judgments.scored(store, tag) for tag in tags]
    open_ = {
        key
        for key, attributes in judged.items()
        if any((key, one) not in said for said in scored for one in attributes)
    }
    found = []
    for prompt in user_prompts.list_all(store, removed=True):
        if prompt.prompt_id in open_:
            sheet = fresh_sheet(prompt, material, config.attributes_per_prompt)
            found.append((prompt, [(d.item_id, material.accepted[d.item_id]) for d in sheet.items]))
    return found


async def score_waiting(
    db: StoreThread, backend: Backend | None, embedder: Embedder, config: JudgingConfig
) -> AsyncGenerator[Progress, None]:
    """Score what :func:`waiting` gives, prompt by prompt; one step after each.

    Raises :class:`models.errors.ModelError`.
    """
    begun = await db.run(caches.generation)
    left = await db.run(partial(waiting, config=config, tags=tags_of(backend, embedder)))
    meter = Meter(len(left), "prompts")
    for done, (prompt, attributes) in enumerate(left, 1):
        steps = score_prompt(db, backend, embedder, prompt, attributes, begun)
        async with aclosing(steps):
            async for _ in steps:
                pass
        yield meter.at(done)
