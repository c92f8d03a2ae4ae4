"""What can be answered now: a question and its choices, each with its key, each clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Static


@dataclass(frozen=True, slots=True)
class Choice:
    """One key: what it is called, which action it runs, and (in brackets) the answer in force."""

    key: str
    label: str
    action: str
    value: str = ""
    chosen: bool = False


class VerdictBar(Vertical):
    """Three lines of fixed height, so that nothing moves while one judges: the question and two
    lines of choices."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    VerdictBar { height: 3; padding: 0 2; }
    VerdictBar > Static { height: 1; width: 100%; }
    VerdictBar > .question { color: $text-muted; }
    """

    def compose(self) -> ComposeResult:
        yield Static(classes="question", markup=False)
        yield Static(classes="first", markup=False)
        yield Static(classes="second", markup=False)

    def ask(self, question: str, first: Sequence[Choice], second: Sequence[Choice]) -> None:
        """Show a question and its choices; two lines of the same length become columns."""
        columns = len(first) == len(second)
        widths = [
            max(cell_len(_text(above)), cell_len(_text(below))) if columns else 0
            for above, below in zip(first, second, strict=False)
        ] or [0]
        self._set(".question", Content(question))
        self._set(".first", _line(first, widths))
        self._set(".second", _line(second, widths))

    def _set(self, part: str, content: Content) -> None:
        found = self.query_one(part, Static)
        if found.content != content:
            found.update(content)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key would do."""
        action = event.style.meta.get("choice")
        if isinstance(action, str):
            event.stop()
            await self.screen.run_action(action)


def _text(choice: Choice) -> str:
    mark = "✓ " if choice.chosen else ""
    value = f" {choice.value}" if choice.value else ""
    return f"{choice.key} {mark}{choice.label}{value}"


def _line(choices: Sequence[Choice], widths: Sequence[int]) -> Content:
    parts: list[Content] = []
    for place, choice in enumerate(choices):
        width = widths[place] if place < len(widths) else 0
        parts.append(_choice(choice))
        parts.append(Content(" " * max(0, width - cell_len(_text(choice))) + "    "))
    return Content("").join(parts).rstrip()


def _choice(choice: Choice) -> Content:
    text = _text(choice)
    content = Content(text).stylize("bold $text-primary", 0, len(choice.key))
    if choice.chosen:
        content = content.stylize("bold", len(choice.key))
    elif choice.value:
        content = content.stylize("bold", len(text) - len(choice.value))
    return content.stylize(Style.from_meta({"choice": choice.action}))
