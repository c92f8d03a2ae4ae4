"""One setting: its name, a control that fits its type, its documentation, what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.inspect import BoolType, LiteralType
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Select, Static, Switch, TextArea

from persona_tui import config
from persona_tui.config_text import describe, from_text, required
from persona_tui.errors import ConfigError
from widgets.safe import plain


class SettingRow(Vertical):
    """Shows and changes one setting. What was typed is taken over by Enter or on leaving.

    In a text of several lines Enter begins a line, so that only leaving takes it over.
    """

    DEFAULT_CSS = """
    SettingRow { height: auto; margin: 0 0 1 0; }
    SettingRow TextArea {
        width: 1fr; max-width: 76; height: auto; min-height: 3; max-height: 8;
        border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1;
        &:focus { border: none; background: $boost; }
    }
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
        lines: bool = False,
    ) -> None:
        """``choices`` (shown, value) make it a list, ``lines`` a text of several lines;
        ``locked_by`` names a variable that rules."""
        super().__init__()
        self.key, self.label, self.value = key, label, value
        kind = config.type_of(key.split("."))
        if kind is None:
            raise ValueError(f"there is no setting {key}")
        self.kind = kind
        self.doc_text = plain(doc, one_line=True)
        self.locked_by = locked_by
        self.lines = lines
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
            elif self.lines:
                yield TextArea(
                    self.value or "",
                    placeholder=describe(self.kind),
                    compact=True,
                    disabled=locked,
                    highlight_cursor_line=False,
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
        self.take_over()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if isinstance(event.widget, TextArea):
            self.take_over()

    def typed(self) -> Any:
        """What stands in the field, as a value. Raises :class:`ConfigError`; bounds are not checked.

        For a switch or a list the value itself, which they change at once.
        """
        for field in self.query(Input).results(Input):
            return from_text(self.kind, field.value, where=f"“{self.label}”")
        for area in self.query(TextArea).results(TextArea):
            return from_text(self.kind, area.text, where=f"“{self.label}”")
        return self.value

    def take_over(self) -> None:
        """Check what was typed and have it saved, if it is another value."""
        if self.locked_by is not None:
            return
        try:
            value = self.typed()
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
