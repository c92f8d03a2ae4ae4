"""Letting a model answer the questions of the protocol: resumable, within a budget."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from persona_tui import __version__
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.jobs.relevance_queue import accepted_attributes
from persona_tui.stages.judges import questions
from persona_tui.stages.judges.questions import AttributeItem, Item, PairItem, RelevanceItem
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
    whose estimate would go over a budget.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    meter = Meter(todo.questions, "verdicts")
    done = sent = written = 0
    model = backend.describe()
    native = model.native.get("choose", True)
    used: dict[Kind, str] = {}

    def cost() -> float | None:
        return None if price is None else price.of(sent, written)

    try:
        for item in todo.items:
            kind = _kind(item)
            asked = item.questions() if isinstance(item, PairItem) else (item.question(),)
            next_tokens = round(sum(one.characters for one in asked) / CHARACTERS_A_TOKEN) + 2
            next_cost = None if price is None else price.of(sent + next_tokens, written + 2)
            if (max_tokens is not None and sent + written + next_tokens > max_tokens) or (
                max_usd is not None and next_cost is not None and next_cost > max_usd
            ):
                yield JudgeStep(meter.at(done), sent, written, cost(), (), "budget")
                return
            if kind not in used:
                used[kind] = await _begin(db, backend, kind)
            answers = []
            for question in asked:
                choice = await backend.choose(
                    question.prefix, question.continuations, question.options, lane="background"
                )
                answers.append(choice.logprobs)
                more_sent, more_written = _used(choice.usage, question.characters)
                sent, written = sent + more_sent, written + more_written
            rows = _rows(item, model.name, answers, native=native)
            rows = [_with_run(row, used[kind]) for row in rows]
            done += await db.run(model_judgments.save, rows)
            yield JudgeStep(meter.at(done), sent, written, cost(), tuple(rows))
    finally:
        for run_id in used.values():
            await db.run(
                partial(
                    runs.finish, run_id=run_id, prompt_tokens=sent, completion_tokens=written,
                    cost_usd=cost(),
                )
            )  # fmt: skip


def _kind(item: Item) -> Kind:
    if isinstance(item, AttributeItem):
        return "attribute"
    return "relevance" if isinstance(item, RelevanceItem) else "response"


def _rows(
    item: Item, model: str, answers: Sequence[Sequence[Sequence[float]]], *, native: bool
) -> list[ModelJudgment]:
    if isinstance(item, AttributeItem):
        return [questions.attribute_verdict(item, model, answers[0][0], native=native)]
    if isinstance(item, RelevanceItem):
        return [
            questions.relevance_verdict(item, place, model, row, native=native)
            for place, row in enumerate(answers[0])
        ]
    return [questions.pair_verdict(item, model, answers[0][0], answers[1][0], native=native)]


def _with_run(row: ModelJudgment, run_id: str) -> ModelJudgment:
    from dataclasses import replace

    return replace(row, run_id=run_id)


def _used(usage: Usage, characters: int) -> tuple[int, int]:
    sent = usage.prompt_tokens
    return (
        round(characters / CHARACTERS_A_TOKEN) if sent is None else sent,
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
