"""What was inferred in this conversation, each with the words it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message as Event
from textual.widgets import Static

from widgets.safe import plain, shorten

if TYPE_CHECKING:
    from store.records import Attribute

QUOTE_CELLS = 150
SHOWN_AT_MOST = 200
"""Newest attributes that are drawn; all of them are in Review."""
VERDICTS = {"ok": "✓ ok", "unsure": "? unsure", "bad": "✗ bad"}
EMPTY = (
    "Nothing yet.\n\n"
    "What you say about yourself appears here, with the words it rests on. "
    "Whether it is right is yours to say: F3."
)


class PanelCard(Static, can_focus=True):
    """One attribute. The model's confidence is not shown: it would lean on the judgment."""

    DEFAULT_CSS = """
    PanelCard {
        height: auto;
        margin: 0 0 1 0;
        padding: 0 1;
        border-left: blank;
        pointer: pointer;
        &:hover { background: $boost; }
        &:focus { border-left: thick $primary; background: $boost; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Show the words", id="attribute.open"),
    ]

    def __init__(self, attribute: Attribute, *, fresh: bool) -> None:
        super().__init__(card(attribute, fresh=fresh), markup=False)
        self.attribute = attribute

    def action_open(self) -> None:
        self.post_message(AttributePanel.Chosen(self.attribute))

    def on_click(self) -> None:
        self.action_open()


def card(attribute: Attribute, *, fresh: bool = False) -> Content:
    """The attribute, a mark if it is new or judged, and up to two quotes."""
    judgment = attribute.judgment
    marks = []
    if fresh:
        marks.append("+ new")
    if judgment is not None and judgment.verdict is not None:
        marks.append(VERDICTS[judgment.verdict])
    if judgment is not None and judgment.use == "never":
        marks.append("⊘ never use")
    parts: list[Content | str | tuple[str, str]] = []
    if marks:
        parts.append((" · ".join(marks) + "\n", "$text-accent"))
    parts.append(plain(attribute.text, one_line=True))
    parts += [
        (f"\n“{shorten(evidence.quote, QUOTE_CELLS)}”", "dim italic")
        for evidence in attribute.evidence[:2]
    ]
    more = len(attribute.evidence) - 2
    if more > 0:
        parts.append((f"\nand {more} more", "dim"))
    return Content.assemble(*parts)


class AttributePanel(Vertical):
    """The side panel: a title with the count, one line of what is going on, the cards."""

    DEFAULT_CSS = """
    AttributePanel {
        width: 36;
        border-left: vkey $foreground 20%;
        background: $background;
        padding: 1 0 0 0;
    }
    AttributePanel > .title { height: 1; padding: 0 2; text-style: bold; }
    AttributePanel > .working { height: auto; padding: 0 2; color: $text-muted; }
    AttributePanel > VerticalScroll { padding: 1 0 0 0; scrollbar-size-vertical: 1; }
    AttributePanel .empty { padding: 0 2; color: $text-muted; }
    """

    class Chosen(Event):
        """The person wants to see the words that an attribute rests on."""

        def __init__(self, attribute: Attribute) -> None:
            super().__init__()
            self.attribute = attribute

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._fresh: set[str] = set()

    def compose(self) -> ComposeResult:
        yield Static("Inferred here", classes="title", markup=False)
        yield Static("", classes="working", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(EMPTY, classes="empty", markup=False)

    async def show(self, attributes: Iterable[Attribute]) -> None:
        """Show these attributes, the newest first; those of :meth:`mark` are marked as new."""
        newest = sorted(attributes, key=lambda a: (a.created_at, a.attribute_id), reverse=True)
        self.count = len(newest)
        self.query_one(".title", Static).update(
            f"Inferred here · {self.count}" if newest else "Inferred here"
        )
        column = self.query_one(VerticalScroll)
        async with self.batch():
            await column.remove_children()
            if newest:
                await column.mount(
                    *(
                        PanelCard(attribute, fresh=attribute.attribute_id in self._fresh)
                        for attribute in newest[:SHOWN_AT_MOST]
                    )
                )
            else:
                await column.mount(Static(EMPTY, classes="empty", markup=False))

    def mark(self, attribute_id: str) -> None:
        """This attribute appeared while the person was talking."""
        self._fresh.add(attribute_id)

    def unmark(self) -> None:
        """Another conversation: nothing is new in it."""
        self._fresh.clear()

    def say(self, text: str) -> None:
        """What is going on, in a few words; empty when nothing is."""
        self.query_one(".working", Static).update(plain(text))
