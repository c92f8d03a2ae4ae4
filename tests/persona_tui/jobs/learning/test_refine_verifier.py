"""From judgments to refined attributes: the verifier is trained, flags, and what it flags is refined."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.embeddings import HashedEmbedder
from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from persona_tui.config import Settings
from persona_tui.db import StoreThread
from persona_tui.errors import UserError
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.learning.refine_beside import run_now
from persona_tui.jobs.learning.refine_verifier import load
from persona_tui.jobs.learning.training import tools_for, train
from persona_tui.paths import Paths
from store import attributes, judgments, refinements
from store.db import utc_now
from store.records import AttributeJudgment, JudgmentContext
from tests.persona_tui.review_data import seed


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[StoreThread]:
    thread = StoreThread(tmp_path / "journal.db")
    await thread.open()
    yield thread
    await thread.close()


def backends_of(paths: Paths) -> Backends:
    def answer(messages: Sequence[ChatMessage], _: Mapping[str, Any]) -> object:
        asked = messages[-1].content
        number = asked.rsplit("owns ", 1)[1].split(" ")[0] if "owns " in asked else "0"
        if number == "0":
            return {"action": "withdraw", "attribute": ""}
        return {"action": "weaken", "attribute": f"The user has {number} books."}

    backend = ScriptedBackend(values=answer, parameters_b=70.0, name="big")
    return Backends(Settings(), paths, embedder=HashedEmbedder(), opener=lambda *_, **__: backend)


async def test_nothing_is_flagged_before_anything_is_learned(db: StoreThread, paths: Paths) -> None:
    await db.run(seed, 8)
    with pytest.raises(UserError, match=r"20 more judged attributes are needed"):
        await load(db, backends_of(paths))
    steps = [step async for step in run_now(db, backends_of(paths), Settings(), asked=False)]
    assert steps == []


async def test_one_verdict_only_is_not_sent_in_a_circle(db: StoreThread, paths: Paths) -> None:
    """Training says what is missing; to run it first would not help."""
    for one in await db.run(partial(seed, count=24)):
        row = AttributeJudgment(
            "", one.attribute_id, utc_now(), JudgmentContext("g" * 64, "0"), verdict="ok"
        )
        await db.run(judgments.save, row)
    with pytest.raises(UserError, match=r"'persona-tui train' trains it, or says what is missing"):
        await load(db, backends_of(paths))


async def test_a_verifier_that_may_be_guessing_flags_nothing(db: StoreThread, paths: Paths) -> None:
    """Verdicts by chance teach nothing, and a threshold for recall would flag nearly everything."""
    dice = random.Random(3)
    for talk in range(4):
        for one in await db.run(partial(seed, count=10, title=f"Talk {talk}")):
            row = AttributeJudgment(
                "", one.attribute_id, utc_now(), JudgmentContext("g" * 64, "0"),
                verdict=dice.choice(("ok", "bad")),
            )  # fmt: skip
            await db.run(judgments.save, row)
    backends = backends_of(paths)
    tools = await tools_for(db, backends.embedder, None)
    assert [step.result async for step in train(tools, ["verifier"]) if step.result]
    with pytest.raises(UserError, match="may still be guessing"):
        await load(db, backends)
    assert [step async for step in run_now(db, backends, Settings(), asked=False)] == []


async def test_from_judgments_to_refined_attributes(
    db: StoreThread, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every talk the person rejects what is about many books, and judges only the first half: more
    than a verifier can learn, so what it says is let through all the same."""
    monkeypatch.setattr("persona_tui.jobs.learning.refine_verifier.CHANCE", -1.0)
    for talk in range(4):
        for one in await db.run(partial(seed, count=20, title=f"Talk {talk}")):
            if talk >= 2 or "books" not in one.text:
                continue
            verdict = "bad" if int(one.text.split()[3]) >= 12 else "ok"
            row = AttributeJudgment(
                "", one.attribute_id, utc_now(), JudgmentContext("g" * 64, "0"),
                verdict=verdict,  # type: ignore[arg-type]
            )  # fmt: skip
            await db.run(judgments.save, row)
    backends = backends_of(paths)
    tools = await tools_for(db, backends.embedder, None)
    results = [step.result async for step in train(tools, ["verifier"]) if step.result]
    assert results
    verifier = await load(db, backends)
    rows = await db.run(attributes.list_all)
    doubts = await verifier.doubts(rows)
    assert len(doubts) == len(rows)
    assert all(0 <= one.probability <= 1 and one.reason for one in doubts)
    steps = [step async for step in run_now(db, backends, Settings(), asked=True)]
    flagged = steps[-1].progress.total
    assert flagged
    kept = await db.run(refinements.list_all)
    assert {one.learned_id for one in kept} == {verifier.learned_id}
    assert sum(steps[-1].counts.values()) == flagged
    assert steps[-1].counts.get("refined")
