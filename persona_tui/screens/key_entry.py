"""Asking for a key: masked, kept for this session or in the system's keyring, never shown."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, RadioButton, RadioSet, Static

from models.errors import ModelError
from models.secrets import Secrets, environment_names
from widgets.safe import plain


class Choice(RadioButton):
    """A radio button that is empty unless chosen: Textual's tells it by colour alone."""

    BUTTON_INNER = " "

    def watch_value(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "
        super().watch_value()


class KeyEntryScreen(ModalScreen[bool]):
    """Ask for one key and keep it. Dismisses with True if it was kept."""

    DEFAULT_CSS = """
    KeyEntryScreen { align: center middle; }
    KeyEntryScreen > Vertical {
        width: 70;
        max-width: 96%;
        height: auto;
        max-height: 96%;
        padding: 0 2;
        border: round $primary;
        border-title-color: $primary;
        background: $surface;
    }
    KeyEntryScreen .hint { color: $text-muted; }
    KeyEntryScreen .error { color: $text-error; height: auto; }
    KeyEntryScreen RadioSet { width: 100%; border: none; padding: 0; margin-top: 1; }
    KeyEntryScreen Horizontal { height: auto; margin-top: 1; align-horizontal: right; }
    KeyEntryScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="key_entry.cancel"),
    ]

    def __init__(self, key_name: str, secrets: Secrets) -> None:
        super().__init__()
        self.key_name = key_name
        self.secrets = secrets

    def compose(self) -> ComposeResult:
        variable = environment_names(self.key_name)[1]
        with Vertical() as frame:
            frame.border_title = f"Key “{plain(self.key_name, one_line=True)}”"
            yield Static(
                f"It is shown nowhere and written to no file of ours. The variable {variable} or a "
                "helper command, if there is one, comes first.",
                classes="hint",
                markup=False,
            )
            yield Input(password=True, placeholder="Paste or type the key", id="key")
            with RadioSet(id="keep"):
                yield Choice("Until the program ends", value=True, id="session")
                yield Choice("In the system's keyring", id="keyring")
            yield Static("", classes="error", markup=False)
            with Horizontal():
                yield Button("Cancel", id="cancel")
                yield Button("Keep", id="save", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#key", Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _save(self) -> None:
        self.run_worker(self._keep(), exclusive=True)

    async def _keep(self) -> None:
        value = self.query_one("#key", Input).value
        ring = self.query_one("#keyring", RadioButton).value
        keep = self.secrets.set_keyring if ring else self.secrets.set_session
        error = self.query_one(".error", Static)
        error.update("Asking the keyring …" if ring else "")
        try:
            await asyncio.to_thread(keep, self.key_name, value)  # a keyring may take seconds
        except ModelError as failure:
            error.update(plain(str(failure)))
            return
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(False)
