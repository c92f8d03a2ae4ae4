"""LLM judges: the person's words, both orders, nothing twice, nothing over the budget."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.commands.judge import command
from persona_tui.config import JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.errors import UsageError
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.judging import KINDS, JudgeStep, Plan, Price, judge, plan
from persona_tui.jobs.relevance_changes import write
from persona_tui.jobs.relevance_session import RelevanceSession
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


async def test_a_verdict_that_flips_with_the_order_is_told(db: StoreThread) -> None:
    model = a_judge()
    await ask(db, model, ("response",))
    (row,) = await db.run(model_judgments.list_all, kind="response")
    assert (row.flipped, row.rating) == (True, 3)
    assert (row.detail["generic_left"], row.detail["generic_right"]) == (2, 4)


def test_a_judge_that_means_one_answer_does_not_flip() -> None:
    item = PairItem("p", "Q", "A", "B")
    log = [-9.0, -9.0, -9.0, -0.001, -9.0]
    row = pair_verdict(item, "m", log, list(reversed(log)), native=True)
    assert (row.rating, row.flipped) == (4, False)
    assert row.probability is not None
    assert row.probability > 0.9
    assert pair_verdict(item, "m", log, log, native=False).probability is None


async def test_a_budget_is_never_gone_over(db: StoreThread) -> None:
    model = a_judge()
    todo = await plan(db, model, KINDS)
    price = Price(10.0, 30.0)
    all_of_it = todo.cost(price)
    assert all_of_it is not None
    _, steps = await ask(db, model, price=price, max_usd=all_of_it / 2)
    assert steps[-1].stopped == "budget"
    assert 0 < steps[-1].progress.done < 11
    assert (steps[-1].cost or 0) <= all_of_it / 2
    _, steps = await ask(db, model, max_tokens=1)
    assert [step.stopped for step in steps] == ["budget"]
    _, steps = await ask(db, model)
    assert len(await db.run(model_judgments.list_all)) == 11


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
