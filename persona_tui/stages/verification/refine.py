"""Verify-and-refine: what the verifier flags goes back to the extractor, with the reason and its words.

The extractor may keep, weaken, correct or withdraw a statement. What it writes is checked as
extraction checks it, and scored by the verifier again; what is still flagged goes back once more. A
weakened statement that only tells what was asked for ("asked once for a French translation") is not
about the user and is dropped.

Capable models decide and write in one structured answer (:mod:`.refine_holistic`). Small ones cannot
weigh a statement against words (:mod:`.refine_grounded`): there the words themselves decide what is
possible, as far as code can tell, and the model decides among the rest and writes.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.protocol import Backend, Embedder
from persona_tui.stages.extraction import ExtractionSettings
from persona_tui.stages.verification import refine_grounded, refine_holistic, refine_prompts
from persona_tui.stages.verification.proposal import Action, Proposal, Words
from store.records import Attribute

MAX_WORDS = 5
"""Quotes that the extractor is shown."""
ONLY_ASKED = "It tells only what was asked for, nothing about the user."
_ASKED = re.compile(
    r"^the user (?:has |had |have )?(?:once |recently |only |just )*(?:asked|asks|requested|requests"
    r"|inquired|wanted (?:help|to know|a|an|some)|wants? (?:help|to know)|sought|seeks|needed (?:help|a|an)"
    r"|was (?:asking|looking)|looked (?:for|up)|sent|pasted|shared a text|had (?:a|one) (?:question|request))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the verifier says of a statement."""

    probability: float
    """That it is problematic, 0 to 1."""
    reason: str
    """Why, in words that the extractor can follow."""


Verify = Callable[[str], Awaitable[Doubt]]
"""Scores the same attribute with other words."""


@dataclass(frozen=True, slots=True)
class Step:
    """One round. ``after`` is ``None`` where the statement was withdrawn."""

    round: int
    doubt: Doubt
    before: str
    action: Action
    after: str | None
    probability_after: float | None
    is_last: bool
    note: str | None = None
    """What could not be read or was done by the next best means."""


def words_of(attribute: Attribute, messages: dict[str, str]) -> tuple[Words, ...]:
    """The quotes that the extractor is shown, each with the text of its message."""
    return tuple(
        Words(evidence, messages[evidence.message_id])
        for evidence in attribute.evidence
        if evidence.message_id in messages
    )[:MAX_WORDS]


async def refine(
    attribute: Attribute,
    doubt: Doubt,
    words: Sequence[Words],
    backend: Backend,
    embedder: Embedder,
    verify: Verify,
    settings: ExtractionSettings,
    *,
    threshold: float,
    begun: Step | None = None,
) -> AsyncGenerator[Step, None]:
    """At most two steps. ``begun`` is a first one that was kept when the work was stopped.

    Args:
        doubt: what the verifier says of the attribute as it stands.
        words: what it rests on (:func:`words_of`); without any it is withdrawn.
        threshold: the verifier's: from this probability on a statement is flagged.

    Raises :class:`models.errors.ModelError`.
    """
    before, number = attribute.text, 1
    if begun is not None and begun.after is not None:
        before, number = begun.after, 2
        doubt = await verify(before)
    strategy = settings.resolve(backend.describe())
    while True:
        if number == 2 and only_asked(before):
            reason = Doubt(doubt.probability, ONLY_ASKED)
            yield Step(2, reason, before, "withdraw", None, None, is_last=True)
            return
        if not words:
            proposal = Proposal("withdraw")
        elif strategy == "grounded":
            proposal = await refine_grounded.propose(
                before, doubt.probability, words, backend, embedder, settings
            )
        else:
            proposal = await refine_holistic.propose(
                before, doubt.reason, words, backend, attribute.language
            )
        action, after = _settled(proposal, before, attribute.text)
        note = proposal.note
        if action == "withdraw" or (number == 2 and after is not None and only_asked(after)):
            yield Step(number, doubt, before, "withdraw", None, None, is_last=True, note=note)
            return
        if action == "keep" or after is None:
            yield Step(
                number, doubt, before, "keep", before, doubt.probability, is_last=True, note=note
            )
            return
        found = await verify(after)
        is_last = number == 2 or (found.probability < threshold and not only_asked(after))
        yield Step(
            number, doubt, before, action, after, found.probability, is_last=is_last, note=note
        )
        if is_last:
            return
        before, doubt, number = after, found, 2


def _settled(proposal: Proposal, before: str, original: str) -> tuple[Action, str | None]:
    """What a proposal comes to: without other words nothing changes, and the way back is none."""
    if proposal.action in ("keep", "withdraw"):
        return proposal.action, None
    text = proposal.text
    if text is None or _plain(text) in (_plain(before), _plain(original)):
        return "keep", None
    return proposal.action, text


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def only_asked(text: str) -> bool:
    """True for English statements that only tell of a request: nothing about the user."""
    return bool(_ASKED.match(text))


def prompt_text(strategy: Literal["grounded", "holistic"]) -> tuple[str, str]:
    """Hash and text of what is asked, to be remembered with a run."""
    return refine_prompts.template_sha256(strategy), refine_prompts.template(strategy)


def parameters(strategy: Literal["grounded", "holistic"]) -> dict[str, object]:
    """What is stored with a run, beside its prompt."""
    how = refine_grounded if strategy == "grounded" else refine_holistic
    return {
        **how.SAMPLING.as_parameters(),
        "task": "refine",
        "confidence": "of the attribute that was flagged",
        "max_words": MAX_WORDS,
    }
