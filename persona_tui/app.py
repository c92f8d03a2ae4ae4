"""The full-screen app: modes, tabs, palette, help, themes. Screens do the work.

Cold start counts: before the first frame nothing is imported that the first frame does not show.
Settings are checked and the store opens after it, in threads; the other screens are imported when
first visited. ``benchmarks/cold_start.py`` measures it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from persona_tui.errors import ConfigError
from persona_tui.paths import Paths
from persona_tui.screens import learning_host
from persona_tui.screens.base import HostApp, PersonaScreen
from widgets.tabs import Tab

if TYPE_CHECKING:
    from textual.command import Provider

    from models.protocol import Embedder
    from persona_tui.config import Settings
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.importing import ImportReport


def _later(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is imported when it is first visited."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(module), name)()
        return screen

    return make


def _conversations_provider() -> type[Provider]:
    from persona_tui.screens.palette import ConversationsProvider

    return ConversationsProvider


TABS: tuple[tuple[str, str, str], ...] = (
    # mode, key, name
    ("chat", "f2", "Chat"),
    ("review", "f3", "Review"),
    ("relevance", "f4", "Relevance"),
    ("compare", "f5", "Compare"),
    ("report", "f6", "Report"),
    ("conversations", "f7", "Conversations"),
    ("models", "f8", "Models"),
    ("settings", "f9", "Settings"),
    ("donate", "f10", "Donate"),
)
SHORT = {"conversations": "Chats"}
BREAKPOINTS: tuple[tuple[int, str], ...] = ((0, "-narrow"), (100, "-wide"))
"""Columns from which a class is on every screen: side panels lie beside the text when wide."""


DEFAULT_THEME = "textual-dark"


@dataclass(frozen=True, slots=True)
class Look:
    """What the first frame needs of the settings."""

    theme: str = DEFAULT_THEME
    keymap: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Look:
        return cls(settings.theme, dict(settings.keymap))


def first_look(paths: Paths) -> Look:
    """Theme and keys straight from the file, unchecked: checked they are after the first frame."""
    try:
        data = tomllib.loads(paths.config.read_text("utf-8"))
    except (OSError, ValueError):
        return Look()
    theme = os.environ.get("PERSONA_TUI_THEME") or data.get("theme")
    keymap = data.get("keymap")
    return Look(
        theme if isinstance(theme, str) else DEFAULT_THEME,
        {k: v for k, v in keymap.items() if isinstance(v, str)} if isinstance(keymap, dict) else {},
    )


class PersonaApp(HostApp):
    """persona-tui on the full screen."""

    TITLE = "persona-tui"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "chat": _later("persona_tui.screens.chat", "ChatScreen"),
        "review": _later("persona_tui.screens.review", "ReviewScreen"),
        "relevance": _later("persona_tui.screens.relevance", "RelevanceScreen"),
        "compare": _later("persona_tui.screens.compare", "CompareScreen"),
        "report": _later("persona_tui.screens.report", "ReportScreen"),
        "conversations": _later("persona_tui.screens.conversations", "ConversationsScreen"),
        "models": _later("persona_tui.screens.models", "ModelsScreen"),
        "settings": _later("persona_tui.screens.settings", "SettingsScreen"),
        "donate": _later("persona_tui.screens.donate", "DonateScreen"),
        "learning": _later("persona_tui.screens.learning", "LearningScreen"),
    }
    COMMANDS = HostApp.COMMANDS | {_conversations_provider}
    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: a text area has uses of its own for F6 and F7.
        Binding("f1", "show_help", "Help", id="help", priority=True),
        *(
            Binding(key, f"go('{mode}')", name, id=f"go.{mode}", show=False, priority=True)
            for mode, key, name in TABS
        ),
        Binding("ctrl+q", "quit", "Quit", id="quit", show=False, priority=True),
    ]

    def __init__(
        self,
        paths: Paths | None = None,
        *,
        start_mode: str | None = None,
        settings: Settings | None = None,
        backends: Backends | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        super().__init__(paths, settings=settings, backends=backends, embedder=embedder)
        self.after_first_frame: Callable[[], None] | None = None
        """Called once something is seen."""
        self._look = Look.of(settings) if settings is not None else first_look(self.paths)
        self.HORIZONTAL_BREAKPOINTS = list(BREAKPOINTS)
        mode = start_mode or self.ui_state.mode
        # Textual reads DEFAULT_MODE from the class; the first screen is the remembered one.
        self._current_mode = mode if mode in self.MODES else "chat"
        self._screen_stacks = {self._current_mode: []}
        self._apply_look()

    def _apply_look(self) -> None:
        """Take theme and keys from the settings."""
        theme = self._look.theme
        self.theme = theme if theme in self.available_themes else DEFAULT_THEME
        self.set_keymap(dict(self._look.keymap))

    async def reload_settings(self) -> None:
        await super().reload_settings()
        self._look = Look.of(self.settings)
        self._apply_look()

    # --- life -------------------------------------------------------------------------------

    def on_mount(self) -> None:
        if not self.ui_state.welcomed:  # at once: keys pressed now are meant for it
            self.action_welcome()
        # After the first frame: opening the store costs as much as drawing it.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self.after_first_frame is not None:
            self.after_first_frame()
        self.run_worker(self._open(), group="open", exit_on_error=False)

    async def _open(self) -> None:
        try:
            await self._read_settings()
        except ConfigError as error:
            self.exit(return_code=error.exit_code, message=str(error))
            return
        try:
            await self.open_store()
        except Exception as error:  # noqa: BLE001 - said in one sentence, then the app ends
            await self._cannot_open(error)
            return
        learning_host.begin(self)

    async def _read_settings(self) -> None:
        """Read and check the settings in a thread: the library for it costs 100 ms to import."""
        await asyncio.to_thread(lambda: self.settings)
        look = Look.of(self.settings)
        if look != self._look:
            self._look = look
            self._apply_look()

    async def _cannot_open(self, error: Exception) -> None:
        from persona_tui.screens.base import is_expected
        from persona_tui.screens.confirm import ConfirmScreen

        if is_expected(error):
            text = str(error)
        else:
            from persona_tui.logs import record_crash

            text = f"{type(error).__name__}; details are in {record_crash(error)}."
        await self.push_screen_wait(
            ConfirmScreen(
                "Your journal cannot be opened", text, confirm="Quit", cancel=None, danger=True
            )
        )
        self.exit(return_code=1)

    async def action_quit(self) -> None:
        """Stop what is under way (its part is kept), save the state, end."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, PersonaScreen):
                    await self.guarded(screen.before_quit())
        await self.guarded(self.close_services())
        self.exit()

    # --- places -----------------------------------------------------------------------------

    def mode_tabs(self) -> Sequence[Tab]:
        keymap = self._look.keymap
        return [
            Tab(mode, self._shown(keymap.get(f"go.{mode}", key)), name, SHORT.get(mode, ""))
            for mode, key, name in TABS
        ]

    def get_key_display(self, binding: Binding) -> str:
        """Function keys as they are written on keyboards."""
        shown = super().get_key_display(binding)
        return shown.upper() if shown[:1] == "f" and shown[1:].isdigit() else shown

    def _shown(self, key: str) -> str:
        return self.get_key_display(Binding(key.split(",", maxsplit=1)[0].strip(), ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "go":  # a question is answered first
            return not isinstance(self.screen, ModalScreen)
        if action == "show_help":
            return self.screen.id != "help"
        return super().check_action(action, parameters)

    def action_go(self, mode: str) -> None:
        self.go(mode)

    def open_conversation(self, conversation_id: str, message_id: str | None = None) -> None:
        self._open_in_chat(conversation_id, message_id)

    def new_conversation(self) -> None:
        self._open_in_chat(None, None)

    def _open_in_chat(self, conversation_id: str | None, message_id: str | None) -> None:
        from persona_tui.screens.chat import ChatScreen

        self.go("chat")
        for screen in self._screen_stacks["chat"]:
            if isinstance(screen, ChatScreen):
                screen.open(conversation_id, message_id)

    def action_show_help(self) -> None:
        from persona_tui.screens.help import HelpScreen, places, working_keys

        screen = self.screen
        name = screen.NAME if isinstance(screen, PersonaScreen) else (screen.title or "This window")
        self.push_screen(HelpScreen(name, screen.HELP or "", working_keys(screen), places(screen)))

    def action_welcome(self) -> None:
        from persona_tui.screens.welcome import WelcomeScreen

        self.ui_state.welcomed = True
        self.push_screen(WelcomeScreen(), self._welcomed)

    def _welcomed(self, choice: str | None) -> None:
        self.save_ui_state()
        if choice == "import":
            self.action_import()
        elif choice in self.MODES:
            self.go(choice)

    def action_import(self) -> None:
        from persona_tui.screens.import_ import ImportScreen

        self.push_screen(ImportScreen(), self._imported)

    def _imported(self, report: ImportReport | None) -> None:
        if report is not None and report.counts.messages_added and self.current_mode != "review":
            self.go("review")  # where the next step is offered: to infer from what came in
        elif isinstance(self.screen, PersonaScreen):
            self.screen.reload()

    def search_themes(self) -> None:
        from textual.command import CommandPalette

        from persona_tui.screens.palette import KeptThemes

        self.push_screen(CommandPalette([KeptThemes], placeholder="Search for themes…"))

    # --- palette ----------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        for mode, key, name in TABS:
            yield SystemCommand(name, f"Go there ({key.upper()})", lambda m=mode: self.go(m))
        yield SystemCommand(
            "Learning", "What models of your own learned from you", lambda: self.go("learning")
        )
        yield SystemCommand("Welcome", "The ways to begin", self.action_welcome)
        yield SystemCommand("Import chats", "From ChatGPT, Claude, files", self.action_import)
        yield SystemCommand("Help", "What this screen is for (F1)", self.action_show_help)
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        yield SystemCommand("Quit", "Leave persona-tui (Ctrl+Q)", self.action_quit)
        if isinstance(screen, PersonaScreen):
            yield from screen.commands()
