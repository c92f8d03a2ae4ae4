"""The line about extraction, on the screens where a person waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.extraction_text import extraction_line
from widgets.work_line import WorkLine

if TYPE_CHECKING:
    from persona_tui.jobs.extraction.background import ExtractionState


class ExtractionScreen(PersonaScreen):
    """A mode with the line above its footer and the key that starts and stops the work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "g",
            "extract",
            "Infer",
            tooltip="Infer from what was not read yet, or stop",
            id="extraction.toggle",
        ),
    ]

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield WorkLine()

    async def _load_when_ready(self) -> None:
        await super()._load_when_ready()
        await self.host.extraction.recount()
        self.show_extraction(self.host.extraction.state)

    def show_extraction(self, state: ExtractionState) -> None:
        if self.is_mounted:
            self.query_one(WorkLine).say(extraction_line(state))

    @on(WorkLine.Pressed)
    async def action_extract(self) -> None:
        """Start to infer from what was not read yet, or stop."""
        extraction = self.host.extraction
        if extraction.state.running:
            await extraction.stop()
            await extraction.recount()
        elif extraction.state.waiting == 0:
            self.host.tell("All that you wrote was read already. New messages can be read.")
        else:
            extraction.start()
