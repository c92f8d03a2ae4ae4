"""From pieces to text that can be shown: whole characters, no thoughts, nothing after a stop."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

THINKING = "The model is thinking…"
"""What the person is told when thoughts begin: until they end there is nothing to read."""

THOUGHT_NOTE = "the model thought aloud first; its thoughts are not part of the answer"

_TAGS = (("<think>", "</think>"), ("<thinking>", "</thinking>"))


def only_thoughts(max_tokens: int) -> str:
    """The sentence for thoughts that filled the whole answer."""
    return (
        f"The model used all of its {max_tokens:,} tokens for thinking and gave no answer; allow "
        "longer answers in the settings (chat.max_tokens) or choose a model that does not think."
    )


class Thoughts:
    """Leaves out the ``<think>…</think>`` that reasoning models put before their answer.

    Only what may still turn out to be a tag is held back. Tags later in an answer are text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        self._answering = False
        self.met = False
        """Whether there were any."""

    def feed(self, text: str) -> str:
        """What of the answer is certain now."""
        if self._answering:
            return text
        self._held += text
        passed = ""
        while True:
            if self._closing:
                at = self._held.find(self._closing)
                if at < 0:
                    self._held = self._held[-len(self._closing) :]
                    return passed
                self._held, self._closing = self._held[at + len(self._closing) :], ""
            said = self._held.lstrip()
            if not self.met:  # blank lines between thoughts and answer belong to neither
                passed += self._held[: len(self._held) - len(said)]
            self._held = said
            begun = next((tag for tag in _TAGS if said.startswith(tag[0])), None)
            if begun is None:
                break
            self.met = True
            self._held, self._closing = said[len(begun[0]) :], begun[1]
        if any(opening.startswith(said) for opening, _ in _TAGS):
            return passed
        self._answering = True
        return passed + self.finish()

    def finish(self) -> str:
        """What was still held back when the answer ended; unfinished thoughts are left out."""
        rest, self._held = self._held, ""
        return "" if self._closing else rest


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
        self.thoughts = Thoughts()
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Take the next token's bytes; return the text that is certain now, possibly empty."""
        if self.stopped:
            return ""
        self._held += self.thoughts.feed(self._decoder.decode(piece))
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
        rest, self._held = self._held + self.thoughts.finish(), ""
        return rest

    def _possible_stop(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        longest = min(max((len(one) for one in self._stop), default=1) - 1, len(self._held))
        for length in range(longest, 0, -1):
            tail = self._held[-length:]
            if any(one.startswith(tail) for one in self._stop):
                return length
        return 0
