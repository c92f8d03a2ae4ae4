"""Plots in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual_plotext import PlotextPlot


class TerminalPlot(PlotextPlot):
    """Draws lines with intervals, or bars; everything it is given is numbers and short labels."""

    DEFAULT_CSS = """
    TerminalPlot { height: 16; margin: 1 2; }
    """

    def draw_line(
        self,
        title: str,
        x_label: str,
        y_label: str,
        series: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    ) -> None:
        """Points over x, joined; each series with its name."""
        plot = self.plt
        plot.clear_figure()
        plot.title(title)
        plot.xlabel(x_label)
        plot.ylabel(y_label)
        for name, x, y in series:
            plot.plot(list(x), list(y), label=name, marker="braille")
        self.refresh()

    def draw_bars(self, title: str, labels: Sequence[str], values: Sequence[float]) -> None:
        """One bar a label."""
        plot = self.plt
        plot.clear_figure()
        plot.title(title)
        plot.bar(list(labels), list(values), orientation="horizontal", width=0.4)
        self.refresh()
