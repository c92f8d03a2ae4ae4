"""One message of a transcript, and the lines between messages that are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message as Event
from textual.widgets import Static

from widgets.safe import plain, shorten

if TYPE_CHECKING:  # Markdown and the records cost 80 ms, which the first frame can do without
    from textual.widgets import Markdown

    from store.records import Message

SHOWN_CHARACTERS = 20_000
"""A single message may be 100 MB of pasted text; a screen shows this much of it."""


TOLD_CELLS, TOLD_SHOWN = 40, 2
"""How much of what the model was told stands under an answer; all of it, and why, is a key away."""
SECTION_CHARACTERS = 400
"""A streamed answer is drawn in sections of about this length, one widget each: drawing a piece must
not take longer and longer as the answer grows. (Textual's own Markdown stream draws its last block
anew, and a list of many items is one block of hundreds of widgets.)"""


def section_end(markdown: str) -> int | None:
    """Where a text can be cut into two that are drawn as one would be: behind the last blank line
    that is outside a fence and followed by a line that is not indented."""
    fence, blank, place, found = "", False, 0, None
    for line in markdown.splitlines(keepends=True):
        stripped = line.strip()
        if fence:
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = ""
        elif stripped.startswith(("```", "~~~")):
            fence = stripped[0] * (len(stripped) - len(stripped.lstrip(stripped[0])))
        if blank and stripped and not line[0].isspace() and place:
            found = place
        blank = not fence and not stripped
        place += len(line)
    return found


def code_blocks(markdown: str) -> list[str]:
    """The fenced code blocks of a Markdown text, without their fences; an open one counts."""
    blocks: list[str] = []
    fence = ""
    lines: list[str] = []
    for line in markdown.splitlines():
        stripped = line.strip()
        if fence:
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                blocks.append("\n".join(lines))
                fence, lines = "", []
            else:
                lines.append(line)
        elif stripped.startswith(("```", "~~~")):
            mark = stripped[0]
            fence = mark * (len(stripped) - len(stripped.lstrip(mark)))
    if fence and lines:
        blocks.append("\n".join(lines))
    return blocks


def told_line(told: Sequence[str]) -> str:
    """``◇ Knew 2 things about you: The user is a nurse. · …``"""
    many = f"{len(told)} thing{'' if len(told) == 1 else 's'}"
    listed = " · ".join(shorten(one, TOLD_CELLS) for one in told[:TOLD_SHOWN])
    rest = f" · {len(told) - TOLD_SHOWN} more" if len(told) > TOLD_SHOWN else ""
    return f"◇ Knew {many} about you: {listed}{rest}  (u: why, and saying no)"


def when(moment: datetime) -> str:
    """A time of today as ``14:02``, an older one with its date; local time."""
    local = moment.astimezone()
    today = datetime.now().astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


class MessageView(Vertical, can_focus=True):
    """A message: who, when, and the text. The person's own text is shown as it was typed, the
    model's as Markdown whose links are never followed without asking."""

    DEFAULT_CSS = """
    MessageView {
        height: auto;
        padding: 0 1 0 1;
        margin: 0 0 1 0;
        border-left: blank;
        &:focus { border-left: thick $primary; background: $boost; }
        &.-found { border-left: thick $warning; }
    }
    MessageView > .who { height: 1; color: $text-muted; }
    MessageView.-user > .who { color: $text-primary; }
    MessageView.-assistant > .who { color: $text-accent; }
    MessageView > .text { height: auto; margin: 0 0 1 0; }
    MessageView > .text:last-child { margin: 0; }
    MessageView > .told { height: auto; margin: 1 0 0 0; color: $text-muted; }
    MessageView > Markdown { height: auto; padding: 0; margin: 0; background: transparent; }
    MessageView > Markdown > * { margin: 0 0 1 0; }
    MessageView > Markdown > *:last-child { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "ask('copy')", "Copy", id="message.copy"),
        Binding("b", "ask('copy_code')", "Copy code", id="message.copy_code"),
        Binding("e", "ask('edit')", "Edit", id="message.edit"),
        Binding("r", "ask('retry')", "Retry", id="message.retry"),
        Binding("v", "ask('versions')", "Versions", id="message.versions"),
        Binding("u", "ask('told')", "Knew", id="message.told"),
        Binding("up,k", "ask('up')", "Earlier message", show=False, id="message.up"),
        Binding("down,j", "ask('down')", "Later message", show=False, id="message.down"),
    ]

    class Asked(Event):
        """The person wants something done with a message."""

        def __init__(self, view: MessageView, what: str) -> None:
            super().__init__()
            self.view, self.what = view, what

    def __init__(self, record: Message, *, name: str, versions: bool = False) -> None:
        super().__init__(classes=f"-{record.role}")
        self.record = record
        self.author = name
        self.has_versions = versions
        """Whether earlier versions may exist (asked of the store when the person wants them)."""
        self.streaming = False
        self.told: tuple[str, ...] = ()
        """What the model was told about the person, for this answer."""
        self._document: Markdown | None = None
        self._section = ""

    # --- drawing ----------------------------------------------------------------------------

    def header(self) -> Content:
        parts: list[str | tuple[str, str]] = [(plain(self.author, one_line=True), "bold")]
        parts.append((f"  {when(self.record.created_at)}", "dim"))
        if self.streaming:
            parts.append(("  writing …", "dim italic"))
        elif self.record.status == "interrupted":
            parts.append(("  ✂ interrupted", "$text-warning"))
        if self.has_versions:
            parts.append(("  ⟲ versions", "dim"))
        return Content.assemble(*parts)

    def body(self) -> str:
        """The text as it is shown: safe, and cut if it is enormous."""
        text = self.record.text
        if len(text) <= SHOWN_CHARACTERS:
            return plain(text)
        left = len(text) - SHOWN_CHARACTERS
        return (
            f"{plain(text[:SHOWN_CHARACTERS])}\n\n"
            f"⋯ {left:,} more characters are kept but not drawn; copying takes all of them."
        )

    def compose(self) -> ComposeResult:
        yield Static(self.header(), classes="who")
        yield self._still()
        if self.told:
            yield Static(told_line(self.told), classes="told", markup=False)

    def _still(self) -> Static:
        """The text as one widget: of the many that scroll past, few are ever streamed."""
        if self.record.role != "assistant":
            return Static(self.body(), classes="text", markup=False)
        from widgets.still_markdown import still_markdown

        drawn = still_markdown(self.body(), dark=self.app.current_theme.dark)
        return Static(drawn, classes="text", markup=False)

    def _redraw_header(self) -> None:
        self.query_one(".who", Static).update(self.header())

    # --- streaming --------------------------------------------------------------------------

    async def begin(self, record: Message) -> None:
        """The first piece arrived: empty the body and get ready for pieces."""
        self.record = replace(record, text="")
        self.streaming = True
        self._section = ""
        await self.query(".text").remove()
        await self.mount(Static(classes="text", markup=False))
        self._redraw_header()

    async def add(self, piece: str) -> None:
        """Draw a piece. Only the section it belongs to is drawn anew."""
        if not self.streaming:
            return
        self.record = replace(self.record, text=self.record.text + piece)
        self._section += plain(piece)
        if len(self._section) > SECTION_CHARACTERS:
            cut = section_end(self._section)
            if cut is not None:
                self._draw_section(self._section[:cut])
                self._section = self._section[cut:]
                await self.mount(Static(classes="text", markup=False))
        self._draw_section(self._section)

    def _draw_section(self, text: str) -> None:
        from widgets.still_markdown import still_markdown

        drawn = still_markdown(text, dark=self.app.current_theme.dark)
        self.query(".text").last(Static).update(drawn)

    async def end(self, record: Message) -> None:
        """The answer is there: draw what was stored, as Markdown that can be clicked."""
        from textual.widgets import Markdown

        self.record = record
        self.streaming = False
        if self._document is None:
            self._document = Markdown(open_links=False)
            await self.query(".text").remove()
            await self.mount(self._document)
        await self._document.update(self.body())
        await self._redraw_told()
        self._redraw_header()
        self.refresh_bindings()

    async def settle(self) -> None:
        """Draw a streamed message by one widget from now on."""
        document = self._document
        if document is not None and not self.streaming:
            self._document = None
            await document.remove()
            await self.mount(self._still(), after=0)

    # --- what can be done with it -----------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "ask":
            return True
        match parameters[0]:
            case "edit":
                return self.record.role == "user" and not self.streaming
            case "retry":
                return self.record.role == "assistant" and not self.streaming
            case "copy_code":
                return "```" in self.record.text or "~~~" in self.record.text
            case "versions":
                return self.has_versions
            case "told":
                return bool(self.told) and not self.streaming
        return True

    def set_versions(self, there_are: bool) -> None:
        """Whether earlier versions exist."""
        if there_are != self.has_versions:
            self.has_versions = there_are
            self._redraw_header()

    async def set_told(self, told: tuple[str, ...]) -> None:
        """What the model was told about the person; drawn under the answer once it is there."""
        self.told = told
        if not self.streaming:
            await self._redraw_told()
            self.refresh_bindings()

    async def _redraw_told(self) -> None:
        await self.query(".told").remove()
        if self.told:
            await self.mount(Static(told_line(self.told), classes="told", markup=False))

    def action_ask(self, what: str) -> None:
        self.post_message(self.Asked(self, what))

    def refresh_bindings(self) -> None:
        """Show in the footer what can be done with this message now."""
        if self.has_focus:
            super().refresh_bindings()


class SystemLine(Static):
    """One line of ours between messages: what happened, in a sentence. Not stored."""

    DEFAULT_CSS = """
    SystemLine {
        height: auto;
        margin: 0 0 1 0;
        padding: 0 2;
        color: $text-muted;
        &.-warning { color: $text-warning; }
    }
    """

    def __init__(self, text: str, *, warning: bool = False) -> None:
        mark = "! " if warning else "· "
        super().__init__(mark + plain(text), markup=False, classes="-warning" if warning else "")
