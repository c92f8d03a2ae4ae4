"""Learning anew: read, fit, compare with the predecessor, keep; one kind after the other.

Nothing is half kept: a version comes into the journal, and into use, in one transaction at the end.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from models.errors import ModelError
from persona_tui import __version__
from persona_tui.jobs.learning.trainer import Fitted, Lacking, Material, Tools, Trainer, trainers
from persona_tui.jobs.learning.vectors import Vectors
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.logs import record_crash
from store import learned
from store.learned_records import KINDS, LearnedKind, LearnedModel

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.db import StoreThread
    from persona_tui.jobs.learning.comparing import Comparison

log = logging.getLogger("persona_tui")

Outcome = Literal["used", "not_used", "unchanged", "lacking", "forgotten", "failed"]
"""Put in use; kept in the history only, being worse than its predecessor; the same as before; too
little to learn from; something was forgotten meanwhile, so that nothing was kept; a fault."""


@dataclass(frozen=True, slots=True)
class Result:
    """How training one kind ended."""

    kind: LearnedKind
    outcome: Outcome
    model: LearnedModel | None = None
    """The new version, or with ``unchanged`` the one that there is; without coefficients."""
    lacking: Lacking | None = None
    error: str = ""
    """With ``failed``: why, in a sentence."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One kind went on, or ended (``result``)."""

    kind: LearnedKind
    progress: Progress
    """``done`` and ``total`` of what ``note`` says; ``seconds_left`` where that can be known."""
    result: Result | None = None


async def tools_for(db: StoreThread, embedder: Embedder, backend: Backend | None) -> Tools:
    """What trainers use. Make it anew for each run: it knows what was forgotten since.

    ``backend`` must be a model on this machine, or ``None``.
    """
    return Tools(db, await Vectors.open(db, embedder), backend)


async def train(
    tools: Tools,
    kinds: Iterable[LearnedKind] = KINDS,
    *,
    anew: bool = False,
    stop: asyncio.Event | None = None,
    known: Mapping[LearnedKind, Trainer] | None = None,
) -> AsyncGenerator[TrainStep, None]:
    """Train ``kinds``, each to its end; a step at each bit of progress, one with a result at its end.

    Args:
        anew: also where nothing was judged since the newest version.
        stop: when set, no other kind is begun. Cancelling ends at once, and keeps nothing of the kind
            under way.
        known: the trainers, if not all there are.

    Raises:
        StoreError: the journal cannot be read or written. What else goes wrong with a kind is told in
        its result, and the others go on.
    """
    at_hand = known if known is not None else await asyncio.to_thread(trainers)
    for kind in kinds:
        if stop is not None and stop.is_set():
            return
        trainer = at_hand.get(kind)
        if trainer is not None:
            steps = _Run(tools, trainer, anew=anew).steps()
            try:
                async for step in steps:
                    yield step
            finally:
                await steps.aclose()


class _Run:
    """One kind."""

    def __init__(self, tools: Tools, trainer: Trainer, *, anew: bool) -> None:
        self.tools = replace(tools, progress=self._progress)
        self.trainer = trainer
        self.kind = trainer.kind
        self.anew = anew
        self._meter = Meter(None, "steps")
        self._note = ""
        self._latest = self._meter.at(0, "reading what you judged")
        self._moved = asyncio.Event()

    def _progress(self, note: str, done: int, total: int | None) -> None:
        if note != self._note or total != self._meter.total:
            self._meter, self._note = Meter(total, "steps"), note
        self._latest = self._meter.at(done, note)
        self._moved.set()

    async def steps(self) -> AsyncGenerator[TrainStep, None]:
        began = time.monotonic()
        yield TrainStep(self.kind, self._latest)
        work = asyncio.create_task(self._learn(), name=f"learning {self.kind}")
        try:
            while not work.done():
                moved = asyncio.create_task(self._moved.wait())
                await asyncio.wait({work, moved}, return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
                if self._moved.is_set():
                    self._moved.clear()
                    yield TrainStep(self.kind, self._latest)
            result = replace(work.result(), seconds=time.monotonic() - began)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        yield TrainStep(self.kind, self._latest, result)

    async def _learn(self) -> Result:
        db, kind = self.tools.db, self.kind
        seen = await db.run(learned.mark, kind)
        try:
            result = await self._result()
        except Lacking as lacking:
            result = Result(kind, "lacking", lacking=lacking)
        except ModelError as trouble:
            return Result(kind, "failed", error=str(trouble))
        except (ArithmeticError, LookupError, TypeError, ValueError) as trouble:
            return Result(
                kind, "failed",
                error=f"Learning ended by a fault of the program ({type(trouble).__name__}); what "
                f"is in use stays. Details are in {record_crash(trouble)}.",
            )  # fmt: skip
        if result.outcome != "forgotten":  # then it is due again at once
            await db.run(learned.set_mark, kind, seen)
        return result

    async def _result(self) -> Result:
        db, kind = self.tools.db, self.kind
        material = await self.trainer.material(self.tools)
        sha256 = _signature(material, self.tools.embed.name)
        history = await db.run(learned.list_all, kind)
        newest = history[0] if history else None
        if newest is not None and newest.trained_on.get("sha256") == sha256 and not self.anew:
            return Result(kind, "unchanged", newest)
        self._progress("learning", 0, None)
        fitted = await asyncio.to_thread(_fit, self.trainer, material)
        before = await db.run(learned.in_use, kind)
        if before is not None and _same(before.coefficients, fitted.coefficients):
            return Result(kind, "unchanged", replace(before, coefficients={}))
        self._progress("comparing with the version in use", 0, None)
        compared, words = await asyncio.to_thread(self._compare, material, fitted, before)
        made = await db.run(
            partial(
                learned.save, kind=kind, app_version=__version__,
                trained_on=self._provenance(material, fitted, compared, words, sha256),
                metrics=fitted.metrics, coefficients=fitted.coefficients, use=compared.keep,
                begun=self.tools.embed.begun,
            )
        )  # fmt: skip
        if made is None:
            return Result(kind, "forgotten")
        return Result(kind, "used" if compared.keep else "not_used", replace(made, coefficients={}))

    def _compare(
        self, material: Material, fitted: Fitted, before: LearnedModel | None
    ) -> tuple[Comparison, list[str]]:
        from persona_tui.jobs.learning.comparing import compare

        compared = compare(self.trainer, material, fitted, before)
        return compared, list(self.trainer.words(fitted.coefficients, material))

    def _provenance(
        self,
        material: Material,
        fitted: Fitted,
        compared: Comparison,
        words: list[str],
        sha256: str,
    ) -> dict[str, Any]:
        from persona_tui.jobs.learning.comparing import remembered

        return {
            "judgments": len(material.items),
            "random": int(material.random.sum()),
            "groups": len(set(material.groups)),
            "first_judgment": min(material.items, default=None),
            "last_judgment": max(material.items, default=None),
            "sha256": sha256,
            "seed": 0,
            "embedder": self.tools.embed.name,
            "model": None if self.tools.backend is None else self.tools.backend.describe().name,
            "about": dict(material.about),
            "words": words,
            "comparison": compared.as_json(),
            **remembered(material, fitted),
        }


def _fit(trainer: Trainer, material: Material) -> Fitted:
    """Fit on one thread: two that wait for each other would take the core that the interface needs."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        return trainer.fit(material)


def _signature(material: Material, embedder: str) -> str:
    """SHA-256 of all that a version depends on, but for features that changed under the same answers."""
    told = [
        __version__, embedder, dict(material.about), list(material.items), list(material.groups),
        material.labels.tolist(), material.truth.tolist(), material.weights.tolist(),
        material.random.tolist(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether coefficients that were stored are those that were just learned."""
    return json.dumps(one, sort_keys=True) == json.dumps(dict(other), sort_keys=True)
