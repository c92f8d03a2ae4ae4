"""The person's own opening prompts: which of them are fit to be asked about, drawn at random."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.protocol import Embedder

SHORTEST, LONGEST = 12, 1500
"""Characters. Shorter ones ("hi", "continue") ask nothing; longer ones are pasted texts."""
SAME = 0.9
"""Cosine from which two prompts are the same question in other words."""
OFFERED = 8
"""Prompts that are embedded for each one wanted: enough to drop doubles, bounded for long histories."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first message of one of the person's conversations."""

    message_id: str
    text: str
    language: str | None = None


def is_fit(text: str) -> bool:
    """Whether it can be asked about by itself: it asks something, and is no pasted document."""
    text = text.strip()
    return (
        SHORTEST <= len(text) <= LONGEST
        and sum(character.isalpha() for character in text) >= len(text) / 2
        and text.count("\n") <= 20
    )


def shuffled(openings: Sequence[Opening], seed: str) -> list[Opening]:
    """In the random order that ``seed`` gives; it does not depend on how they come in."""
    return sorted(
        openings, key=lambda one: hashlib.sha256(f"{seed}\0{one.message_id}".encode()).digest()
    )


async def draw(
    openings: Sequence[Opening],
    wanted: int,
    embedder: Embedder,
    *,
    seed: str,
    there: Sequence[str] = (),
) -> list[Opening]:
    """``wanted`` of the fit ones at random. Near-duplicates are dropped: of one another (the first
    drawn stays) and of the prompts that are ``there``.

    Raises :class:`models.errors.ModelError`.
    """
    import numpy as np

    seen = {_folded(text) for text in there}
    offered: list[Opening] = []
    for one in shuffled(openings, seed):
        key = _folded(one.text)
        if is_fit(one.text) and key not in seen:
            seen.add(key)
            offered.append(one)
        if len(offered) >= wanted * OFFERED:
            break
    if not offered:
        return []
    rows = (await embedder.embed([*there, *(one.text for one in offered)])).vectors
    taken = list(range(len(there)))
    chosen: list[Opening] = []
    for place, one in enumerate(offered, len(there)):
        if len(chosen) >= wanted:
            break
        if not taken or float(np.max(rows[taken] @ rows[place])) < SAME:
            taken.append(place)
            chosen.append(one)
    return chosen


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
