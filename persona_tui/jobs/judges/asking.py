"""One question of a judge: asked within what is held for it, and kept as its answers come.

A verdict that rests on several answers (both orders of a pair, or why an attribute is not accepted) is
kept when all are there; until then its answers stand in the journal by the hash of their question, so
that ending anywhere, ``kill -9`` included, loses no answer that has arrived.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import ContextOverflowError
from persona_tui import __version__
from persona_tui.jobs.costs import CHARACTERS_A_TOKEN, Budget, Tokens, at_most, shares_prefix
from persona_tui.jobs.judges.items import asked_of
from persona_tui.jobs.kept_choices import KeptChoices
from persona_tui.stages.judges import questions
from persona_tui.stages.judges.questions import (
    VERDICTS,
    AttributeItem,
    Item,
    PairItem,
    Question,
    RelevanceItem,
    likeliest,
)
from store import model_judgments, prompts, runs, settings
from store.audit import Kind, ModelJudgment
from store.db import new_id, utc_now
from store.records import ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend, Usage
    from persona_tui.db import StoreThread
    from store.db import Store

WRITTEN_AT_MOST = 16
"""Tokens of one answer, where it is given in words."""
PART = "judge.part:"
"""In ``settings_kv``, before the hash of a question: its answer, until the verdict is kept."""
Row = tuple[float, ...]
T = TypeVar("T")


@dataclass(slots=True)
class Run:
    """What one kind of question took so far."""

    run_id: str
    spent: Tokens = field(default_factory=Tokens)


@dataclass(slots=True)
class Outcome:
    """Of one item: its verdicts, how many of them were new, how many the model did not give."""

    rows: list[ModelJudgment]
    new: int
    skipped: int


class Asking:
    """Asks one item, and keeps what was answered."""

    def __init__(self, db: StoreThread, backend: Backend, budget: Budget) -> None:
        self._db = db
        self._backend = KeptChoices(db, backend)
        self._budget = budget
        self._name = backend.describe().name
        self._shared = shares_prefix(backend.describe())
        self._runs: dict[Kind, Run] = {}

    def at_most(self, item: Item) -> Tokens:
        """What an item may take, whatever is answered."""
        asked = list(asked_of(item))
        if isinstance(item, AttributeItem):
            asked.append(max((item.why(one) for one in VERDICTS), key=lambda one: one.characters))
        sizes = [size for one in asked for size in self._sizes(one)]
        if not self._shared and not self._runs:
            sizes *= (
                2  # an endpoint that turns out to give no probabilities is asked again in words
            )
        return at_most(sizes, WRITTEN_AT_MOST)

    def _sizes(self, question: Question) -> list[int]:
        """What is sent with each request, in bytes of UTF-8."""
        prefix = sum(len(one.content.encode()) for one in question.prefix)
        rows = [len(one.encode()) for one in question.continuations]
        if not self._shared:
            return [prefix + row for row in rows]
        return [prefix + rows[0], *rows[1:]]

    async def run_of(self, item: Item) -> Run:
        """The run that answers to this kind of question belong to."""
        kind = _kind(item)
        if kind not in self._runs:
            self._runs[kind] = Run(await _begin(self._db, self._backend, kind))
        return self._runs[kind]

    async def answer(self, item: Item, run: Run) -> Outcome:
        """Ask one item and keep its verdicts."""
        expected = len(item.attributes) if isinstance(item, RelevanceItem) else 1
        parts: list[str] = []
        try:
            answers = await self._ask_all(item, run, parts)
        except ContextOverflowError:
            return Outcome([], 0, expected)
        # Whether an endpoint gives probabilities is known only once it was asked.
        native = self._backend.describe().native.get("choose", True)
        found = _verdicts(item, self._name, answers, native=native)
        rows = [replace(row, run_id=run.run_id) for row in found]
        new = await self._db.run(self._keep, rows, run, parts)
        return Outcome(rows, new, expected - len(rows))

    async def _ask_all(self, item: Item, run: Run, parts: list[str]) -> list[list[Row]]:
        if isinstance(item, PairItem):
            first, second = item.questions()
            if self._shared:
                return [await self._ask(one, run, parts) for one in (first, second)]
            return list(
                await _together(self._ask(first, run, parts), self._ask(second, run, parts))
            )
        rows = await self._ask(asked_of(item)[0], run, parts, alone=isinstance(item, RelevanceItem))
        if isinstance(item, AttributeItem) and _told(rows[0], self._backend):
            verdict = VERDICTS[likeliest(rows[0])]
            if verdict != "ok":
                return [rows, await self._ask(item.why(verdict), run, parts)]
        return [rows]

    async def _ask(
        self, question: Question, run: Run, parts: list[str], *, alone: bool = False
    ) -> list[Row]:
        """The rows of one question: in one call where the beginning is shared, else each as a request
        of its own, kept as it comes (``alone``: its verdict is kept at once)."""
        if self._shared:
            return await self._call(question, run)

        async def row_of(place: int) -> Row:
            single = replace(question, continuations=(question.continuations[place],))
            key = PART + questions.input_sha256(self._name, single)
            if not alone:
                parts.append(key)
                kept = await self._db.run(settings.get, key)
                if kept is not None:
                    return tuple(json.loads(kept))
            (row,) = await self._call(single, run)
            if not alone:
                await self._db.run(settings.put, key, json.dumps(row))
            return row

        return list(await _together(*(row_of(n) for n in range(len(question.continuations)))))

    async def _call(self, question: Question, run: Run) -> list[Row]:
        choice = await self._backend.choose(
            question.prefix, question.continuations, question.options, lane="background"
        )
        used = _used(choice.usage, sum(self._sizes(question)))
        self._budget.spend(used)
        run.spent += used
        return list(choice.logprobs)

    def _keep(self, store: Store, rows: list[ModelJudgment], run: Run, parts: list[str]) -> int:
        with store.write():
            new = model_judgments.save(store, rows)
            settings.remove(store, parts)
            runs.used(
                store, run.run_id, prompt_tokens=run.spent.sent,
                completion_tokens=run.spent.written, cost_usd=self._cost(run),
            )  # fmt: skip
        return new

    def _cost(self, run: Run) -> float | None:
        price = self._budget.price
        return None if price is None else price.of(run.spent.sent, run.spent.written)

    async def finish(self, status: runs.RunStatus) -> None:
        """Say how it ended."""
        for run in self._runs.values():
            await self._db.run(
                partial(
                    runs.finish, run_id=run.run_id, status=status, prompt_tokens=run.spent.sent,
                    completion_tokens=run.spent.written, cost_usd=self._cost(run),
                )
            )  # fmt: skip


async def _together(*calls: Coroutine[Any, Any, T]) -> list[T]:
    """The results of all calls. What is under way when one fails is waited for: it is paid, and kept."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]


def _kind(item: Item) -> Kind:
    if isinstance(item, AttributeItem):
        return "attribute"
    return "relevance" if isinstance(item, RelevanceItem) else "response"


def _told(row: Row, backend: Backend) -> bool:
    """Whether an answer names an option: in words, none named counts as all equally likely."""
    return backend.describe().native.get("choose", True) or max(row) - min(row) > 1e-9


def _verdicts(
    item: Item, model: str, answers: Sequence[Sequence[Row]], *, native: bool
) -> list[ModelJudgment]:
    """The verdicts; none where an answer in words named no option."""

    def told(row: Row) -> bool:
        return native or max(row) - min(row) > 1e-9

    if isinstance(item, AttributeItem):
        row = answers[0][0]
        why = answers[1][0] if len(answers) > 1 and told(answers[1][0]) else None
        said = questions.attribute_verdict(item, model, row, why, native=native)
        return [said] if told(row) else []
    if isinstance(item, RelevanceItem):
        return [
            questions.relevance_verdict(item, place, model, row, native=native)
            for place, row in enumerate(answers[0])
            if told(row)
        ]
    first, second = answers
    if not (told(first[0]) and told(second[0])):
        return []
    return [questions.pair_verdict(item, model, first, second, native=native)]


def _used(usage: Usage, size: int) -> Tokens:
    """Tokens of a call; an estimate of those sent where the back end does not count."""
    sent = usage.prompt_tokens
    return Tokens(
        round(size / CHARACTERS_A_TOKEN) if sent is None else sent, usage.completion_tokens or 0
    )


async def _begin(db: StoreThread, backend: Backend, kind: Kind) -> str:
    model = backend.describe()
    sha256 = questions.wording_sha256(kind)
    await db.run(prompts.remember, sha256, questions.wording(kind))
    run = ModelRun(
        new_id(), "judge", model.name, model.backend, sha256, {"kind": kind, "temperature": 0.0},
        __version__, utc_now(), strategy=kind, status="running",
    )  # fmt: skip
    return (await db.run(runs.add, run)).run_id
