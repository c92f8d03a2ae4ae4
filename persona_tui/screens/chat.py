"""Chat: talk with a model, and see at the side what it infers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static, TextArea
from textual.worker import Worker

from models.errors import ModelError
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.chat_help import HELP
from persona_tui.screens.inferring import SideInference
from persona_tui.screens.personal_chat import PersonalChat
from store.errors import NotFoundError
from widgets.attribute_panel import AttributePanel
from widgets.composer import Composer
from widgets.context_meter import ContextMeter
from widgets.message import MessageView
from widgets.safe import counted, plain
from widgets.transcript import Transcript

if TYPE_CHECKING:  # what talks, and what is kept, is imported after the first frame
    from models.protocol import Backend
    from persona_tui.jobs.chat.chatting import ChatSession
    from persona_tui.jobs.chat.updates import ChatUpdate
    from persona_tui.screens.answering import AnswerPlayer
    from store.records import Conversation, Message

DRAFT_AFTER = 1.0
"""Seconds without typing after which the draft is written to disk."""
WIDEN = 6


class ChatScreen(PersonalChat, PersonaScreen):
    """One conversation."""

    MODE = "chat"
    NAME = "Chat"
    HELP = HELP
    AUTO_FOCUS = "Composer"
    DEFAULT_CSS = """
    ChatScreen #heading { height: 1; padding: 0 2; background: $background; }
    ChatScreen #title { width: 1fr; height: 1; margin-right: 2; text-style: bold; text-overflow: ellipsis; text-wrap: nowrap; }
    ChatScreen #count { width: auto; color: $text-muted; }
    ChatScreen #main { height: 1fr; layers: base over; }
    ChatScreen Transcript { width: 1fr; }
    ChatScreen.-wide AttributePanel.-hidden { display: none; }
    ChatScreen.-narrow AttributePanel {
        display: none; layer: over; dock: right; width: 44; max-width: 80%; background: $surface;
    }
    ChatScreen.-narrow AttributePanel.-over { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="chat.stop"),
        Binding("escape", "leave_edit", "Cancel edit", id="chat.leave_edit"),
        Binding("escape", "to_messages", "Read", id="chat.messages"),
        Binding("escape", "to_composer", "Write", id="chat.write"),
        Binding("ctrl+n", "new", "New", id="chat.new"),
        Binding("ctrl+r", "retry_last", "Retry", id="chat.retry"),
        Binding("ctrl+f", "find", "Find", id="chat.find", priority=True),
        Binding("ctrl+b", "panel", "Inferred", id="chat.panel"),
        Binding("ctrl+t", "personal_on", "Personal off", id="chat.personal_on"),
        Binding("ctrl+t", "personal_off", "Personal on", id="chat.personal_off"),
        Binding("pageup", "page(-1)", "Scroll up", show=False, priority=True, id="chat.up"),
        Binding("pagedown", "page(1)", "Scroll down", show=False, priority=True, id="chat.down"),
        Binding("ctrl+home", "first", "To the beginning", show=False, id="chat.first"),
        Binding("ctrl+end", "last", "To the end", show=False, id="chat.last"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.session: ChatSession | None = None
        self.conversation: Conversation | None = None
        self.editing: Message | None = None
        self._player: AnswerPlayer | None = None
        self._loaded = False
        self._send_once_shown = False
        self._warm = False
        self._matches, self._match = [], 0
        self._wanted: tuple[str | None, str | None] | None = None
        self._talking: Worker[None] | None = None
        self._unsent = ""
        """What left the box and is not in the store yet."""

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="heading"):
            yield Static("", id="title", markup=False)
            yield Static("", id="count", markup=False)
        with Horizontal(id="main"):
            yield Transcript(author=self._author)
        yield ContextMeter()
        yield Composer(placeholder="Write a message.  Enter sends, Ctrl+J begins a new line.")

    def on_mount(self) -> None:
        self.transcript = self.query_one(Transcript)
        self.meter = self.query_one(ContextMeter)
        self.composer = self.query_one(Composer)
        self.panel = AttributePanel()
        self.panel.styles.width = self.host.ui_state.side_width
        self.panel.set_class(not self.host.ui_state.side_panel, "-hidden")
        self.side = SideInference(self.host, self.panel)
        self._heading()

    def _author(self, message: Message) -> str:
        if message.role == "user":
            return "You"
        return message.model or "Model"

    # --- opening ----------------------------------------------------------------------------

    def open(self, conversation_id: str | None, message_id: str | None = None) -> None:
        """Show a conversation (None: a new one). An answer under way is stopped, its part kept."""
        self._wanted = (conversation_id, message_id)
        self.reload()

    async def load(self) -> None:
        from store import conversations, messages

        if not self.panel.is_attached:  # each widget costs the first frame two milliseconds
            await self.query_one("#main").mount(self.panel)
        state = self.host.ui_state
        if self._wanted is None:
            if self._loaded:
                await self._refresh()
                return
            self._wanted = (state.conversation_id, None)
        wanted = conversation_id, message_id = self._wanted
        await self._stop_and_wait()
        self._keep_draft()
        conversation: Conversation | None = None
        history: list[Message] = []
        if conversation_id is not None:
            try:
                conversation = await self.host.db.run(conversations.get, conversation_id)
                history = await self.host.db.run(messages.active, conversation_id)
            except NotFoundError:
                state.forget(conversation_id)
        await self._show(conversation, history, message_id)
        # Only now: a load that gives way to a newer one leaves its wish to it.
        if self._wanted == wanted:
            self._wanted = None
        if self._send_once_shown and self.is_loaded:
            self._send_once_shown = False
            self.composer.action_send()

    async def _show(
        self, conversation: Conversation | None, history: list[Message], message_id: str | None
    ) -> None:
        state = self.host.ui_state
        self.conversation, self.editing, self.session = conversation, None, None
        state.conversation_id = conversation.conversation_id if conversation else None
        # At the start what is in the box was typed while the store opened. Later it belongs to
        # the conversation that is left, and is kept there.
        typed = "" if self._loaded else self.composer.text
        self._end_edit(self._draft + typed)
        self._player = None
        self.meter.set(used=None, sees=None, total=None, speed=None, doing="")
        await self.transcript.show(history)
        self.composer.sent_before = [m.text for m in history if m.role == "user"]
        self._loaded = True
        self._session(history)
        self._heading()
        if message_id is not None:
            index = self.transcript.index_of(message_id)
            view = await self.transcript.reveal(index) if index is not None else None
            if view is not None:
                view.focus(scroll_visible=False)
        await self.side.show(state.conversation_id)
        self._heading()
        self.host.save_ui_state()

    async def _refresh(self) -> None:
        """Back from another screen: names, judgments, settings may have changed."""
        from store import conversations

        if self.conversation is not None:
            conversation_id = self.conversation.conversation_id
            try:
                self.conversation = await self.host.db.run(conversations.get, conversation_id)
            except NotFoundError:
                self.open(None)
                return
            await self.side.show(conversation_id)
        if not self.busy:
            self._session(self.session.messages if self.session else self.transcript.records[:])
        self._heading()

    def _backend(self) -> Backend | None:
        try:
            return self.host.backends.for_task("chat")
        except ModelError as error:
            self.meter.set(model="No model", where="")
            self.host.tell_error(error)
            return None

    def _session(self, history: list[Message]) -> ChatSession | None:
        """A session with the model and the settings in force."""
        from persona_tui.jobs.chat.chatting import ChatSession

        backend = self._backend()
        if backend is None:
            self.session = None
            return None
        about, chat = backend.describe(), self.host.settings.chat
        self.meter.set(model=about.name, where=about.where, context=about.context_tokens)
        session = ChatSession(
            self.host.db,
            backend,
            self.conversation,
            system_prompt=chat.system_prompt,
            sampling=self.host.backends.chat_sampling(),
            personalize=self.personalizes(backend),
        )
        session.messages = history
        if self.session is None or self.session.backend is not backend:
            self._warm = False
        self.session = session
        return session

    def _heading(self) -> None:
        conversation = self.conversation
        title = conversation.title if conversation else "New conversation"
        self.query_one("#title", Static).update(plain(title, one_line=True))
        parts = []
        if self.transcript.records:
            parts.append(counted(len(self.transcript.records), "message"))
        if conversation is not None and conversation.source != "chat":
            parts.append(f"from {conversation.source}")
        if self.panel.count and not self.panel.display:
            parts.append(f"{self.panel.count} inferred")
        self.query_one("#count", Static).update(" · ".join(parts))
        self.refresh_bindings()

    # --- talking ----------------------------------------------------------------------------

    @property
    def is_loaded(self) -> bool:
        """Whether what was last asked for is shown."""
        return self._loaded and self._wanted is None

    @property
    def busy(self) -> bool:
        """Whether an answer is under way, from the key that asked for it to its last word drawn."""
        return self._talking is not None and not self._talking.is_finished

    def on_composer_sent(self, event: Composer.Sent) -> None:
        if self.busy:  # the text stays where it is
            self.host.tell("The model is still writing. Esc stops it and keeps the part.")
            return
        if not self._loaded:  # at the start: it waits for the conversation that it belongs to
            self._send_once_shown = True
            return
        if not self.host.ready.is_set() or not self.is_loaded:
            # Sent now, it would begin a conversation that is not the one about to be shown.
            self.host.tell("The conversation is being opened. Press Enter again in a moment.")
            return
        session = self.session or self._session(self.transcript.records[:])
        if session is None:
            return
        edited = self.editing
        if edited is not None and edited not in session.messages:
            self.host.tell("The message you edited is gone: its place was asked again.", "warning")
            return  # the text stays, Escape leaves the edit
        self.composer.clear()
        self._unsent = event.text
        if edited is not None:
            self._end_edit(self._draft)
            self._talk(session, session.edit(session.messages.index(edited), event.text))
        else:
            self.composer.sent_before.append(event.text)
            self._talk(session, session.send(event.text))

    def _talk(self, session: ChatSession, updates: AsyncGenerator[ChatUpdate, None]) -> None:
        self.workers.cancel_group(self, "infer")
        self._talking = self.start(self._play(session, updates), group="talk", exclusive=True)

    async def _play(self, session: ChatSession, updates: AsyncGenerator[ChatUpdate, None]) -> None:
        self.call_after_refresh(self.refresh_bindings)
        if self._player is None:
            from persona_tui.screens.answering import AnswerPlayer

            self._player = AnswerPlayer(
                self.transcript, self.meter, on_saved=self._saved, on_told=self.was_told
            )
        try:
            await self._player.play(session, updates)
        finally:
            if self._unsent:  # it could not be saved: back into the box, before what is there now
                both = (self._unsent, self.composer.text)
                self.composer.put("\n\n".join(text for text in both if text))
                self._unsent = ""
            self._heading()
        if session.conversation is not None:
            self.infer(session.conversation.conversation_id)

    def _saved(self, conversation: Conversation) -> None:
        """The person's message is in the store: the draft is no longer one."""
        self._unsent = ""
        state = self.host.ui_state
        state.set_draft(state.conversation_id, "")
        self.conversation = conversation
        state.conversation_id = conversation.conversation_id
        self.side.follow(conversation.conversation_id)
        self.host.save_ui_state()
        self._heading()

    def _retry(self, record: Message | None) -> None:
        session = self.session
        if session is None or self.busy:
            return
        index = None
        if record is not None:
            ids = [message.message_id for message in session.messages]
            index = ids.index(record.message_id) if record.message_id in ids else None
        self._talk(session, session.retry(index))

    def infer(self, conversation_id: str) -> None:
        """Look for attributes in what was said, in the background."""
        self.start(self._infer(conversation_id), group="infer")

    async def _infer(self, conversation_id: str) -> None:
        await self.side.run(conversation_id)
        self._heading()

    async def _stop_and_wait(self) -> None:
        while self.busy and self.session is not None:
            await self.session.stop()
            await asyncio.sleep(0.01)

    async def before_quit(self) -> None:
        self.workers.cancel_group(self, "infer")
        await self._stop_and_wait()
        self._keep_draft()

    # --- drafts -----------------------------------------------------------------------------

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self.set_timer(DRAFT_AFTER, self._save_draft, name="draft")
        if self.composer.text and not self._warm:
            self._warm = True
            self.start(self._warm_up(), group="warm")

    async def _warm_up(self) -> None:
        """Load a model of this machine while the person writes their first words."""
        backend = self.session.backend if self.session else None
        if backend is not None and backend.describe().local:
            with suppress(ModelError):  # told when it is asked
                await backend.start()
                self.meter.set(context=backend.describe().context_tokens)

    def _save_draft(self) -> None:
        if self._keep_draft():
            self.host.save_ui_state()

    def _keep_draft(self) -> bool:
        if not self._loaded or self.editing is not None:
            return False
        state = self.host.ui_state
        shown = self.conversation.conversation_id if self.conversation else None
        if state.conversation_id != shown:  # it was forgotten: nothing of it is kept
            return False
        return state.set_draft(shown, self.composer.text or self._unsent)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("New conversation", "Begin anew (Ctrl+N)", self.action_new)
        yield SystemCommand("Rename conversation", "Give it another title", self.action_rename)
        yield SystemCommand("Find in conversation", "Search it (Ctrl+F)", self.action_find)
        yield from self.personal_commands()
        yield SystemCommand("Side panel", "Show or hide what was inferred", self.action_panel)
        yield SystemCommand("Widen side panel", "", lambda: self.widen(WIDEN))
        yield SystemCommand("Narrow side panel", "", lambda: self.widen(-WIDEN))

    def on_attribute_panel_chosen(self, event: AttributePanel.Chosen) -> None:
        self.start(self._show_evidence(event), group="reveal")

    async def _show_evidence(self, event: AttributePanel.Chosen) -> None:
        for evidence in event.attribute.evidence:
            index = self.transcript.index_of(evidence.message_id)
            if index is not None:
                self.panel.remove_class("-over")
                view = await self.transcript.reveal(index)
                if isinstance(view, MessageView):
                    view.focus(scroll_visible=False)
                return
        self.host.tell("The words it rests on are in an earlier version or another conversation.")
