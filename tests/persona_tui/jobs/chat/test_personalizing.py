"""Personalized chat: what is sent is what was chosen, and no word of it where it is off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.embeddings import HashedEmbedder
from models.errors import ModelError
from models.scripted import ScriptedBackend
from persona_tui.db import StoreThread
from persona_tui.jobs.chat import personalizing
from persona_tui.jobs.chat.chatting import ChatSession
from persona_tui.jobs.chat.updates import ChatUpdate, Ended, Line, Told
from persona_tui.jobs.learning.choosing import Choice
from persona_tui.jobs.prompts import draw_own
from persona_tui.jobs.relevance.queue import fresh_sheet, read_material
from persona_tui.paths import Paths
from persona_tui.report.parts import drawn
from persona_tui.stages.judging.drawing import Draw
from persona_tui.stages.response import personal_chat
from store import attributes, figures, prompts, relevance, runs, user_prompts
from store.db import Store
from store.records import Message
from tests.persona_tui import relevance_data as data

SAY = "Something to cook with rice, for a week?"


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def gather(updates: AsyncIterator[ChatUpdate]) -> list[ChatUpdate]:
    return [update async for update in updates]


def told_by(updates: list[ChatUpdate]) -> list[str]:
    return [
        one.text for update in updates if isinstance(update, Told) for one in update.choice.chosen
    ]


def system_of(backend: ScriptedBackend) -> str:
    """What the last chat call's system message was."""
    call = [one for one in backend.calls if one.method == "chat"][-1]
    return next((one.content for one in call.messages if one.role == "system"), "")


def listed(text: str) -> list[str]:
    return [line[2:] for line in text.splitlines() if line.startswith("- ")]


def answer_of(updates: list[ChatUpdate]) -> Message:
    last = updates[-1]
    assert isinstance(last, Ended)
    assert last.message is not None
    return last.message


async def test_exactly_the_chosen_texts_are_sent_and_ids_are_kept(
    db: StoreThread, paths: Paths
) -> None:
    keys = await data.learned(db)
    backend = ScriptedBackend(lambda _: "Beans.")
    session = ChatSession(
        db, backend, system_prompt="Be brief.",
        personalize=personalizing.chooser(db, HashedEmbedder()),
    )  # fmt: skip
    updates = await gather(session.send(SAY))
    chosen = told_by(updates)
    assert chosen
    assert set(chosen) <= set(data.FOOD)
    assert listed(system_of(backend)) == chosen
    assert system_of(backend).startswith("Be brief.\n\n")
    assert not [text for text in data.WORK if any(text in str(one) for one in backend.calls)]
    answer = answer_of(updates)
    run = await db.run(runs.get, answer.run_id or "")
    told = run.parameters[personalizing.TOLD]
    assert isinstance(told, list)
    assert [one["attribute_id"] for one in told] == [keys[text] for text in chosen]
    assert not [text for text in chosen if text in str(run.parameters)]
    sha256 = str(run.parameters["told_template_sha256"])
    assert await db.run(prompts.text, sha256) == personal_chat.template_text()
    items = (await db.run(personalizing.told_before, [answer]))[answer.message_id]
    assert [one.text for one in items] == chosen
    assert all(one.why for one in items)


async def test_off_sends_nothing_about_anybody(db: StoreThread) -> None:
    await data.learned(db)
    backend = ScriptedBackend(lambda _: "Beans.")
    updates = await gather(ChatSession(db, backend).send(SAY))
    assert told_by(updates) == []
    assert system_of(backend) == ""
    run = await db.run(runs.get, answer_of(updates).run_id or "")
    assert not [name for name in run.parameters if name.startswith("told")]
    assert await db.run(personalizing.told_before, [answer_of(updates)]) == {}


async def test_a_no_is_heard_the_next_time_and_stands_in_no_figure(db: StoreThread) -> None:
    await data.learned(db)
    before = await db.run(figures.read)
    backend = ScriptedBackend(lambda _: "Beans.")
    session = ChatSession(db, backend, personalize=personalizing.chooser(db, HashedEmbedder()))
    updates = await gather(session.send(SAY))
    answer, first = answer_of(updates), told_by(updates)[0]
    (item, *_) = (await db.run(personalizing.told_before, [answer]))[answer.message_id]
    made = await db.run(personalizing.refuse_here, answer, item.attribute_id)
    assert made is not None
    assert await db.run(personalizing.refuse_here, answer, item.attribute_id) is None
    row = (await db.run(relevance.in_force))[-1]
    context = row.context
    assert (row.relevant, context.sampling, context.inclusion_prob) == (False, "active", None)
    assert not context.model_hidden
    assert await db.run(lambda store: len(user_prompts.list_all(store))) == 12  # not asked about
    after = await db.run(figures.read)
    assert len(drawn(after.relevance)) == len(drawn(before.relevance)) == 96
    again = await gather(session.retry())
    assert first not in told_by(again)
    assert first not in system_of(backend)
    (renewed, *_) = await db.run(personalizing.renewed, answer_of(again), [item])
    assert renewed.refused
    await db.run(personalizing.take_back, made)
    assert first in told_by(await gather(session.retry()))


async def test_a_no_to_what_was_asked_at_random_leaves_the_random_answer_in_the_figures(
    db: StoreThread,
) -> None:
    await data.learned(db)
    session = ChatSession(
        db, ScriptedBackend(lambda _: "Beans."),
        personalize=personalizing.chooser(db, HashedEmbedder()),
    )  # fmt: skip
    updates = await gather(session.send(data.COOKING[0]))
    answer = answer_of(updates)
    (item, *_) = (await db.run(personalizing.told_before, [answer]))[answer.message_id]
    await db.run(personalizing.refuse_here, answer, item.attribute_id)
    columns = (await db.run(figures.read)).relevance
    assert len(drawn(columns)) == 96
    assert sum(columns.replaced) == 1
    assert columns.relevant[columns.replaced.index(True)] is True


async def test_a_no_does_not_take_the_item_from_its_sheet(db: StoreThread) -> None:
    await data.learned(db)
    prompt = await db.run(user_prompts.add, SAY)
    session = ChatSession(
        db, ScriptedBackend(lambda _: "Beans."),
        personalize=personalizing.chooser(db, HashedEmbedder()),
    )  # fmt: skip
    answer = answer_of(await gather(session.send(SAY)))
    (item, *_) = (await db.run(personalizing.told_before, [answer]))[answer.message_id]
    before = await db.run(_sheet, prompt.prompt_id)
    assert await db.run(personalizing.refuse_here, answer, item.attribute_id)
    assert await db.run(_sheet, prompt.prompt_id) == before
    assert {draw.inclusion_prob for draw in before} == {1.0}


def _sheet(store: Store, prompt_id: str) -> tuple[Draw, ...]:
    """What is still to be asked of a prompt, and how it is drawn."""
    material = read_material(store)
    assert not [row for row in material.judgments if row.prompt_id == prompt_id]
    (prompt,) = [one for one in material.prompts if one.prompt_id == prompt_id]
    return fresh_sheet(prompt, material, 50).items


async def test_what_was_told_in_a_chat_is_not_asked_as_if_it_were_hidden(db: StoreThread) -> None:
    """What the model chose stood under the answer: judged after that, the same words are not blind."""
    await data.learned(db)
    session = ChatSession(
        db, ScriptedBackend(lambda _: "Beans."),
        personalize=personalizing.chooser(db, HashedEmbedder()),
    )  # fmt: skip
    updates = await gather(session.send(SAY))
    assert told_by(updates)
    plain = ChatSession(db, ScriptedBackend(lambda _: "Beans."))
    await gather(plain.send("How do I mend a bicycle?"))
    assert await draw_own(db, HashedEmbedder()) == 1  # of two openings the one that is not told of
    there = await db.run(user_prompts.list_all)
    assert SAY not in {one.text for one in there}
    typed = await db.run(user_prompts.add, SAY.upper())
    material = await db.run(read_material)
    assert material.told == {typed.prompt_id}
    assert await db.run(user_prompts.told_in_chat) == {user_prompts.text_sha256(SAY)}


async def test_never_again_means_never_again(db: StoreThread) -> None:
    keys = await data.learned(db)
    before = await db.run(figures.read)
    session = ChatSession(
        db, ScriptedBackend(lambda _: "Beans."),
        personalize=personalizing.chooser(db, HashedEmbedder()),
    )  # fmt: skip
    first = told_by(await gather(session.send(SAY)))[0]
    made = await db.run(personalizing.refuse_ever, keys[first])
    attribute = await db.run(attributes.get, keys[first])
    assert attribute.judgment is not None
    assert (attribute.judgment.use, attribute.judgment.verdict) == ("never", "ok")
    assert first not in told_by(await gather(session.retry()))
    assert len((await db.run(figures.read)).attributes.use) == len(before.attributes.use)
    await db.run(personalizing.take_back, made)
    assert first in told_by(await gather(session.retry()))


async def test_what_hinders_choosing_does_not_hinder_the_answer(db: StoreThread) -> None:
    async def broken(_text: str) -> Choice:
        raise ModelError("The embeddings are gone.")

    updates = await gather(
        ChatSession(db, ScriptedBackend(lambda _: "Hi."), personalize=broken).send("Hello")
    )
    assert answer_of(updates).text == "Hi."
    (line,) = [one.text for one in updates if isinstance(one, Line)]
    assert line == "The embeddings are gone. The model is told nothing about you this time."


async def test_remote_models_are_asked_about_one_by_one(db: StoreThread) -> None:
    far, near = ScriptedBackend(local=False), ScriptedBackend()
    assert personalizing.may_tell(near, ())
    assert not personalizing.may_tell(far, await db.run(personalizing.agreed))
    await db.run(personalizing.agree, personalizing.identity(far.describe()))
    allowed = await db.run(personalizing.agreed)
    assert personalizing.may_tell(far, allowed)
    assert not personalizing.may_tell(ScriptedBackend(local=False, name="other"), allowed)


def test_the_template_is_told_apart_by_its_hash(tmp_path: Path) -> None:
    assert personal_chat.system_prompt("Own {x}.", []) == "Own {x}."
    assert personal_chat.system_prompt(None, []) is None
    made = personal_chat.system_prompt(None, ["The user\nwrites {braces}."]) or ""
    assert listed(made) == ["The user writes {braces}."]
    assert len(personal_chat.template_sha256()) == 64
