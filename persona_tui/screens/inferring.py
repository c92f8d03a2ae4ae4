"""Infers attributes from the conversation that is being talked in, and shows them at the side.

Runs after an answer, and gives way as soon as the person sends again: what was extracted is kept,
the rest is taken up after the next answer.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from models.errors import ModelError
from persona_tui.screens.base import HostApp
from widgets.attribute_panel import AttributePanel

if TYPE_CHECKING:
    from persona_tui.config import Settings


class SideInference:
    """Keeps the side panel of one conversation current."""

    def __init__(self, host: HostApp, panel: AttributePanel) -> None:
        self.host = host
        self.panel = panel
        self._known: set[str] = set()
        self._conversation_id: str | None = None

    async def show(self, conversation_id: str | None) -> int:
        """Read what is known from this conversation; returns how many attributes."""
        if conversation_id != self._conversation_id:
            self.panel.unmark()
            self.panel.say("")
            self._known = set()
        from store import attributes

        found = (
            await self.host.db.run(attributes.list_all, conversation_id=conversation_id)
            if conversation_id is not None
            else []
        )
        # A refined one would stand beside the one it was made of, at the end: until it is judged, that
        # would tell which of the two it is.
        found = [one for one in found if one.refines is None or one.judgment is not None]
        ids = {attribute.attribute_id for attribute in found}
        if conversation_id == self._conversation_id and conversation_id is not None:
            for new in ids - self._known:
                self.panel.mark(new)
        self._conversation_id, self._known = conversation_id, ids
        await self.panel.show(found)
        return len(found)

    def follow(self, conversation_id: str) -> None:
        """The conversation that is shown got its id with its first message."""
        if self._conversation_id is None:
            self._conversation_id = conversation_id

    async def run(self, conversation_id: str) -> None:
        """Extract from the new messages of this conversation. Cancel to stop at any message."""
        settings = self.host.settings
        if not settings.extraction.live:
            return
        said = ""
        self.panel.say("looking at what you said …")
        try:
            await self._extract(conversation_id, settings)
        except ModelError as error:
            said = f"Nothing could be inferred just now: {error}"
        finally:
            self.panel.say(said)
        if conversation_id == self._conversation_id:
            await self.show(conversation_id)

    async def _extract(self, conversation_id: str, settings: Settings) -> None:
        from persona_tui.jobs.extraction.extracting import extract

        steps = extract(
            self.host.db,
            self.host.backends.get(settings.extraction.model),
            self.host.embedder,
            settings,
            conversation_ids=[conversation_id],
        )
        # A long extraction under way gives place to the words just said, and goes on after.
        async with self.host.extraction.paused(), aclosing(steps) as stream:
            async for step in stream:
                progress = step.progress
                if progress.total and progress.total > 1:
                    self.panel.say(f"looking at {progress.done} of {progress.total} messages")
                if step.attributes and conversation_id == self._conversation_id:
                    await self.show(conversation_id)
