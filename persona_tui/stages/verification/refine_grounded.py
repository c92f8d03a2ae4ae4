"""Refining with a small model.

Asked to weigh a statement against words, the starter model answers no better than chance (measured:
``benchmarks/refine.py``). So the words decide what is possible, by the means of extraction: whether
they speak of their writer at all, whether the statement says no more than they do, whether they can be
restated. The model's choice (by ``choose``, its liking for each answer taken out) decides among what is
left, beside the verifier's probability; and it writes, sentence by sentence as in extraction, with the
same checks.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.protocol import Backend, Embedder
from persona_tui.stages.extraction import ExtractionSettings, grounded
from persona_tui.stages.extraction.agreement import agreement, content
from persona_tui.stages.extraction.gate import gate
from persona_tui.stages.extraction.languages import language_of, reported
from persona_tui.stages.extraction.structure import Structure, analyse
from persona_tui.stages.verification import refine_prompts
from persona_tui.stages.verification.proposal import ACTIONS, Action, Proposal, Words, adds

SAMPLING = grounded.SAMPLING
TRUST = 0.5
"""What the model's log-odds count beside those of the words and the verifier."""
SHOWN = 400
"""Characters of the words that the choice is made from."""
LEAST = 1 / 3
"""Share of the words' meaning from which a statement that adds nothing is taken as one half of them, and
not as a garbled whole ("I run a youth football team": "is a football team")."""
_LOOSE = re.compile(
    r"\b(?:it|these|those|(?:this|that) (?:one|is|was))\b|\b(?:this|that|there|do so)\W*(?:tomorrow|again|later"
    r"|now)?\W*$",
    re.IGNORECASE,
)
"""Points at something that the statement does not name."""
_NAMES_ENOUGH = 4
"""Words of meaning from which a statement is taken to stand by itself, whatever it points at."""
_HEDGES = frozenset(content("once said says mentioned told time day"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a statement stands to its words."""

    weights: Mapping[Action, float]
    """How probable each action is before the model is asked; 0 is impossible."""
    restated: str | None = None
    """What the words do say, where the statement says something else."""


async def propose(
    before: str,
    probability: float,
    words: Sequence[Words],
    backend: Backend,
    embedder: Embedder,
    settings: ExtractionSettings,
) -> Proposal:
    """What becomes of ``before``, which is problematic with ``probability``. Raises
    :class:`models.errors.ModelError`."""
    speaking = await _speaking(words, embedder, settings.gate_threshold)
    standing = await _standing(before, probability, speaking, backend, settings)
    possible = [action for action in ACTIONS if standing.weights.get(action, 0.0) > 0]
    action = possible[0]
    if len(possible) > 1:
        action = await _chosen(before, speaking, standing.weights, backend)
    if action in ("keep", "withdraw"):
        return Proposal(action)
    if standing.restated is not None:
        return Proposal(action, standing.restated)
    text = await _weaker(before, speaking, backend)
    if text is None and "keep" not in possible:
        return Proposal("withdraw")
    return Proposal(action, text)


async def _speaking(words: Sequence[Words], embedder: Embedder, threshold: float) -> list[Words]:
    """Those of the words in which the user speaks of themselves, in their own voice."""
    structures: dict[str, Structure] = {}
    found = []
    for one in words:
        key = one.evidence.message_id
        if key not in structures:
            structures[key] = await asyncio.to_thread(analyse, one.message)
        for gated in await gate(structures[key], embedder):
            overlaps = (
                gated.sentence.start < one.evidence.end and one.evidence.start < gated.sentence.end
            )
            if overlaps and gated.probability >= threshold:
                found.append(one)
                break
    return found


async def _standing(
    before: str,
    probability: float,
    speaking: Sequence[Words],
    backend: Backend,
    settings: ExtractionSettings,
) -> Standing:
    p = min(0.99, max(0.01, probability))
    is_loose = _LOOSE.search(before) and len(set(content(before)) - {"user"}) < _NAMES_ENOUGH
    if not speaking or is_loose:
        return Standing({"withdraw": 1.0})
    if any(_says_no_more(before, one.quote) for one in speaking):
        # The words show it: it takes a sure verifier and the model to say otherwise.
        return Standing({"keep": 1.0, "weaken": p * (1 - p), "withdraw": p * p / 2})
    for one in speaking:
        made = await grounded.restate(one.quote, language_of(one.message), backend, settings)
        if made is not None and not adds(made.text, before, speaking):
            return Standing({"weaken": 0.5, "correct": 0.5}, made.text)
    return Standing({"weaken": 0.5, "withdraw": 0.5})


def _says_no_more(statement: str, quote: str) -> bool:
    language = language_of(quote)
    if language == "en" == language_of(statement):
        found = agreement(quote, statement)
        return found.ok or (found.reason == "too little" and found.recall >= LEAST)
    return any(statement == reported(quote, code) for code in (language, "en"))


async def _chosen(
    before: str, words: Sequence[Words], weights: Mapping[Action, float], backend: Backend
) -> Action:
    """The most probable action: the weights times what the model adds to its liking for a word."""
    said = " … ".join(one.quote for one in words)[:SHOWN]
    asked = refine_prompts.choices(said, before)
    choice = await backend.choose(refine_prompts.choosing(), asked, ACTIONS, lane="background")
    here, *neutral = choice.logprobs

    def score(place: int) -> float:
        liking = sum(row[place] for row in neutral) / len(neutral)
        return TRUST * (here[place] - liking) + math.log(weights[ACTIONS[place]])

    possible = [i for i, action in enumerate(ACTIONS) if weights.get(action, 0.0) > 0]
    return ACTIONS[max(possible, key=score)]


async def _weaker(before: str, words: Sequence[Words], backend: Backend) -> str | None:
    """A weaker sentence of the model's, if it adds nothing; English only."""
    for one in words:
        if language_of(one.quote) != "en":
            continue
        messages = refine_prompts.weakening(one.quote[:SHOWN], before)
        text = await grounded.first_sentence(messages, backend)
        if text is None:
            continue
        made, said = set(content(text)) - {"user"}, set(content(one.quote))
        if made & said and not made - said - _HEDGES and not adds(text, before, words):
            return text
    return None
