"""A chat: what is in the store at every moment, whatever happens to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest

from models.errors import ContextOverflowError, InterruptedAnswerError, UnavailableError
from models.protocol import ChatMessage, Notice
from models.scripted import ScriptedBackend
from persona_tui.db import StoreThread
from persona_tui.jobs.chat import answers
from persona_tui.jobs.chat.answers import title_from
from persona_tui.jobs.chat.chatting import ChatSession, earlier_versions
from persona_tui.jobs.chat.updates import (
    Asked,
    Began,
    ChatUpdate,
    Ended,
    Line,
    Piece,
    Saved,
)
from persona_tui.paths import Paths
from store import attributes, conversations, judgments, messages, runs
from store.db import Store, utc_now
from store.errors import StoreError
from store.records import AttributeJudgment, JudgmentContext, Message, Use
from tests.helpers import wait_until
from tests.persona_tui.review_data import seed


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def gather(updates: AsyncIterator[ChatUpdate]) -> list[ChatUpdate]:
    return [update async for update in updates]


async def stored(db: StoreThread, session: ChatSession) -> list[Message]:
    assert session.conversation is not None
    return await db.run(messages.active, session.conversation.conversation_id)


def ended(updates: Sequence[ChatUpdate]) -> Ended:
    last = updates[-1]
    assert isinstance(last, Ended)
    return last


async def test_an_answer_is_streamed_and_stored_with_its_provenance(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend(["Hello there."], name="tiny"))
    updates = await gather(session.send("Hi, I am Ada"))
    kinds = [type(update) for update in updates]
    assert kinds == [Saved, Asked, Began, Piece, Piece, Ended]
    assert ended(updates).reason == "stop"
    assert session.conversation is not None
    assert session.conversation.title == "Hi, I am Ada"
    user, answer = await stored(db, session)
    assert (user.role, user.text, user.status) == ("user", "Hi, I am Ada", "complete")
    assert (answer.text, answer.status, answer.model) == ("Hello there.", "complete", "tiny")
    assert answer.run_id is not None
    run = await db.run(runs.get, answer.run_id)
    assert (run.purpose, run.model, run.status) == ("chat", "tiny", "complete")
    assert run.parameters["messages_seen"] == 1
    assert run.completion_tokens == 2


async def test_the_message_is_saved_before_the_model_is_asked(db: StoreThread) -> None:
    backend = ScriptedBackend([UnavailableError("The model is away.")])
    session = ChatSession(db, backend)
    updates = await gather(session.send("keep me"))
    assert ended(updates) == Ended(None, "failed", "The model is away.")
    assert [m.text for m in await stored(db, session)] == ["keep me"]
    backend.script, backend._answers = ["Back again."], None
    assert ended(await gather(session.retry())).reason == "stop"
    assert [m.text for m in await stored(db, session)] == ["keep me", "Back again."]


async def test_a_part_is_on_disk_while_the_rest_is_being_written(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SAVE_EVERY", 0.05)
    gate = asyncio.Semaphore(2)
    session = ChatSession(db, ScriptedBackend([["one ", "two ", "three"]], gate=gate.acquire))
    reader = asyncio.create_task(gather(session.send("count")))

    async def part() -> bool:
        if session.conversation is None:
            return False
        rows = await stored(db, session)
        return [(m.text, m.status) for m in rows[1:]] == [("one two ", "interrupted")]

    await wait_until(part, what="the part that came is stored, marked interrupted")
    for _ in range(4):
        gate.release()
    assert ended(await reader).reason == "stop"
    assert (await stored(db, session))[1].text == "one two three"


async def test_stopping_keeps_the_part_and_marks_it(db: StoreThread) -> None:
    gate = asyncio.Semaphore(1)
    backend = ScriptedBackend([["part ", "never"]], gate=gate.acquire)
    session = ChatSession(db, backend)
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Piece):
            await session.stop()
    assert ended(seen).reason == "stopped"
    assert not session.busy
    answer = (await stored(db, session))[1]
    assert (answer.text, answer.status) == ("part ", "interrupted")
    assert backend.cancelled == 1
    assert answer.run_id is not None
    assert (await db.run(runs.get, answer.run_id)).status == "cancelled"


async def test_stopping_before_the_first_piece_leaves_only_the_question(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend(["never"], gate=asyncio.Event()))
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Asked):
            await session.stop()
    assert ended(seen) == Ended(None, "stopped")
    assert [m.role for m in await stored(db, session)] == ["user"]


async def test_a_reader_that_goes_away_loses_nothing(db: StoreThread) -> None:
    gate = asyncio.Semaphore(1)
    session = ChatSession(db, ScriptedBackend([["part ", "never"]], gate=gate.acquire))
    updates = session.send("go")
    async for update in updates:
        if isinstance(update, Piece):
            break
    await updates.aclose()
    answer = (await stored(db, session))[1]
    assert (answer.text, answer.status) == ("part ", "interrupted")
    assert not session.busy


async def test_a_model_that_dies_in_mid_answer(db: StoreThread) -> None:
    died = InterruptedAnswerError("The model process ended; the part is kept.")
    session = ChatSession(db, ScriptedBackend([["half ", died], "whole"]))
    last = ended(await gather(session.send("go")))
    assert (last.reason, last.note) == ("interrupted", str(died))
    assert (await stored(db, session))[1].status == "interrupted"
    assert ended(await gather(session.retry())).reason == "stop"
    rows = await stored(db, session)
    assert [(m.text, m.status) for m in rows[1:]] == [("whole", "complete")]
    assert session.conversation is not None
    kept = await db.run(messages.versions, session.conversation.conversation_id, 1)
    assert [m.text for m in kept] == ["half ", "whole"]


async def test_a_failed_retry_leaves_the_answer_where_it_was(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend(["first", UnavailableError("away")]))
    await gather(session.send("go"))
    assert ended(await gather(session.retry())).reason == "failed"
    assert [m.text for m in await stored(db, session)] == ["go", "first"]


async def test_editing_supersedes_from_there_and_keeps_the_versions(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend(["a1", "a2", "b1"]))
    await gather(session.send("q1"))
    await gather(session.send("q2"))
    await gather(session.edit(0, "Q1"))
    assert [m.text for m in await stored(db, session)] == ["Q1", "b1"]
    assert [m.text for m in session.messages] == ["Q1", "b1"]
    assert session.conversation is not None
    conversation_id = session.conversation.conversation_id
    kept = await db.run(messages.versions, conversation_id, 0)
    assert [m.text for m in kept] == ["q1", "Q1"]
    assert await db.run(earlier_versions, conversation_id, [0, 1, 2]) == {0, 1}


async def test_notices_of_the_back_end_reach_the_person(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend([[Notice("retrying in 3 s"), "ok"]]))
    updates = await gather(session.send("go"))
    assert Line("retrying in 3 s") in updates


async def test_an_answer_without_a_word_is_told(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend([[]]))
    last = ended(await gather(session.send("go")))
    assert last.message is None
    assert last.note is not None


# --- what the model sees ------------------------------------------------------------------------


async def test_a_long_conversation_says_how_much_of_it_the_model_sees(db: StoreThread) -> None:
    asked: list[Sequence[ChatMessage]] = []

    def script(prompt: Sequence[ChatMessage]) -> str:
        asked.append(prompt)
        return "word " * 10

    session = ChatSession(
        db, ScriptedBackend(script, context_tokens=200), system_prompt="Be brief."
    )
    prompts = []
    for number in range(20):
        updates = await gather(session.send(f"question {number} " + "x " * 8))
        prompts += [update.prompt for update in updates if isinstance(update, Asked)]
    assert prompts[0].sees == prompts[0].total == 1
    last = prompts[-1]
    assert last.total == 39
    assert 1 <= last.sees < 39
    assert all(p.tokens is not None and p.tokens <= 200 for p in prompts)
    assert asked[-1][0].content == "Be brief."
    assert asked[-1][1].role == "user"
    assert asked[-1][-1].content.startswith("question 19")
    # Cut seldom, and then by much: the model's cached prefix survives most turns.
    cuts = sum(a.first != b.first for a, b in pairwise(prompts))
    assert 1 <= cuts <= 8


async def test_one_message_that_does_not_fit_is_told_with_a_remedy(db: StoreThread) -> None:
    session = ChatSession(db, ScriptedBackend(["no"], context_tokens=100))
    last = ended(await gather(session.send("word " * 300)))
    assert last.reason == "failed"
    assert last.note is not None
    assert "301" in last.note
    assert "F8" in last.note
    assert len(await stored(db, session)) == 1


async def test_where_tokens_cannot_be_counted_the_refusal_decides(db: StoreThread) -> None:
    def script(prompt: Sequence[ChatMessage]) -> str | ContextOverflowError:
        return ContextOverflowError("too long") if len(prompt) > 3 else "ok"

    session = ChatSession(db, ScriptedBackend(script, context_tokens=None))
    for number in range(4):
        updates = await gather(session.send(f"q{number}"))
        assert ended(updates).reason == "stop"
    prompts = [update.prompt for update in updates if isinstance(update, Asked)]
    assert prompts[-1].sees <= 3
    assert prompts[-1].total == 7


def test_titles_come_from_the_first_words() -> None:
    assert title_from("  # Plan\n a   trip ") == "Plan a trip"
    long = title_from("word " * 40)
    assert long.endswith("word…")
    assert len(long) <= 61
    assert title_from("\n") == "New conversation"


async def test_a_deleted_conversation_is_told_not_resurrected(db: StoreThread) -> None:
    from store import forgetting
    from store.errors import NotFoundError

    session = ChatSession(db, ScriptedBackend(["a", "b"]))
    await gather(session.send("q"))
    assert session.conversation is not None
    await db.run(forgetting.forget_conversation, session.conversation.conversation_id)
    with pytest.raises(NotFoundError):
        await gather(session.send("q2"))
    assert await db.run(conversations.count) == 0


# --- what can happen at each step ---------------------------------------------------------------


def no_more_room(store: Store) -> None:
    pages = store.conn.execute("PRAGMA page_count").fetchone()[0]
    store.conn.execute(f"PRAGMA max_page_count = {pages}")


def room_again(store: Store) -> None:
    store.conn.execute("PRAGMA max_page_count = 1073741823")


async def test_it_is_busy_from_the_first_save_on(db: StoreThread) -> None:
    """Or a second message could overtake the first, and quitting would not wait for it."""
    session = ChatSession(db, ScriptedBackend(["a"]))
    async for update in session.send("q"):
        if isinstance(update, Saved):
            assert session.busy
            with pytest.raises(RuntimeError):
                await gather(session.send("at the same time"))
    assert not session.busy
    assert [m.text for m in await stored(db, session)] == ["q", "a"]


async def test_stopping_before_the_model_is_asked_counts(db: StoreThread) -> None:
    backend = ScriptedBackend(["never"])
    session = ChatSession(db, backend)
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Saved):
            await session.stop()
    assert ended(seen) == Ended(None, "stopped")
    assert [m.text for m in await stored(db, session)] == ["go"]


async def test_stopping_does_not_wait_for_a_model_to_load(db: StoreThread) -> None:
    backend = ScriptedBackend(["never"], context_tokens=None, gate=asyncio.Event())
    session = ChatSession(db, backend)
    reader = asyncio.create_task(gather(session.send("go")))
    await wait_until(lambda: session.messages)
    await session.stop()
    assert ended(await reader) == Ended(None, "stopped")
    assert not session.busy


async def test_a_first_message_makes_its_conversation_or_neither_is_there(db: StoreThread) -> None:
    await db.run(no_more_room)
    session = ChatSession(db, ScriptedBackend(["a"]))
    with pytest.raises(StoreError):
        await gather(session.send("x" * 2_000_000))
    await db.run(room_again)
    assert session.conversation is None
    assert await db.run(conversations.count) == 0
    await gather(session.send("small"))
    assert [m.text for m in await stored(db, session)] == ["small", "a"]


async def test_a_full_disk_does_not_end_the_answer(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SAVE_EVERY", 0.0)
    backend = ScriptedBackend([["one ", "x" * 300_000, " three", " four"], "short"])
    session = ChatSession(db, backend)
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Began):
            await db.run(no_more_room)
    whole = "one " + "x" * 300_000 + " three four"
    assert "".join(u.text for u in seen if isinstance(u, Piece)) == whole
    assert sum(isinstance(u, Line) for u in seen) <= 1
    last = ended(seen)
    assert last.reason == "interrupted"
    assert last.note is not None
    assert "on the screen only" in last.note
    assert session.messages[-1].text == whole
    assert (await stored(db, session))[1].status == "interrupted"
    await db.run(room_again)
    assert ended(await gather(session.retry())).reason == "stop"
    assert (await stored(db, session))[1].text == "short"


async def test_room_that_comes_back_saves_everything(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SAVE_EVERY", 0.0)
    gate = asyncio.Semaphore(2)
    backend = ScriptedBackend([["one ", "x" * 300_000, " three"]], gate=gate.acquire)
    session = ChatSession(db, backend)
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Began):
            await db.run(no_more_room)
        if isinstance(update, Line):
            await db.run(room_again)
            for _ in range(4):
                gate.release()
    assert any(isinstance(update, Line) for update in seen)
    assert ended(seen).reason == "stop"
    assert (await stored(db, session))[1].text == "one " + "x" * 300_000 + " three"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_conversation_forgotten_while_it_is_answered_stops_the_model(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    monkeypatch.setattr(answers, "SAVE_EVERY", 0.0)
    from store import forgetting

    gate = asyncio.Semaphore(2)
    backend = ScriptedBackend([["secret ", "words ", "more"]], gate=gate.acquire)
    session = ChatSession(db, backend)
    seen: list[ChatUpdate] = []
    async for update in session.send("go"):
        seen.append(update)
        if isinstance(update, Began if begun else Asked):
            assert session.conversation is not None
            await db.run(forgetting.forget_conversation, session.conversation.conversation_id)
    last = ended(seen)
    assert (last.message, last.reason) == (None, "failed")
    assert "forgotten" in (last.note or "")
    assert backend.cancelled == 1
    assert not session.busy
    assert await db.run(conversations.count) == 0


async def test_an_answer_is_asked_again_at_the_message_it_belongs_to(db: StoreThread) -> None:
    backend = ScriptedBackend(["a1", "a2", "b1"])
    session = ChatSession(db, backend)
    await gather(session.send("q1"))
    await gather(session.send("q2"))
    await gather(session.retry(0))
    assert [m.text for m in await stored(db, session)] == ["q1", "b1"]
    assert [m.content for m in backend.calls[-1].messages] == ["q1"]


async def test_an_imported_conversation_that_the_model_began(db: StoreThread) -> None:
    made = await db.run(conversations.create, title="t")
    await db.run(messages.append, made.conversation_id, "assistant", "Welcome!")
    backend = ScriptedBackend(["never"])
    session = ChatSession(db, backend, made)
    await session.load()
    assert ended(await gather(session.retry())).reason == "failed"
    assert not [call for call in backend.calls if call.method == "chat"]
    assert [m.text for m in await stored(db, session)] == ["Welcome!"]


async def test_what_was_cut_comes_back_where_it_fits_again(db: StoreThread) -> None:
    backend = ScriptedBackend(lambda _prompt: "word " * 10, context_tokens=200)
    session = ChatSession(db, backend)
    for number in range(20):
        updates = await gather(session.send(f"question {number} " + "x " * 8))
    first = next(update.prompt.first for update in updates if isinstance(update, Asked))
    assert first > 4
    updates = await gather(session.edit(4, "something else"))
    asked = next(update.prompt for update in updates if isinstance(update, Asked))
    assert (asked.sees, asked.total) == (5, 5)


async def test_nothing_that_was_inferred_enters_the_prompt_of_a_chat(db: StoreThread) -> None:
    """So what must never be used is not used: no attribute is, whatever was judged of it."""

    def judged(store: Store) -> None:
        uses: tuple[Use | None, ...] = ("never", "ask", "welcome", None)
        for attribute, use in zip(seed(store, 4), uses, strict=True):
            context = JudgmentContext("g" * 64, "0")
            row = AttributeJudgment("", attribute.attribute_id, utc_now(), context, "ok", use=use)
            judgments.save(store, row, correction="CORRECTED SECRET" if use == "ask" else None)
        attributes.add_by_user(store, "ADDED SECRET")

    await db.run(judged)
    known = [row.text for row in await db.run(attributes.list_all)]
    assert len(known) == 6
    backend = ScriptedBackend(lambda _prompt: "Sure.")
    session = ChatSession(db, backend, system_prompt="Be brief.")
    await gather(session.send("What do you know about me?"))
    await gather(session.send("And now?"))
    await gather(session.retry())
    await gather(session.edit(0, "Again?"))
    sent = "\n".join(m.content for call in backend.calls for m in call.messages)
    assert "Be brief." in sent
    assert [text for text in known if text in sent] == []
    assert "nurse" not in sent
