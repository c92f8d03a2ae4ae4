"""Donate: give some of one's judgments to research, in five steps. Nothing leaves by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_base import LOOK_SECONDS, DonatePane, GivingScreen
from persona_tui.screens.donate_choose import ChoosePane
from persona_tui.screens.donate_give import GivePane
from persona_tui.screens.donate_preview import PreviewPane
from persona_tui.screens.donate_redact import RedactPane
from persona_tui.screens.donate_sign import SignPane
from widgets.step_strip import Step, StepStrip

PANES: tuple[type[DonatePane], ...] = (ChoosePane, RedactPane, PreviewPane, SignPane, GivePane)


class DonateScreen(GivingScreen):
    """See the module."""

    MODE = "donate"
    NAME = "Donate"
    HELP = texts.HELP
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    DonateScreen > StepStrip { margin-bottom: 1; }
    DonateScreen.-wide > StepStrip { margin-top: 1; }
    DonateScreen > ContentSwitcher { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(n), f"step({n})", f"Step {n}: {pane.STEP}", show=False, id=f"donate.step{n}")
        for n, pane in enumerate(PANES, 1)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.number = 1
        """The step that is seen."""

    def compose_body(self) -> ComposeResult:
        yield StepStrip()
        with ContentSwitcher(initial="choose"):
            for pane in PANES:
                yield pane()

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self._look_again)
        kept = self.host.ui_state.values.get("donate.step", "1")
        self.number = int(kept) if kept in ("1", "2", "3", "4", "5") else 1
        self.query_one(ContentSwitcher).current = self.pane.id
        self.show_steps()

    @property
    def panes(self) -> list[DonatePane]:
        """The steps, in order."""
        return list(self.query(DonatePane))

    @property
    def pane(self) -> DonatePane:
        """The step that is seen."""
        return self.panes[self.number - 1]

    # --- loading --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read it; coming back, take over what was judged, forgotten or given elsewhere."""
        self.query_one(RedactPane).forget()
        await self.reread()
        if self.focused is None:
            self.pane.entered()

    def _look_again(self) -> None:
        if self.on_top:
            self.start(self.look_again(), group="donate-look")

    def show_desk(self) -> None:
        if self.desk is None or not self.is_mounted:
            return
        for pane in self.panes:
            pane.show_desk(self.desk)
        self.show_steps()

    def show_steps(self) -> None:
        if self.is_mounted:
            steps = [Step(pane.STEP, pane.state()) for pane in self.panes]
            self.query_one(StepStrip).show(steps, self.number)
            self.refresh_bindings()

    # --- steps ----------------------------------------------------------------------------------

    def action_step(self, number: int) -> None:
        """See another step."""
        if number == self.number:
            return
        self.pane.left()
        self.number = number
        self.query_one(ContentSwitcher).current = self.pane.id
        self.host.ui_state.values["donate.step"] = str(number)
        self.host.save_ui_state()
        self.pane.entered()
        self.show_steps()

    def on_step_strip_chosen(self, event: StepStrip.Chosen) -> None:
        event.stop()
        self.action_step(event.number)

    async def action_pane(self, action: str) -> None:
        """Do what a key would do in the step that is seen: for clicks."""
        await self.pane.run_action(action)

    async def before_quit(self) -> None:
        for pane in self.panes:
            pane.stop()
        await super().before_quit()

    async def on_unmount(self) -> None:
        await self.before_quit()

    def commands(self) -> Iterable[SystemCommand]:
        for number, pane in enumerate(PANES, 1):
            yield SystemCommand(
                f"Donate: {pane.STEP.lower()}", f"Step {number} of giving",
                lambda n=number: self.action_step(n),
            )  # fmt: skip
