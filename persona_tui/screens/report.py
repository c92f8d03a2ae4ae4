"""Report: what the person's judgments show, computed beside the interface."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from persona_tui.jobs.reporting import make_report, rendered
from persona_tui.paths import write_private
from persona_tui.report.model import PARTS
from persona_tui.screens import judge_text
from persona_tui.screens import report_text as texts
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.foil_part import FoilPart, foil_line
from widgets.work_line import WorkLine

if TYPE_CHECKING:
    from persona_tui.jobs.judges.beside import Estimate, JudgeOrder, JudgingState
    from persona_tui.report.model import Plot, Report

FORMS = {"html": "html", "md": "md", "json": "json"}


class ReportScreen(FoilPart):
    """See the module."""

    MODE = "report"
    NAME = "Report"
    HELP = texts.HELP
    DEFAULT_CSS = """
    ReportScreen > VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; padding: 1 2; }
    ReportScreen .part { height: auto; margin-bottom: 1; max-width: 110; }
    ReportScreen .give { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"part({n})", f"part {n}", show=False, id=f"report.part{n}")
            for n in range(1, len(PARTS) + 1)
        ),
        Binding(
            "g",
            "judge",
            "Judge",
            tooltip="Let a model answer the same, or stop it",
            id="report.judge",
        ),
        Binding("m", "method", "Method", tooltip="How each is computed", id="report.method"),
        Binding("h", "write('html')", "HTML", tooltip="A file to keep", id="report.html"),
        Binding("w", "write('md')", "Markdown", show=False, id="report.md"),
        Binding("j", "write('json')", "JSON", show=False, id="report.json"),
        Binding("y", "copy", "Copy", show=False, id="report.copy"),
        Binding(
            "l",
            "app.go('learning')",
            "Learning",
            tooltip="What models of your own learned from you",
            id="report.learning",
        ),
        Binding("r", "again", "Again", tooltip="Compute again", id="report.again"),
        Binding("up", "scroll(-1)", "Scroll", show=False),
        Binding("down", "scroll(1)", "Scroll", show=False),
        Binding("pageup", "scroll(-15)", "Scroll", show=False),
        Binding("pagedown,space", "scroll(15)", "Scroll", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.report: Report | None = None
        self.method = False
        self._judging = False

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield WorkLine()

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static("Computing …", id="headlines", classes="part", markup=False)
            for part, _ in PARTS:
                yield Static(id=f"part-{part}", classes="part", markup=False)
            yield Static(texts.GIVE, classes="part give", markup=False)

    async def load(self) -> None:
        """Compute anew: what was judged meanwhile is in it."""
        self.show_judging(self.host.judging.state)
        self.report = await make_report(self.host.db)
        await self.paint()

    async def paint(self) -> None:
        """Show the report."""
        report = self.report
        if report is None or not self.is_mounted:
            return
        self.query_one("#headlines", Static).update(texts.headlines(report))
        for part, _ in PARTS:
            place = self.query_one(f"#part-{part}", Static)
            place.update(texts.section(report, part, method=self.method))
        await self._plots(report)

    async def _plots(self, report: Report) -> None:
        """Plots below their parts: lines and bars; intervals stand in the lines already."""
        from widgets.plots import TerminalPlot

        await self.query(TerminalPlot).remove()
        for plot in report.plots:
            if plot.kind in ("line", "bars"):
                drawn = TerminalPlot()
                await self.query_one(VerticalScroll).mount(drawn, after=f"#part-{plot.part}")
                _draw(drawn, plot)

    def action_part(self, number: int) -> None:
        part, _ = PARTS[number - 1]
        place = self.query_one(f"#part-{part}")
        self.query_one(VerticalScroll).scroll_to_widget(place, top=True, animate=False)

    async def action_method(self) -> None:
        self.method = not self.method
        await self.paint()

    # --- judges ---------------------------------------------------------------------------------

    def show_judging(self, state: JudgingState) -> None:
        """Show how far a judge is; what it said is in the report once it is done."""
        if self.is_mounted:
            self.show_foil()
            if self._judging and not state.running:
                self.reload()
            self._judging = state.running

    def show_foil(self) -> None:
        """The line at the bottom: about a judge, about synthetic users, or both."""
        lines = [judge_text.judging_line(self.host.judging.state)]
        if self.foil_state is not None:
            lines.append(foil_line(self.foil_state))
        self.query_one(WorkLine).say("\n".join(line for line in lines if line))

    @on(WorkLine.Pressed)
    def _pressed(self) -> None:
        if self.foil_state is not None and self.foil_state.running:
            self.action_foil()
        else:
            self.action_judge()

    def action_judge(self) -> None:
        """Choose a judge, or stop the one at work."""
        from persona_tui.screens.judge_setup import JudgeScreen

        if self.host.judging.state.running:
            self.host.judging.ask_to_stop()
        elif self.host.ready.is_set():
            self.app.push_screen(JudgeScreen(), self._chosen)

    def _chosen(self, wanted: tuple[JudgeOrder, Estimate] | None) -> None:
        if wanted is None:
            return
        order, found = wanted
        if found.local:
            self.host.judging.start(order)
            return
        self.app.push_screen(
            ConfirmScreen(f"Send your words to {found.where}?", judge_text.consent(found, order),
                          confirm="Send and judge"),
            lambda sure: self.host.judging.start(order) if sure else None,
        )  # fmt: skip

    def action_again(self) -> None:
        self.reload()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        if self.report is not None:
            from persona_tui.report.text import as_text

            self.app.copy_to_clipboard(as_text(self.report))
            self.host.tell("Copied.")

    def action_write(self, form: str) -> None:
        if self.report is not None:
            self.start(self._writing(self.report, form), group=f"write {form}")

    async def _writing(self, report: Report, form: str) -> None:
        stamp = f"{report.generated_at:%Y-%m-%d-%H%M%S}"
        path = self.host.paths.data_dir / "reports" / f"persona-report-{stamp}.{FORMS[form]}"

        def write() -> Path:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, rendered(report, form).encode("utf-8"))
            return path

        written = await asyncio.to_thread(write)
        self.host.tell(f"Written to {written}.")

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand(
            "Report: judge", "Let a model answer the same, or stop it", self.action_judge
        )
        yield SystemCommand(
            "Report: synthetic users", "Play them to compare with, or stop", self.action_foil
        )
        yield SystemCommand("Report: HTML", "A file to keep", lambda: self.action_write("html"))
        yield SystemCommand("Report: Markdown", "As text", lambda: self.action_write("md"))
        yield SystemCommand("Report: JSON", "To compute with", lambda: self.action_write("json"))


def _draw(widget: object, plot: Plot) -> None:
    from widgets.plots import TerminalPlot

    if not isinstance(widget, TerminalPlot):
        return
    if plot.kind == "bars":
        widget.draw_bars(plot.title, plot.labels, plot.series[0].y)
    else:
        lines = [(one.label, one.x, one.y) for one in plot.series]
        widget.draw_line(plot.title, plot.x_label, plot.y_label, lines)
