"""Personalized chat, as it is used: the toggle, asking before anything leaves, what was told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from models.errors import ModelError
from persona_tui.screens import learning_host
from persona_tui.screens.message_actions import MessageActions
from widgets.composer import Composer
from widgets.message import MessageView
from widgets.transcript import Transcript

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.jobs.chat.personalizing import Choose, ToldItem
    from persona_tui.jobs.learning.choosing import Choice
    from store.db import Store
    from store.records import Message

SETTING = "learning.personalize_chat"
ASK_TITLE = "Tell this model about you?"
ASK = (
    "This chat is answered by {model}, which is not on this machine. With each of your messages, up to "
    "{most} of the attributes that you accepted would be sent there: those that seem to matter for it, "
    "never those that you marked as never to be used or only when you ask. Under each answer stands what it was told.\n\n"
    "You are asked once for each model. {key} turns it off again."
)
ON = "The chat's model is now told what matters about you. Under each answer stands what it knew."
OFF = "The chat's model is told nothing about you any more."


class PersonalChat(MessageActions):
    """A part of :class:`persona_tui.screens.chat.ChatScreen`."""

    def __init__(self) -> None:
        super().__init__()
        self._agreed: set[str] = set()
        self._asked_of: set[str] = set()
        """Models of which the person was asked since the program began."""
        self._told: dict[str, tuple[ToldItem, ...]] = {}
        """What was told for each answer, by message."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "personal_on" | "personal_off":
                # At a message the footer has no room for it: there it is in the palette.
                writing = isinstance(self.focused, Composer)
                return writing and self.personal == (action == "personal_off")
        return super().check_action(action, parameters)

    @property
    def personal(self) -> bool:
        """Whether the next answer's model is told anything."""
        return self.session is not None and self.session.personalize is not None

    # --- on and off -------------------------------------------------------------------------

    def personalizes(self, backend: Backend) -> Choose | None:
        """What chooses for a session with ``backend``; ``None``: it is told nothing. A model that is not
        on this machine is asked about first."""
        if not self.host.settings.learning.personalize_chat:
            return None
        from persona_tui.jobs.chat import personalizing

        if personalizing.may_tell(backend, self._agreed):
            return personalizing.chooser(self.host.db, self.host.embedder)
        name = personalizing.identity(backend.describe())
        if name not in self._asked_of:
            self._asked_of.add(name)
            self.start(self._ask_about(backend), group="personal")
        return None

    async def _ask_about(self, backend: Backend) -> bool:
        """Whether the person lets ``backend``, a remote model, be told. Asked once for each model;
        a yes is kept in the journal."""
        from persona_tui.jobs.chat import personalizing
        from persona_tui.screens.confirm import ConfirmScreen
        from persona_tui.stages.relevance.personal import MOST

        name = personalizing.identity(backend.describe())
        self._agreed = await self.host.db.run(personalizing.agreed)
        if name not in self._agreed:
            body = ASK.format(model=name, most=MOST, key="Ctrl+T")
            if not await self.app.push_screen_wait(
                ConfirmScreen(
                    ASK_TITLE, body, confirm="Send them", cancel="Leave them out", danger=True
                )
            ):
                return False
            await self.host.db.run(personalizing.agree, name)
            self._agreed.add(name)
        self._renew()
        return True

    def _renew(self) -> None:
        """Take over what was just decided: it holds from the next answer on."""
        if self.session is not None:
            self.session.personalize = self.personalizes(self.session.backend)
        self.refresh_bindings()

    def action_personal_on(self) -> None:
        self.start(self._turn(on=True), group="personal")

    def action_personal_off(self) -> None:
        self.start(self._turn(on=False), group="personal")

    async def _turn(self, *, on: bool) -> None:
        from persona_tui.config_file import set_value

        try:
            backend = self.host.backends.for_task("chat")
        except ModelError as error:
            self.host.tell_error(error)
            return
        if on and not backend.describe().local:
            from persona_tui.jobs.chat import personalizing

            self._asked_of.add(personalizing.identity(backend.describe()))
            if not await self._ask_about(backend):
                return
        await asyncio.to_thread(set_value, self.host.paths, SETTING, on)
        await self.host.reload_settings()
        self._renew()
        self.host.tell(ON if on else OFF)

    def personal_commands(self) -> Iterable[SystemCommand]:
        """For the command palette."""
        if self.personal:
            yield SystemCommand(
                "Personalized chat: off", "Tell the model nothing about you (Ctrl+T)",
                self.action_personal_off,
            )  # fmt: skip
        else:
            yield SystemCommand(
                "Personalized chat: on", "Tell the model what matters about you (Ctrl+T)",
                self.action_personal_on,
            )  # fmt: skip

    # --- what was told ----------------------------------------------------------------------

    def was_told(self, answer: Message, choice: Choice) -> None:
        """An answer began whose model was told ``choice``."""
        from persona_tui.jobs.chat.personalizing import as_items

        self._told[answer.message_id] = as_items(choice)
        view = self.transcript.view_of(answer.message_id)
        if view is not None:
            self.start(self._show_told(view), group="told", exclusive=False)

    async def _show_told(self, view: MessageView) -> None:
        items = self._told.get(view.record.message_id, ())
        texts = tuple(one.text or "(forgotten)" for one in items)
        if texts != view.told:
            await view.set_told(texts)

    def on_transcript_shown(self, event: Transcript.Shown) -> None:
        # Beside the loop: the store may be closing when the last of these comes.
        self.start(self._look_up(event), group="shown", exclusive=False)

    async def _look_up(self, event: Transcript.Shown) -> None:
        """What the store knows of the messages that are mounted: versions, what models were told."""
        records = self.transcript.records[event.first : event.last]
        if not records:
            return
        new = [one for one in records if one.message_id not in self._told]
        found, told = await self.host.db.run(_known_of, records, new)
        self.transcript.superseded |= found
        self._told |= told
        for view in self.transcript.views():
            view.set_versions(view.record.position in self.transcript.superseded)
            await self._show_told(view)

    def on_message_view_asked(self, event: MessageView.Asked) -> None:
        """Beside the handler of :class:`MessageActions`, which Textual calls as well."""
        if event.what == "told":
            self.start(self._look_at_told(event.view), group="ask")

    async def _look_at_told(self, view: MessageView) -> None:
        from persona_tui.jobs.chat.personalizing import renewed
        from persona_tui.screens.told import ToldScreen

        answer = view.record
        items = self._told.get(answer.message_id, ())
        items = await self.host.db.run(renewed, answer, items)
        if not items:
            return
        changed = await self.app.push_screen_wait(ToldScreen(answer, items))
        if changed:
            learning_host.look(self.host)
            self.host.tell("Kept. With r you get an answer that takes it into account.")


def _known_of(
    store: Store, records: list[Message], new: list[Message]
) -> tuple[set[int], dict[str, tuple[ToldItem, ...]]]:
    from persona_tui.jobs.chat.chatting import earlier_versions
    from persona_tui.jobs.chat.personalizing import told_before

    positions = [record.position for record in records]
    return earlier_versions(store, records[0].conversation_id, positions), told_before(store, new)
