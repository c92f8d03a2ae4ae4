"""LLM judges: the person's words, both orders, nothing twice, nothing over the budget."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.embeddings import HashedEmbedder
from models.errors import ContextOverflowError
from models.protocol import ChatMessage, Choice, Description, Lane, Usage
from models.scripted import ScriptedBackend
from persona_tui.commands.judge import command
from persona_tui.config import JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.errors import UsageError
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.costs import Price
from persona_tui.jobs.judges.items import KINDS, Plan, plan
from persona_tui.jobs.judges.judging import JudgeStep, judge
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.paths import Paths
from persona_tui.stages.judges.questions import PairItem, pair_verdict, wording
from persona_tui.stages.judging import GUIDELINE
from persona_tui.stages.judging.questions import RELEVANCE, RESPONSE
from store import model_judgments, response_judgments, responses, runs
from store.audit import Kind, Response, ResponseJudgment
from store.db import Store, utc_now
from store.records import JudgmentContext
from tests.persona_tui.audit_data import audit


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        await thread.run(fill)
        yield thread


def fill(store: Store) -> None:
    """Five attributes judged, one prompt finished, one pair judged, one pair not."""
    accepted, (prompt, other, _) = audit(store, 5)
    session = RelevanceSession.load(
        store, JudgingConfig(), surface="screen", prompt_id=prompt.prompt_id
    )
    while session.phase == "ask":
        change = session.answer(session.place == 0)
        assert change is not None
        write(store, change)
    for key in (prompt.prompt_id, other.prompt_id):
        generic = Response("", key, False, "m", utc_now(), "Generic answer.")
        told = Response(
            "", key, True, "m", utc_now(), "Personal answer.", None, (accepted[0].attribute_id,)
        )
        pair = responses.add_pair(store, key, generic, told, arm="relevant", shown_left="generic")
        if key == prompt.prompt_id:
            context = JudgmentContext("0" * 64, "0")
            response_judgments.save(
                store,
                ResponseJudgment("", pair.pair_id, utc_now(), context, "generic", 4, 4),
            )


def a_judge() -> ScriptedBackend:
    """Says ok and yes, and prefers whatever stands on the left."""
    likes = {"ok": 0.0, "yes": 0.0, "2": 0.0}
    return ScriptedBackend(scores=lambda _, option: likes.get(option, -2.0))


async def ask(
    db: StoreThread, model: ScriptedBackend, kinds: tuple[Kind, ...] = KINDS, **budget: object
) -> tuple[Plan, list[JudgeStep]]:
    everything = bool(budget.pop("everything", False))
    todo = await plan(db, model, kinds, everything=everything)
    async with aclosing(judge(db, model, todo, **budget)) as steps:  # type: ignore[arg-type]
        return todo, [step async for step in steps]


async def test_what_the_person_judged_is_asked_once_in_their_words(db: StoreThread) -> None:
    model = a_judge()
    todo, steps = await ask(db, model)
    assert (todo.questions, todo.known) == (5 + 5 + 1, 0)
    assert steps[-1].progress.done == 11
    sent = [call.messages[0].content for call in model.calls if call.method == "choose"]
    assert any(GUIDELINE.text in one for one in sent)
    assert any(RELEVANCE.text in one for one in sent)
    assert any(RESPONSE.text in one for one in sent)
    assert wording("response") in sent[-1]
    assert "personalized" not in sent[-1]
    again, steps = await ask(db, model)
    assert (again.questions, again.known, steps) == (0, 11, [])
    more, _ = await ask(db, model, everything=True)
    assert more.questions == 10 + 1
    row = (await db.run(model_judgments.list_all))[0]
    run = await db.run(runs.get, row.run_id or "")
    assert (run.purpose, run.status) == ("judge", "complete")


async def test_what_must_never_be_used_is_never_sent(db: StoreThread) -> None:
    model = a_judge()
    await ask(db, model, everything=True)
    sent = "\n".join(
        "".join(message.content for message in call.messages) + "".join(call.continuations)
        for call in model.calls
    )
    assert "owns 5 books" not in sent
    assert "night shifts" in sent


async def test_what_is_wrong_is_asked_only_where_it_is_not_accepted(db: StoreThread) -> None:
    model = a_judge()
    await ask(db, model, ("attribute",))
    assert len(model.calls) == 5
    rows = await db.run(model_judgments.list_all)
    assert all("failure_mode" not in row.detail for row in rows)


async def test_here_each_attribute_of_a_pair_is_asked_about(db: StoreThread) -> None:
    model = a_judge()
    await ask(db, model, ("response",))
    (row,) = await db.run(model_judgments.list_all)
    (pair, _) = await db.run(responses.pairs)
    assert row.detail["attributes"] == {pair.personalized.attribute_ids[0]: 3.0}
    assert [len(call.continuations) for call in model.calls] == [2, 2]


async def test_a_verdict_that_flips_with_the_order_is_told(db: StoreThread) -> None:
    model = a_judge()
    await ask(db, model, ("response",))
    (row,) = await db.run(model_judgments.list_all, kind="response")
    assert (row.flipped, row.rating) == (True, 3)
    assert (row.detail["generic_left"], row.detail["generic_right"]) == (2, 4)


def test_a_judge_that_means_one_answer_does_not_flip() -> None:
    item = PairItem("p", "Q", "A", "B")
    log = [-9.0, -9.0, -9.0, -0.001, -9.0]
    row = pair_verdict(item, "m", [log], [list(reversed(log))], native=True)
    assert (row.rating, row.flipped) == (4, False)
    assert row.probability is not None
    assert row.probability > 0.9
    assert pair_verdict(item, "m", [log], [log], native=False).probability is None


async def test_a_budget_is_never_gone_over(db: StoreThread) -> None:
    model = a_judge()
    todo = await plan(db, model, KINDS)
    price = Price(10.0, 30.0)
    assert 0.03 < (todo.cost(price) or 0) < 0.04
    _, steps = await ask(db, model, price=price, max_usd=0.04)
    assert steps[-1].stopped == "budget"
    assert 0 < steps[-1].progress.done < 11
    assert 0 < (steps[-1].cost or 0) <= 0.04
    _, steps = await ask(db, model, max_tokens=1)
    assert [step.stopped for step in steps] == ["budget"]
    _, steps = await ask(db, model)
    assert len(await db.run(model_judgments.list_all)) == 11


class Counting(ScriptedBackend):
    """Counts a token for every two bytes, as for a language that the model hardly knows; an endpoint
    is sent the prefix with each row."""

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        choice = await super().choose(prefix, continuations, options, lane=lane)
        size = sum(len((prefix[-1].content + one).encode()) for one in continuations)
        return replace(choice, usage=Usage(size // 2, 0, len(continuations)))


@pytest.mark.parametrize("limit", [700, 1500, 3000, 6000, 9000])
async def test_a_budget_holds_where_tokens_are_many_and_the_prefix_is_sent_again(
    db: StoreThread, limit: int
) -> None:
    model = Counting(local=False)
    _, steps = await ask(db, model, max_tokens=limit)
    assert steps[-1].sent + steps[-1].written <= limit


async def test_each_run_keeps_what_it_alone_took(db: StoreThread) -> None:
    model = Counting(scores=a_judge().scores)
    _, steps = await ask(db, model)
    rows = await db.run(model_judgments.list_all)
    kept = [await db.run(runs.get, key) for key in {row.run_id or "" for row in rows}]
    assert len(kept) == 3
    assert sum(run.prompt_tokens or 0 for run in kept) == steps[-1].sent
    assert sum(run.completion_tokens or 0 for run in kept) == steps[-1].written


class InWords(ScriptedBackend):
    """As an endpoint that turns out to give no log-probabilities; with equal scores it named none."""

    def describe(self) -> Description:
        return replace(super().describe(), native={"choose": not self.calls})


async def test_without_probabilities_none_are_made_up(db: StoreThread) -> None:
    await ask(db, InWords(scores=a_judge().scores))
    rows = await db.run(model_judgments.list_all)
    assert len(rows) == 11
    assert {row.probability for row in rows} == {None}
    assert {row.detail["probabilities"] for row in rows} == {"no"}


async def test_an_answer_that_names_no_option_is_no_verdict(db: StoreThread) -> None:
    model = InWords(scores=lambda _, __: 0.0)
    _, steps = await ask(db, model)
    assert (steps[-1].progress.done, steps[-1].skipped) == (0, 11)
    assert await db.run(model_judgments.list_all) == []
    again = await plan(db, model, KINDS)
    assert (again.questions, again.known) == (11, 0)


class Small(ScriptedBackend):
    """Nothing about pairs fits into it."""

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        if RESPONSE.text in prefix[0].content:
            raise ContextOverflowError("Too long.")
        return await super().choose(prefix, continuations, options, lane=lane)


async def test_what_does_not_fit_is_skipped_and_counted(db: StoreThread) -> None:
    _, steps = await ask(db, Small())
    assert (steps[-1].progress.done, steps[-1].skipped) == (10, 1)


async def test_what_was_stopped_goes_on_where_it_stopped(db: StoreThread) -> None:
    model = a_judge()
    todo = await plan(db, model, KINDS)
    async with aclosing(judge(db, model, todo)) as steps:
        async for step in steps:
            if step.progress.done == 3:
                break
    rows = await db.run(model_judgments.list_all)
    assert len(rows) == 3
    assert (await db.run(runs.get, rows[0].run_id or "")).status == "cancelled"
    before = len(model.calls)
    todo, _ = await ask(db, model)
    assert (todo.known, todo.questions) == (3, 8)
    asked = [(call.messages, call.continuations) for call in model.calls]
    assert not set(asked[:before]) & set(asked[before:])


def test_the_verb_says_what_it_would_take(home: Path, paths: Paths) -> None:
    from store.db import open_store

    with open_store(paths.database) as store:
        fill(store)
    run = CliRunner()
    told = run.invoke(command, ["--model", "starter", "--estimate"], catch_exceptions=False)
    assert "11 verdicts to ask for" in told.output
    refused = run.invoke(command, ["--model", "starter", "--max-usd", "1"])
    assert isinstance(refused.exception, UsageError)


@pytest.mark.model
async def test_the_starter_model_judges(db: StoreThread, paths: Paths) -> None:
    backends = Backends(Settings(), paths, embedder=HashedEmbedder())
    try:
        backend = backends.get("starter")
        todo = await plan(db, backend, KINDS, limit=3)
        async with aclosing(judge(db, backend, todo)) as steps:
            last = [step async for step in steps][-1]
    finally:
        await backends.close()
    assert last.progress.done == todo.questions
    assert last.sent > 0
    rows = await db.run(model_judgments.list_all)
    assert all(row.probability is not None for row in rows)
    assert json.dumps([dict(row.detail) for row in rows])
