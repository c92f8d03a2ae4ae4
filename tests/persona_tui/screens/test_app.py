"""The frame: modes, tabs, keys, help, themes, the state that is remembered."""

from __future__ import annotations

import json

import pytest
from textual.command import CommandList, CommandPalette
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from persona_tui.app import SHORT, TABS, PersonaApp
from persona_tui.errors import ConfigError
from persona_tui.paths import Paths, private_dir
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.chat import ChatScreen
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.help import HelpScreen
from persona_tui.state import UiState, load_state, save_state
from store import conversations
from store.db import Store
from tests.helpers import mode_of, wait_until
from tests.persona_tui.screens.chat_helpers import (
    LARGE,
    SMALL,
    conversation_of,
    fill,
    loaded,
    make_app,
    quiet_settings,
    running,
    say,
)
from widgets.tabs import TabLabel


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_every_mode_is_reached_by_key_and_by_mouse(
    paths: Paths, size: tuple[int, int]
) -> None:
    app = make_app(paths)
    async with running(app, size) as pilot:
        for mode, key, name in TABS:
            await pilot.press(key)
            await pilot.pause()
            assert app.current_mode == mode
            assert isinstance(app.screen, PersonaScreen)
            current = [tab for tab in app.screen.query(TabLabel) if tab.current]
            # Told by brackets too, not by colour alone.
            said = f"[{key.upper()} {name}]"
            if size == SMALL:  # where there is little room the F stands once, before all
                said = f"[{key[1:]} {SHORT.get(mode, name)}]"
            assert [str(tab.render()) for tab in current] == [said]
        tabs = list(app.screen.query(TabLabel))
        await wait_until(lambda: tabs[-1].region.right <= size[0], what="tabs are laid out")
        await pilot.click(tabs[0])
        await pilot.pause()
        assert app.current_mode == "chat"


async def test_no_key_in_the_footer_is_cut_off(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app, SMALL) as pilot:
        await say(pilot, "hi")
        for mode, _, _ in TABS:
            app.go(mode)
            await pilot.pause()
            footer = app.screen.query_one(Footer)
            await wait_until(lambda f=footer: len(f.query(FooterKey)) > 1, what="a footer")
            await pilot.pause()
            keys = list(footer.query(FooterKey))
            palette = next(key for key in keys if key.has_class("-command-palette"))
            keys.remove(palette)
            assert [k.description for k in keys if k.region.right > palette.region.x] == [], mode


async def test_the_same_thing_is_not_told_twice_at_once(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        for _ in range(3):
            app.tell("Nothing to undo.")
        app.tell("Another thing.")
        await pilot.pause()
        assert len(app._notifications) == 2


async def test_a_conversation_opened_before_chat_was_ever_shown(paths: Paths) -> None:
    def make(store: Store) -> None:
        conversation_of(store, 2)

    fill(paths, make)
    state = UiState(welcomed=True, mode="conversations")
    save_state(paths.state, state)
    app = make_app(paths)
    async with running(app) as pilot:
        await pilot.press("enter")
        screen = await loaded(app)
        assert screen.conversation is not None
        assert not app._notifications


async def test_question_mark_helps_only_where_nothing_is_typed(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "hi")
        await pilot.press("question_mark")
        screen = await loaded(app)
        assert screen.composer.text == "?"
        screen.composer.clear()
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        keys = {what: keys for keys, what in app.screen.keys}
        assert keys["Copy"] == "c"
        assert "Stop" not in keys  # nothing is under way
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, ChatScreen)


async def test_keys_can_be_changed(paths: Paths) -> None:
    settings = quiet_settings(keymap={"go.conversations": "f12", "chat.panel": "ctrl+g"})
    app = make_app(paths, settings=settings)
    async with running(app, LARGE) as pilot:
        assert "F12 Conversations" in "".join(str(t.render()) for t in app.screen.query(TabLabel))
        await pilot.press("ctrl+g")
        assert app.ui_state.side_panel is False
        await pilot.press("f12")
        await pilot.pause()
        assert app.current_mode == "conversations"


async def test_the_palette_finds_conversations_and_reads_no_markup(paths: Paths) -> None:
    def chats(store: Store) -> None:
        conversations.create(store, title="[bold]Trip[/nope] plans")
        conversations.create(store, title="Trip that a model played", source="synthetic")

    fill(paths, chats)
    app = make_app(paths)
    async with running(app) as pilot:
        await pilot.press("ctrl+p")
        await wait_until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"Trip")
        await wait_until(
            lambda: (
                "Trip[/nope]"
                in "".join(strip.text for strip in app.screen._compositor.render_strips())
            ),
            what="the title is listed as it is",
        )
        shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "a model played" not in shown
        await pilot.press("enter", "enter")
        screen = await loaded(app)
        await wait_until(lambda: screen.conversation is not None, what="it is opened")


def void(_value: object) -> None:
    return None


async def test_an_unreadable_journal_is_said_in_one_sentence(paths: Paths) -> None:
    private_dir(paths.data_dir)
    paths.database.write_bytes(b"this is no database at all" * 100)
    app = make_app(paths)
    async with app.run_test(size=SMALL) as pilot:
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
        assert isinstance(app.screen, ConfirmScreen)
        assert len(app.screen.body.splitlines()) == 1
        assert "Traceback" not in app.screen.body
        await pilot.press("enter")
        await pilot.pause()
    assert app.return_code == 1


async def test_a_wrong_configuration_ends_the_app_with_one_sentence(paths: Paths) -> None:
    private_dir(paths.config_dir)
    paths.config.write_text("thme = 'x'\n")
    app = PersonaApp(paths)
    async with app.run_test(size=SMALL):
        await wait_until(lambda: app._exit, what="the app ends")
    assert app.return_code == 2
    with pytest.raises(ConfigError, match="theme"):
        _ = app.settings


def test_the_first_frame_has_theme_and_keys_from_the_file(paths: Paths) -> None:
    private_dir(paths.config_dir)
    paths.config.write_text('theme = "nord"\n[keymap]\n"go.review" = "f12"\n')
    app = PersonaApp(paths)
    assert app.theme == "nord"
    assert app.mode_tabs()[1].key == "F12"


async def test_an_unknown_theme_is_no_reason_not_to_start(paths: Paths) -> None:
    app = make_app(paths, settings=quiet_settings(theme="no-such-theme"))
    async with running(app):
        assert app.theme == "textual-dark"


async def test_a_theme_from_the_palette_is_kept(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        app.action_change_theme()
        await wait_until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"nord")
        await wait_until(lambda: bool(app.screen.query_one(CommandList).option_count))
        await pilot.press("down", "enter")
        await wait_until(lambda: app.theme == "nord", what="the theme is worn")
        await wait_until(lambda: app.settings.theme == "nord", what="the theme is kept")
    assert 'theme = "nord"' in paths.config.read_text("utf-8")


async def test_it_works_without_colour(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(paths)
    async with running(app) as pilot:
        await say(pilot, "hi")
        assert app.no_color
        assert "[2 Chat]" in app.screen._compositor.render_strips()[0].text


async def test_it_starts_where_the_person_was(paths: Paths) -> None:
    app = make_app(paths)
    async with running(app) as pilot:
        await pilot.press("f7")
        await pilot.pause()
    again = make_app(paths)
    async with running(again):
        assert again.current_mode == "conversations"
    assert mode_of(paths.state) == "0600"


def test_state_survives_a_round_trip_and_any_damage(paths: Paths) -> None:
    state = UiState(mode="review", side_width=40, values={"review.filter": "unjudged"})
    assert state.set_draft("c1", "half a thought")
    assert not state.set_draft("c1", "half a thought")
    save_state(paths.state, state)
    assert load_state(paths.state) == state
    state.forget("c1")
    assert state.drafts == {}
    for damage in ("", "[", "[]", "null", json.dumps({"mode": 3, "drafts": [], "side_width": "x"})):
        paths.state.write_text(damage)
        assert load_state(paths.state) == UiState()
