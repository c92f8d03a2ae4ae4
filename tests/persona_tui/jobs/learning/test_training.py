"""From judgments to a version in use, and back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable

import pytest

from models.embeddings import HashedEmbedder
from persona_tui.db import StoreThread
from persona_tui.jobs.learning import telling
from persona_tui.jobs.learning.training import Result, TrainStep, tools_for, train
from persona_tui.paths import Paths
from store import conversations, forgetting, learned
from store.db import Store, open_store
from store.learned_records import LearnedKind
from tests.persona_tui.audit_data import judge
from tests.persona_tui.jobs.learning.small import SmallTrainer, judged


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def steps_of(
    db: StoreThread, *known: SmallTrainer, anew: bool = False, stop: asyncio.Event | None = None
) -> list[TrainStep]:
    tools = await tools_for(db, HashedEmbedder(), None)
    kinds: Iterable[LearnedKind] = [one.kind for one in known]
    steps = train(tools, kinds, anew=anew, stop=stop, known={one.kind: one for one in known})
    return [step async for step in steps]


async def trained(db: StoreThread, *known: SmallTrainer, anew: bool = False) -> Result:
    found = [step.result for step in await steps_of(db, *known, anew=anew) if step.result]
    return found[-1]


async def test_it_learns_and_says_from_what(db: StoreThread) -> None:
    await db.run(judged, 40)
    steps = await steps_of(db, SmallTrainer())
    assert {"reading", "learning"} <= {step.progress.note for step in steps}
    result = steps[-1].result
    assert result is not None
    assert result.outcome == "used"
    model = await db.run(learned.in_use, "verifier")
    assert model is not None
    assert model.coefficients["form"] == "small/1"
    on = model.trained_on
    assert (on["judgments"], on["random"], on["seed"]) == (40, 40, 0)
    assert on["embedder"] == "hashed character n-grams"
    assert on["first_judgment"] < on["last_judgment"]
    assert len(on["sha256"]) == 64
    text = telling.summary(model)
    assert text.startswith("Your verifier learned from 40 judgments. On ones that it had not seen")
    assert telling.words(model) == ["You accept what is long."]
    assert await db.run(learned.due) == []


async def test_nothing_new_makes_no_version(db: StoreThread) -> None:
    keys = await db.run(judged, 40)
    await trained(db, SmallTrainer())
    assert (await trained(db, SmallTrainer())).outcome == "unchanged"
    assert (await trained(db, SmallTrainer(), anew=True)).outcome == "unchanged"
    await db.run(judge, keys[0], "bad")
    assert (await trained(db, SmallTrainer())).outcome == "used"
    assert [one.version for one in await db.run(learned.list_all)] == [2, 1]


async def test_what_is_worse_stays_in_the_history(db: StoreThread) -> None:
    await db.run(judged, 40)
    await trained(db, SmallTrainer())
    await db.run(judged, 40, title="More")
    worse = SmallTrainer()
    worse.noise = 1.0
    result = await trained(db, worse)
    assert result.outcome == "not_used"
    assert [one.in_use for one in await db.run(learned.list_all)] == [False, True]
    assert result.model is not None
    assert "worse by more than chance" in telling.verdict(result.model)
    assert "40 judgments that came since" in telling.verdict(result.model)


async def test_too_little_says_what_is_missing(db: StoreThread) -> None:
    await db.run(judged, 5)
    result = await trained(db, SmallTrainer())
    assert result.outcome == "lacking"
    assert result.lacking is not None
    assert result.lacking.missing == 7
    assert "7 more judged attributes (5 of 12)" in telling.result_text(result)
    assert await db.run(learned.due) == []  # nothing changes before another judgment
    for key in await db.run(judged, 8, title="All good"):
        await db.run(judge, key, "ok")
    assert (await trained(db, SmallTrainer())).outcome == "lacking"


async def test_what_was_forgotten_meanwhile_is_not_kept(db: StoreThread) -> None:
    await db.run(judged, 40)
    trainer = SmallTrainer()

    def forget() -> None:
        with open_store(db.path) as store:
            made = conversations.create(store, title="Secret")
            forgetting.forget_conversation(store, made.conversation_id)

    trainer.in_material = forget
    assert (await trained(db, trainer)).outcome == "forgotten"
    assert await db.run(learned.list_all) == []
    assert await db.run(learned.due) == ["verifier"]
    trainer.in_material = lambda: None
    assert (await trained(db, trainer)).outcome == "used"


async def test_a_fault_of_one_kind_leaves_the_others(db: StoreThread, paths: Paths) -> None:
    await db.run(judged, 40)
    broken = SmallTrainer("verifier")

    def fail() -> None:
        raise ZeroDivisionError

    broken.in_material = fail
    steps = await steps_of(db, broken, SmallTrainer("relevance"))
    results = [step.result for step in steps if step.result]
    assert [one.outcome for one in results] == ["failed", "used"]
    assert "ZeroDivisionError" in results[0].error
    assert "verifier" in await db.run(learned.due)


async def test_stopping_begins_no_other_kind_and_cancelling_keeps_nothing(db: StoreThread) -> None:
    await db.run(judged, 40)
    stop = asyncio.Event()
    first = SmallTrainer("verifier")
    first.in_material = stop.set
    steps = await steps_of(db, first, SmallTrainer("relevance"), stop=stop)
    assert {step.kind for step in steps} == {"verifier"}
    assert steps[-1].result is not None

    tools = await tools_for(db, HashedEmbedder(), None)
    second = SmallTrainer("reward")
    running = train(tools, ["reward"], known={"reward": second})
    async for _ in running:
        break
    await running.aclose()
    assert await db.run(learned.list_all, "reward") == []


KILLED = """
import asyncio, sys
from pathlib import Path
from models.embeddings import HashedEmbedder
from persona_tui.db import StoreThread
from persona_tui.jobs.learning.training import tools_for, train
from tests.persona_tui.jobs.learning.small import SmallTrainer

async def main():
    async with StoreThread(Path(sys.argv[1])) as db:
        for n in range(10_000):
            trainer = SmallTrainer()
            trainer.noise = n * 1e-6
            tools = await tools_for(db, HashedEmbedder(), None)
            async for step in train(tools, ["verifier"], anew=True, known={"verifier": trainer}):
                if step.result:
                    print(step.result.outcome, flush=True)

asyncio.run(main())
"""


@pytest.mark.kill
def test_a_killed_process_leaves_whole_versions(paths: Paths) -> None:
    with open_store(paths.database) as store:
        judged(store, 40)
    done = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(paths.database)], stdout=subprocess.PIPE, text=True
    )
    assert done.stdout is not None
    seen = [done.stdout.readline().strip() for _ in range(7)]
    done.kill()
    done.wait()
    done.stdout.close()
    with open_store(paths.database) as store:
        check_whole(store, at_least=sum(one in ("used", "not_used") for one in seen))


def check_whole(store: Store, at_least: int) -> None:
    found = learned.list_all(store)
    assert len(found) >= at_least > 0
    assert sum(one.in_use for one in found) == 1
    for one in found:
        model = learned.get(store, one.learned_id)
        assert model is not None
        assert model.coefficients["form"] == "small/1"
        assert len(model.metrics) == 2
