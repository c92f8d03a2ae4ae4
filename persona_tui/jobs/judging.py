"""Letting a model answer the questions of the protocol: resumable, within a budget."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from models.errors import ContextOverflowError
from persona_tui import __version__
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.jobs.relevance_queue import accepted_attributes
from persona_tui.stages.judges import questions
from persona_tui.stages.judges.questions import (
    AttributeItem,
    Item,
    PairItem,
    Question,
    RelevanceItem,
)
from store import model_judgments, prompts, runs
from store.audit import Kind, ModelJudgment
from store.db import new_id, utc_now
from store.records import ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend, Usage
    from persona_tui.db import StoreThread
    from store.db import Store

BLOCK = 8
"""Attributes that are asked about in one call."""
CHARACTERS_A_TOKEN = 4.0
"""For estimates only, where the back end cannot count."""
WRITTEN_AT_MOST = 16
"""Tokens of one answer, where it is given in words."""
KINDS: tuple[Kind, ...] = ("attribute", "relevance", "response")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    sent: float
    written: float

    def of(self, sent: float, written: float) -> float:
        """What so many tokens cost."""
        return (sent * self.sent + written * self.written) / 1e6


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


@dataclass(frozen=True, slots=True)
class JudgeStep:
    """How far it is, and what it cost so far."""

    progress: Progress
    sent: int
    written: int
    cost: float | None
    rows: tuple[ModelJudgment, ...] = ()
    stopped: Literal["budget"] | None = None
    skipped: int = 0
    """Verdicts that the model did not give: too long for it, or none of the answers named."""


def items_of(store: Store, kind: Kind, *, everything: bool) -> list[Item]:
    """What the person judged (with ``everything`` also what they did not), as items. What must never
    be used goes to no judge."""
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
            RelevanceItem(key, texts[key], tuple((a, accepted[a]) for a in ids[at : at + BLOCK]))
            for key, ids in by_prompt.items()
            for at in range(0, len(ids), BLOCK)
        ]
    judged_pairs = {row.pair_id for row in response_judgments.in_force(store)}
    return [
        PairItem(
            pair.pair_id, texts[pair.prompt_id], pair.generic.text, pair.personalized.text,
            tuple(yes.get(pair.prompt_id, ())) if pair.arm != "models" else (),
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
) -> Plan:
    """What is still to be asked, with an estimate of the tokens."""
    name = backend.describe().name
    todo: list[Item] = []
    left = there = characters = written = 0
    for kind in kinds:
        known = await db.run(model_judgments.known, kind, name)
        for found in await db.run(partial(items_of, kind=kind, everything=everything)):
            item = found
            if limit is not None and left >= limit:
                break
            if isinstance(item, PairItem):
                asked = item.questions()
                new = int(questions.input_sha256(name, asked[0]) not in known)
                there += 1 - new
                size, answers = sum(one.characters for one in asked), 2
            else:
                question = item.question()
                open_ = [
                    row
                    for row in range(len(question.continuations))
                    if questions.input_sha256(name, question, row) not in known
                ]
                new = len(open_)
                there += len(question.continuations) - new
                if isinstance(item, RelevanceItem) and new:
                    rows = tuple(item.attributes[row] for row in open_)
                    item = RelevanceItem(item.prompt_id, item.prompt, rows)
                    question = item.question()
                # An endpoint is sent the prefix again with each row.
                prefix = sum(len(one.content) for one in question.prefix)
                size = question.characters + (0 if backend.describe().local else prefix * (new - 1))
                answers = new
            if new:
                todo.append(item)
                left += new
                characters += size
                written += answers
    return Plan(tuple(todo), left, there, round(characters / CHARACTERS_A_TOKEN), written)


@dataclass(slots=True)
class _Run:
    """What one kind of question took so far."""

    run_id: str
    sent: int = 0
    written: int = 0


class _Reserve:
    """How many tokens a question may take at most, learnt from those that were asked.

    By bytes: scripts with three bytes a letter take about as many tokens a byte as English. Before
    the first answer half a token a byte, twice what English takes.
    """

    def __init__(self) -> None:
        self._rate: float | None = None

    def of(self, size: int) -> int:
        rate = 0.5 if self._rate is None else max(1.25 * self._rate, 1 / 3)
        return math.ceil(size * rate)

    def learn(self, size: int, tokens: int) -> None:
        self._rate = max(self._rate or 0.0, tokens / max(size, 1))


async def judge(
    db: StoreThread,
    backend: Backend,
    todo: Plan,
    *,
    price: Price | None = None,
    max_usd: float | None = None,
    max_tokens: int | None = None,
) -> AsyncGenerator[JudgeStep, None]:
    """Ask ``backend`` everything in ``todo``, keeping each verdict as it comes; stops before an item
    that might go over a budget. What does not fit into the model's context, and answers that name
    none of the options, are counted as skipped and asked again another time.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    meter = Meter(todo.questions, "verdicts")
    done = skipped = sent = written = 0
    model = backend.describe()
    used: dict[Kind, _Run] = {}
    reserve = _Reserve()
    status: runs.RunStatus = "failed"

    def cost() -> float | None:
        return None if price is None else price.of(sent, written)

    try:
        for item in todo.items:
            kind = _kind(item)
            asked = item.questions() if isinstance(item, PairItem) else (item.question(),)
            sizes = [_bytes(one, shared=model.local) for one in asked]
            rows_asked = sum(len(one.continuations) for one in asked)
            more = reserve.of(sum(sizes)), rows_asked * WRITTEN_AT_MOST
            if (max_tokens is not None and sent + written + sum(more) > max_tokens) or (
                max_usd is not None
                and price is not None
                and price.of(sent + more[0], written + more[1]) > max_usd
            ):
                status = "complete"
                yield JudgeStep(meter.at(done), sent, written, cost(), (), "budget", skipped)
                return
            if kind not in used:
                used[kind] = _Run(await _begin(db, backend, kind))
            run, answers = used[kind], []
            try:
                for question, size in zip(asked, sizes, strict=True):
                    choice = await backend.choose(
                        question.prefix, question.continuations, question.options, lane="background"
                    )
                    answers.append(choice.logprobs)
                    more_sent, more_written = _used(choice.usage, size)
                    reserve.learn(size, more_sent)
                    sent, written = sent + more_sent, written + more_written
                    run.sent, run.written = run.sent + more_sent, run.written + more_written
            except ContextOverflowError:
                skipped += 1 if isinstance(item, PairItem) else rows_asked
                yield JudgeStep(meter.at(done), sent, written, cost(), (), None, skipped)
                continue
            # Whether an endpoint gives probabilities is known only once it was asked.
            native = backend.describe().native.get("choose", True)
            rows = _rows(item, model.name, answers, native=native)
            skipped += (1 if isinstance(item, PairItem) else rows_asked) - len(rows)
            rows = [replace(row, run_id=run.run_id) for row in rows]
            done += await db.run(model_judgments.save, rows)
            yield JudgeStep(meter.at(done), sent, written, cost(), tuple(rows), None, skipped)
        status = "complete"
    except (GeneratorExit, asyncio.CancelledError):
        status = "cancelled"
        raise
    finally:
        for run in used.values():
            await db.run(
                partial(
                    runs.finish, run_id=run.run_id, status=status, prompt_tokens=run.sent,
                    completion_tokens=run.written,
                    cost_usd=None if price is None else price.of(run.sent, run.written),
                )
            )  # fmt: skip


def _bytes(question: Question, *, shared: bool) -> int:
    """What is sent, in bytes of UTF-8; an endpoint is sent the prefix with each row."""
    prefix = sum(len(one.content.encode()) for one in question.prefix)
    rows = sum(len(one.encode()) for one in question.continuations)
    return prefix * (1 if shared else len(question.continuations)) + rows


def _kind(item: Item) -> Kind:
    if isinstance(item, AttributeItem):
        return "attribute"
    return "relevance" if isinstance(item, RelevanceItem) else "response"


def _rows(
    item: Item, model: str, answers: Sequence[Sequence[Sequence[float]]], *, native: bool
) -> list[ModelJudgment]:
    """The verdicts; none where an answer in words named no option (all count as equally likely)."""

    def told(row: Sequence[float]) -> bool:
        return native or max(row) - min(row) > 1e-9

    if isinstance(item, AttributeItem):
        (row,) = answers[0]
        said = [questions.attribute_verdict(item, model, row, native=native)]
        return said if told(row) else []
    if isinstance(item, RelevanceItem):
        return [
            questions.relevance_verdict(item, place, model, row, native=native)
            for place, row in enumerate(answers[0])
            if told(row)
        ]
    first, second = answers[0][0], answers[1][0]
    if not (told(first) and told(second)):
        return []
    return [questions.pair_verdict(item, model, first, second, native=native)]


def _used(usage: Usage, size: int) -> tuple[int, int]:
    """Tokens sent and written; an estimate of the former where the back end does not count."""
    sent = usage.prompt_tokens
    return (
        round(size / CHARACTERS_A_TOKEN) if sent is None else sent,
        usage.completion_tokens or 0,
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
