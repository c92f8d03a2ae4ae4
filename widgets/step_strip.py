"""The steps of something done in order: one line, each with its number and how far it is, clickable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, and a word or two on how far it is."""

    name: str
    state: str = ""


class StepStrip(Widget):
    """The current step is told by brackets as well as by weight and colour."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    StepStrip { height: 1; padding: 0 1; color: $text-muted; pointer: pointer; }
    """

    class Chosen(Message):
        """A step was clicked. ``number`` from 1."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__()
        self.steps: tuple[Step, ...] = ()
        self.current = 1

    def show(self, steps: Sequence[Step], current: int) -> None:
        """Show ``steps``; ``current`` from 1."""
        self.steps, self.current = tuple(steps), current
        self.refresh()

    def render(self) -> Content:
        parts: list[Content] = []
        for number, step in enumerate(self.steps, 1):
            here = number == self.current
            left, right = ("[", "]") if here else (" ", " ")
            state = f" {step.state}" if step.state else ""
            text = Content.assemble(
                left, str(number), " ", step.name, (state, "" if here else "dim"), right
            )
            text = text.stylize("bold $text-primary" if here else "")
            parts.append(text.stylize(Style.from_meta({"step": number})))
            parts.append(Content(" "))
        return Content("").join(parts)

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("step")
        if isinstance(number, int):
            event.stop()
            self.post_message(self.Chosen(number))
