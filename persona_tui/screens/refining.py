"""Verify-and-refine in Review: starting and stopping it, and the line about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.app import SystemCommand

from persona_tui.screens.extraction_line import ExtractionScreen
from persona_tui.screens.extraction_text import KEY, extraction_line
from persona_tui.screens.refining_host import refining_of
from widgets.safe import counted
from widgets.work_line import WorkLine

if TYPE_CHECKING:
    from persona_tui.jobs.extraction.background import ExtractionState
    from persona_tui.jobs.learning.refine_beside import RefineState


class RefiningScreen(ExtractionScreen):
    """A mode that can start and stop refining, in the line that tells of extraction."""

    def show_refining(self, state: RefineState) -> None:
        """Refining went on. When it is over, what is new joins the queue, wherever in it."""
        self.show_extraction(self.host.extraction.state)
        if not state.running and state.counts.get("refined"):
            self.reload()

    def show_extraction(self, state: ExtractionState) -> None:
        if not self.is_mounted:
            return
        refining = self.host.refining
        line = ""
        if refining is not None and refining.state.asked:
            from persona_tui.jobs.learning.refine_beside import refine_line

            line = refine_line(refining.state, KEY)
        self.query_one(WorkLine).say(line or extraction_line(state))

    @on(WorkLine.Pressed)
    async def action_extract(self) -> None:
        """Stop refining, if the person had started that; else as everywhere."""
        refining = self.host.refining
        if refining is not None and refining.state.asked:
            was_running = refining.state.running
            await refining.stop()  # and what it came to need not be told any more
            if was_running:
                return
        await super().action_extract()

    def action_refine(self) -> None:
        """Send back what is flagged; asked first where the words would leave this machine."""
        self.start(self._refine(), group="refine")

    async def _refine(self) -> None:
        host = self.host
        where = host.backends.get(host.settings.extraction.model).describe()
        if not where.local:
            from persona_tui.jobs.learning.refine_beside import plan_now, summary
            from persona_tui.screens.confirm import ConfirmScreen

            todo = await plan_now(host.db, host.backends, host.settings)
            if not todo.items:  # and what is flagged a moment later was not asked about
                host.tell(summary({}, None))
                return
            count = counted(len(todo.items), "flagged attribute")
            question = ConfirmScreen(
                f"Send {count} to {where.where}?",
                "Each goes to the model that infers, with up to five quotes of yours that it rests on.",
                confirm="Send",
            )
            if not await self.app.push_screen_wait(question):
                return
        refining_of(host).start()

    async def action_stop_refining(self) -> None:
        """Stop at the step under way."""
        if self.host.refining is not None:
            await self.host.refining.stop()

    def refine_commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        model = self.host.settings.extraction.model
        yield SystemCommand(
            "Review: refine what is flagged",
            f"Send it back to the model that infers ({model}), to be weakened, corrected or withdrawn",
            self.action_refine,
        )
        refining = self.host.refining
        if refining is not None and refining.state.running:
            yield SystemCommand(
                "Review: stop refining", "What was refined is kept", self.action_stop_refining
            )
