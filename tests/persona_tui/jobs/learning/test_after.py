"""Learning beside everything else: when there is reason to, one run at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace

import pytest

from models.embeddings import HashedEmbedder
from persona_tui.db import StoreThread
from persona_tui.jobs.learning.after import SITTING, LearningBeside, LearningState, due_in
from persona_tui.jobs.learning.training import TrainStep, tools_for, train
from persona_tui.jobs.learning.using import is_outdated, is_readable, unreadable
from persona_tui.paths import Paths
from persona_tui.stages.relevance import features
from store import caches, conversations, forgetting, learned
from store.db import Store
from store.learned_records import LearnedKind, LearnedModel
from tests.helpers import wait_until
from tests.persona_tui.jobs.learning.small import SmallTrainer, judged


class Beside:
    """A learner of one small kind, and what it did."""

    def __init__(self, db: StoreThread, *, auto: bool = True) -> None:
        self.db = db
        self.runs: list[tuple[tuple[LearnedKind, ...], bool]] = []
        self.states: list[LearningState] = []
        self.at_once = self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.learning = LearningBeside(self.work, due_in(db), self.states.append, lambda: auto)

    async def work(
        self, kinds: tuple[LearnedKind, ...], anew: bool, stop: asyncio.Event
    ) -> AsyncGenerator[TrainStep, None]:
        self.runs.append((kinds, anew))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.gate.wait()
            tools = await tools_for(self.db, HashedEmbedder(), None)
            known: dict[LearnedKind, SmallTrainer] = {"verifier": SmallTrainer()}
            async for step in train(tools, kinds, anew=anew, stop=stop, known=known):
                yield step
        finally:
            self.at_once -= 1

    @property
    def idle(self) -> bool:
        task = self.learning._task
        return task is None or task.done()

    async def ended(self) -> None:
        await wait_until(lambda: self.idle, what="learning ended")


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def test_a_sitting_is_learned_from_when_it_ends(db: StoreThread) -> None:
    beside = Beside(db)
    beside.learning.look()
    await beside.ended()
    assert beside.runs == []  # nothing was judged
    await db.run(judged, 40)
    beside.learning.look()
    await beside.ended()
    assert beside.runs == [(("verifier",), False)]
    assert beside.learning.state.results[0].outcome == "used"
    beside.learning.look()
    await beside.ended()
    assert len(beside.runs) == 1  # nothing new


async def test_a_long_sitting_is_learned_from_on_the_way(db: StoreThread) -> None:
    beside = Beside(db)
    await db.run(judged, 40)
    for _ in range(SITTING - 1):
        beside.learning.judged()
    assert beside.idle
    beside.learning.judged()
    await beside.ended()
    assert len(beside.runs) == 1


async def test_one_run_at_a_time_and_what_comes_up_is_done_after_it(db: StoreThread) -> None:
    beside = Beside(db)
    await db.run(judged, 40)
    beside.gate.clear()
    beside.learning.look()
    await wait_until(lambda: beside.runs)
    beside.learning.look()
    beside.learning.start()
    await db.run(judged, 5, title="Later")
    beside.gate.set()
    await beside.ended()
    assert beside.most == 1
    assert 1 <= len(beside.runs) <= 2
    assert await db.run(learned.due) == []


async def test_forgetting_is_followed_by_learning_from_what_stays(db: StoreThread) -> None:
    beside = Beside(db)
    await db.run(judged, 40)
    beside.learning.look()
    await beside.ended()

    def forget(store: Store) -> None:
        made = conversations.create(store, title="Nothing of it was judged")
        forgetting.forget_conversation(store, made.conversation_id)

    await db.run(forget)
    assert await db.run(learned.list_all) == []
    beside.learning.look()
    await beside.ended()
    assert [one.version for one in await db.run(learned.list_all)] == [1]


async def test_it_does_not_learn_unasked_where_that_is_not_wanted(db: StoreThread) -> None:
    beside = Beside(db, auto=False)
    await db.run(judged, 40)
    beside.learning.look()
    for _ in range(SITTING):
        beside.learning.judged()
    await beside.ended()
    assert beside.runs == []
    beside.learning.start(["verifier"])
    await beside.ended()
    assert beside.runs == [(("verifier",), True)]
    assert any(state.asked and state.running for state in beside.states)


async def test_what_was_missing_is_remembered_and_stopping_ends_it(db: StoreThread) -> None:
    beside = Beside(db)
    await db.run(judged, 5)
    beside.learning.look()
    await beside.ended()
    assert beside.learning.state.lacking["verifier"].missing == 7
    beside.gate.clear()
    beside.learning.start(["verifier"])
    await wait_until(lambda: len(beside.runs) == 2)
    beside.learning.ask_to_stop()
    assert beside.learning.state.stopping
    beside.learning.ask_to_stop()  # a second time: at once
    await beside.ended()
    assert not beside.learning.state.running
    beside.learning.start(["verifier"])
    await wait_until(lambda: len(beside.runs) == 3)
    await beside.learning.stop()
    assert beside.idle


async def test_a_fault_is_told_not_raised(db: StoreThread) -> None:
    def broken(kinds: object, anew: bool, stop: object) -> AsyncGenerator[TrainStep, None]:
        raise RuntimeError

    learning = LearningBeside(broken, due_in(db), lambda _: None, lambda: True)
    learning.start()
    await wait_until(lambda: learning.state.error)
    assert "RuntimeError" in (learning.state.error or "")


async def test_what_the_person_asks_for_is_done_after_what_nobody_asked_for(
    db: StoreThread,
) -> None:
    beside = Beside(db)
    await db.run(judged, 40)
    beside.gate.clear()
    beside.learning.look()
    await wait_until(lambda: len(beside.runs) == 1)
    beside.learning.start(["verifier"])
    beside.gate.set()
    await beside.ended()
    assert beside.runs == [(("verifier",), False), (("verifier",), True)]
    assert beside.states[-1].asked is False
    assert any(one.asked for one in beside.states)


async def test_what_an_older_program_learned_is_learned_anew(db: StoreThread) -> None:
    def old(store: Store) -> LearnedModel:
        made = learned.save(
            store, "relevance", app_version="0.1", trained_on={}, metrics={},
            coefficients={"form": "relevance-kernel-1", "features": "1"},
            use=True, begun=caches.generation(store),
        )  # fmt: skip
        assert made is not None
        learned.set_mark(store, "relevance", learned.mark(store, "relevance"))
        return made

    model = await db.run(old)
    assert await db.run(learned.due) == []
    assert await due_in(db)() == ["relevance"]
    assert not is_readable(model)
    assert "was learned by another persona-tui and is not used" in unreadable(model)
    assert not is_outdated(replace(model, coefficients={"features": features.VERSION}))
    assert is_outdated(replace(model, kind="reward", coefficients={"form": "reward-ridge-1"}))
