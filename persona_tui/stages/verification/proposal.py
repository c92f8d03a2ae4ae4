"""What the two ways of refining share: the words that a statement rests on, and what may be said.

What a refined statement adds beyond its words is refused, as in extraction: words that somebody in the
conversation dictated, numbers that nobody said, and statements that have nothing in common with the
words at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from persona_tui.stages.extraction.agreement import content
from persona_tui.stages.extraction.holistic import planted
from persona_tui.stages.extraction.languages import language_of
from store.records import Evidence

Action = Literal["keep", "weaken", "correct", "withdraw"]
ACTIONS: tuple[Action, ...] = ("keep", "weaken", "correct", "withdraw")
_BEGINNING = re.compile(r"the user\b", re.IGNORECASE)
"""Of statements in English, and what takes their place must be one too."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Words:
    """A quote, and the text of the message that it is from."""

    evidence: Evidence
    message: str

    @property
    def quote(self) -> str:
        return self.message[self.evidence.start : self.evidence.end]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the extractor wants; ``text`` with *weaken* and *correct*, ``None`` if it had none that
    stands."""

    action: Action
    text: str | None = None
    note: str | None = None


def adds(text: str, before: str, words: Sequence[Words]) -> bool:
    """Whether ``text`` says what neither the words nor ``before`` can have led to."""
    said = " ".join([before, *(one.quote for one in words)])
    if set(_NUMBER.findall(text)) - set(_NUMBER.findall(said)):
        return True
    here = set(content(text)) - {"user"}
    # A quote that itself dictates vouches for nothing.
    honest = " ".join([before, *(one.quote for one in words if not planted([one.quote]))])
    if planted(one.message for one in words) & (here - set(content(honest))):
        return True
    if not _BEGINNING.match(before):
        return False
    if not _BEGINNING.match(text):
        return True
    return language_of(said) == "en" and not here & set(content(said))
