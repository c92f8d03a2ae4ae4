"""The lists on the Settings screen: themes, keys of the keyboard, API keys, files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from models.catalogue import PROVIDERS
from models.errors import ModelError
from models.secrets import KeyStatus, environment_names
from persona_tui.config_file import set_value
from persona_tui.config_text import joined
from persona_tui.screens.keymap import KeyCaptureScreen, Remappable, collect, conflict
from widgets.safe import plain, shorten

if TYPE_CHECKING:
    from persona_tui.screens.base import HostApp


def _column(text: str, width: int) -> str:
    short = shorten(text, width)
    return short + " " * (width - cell_len(short))


class SettingsList(Vertical):
    """A hint above a list; a subclass fills it."""

    DEFAULT_CSS = """
    SettingsList { height: 1fr; }
    SettingsList .hint { color: $text-muted; height: auto; padding: 0 0 1 0; }
    SettingsList OptionList {
        height: 1fr; padding: 0; background: $background; scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
        & > .option-list--option-disabled { color: $text-muted; }
    }
    """
    HINT = ""

    @property
    def host(self) -> HostApp:
        """The app, with its type."""
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static(self.HINT, classes="hint", markup=False)
        yield OptionList(compact=True)

    @property
    def view(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def fill(self, options: list[Option]) -> None:
        """Replace what is listed; the highlight stays."""
        before = self.view.highlighted
        self.view.set_options(options)
        if before is not None and before < len(options):
            self.view.highlighted = before

    def highlighted_id(self) -> str | None:
        """The id of the highlighted option."""
        if self.view.highlighted is None:
            return None
        return self.view.get_option_at_index(self.view.highlighted).id


class ThemeList(SettingsList):
    """Themes; the highlighted one is tried on at once, Enter keeps it."""

    HINT = "Moving through the list tries a theme on; Enter keeps it, leaving goes back."

    def show(self) -> None:
        """Fill the list anew."""
        kept = self.host.settings.theme
        names = sorted(self.app.available_themes)
        self.fill([Option(f"{'●' if name == kept else ' '} {name}", id=name) for name in names])
        if kept in names and not self.view.has_focus:  # who moves in it already is not set back
            self.view.highlighted = names.index(kept)

    @on(OptionList.OptionHighlighted)
    def _try(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option.id and self.view.has_focus:
            self.app.theme = event.option.id

    @on(OptionList.OptionSelected)
    async def _keep(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        await self.host.guarded(self._save(event.option.id or ""))

    async def _save(self, name: str) -> None:
        await asyncio.to_thread(set_value, self.host.paths, "theme", name)
        await self.host.reload_settings()
        self.app.theme = name
        self.show()

    def on_descendant_blur(self) -> None:
        self.put_back()

    def put_back(self) -> None:
        """Wear the theme that is kept."""
        kept = self.host.settings.theme
        if kept in self.app.available_themes:
            self.app.theme = kept


class KeyboardList(SettingsList):
    """Every key that can be changed."""

    HINT = "Enter changes a key; Backspace brings back the one it came with."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace,delete", "reset", "Default key", id="keyboard.reset"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.all: list[Remappable] = []

    def show(self) -> None:
        """Fill the list anew."""
        self.all = self.all or collect(self.app)
        keymap = self.host.settings.keymap
        options: list[Option] = []
        scope = ""
        for one in self.all:
            if one.scope != scope:
                scope = one.scope
                title = scope.replace("_", " ").capitalize()
                gap = "\n" if options else ""
                heading = Content.assemble(gap, (title, "bold $foreground"))
                options.append(Option(heading, disabled=True))
            mark = "*" if one.id in keymap else " "
            keys = self._shown(one.keys_now(keymap))
            options.append(
                Option(Content(f"{mark} {_column(keys, 20)} {one.description}"), id=one.id)
            )
        self.fill(options)

    def _shown(self, keys: str) -> str:
        return " ".join(
            self.app.get_key_display(Binding(key.strip(), "")) for key in keys.split(",") if key
        )

    def _one(self) -> Remappable | None:
        id_ = self.highlighted_id()
        return next((one for one in self.all if one.id == id_), None)

    @on(OptionList.OptionSelected)
    def _ask(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        one = self._one()
        if one is not None:
            self.app.push_screen(
                KeyCaptureScreen(one.description), lambda key: self._asked(one, key)
            )

    def _asked(self, one: Remappable, key: str | None) -> None:
        if key is None:
            return
        other = conflict(self.all, one, key, self.host.settings.keymap)
        shown = self._shown(key)
        if other is not None:
            self.host.tell(
                f"{shown} is “{other.description}” ({other.scope}) already; nothing was changed.",
                "warning",
            )
            return
        self.run_worker(self.host.guarded(self._save(one, key)), exclusive=True)

    async def _save(self, one: Remappable, key: str | None) -> None:
        await asyncio.to_thread(set_value, self.host.paths, joined("keymap", one.id), key)
        await self.host.reload_settings()
        self.show()

    def action_reset(self) -> None:
        """Back to the key that the binding came with."""
        one = self._one()
        if one is not None and one.id in self.host.settings.keymap:
            self.run_worker(self.host.guarded(self._save(one, None)), exclusive=True)


class ApiKeyList(SettingsList):
    """Where each API key comes from; never the key."""

    HINT = (
        "Enter types in a key (masked); Delete forgets one that was typed in or is in the keyring."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete", "forget", "Forget key", id="api_keys.forget"),
    ]

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Static("", classes="why hint", markup=False)

    def show(self) -> None:
        """Fill the list anew: a keyring may take seconds, so it is asked beside the loop."""
        self.run_worker(self.host.guarded(self._load()), exclusive=True)

    async def _load(self) -> None:
        settings = self.host.settings
        names = {one.key_name for one in PROVIDERS.values() if one.key_name}
        names |= {entry.key for entry in settings.models.values() if entry.key}
        names |= set(settings.keys)
        names |= {key for key in (settings.downloads.key, settings.donation.key) if key}
        ordered = sorted(names)
        if not self.view.option_count:
            self.fill([Option("  asking the keyring …", disabled=True)])
        secrets = self.host.backends.secrets
        states = await asyncio.to_thread(lambda: [secrets.status(name) for name in ordered])
        self.fill([Option(self._line(state), id=state.key_name) for state in states])

        # Why the keyring is not used is one sentence for all of them.
        whys = {state.detail for state in states if not state.source}
        why = next((why for why in whys if not why.startswith("no key")), "")
        self.query_one(".why", Static).update(plain(why))

    def _line(self, state: KeyStatus) -> Content:
        mark, detail = ("✓", state.detail) if state.source else ("–", "")
        if not detail:
            detail = f"none; set {environment_names(state.key_name)[1]}, or press Enter"
        return Content(f"{mark} {_column(state.key_name, 16)} {plain(detail, one_line=True)}")

    @on(OptionList.OptionSelected)
    def _ask(self, event: OptionList.OptionSelected) -> None:
        from persona_tui.screens.key_entry import KeyEntryScreen

        event.stop()
        if event.option.id:
            screen = KeyEntryScreen(event.option.id, self.host.backends.secrets)
            self.app.push_screen(screen, lambda _: self.show())

    def action_forget(self) -> None:
        """Forget the highlighted key, where it lies with us."""
        name = self.highlighted_id()
        if name:
            self.run_worker(self.host.guarded(self._forget(name)), exclusive=True)

    async def _forget(self, name: str) -> None:
        try:
            await asyncio.to_thread(self.host.backends.secrets.forget, name)
        except ModelError as error:
            self.host.tell(str(error), "warning")
        await self._load()


class FileList(SettingsList):
    """Where every file lies."""

    HINT = "Enter opens the place; c copies its path. PERSONA_TUI_HOME moves all of them."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy path", id="files.copy"),
    ]

    def show(self) -> None:
        """Fill the list anew."""
        paths = self.host.paths
        places = (
            ("Settings", paths.config),
            ("Journal", paths.database),
            ("Backups", paths.backups),
            ("Models", paths.models),
            ("Donations", paths.donations),
            ("Log", paths.log),
            ("Worker's log", paths.worker_log),
        )
        self.fill(
            [
                Option(
                    Content(
                        f"{'✓' if path.exists() else '–'} {_column(name, 14)} {plain(str(path))}"
                    ),
                    id=str(path),
                )
                for name, path in places
            ]
        )

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        path = Path(event.option.id or "")
        place = path if path.exists() else path.parent
        if place.exists():
            self.app.open_url(place.as_uri())
        else:
            self.host.tell("That is not there yet.", "warning")

    def action_copy(self) -> None:
        """Copy the highlighted path."""
        path = self.highlighted_id()
        if path:
            self.app.copy_to_clipboard(path)
            self.host.tell("Path copied.")
