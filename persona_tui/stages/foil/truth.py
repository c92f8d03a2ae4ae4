"""What is true of a synthetic user is known: verdicts on attributes without asking anybody.

An inferred attribute is compared with the persona's facts by the cosine of sentence embeddings. Close
to one (``STATED``): the persona states it. Far from all (``FOREIGN``): the persona is the whole truth,
so nothing in it says so. Between the two nobody is sure, and the question is left to the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.stages.foil.personas import Persona
from store.records import Verdict

if TYPE_CHECKING:
    from models.protocol import Embedder

STATED, FOREIGN = 0.72, 0.50


@dataclass(frozen=True, slots=True)
class Truth:
    """What the persona says of one attribute."""

    verdict: Verdict | None
    """``None``: neither stated nor foreign."""
    fact: int | None
    """The nearest fact, where it is stated."""
    score: float
    """Cosine with the nearest fact."""


async def known(persona: Persona, attributes: Sequence[str], embedder: Embedder) -> list[Truth]:
    """One :class:`Truth` for each attribute, in order. Raises :class:`models.errors.ModelError`."""
    if not attributes or not persona.facts:
        return [Truth(None, None, 0.0) for _ in attributes]
    facts = (await embedder.embed([fact.text for fact in persona.facts])).vectors
    rows = (await embedder.embed(list(attributes))).vectors
    cosines = rows @ facts.T
    found = []
    for row in cosines:
        nearest = int(row.argmax())
        score = float(row[nearest])
        if score >= STATED:
            found.append(Truth("ok", nearest, score))
        else:
            found.append(Truth("bad" if score < FOREIGN else None, None, score))
    return found


def relevant(persona: Persona, fact: int, topic: str, *, personal: bool) -> bool | None:
    """Whether a fact should change the answer to a bank prompt of ``topic``; ``None`` if the persona
    does not say (one's own profile)."""
    topics = persona.facts[fact].topics
    if persona.key == "own":
        return None
    return personal and topic in topics
