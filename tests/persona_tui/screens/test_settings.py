"""The Settings screen: changed, checked, saved and in force; keys told but never shown."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Select, Static, Switch, TabbedContent, TextArea

from persona_tui.config import load_settings
from persona_tui.config_file import set_value
from persona_tui.paths import Paths
from persona_tui.screens.base import HostApp
from persona_tui.screens.keymap import Remappable, collect, conflict
from persona_tui.screens.setting_row import SettingRow
from persona_tui.screens.settings import SettingsScreen
from persona_tui.screens.settings_lists import ApiKeyList, FileList, KeyboardList, ThemeList
from tests.helpers import wait_until


class App(HostApp):
    """The screen alone."""

    MODES: ClassVar[dict[str, Any]] = {"settings": SettingsScreen}
    DEFAULT_MODE = "settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "show_help", "Help", id="help"),
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True),
    ]

    def on_mount(self) -> None:
        self.ready.set()


async def screen_of(pilot: Pilot[None]) -> SettingsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, SettingsScreen)
    # Until the last tab is whole: Textual's Select fails if the app ends while it is being made.
    await wait_until(lambda: bool(screen.query("#machine SettingRow")))
    await wait_until(lambda: all(select.query("#label") for select in screen.query(Select)))
    return screen


def row_of(screen: SettingsScreen, key: str) -> SettingRow:
    return next(row for row in screen.query(SettingRow) if row.key == key)


async def open_tab(screen: SettingsScreen, id_: str) -> None:
    screen.query_one(TabbedContent).active = id_
    await wait_until(lambda: screen.query_one(TabbedContent).active == id_)


async def focus(widget: Widget) -> None:
    widget.focus()
    await wait_until(lambda: widget.has_focus)


def doc(row: SettingRow) -> str:
    return str(row.query_one(".doc", Static).render())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_typed_value_is_saved_and_in_force(paths: Paths, size: tuple[int, int]) -> None:
    async with App(paths).run_test(size=size) as pilot:
        screen = await screen_of(pilot)
        field = row_of(screen, "chat.temperature").query_one(Input)
        field.focus()
        field.value = "0.25"
        await pilot.press("enter")
        await wait_until(lambda: screen.host.settings.chat.temperature == 0.25)
        assert load_settings(paths, {}).chat.temperature == 0.25


@pytest.mark.parametrize(("text", "said"), [("hot", "must be a number"), ("9", "at most 2")])
async def test_wrong_value_is_told_and_not_saved(paths: Paths, text: str, said: str) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        row = row_of(screen, "chat.temperature")
        row.query_one(Input).focus()
        row.query_one(Input).value = text
        await pilot.press("enter")
        await wait_until(lambda: said in doc(row))
        assert doc(row).startswith("✗")
        assert not paths.config.exists()


async def test_switches_lists_and_languages(paths: Paths) -> None:
    set_value(
        paths, "models.far", {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    )
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        row_of(screen, "extraction.live").query_one(Switch).toggle()
        await wait_until(lambda: not screen.host.settings.extraction.live)
        row_of(screen, "extraction.model").query_one(Select).value = "far"
        await wait_until(lambda: screen.host.settings.extraction.model == "far")
        row_of(screen, "language").query_one(Select).value = "de"
        await wait_until(lambda: screen.host.settings.language == "de")
        row_of(screen, "language").query_one(Select).value = ""
        await wait_until(lambda: screen.host.settings.language is None)
        row_of(screen, "extraction.strategy").query_one(Select).value = "holistic"
        await wait_until(lambda: screen.host.settings.extraction.strategy == "holistic")


async def test_what_the_environment_sets_is_locked(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_TUI_CHAT__TOP_P", "0.5")
    async with App(paths).run_test() as pilot:
        row = row_of(await screen_of(pilot), "chat.top_p")
        assert row.query_one(Input).disabled
        assert row.query_one(Input).value == "0.5"
        assert "PERSONA_TUI_CHAT__TOP_P" in doc(row)


async def test_theme_is_tried_on_kept_and_put_back(paths: Paths) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        await open_tab(screen, "theme")
        view = screen.query_one(ThemeList).view
        await wait_until(lambda: view.option_count > 5)
        await focus(view)
        view.highlighted = view.get_option_index("nord")
        await wait_until(lambda: pilot.app.theme == "nord")
        await focus(screen.query_one(TabbedContent).query_one("Tabs"))
        await wait_until(lambda: pilot.app.theme == "textual-dark")
        await focus(view)
        view.highlighted = view.get_option_index("dracula")
        await pilot.press("enter")
        await wait_until(lambda: screen.host.settings.theme == "dracula")
        await focus(screen.query_one(TabbedContent).query_one("Tabs"))
        await pilot.pause()
        assert pilot.app.theme == "dracula"


async def test_key_is_changed_conflicts_are_told_and_default_comes_back(paths: Paths) -> None:
    async with App(paths).run_test(notifications=True) as pilot:
        screen = await screen_of(pilot)
        await open_tab(screen, "keyboard")
        view = screen.query_one(KeyboardList).view
        await wait_until(lambda: view.option_count > 20)
        await focus(view)
        view.highlighted = view.get_option_index("models.test")

        async def press_new(key: str) -> None:
            await pilot.press("enter")
            await wait_until(lambda: pilot.app.screen.query("KeyCaptureScreen Static"))
            await pilot.pause()
            await pilot.press(key)
            await wait_until(lambda: pilot.app.screen is screen)

        await press_new("escape")
        assert screen.host.settings.keymap == {}
        await press_new("f1")
        await wait_until(lambda: any("“Help”" in note.message for note in pilot.app._notifications))
        assert screen.host.settings.keymap == {}
        await press_new("y")
        await wait_until(lambda: screen.host.settings.keymap == {"models.test": "y"})
        assert load_settings(paths, {}).keymap == {"models.test": "y"}
        await pilot.press("backspace")
        await wait_until(lambda: screen.host.settings.keymap == {})


async def test_api_keys_tell_where_from_and_never_what(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-value")
    async with App(paths).run_test(size=(100, 30)) as pilot:
        screen = await screen_of(pilot)
        await open_tab(screen, "api_keys")
        view = screen.query_one(ApiKeyList).view
        await wait_until(lambda: view.option_count >= 3)
        assert "OPENAI_API_KEY" in str(view.get_option("openai").prompt)
        await focus(view)
        view.highlighted = view.get_option_index("anthropic")
        await pilot.press("enter")
        await wait_until(lambda: pilot.app.screen.query("KeyEntryScreen Input"))
        await pilot.pause()
        pilot.app.screen.query_one(Input).value = "sk-other-secret"
        await pilot.press("enter")
        await wait_until(lambda: pilot.app.screen is screen)
        await wait_until(lambda: "typed in" in str(view.get_option("anthropic").prompt))
        drawn = pilot.app.export_screenshot()
        assert "secret" not in drawn
        assert not paths.config.exists()
        await pilot.press("delete")
        await wait_until(lambda: "none; set" in str(view.get_option("anthropic").prompt))


async def test_paths_are_listed_and_copied(paths: Paths) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        await open_tab(screen, "files")
        view = screen.query_one(FileList).view
        await wait_until(lambda: view.option_count == 7)
        await focus(view)
        view.highlighted = 0
        await pilot.press("c")
        assert pilot.app.clipboard == str(paths.config)


async def test_half_typed_text_survives_a_dialog(paths: Paths) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        field = row_of(screen, "chat.system_prompt").query_one(TextArea)
        field.focus()
        field.text = "Be brief"
        screen.reload()
        await pilot.pause()
        assert row_of(screen, "chat.system_prompt").query_one(TextArea) is field
        assert field.text == "Be brief"


async def test_system_prompt_has_lines_and_is_saved_on_leaving(paths: Paths) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        await focus(row_of(screen, "chat.system_prompt").query_one(TextArea))
        await pilot.press("O", "n", "e", "enter", "T", "w", "o", "tab")
        await wait_until(lambda: screen.host.settings.chat.system_prompt == "One\nTwo")
        assert load_settings(paths, {}).chat.system_prompt == "One\nTwo"


async def test_what_was_typed_is_saved_when_another_screen_comes_or_the_app_ends(
    paths: Paths,
) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        field = row_of(screen, "chat.top_p").query_one(Input)
        await focus(field)
        field.value = "0.5"
        pilot.app.push_screen(ModalScreen())
        await wait_until(lambda: screen.host.settings.chat.top_p == 0.5)
        pilot.app.pop_screen()
        row_of(screen, "chat.max_tokens").query_one(Input).value = "77"
        row_of(screen, "extraction.min_confidence").query_one(Input).value = "hot"
        await screen.before_quit()
        assert load_settings(paths, {}).chat.max_tokens == 77
        assert load_settings(paths, {}).extraction.min_confidence == 0.4


async def test_every_setting_is_explained(paths: Paths) -> None:
    async with App(paths).run_test() as pilot:
        screen = await screen_of(pilot)
        assert all(len(doc(row)) > 20 for row in screen.query(SettingRow))
        assert doc(row_of(screen, "extraction.min_confidence")).endswith("It comes as 0.4.")


def test_conflicts_are_found_where_keys_meet(paths: Paths) -> None:
    all_ = collect(App(paths))
    ids = {one.id for one in all_}
    assert {"quit", "help", "models.test", "help.question"} <= ids
    assert len(ids) == len(all_)
    here = Remappable("models.test", "models", "Test", "t")
    assert conflict(all_, here, "t", {}) is None
    clash = conflict(all_, here, "d", {})
    assert clash is not None
    assert clash.id == "models.download"
    assert conflict(all_, here, "d", {"models.download": "g"}) is None
    clash = conflict(all_, here, "ctrl+q", {})
    assert clash is not None
    assert clash.id == "quit"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_giving_begins_with_is_set(paths: Paths, size: tuple[int, int]) -> None:
    async with App(paths).run_test(size=size) as pilot:
        screen = await screen_of(pilot)
        await open_tab(screen, "giving")
        rows = {row.key: row for row in screen.query("#giving SettingRow").results(SettingRow)}
        assert set(rows) == {
            f"donation.{name}"
            for name in ("license", "cooling_off_hours", "names", "repository", "key")
        }
        field = rows["donation.cooling_off_hours"].query_one(Input)
        field.focus()
        field.value = "48"
        await pilot.press("enter")
        await wait_until(lambda: screen.host.settings.donation.cooling_off_hours == 48)
        rows["donation.license"].query_one(Select).value = "CC0-1.0"
        await wait_until(lambda: load_settings(paths, {}).donation.license == "CC0-1.0")
        assert screen.query_one("#tabs").region.right <= size[0]
