"""Refining with a model that can follow a JSON schema: it decides and writes in one answer.

Nothing in the answer is trusted: what is written passes what extraction's statements pass, and may
add nothing that the words cannot have led to. An answer that cannot be read changes nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence

from models.errors import ContextOverflowError, InvalidOutputError
from models.protocol import Backend, Sampling
from persona_tui.stages.extraction.languages import language_of
from persona_tui.stages.extraction.statements import statement
from persona_tui.stages.verification import refine_prompts
from persona_tui.stages.verification.proposal import ACTIONS, Proposal, Words, adds

SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=256, seed=0)
AROUND = 300
"""Characters of the message that are shown on each side of a quote: who is speaking shows there."""
LONGEST = 600
"""Characters of one quote."""
UNREADABLE = "the model's answer could not be read"


async def propose(
    before: str,
    reason: str,
    words: Sequence[Words],
    backend: Backend,
    language: str | None,
) -> Proposal:
    """What the model makes of ``before``. Raises :class:`models.errors.ModelError`, except for answers
    that cannot be read and prompts that do not fit: those change nothing."""
    # In the language of what was flagged: another one would tell which of the two was refined.
    wanted = language or language_of(before)
    mark = secrets.token_hex(8)
    messages = refine_prompts.holistic(before, reason, [_piece(w) for w in words], mark, wanted)
    try:
        answer = await backend.structured(
            messages, refine_prompts.HOLISTIC_SCHEMA, sampling=SAMPLING, lane="background"
        )
    except InvalidOutputError:
        return Proposal("keep", note=UNREADABLE)
    except ContextOverflowError:
        return Proposal("keep", note="the words do not fit into the model's context")
    return read(answer.value, before, words)


def read(value: object, before: str, words: Sequence[Words]) -> Proposal:
    """What of an answer stands. ``value`` may be anything."""
    action = value.get("action") if isinstance(value, Mapping) else None
    if action not in ACTIONS or not isinstance(value, Mapping):
        return Proposal("keep", note=UNREADABLE)
    if action in ("keep", "withdraw"):
        return Proposal(action)
    raw = value.get("attribute")
    text = statement(raw) if isinstance(raw, str) else None
    if text is None or adds(text, before, words):
        return Proposal("keep", note="what the model wrote says more than the words do")
    return Proposal(action, text)


def _piece(words: Words) -> str:
    """A quote in its message, as JSON strings: no line break, no mark and no role of its own."""
    start, end = words.evidence.start, words.evidence.end
    return json.dumps(
        {
            "before": words.message[max(0, start - AROUND) : start],
            "the user's words": words.quote[:LONGEST],
            "after": words.message[end : end + AROUND],
        },
        ensure_ascii=False,
    )
