"""Refining from the Review screen: started, seen, stopped; beside the rest it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.widgets import Button, Static

from models.scripted import ScriptedBackend
from persona_tui.errors import UserError
from persona_tui.jobs.learning import refine_verifier
from persona_tui.jobs.learning.refine_beside import RefineState, RefiningBeside
from persona_tui.jobs.learning.refining import RefineStep
from persona_tui.jobs.learning.training import Result, TrainStep
from persona_tui.jobs.progress import Progress
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.learning_host import learning_of
from persona_tui.screens.refining_host import refining_of
from persona_tui.screens.review import ReviewScreen
from store import attributes
from store.db import utc_now
from store.learned_records import LearnedModel
from tests.helpers import wait_until
from tests.persona_tui.jobs.learning.test_refining import FLAGS, answer
from tests.persona_tui.learning_data import ScriptedVerifier
from tests.persona_tui.review_data import seeded
from tests.persona_tui.screens.test_review import reviewing
from widgets.work_line import WorkLine


@asynccontextmanager
async def ready(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, backend: ScriptedBackend
) -> AsyncIterator[ReviewScreen]:
    async def load(*_: object) -> ScriptedVerifier:
        return ScriptedVerifier(FLAGS)

    monkeypatch.setattr(refine_verifier, "load", load)
    monkeypatch.setattr("persona_tui.jobs.backends.Backends.get", lambda *_: backend)
    seeded(paths.database, 12)
    async with reviewing(paths) as (_, screen):
        yield screen


def line(screen: ReviewScreen) -> str:
    return str(screen.query_one(WorkLine).content)


async def test_started_seen_and_stopped(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend(values=answer, parameters_b=70.0, gate=gate)
    async with ready(paths, monkeypatch, backend) as screen:
        commands = {one.title: one for one in screen.commands()}
        commands["Review: refine what is flagged"].callback()
        await wait_until(lambda: "0 of 4 flagged" in line(screen))
        assert "stops" in line(screen)
        assert "Review: stop refining" in {one.title for one in screen.commands()}
        await screen.action_extract()
        assert not refining_of(screen.host).state.running
        assert "flagged" not in line(screen)
        gate.set()
        screen.action_refine()
        await wait_until(lambda: "4 of 4 flagged: 2 refined" in line(screen))
        # What is new joined the queue, without a word about which.
        assert screen.session is not None
        queue = screen.session.queue
        await wait_until(lambda: len(queue.attributes) == 14)
        found = await screen.host.db.run(attributes.list_all)
        assert sum(one.refines is not None for one in found) == 2
        for static in screen.query(Static):
            if not isinstance(static, WorkLine):
                assert "refine" not in str(static.content).lower()


async def test_beside_the_rest_it_says_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ScriptedBackend(values=answer, parameters_b=70.0)
    async with ready(paths, monkeypatch, backend) as screen:
        refining = refining_of(screen.host)
        model = LearnedModel("v", "verifier", 1, utc_now(), "0", {"judgments": 30}, {}, {}, True)
        result = Result("verifier", "used", model)
        step = TrainStep("verifier", Progress(1, 1, "kinds"), result)
        learning = learning_of(screen.host)
        learning._changed(replace(learning.state, step=step))
        await wait_until(lambda: not refining.state.running and refining.state.counts)
        assert "Refining" not in line(screen)
        assert refining.state.counts["refined"] == 2

    remote = ScriptedBackend(values=answer, parameters_b=70.0, local=False)
    async with ready(paths, monkeypatch, remote) as screen:
        refining = refining_of(screen.host)
        refining.look()
        await wait_until(lambda: not refining.state.running)
        assert remote.calls == []


async def test_it_asks_before_words_leave_the_machine(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = ScriptedBackend(values=answer, parameters_b=70.0, local=False)
    async with ready(paths, monkeypatch, remote) as screen:
        for yes in (False, True):
            screen.action_refine()
            await wait_until(lambda: isinstance(screen.app.screen, ConfirmScreen))
            question = screen.app.screen
            assert isinstance(question, ConfirmScreen)
            assert "4 flagged attributes to scripted.example" in question.question
            assert remote.calls == []
            button = "#confirm" if yes else "#cancel"
            await wait_until(lambda q=question, b=button: len(q.query(b)) == 1)
            question.query_one(button, Button).press()
            await wait_until(lambda: screen.app.screen is screen)
        await wait_until(lambda: "4 of 4 flagged" in line(screen))
        assert len(remote.calls) == 4
        # Where nothing waits there is nothing to ask, and nothing begins that would ask for more.
        await wait_until(lambda: not refining_of(screen.host).state.running)
        await refining_of(screen.host).stop()
        told: list[str] = []
        monkeypatch.setattr(screen.host, "tell", lambda text, *_: told.append(text))
        screen.action_refine()
        await wait_until(lambda: told == ["Nothing that is flagged waits to be refined."])
        assert not refining_of(screen.host).state.asked


async def test_without_a_verifier_only_who_asked_is_told(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready(paths, monkeypatch, ScriptedBackend()) as screen:

        async def none(*_: object) -> ScriptedVerifier:
            raise UserError(
                "your verifier is not trained yet; 31 more judged attributes are needed."
            )

        monkeypatch.setattr(refine_verifier, "load", none)
        refining = refining_of(screen.host)
        refining.look()
        await wait_until(lambda: not refining.state.running)
        assert line(screen) == "" or "verifier" not in line(screen)
        screen.action_refine()
        await wait_until(lambda: "31 more judged attributes" in line(screen))


async def test_who_waits_for_the_model_goes_first() -> None:
    """Between two attributes the model is free, and what nobody asked for gives way."""
    busy, used = [False], list[int]()

    async def work(_: bool) -> AsyncGenerator[RefineStep, None]:
        for done in range(4):
            yield RefineStep(Progress(done, 4, "attributes"), {"refined": done})

    @asynccontextmanager
    async def alone() -> AsyncIterator[None]:
        used.append(len(used))
        busy[0] = len(used) == 2
        yield

    seen: list[RefineState] = []
    beside = RefiningBeside(work, seen.append, alone, lambda: True, lambda: busy[0])
    beside.look()
    await wait_until(lambda: not beside.state.running)
    assert len(used) == 2
    assert beside.state.counts == {"refined": 1}
    busy[0] = True
    beside.look()
    assert len(used) == 2
