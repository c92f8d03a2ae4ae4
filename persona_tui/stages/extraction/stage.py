"""The stage itself: messages and a model in, candidates out, one result at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from models.protocol import Backend, Description, Embedder
from persona_tui.stages.extraction import grounded, holistic, prompts
from persona_tui.stages.extraction.gate import uses_embeddings, weights_sha256
from persona_tui.stages.extraction.settings import ExtractionSettings
from persona_tui.stages.extraction.structure import analyse
from store.records import Candidate, Conversation, Message


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came of some messages: to be saved together, so that they are never read again."""

    message_ids: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    """Possibly none; each has at least one span of one of the user's messages."""
    note: str | None = None
    """What was left out or could not be read, in words."""


async def extract(
    conversation: Conversation,
    messages: Sequence[Message],
    context: Sequence[Message],
    backend: Backend,
    embedder: Embedder,
    settings: ExtractionSettings,
    *,
    run_id: str | None = None,
) -> AsyncGenerator[Extracted, None]:
    """Extract from ``messages`` (pending, of one conversation); ``context`` is all its active
    messages in order. Yields one result a message (grounded) or part of the conversation
    (holistic). Cancel by closing the generator: what was not yielded was not done.

    Raises :class:`models.errors.ModelError`.
    """
    here = conversation.conversation_id
    pending = [m for m in messages if m.role == "user" and m.conversation_id == here]
    if settings.resolve(backend.describe()) == "holistic":
        async for part in holistic.read(context, pending, backend, settings, run_id):
            ids = tuple(m.message_id for m in part.messages)
            yield Extracted(ids, part.candidates, part.note)
        return
    waiting = {m.message_id for m in pending}
    played = False
    for message in context or pending:
        if message.role != "user":
            continue
        structure = analyse(message.text, in_role_play=played)
        played = (played and not structure.ends_role_play) or structure.opens_role_play
        if message.message_id not in waiting:
            continue
        found = await grounded.from_message(message, structure, backend, embedder, settings, run_id)
        note = f"{structure.unread:,} characters of a long message were left out"
        yield Extracted((message.message_id,), tuple(found), note if structure.unread else None)


def parameters(
    settings: ExtractionSettings, model: Description, embedder: Embedder
) -> dict[str, object]:
    """What is stored with a run: everything that decided what was extracted."""
    strategy = settings.resolve(model)
    how = grounded if strategy == "grounded" else holistic
    return {
        **how.SAMPLING.as_parameters(),
        "confidence": how.CONFIDENCE,
        "min_confidence": settings.min_confidence,
        "gate_threshold": settings.gate_threshold,
        "gate_sha256": weights_sha256(),
        "gate": "embeddings and signs" if uses_embeddings(embedder) else "signs only",
        "merge_threshold": settings.merge_threshold,
        "linkage": settings.linkage,
        "language": settings.language,
        "embedder": embedder.describe().name,
        "settings_sha256": settings.sha256(model),
    }


def prompt_text(strategy: str) -> tuple[str, str]:
    """Hash and text of what a strategy asks, to be remembered with its runs."""
    return prompts.template_sha256(strategy), prompts.template(strategy)
