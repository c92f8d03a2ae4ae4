"""The job: what is sent, kept, resumed and left alone; nothing tells which attribute was refined."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.embeddings import HashedEmbedder, MiniLmEmbedder
from models.errors import UnavailableError
from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from persona_tui.db import StoreThread
from persona_tui.jobs.extraction.extracting import extract
from persona_tui.jobs.learning.refining import Plan, RefineStep, plan, refine
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.screens import review_texts
from persona_tui.stages.extraction import ExtractionSettings
from store import (
    attributes,
    candidates,
    conversations,
    forgetting,
    judgments,
    messages,
    prompts,
    refinements,
    runs,
)
from store.db import Store, new_id, utc_now
from store.records import (
    Attribute,
    AttributeJudgment,
    Candidate,
    Evidence,
    JudgmentContext,
    Verdict,
)
from tests.persona_tui.learning_data import ScriptedVerifier
from tests.persona_tui.review_data import seed
from tests.persona_tui.stages.extraction.helpers import Stub

SETTINGS = ExtractionSettings(strategy="holistic")
EMBEDDER = HashedEmbedder()
FLAGGED = [f"The user owns {number} books." for number in (5, 6, 7, 8)]
REFINED = [f"The user has {number} books of their own." for number in (5, 6, 7, 8)]
FLAGS = dict.fromkeys(FLAGGED, 0.8)


def answer(messages: Sequence[ChatMessage], _schema: Mapping[str, Any]) -> object:
    """5 is weakened, 6 corrected, 7 withdrawn, 8 kept."""
    asked = messages[-1].content
    for number, action in ((5, "weaken"), (6, "correct"), (7, "withdraw"), (8, "keep")):
        if f"The user owns {number} books." in asked:
            text = f"The user has {number} books of their own." if number < 7 else ""
            return {"action": action, "attribute": text}
    return {"action": "withdraw", "attribute": ""}


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[StoreThread]:
    thread = StoreThread(tmp_path / "journal.db")
    await thread.open()
    await thread.run(seed, 12)
    yield thread
    await thread.close()


def extractor(**more: Any) -> ScriptedBackend:
    return ScriptedBackend(values=answer, parameters_b=70.0, name="test-model", **more)


async def everything(
    db: StoreThread,
    backend: ScriptedBackend | None = None,
    verifier: ScriptedVerifier | None = None,
    **more: Any,
) -> list[RefineStep]:
    steps = refine(
        db, backend or extractor(), EMBEDDER, verifier or ScriptedVerifier(FLAGS), SETTINGS, **more
    )
    return [step async for step in steps]


async def by_text(db: StoreThread) -> dict[str, Attribute]:
    return {one.text: one for one in await db.run(attributes.list_all)}


async def judge(db: StoreThread, attribute_id: str, verdict: Verdict, **more: Any) -> None:
    row = AttributeJudgment(
        "", attribute_id, utc_now(), JudgmentContext("g" * 64, "0"), verdict=verdict
    )
    await db.run(judgments.save, row, **more)


async def test_what_is_flagged_is_refined_and_everything_is_kept(db: StoreThread) -> None:
    steps = await everything(db)
    assert [s.progress.done for s in steps] == [0, 1, 2, 3, 4]
    assert steps[-1].counts == {"refined": 2, "withdraw": 1, "keep": 1}
    found = await by_text(db)
    for old, new in zip(FLAGGED[:2], REFINED[:2], strict=True):
        made, was = found[new], found[old]
        assert made.refines == was.attribute_id
        assert made.evidence == was.evidence
        assert (made.confidence, made.strategy, made.model) == (
            was.confidence, was.strategy, was.model,
        )  # fmt: skip
    assert set(FLAGGED) <= set(found)
    assert not set(REFINED[2:]) & set(found)
    rows = {r.before_text: r for r in await db.run(refinements.list_all)}
    assert {text: row.action for text, row in rows.items()} == dict(
        zip(FLAGGED, ("weaken", "correct", "withdraw", "keep"), strict=True)
    )
    run = await db.run(runs.get, rows[FLAGGED[0]].run_id or "")
    assert (run.purpose, run.status, run.parameters["task"]) == ("extract", "complete", "refine")
    assert run.parameters["limit"] is None
    assert "withdraw" in await db.run(prompts.text, run.prompt_sha256)


async def test_again_asks_nothing(db: StoreThread) -> None:
    await everything(db)
    before = await by_text(db)
    backend = extractor()
    (step,) = await everything(db, backend, ScriptedVerifier(FLAGS, learned_id="verifier-2"))
    assert (step.progress.total, backend.calls) == (0, [])
    assert await by_text(db) == before
    # Another model may try what came to nothing, and leaves alone what became something.
    other = ScriptedBackend(values=answer, parameters_b=70.0, name="other")
    assert (await everything(db, other))[-1].counts == {"withdraw": 1, "keep": 1}


async def test_cancelled_anywhere_it_goes_on_there(db: StoreThread) -> None:
    steps = refine(db, extractor(), EMBEDDER, ScriptedVerifier(FLAGS), SETTINGS)
    async with aclosing(steps):
        async for step in steps:
            if step.progress.done == 2:
                break
    kept = await db.run(refinements.list_all)
    assert len(kept) == 2
    run = await db.run(runs.get, kept[0].run_id or "")
    assert run.status == "cancelled"
    backend = extractor()
    assert (await everything(db, backend))[-1].progress.total == 2
    assert len(backend.calls) == 2
    assert len(await db.run(refinements.list_all)) == 4


async def test_stopped_between_two_rounds_the_second_follows(db: StoreThread) -> None:
    verifier = ScriptedVerifier({FLAGGED[0]: 0.9, REFINED[0]: 0.7})
    rounds = 0

    def twice(messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> object:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise asyncio.CancelledError
        return answer(messages, schema)

    backend = ScriptedBackend(values=twice, parameters_b=70.0, name="test-model")
    with pytest.raises(asyncio.CancelledError):
        await everything(db, backend, verifier)
    (first,) = await db.run(refinements.list_all)
    assert (first.round, first.result_id) == (1, None)
    assert REFINED[0] not in await by_text(db)
    await everything(db, backend, verifier)
    first, second = await db.run(refinements.list_all)
    assert (second.round, second.before_text, second.action) == (2, REFINED[0], "withdraw")
    assert rounds == 3
    assert second.probability == 0.7


async def test_an_error_of_the_model_keeps_what_was_done(db: StoreThread) -> None:
    calls = 0

    def failing(messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> object:
        nonlocal calls
        calls += 1
        return answer(messages, schema) if calls < 3 else UnavailableError("gone")

    backend = ScriptedBackend(values=failing, parameters_b=70.0, name="test-model")
    with pytest.raises(UnavailableError):
        await everything(db, backend)
    rows = await db.run(refinements.list_all)
    assert len(rows) == 2
    assert (await db.run(runs.get, rows[0].run_id or "")).status == "failed"


async def test_the_person_is_stronger_also_meanwhile(db: StoreThread) -> None:
    there = await by_text(db)
    await judge(db, there[FLAGGED[1]].attribute_id, "bad", correction="The user reads.")
    gate = asyncio.Event()
    backend = extractor(gate=gate)
    task = asyncio.create_task(everything(db, backend))
    while not backend.calls:
        await asyncio.sleep(0)
    await judge(db, there[FLAGGED[0]].attribute_id, "ok")
    gate.set()
    steps = await task
    assert steps[-1].counts == {"left": 1, "withdraw": 1, "keep": 1}
    assert not set(REFINED) & set(await by_text(db))


async def test_limit_and_many_at_once(db: StoreThread) -> None:
    todo = await plan(db, extractor(), ScriptedVerifier(FLAGS), SETTINGS, limit=3)
    assert isinstance(todo, Plan)
    assert (len(todo.items), todo.scored, todo.limit) == (3, 12, 3)
    (last, *_) = reversed(await everything(db, todo=todo, at_once=8))
    assert last.progress.done == 3
    run = (await db.run(refinements.list_all))[0].run_id
    assert (await db.run(runs.get, run or "")).parameters["limit"] == 3
    whole = await plan(db, extractor(), ScriptedVerifier(FLAGS), SETTINGS, limit=9)
    assert whole.limit is None


async def test_nothing_tells_which_one_was_refined(db: StoreThread) -> None:
    """What the Review screen says of both, and what is kept of the judgments, differs in nothing but
    the words, the ids and the times."""
    await everything(db)
    found = await by_text(db)
    pair = [found[FLAGGED[0]], found[REFINED[0]]]
    session = await db.run(partial(ReviewSession.load, surface="screen"))
    said, kept = [], []
    for one in pair:
        session._show(one.attribute_id)
        session.toggle_evidence()
        bar = review_texts.choices(session)
        before = (review_texts.hint(session), review_texts.facts(session), bar)
        change = session.judge("ok")
        assert change is not None
        written = await db.run(change.write)
        session.done(change, written)
        last = review_texts.last(session, 300)
        said.append((*before, last.replace(one.text, "…")))
        (row,) = await db.run(judgments.history, one.attribute_id)
        shown = {**row.context.shown, "attribute": "…"}
        kept.append((json.dumps(shown, sort_keys=True), row.context.sampling,
                     row.context.inclusion_prob))  # fmt: skip
        for word in ("refine", "flag", "weaken"):
            assert word not in json.dumps([*before[:2], last, shown]).lower()
    assert said[0] == said[1]
    assert kept[0] == kept[1]
    # Each has a place of its own in the random order.
    order = session.queue
    assert {order.place(one.attribute_id) for one in pair} != {None}


async def test_both_show_the_same_quotes_however_many_there_are(db: StoreThread) -> None:
    """The extractor is shown five; an attribute with more would be known as no refined one."""
    flagged = (await by_text(db))[FLAGGED[0]]

    def say_more(store: Store) -> None:
        made = conversations.create(store, title="Again")
        said = [
            messages.append(store, made.conversation_id, "user", f"I own 5 books, {n}.")
            for n in range(8)
        ]
        spans = tuple(
            Evidence(made.conversation_id, one.message_id, 2, 13, "own 5 books") for one in said
        )
        found = Candidate(
            new_id(), made.conversation_id, flagged.text, 0.5, "grounded", None, spans
        )
        candidates.save_extracted(
            store, settings_sha256="0" * 64, conversation_id=made.conversation_id,
            message_ids=[one.message_id for one in said], candidates=[found],
        )  # fmt: skip
        ((own,),) = store.conn.execute(
            "SELECT representative FROM attributes WHERE attribute_id = ?", (flagged.attribute_id,)
        ).fetchall()
        group = candidates.Group(flagged.attribute_id, own, (found.candidate_id,))
        candidates.attach(store, [group])

    await db.run(say_more)
    await everything(db)
    found = await by_text(db)
    assert len(found[FLAGGED[0]].evidence) == 9
    assert found[REFINED[0]].evidence == found[FLAGGED[0]].evidence
    assert len(found[REFINED[0]].sources) == len(found[FLAGGED[0]].sources)


async def test_forgetting_the_conversation_takes_it_by_bytes(db: StoreThread) -> None:
    await everything(db)
    (conversation,) = {
        e.conversation_id for a in await db.run(attributes.list_all) for e in a.evidence
    }
    await db.run(forgetting.forget_conversation, conversation)
    assert await db.run(attributes.list_all) == []
    path = db.path
    await db.close()
    for file in path.parent.glob("journal.db*"):
        assert b"of their own" not in file.read_bytes()


async def test_no_words_stay_that_were_forgotten_while_the_model_wrote(db: StoreThread) -> None:
    """An attribute that rests on two conversations stays when one goes; a first round that was made of
    both may not say what only the other one said."""
    secret = "The user collects quokkas."
    (kept, *_) = await db.run(attributes.list_all)
    made = await db.run(conversations.create, title="Later")
    said = await db.run(messages.append, made.conversation_id, "user", "I collect quokkas.")
    evidence = Evidence(made.conversation_id, said.message_id, 0, 17, "I collect quokkas")

    def attach(store: Store) -> None:
        found = Candidate(
            new_id(), made.conversation_id, "The user collects.", 0.8, "grounded", None, (evidence,)
        )
        candidates.save_extracted(
            store, settings_sha256="0" * 64, conversation_id=made.conversation_id,
            message_ids=[said.message_id], candidates=[found],
        )  # fmt: skip
        ((own,),) = store.conn.execute(
            "SELECT representative FROM attributes WHERE attribute_id = ?", (kept.attribute_id,)
        ).fetchall()
        group = candidates.Group(kept.attribute_id, own, (found.candidate_id,))
        candidates.attach(store, [group])

    await db.run(attach)
    flags = {kept.text: 0.9, secret: 0.9}  # flagged again: the first round is not the last
    gate = asyncio.Event()
    backend = ScriptedBackend(
        values=lambda *_: {"action": "correct", "attribute": secret}, parameters_b=70.0,
        name="test-model", gate=gate,
    )  # fmt: skip
    task = asyncio.create_task(everything(db, backend, ScriptedVerifier(flags)))
    while not backend.calls:
        await asyncio.sleep(0)
    await db.run(forgetting.forget_conversation, made.conversation_id)
    assert kept.attribute_id in {one.attribute_id for one in await db.run(attributes.list_all)}
    gate.set()
    assert (await task)[-1].counts == {"left": 1}
    assert await db.run(refinements.list_all) == []


async def test_an_end_by_no_model_is_none(db: StoreThread) -> None:
    """A step whose run is not known says nothing of what this model would do."""
    flagged = (await by_text(db))[FLAGGED[0]]
    step = refinements.Refinement(
        "", flagged.attribute_id, 1, utc_now(), "verifier-1", 0.8, "", flagged.text, "keep",
        flagged.text,
    )  # fmt: skip
    await db.run(refinements.save, step)
    todo = await plan(db, extractor(), ScriptedVerifier(FLAGS), SETTINGS)
    assert flagged.attribute_id in {item.attribute.attribute_id for item in todo.items}


async def test_what_is_said_later_joins_the_original_not_the_refined_one(db: StoreThread) -> None:
    """Also what says just what the refined one says, and what was withdrawn is not added anew."""
    await everything(db)
    before = await by_text(db)
    made = await db.run(conversations.create, title="Later")
    for number in (5, 7):
        await db.run(
            messages.append, made.conversation_id, "user", f"I have {number} books of my own."
        )
    backend = Stub(says=lambda quote: quote.removeprefix("I have").join([" has", ""]))
    grounded = ExtractionSettings(strategy="grounded", merge_threshold=0.5)
    async for _ in extract(db, backend, MiniLmEmbedder(), grounded):
        pass
    after = await by_text(db)
    assert set(after) == set(before)
    assert after[REFINED[0]].evidence == before[REFINED[0]].evidence
    for text in (FLAGGED[0], FLAGGED[2]):
        assert made.conversation_id in {one.conversation_id for one in after[text].sources}
