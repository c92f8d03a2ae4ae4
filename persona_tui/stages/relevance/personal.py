"""Which attributes to use for a prompt: what the person's own model says, or a rule before there is one.

**Before anything was learned** an attribute is used if the sentence embeddings of prompt and attribute
have a cosine of at least :data:`RULE_COSINE`, the nearest :data:`MOST` of them. Measured on the study's
human labels (2,463 pairs over 25 prompts): precision .36, recall .26, F1 .30, where a threshold of 0.10
has the best F1, .33, and .29 precision. Shared words alone are no better than chance there (.21), so they
are a reason that is told, not one to choose by.

What the person said for these very words goes before any model, where that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from persona_tui.stages.relevance.reasons import Reason

RULE_COSINE = 0.15
MOST = 6
"""Attributes that one answer is told, at most: a person says yes to about a fifth of theirs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An attribute that may be used."""

    attribute_id: str
    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """An attribute that is used, and why."""

    attribute_id: str
    text: str
    probability: float | None
    """That the person would say yes, by their own model; ``None``: the rule chose, or they did."""
    why: tuple[Reason, ...]


def picked(
    scores: Sequence[float],
    threshold: float,
    keys: Sequence[str],
    said: Mapping[str, bool] | None = None,
    most: int = MOST,
) -> list[int]:
    """Places of what is used, the highest score first.

    ``said`` is what the person said of ``keys`` for this prompt: their yes comes first, their no keeps
    it out. A score that is no number is never enough.
    """
    said = said or {}
    places = [
        at
        for at, (key, score) in enumerate(zip(keys, scores, strict=True))
        if said.get(key, score >= threshold)
    ]

    def rank(at: int) -> tuple[bool, float, int]:
        score = scores[at]
        return (keys[at] not in said, -score if score == score else 0.0, at)

    return sorted(places, key=rank)[:most]
