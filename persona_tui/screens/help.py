"""F1: what this screen is for, and every key that works on it right now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

EVERYWHERE = frozenset({"go", "quit", "show_help", "app.show_help"})
"""Actions whose keys work on every screen: they stand in one line at the end."""


def places(screen: Screen[object]) -> str:
    """The keys that work everywhere, as they are set, in Markdown."""
    from persona_tui.screens.base import HostApp

    app = screen.app
    tabs = app.mode_tabs() if isinstance(app, HostApp) else ()
    keys = [f"**{tab.key}** {tab.label}" for tab in tabs]
    keys += ["**Ctrl+P** all commands", f"**{_key_of(screen, 'quit', 'Ctrl+Q')}** quit"]
    return " · ".join(keys)


def _key_of(screen: Screen[object], action: str, otherwise: str) -> str:
    for _node, binding, _enabled, _tooltip in screen.active_bindings.values():
        if binding.action == action and binding.key != otherwise.lower():
            return screen.app.get_key_display(binding)
    return otherwise


def working_keys(screen: Screen[object]) -> list[tuple[str, str]]:
    """(keys as shown, what they do) for every binding that works on ``screen`` here and now.

    Bindings of one action are put together; what scrolls or moves the focus in any program is
    left out.
    """
    app = screen.app
    rows: dict[str, tuple[list[str], str]] = {}
    for _node, binding, enabled, tooltip in screen.active_bindings.values():
        if binding.system or not enabled or not binding.description or not binding.id:
            continue
        if binding.action.partition("(")[0] in EVERYWHERE:
            continue
        keys, _ = rows.setdefault(binding.action, ([], tooltip or binding.description))
        shown = app.get_key_display(binding)
        if shown not in keys:
            keys.append(shown)
    return [(" ".join(keys), description) for keys, description in rows.values()]


class HelpScreen(ModalScreen[None]):
    """The help of one screen."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 84;
        max-width: 96%;
        height: auto;
        max-height: 94%;
        border: round $primary;
        border-title-color: $primary;
        border-subtitle-color: $text-muted;
        background: $surface;
        padding: 0 1;
    }
    HelpScreen VerticalScroll { height: auto; max-height: 100%; }
    HelpScreen Markdown { margin: 0; padding: 0 1; background: transparent; }
    HelpScreen .keys { padding: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark", "close", "Close", id="help.close"),
    ]

    def __init__(self, title: str, text: str, keys: list[tuple[str, str]], always: str) -> None:
        """``always``: the keys that work everywhere, in Markdown."""
        super().__init__(id="help")
        self.heading, self.text, self.keys, self.always = title, text, keys, always

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = f"Help · {self.heading}"
            frame.border_subtitle = "Esc closes"
            with VerticalScroll():
                purpose, _, details = self.text.strip().partition("\n\n")
                yield Markdown(purpose, open_links=False)
                width = max((len(keys) for keys, _ in self.keys), default=0)
                lines = [
                    Content.assemble((keys.rjust(width), "bold $primary"), "  ", description)
                    for keys, description in self.keys
                ]
                yield Static(Content("\n").join(lines), classes="keys")
                yield Markdown(f"{details}\n\n{self.always}", open_links=False)

    def action_close(self) -> None:
        self.dismiss()
