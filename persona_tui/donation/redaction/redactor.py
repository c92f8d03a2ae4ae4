"""Everything in a text that could tell who wrote it, as far as rules and lists can know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from persona_tui.donation.redaction import ner as recognizer
from persona_tui.donation.redaction import tokens
from persona_tui.donation.redaction.decoding import encoded_runs, unescaped
from persona_tui.donation.redaction.finding import KINDS, By, Finding, Kind, Known, merged, without
from persona_tui.donation.redaction.folding import Folded, fold
from persona_tui.donation.redaction.line_ends import over_line_ends
from persona_tui.donation.redaction.patterns import every, shaped
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.squeezing import Needle, needles, occurrences

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)})_\d{{1,7}}\]")
"""What stands where something was taken out: never searched again."""
_REPEATED = frozenset({"SECRET", "CARD", "IBAN", "SSN", "EMAIL", "PHONE", "PATH"})
_MOST = 200
"""As many findings are looked for again: a list of addresses must not take forever."""
_SPACED = re.compile(r"(?<![^\s])(?:[^\s][ \t]{1,2}){7,400}[^\s](?![^\s])")


class Redactor:
    """Finds what to take out. ``known`` is looked for in every spelling.

    ``ner``: whether spaCy looks for names too; ``None`` uses it where it is installed.
    """

    def __init__(self, known: Sequence[Known], *, ner: bool | None = None) -> None:
        self._needles: list[Needle] = needles(known)
        self.uses_ner = recognizer.installed() if ner is None else ner

    def find(self, text: str) -> list[Finding]:
        """All findings in ``text``, sorted and without overlaps; none touches a placeholder."""
        view = fold(text)
        found = merged(self._all(text, view))
        # What was found once may stand elsewhere in another spelling.
        again = needles(
            [Known(one.kind, text[one.start : one.end]) for one in found if one.kind in _REPEATED][
                :_MOST
            ]
        )
        found = merged([*found, *_known(view, again)])
        return without(found, [match.span() for match in PLACEHOLDER.finditer(text)])

    def _all(self, text: str, view: Folded) -> Iterator[Finding]:
        plain = [_extended(view.text, span) for span in every(view.text)]
        yield from _mapped(view, plain, "pattern")
        yield from _known(view, self._needles)
        taken = [
            (one.start, one.end) for one in merged(Finding(*span, "pattern") for span in plain)
        ]
        cut = [_extended(view.text, span) for span in over_line_ends(view.text, taken)]
        yield from _mapped(view, cut, "pattern")
        for part in _spaced(view):
            yield from _mapped(part, shaped(part.text), "pattern")
        open_view = unescaped(text)
        if open_view is not None:
            yield from _mapped(open_view, every(open_view.text), "encoded")
            yield from _known(open_view, self._needles, "encoded")
        yield from self._encoded(text)
        if self.uses_ner:
            for start, end in recognizer.people(text):
                yield Finding(start, end, "NAME", "ner")

    def _encoded(self, text: str) -> Iterator[Finding]:
        for start, end, meanings in encoded_runs(text):
            for meaning in meanings:
                kind = next(self._meant(meaning, 2), None)
                if kind is not None:
                    yield Finding(start, end, kind, "encoded")
                    break

    def _meant(self, meaning: str, depth: int) -> Iterator[Kind]:
        """Kinds of what an encoded stretch says; encodings of encodings are opened ``depth`` times."""
        view = fold(meaning)
        for _, _, needle in occurrences(view, self._needles):
            if len(needle.key) >= 4:
                yield needle.kind
        for _, _, kind in shaped(view.text):
            yield kind
        if depth:
            for _, _, inner in encoded_runs(meaning):
                for one in inner:
                    yield from self._meant(one, depth - 1)


def _known(view: Folded, wanted: Iterable[Needle], by: By = "list") -> Iterator[Finding]:
    for start, end, needle in occurrences(view, wanted):
        yield Finding(*view.span(start, end), needle.kind, "encoded" if needle.backwards else by)


def _mapped(view: Folded, spans: Iterable[Span], by: By) -> Iterator[Finding]:
    for start, end, kind in spans:
        yield Finding(*view.span(start, end), kind, by)


def _extended(text: str, span: Span) -> Span:
    """A secret goes on in the next line where that looks as random."""
    start, end, kind = span
    return (start, tokens.over_line_end(text, end), kind) if kind == "SECRET" else span


def _spaced(view: Folded) -> Iterator[Folded]:
    """Stretches written letter by letter, closed up."""
    for match in _SPACED.finditer(view.text):
        kept = [i for i in range(match.start(), match.end()) if not view.text[i].isspace()]
        yield view.part("".join(view.text[i] for i in kept), kept)
