"""The foil as a job: whole personas or nothing, never twice, never among the person's figures."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.embeddings import MiniLmEmbedder
from models.scripted import ScriptedBackend
from persona_tui.commands.foil import group
from persona_tui.config import Settings, validated
from persona_tui.db import StoreThread
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.foil import FoilStep, plan, run_foil
from persona_tui.paths import Paths
from persona_tui.plain.foil import FoilReview
from store import attributes, conversations, figures, synthetic, user_prompts
from store.audit import UserPrompt
from store.db import Store, open_store
from tests.persona_tui.stages.extraction.helpers import Stub

EMBEDDER = MiniLmEmbedder()
GROUNDED = validated({"extraction": {"strategy": "grounded"}}, where="the test")


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    thread = StoreThread(paths.database)
    await thread.open()
    yield thread
    await thread.close()


def sayings() -> ScriptedBackend:
    return ScriptedBackend(lambda _: "I work night shifts as a nurse.")


async def run(db: StoreThread, count: int, stop_at: int | None = None) -> list[FoilStep]:
    model = sayings()
    todo = await plan(db, model, model, turns=2, count=count)
    steps = run_foil(
        db, todo, user=model, assistant=model, extractor=Stub(), embedder=EMBEDDER,
        settings=GROUNDED, judge=ScriptedBackend(), bank_prompts=await db.run(bank),
    )  # fmt: skip
    seen = []
    async with aclosing(steps):
        async for step in steps:
            seen.append(step)
            if stop_at is not None and len(seen) >= stop_at:
                break
    return seen


def bank(store: Store) -> list[UserPrompt]:
    return [
        user_prompts.add(store, f"Prompt {topic} {personal}?", origin="bank", topic=topic,
                         personal=personal, bank_key=f"{topic}-{personal}")
        for topic in ("health", "code") for personal in (True, False)
    ]  # fmt: skip


async def test_a_persona_is_whole_or_not_there(db: StoreThread) -> None:
    await run(db, 2, stop_at=3)
    assert await db.run(synthetic.conversations) == []
    steps = await run(db, 2)
    assert [step.persona for step in steps if step.done] == ["night-nurse", "retired-teacher"]
    assert len(await db.run(synthetic.conversations)) == 2
    assert not any(step.done for step in await run(db, 2))
    assert sum(step.done for step in await run(db, 3)) == 1


async def test_nothing_of_it_is_the_persons(db: StoreThread) -> None:
    await run(db, 1)
    data = await db.run(figures.read)
    assert await db.run(attributes.list_all) == []
    assert (data.inferred, data.attributes.verdict) == (0, [])
    (played,) = await db.run(conversations.list_all, source="synthetic")
    assert played.title.startswith("Synthetic: ")
    assert {"truth", "model"} <= set(data.synthetic.rater)
    of_truth = [
        verdict
        for rater, verdict in zip(data.synthetic.rater, data.synthetic.verdict, strict=True)
        if rater == "truth" and verdict
    ]
    assert of_truth == ["ok"]
    assert {one for one in data.synthetic.prompt_key if one} <= {
        f"{topic}-{personal}" for topic in ("health", "code") for personal in (True, False)
    }
    assert True in data.synthetic.relevant
    assert False in data.synthetic.relevant


async def test_the_person_can_judge_and_take_back(db: StoreThread, paths: Paths) -> None:
    await run(db, 1)
    with open_store(paths.database) as store:
        out = io.StringIO()
        FoilReview(store, io.StringIO("what\nu\n"), out).run()
        assert "[synthetic] night-nurse" in out.getvalue()
        (mine,) = [one for one in synthetic.judgments(store) if one.rater == "person"]
        assert mine.verdict == "unsure"
        synthetic.retract(store, mine)
        assert [one for one in synthetic.judgments(store) if one.rater == "person"] == []
        FoilReview(store, io.StringIO("a\n"), out).run(limit=1)
    told = CliRunner().invoke(group, ["list"])
    assert "[synthetic] night-nurse: 1 attributes" in told.output
    assert "person: ok" in told.output


def test_an_unknown_persona_is_a_usage_error(home: Path) -> None:
    told = CliRunner().invoke(group, ["run", "--persona", "nobody"])
    assert "There is no persona 'nobody'" in str(told.exception)


@pytest.mark.model
async def test_the_starter_model_plays_a_user(db: StoreThread, paths: Paths) -> None:
    backends = Backends(Settings(), paths)
    try:
        model = backends.get("starter")
        todo = await plan(db, model, model, turns=2, keys=("night-nurse",))
        steps = run_foil(
            db, todo, user=model, assistant=model, extractor=model, embedder=backends.embedder,
            settings=Settings(), judge=model,
        )  # fmt: skip
        said = [step.turn async for step in steps if step.turn is not None]
    finally:
        await backends.close()
    assert [turn.role for turn in said] == ["user", "assistant"] * 2
    assert all(turn.text.startswith(("I ", "I'")) for turn in said[::2])
    data = await db.run(figures.read)
    assert "SmolLM2" in str(data.synthetic.model_tag) or not data.synthetic.rater
