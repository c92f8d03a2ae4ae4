"""Extraction as a job: read what waits, run the stage, save each result, merge, tell the progress.

It can be stopped at any item. What was yielded is in the store: candidates and the mark that their
messages were read go in with one transaction, so a second run goes on where the first stopped and
reads nothing twice. Candidates that a stop left unmerged are merged first thing next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from models.errors import ModelError
from models.protocol import Backend, Description, Embedder, Embeddings
from persona_tui import __version__
from persona_tui.db import StoreThread
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.stages.extraction import Extracted, ExtractionSettings
from store import attributes, candidates, conversations, messages, prompts, runs
from store.candidates import Group
from store.db import new_id, utc_now
from store.errors import NotFoundError
from store.records import Attribute, Candidate, Conversation, ModelRun

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_tui.config import Settings

MAX_REMEMBERED = 100_000
"""Vectors kept in memory during a job: 150 MB if there are that many different statements."""
REMOTE_CONVERSATIONS = 8
"""Conversations under way at once where an endpoint answers; on this machine it is one."""
MAX_REASK = 2


@dataclass(frozen=True, slots=True)
class ExtractProgress:
    """One step. ``progress`` counts messages of the user; ``attributes`` are new or have new
    evidence, as they are in the store now."""

    progress: Progress
    attributes: tuple[Attribute, ...] = ()
    new_ids: frozenset[str] = frozenset()
    """Those of ``attributes`` that did not exist before this step."""
    conversation_id: str | None = None
    note: str | None = None
    """What was left out or done by the next best means, for the person to know."""


def settings_of(settings: Settings | ExtractionSettings) -> ExtractionSettings:
    """The stage's parameters from the person's settings."""
    if isinstance(settings, ExtractionSettings):
        return settings
    chosen = settings.extraction
    return ExtractionSettings(
        strategy=chosen.strategy,
        min_confidence=chosen.min_confidence,
        merge_threshold=chosen.merge_threshold,
        language=_language(settings.language),
    )


def _language(named: str | None) -> str | None:
    from persona_tui.stages.extraction.languages import code_of

    return (code_of(named) or named) if named else None


def _before(settings: ExtractionSettings, model: Description, lexical: str | None) -> str | None:
    """What is to be told before anything is read."""
    from persona_tui.stages.extraction.languages import REPORTED

    notes = [lexical]
    wanted = settings.language
    if wanted and wanted not in REPORTED and settings.resolve(model) == "grounded":
        notes.append(f"no sentence in the language '{wanted}' is known, English ones are written")
    return "; ".join(note for note in notes if note) or None


async def extract(
    db: StoreThread,
    backend: Backend,
    embedder: Embedder,
    settings: Settings | ExtractionSettings,
    *,
    conversation_ids: Sequence[str] | None = None,
    message_ids: Collection[str] | None = None,
    limit: int | None = None,
) -> AsyncGenerator[ExtractProgress, None]:
    """Extract from every message of the user that waits (or those in ``conversation_ids``, or only
    ``message_ids``), at most about ``limit`` of them. The first step comes before any work.

    Raises :class:`models.errors.ModelError` and :class:`store.errors.StoreError`; what was done
    before stays.
    """
    chosen = settings_of(settings)
    model = await _described(backend, chosen)
    sha256 = chosen.sha256(model)
    waiting = await db.run(messages.pending_conversations, sha256, conversation_ids)
    total = sum(count for _, count in waiting)
    if message_ids is not None:
        total = min(total, len(message_ids))
    if limit is not None:
        total = min(total, limit)
    meter, done = Meter(total, "messages"), 0
    remembering = _Remembering(embedder)
    anchors = _Anchors(db, remembering, chosen)
    leftover = await db.run(candidates.unmerged)
    note = _before(chosen, model, remembering.describe_fallback())
    yield ExtractProgress(meter.at(0), note=note)
    if leftover:
        found, new = await anchors.take(leftover)
        yield ExtractProgress(meter.at(0), found, new)
    if not waiting or total == 0:
        return
    run = await _begin(db, model, chosen, embedder)
    status: Literal["complete", "cancelled", "failed"] = "cancelled"
    notes: set[str] = {note} if note else set()
    work = _Work(db, backend, remembering, chosen, sha256, run.run_id, message_ids)
    try:
        async with aclosing(work.items([i for i, _ in waiting], local=model.local)) as items:
            async for conversation, item in items:
                kept = await db.run(
                    candidates.save_extracted,
                    settings_sha256=sha256,
                    conversation_id=conversation.conversation_id,
                    message_ids=item.message_ids,
                    candidates=item.candidates,
                )
                touched, new = await anchors.take(kept)
                done += len(item.message_ids)
                notes |= {n for n in (item.note, remembering.note) if n}
                yield ExtractProgress(
                    meter.at(done, conversation.title),
                    touched,
                    new,
                    conversation.conversation_id,
                    item.note,
                )
                if limit is not None and done >= limit:
                    break
        status = "complete"
    except ModelError:
        status = "failed"
        raise
    finally:
        await db.run(runs.finish, run.run_id, status, note="; ".join(sorted(notes)) or None)


async def _described(backend: Backend, settings: ExtractionSettings) -> Description:
    """The model's description, with its size where the strategy depends on it."""
    model = backend.describe()
    if settings.strategy == "auto" and model.parameters_b is None and model.local:
        model = await backend.start()
    return model


async def _begin(
    db: StoreThread, model: Description, settings: ExtractionSettings, embedder: Embedder
) -> ModelRun:
    from persona_tui.stages.extraction.stage import parameters, prompt_text

    strategy = settings.resolve(model)
    sha256, text = prompt_text(strategy)
    await db.run(prompts.remember, sha256, text)
    run = ModelRun(
        run_id=new_id(),
        purpose="extract",
        model=model.name,
        backend=model.backend,
        prompt_sha256=sha256,
        parameters=parameters(settings, model, embedder),
        app_version=__version__,
        started_at=utc_now(),
        strategy=strategy,
        status="running",
    )
    return await db.run(runs.add, run)


@dataclass(frozen=True, slots=True)
class _Work:
    """Runs the stage over conversations: one after the other here, several at once elsewhere."""

    db: StoreThread
    backend: Backend
    embedder: Embedder
    settings: ExtractionSettings
    sha256: str
    run_id: str
    message_ids: Collection[str] | None

    async def items(
        self, conversation_ids: Sequence[str], *, local: bool
    ) -> AsyncGenerator[tuple[Conversation, Extracted], None]:
        ids = iter(conversation_ids)
        if local:
            for conversation_id in ids:
                async with aclosing(self._of(conversation_id)) as found:
                    async for item in found:
                        yield item
            return
        # Unbounded, because saving is quick beside asking; ``None`` says that the work has ended.
        queue: asyncio.Queue[tuple[Conversation, Extracted] | None] = asyncio.Queue()

        async def work() -> None:
            for conversation_id in ids:
                async with aclosing(self._of(conversation_id)) as found:
                    async for item in found:
                        queue.put_nowait(item)

        async def all_of_it() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(REMOTE_CONVERSATIONS):
                    group.create_task(work())

        task = asyncio.create_task(all_of_it())
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (done := await queue.get()) is not None:
                yield done
            await task
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task

    async def _of(
        self, conversation_id: str
    ) -> AsyncGenerator[tuple[Conversation, Extracted], None]:
        from persona_tui.stages.extraction import extract as stage

        try:
            conversation = await self.db.run(conversations.get, conversation_id)
        except NotFoundError:
            return  # forgotten while others were read
        pending = await self.db.run(messages.pending, self.sha256, conversation_id)
        if self.message_ids is not None:
            pending = [m for m in pending if m.message_id in self.message_ids]
        if not pending:
            return
        context = await self.db.run(messages.active, conversation_id)
        found = stage(
            conversation,
            pending,
            context,
            self.backend,
            self.embedder,
            self.settings,
            run_id=self.run_id,
        )
        async with aclosing(found) as items:
            async for item in items:
                yield conversation, item


class _Anchors:
    """The attributes that are there, to which new candidates are joined."""

    def __init__(self, db: StoreThread, embedder: Embedder, settings: ExtractionSettings) -> None:
        self._db = db
        self._embedder = embedder
        self._settings = settings
        self._known: dict[str, Attribute] | None = None

    async def take(
        self, found: Sequence[Candidate]
    ) -> tuple[tuple[Attribute, ...], frozenset[str]]:
        """Merge candidates that are in the store; gives the attributes that changed and the ids of
        the new ones."""
        if not found:
            return (), frozenset()
        for attempt in range(MAX_REASK + 1):
            try:
                return await self._take(found)
            except NotFoundError:
                # Something was forgotten meanwhile: look again at what there is.
                self._known = None
                there = {c.candidate_id for c in await self._db.run(candidates.unmerged)}
                found = [c for c in found if c.candidate_id in there]
                if not found or attempt == MAX_REASK:
                    return (), frozenset()
        return (), frozenset()

    async def _take(
        self, found: Sequence[Candidate]
    ) -> tuple[tuple[Attribute, ...], frozenset[str]]:
        from persona_tui.stages.extraction import merge

        if self._known is None:
            rows = await self._db.run(attributes.list_all)
            self._known = {row.attribute_id: row for row in rows}
        before = set(self._known)
        merged = await merge(found, list(self._known.values()), self._embedder, self._settings)
        groups = [
            Group(self._place(m.attribute_id), m.representative, m.candidate_ids, m.language)
            for m in merged
        ]
        ids = await self._db.run(candidates.attach, groups)
        touched = []
        for attribute_id in dict.fromkeys(ids):
            attribute = await self._db.run(attributes.get, attribute_id)
            touched.append(attribute)
            self._known[attribute_id] = attribute
        return tuple(touched), frozenset(set(ids) - before)

    def _place(self, attribute_id: str | None) -> str | None:
        """What says what a refined attribute says joins the one that was refined: the refined one
        rests on nothing but what its extractor was shown."""
        known = (self._known or {}).get(attribute_id or "")
        return attribute_id if known is None else known.refines or attribute_id


class _Remembering:
    """An embedder that does each text once in a job."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, NDArray[np.float32]] = {}
        self.note: str | None = None

    def describe(self) -> Description:
        return self._embedder.describe()

    def describe_fallback(self) -> str | None:
        """What to tell the person if this is not the real thing."""
        if self.describe().backend != "lexical":
            return None
        return "similar attributes are found by spelling only: sentence embeddings are missing here"

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        import numpy as np

        missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
        result = await self._embedder.embed(missing)
        self.note = result.provenance.note or self.note
        fresh = dict(zip(missing, result.vectors, strict=True))
        if not texts:
            return result
        vectors = np.stack([self._rows[t] if t in self._rows else fresh[t] for t in texts])
        for text, row in fresh.items():
            if len(self._rows) < MAX_REMEMBERED:
                self._rows[text] = row
        return replace(result, vectors=vectors)
