"""The evidence in its conversation: what was said around the quoted words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from persona_tui.jobs.review.evidence import Passage, read_passage
from store.errors import StoreError
from store.records import Attribute, Message
from widgets.safe import plain, shorten

if TYPE_CHECKING:
    from persona_tui.screens.base import HostApp

AROUND = 30
"""Messages shown on each side of the quoted one."""
LONGEST = 4000
"""Characters shown of one message; of the quoted one, around the quote."""


class EvidenceScreen(ModalScreen[None]):
    """Shows one piece of evidence at a time, scrolled to, its words highlighted."""

    DEFAULT_CSS = """
    EvidenceScreen { align: center middle; }
    EvidenceScreen > Vertical {
        width: 96%;
        max-width: 110;
        height: 94%;
        border: round $primary;
        border-title-color: $primary;
        border-subtitle-color: $text-muted;
        background: $surface;
    }
    EvidenceScreen .sentence { padding: 0 2; text-style: bold; max-height: 3; }
    EvidenceScreen .place { padding: 0 2; color: $text-muted; height: 1; }
    EvidenceScreen VerticalScroll { padding: 0 1; margin-top: 1; scrollbar-size-vertical: 1; }
    EvidenceScreen .message { height: auto; padding: 0 1; margin-bottom: 1; }
    EvidenceScreen .quoted { border-left: outer $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "close", "Back", id="evidence.close"),
        Binding("n,right", "step(1)", "Next quote", id="evidence.next"),
        Binding("p,left", "step(-1)", "Quote before", id="evidence.previous"),
        Binding("o", "open_chat", "Open in Chat", id="evidence.open"),
    ]

    def __init__(self, attribute: Attribute, at: int = 0) -> None:
        super().__init__()
        self.attribute = attribute
        self.at = at

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "Your words"
            yield Static(plain(self.attribute.text), classes="sentence", markup=False)
            yield Static(classes="place", markup=False)
            yield VerticalScroll()

    def on_mount(self) -> None:
        self.show_quote()

    def show_quote(self) -> None:
        """Read and show the piece of evidence that is to be shown."""
        self.run_worker(self._show(), group="passage", exclusive=True, exit_on_error=False)

    async def _show(self) -> None:
        host = cast("HostApp", self.app)
        evidence = self.attribute.evidence[self.at]
        try:
            passage = await host.db.run(read_passage, evidence)
        except StoreError as error:
            self.query_one(".place", Static).update(str(error))
            return
        conversation = passage.conversation
        count = len(self.attribute.evidence)
        which = f"quote {self.at + 1} of {count} · " if count > 1 else ""
        edited = " · edited since" if passage.edited else ""
        self.query_one(".place", Static).update(
            f"{which}{shorten(conversation.title, 50)} · {conversation.updated_at:%d %b %Y}{edited}"
        )
        frame = self.query_one(Vertical)
        keys = "n next · p before · " if count > 1 else ""
        frame.border_subtitle = f"{keys}o open in Chat · Esc back"
        await self._fill(passage)

    async def _fill(self, passage: Passage) -> None:
        body = self.query_one(VerticalScroll)
        await body.remove_children()
        messages, target = passage.messages, passage.evidence.message_id
        index = next(i for i, found in enumerate(messages) if found.message_id == target)
        first, last = max(0, index - AROUND), min(len(messages), index + AROUND + 1)
        parts: list[Static] = []
        if first:
            parts.append(_aside(f"… {first:,} messages before"))
        quoted: Static | None = None
        for message in messages[first:last]:
            here = message.message_id == target
            part = Static(_message(message, passage), classes="message", markup=False)
            if here:
                part.add_class("quoted")
                quoted = part
            parts.append(part)
        if last < len(messages):
            parts.append(_aside(f"… {len(messages) - last:,} messages after"))
        await body.mount_all(parts)
        if quoted is not None:
            target_part = quoted
            self.call_after_refresh(
                lambda: body.scroll_to_widget(target_part, animate=False, center=True)
            )
        body.focus()

    def action_step(self, by: int) -> None:
        at = self.at + by
        if 0 <= at < len(self.attribute.evidence):
            self.at = at
            self.show_quote()

    def action_open_chat(self) -> None:
        evidence = self.attribute.evidence[self.at]
        host = cast("HostApp", self.app)
        self.dismiss()
        host.call_later(host.open_conversation, evidence.conversation_id, evidence.message_id)

    def action_close(self) -> None:
        self.dismiss()


def _aside(text: str) -> Static:
    return Static(Content.styled(text, "dim"), classes="message", markup=False)


_WHO = {"user": "You", "assistant": "Assistant", "system": "System", "tool": "Tool"}


def _message(message: Message, passage: Passage) -> Content:
    head = f"{_WHO[message.role]} · message {message.position + 1}"
    evidence = passage.evidence
    if message.message_id != evidence.message_id:
        text = message.text
        cut = f"\n… ({len(text) - LONGEST:,} more characters)" if len(text) > LONGEST else ""
        return Content.assemble((head, "dim"), "\n", plain(text[:LONGEST]), (cut, "dim"))
    start = max(0, evidence.start - LONGEST // 2)
    end = min(len(message.text), evidence.end + LONGEST // 2)
    quote = message.text[evidence.start : evidence.end]
    return Content.assemble(
        (f"{head} ◂ quoted", "bold"),
        "\n",
        ("… " if start else "", "dim"),
        plain(message.text[start : evidence.start]),
        (plain(quote[:LONGEST]), "reverse"),
        ("…" if len(quote) > LONGEST else "", "reverse"),
        plain(message.text[evidence.end : end]),
        (" …" if end < len(message.text) else "", "dim"),
    )
