"""The arm *personal*, from judgments to a pair: what the personal model chose is told, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest
from msgspec.structs import replace as changed

from models.embeddings import HashedEmbedder
from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from persona_tui.config import CompareConfig, JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.errors import UserError
from persona_tui.jobs.compare.orders import orders
from persona_tui.jobs.compare.responding import make_ahead
from persona_tui.paths import Paths
from store import learned, responses, runs, user_prompts
from store.db import Store
from tests.persona_tui import relevance_data as data

SETTINGS = Settings(judging=JudgingConfig(catch_share=0.0))
NEW = "Which dinner shall I cook with rice?"


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def test_the_personal_model_chooses_for_prompts_that_it_has_not_seen(db: StoreThread) -> None:
    keys = await data.learned(db)
    await db.run(lambda store: data.own(store, ["The user cooks rice for a secret."], "never"))
    await db.run(lambda store: data.own(store, ["The user cooks rice on request."], "ask"))
    new = await db.run(user_prompts.add, NEW)
    off = await db.run(user_prompts.add, "xyzzy")
    config = changed(SETTINGS, compare=CompareConfig(arm="personal"))
    todo = await db.run(partial(orders, judging=config.judging, compare=config.compare))
    assert {order.prompt.prompt_id for order in todo} == {new.prompt_id, off.prompt_id}
    asked: list[Sequence[ChatMessage]] = []

    def script(messages: Sequence[ChatMessage]) -> str:
        asked.append(messages)
        return "Beans."

    steps = make_ahead(
        db, config, backend=ScriptedBackend(script), other=None, embedder=HashedEmbedder(), count=5
    )
    made = [step.pair async for step in steps if step.pair is not None]
    pair = next(one for one in made if one.prompt_id == new.prompt_id)
    food = {keys[text] for text in data.FOOD}
    assert set(pair.personalized.attribute_ids) <= food
    assert pair.personalized.attribute_ids
    told = [one[0].content for one in asked if "What is known" in one[0].content]
    listed = {line[2:] for text in told for line in text.splitlines() if line.startswith("- ")}
    assert listed <= {*data.FOOD, *data.WORK}
    run = await db.run(runs.get, pair.personalized.run_id or "")
    model = await db.run(learned.in_use, "relevance")
    assert model is not None
    assert (run.parameters["arm"], run.parameters["learned_id"]) == ("personal", model.learned_id)
    assert {one.arm for one in await db.run(responses.pairs)} == {"personal"}
    again = await db.run(partial(orders, judging=config.judging, compare=config.compare))
    assert new.prompt_id not in {order.prompt.prompt_id for order in again}


async def test_a_model_that_cannot_be_read_is_not_called_missing(db: StoreThread) -> None:
    await data.learned(db)
    await db.run(user_prompts.add, NEW)

    def damage(store: Store) -> None:
        with store.write() as conn:
            conn.execute('UPDATE learned_models SET coefficients = \'{"form": "?"}\'')

    await db.run(damage)
    config = changed(SETTINGS, compare=CompareConfig(arm="personal"))
    steps = make_ahead(
        db, config, backend=ScriptedBackend(), other=None, embedder=HashedEmbedder(), count=1
    )
    with pytest.raises(UserError, match="cannot be read"):
        _ = [step async for step in steps]
