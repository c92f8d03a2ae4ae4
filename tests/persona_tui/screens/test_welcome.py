"""The first start."""

from __future__ import annotations

import pytest

from persona_tui.paths import Paths
from persona_tui.screens.chat import ChatScreen
from persona_tui.screens.welcome import CHOICES, WelcomeScreen, next_step
from persona_tui.state import load_state
from store import conversations
from store.db import open_store
from tests.helpers import wait_until
from tests.persona_tui.screens.chat_helpers import LARGE, SMALL, make_app, running, say


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_enter_starts_chatting_right_away(paths: Paths, size: tuple[int, int]) -> None:
    app = make_app(paths, welcomed=False)
    async with running(app, size) as pilot:
        await wait_until(lambda: isinstance(app.screen, WelcomeScreen))
        text = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert all(title in text for _, title, _ in CHOICES)
        assert "Ctrl+Q" in text  # everything fits on one screen
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ChatScreen)
        await pilot.press("h", "i", "enter")
        await wait_until(lambda: app.screen.query("MessageView.-assistant"))
    assert load_state(paths.state).welcomed


async def test_it_comes_once_and_from_the_palette(paths: Paths) -> None:
    app = make_app(paths, welcomed=False)
    async with running(app) as pilot:
        await wait_until(lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("3")
        await wait_until(lambda: app.current_mode == "models")
        app.go("chat")
    again = make_app(paths, welcomed=False)
    again.ui_state = load_state(paths.state)
    async with running(again) as pilot:
        await say(pilot, "hello")
        assert not isinstance(again.screen, WelcomeScreen)
        again.action_welcome()
        await wait_until(lambda: isinstance(again.screen, WelcomeScreen))


async def test_who_imported_before_is_offered_the_next_step(paths: Paths) -> None:
    with open_store(paths.database) as store:
        conversations.create(store, title="Books")
    app = make_app(paths, welcomed=False)
    async with running(app) as pilot:
        screen = app.screen
        assert isinstance(screen, WelcomeScreen)
        await wait_until(lambda: bool(screen.ways), what="it knows what there is")
        await pilot.pause()
        text = "".join(strip.text for strip in screen._compositor.render_strips())
        assert "1 conversation is here already." in text
        assert "Find out what they say about me" in text
        assert "Ctrl+Q" in text
        await pilot.press("1")
        await wait_until(lambda: app.current_mode == "review")
    assert next_step(3, 5)[1] == "Judge what was inferred about me"
    assert next_step(0, 5)[0] == "report"
