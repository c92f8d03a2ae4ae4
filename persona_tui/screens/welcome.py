"""The first start: three ways to begin, on one screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

CHOICES: tuple[tuple[str, str, str], ...] = (
    ("chat", "Chat now", "A small model is on this machine already. Nothing to set up."),
    ("import", "Import my history", "Years of ChatGPT or Claude, other exports, llm logs."),
    ("models", "Connect a stronger model", "On this machine, to download, or with an API key."),
)

INTRO = (
    "Find out what a chatbot infers about you,\n"
    "say where it is wrong, and keep all of it to yourself."
)
PROMISE = (
    "Everything stays in one file on this machine. No account, and no connection that you "
    "did not choose. F1 explains any screen, Ctrl+Q leaves."
)


class WelcomeScreen(ModalScreen[str | None]):
    """Dismisses with ``chat``, ``import`` or ``models``; None if closed."""

    HELP = """
Choose how to begin. All three stay open to you later: press **Ctrl+P** and type
*welcome*, *import* or *models*.
"""
    DEFAULT_CSS = """
    WelcomeScreen { align: center middle; background: $background; }
    WelcomeScreen > Vertical {
        width: 74;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        padding: 1 2;
    }
    WelcomeScreen .name { text-style: bold; color: $primary; }
    WelcomeScreen .intro { margin: 1 0; }
    WelcomeScreen OptionList {
        height: auto;
        border: round $primary 60%;
        background: $background;
        padding: 0 1;
    }
    WelcomeScreen .promise { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="welcome.close"),
        Binding("f1", "app.show_help", "Help", id="welcome.help"),
        Binding("1", "choose(0)", CHOICES[0][1], show=False, id="welcome.1"),
        Binding("2", "choose(1)", CHOICES[1][1], show=False, id="welcome.2"),
        Binding("3", "choose(2)", CHOICES[2][1], show=False, id="welcome.3"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("persona-tui", classes="name")
            yield Static(INTRO, classes="intro")
            options: list[Option | None] = []
            for number, (name, title, note) in enumerate(CHOICES, 1):
                label = Content.assemble((f"{number}  {title}", "bold"), "\n   ", (note, "dim"))
                options += [Option(label, id=name), None]
            yield OptionList(*options[:-1])
            yield Static(PROMISE, classes="promise")

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        choices.highlighted = 0
        choices.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_choose(self, number: int) -> None:
        self.dismiss(CHOICES[number][0])

    def action_close(self) -> None:
        self.dismiss(None)
