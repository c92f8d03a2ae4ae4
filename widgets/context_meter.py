"""One line above the composer: who answers, how full its context is, how fast it writes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from widgets.safe import shorten

BAR = 10
FULL = 0.85
"""Share of the context from which it is shown as nearly full."""


@dataclass(frozen=True, slots=True)
class MeterState:
    """What the line says; ``None`` is what is not known."""

    model: str = ""
    where: str = ""
    used: int | None = None
    context: int | None = None
    sees: int | None = None
    total: int | None = None
    speed: float | None = None
    doing: str = ""


def bar(share: float, cells: int = BAR) -> str:
    """A bar of ``cells`` cells, told apart without colour."""
    filled = min(cells, max(1 if share > 0 else 0, round(share * cells)))
    return "━" * filled + "┄" * (cells - filled)


class ContextMeter(Widget):
    """Draws a :class:`MeterState`."""

    DEFAULT_CSS = """
    ContextMeter { height: 1; padding: 0 2; color: $text-muted; background: $background; }
    """
    state: reactive[MeterState] = reactive(MeterState())

    def set(self, **changes: object) -> None:
        """Change some fields."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def render(self) -> Content:
        state, width = self.state, self.content_size.width
        right: list[Content] = []
        if state.sees is not None and state.total is not None and state.sees < state.total:
            right.append(
                Content.styled(f"sees the last {state.sees} of {state.total:,}", "$text-warning")
            )
        if state.used is not None and state.context:
            share = state.used / state.context
            style = "$text-warning" if share >= FULL else ""
            text = f"{state.used:,}/{state.context:,} tokens"
            if width >= 70:
                text += f" {bar(share)}"
            if share >= FULL:
                text += " nearly full"
            right.append(Content.styled(text, style))
        if state.speed is not None:
            right.append(Content(f"{state.speed:.0f} tokens/s"))
        tail = Content("  ·  ").join(right)
        left = state.doing
        if not left and state.model:
            left = (
                state.model if width < 90 or not state.where else f"{state.model} · {state.where}"
            )
        left = shorten(left, max(0, width - tail.cell_length - 2))
        gap = max(0, width - Content(left).cell_length - tail.cell_length)
        return Content.assemble((left, "bold" if state.doing else ""), " " * gap, tail)
