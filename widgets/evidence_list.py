"""Quotes with where they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from widgets.safe import plain


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One quote as shown: what stands before it, itself, what stands after it, and its place."""

    before: str
    quote: str
    after: str
    where: str
    missing: int = 0
    """Characters of the quote that are left out."""


class EvidenceList(Static):
    """The quotes one under the other. Told by quotation marks and brightness, not by colour."""

    DEFAULT_CSS = """
    EvidenceList { height: auto; border-left: outer $primary 60%; padding: 0 0 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: tuple[tuple[EvidenceLine, ...], int] | None = None

    def show(self, lines: Sequence[EvidenceLine], *, more: int = 0) -> None:
        """Show ``lines`` and say that there are ``more``."""
        if self._shown == (tuple(lines), more):
            return
        self._shown = (tuple(lines), more)
        parts = [_line(line) for line in lines]
        if more:
            parts.append(Content.styled(f"and {more} more; Enter opens the conversations", "dim"))
        self.update(Content("\n\n").join(parts))


def _line(line: EvidenceLine) -> Content:
    missing = f" … ({line.missing:,} more characters)" if line.missing else ""
    return Content.assemble(
        (plain(line.before, one_line=True) + (" " if line.before[-1:].isspace() else ""), "dim"),
        "“",
        plain(line.quote),
        "”",
        (missing, "dim"),
        ((" " if line.after[:1].isspace() else "") + plain(line.after, one_line=True), "dim"),
        "\n",
        (plain(line.where, one_line=True), "dim italic"),
    )
