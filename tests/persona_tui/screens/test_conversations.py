"""The list of conversations."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import DataTable, Input

from persona_tui.app import PersonaApp
from persona_tui.errors import UserError
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen, PromptScreen
from persona_tui.screens.conversations import (
    PAGE,
    ConversationsScreen,
    file_name,
    write_new,
)
from store import conversations, messages
from store.db import Store, open_store
from tests.helpers import mode_of, wait_until
from tests.persona_tui.screens.chat_helpers import LARGE, SMALL, fill, loaded, make_app, running


def some(store: Store, count: int = 3) -> None:
    for number in range(count):
        made = conversations.create(store, title=f"Talk {number} [b]x[/nope]")
        messages.append(store, made.conversation_id, "user", f"I like pears {number}")


async def listed(app: PersonaApp, count: int) -> ConversationsScreen:
    screen = app.screen
    assert isinstance(screen, ConversationsScreen)
    await wait_until(lambda: screen.query_one(DataTable).row_count == count, what=f"{count} rows")
    return screen


def titles(paths: Paths) -> list[str]:
    with open_store(paths.database) as store:
        return [c.title for c in conversations.list_all(store)]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_list_search_and_open(paths: Paths, size: tuple[int, int]) -> None:
    fill(paths, some)
    app = make_app(paths, start_mode="conversations")
    async with running(app, size) as pilot:
        screen = await listed(app, 3)
        assert screen.query_one(DataTable).virtual_size.width <= size[0]
        await pilot.press("slash", *"pears 1")
        await listed(app, 1)
        await pilot.press("enter", "enter")
        chat = await loaded(app)
        await wait_until(lambda: chat.conversation is not None)
        assert chat.conversation is not None
        assert chat.conversation.title.startswith("Talk 1")


async def test_thousands_are_read_page_by_page(paths: Paths) -> None:
    fill(paths, lambda store: some(store, 2 * PAGE + 50))
    app = make_app(paths, start_mode="conversations")
    async with running(app) as pilot:
        screen = await listed(app, PAGE)
        await pilot.press("end")
        await listed(app, 2 * PAGE + 50)
        await wait_until(lambda: screen.query_one(DataTable).cursor_row == 2 * PAGE + 49)
        await pilot.press("home")
        assert screen.query_one(DataTable).cursor_row == 0


async def test_a_reading_that_is_ended_leaves_rows_and_table_alike(paths: Paths) -> None:
    fill(paths, lambda store: some(store, PAGE + 50))
    app = make_app(paths, start_mode="conversations")
    async with running(app) as pilot:
        screen = await listed(app, PAGE)
        for _ in range(5):  # each End ends a reading under way
            screen.reload()
            await pilot.press("end")
        await listed(app, PAGE + 50)
        assert not app._notifications


async def test_rename(paths: Paths) -> None:
    fill(paths, some)
    app = make_app(paths, start_mode="conversations")
    async with running(app) as pilot:
        await listed(app, 3)
        await pilot.press("r")
        await wait_until(lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = "Pears"
        await pilot.press("enter")
        await wait_until(lambda: titles(paths)[0] == "Pears")


async def test_forgetting_asks_says_what_goes_and_leaves_no_byte(paths: Paths) -> None:
    fill(paths, some)
    app = make_app(paths, start_mode="conversations")
    async with running(app) as pilot:
        await listed(app, 3)
        await pilot.press("d")
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
        assert isinstance(app.screen, ConfirmScreen)
        assert "cannot be undone" in app.screen.body
        await pilot.press("enter")  # the focus is on the harmless answer
        await wait_until(lambda: isinstance(app.screen, ConversationsScreen))
        assert len(titles(paths)) == 3
        await pilot.press("d")
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await wait_until(lambda: len(titles(paths)) == 2)
        await listed(app, 2)
    bytes_left = b"".join(file.read_bytes() for file in paths.data_dir.glob("persona.db*"))
    assert b"pears 2" not in bytes_left
    assert b"pears 1" in bytes_left


async def test_export_writes_a_private_file(paths: Paths, home: Path) -> None:
    fill(paths, lambda store: some(store, 1))
    app = make_app(paths, start_mode="conversations")
    target = home / "talk.md"
    async with running(app) as pilot:
        await listed(app, 1)
        await pilot.press("x")
        await wait_until(lambda: isinstance(app.screen, PromptScreen))
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await wait_until(target.exists)
    assert "I like pears 0" in target.read_text()
    assert mode_of(target) == "0600"
    with pytest.raises(UserError, match="there already"):
        write_new(str(target), "x")


async def test_no_conversations_yet(paths: Paths) -> None:
    app = make_app(paths, start_mode="conversations")
    async with running(app):
        await wait_until(lambda: app.screen.has_class("-empty"), what="the hint is shown")
        text = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "Press i to import" in text


def test_file_names() -> None:
    assert file_name("Trip: ideas / 2026?") == "trip-ideas-2026.md"
    assert file_name("../..") == "conversation.md"
    assert file_name("旅行") == "旅行.md"
