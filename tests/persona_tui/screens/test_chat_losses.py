"""What a person wrote is in the store, in the box, or forgotten: never just gone."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner

from models.scripted import ScriptedBackend
from persona_tui.cli import cli
from persona_tui.jobs.extraction import extracting
from persona_tui.paths import Paths
from persona_tui.state import UiState, load_state, save_state
from store import conversations, forgetting, messages
from store.db import Store, open_store
from tests.helpers import wait_until
from tests.persona_tui.screens.chat_helpers import idle, loaded, make_app, running, say

LONG = "what I have to say " * 5000


def no_more_room(store: Store) -> None:
    pages = store.conn.execute("PRAGMA page_count").fetchone()[0]
    store.conn.execute(f"PRAGMA max_page_count = {pages}")


async def test_what_cannot_be_saved_goes_back_into_the_box(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(["a1"]))
    async with running(app) as pilot:
        await say(pilot, "q1")
        screen = await loaded(app)
        await app.db.run(no_more_room)
        await say(pilot, LONG)
        assert screen.composer.text == LONG
        await screen.before_quit()
        assert LONG in app.ui_state.drafts.values()


async def test_an_edit_that_cannot_be_saved_comes_back_with_the_draft(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(["a1"]))
    async with running(app) as pilot:
        await say(pilot, "q1")
        screen = await loaded(app)
        screen.composer.insert("a draft")
        await pilot.press("escape", "up", "e")
        await pilot.pause()
        screen.composer.put(LONG)
        await app.db.run(no_more_room)
        await pilot.press("enter")
        await idle(pilot)
        assert screen.composer.text == f"{LONG}\n\na draft"
        assert [m.text for m in screen.transcript.records] == ["q1", "a1"]


async def test_quitting_right_after_enter_keeps_the_message(paths: Paths) -> None:
    gate = asyncio.Event()
    app = make_app(paths, ScriptedBackend(["never"], gate=gate))
    async with app.run_test() as pilot:
        screen = await loaded(app)
        held = asyncio.Event()

        def slow(_store: Store) -> None:
            while not held.is_set():
                pass

        holding = asyncio.create_task(app.db.run(slow))
        screen.composer.insert("keep me")
        await pilot.press("enter")
        await wait_until(lambda: screen.busy)
        quitting = asyncio.create_task(app.action_quit())
        await pilot.pause()
        assert not quitting.done()
        held.set()
        await holding
        await quitting
    with open_store(paths.database) as store:
        (only,) = conversations.list_all(store)
        assert [m.text for m in messages.active(store, only.conversation_id)] == ["keep me"]
    assert load_state(paths.state).drafts == {}


async def test_a_second_message_does_not_overtake_the_first(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(lambda _messages: "fine"))
    async with running(app) as pilot:
        screen = await loaded(app)
        screen.composer.insert("one")
        screen.composer.action_send()
        screen.composer.action_send()  # Enter held down: the box is emptied a moment later
        await idle(pilot)
        assert [m.text for m in screen.transcript.records] == ["one", "fine"]
        assert await app.db.run(conversations.count) == 1


async def test_what_was_being_written_to_a_forgotten_conversation_goes_too(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(lambda _messages: "fine"))
    async with running(app) as pilot:
        await say(pilot, "hello")
        screen = await loaded(app)
        screen.composer.insert("my secret")
        assert screen.conversation is not None
        conversation_id = screen.conversation.conversation_id
        screen._save_draft()
        await pilot.press("f7")
        await pilot.pause()
        # As the list of conversations does it.
        await app.db.run(forgetting.forget_conversation, conversation_id)
        app.ui_state.forget(conversation_id)
        await screen.before_quit()  # quitting now, without going back to Chat
        assert app.ui_state.drafts == {}
        await pilot.press("f2")
        await wait_until(lambda: screen.is_loaded and screen.conversation is None)
        assert screen.composer.text == ""
        await screen.before_quit()
        assert "secret" not in str(app.ui_state)


async def test_what_a_verb_forgets_the_open_app_does_not_write_back(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(lambda _messages: "fine"))
    async with running(app) as pilot:
        await say(pilot, "hello")
        screen = await loaded(app)
        screen.composer.insert("my secret")
        assert screen.conversation is not None
        conversation_id = screen.conversation.conversation_id
        screen._save_draft()
        await wait_until(lambda: "my secret" in paths.state.read_text())
        command = ["forget", "conversation", conversation_id, "--yes"]
        assert (await asyncio.to_thread(CliRunner().invoke, cli, command)).exit_code == 0
        assert "my secret" not in paths.state.read_text()
        screen.composer.insert("!")
        await screen.before_quit()
    assert "secret" not in paths.state.read_text()  # written again when the app ended
    assert load_state(paths.state).conversation_id is None


async def test_forgetting_everything_takes_the_drafts(paths: Paths) -> None:
    save_state(paths.state, UiState(drafts={"": "secret"}, conversation_id="c", side_width=50))
    app = make_app(paths)
    app.ui_state.drafts["other"] = "secret too"
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["forget", "everything", "--yes"])
    assert result.exit_code == 0, result.output
    assert load_state(paths.state) == UiState(side_width=50, wiped=1)
    async with running(app):
        await app._save_state(app._state_writer())
        assert app.ui_state.drafts == {}
        app.ui_state.set_draft(None, "written since")
    assert load_state(paths.state).drafts == {"": "written since"}


async def test_the_message_that_is_edited_may_be_gone(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(lambda _messages: "fine"))
    async with running(app) as pilot:
        await say(pilot, "q1")
        await say(pilot, "q2")
        screen = await loaded(app)
        await pilot.press("escape", "up", "e")
        await pilot.pause()
        assert screen.editing is not None
        assert screen.editing.text == "q2"
        screen._retry(screen.transcript.records[1])
        await idle(pilot)
        screen.composer.put("Q2, better")
        screen.composer.action_send()
        await pilot.pause()
        assert screen.composer.text == "Q2, better"
        assert [m.text for m in screen.transcript.records] == ["q1", "fine"]


async def test_other_settings_restart_what_is_inferred_in_the_background(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from persona_tui.config_file import set_value

    seen: list[float] = []

    async def extract(db: object, backend: object, embedder: object, settings):  # type: ignore[no-untyped-def]
        seen.append(settings.extraction.min_confidence)
        await asyncio.Event().wait()
        yield None

    monkeypatch.setattr(extracting, "extract", extract)
    app = make_app(paths)
    async with running(app):
        app.extraction.start()
        await wait_until(lambda: seen)
        set_value(paths, "theme", "nord")
        await app.reload_settings()
        before = len(seen)
        set_value(paths, "extraction.min_confidence", 0.8)
        await app.reload_settings()
        await wait_until(lambda: seen[-1] == 0.8)
        assert before == 1
        assert app.extraction.state.running
        await app.extraction.stop()
