"""From token bytes to text that can be shown: whole characters, and nothing after a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class AnswerText:
    """Decodes the bytes of an answer piece by piece.

    A token may end inside a character and a stop string may be spread over tokens: what could
    still become either is held back. ``stopped`` tells that a stop string was met; it and what
    follows it are not part of the answer.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(one for one in stop if one)
        self._held = ""
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Take the next token's bytes; return the text that is certain now, possibly empty."""
        if self.stopped:
            return ""
        self._held += self._decoder.decode(piece)
        ends = [at for one in self._stop if (at := self._held.find(one)) >= 0]
        if ends:
            self.stopped = True
            certain, self._held = self._held[: min(ends)], ""
            return certain
        cut = len(self._held) - self._possible_stop()
        certain, self._held = self._held[:cut], self._held[cut:]
        return certain

    def finish(self) -> str:
        """The rest, when the model ended by itself; bytes of an unfinished character are dropped."""
        rest, self._held = self._held, ""
        return rest

    def _possible_stop(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        longest = min(max((len(one) for one in self._stop), default=1) - 1, len(self._held))
        for length in range(longest, 0, -1):
            tail = self._held[-length:]
            if any(one.startswith(tail) for one in self._stop):
                return length
        return 0
