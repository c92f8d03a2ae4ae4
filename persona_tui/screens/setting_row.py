"""One setting: its name, a control that fits its type, its documentation, what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.inspect import BoolType, LiteralType
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Select, Static, Switch

from persona_tui import config
from persona_tui.config_text import describe, from_text, required
from persona_tui.errors import ConfigError
from widgets.safe import plain


class SettingRow(Vertical):
    """Shows and changes one setting. What was typed is taken over by Enter or on leaving."""

    DEFAULT_CSS = """
    SettingRow { height: auto; margin: 0 0 1 0; }
    SettingRow > Horizontal { height: auto; }
    SettingRow Label { width: 20; padding: 0 1 0 0; }
    SettingRow:focus-within Label { text-style: bold underline; }
    SettingRow Input, SettingRow Select { width: 1fr; max-width: 56; }
    SettingRow Switch { height: 1; border: none; padding: 0; }
    SettingRow .doc { color: $text-muted; padding: 0 0 0 20; height: auto; }
    SettingRow .doc.-wrong { color: $text-error; }
    """

    class Changed(Message):
        """The person set another value."""

        def __init__(self, row: SettingRow, value: Any) -> None:
            super().__init__()
            self.row = row
            self.value = value

        @property
        def control(self) -> SettingRow:
            return self.row

    def __init__(
        self,
        key: str,
        label: str,
        doc: str,
        value: Any,
        *,
        choices: Sequence[tuple[str, str]] | None = None,
        locked_by: str | None = None,
    ) -> None:
        """``choices`` (shown, value) make it a list; ``locked_by`` names a variable that rules."""
        super().__init__()
        self.key, self.label, self.value = key, label, value
        kind = config.type_of(key.split("."))
        if kind is None:
            raise ValueError(f"there is no setting {key}")
        self.kind = kind
        self.doc_text = plain(doc, one_line=True)
        self.locked_by = locked_by
        plain_type = required(kind)
        if choices is None and isinstance(plain_type, LiteralType):
            choices = [(str(arg), str(arg)) for arg in plain_type.values]
        self.choices = choices
        self.is_switch = isinstance(plain_type, BoolType)

    def compose(self) -> ComposeResult:
        locked = self.locked_by is not None
        with Horizontal():
            yield Label(self.label, markup=False)
            if self.is_switch:
                yield Switch(bool(self.value), animate=False, disabled=locked)
            elif self.choices is not None:
                values = [value for _, value in self.choices]
                options = list(self.choices)
                if self.value not in values:
                    options.append((plain(f"{self.value} (not there)"), str(self.value)))
                yield Select(
                    options, value=self.value, allow_blank=False, compact=True, disabled=locked
                )
            else:
                yield Input(
                    "" if self.value is None else str(self.value),
                    placeholder=describe(self.kind),
                    compact=True,
                    disabled=locked,
                )
        note = f"Set by {self.locked_by}, which comes before the file." if locked else self.doc_text
        yield Static(note, classes="doc", markup=False)

    def say(self, sentence: str | None) -> None:
        """Show what is wrong instead of the documentation; ``None``: all is well."""
        doc = self.query_one(".doc", Static)
        doc.set_class(sentence is not None, "-wrong")
        doc.update(f"✗ {plain(sentence)}" if sentence is not None else self.doc_text)

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _typed(self, event: Input.Submitted | Input.Blurred) -> None:
        event.stop()
        try:
            value = from_text(self.kind, event.value, where=f"“{self.label}”")
        except ConfigError as error:
            self.say(str(error))
            return
        self._set(value)

    @on(Switch.Changed)
    def _switched(self, event: Switch.Changed) -> None:
        event.stop()
        self._set(event.value)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self._set(event.value)

    def _set(self, value: Any) -> None:
        if value == self.value:
            self.say(None)
            return
        self.post_message(self.Changed(self, value))
