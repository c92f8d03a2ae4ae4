"""One attribute: the sentence alone, then the words it rests on. Scrolls inside when it is long."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from widgets.evidence_list import EvidenceLine, EvidenceList
from widgets.safe import plain


class AttributeCard(VerticalScroll, can_focus=False):
    """Shows what it is given by :meth:`show`; knows nothing of judging.

    ``sentence`` and ``correction`` are shown as plain text, whatever is in them.
    """

    DEFAULT_CSS = """
    AttributeCard {
        border: round $primary 60%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        padding: 1 3;
        scrollbar-size-vertical: 1;
    }
    AttributeCard > .sentence { text-style: bold; height: auto; }
    AttributeCard > .correction { color: $text-success; height: auto; margin-top: 1; }
    AttributeCard > .facts { color: $text-muted; height: auto; margin-top: 1; }
    AttributeCard > .hint { color: $text-muted; height: auto; margin-top: 1; }
    AttributeCard > EvidenceList { margin-top: 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static(classes="sentence", markup=False)
        yield Static(classes="correction", markup=False)
        yield Static(classes="facts", markup=False)
        yield Static(classes="hint", markup=False)
        yield EvidenceList()

    def show(
        self,
        sentence: str,
        *,
        correction: str | None = None,
        facts: str = "",
        hint: str = "",
        evidence: Sequence[EvidenceLine] | None = None,
        more: int = 0,
    ) -> None:
        """Show an attribute. ``evidence=None`` hides the evidence; ``more`` quotes are not shown;
        ``hint`` stands where the evidence would."""
        self._set(".sentence", plain(sentence))
        self._set(".correction", "" if correction is None else f"→ {plain(correction)}")
        self._set(".facts", facts)
        self._set(".hint", hint)
        shown = self.query_one(EvidenceList)
        shown.display = evidence is not None
        if evidence is not None:
            shown.show(evidence, more=more)

    def _set(self, part: str, text: str) -> None:
        """Write only what changed: an unchanged part costs no layout."""
        found = self.query_one(part, Static)
        found.display = bool(text)
        if found.content != text:
            found.update(text)
