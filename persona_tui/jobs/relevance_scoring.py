"""What models say of the relevance of attributes to a prompt: computed beside the person, kept as it
comes, and shown to nobody before they have judged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from persona_tui.jobs.progress import Meter, Progress
from persona_tui.stages.relevance import verdicts
from store import model_judgments, prompts

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.db import StoreThread
    from store.audit import UserPrompt


async def score_prompt(
    db: StoreThread,
    backend: Backend | None,
    embedder: Embedder,
    prompt: UserPrompt,
    attributes: Sequence[tuple[str, str]],
) -> AsyncGenerator[Progress, None]:
    """Verdicts of BM25, embeddings and ``backend`` on ``attributes``, (id, text). What is known is
    not asked again; stopped anywhere it goes on there.

    Raises :class:`models.errors.ModelError`.
    """
    tags = [verdicts.BM25_TAG, verdicts.embedding_tag(embedder)]
    if backend is not None:
        tags.append(verdicts.llm_tag(backend))
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
        backend=backend,
        known=frozenset(known),
    )
    async with aclosing(steps):
        async for rows in steps:
            done += await db.run(model_judgments.save, rows)
            yield meter.at(done)
