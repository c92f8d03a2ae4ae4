"""One of two answers that are compared: a heading that tells nothing, and the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.safe import plain
from widgets.still_markdown import still_markdown


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` of an answer, in characters, with what it is marked as."""

    start: int
    end: int
    label: str


class AnswerPane(VerticalScroll, can_focus=True):
    """Shows an answer as Markdown; after unmasking as plain text with its mentions marked.

    With a ``partner`` the two scroll together, line by line. The longer one leads, whichever is
    moved: the shorter stays at its end while the longer goes on, so that both can be read to the
    end. What follows never leads, so that the two cannot chase each other.
    """

    DEFAULT_CSS = """
    AnswerPane {
        width: 1fr; height: 1fr; padding: 0 2; margin: 0 1;
        border: round $primary 60%; border-title-color: $text-muted;
        border-subtitle-color: $text-muted; scrollbar-size-vertical: 1;
    }
    AnswerPane:focus { border: round $primary; }
    AnswerPane > Static { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._partner: AnswerPane | None = None
        self._follows = False
        """Being moved by its partner."""

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def show(self, heading: str, text: str, *, subtitle: str = "") -> None:
        """Show an answer. Both panes of a pair are shown by this, so they look alike."""
        self.border_title, self.border_subtitle = heading, plain(subtitle, one_line=True)
        dark = self.app.current_theme.dark
        self.query_one(Static).update(still_markdown(plain(text), dark=dark))

    def mark(self, heading: str, text: str, marks: Sequence[Mark], *, subtitle: str = "") -> None:
        """Show an answer as it was written, with ``marks``; each is followed by its label."""
        self.border_title, self.border_subtitle = heading, plain(subtitle, one_line=True)
        content = Content("")
        at = 0
        labels: dict[tuple[int, int], list[str]] = {}
        for one in marks:
            labels.setdefault((one.start, one.end), []).append(one.label)
        for (start, end), names in sorted(labels.items()):
            if start < at:
                continue
            content += Content(plain(text[at:start]))
            content += Content(plain(text[start:end])).stylize("bold underline $text-warning")
            content += Content(
                plain(f" [{', '.join(sorted(names, key=lambda name: (len(name), name)))}]")
            ).stylize("bold $text-warning")
            at = end
        self.query_one(Static).update(content + Content(plain(text[at:])))

    # --- scrolling ------------------------------------------------------------------------------

    @property
    def partner(self) -> AnswerPane | None:
        """The pane that scrolls along."""
        return self._partner

    @partner.setter
    def partner(self, pane: AnswerPane | None) -> None:
        self._partner = pane
        if pane is not None and self._leading is self:
            pane.follow(self.scroll_y)

    @property
    def _leading(self) -> AnswerPane:
        other = self._partner
        return self if other is None or self.max_scroll_y >= other.max_scroll_y else other

    def step(self, lines: float) -> None:
        """Scroll by ``lines``, at once: a second key never finds the first one still on its way."""
        lead = self._leading
        lead.scroll_to(y=lead.scroll_y + lines, animate=False, immediate=True)

    def page(self, pages: int) -> None:
        """Scroll by ``pages``, each a line less than what is seen."""
        self.step(pages * max(1, self.scrollable_content_region.height - 1))

    def follow(self, y: float) -> None:
        """Be where the partner is, or at the end, if that is nearer."""
        self._follows = True
        try:
            self.scroll_to(y=min(y, self.max_scroll_y), animate=False, immediate=True)
        finally:
            self._follows = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._partner is not None and not self._follows and old_value != new_value:
            self._partner.follow(new_value)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, self.app.scroll_sensitivity_y)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -self.app.scroll_sensitivity_y)

    def _wheel(self, event: events.MouseEvent, lines: float) -> None:
        if not (event.ctrl or event.shift):
            event.stop()
            event.prevent_default()
            self.step(lines)

    def action_scroll_down(self) -> None:
        self.step(1)

    def action_scroll_up(self) -> None:
        self.step(-1)

    def action_page_down(self) -> None:
        self.page(1)

    def action_page_up(self) -> None:
        self.page(-1)

    def action_scroll_home(self) -> None:
        self.step(-self._leading.scroll_y)

    def action_scroll_end(self) -> None:
        self.step(self._leading.max_scroll_y)
