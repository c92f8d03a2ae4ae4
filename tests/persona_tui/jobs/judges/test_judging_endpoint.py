"""Judging through an endpoint: several requests at once, the budget held, nothing that was paid lost."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing

import pytest

from models.endpoint import EndpointBackend
from models.errors import UnavailableError
from models.protocol import ChatMessage, Choice, Lane
from models.scripted import ScriptedBackend
from persona_tui.config_file import set_values
from persona_tui.db import StoreThread
from persona_tui.jobs.costs import Price
from persona_tui.jobs.judges.asking import PART
from persona_tui.jobs.judges.items import KINDS, plan
from persona_tui.jobs.judges.judging import JudgeStep, judge
from persona_tui.paths import Paths
from persona_tui.stages.judging.questions import RESPONSE
from store import model_judgments, runs
from store.audit import ModelJudgment
from store.db import Store
from tests.helpers import wait_until
from tests.models.fake_openai import Behaviour, FakeOpenAI, Request, ok
from tests.persona_tui.jobs.judges.test_judging import fill

pytestmark = pytest.mark.usefixtures("loopback")
ANSWERS = {
    "ok, unsure or bad": {"bad": 0.7, "ok": 0.2, "unsure": 0.1},
    "1 to 6": {"1": 0.2, "3": 0.7},
    "yes or no": {"yes": 0.7, "no": 0.3},
    "1 to 5": {"2": 0.6, "4": 0.3},
}


def answering(pause: float = 0.05) -> Behaviour:
    """Answers with log-probabilities, and counts a token for every byte: no tokenizer does worse."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(pause)
        tokens = next(one for key, one in ANSWERS.items() if key in request.last)
        top = [{"token": token, "logprob": math.log(p)} for token, p in tokens.items()]
        choice = {
            "message": {"content": top[0]["token"]},
            "finish_reason": "length",
            "logprobs": {"content": [{**top[0], "top_logprobs": top}]},
        }
        usage = {"prompt_tokens": len(request.last.encode()), "completion_tokens": 1}
        await ok({"choices": [choice], "usage": usage})(request, writer)

    return behave


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        await thread.run(fill)
        yield thread


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def opened(
    stack: AsyncExitStack, *behaviours: Behaviour, at_once: int = 8
) -> tuple[FakeOpenAI, EndpointBackend]:
    server = await stack.enter_async_context(FakeOpenAI(chat=behaviours or [answering()]))
    backend = EndpointBackend(server.base_url, "m", max_concurrency=at_once, first_pause=0.01)
    stack.push_async_callback(backend.close)
    return server, backend


async def ask(
    db: StoreThread, backend: EndpointBackend, *, detail: bool | None = None, **how: object
) -> list[JudgeStep]:
    todo = await plan(db, backend, KINDS, everything=True, detail=detail)
    async with aclosing(judge(db, backend, todo, **how)) as steps:  # type: ignore[arg-type]
        return [step async for step in steps]


def said(rows: Sequence[ModelJudgment]) -> set[tuple[object, ...]]:
    return {
        (r.kind, r.attribute_id, r.prompt_id, r.pair_id, r.verdict, r.relevant, r.rating,
         r.probability, r.flipped, str(r.detail))
        for r in rows
    }  # fmt: skip


async def test_several_are_under_way_and_their_order_does_not_matter(
    db: StoreThread, stack: AsyncExitStack, paths: Paths
) -> None:
    server, backend = await opened(stack)
    steps = await ask(db, backend, at_once=6)
    assert 2 < server.most_at_once <= 7
    assert steps[-1].progress.done == steps[-1].progress.total == 5 + 15 + 2
    many = await db.run(model_judgments.list_all)
    bodies = [request.last for request in server.asked()]
    assert len(bodies) == len(set(bodies)) == 5 + 5 + 15 + 4  # each once; why for each that is bad
    assert steps[-1].sent == sum(len(body.encode()) for body in bodies)
    # One at a time, on the same journal, says the same.
    await db.run(forget_verdicts)
    server, backend = await opened(stack, answering(0))
    await ask(db, backend)
    assert server.most_at_once == 2  # both orders of a pair
    assert said(await db.run(model_judgments.list_all)) == said(many)


def forget_verdicts(store: Store) -> None:
    with store.write() as conn:
        conn.execute("DELETE FROM model_judgments")


@pytest.mark.parametrize("limit", [3_000, 9_000, 15_000, 25_000])
async def test_a_budget_holds_whatever_is_under_way(
    db: StoreThread, stack: AsyncExitStack, limit: int
) -> None:
    server, backend = await opened(stack)
    last = (await ask(db, backend, at_once=8, max_tokens=limit))[-1]
    asked = sum(len(request.last.encode()) + 1 for request in server.asked())
    assert asked == last.sent + last.written <= limit
    assert last.stopped == "budget"
    assert (last.progress.done > 0) == (limit > 5_000)
    price = Price(1.0, 10.0)
    last = (await ask(db, backend, at_once=8, price=price, max_usd=limit / 1e6))[-1]
    assert last.cost is not None
    assert last.cost <= limit / 1e6


async def test_stopping_waits_for_what_is_paid(db: StoreThread, stack: AsyncExitStack) -> None:
    server, backend = await opened(stack)
    todo, stop = await plan(db, backend, KINDS, everything=True), asyncio.Event()
    async with aclosing(judge(db, backend, todo, at_once=4, stop=stop)) as steps:
        async for step in steps:
            if step.progress.done == 3:
                stop.set()
    assert step.stopped == "asked"
    rows = await db.run(model_judgments.list_all)
    assert len(rows) == step.progress.done < todo.questions
    before = len(server.asked())
    await ask(db, backend, at_once=4)
    bodies = [request.last for request in server.asked()]
    assert before < len(bodies) == len(set(bodies))


class Breaking(ScriptedBackend):
    """An endpoint that fails at the second order of a pair once."""

    broken = False

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        text = prefix[-1].content
        if RESPONSE.text in text and text.index("Personal answer") < text.index("Generic answer"):
            self.broken, was = True, self.broken
            if not was:
                raise UnavailableError("The endpoint is gone.")
        return await super().choose(prefix, continuations, options, lane=lane)


async def test_an_answer_that_has_come_is_not_paid_twice(db: StoreThread) -> None:
    model = Breaking(local=False)
    todo = await plan(db, model, ("response",))
    assert todo.questions == 1
    with pytest.raises(UnavailableError):
        async with aclosing(judge(db, model, todo)) as steps:
            assert [step async for step in steps] == []
    assert len(model.calls) == 1
    assert await db.run(parts) == 1
    async with aclosing(judge(db, model, await plan(db, model, ("response",)))) as steps:
        assert [step.progress.done async for step in steps] == [1]
    assert len(model.calls) == 2
    assert await db.run(parts) == 0


def parts(store: Store) -> int:
    sql = "SELECT count(*) FROM settings_kv WHERE key LIKE ? || '%'"
    return int(store.conn.execute(sql, (PART,)).fetchone()[0])


async def test_what_is_wrong_is_asked_where_it_is_not_accepted(
    db: StoreThread, stack: AsyncExitStack
) -> None:
    server, backend = await opened(stack)
    await ask(db, backend, at_once=4, detail=True)
    rows = await db.run(model_judgments.list_all)
    assert {r.detail.get("failure_mode") for r in rows if r.kind == "attribute"} == {
        "task_context_confusion"
    }
    pairs = [r for r in rows if r.kind == "response"]
    assert len(pairs) == 2
    for row in pairs:  # it prefers the left in both orders, also for the attribute
        asked = row.detail["attributes"]
        assert isinstance(asked, dict)
        assert [round(value, 2) for value in asked.values()] == [3.0]
    assert sum(RESPONSE.attribute_question in r.last[-200:] for r in server.asked()) == 4


async def test_nobody_is_asked_one_by_one_where_each_row_is_paid(
    db: StoreThread, stack: AsyncExitStack
) -> None:
    server, backend = await opened(stack)
    cheap = await plan(db, backend, ("response",))
    dear = await plan(db, backend, ("response",), detail=True)
    assert dear.tokens > 1.5 * cheap.tokens
    here = await plan(db, ScriptedBackend(), ("response",))
    assert here.tokens < dear.tokens
    assert server.asked() == []


@pytest.mark.kill
async def test_a_kill_in_the_middle_loses_nothing_that_had_come(
    db: StoreThread, stack: AsyncExitStack, paths: Paths
) -> None:
    at_once = 4
    server, _ = await opened(stack, answering(0.1))
    entry = {"kind": "endpoint", "base_url": server.base_url, "model": "m"}
    values = {f"models.judge.{key}": value for key, value in entry.items()}
    await asyncio.to_thread(set_values, paths, values)

    async def run() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "persona_tui", "judge", "--model", "judge", "--all", "--yes",
            "--quiet", env={**os.environ, "PERSONA_TUI_REMOTE__MAX_CONCURRENCY": str(at_once)},
        )  # fmt: skip

    kept = 0
    for more in (2, 5, 6):
        process = await run()
        goal = kept + more

        async def reached(goal: int = goal) -> bool:
            return len(await db.run(model_judgments.list_all)) >= goal

        await wait_until(reached, timeout=60)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        kept = len(await db.run(model_judgments.list_all))
    process = await run()
    assert await process.wait() == 0
    assert len(await db.run(model_judgments.list_all)) == 5 + 15 + 2
    assert await db.run(parts) == 0
    often = Counter(request.last for request in server.asked())
    # Asked again is only what was under way at a kill: an answer that had come is in the journal.
    again = sum(times - 1 for times in often.values())
    assert again <= 3 * at_once
    # What the killed runs took is known, too.
    rows = await db.run(model_judgments.list_all)
    kept_runs = [await db.run(runs.get, key) for key in {row.run_id or "" for row in rows}]
    assert all((run.prompt_tokens or 0) > 0 for run in kept_runs)


@pytest.mark.kill
async def test_ctrl_c_waits_for_what_is_paid(
    db: StoreThread, stack: AsyncExitStack, paths: Paths
) -> None:
    server, _ = await opened(stack, answering(0.2))
    entry = {"kind": "endpoint", "base_url": server.base_url, "model": "m"}
    values = {f"models.judge.{key}": value for key, value in entry.items()}
    await asyncio.to_thread(set_values, paths, values)
    command = [sys.executable, "-m", "persona_tui", "judge", "--model", "judge", "--all", "--yes"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)

    async def begun() -> bool:
        return len(await db.run(model_judgments.list_all)) >= 2

    await wait_until(begun, timeout=60)
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert process.returncode == 130
    assert b"Run it again to go on." in said
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    await process.communicate()
    assert process.returncode == 0
    assert len(await db.run(model_judgments.list_all)) == 5 + 15 + 2
    often = Counter(request.last for request in server.asked())
    assert set(often.values()) == {1}
