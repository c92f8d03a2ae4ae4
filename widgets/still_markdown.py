"""Markdown that does not change any more, drawn by one widget.

Textual's Markdown widget is made for streaming and makes a widget of every paragraph, list item and
table cell: a transcript of 70 such messages held the loop up for seconds. Rich draws the same text
into one widget. Links are shown with their address and cannot be followed; images are not fetched.
"""

from __future__ import annotations

from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.text import Text


class _Heading(Heading):
    """A heading at the left: Rich centres them and draws a box around the first."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if isinstance(self.text, Text):
            heading = self.text.copy()
            heading.justify = "left"
            heading.stylize("bold underline" if self.tag == "h1" else "bold")
            yield heading


class _StillMarkdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
    }


def still_markdown(text: str, *, dark: bool) -> Markdown:
    """``text`` (safe already) as something that a ``Static`` draws."""
    return _StillMarkdown(text, code_theme="ansi_dark" if dark else "ansi_light", hyperlinks=False)
