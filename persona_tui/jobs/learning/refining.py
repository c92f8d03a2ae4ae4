"""Verify-and-refine as a job: score what is there, send what is flagged back, keep each step as it comes.

It can be stopped at any item: a step that is in the store is never asked for again, and of two rounds
the second one goes on where the first ended. What the person accepted, corrected or refused is left
alone, also when they do so while a model works.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from persona_tui import __version__
from persona_tui.jobs.extraction.extracting import settings_of
from persona_tui.jobs.progress import Meter, Progress
from store import attributes, caches, messages, prompts, refinements, runs
from store.db import new_id, utc_now
from store.erasing import BLACKED_OUT
from store.errors import NotFoundError
from store.records import Attribute, ModelRun
from store.refinements import Refinement, Result

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.stages.extraction import ExtractionSettings
    from persona_tui.stages.verification.refine import Doubt, Step


class Verifier(Protocol):
    """The personal verifier in use."""

    @property
    def learned_id(self) -> str: ...

    @property
    def threshold(self) -> float:
        """From this probability on an attribute is flagged."""
        ...

    async def doubts(self, found: Sequence[Attribute]) -> list[Doubt]:
        """What it says of each, and why. Raises :class:`models.errors.ModelError`."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """One flagged attribute that waits."""

    attribute: Attribute
    doubt: Doubt
    begun: Refinement | None = None
    """Its first round, if that was done before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    items: tuple[Item, ...]
    scored: int = 0
    """Attributes that were looked at."""
    done: int = 0
    """Of the flagged ones, those that were through before."""
    limit: int | None = None

    @property
    def flagged(self) -> int:
        return len(self.items) + self.done


@dataclass(frozen=True, slots=True)
class RefineStep:
    """How far it is. ``progress`` counts flagged attributes."""

    progress: Progress
    counts: Mapping[str, int] = field(default_factory=dict)
    """``keep``, ``refined``, ``withdraw``: how many ended so; ``left``: judged or forgotten meanwhile."""
    steps: tuple[Refinement, ...] = ()
    note: str | None = None


async def plan(
    db: StoreThread,
    backend: Backend,
    verifier: Verifier,
    settings: Settings | ExtractionSettings,
    *,
    limit: int | None = None,
) -> Plan:
    """Score everything that may be refined; the surest flagged first. Asks no model but the verifier.

    What went through before with this model and these prompts is done, and so is what another model
    made something of, though the person has forgotten it since.
    """
    from persona_tui.stages.verification.refine import prompt_text

    chosen = settings_of(settings)
    model = backend.describe()
    prompt = prompt_text(chosen.resolve(model))[0]
    wanted = set(await db.run(refinements.open_ids))
    rows = [one for one in await db.run(attributes.list_all) if one.attribute_id in wanted]
    doubts = await verifier.doubts(rows) if rows else []
    known: dict[str, dict[str, list[Refinement]]] = {}
    for step in await db.run(refinements.list_all):
        known.setdefault(step.attribute_id, {}).setdefault(step.learned_id, []).append(step)
    items, done = [], 0
    for row, doubt in zip(rows, doubts, strict=True):
        if doubt.probability < verifier.threshold:
            continue
        chains = [
            c for c in known.get(row.attribute_id, {}).values() if c[0].before_text == row.text
        ]
        if any(_is_done(chain, model.name, prompt) for chain in chains):
            done += 1
            continue
        mine = next((c for c in chains if c[0].learned_id == verifier.learned_id), None)
        begun = mine[0] if mine is not None and not refinements.is_finished(mine) else None
        items.append(Item(row, doubt, begun))
    items.sort(key=lambda one: (-one.doubt.probability, one.attribute.attribute_id))
    if limit is not None and limit >= len(items):
        limit = None  # nothing is left out: a whole pass
    return Plan(tuple(items[:limit]), len(rows), done, limit)


def _is_done(chain: Sequence[Refinement], model: str, prompt: str) -> bool:
    last = chain[-1]
    by_this = (last.model, last.prompt_sha256) == (model, prompt)
    made = last.result_id is not None or last.after_text == BLACKED_OUT
    return refinements.is_finished(chain) and (by_this or made)


async def refine(
    db: StoreThread,
    backend: Backend,
    embedder: Embedder,
    verifier: Verifier,
    settings: Settings | ExtractionSettings,
    *,
    todo: Plan | None = None,
    limit: int | None = None,
    at_once: int = 1,
) -> AsyncGenerator[RefineStep, None]:
    """Send what is flagged back to the extractor, ``at_once`` at a time. The first step comes before
    any model but the verifier is asked.

    Raises :class:`models.errors.ModelError` and :class:`store.errors.StoreError`; what was done
    before stays.
    """
    started = utc_now()
    if todo is None:
        todo = await plan(db, backend, verifier, settings, limit=limit)
    meter = Meter(len(todo.items), "attributes")
    counts: Counter[str] = Counter()
    yield RefineStep(meter.at(0), dict(counts))
    if not todo.scored:
        return
    work = await _Work.begin(db, backend, embedder, verifier, settings, todo, started)
    waiting = deque(todo.items)
    under_way: set[asyncio.Task[_Treated]] = set()
    status: runs.RunStatus = "failed"
    done = 0
    try:
        while waiting or under_way:
            while waiting and len(under_way) < max(1, at_once):
                under_way.add(asyncio.create_task(work.treat(waiting.popleft())))
            over, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in over:
                treated = task.result()
                done += 1
                counts[treated.end] += 1
                yield RefineStep(meter.at(done), dict(counts), treated.steps, treated.note)
        status = "complete"
    except (GeneratorExit, asyncio.CancelledError):
        status = "cancelled"
        raise
    finally:
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        await db.run(runs.finish, work.run_id, status)


def width_of(backend: Backend, settings: Settings) -> int:
    """How many at once: an endpoint is used as far as it may be, a model here does one after the
    other in any case."""
    return settings.remote.max_concurrency if backend.describe().backend == "endpoint" else 1


@dataclass(frozen=True, slots=True)
class _Treated:
    """What came of one item."""

    end: str
    steps: tuple[Refinement, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """One run: asks for one attribute at a time, and keeps each step."""

    db: StoreThread
    backend: Backend
    embedder: Embedder
    verifier: Verifier
    settings: ExtractionSettings
    run_id: str
    settings_sha256: str

    @classmethod
    async def begin(
        cls,
        db: StoreThread,
        backend: Backend,
        embedder: Embedder,
        verifier: Verifier,
        settings: Settings | ExtractionSettings,
        todo: Plan,
        started: datetime,
    ) -> _Work:
        from persona_tui.stages.verification.refine import parameters, prompt_text

        chosen, model = settings_of(settings), backend.describe()
        strategy = chosen.resolve(model)
        sha256, text = prompt_text(strategy)
        await db.run(prompts.remember, sha256, text)
        more = {"limit": todo.limit, "scored": todo.scored, "flagged": todo.flagged}
        run = ModelRun(
            new_id(), "extract", model.name, model.backend, sha256,
            {**parameters(strategy), **more, "threshold": verifier.threshold,
             "learned_id": verifier.learned_id},
            __version__, started, strategy=strategy, status="running",
        )  # fmt: skip
        await db.run(runs.add, run)
        mark = hashlib.sha256(f"refine\0{sha256}\0{model.name}".encode()).hexdigest()
        return cls(db, backend, embedder, verifier, chosen, run.run_id, mark)

    async def treat(self, item: Item) -> _Treated:
        """Both rounds of one attribute."""
        from persona_tui.stages.verification import refine as stage

        row = item.attribute
        begun = await self.db.run(caches.generation)  # before the words are read
        words = stage.words_of(row, await self._messages(row))

        async def verify(text: str) -> Doubt:
            (found,) = await self.verifier.doubts([replace(row, text=text)])
            return found

        kept: list[Refinement] = []
        note = None
        steps = stage.refine(
            row, item.doubt, words, self.backend, self.embedder, verify, self.settings,
            threshold=self.verifier.threshold, begun=_as_step(item.begun),
        )  # fmt: skip
        async with aclosing(steps) as stream:
            async for step in stream:
                note = step.note or note
                made = await self._keep(row, step, begun)
                if made is None:
                    return _Treated("left", tuple(kept), note)
                kept.append(made)
        last = kept[-1]
        end = "refined" if last.result_id is not None else last.action
        return _Treated(end, tuple(kept), note)

    async def _messages(self, row: Attribute) -> dict[str, str]:
        found: dict[str, str] = {}
        for span in row.evidence:
            if span.message_id not in found:
                try:
                    message = await self.db.run(messages.get, span.message_id)
                except NotFoundError:
                    continue  # forgotten meanwhile
                found[span.message_id] = message.text
        return found

    async def _keep(self, row: Attribute, step: Step, begun: str) -> Refinement | None:
        made = Refinement(
            "", row.attribute_id, step.round, utc_now(), self.verifier.learned_id,
            step.doubt.probability, step.doubt.reason, step.before, step.action, step.after,
            step.probability_after, run_id=self.run_id,
        )  # fmt: skip
        result = None
        if step.is_last and step.after is not None and step.after != row.text:
            # Everything that is told of it is as it was of the flagged one, all quotes included: more
            # of them than a refined one can have would tell which of the two was not.
            result = Result(
                row.evidence, row.confidence or 0.0, row.strategy,
                self.settings_sha256, row.language, row.category,
            )  # fmt: skip
        return await self.db.run(partial(refinements.save, step=made, result=result, begun=begun))


def _as_step(begun: Refinement | None) -> Step | None:
    from persona_tui.stages.verification.refine import Doubt, Step

    if begun is None:
        return None
    return Step(
        begun.round, Doubt(begun.probability, begun.reason), begun.before_text, begun.action,
        begun.after_text, begun.probability_after, is_last=False,
    )  # fmt: skip
