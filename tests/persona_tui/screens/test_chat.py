"""The chat screen, by its keys."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from textual import events
from textual.widget import Widget
from textual.widgets import Markdown, Static

from models.errors import InterruptedAnswerError
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.paths import Paths
from persona_tui.screens.chat import ChatScreen
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.texts import TextsScreen
from store import conversations, messages
from store.db import open_store
from store.records import Conversation, Message
from tests.helpers import wait_until
from tests.persona_tui.screens.chat_helpers import (
    LARGE,
    SMALL,
    conversation_of,
    fill,
    idle,
    loaded,
    make_app,
    quiet_settings,
    running,
    say,
)
from widgets.composer import Composer
from widgets.message import MessageView, SystemLine

CODE = "Two ways:\n\n```python\nprint(1)\n```\n\nor\n\n```sh\nls\n```\n"


def shown(app: PersonaApp) -> list[str]:
    """The text of each message on the screen."""
    return [view.record.text for view in app.screen.query(MessageView)]


def is_shown(widget: Widget) -> bool:
    return bool(widget.display)


def lines(app: PersonaApp) -> str:
    return "\n".join(str(line.render()) for line in app.screen.query(SystemLine))


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_message_is_answered_in_markdown(paths: Paths, size: tuple[int, int]) -> None:
    app = make_app(paths)
    async with running(app, size) as pilot:
        await say(pilot, "Hi, I am Ada")
        assert shown(app) == ["Hi, I am Ada", "Hello **there**."]
        document = app.screen.query_one(Markdown)
        assert document.source == "Hello **there**."
        title = app.screen.query_one("#title", Static)
        assert str(title.render()) == "Hi, I am Ada"
        screen = await loaded(app)
        assert screen.meter.state.used is not None
        assert screen.meter.state.context == 8192


async def test_enter_before_the_conversation_is_shown_sends_once_it_is(paths: Paths) -> None:
    gate, show = asyncio.Event(), ChatScreen._show

    async def late(screen: ChatScreen, *given: Any) -> None:
        await gate.wait()
        await show(screen, *given)

    app = make_app(paths)
    with patch.object(ChatScreen, "_show", late):
        async with app.run_test(size=LARGE) as pilot:
            await wait_until(lambda: app.screen.query(Composer))
            box = app.screen.query_one(Composer)
            box.focus()
            await pilot.press("H", "o", "enter")
            assert box.text == "Ho"
            assert shown(app) == []
            gate.set()
            await wait_until(lambda: len(shown(app)) == 2)
            assert shown(app)[0] == "Ho"
            assert box.text == ""
            await idle(pilot)


async def test_escape_stops_and_keeps_the_part(paths: Paths) -> None:
    gate = asyncio.Semaphore(2)
    app = make_app(paths, ScriptedBackend([["part ", "of ", "it"]], gate=gate.acquire))
    async with running(app) as pilot:
        await say(pilot, "go", wait=False)
        await wait_until(lambda: len(shown(app)) == 2, what="the answer began")
        await pilot.press("escape")
        await idle(pilot)
        view = app.screen.query(MessageView).last()
        assert view.record.status == "interrupted"
        assert "interrupted" in str(view.header())
        assert view.record.text.startswith("part ")


async def test_a_model_that_dies_is_told_and_can_be_asked_again(paths: Paths) -> None:
    died = InterruptedAnswerError("The model process ended; the part is kept.")
    app = make_app(paths, ScriptedBackend([["half ", died], "whole"]))
    async with running(app) as pilot:
        await say(pilot, "go")
        assert "The model process ended" in lines(app)
        await pilot.press("ctrl+r")
        await idle(pilot)
        assert shown(app) == ["go", "whole"]
        await pilot.press("escape")
        await pilot.pause()
        await wait_until(lambda: app.screen.query(MessageView).last().has_versions)
        await pilot.press("v")
        await wait_until(lambda: isinstance(app.screen, TextsScreen))
        assert isinstance(app.screen, TextsScreen)
        assert [text for _, text in app.screen.texts] == ["half ", "whole"]


async def test_editing_an_earlier_message_asks_again_and_keeps_the_draft(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(["a1", "a2", "b1"]))
    async with running(app) as pilot:
        await say(pilot, "q1")
        await say(pilot, "q2")
        screen = await loaded(app)
        screen.composer.insert("a draft")
        await pilot.press("escape", "up", "up", "up", "e")
        await pilot.pause()
        assert screen.composer.text == "q1"
        assert screen.composer.has_class("-editing")
        screen.composer.put("Q1")
        await pilot.press("enter")
        await idle(pilot)
        assert shown(app) == ["Q1", "b1"]
        assert screen.composer.text == "a draft"
        assert not screen.composer.has_class("-editing")


async def test_copying_a_message_and_a_code_block(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend([CODE]))
    async with running(app) as pilot:
        await say(pilot, "show me")
        await pilot.press("escape", "c")
        await pilot.pause()
        assert app.clipboard == CODE
        await pilot.press("b")
        await wait_until(lambda: isinstance(app.screen, TextsScreen), what="a choice of blocks")
        await pilot.press("up", "enter")
        await wait_until(lambda: app.clipboard == "print(1)", what="the first block is copied")


async def test_newlines_history_and_paste(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        screen = await loaded(app)
        await pilot.press("a", "ctrl+j", "b")
        assert screen.composer.text == "a\nb"
        await pilot.press("enter")
        await idle(pilot)
        assert shown(app)[0] == "a\nb"
        await say(pilot, "x" * 200_000)
        assert len(shown(app)[2]) == 200_000
        await pilot.press("up")
        assert len(screen.composer.text) == 200_000
        screen.composer.clear()


async def test_the_draft_survives_modes_and_restarts(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await pilot.press("d", "r", "a", "f", "t")
        await pilot.press("f7")
        await pilot.pause()
        await pilot.press("f2")
        screen = await loaded(app)
        assert screen.composer.text == "draft"
        await screen.before_quit()
    again = make_app(paths)
    async with running(again):
        assert (await loaded(again)).composer.text == "draft"


async def test_each_conversation_keeps_its_own_draft_and_its_own_edit(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "q1")
        screen = await loaded(app)
        first = screen.conversation
        assert first is not None
        screen.composer.insert("of the first")
        await pilot.press("ctrl+n")
        await wait_until(lambda: screen.is_loaded and screen.conversation is None)
        assert screen.composer.text == ""
        await pilot.press("n", "e", "w")
        app.open_conversation(first.conversation_id)
        await wait_until(lambda: screen.is_loaded and screen.conversation is not None)
        assert screen.composer.text == "of the first"
        await pilot.press("escape", "up", "e")
        await pilot.pause()
        assert screen.composer.text == "q1"
        await pilot.press("ctrl+n")
        await wait_until(lambda: screen.is_loaded and screen.conversation is None)
        assert screen.composer.text == "new"
        assert screen.composer.border_title is None
        assert screen.editing is None


async def test_a_killed_answer_shows_as_interrupted_at_the_next_start(paths: Paths) -> None:
    made: list[Conversation] = []

    with open_store(paths.database) as store:
        made.append(conversations.create(store, title="Killed"))
        conversation_id = made[0].conversation_id
        messages.append(store, conversation_id, "user", "go")
        # What a streaming answer looks like on disk at every moment before its end.
        messages.append(store, conversation_id, "assistant", "par", status="interrupted")
    app = make_app(paths)
    app.ui_state.conversation_id = conversation_id
    async with running(app):
        assert shown(app) == ["go", "par"]
        assert "interrupted" in str(app.screen.query(MessageView).last().header())


async def test_a_long_chat_mounts_a_window_and_loads_on_scrolling(paths: Paths) -> None:
    made: list[Conversation] = []
    fill(paths, lambda store: made.append(conversation_of(store, 5000)))
    app = make_app(paths)
    app.ui_state.conversation_id = made[0].conversation_id
    async with running(app) as pilot:
        screen = await loaded(app)
        assert len(screen.transcript.records) == 5000
        assert shown(app)[-1] == "message 4999"
        assert len(shown(app)) < 100
        for _ in range(20):
            await pilot.press("pageup")
            await pilot.pause()
        await wait_until(lambda: int(shown(app)[0].split()[1]) < 4940, what="earlier ones came")
        assert len(shown(app)) < 100
        numbers = [int(text.split()[1]) for text in shown(app)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        await pilot.press("ctrl+home")
        await wait_until(lambda: shown(app)[0] == "message 0", what="the beginning is shown")
        for _ in range(20):
            await pilot.press("pagedown")
            await pilot.pause()
        numbers = [int(text.split()[1]) for text in shown(app)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert numbers[-1] > 40
        await pilot.press("ctrl+end")
        await wait_until(lambda: shown(app)[-1] == "message 4999", what="the end is shown")


async def test_the_reader_is_followed_only_at_the_bottom(paths: Paths) -> None:
    made: list[Conversation] = []
    fill(paths, lambda store: made.append(conversation_of(store, 40)))
    gate = asyncio.Semaphore(1)
    words = [f"line {number}\n\n" for number in range(60)]
    app = make_app(paths, ScriptedBackend([words], gate=gate.acquire))
    app.ui_state.conversation_id = made[0].conversation_id
    async with running(app) as pilot:
        screen = await loaded(app)
        await say(pilot, "go", wait=False)
        for _ in range(10):
            gate.release()
        await wait_until(
            lambda: len(shown(app)[-1]) > 40 and screen.transcript.views()[-1].streaming
        )
        await pilot.pause()
        await wait_until(lambda: screen.transcript.max_scroll_y - screen.transcript.scroll_y < 3)
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        before = screen.transcript.scroll_y
        for _ in range(60):
            gate.release()
        await idle(pilot)
        assert abs(screen.transcript.scroll_y - before) <= 2
        assert screen.transcript.max_scroll_y - before > 20


async def test_finding_in_the_conversation(paths: Paths) -> None:
    made: list[Conversation] = []
    fill(paths, lambda store: made.append(conversation_of(store, 300)))
    app = make_app(paths)
    app.ui_state.conversation_id = made[0].conversation_id
    async with running(app) as pilot:
        await pilot.press("ctrl+f")
        await pilot.press(*"message 42")
        await wait_until(
            lambda: (
                [v.record.text for v in app.screen.query(MessageView) if v.has_class("-found")]
                == ["message 42"]
            ),
            what="the match is shown",
        )
        await pilot.press("escape")
        await pilot.pause()
        assert not app.screen.query("MessageView.-found")
        assert (await loaded(app)).composer.has_focus


async def test_links_are_asked_for_and_other_schemes_refused(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(["[a](https://example.org/x) [b](file:///etc/passwd)"]))
    async with running(app) as pilot:
        await say(pilot, "links")
        document = app.screen.query_one(Markdown)
        with patch.object(app, "open_url") as opened:
            document.post_message(Markdown.LinkClicked(document, "file:///etc/passwd"))
            await pilot.pause()
            assert not isinstance(app.screen, ConfirmScreen)
            document.post_message(Markdown.LinkClicked(document, "https://example.org/x"))
            await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
            assert not opened.called
            await pilot.press("right", "enter")
            await wait_until(lambda: opened.called)
            opened.assert_called_once_with("https://example.org/x")


async def test_hostile_text_neither_crashes_nor_reaches_the_terminal(paths: Paths) -> None:
    evil = "[bold]x[/nope] \x1b[2J\x07 \u202eabc \ud800 [@click=app.quit]y[/]\r\n<script>|a|\n|-|"
    app = make_app(paths, ScriptedBackend([evil.replace("\ud800", "")]))
    async with running(app) as pilot:
        await say(pilot, evil.replace("\ud800", ""))
        texts = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "\x1b" not in texts
        assert "\u202e" not in texts
        assert "[bold]x[/nope]" in texts
        assert "␛[2J" in texts


async def test_wide_and_right_to_left_text_keeps_the_frame(paths: Paths) -> None:
    text = "日本語のテキスト 👩‍👩‍👧 שלום עולם مرحبا e\u0301"
    app = make_app(paths, ScriptedBackend([text]))
    async with running(app) as pilot:
        await say(pilot, text)
        widths = {strip.cell_length for strip in app.screen._compositor.render_strips()}
        assert widths == {80}
        assert (await loaded(app)).session is not None


async def test_the_side_panel_lies_beside_or_over_the_text(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app, SMALL) as pilot:
        screen = await loaded(app)
        await say(pilot, "hi")
        assert not is_shown(screen.panel)
        width = screen.transcript.size.width
        await pilot.press("ctrl+b")
        await pilot.pause()
        assert is_shown(screen.panel)
        assert screen.transcript.size.width == width
        await pilot.resize_terminal(*LARGE)
        await pilot.pause()
        assert is_shown(screen.panel)
        assert screen.transcript.size.width < 120 - 30
        await pilot.press("ctrl+b")
        await pilot.pause()
        assert not is_shown(screen.panel)
        assert app.ui_state.side_panel is False


async def test_a_prompt_that_was_cut_is_said(paths: Paths) -> None:
    app = make_app(paths, ScriptedBackend(lambda _m: "word " * 12, context_tokens=120))
    async with running(app) as pilot:
        for number in range(7):
            await say(pilot, f"question {number} " + "x " * 10)
        assert "the model sees only the last" in lines(app)
        state = (await loaded(app)).meter.state
        assert state.sees is not None
        assert state.total is not None
        assert state.sees < state.total


async def test_a_new_conversation_keeps_the_old_one(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "first one")
        await pilot.press("ctrl+n")
        await wait_until(lambda: not shown(app), what="an empty conversation")
        await say(pilot, "second one")
        assert shown(app)[0] == "second one"
    with open_store(paths.database) as store:
        assert [c.title for c in conversations.list_all(store)] == ["second one", "first one"]


async def test_nothing_is_lost_when_quitting_in_mid_answer(paths: Paths) -> None:
    gate = asyncio.Semaphore(2)
    app = make_app(paths, ScriptedBackend([["part ", "of ", "it"]], gate=gate.acquire))
    async with running(app) as pilot:
        await say(pilot, "go", wait=False)
        await wait_until(lambda: len(shown(app)) == 2)
        await pilot.press("ctrl+q")
        await wait_until(lambda: not app.is_running or app._exit, what="the app ended")
    with open_store(paths.database) as store:
        conversation = conversations.list_all(store)[0]
        rows: list[Message] = messages.active(store, conversation.conversation_id)
        assert [row.status for row in rows] == ["complete", "interrupted"]
        assert rows[1].text.startswith("part ")


async def test_what_is_typed_at_a_message_goes_into_the_box(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "hi")
        await pilot.press("escape", "H", "e", "y")
        screen = await loaded(app)
        assert screen.composer.has_focus
        assert screen.composer.text == "Hey"


async def test_nothing_is_sent_before_the_conversation_is_shown(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "q1")
        screen = await loaded(app)
        shown_first = screen.conversation
        assert shown_first is not None
        await pilot.press("ctrl+n")
        await loaded(app)
        screen.composer.insert("too early")
        app.open_conversation(shown_first.conversation_id)
        screen.on_composer_sent(Composer.Sent("too early"))  # before the load had its turn
        await wait_until(lambda: screen.is_loaded and screen.conversation is not None)
    with open_store(paths.database) as store:
        assert conversations.count(store) == 1


async def test_typing_while_chat_is_built_loses_no_letter(paths: Paths) -> None:
    app = make_app(paths, start_mode="conversations")
    async with running(app):
        app.post_message(events.Key("f2", None))
        for letter in "draft":
            app.post_message(events.Key(letter, letter))
        screen = await loaded(app)
        await wait_until(lambda: screen.composer.text == "draft", what="every letter arrives")


async def test_fast_typing_at_a_message_loses_no_letter(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "hi")
        await pilot.press("escape")
        screen = await loaded(app)
        for letter in "draft":  # all on their way before the first has arrived
            app.post_message(events.Key(letter, letter))
        await wait_until(lambda: screen.composer.text == "draft", what="every letter arrives")


@pytest.mark.model
async def test_the_starter_model_answers(paths: Paths) -> None:
    app = PersonaApp(paths, settings=quiet_settings(chat={"max_tokens": 24}))
    app.ui_state.welcomed = True
    async with running(app) as pilot:
        await say(pilot, "Name three colours.", wait=False)
        await wait_until(lambda: len(shown(app)) == 2, timeout=120, what="the model writes")
        screen = await loaded(app)
        await wait_until(lambda: not screen.busy, timeout=120, what="the model ends")
        await idle(pilot)
        assert shown(app)[1]
        state = screen.meter.state
        assert state.context == 8192
        assert state.used is not None
        assert state.used > 10
        assert state.speed is not None
