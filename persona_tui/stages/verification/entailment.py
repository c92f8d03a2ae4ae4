"""Do the user's words show the attribute? Asked of a model, as a choice between two words."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from persona_tui.stages.verification.features import Subject

if TYPE_CHECKING:
    from models.protocol import Backend

HEAD = (
    "Someone wrote to an assistant. Does what they wrote show that the statement about them is true? "
    "A request, a quote or a made-up case shows nothing about them.\n"
    "Answer with one word: yes or no.\n\n"
)
WORDING_VERSION = "1"
MOST_QUOTED = 600
"""Characters of evidence that are shown."""
OPTIONS = ("yes", "no")


def row(subject: Subject) -> str:
    """One question, after :data:`HEAD`."""
    quoted, room = [], MOST_QUOTED
    for said in subject.said:
        if room <= 0:
            break
        quoted.append(f"“{' '.join(said.quote.split())[:room]}”")
        room -= len(said.quote)
    return f"They wrote: {' … '.join(quoted) or 'nothing'}\nStatement: {subject.text}\nAnswer:"


async def ask(
    backend: Backend,
    subjects: Sequence[Subject],
    *,
    block: int = 8,
    seconds: float = math.inf,
    on_step: Callable[[int], None] = lambda _done: None,
) -> list[float]:
    """Log-odds of *yes*, one each, of the first of ``subjects``: as many as are answered in about
    ``seconds``. The instructions are read once for a block; ``on_step(done)`` follows each.

    Raises :class:`models.errors.ModelError`.
    """
    from models.protocol import ChatMessage

    found: list[float] = []
    prefix = [ChatMessage("user", HEAD)]
    end = time.monotonic() + seconds
    for first in range(0, len(subjects), block):
        part = subjects[first : first + block]
        answer = await backend.choose(prefix, [row(one) for one in part], list(OPTIONS))
        found += [yes - no for yes, no in answer.logprobs]
        on_step(len(found))
        if time.monotonic() >= end:
            break
    return found
