"""A verifier that flags what it is told to flag, and a journal for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from persona_tui.stages.verification.refine import Doubt
from store.records import Attribute


@dataclass
class ScriptedVerifier:
    """Flags by text; what is not named is fine."""

    flags: Mapping[str, float] = field(default_factory=dict)
    learned_id: str = "verifier-1"
    threshold: float = 0.5
    asked: list[str] = field(default_factory=list)

    async def doubts(self, found: Sequence[Attribute]) -> list[Doubt]:
        self.asked += [one.text for one in found]
        return [Doubt(self.flags.get(one.text, 0.1), "It rests on one request.") for one in found]
