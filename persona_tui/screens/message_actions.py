"""The keys of the chat screen: moving about, and what can be done with a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from persona_tui.screens.base import PersonaScreen
from widgets.attribute_panel import AttributePanel
from widgets.composer import Composer
from widgets.find_bar import FindBar
from widgets.message import MessageView, code_blocks, when
from widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from persona_tui.jobs.chat.chatting import ChatSession
    from store.records import Conversation, Message

SIDE_WIDTHS = (24, 72)


class MessageActions(PersonaScreen):
    """Actions of :class:`persona_tui.screens.chat.ChatScreen`, which has the state."""

    transcript: Transcript
    composer: Composer
    panel: AttributePanel
    session: ChatSession | None
    conversation: Conversation | None
    editing: Message | None
    _matches: list[int]
    _match: int

    @property
    def is_loaded(self) -> bool:
        """See :class:`persona_tui.screens.chat.ChatScreen`."""
        raise NotImplementedError

    # --- which keys work now ----------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        busy = self.session is not None and self.session.busy
        writing = isinstance(self.focused, Composer)
        has_messages = self.is_mounted and bool(self.query_one(Transcript).records)
        match action:
            case "stop":
                return busy
            case "leave_edit":
                return not busy and self.editing is not None
            case "to_messages":
                return not busy and self.editing is None and writing and has_messages
            case "to_composer":
                return not busy and not writing
            case "retry_last":
                return not busy and has_messages and writing
            case "new":
                # Also before anything is shown: what is typed next is meant for a new one.
                return has_messages or not self.is_loaded
            case "find" | "first" | "last":
                return has_messages
        return True

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def on_key(self, event: events.Key) -> None:
        """What is typed at a message, and means nothing there, goes where one writes."""
        if (
            event.character is not None
            and event.is_printable
            # Keys that come fast were on their way to the message when the first one moved on, or
            # came while the screen was being built.
            and (self.focused is None or isinstance(self.focused, (MessageView, Composer)))
            and event.key not in self.active_bindings
        ):
            event.stop()
            self.set_focus(self.composer)  # at once: the next key may be here already
            self.composer.type(event.character)

    # --- moving about -----------------------------------------------------------------------

    async def action_stop(self) -> None:
        if self.session is not None:
            await self.session.stop()

    def action_to_composer(self) -> None:
        self.panel.remove_class("-over")
        self.composer.focus()

    def action_to_messages(self) -> None:
        views = self.transcript.views()
        if views:
            views[-1].focus()

    def action_page(self, step: int) -> None:
        if step < 0:
            self.transcript.scroll_page_up(animate=False)
        else:
            self.transcript.scroll_page_down(animate=False)
        self.transcript.want(step)

    def action_first(self) -> None:
        self.start(self._reveal(0), group="reveal")

    def action_last(self) -> None:
        self.start(self.transcript.go_end(), group="reveal")

    async def _reveal(self, index: int) -> None:
        view = await self.transcript.reveal(index)
        if view is not None:
            view.focus(scroll_visible=False)

    def action_panel(self) -> None:
        """Show or hide the side panel: beside the text when there is room, else over it."""
        if self.has_class("-wide"):
            state = self.host.ui_state
            state.side_panel = not state.side_panel
            self.panel.set_class(not state.side_panel, "-hidden")
            self.host.save_ui_state()
        else:
            self.panel.toggle_class("-over")
            if not self.panel.has_class("-over"):
                self.composer.focus()

    def widen(self, by: int) -> None:
        """Make the side panel wider or narrower, and remember it."""
        state = self.host.ui_state
        low, high = SIDE_WIDTHS
        state.side_width = max(low, min(high, state.side_width + by))
        self.panel.styles.width = state.side_width
        self.host.save_ui_state()

    # --- conversations ----------------------------------------------------------------------

    def open(self, conversation_id: str | None, message_id: str | None = None) -> None:
        """See :class:`persona_tui.screens.chat.ChatScreen`."""
        raise NotImplementedError

    def action_new(self) -> None:
        self.open(None)
        self.composer.focus()

    def action_rename(self) -> None:
        self.start(self._rename(), group="ask")

    async def _rename(self) -> None:
        from persona_tui.screens.confirm import PromptScreen
        from store import conversations

        if self.conversation is None:
            self.host.tell("A conversation gets its title from your first message.")
            return
        title = await self.app.push_screen_wait(PromptScreen("Title", self.conversation.title))
        if title:
            conversation_id = self.conversation.conversation_id
            self.conversation = await self.host.db.run(conversations.rename, conversation_id, title)
            self.reload()

    # --- one message ------------------------------------------------------------------------

    def on_message_view_asked(self, event: MessageView.Asked) -> None:
        event.stop()
        record = event.view.record
        match event.what:
            case "copy":
                self._copy(record.text, "the message")
            case "copy_code":
                self.start(self._copy_code(record.text), group="ask")
            case "versions":
                self.start(self._versions(record), group="ask")
            case "edit":
                self.begin_edit(record)
            case "retry":
                self._retry(record)
            case "up" | "down":
                self._step(event.view, -1 if event.what == "up" else 1)

    def _step(self, view: MessageView, step: int) -> None:
        index = self.transcript.index_of(view.record.message_id)
        if index is None:
            return
        if index + step >= len(self.transcript.records):
            self.composer.focus()
        elif index + step >= 0:
            target = self.transcript.view_of(self.transcript.records[index + step].message_id)
            if target is not None:
                target.focus()

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        self.host.tell(f"Copied {what} ({len(text):,} characters).")

    async def _copy_code(self, text: str) -> None:
        from persona_tui.screens.texts import TextsScreen

        blocks = code_blocks(text)
        if len(blocks) > 1:
            labels = [f"{i}. {block.strip().splitlines()[0]}" for i, block in enumerate(blocks, 1)]
            chosen = await self.app.push_screen_wait(
                TextsScreen("Code blocks", list(zip(labels, blocks, strict=True)))
            )
        else:
            chosen = blocks[0] if blocks else None
        if chosen is not None:
            self._copy(chosen, "the code block")

    async def _versions(self, record: Message) -> None:
        from persona_tui.screens.texts import TextsScreen
        from store import messages

        found = await self.host.db.run(messages.versions, record.conversation_id, record.position)
        texts = [
            (
                f"{when(m.created_at)}  {'you' if m.role == 'user' else m.model or 'model'}"
                + ("" if m.superseded_at else "  (the current one)"),
                m.text,
            )
            for m in found
        ]
        chosen = await self.app.push_screen_wait(TextsScreen("Versions", texts))
        if chosen is not None:
            self._copy(chosen, "this version")

    def begin_edit(self, record: Message) -> None:
        """Put one of the person's messages into the composer, to be sent again changed."""
        self.host.ui_state.set_draft(self.host.ui_state.conversation_id, self.composer.text)
        self.editing = record
        self.composer.put(record.text)
        self.composer.add_class("-editing")
        self.composer.border_title = "Editing an earlier message · Enter asks again · Esc cancels"
        self.composer.focus()
        self.refresh_bindings()

    def action_leave_edit(self) -> None:
        self._end_edit(self._draft)
        self.refresh_bindings()

    @property
    def _draft(self) -> str:
        """What was typed in this conversation and not sent."""
        state = self.host.ui_state
        return state.drafts.get(state.conversation_id or "", "")

    def _end_edit(self, text: str) -> None:
        """Edit no more; ``text`` is in the box then."""
        self.editing = None
        self.composer.remove_class("-editing")
        self.composer.border_title = None
        if self.composer.text != text:
            self.composer.put(text)

    def _retry(self, record: Message | None) -> None:
        raise NotImplementedError

    def action_retry_last(self) -> None:
        self._retry(None)

    # --- links ------------------------------------------------------------------------------

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        self.start(self._ask_link(event.href), group="ask")

    async def _ask_link(self, href: str) -> None:
        from persona_tui.screens.confirm import ConfirmScreen

        if not href.startswith(("http://", "https://")):
            self.host.tell(f"Not opened, because it is not a web address: {href[:200]}", "warning")
            return
        if await self.app.push_screen_wait(
            ConfirmScreen("Open this link in the browser?", href, confirm="Open", danger=True)
        ):
            self.app.open_url(href)

    # --- find -------------------------------------------------------------------------------

    async def action_find(self) -> None:
        bars = self.query(FindBar)
        if not bars:
            await self.mount(FindBar(), after="#heading")
        self.query_one(FindBar).open_bar()

    def on_find_bar_changed(self, event: FindBar.Changed) -> None:
        for view in self.transcript.views():
            view.remove_class("-found")
        bar = self.query_one(FindBar)
        if not bar.is_open:
            self._matches = []
            self.composer.focus()
            return
        wanted = event.text.casefold()
        self._matches = [
            index
            for index, record in enumerate(self.transcript.records)
            if wanted and wanted in record.text.casefold()
        ]
        self._match = len(self._matches) - 1
        bar.say("" if not wanted else "nothing found" if not self._matches else "")
        if self._matches:
            self.start(self._show_match(), group="reveal")

    def on_find_bar_step(self, event: FindBar.Step) -> None:
        if self._matches:
            self._match = (self._match + event.step) % len(self._matches)
            self.start(self._show_match(), group="reveal")

    async def _show_match(self) -> None:
        bar = self.query_one(FindBar)
        bar.say(f"{self._match + 1} of {len(self._matches)} · Enter earlier · Down later")
        view = await self.transcript.reveal(self._matches[self._match])
        for other in self.transcript.views():
            other.set_class(other is view, "-found")
