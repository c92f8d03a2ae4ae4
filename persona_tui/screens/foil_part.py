"""Synthetic users on the Report screen: played beside everything else, when the person says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from persona_tui.jobs.progress import time_text
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.confirm import ConfirmScreen
from widgets.safe import counted, plain

if TYPE_CHECKING:
    from persona_tui.jobs.foil.beside import FoilBeside, FoilEstimate, FoilState

KEY = "f"
"""The key that starts and stops it."""
HOW = (
    f"{KEY} plays synthetic users here; in a terminal, persona-tui foil run --judge MODEL lets a model "
    "judge them, and persona-tui foil review asks you."
)


def foil_line(state: FoilState) -> str:
    """One line, empty if there is nothing to say."""
    if state.running:
        if state.progress is None:
            return f"Synthetic users: getting ready …   {KEY} stops"
        done, total = state.progress.done, state.progress.total or 0
        name = plain(state.progress.note, one_line=True)
        parts = [f"Synthetic users: {name}, {done:,} of {counted(total, 'message')}"]
        parts += [left for left in (time_text(state.progress.seconds_left),) if left]
        return f"{' · '.join(parts)}   {KEY} stops"
    if state.error:
        return f"{state.error}   {KEY} tries again"
    if state.personas:
        return (
            f"Played {counted(state.personas, 'synthetic user')}: "
            f"{counted(state.found, 'attribute')} inferred (part 6)"
        )
    return ""


def question(found: FoilEstimate) -> str:
    """What is asked before anything is played."""
    sent, written = found.plan.tokens
    where = (
        f"All of it is sent to {', '.join(found.hosts)}; nothing of yours is."
        if found.hosts
        else "Nothing leaves this machine."
    )
    before = f" ({found.plan.played} were played before)" if found.plan.played else ""
    return (
        "Models are often tried on users whom another model plays, and look better on them. To see "
        f"by how much, {found.player} plays {counted(len(found.plan.personas), 'invented person')}"
        f"{before}, {found.extractor} infers from that, and part 6 sets it beside you.\n\n"
        f"{counted(found.plan.answers, 'message')}, about {sent + written:,} tokens at most, besides "
        f"those for inferring. {where}\n\nIt goes on beside everything else. {KEY} stops it: whole "
        "conversations are kept, and it goes on with the next one."
    )


class FoilPart(PersonaScreen):
    """What :class:`persona_tui.screens.report.ReportScreen` has of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            KEY,
            "foil",
            "Synthetic",
            tooltip="Play synthetic users to compare with, or stop",
            id="report.foil",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._foil: FoilBeside | None = None
        self._foil_ran = False

    @property
    def foil_state(self) -> FoilState | None:
        return None if self._foil is None else self._foil.state

    def show_foil(self) -> None:
        """Show how far it is: the screen that shows it overrides this."""

    def _foil_changed(self, state: FoilState) -> None:
        if self.is_mounted:
            self.show_foil()
            if self._foil_ran and not state.running:
                self.reload()
            self._foil_ran = state.running

    def action_foil(self) -> None:
        """Ask whether to play, or stop what is played."""
        if self._foil is not None and self._foil.state.running:
            self.start(self._foil.stop(), group="foil")
        else:
            self.start(self._ask(), group="foil")

    async def _ask(self) -> None:
        from persona_tui.jobs.foil.beside import FoilBeside, estimate, play_all

        host = self.host
        await host.ready.wait()
        found = await estimate(host.db, host.backends, host.settings)
        if not found.plan.personas:
            host.tell(
                f"All {found.plan.played} were played with {plain(found.player, one_line=True)}: "
                "part 6 tells."
            )
            return
        sure = await self.app.push_screen_wait(
            ConfirmScreen("Play synthetic users?", question(found), confirm="Play them")
        )
        if not sure:
            return
        if self._foil is None:
            self._foil = FoilBeside(
                lambda todo: play_all(host.db, host.backends, host.settings, todo),
                self._foil_changed,
            )
        self._foil.start(found.plan)

    async def before_quit(self) -> None:
        if self._foil is not None:
            await self._foil.stop()
