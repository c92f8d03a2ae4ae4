"""The last look at the bytes that would leave: is anything in them that was to be taken out?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from persona_tui.donation.redaction.decoding import encoded_runs, unescaped
from persona_tui.donation.redaction.finding import Kind, Known
from persona_tui.donation.redaction.folding import Folded, fold
from persona_tui.donation.redaction.seeds import searchable
from persona_tui.donation.redaction.squeezing import needles, occurrences


class FinalCheck:
    """Knows everything that was known or found; tells which kinds of it are still there.

    ``originals``: kind and text of each finding that was taken out. ``kept``: texts that the person
    decided to leave: what stands in one of them is no leak. ``public``: the program's own passages
    (licence, card), where any word may stand.
    """

    def __init__(
        self,
        known: Iterable[Known],
        originals: Iterable[tuple[Kind, str]] = (),
        *,
        kept: Iterable[str] = (),
        public: Iterable[str] = (),
    ) -> None:
        every = [*known, *(Known(kind, text) for kind, text in originals if searchable(kind, text))]
        wanted = needles(every)
        allowed = {
            (needle.key, needle.backwards)
            for text in kept
            for _, _, needle in occurrences(fold(text), wanted)
        }
        self._needles = [one for one in wanted if (one.key, one.backwards) not in allowed]
        self._public = sorted(
            (text.encode() for text in public if text.strip()), key=len, reverse=True
        )

    def leaks(self, data: bytes) -> list[str]:
        """Kinds of what is in ``data``, sorted; never what it is.

        Looked at as it stands, without regard to case, accents, lookalikes and spacing, reversed,
        unescaped (URL, JSON, HTML), and decoded from base64 (every alignment) and hexadecimal.
        Compressed data must be given unpacked.
        """
        for passage in self._public:
            data = data.replace(passage, b"\n")
        return sorted({kind for view in _views(data) for kind in self._in(view)})

    def _in(self, view: Folded) -> Iterator[Kind]:
        for _, _, needle in occurrences(view, self._needles):
            yield needle.kind


def _views(data: bytes) -> Iterator[Folded]:
    texts = [data.decode("utf-8", "replace")]
    if b"\0" in data:
        texts.append(data.replace(b"\0", b"").decode("utf-8", "replace"))  # UTF-16
    for text in texts:
        yield fold(text)
        open_view = unescaped(text)
        if open_view is not None:
            yield open_view
        meanings = [one for _, _, some in encoded_runs(text) for one in some]
        yield fold("\n\n".join(meanings))
        yield fold(
            "\n\n".join(
                one for text in meanings for _, _, some in encoded_runs(text) for one in some
            )
        )
