"""A model answers the protocol's questions about synthetic users, as it does about the person.

The same question objects, wording and options as for the person's own items
(:mod:`persona_tui.stages.judges.questions`), over everything that was played and not asked yet: also
later, and with another judge. Within a budget; each answer is kept as it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from models.errors import ContextOverflowError
from persona_tui import __version__
from persona_tui.jobs.costs import (
    CHARACTERS_A_TOKEN,
    Budget,
    Price,
    Tokens,
    at_most,
    shares_prefix,
)
from persona_tui.jobs.foil.truth import PROMPTS
from persona_tui.jobs.kept_choices import KeptChoices
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.stages.judges import questions
from persona_tui.stages.judges.questions import AttributeItem, Question, RelevanceItem
from store import messages, prompts, runs, synthetic, user_prompts
from store.audit import Kind, ModelJudgment, SyntheticJudgment
from store.db import new_id, utc_now
from store.records import JudgmentContext, ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.db import StoreThread
    from store.db import Store

QUOTES = 5
"""As many words of evidence as a judge sees of the person's own attributes."""
WRITTEN_AT_MOST = 16
SENTENCE = 60
"""Characters, for estimates."""
KINDS: tuple[Kind, Kind] = ("attribute", "relevance")
Item = AttributeItem | RelevanceItem


@dataclass(frozen=True, slots=True)
class FoilJudgePlan:
    """What a judge has still to say."""

    items: tuple[Item, ...]
    questions: int
    known: int
    """Verdicts that are there already."""
    tokens: int
    """Estimate of what is sent."""
    written: int

    def cost(self, price: Price | None) -> float | None:
        return None if price is None else price.of(self.tokens, self.written)


@dataclass(frozen=True, slots=True)
class FoilJudgeStep:
    """How far it is, and what it cost so far."""

    progress: Progress
    sent: int
    written: int
    cost: float | None
    stopped: Literal["budget"] | None = None
    skipped: int = 0
    """Verdicts that the model did not give: too long for it, or none of the answers named."""


def _items(store: Store) -> list[Item]:
    """Every question there is about synthetic users, by attribute and by prompt."""
    texts: dict[str, str] = {}
    for played in synthetic.conversations(store):
        rows = messages.active(store, played.conversation_id)
        texts |= {one.message_id: one.text for one in rows}
    attributes = {one.attribute_id: one for one in synthetic.attributes(store)}
    found: list[Item] = []
    for one in attributes.values():
        quotes = tuple(texts[i][a:z] for i, a, z in one.evidence[:QUOTES] if i in texts)
        found.append(AttributeItem(one.attribute_id, one.text, quotes))
    by_key = {one.bank_key: one for one in user_prompts.list_all(store, removed=True)}
    asked: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in synthetic.judgments(store):
        if row.rater == "truth" and row.prompt_key in by_key and row.prompt_key:
            attribute = attributes[row.attribute_id]
            rows_of = asked.setdefault((attribute.conversation_id, row.prompt_key), [])
            rows_of.append((attribute.attribute_id, attribute.text))
    found += [
        RelevanceItem(key, by_key[key].text, tuple(of)) for (_, key), of in sorted(asked.items())
    ]
    return found


async def judge_plan(db: StoreThread, backend: Backend) -> FoilJudgePlan:
    """What ``backend`` was not asked yet about what was played."""
    model = backend.describe()
    shared = shares_prefix(model)
    wordings = [questions.wording_sha256(kind) for kind in KINDS]
    known = await db.run(synthetic.asked, model.name, wordings)
    todo: list[Item] = []
    new = there = size = 0
    for item in await db.run(_items):
        if isinstance(item, AttributeItem):
            left: Item | None = None if (item.attribute_id, None) in known else item
            there += left is None
            new += left is not None
        else:
            rows = tuple(row for row in item.attributes if (row[0], item.prompt_id) not in known)
            there += len(item.attributes) - len(rows)
            new += len(rows)
            left = replace(item, attributes=rows) if rows else None
        if left is not None:
            todo.append(left)
            size += sum(_sizes(left.question(), shared))
    return FoilJudgePlan(tuple(todo), new, there, round(size / CHARACTERS_A_TOKEN), new)


def expected(personas: int, turns: int, backend: Backend) -> tuple[int, int]:
    """About how many verdicts, and tokens sent, will come of personas that are still to be played: one
    attribute a message, half of them true and asked about with each prompt."""
    attributes = personas * turns
    rows = attributes * PROMPTS // 2
    before = len(questions.wording("attribute")) + 4 * SENTENCE
    relevance = len(questions.wording("relevance")) + 2 * SENTENCE
    prefixes = personas * PROMPTS if shares_prefix(backend.describe()) else rows
    size = attributes * before + prefixes * relevance + rows * SENTENCE
    return attributes + rows, round(size / CHARACTERS_A_TOKEN)


def _sizes(question: Question, shared: bool) -> list[int]:
    """What is sent with each request, in bytes of UTF-8."""
    prefix = sum(len(one.content.encode()) for one in question.prefix)
    rows = [len(one.encode()) for one in question.continuations]
    return [prefix + rows[0], *rows[1:]] if shared else [prefix + row for row in rows]


async def judge_played(
    db: StoreThread,
    backend: Backend,
    todo: FoilJudgePlan,
    *,
    price: Price | None = None,
    max_usd: float | None = None,
    max_tokens: int | None = None,
) -> AsyncGenerator[FoilJudgeStep, None]:
    """Ask ``backend`` everything in ``todo``; ends before a question that might go over a budget.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    budget = Budget(price, max_usd=max_usd, max_tokens=max_tokens)
    meter = Meter(todo.questions, "verdicts")
    done = skipped = 0
    shared = shares_prefix(backend.describe())
    run: ModelRun | None = None
    status: runs.RunStatus = "failed"

    def step(stopped: Literal["budget"] | None = None) -> FoilJudgeStep:
        spent = budget.spent
        return FoilJudgeStep(
            meter.at(done), spent.sent, spent.written, budget.cost, stopped, skipped
        )

    try:
        for item in todo.items:
            question = item.question()
            sizes = _sizes(question, shared)
            if not shared and run is None:
                sizes *= 2  # an endpoint that gives no probabilities is asked again in words
            held = at_most(sizes, WRITTEN_AT_MOST)
            if not budget.hold(held):
                status = "complete"
                yield step("budget")
                return
            run = run or await db.run(_begin, backend)
            try:
                choice = await KeptChoices(db, backend).choose(
                    question.prefix, question.continuations, question.options, lane="background"
                )
            except ContextOverflowError:
                budget.release(held)
                skipped += len(question.continuations)
                yield step()
                continue
            used = choice.usage
            size = sum(_sizes(question, shared)) / CHARACTERS_A_TOKEN
            sent = round(size) if used.prompt_tokens is None else used.prompt_tokens
            budget.spend(Tokens(sent, used.completion_tokens or 0))
            budget.release(held)
            # Whether an endpoint gives probabilities is known only once it was asked.
            native = backend.describe().native.get("choose", True)
            rows = _verdicts(item, backend.describe().name, choice.logprobs, native=native)
            skipped += len(question.continuations) - len(rows)
            await db.run(synthetic.judge, rows)
            done += len(rows)
            yield step()
        status = "complete"
    except (GeneratorExit, asyncio.CancelledError):
        status = "cancelled"
        raise
    finally:
        if run is not None:
            await db.run(
                partial(
                    runs.finish, run_id=run.run_id, status=status,
                    prompt_tokens=budget.spent.sent, completion_tokens=budget.spent.written,
                    cost_usd=budget.cost,
                )
            )  # fmt: skip


def _verdicts(
    item: Item, model: str, answers: Sequence[Sequence[float]], *, native: bool
) -> list[SyntheticJudgment]:
    """None where an answer in words named no option: all count as equally likely."""
    said: list[ModelJudgment] = []
    for place, row in enumerate(answers):
        if not native and max(row) - min(row) <= 1e-9:
            continue
        if isinstance(item, AttributeItem):
            said.append(questions.attribute_verdict(item, model, row, native=native))
        else:
            said.append(questions.relevance_verdict(item, place, model, row, native=native))
    return [
        SyntheticJudgment(
            new_id(), str(one.attribute_id), "model", utc_now(), model, one.verdict, None,
            one.prompt_id, one.relevant, one.probability,
            JudgmentContext(one.prompt_sha256, __version__, {"synthetic": True}),
        )
        for one in said
    ]  # fmt: skip


def _begin(store: Store, backend: Backend) -> ModelRun:
    model = backend.describe()
    for kind in KINDS:
        prompts.remember(store, questions.wording_sha256(kind), questions.wording(kind))
    run = ModelRun(
        new_id(), "judge", model.name, model.backend, questions.wording_sha256("attribute"),
        {"kind": "synthetic", "temperature": 0.0,
         "relevance_sha256": questions.wording_sha256("relevance")},
        __version__, utc_now(), strategy="synthetic", status="running",
    )  # fmt: skip
    return runs.add(store, run)
