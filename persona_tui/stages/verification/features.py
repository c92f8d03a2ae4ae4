"""What tells of an attribute whether it is right: signs in its words, in its evidence, and between both.

Each sign is a number whose meaning does not depend on the person; what a sign is worth to one person is
learned (:mod:`models.learned.verifier`). Signs that cannot be had (no confidence, no model to ask) are
NaN, never a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from persona_tui.stages.extraction import agreement, structure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_EVIDENCE = 12
"""Spans that are looked at: an attribute with hundreds of sources is not judged by all of them."""
MOST_CHARACTERS = 20_000
"""Of a message, around its quote: enough to see whose voice it is."""


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of evidence, where it stands."""

    quote: str
    message: str
    """The whole message, or the part of it around the quote."""
    start: int
    """Where the quote begins in ``message``, in characters."""
    conversation_id: str = ""
    day: int = 0
    """Days since an epoch: only differences count."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An attribute, as far as its signs need it."""

    text: str
    said: tuple[Said, ...] = ()
    confidence: float | None = None
    sources: int = 1
    """How often extraction stated it."""
    entailment: float | None = None
    """Log-odds of *yes* when a model was asked whether the words show it; ``None``: not asked."""
    about: object = field(default=None, compare=False)


NAMES: tuple[str, ...] = (
    "overlap", "kept", "similarity", "entailment", "confidence",
    "sources", "conversations", "days", "repeated",
    "request", "question", "other_voice", "play", "no_first_person",
    "wish", "once", "hedged", "sweeping", "trait", "task", "pointing", "length", "mismatch",
)  # fmt: skip
"""Order of the columns."""

_NO_ATTRIBUTE = re.compile(r"^\s*the user(?:['’]s)?\s*", re.IGNORECASE)
_I = re.IGNORECASE
_HEDGED = re.compile(
    r"\b(?:may|might|could|likely|possibly|perhaps|probably|seems?|appears?|suggests?|potentially)\b",
    _I,
)
_SWEEPING = re.compile(
    r"\b(?:always|never|often|usually|frequently|generally|constantly|every|all|very|highly|deeply|extremely"
    r"|strongly|passionate|avid|expert|experienced|extensive|regular(?:ly)?|long-?time|dedicated)\b", _I,
)  # fmt: skip
_TRAIT = re.compile(
    r"\b(?:enjoys?|loves?|likes?|values?|tends?|prefers?|interested|interest|fond|cares?|appreciates?|keen|curious"
    r"|enthusias\w+|fan|hates?|dislikes?|believes?|is an? (?:\w+ )?person|personality|organi[sz]ed|creative"
    r"|ambitious|perfectionist)\b", _I,
)  # fmt: skip
_TASK = re.compile(
    r"\b(?:asks?|asked|asking|wants? (?:help|to know|a|an|the|information)|needs? (?:help|a|an|to know)|requests?|requested"
    r"|requesting|seeks?|seeking|is (?:writing|looking for|working on|trying to|creating|drafting|translating"
    r"|debugging)|looking for)\b", _I,
)  # fmt: skip
_POINTING = re.compile(
    r"\b(?:this|that|these|those|it|the (?:project|code|text|story|problem|task|issue|document|essay|email|character"
    r"|function|following|above|same))\b", _I,
)  # fmt: skip
_REQUEST = re.compile(
    r"\b(?:can|could|would|will) you\b|\bplease\b|\bhelp me\b|\b(?:i need|i want|i'd like|i would like) (?:you|an?|some|the)\b"
    r"|^\W*(?:write|give|list|tell|show|explain|make|create|generate|summari[sz]e|translate|fix|add|find|suggest"
    r"|recommend|draft|compare|describe|rewrite|convert|correct|plan|how (?:do|can|to|should)|what(?:'s| is| are)"
    r"|why|which|who)\b", _I,
)  # fmt: skip
_FIRST = re.compile(
    r"\b(?:i|i['’]\w+|im|ive|me|my|mine|myself|we|we['’]\w+|us|our|ours|ich|mich|mir|mein\w*|wir|je|mon|ma|mes|yo|mi|mis"
    r"|io|mio|mia|eu|meu|minha|ik|mijn|я|мой|моя|мне)\b|我|私|僕|俺|나는|저는|제가", _I,
)  # fmt: skip
_ONCE = re.compile(
    r"\b(?:once|today|yesterday|tonight|this (?:morning|afternoon|evening|week|weekend|time)|right now|at the moment"
    r"|just (?:now|tried|started|bought|went|had)|for the first time|first time|last (?:night|week|month|year))\b", _I,
)  # fmt: skip


def scalars(
    subjects: Sequence[Subject], similarity: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Shape (n, :data:`NAMES`). ``similarity`` is the cosine of each attribute with its nearest quote,
    ``None`` where nothing was embedded."""
    import numpy as np

    rows = [
        _row(one, math.nan if similarity is None else float(similarity[i]))
        for i, one in enumerate(subjects)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))


def _row(one: Subject, similarity: float) -> list[float]:
    said = one.said[:MOST_EVIDENCE]
    text = one.text
    bare = _NO_ATTRIBUTE.sub("", text)
    mine = set(agreement.content(bare))
    best = max((_overlap(mine, s.quote) for s in said), default=(math.nan, math.nan))
    voices = [voice_of(s) for s in said]
    count = max(1, len(said))

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / count if said else math.nan

    quotes = [s.quote for s in said]
    conversations = len({s.conversation_id for s in said}) or 1
    days = [s.day for s in said]
    agreed = [agreement.agreement(quote, text) for quote in quotes]
    return [
        best[0], best[1], similarity,
        math.nan if one.entailment is None else max(-8.0, min(8.0, one.entailment)),
        math.nan if one.confidence is None else one.confidence,
        math.log1p(max(1, one.sources)), math.log(conversations),
        math.log1p(max(days) - min(days)) if days else 0.0,
        math.log(max(1.0, one.sources / conversations)),
        share([bool(_REQUEST.search(q)) for q in quotes]),
        share([q.rstrip().endswith(("?", "？", "؟")) for q in quotes]),
        share([v in ("quoted", "code", "pasted", "instruction") for v in voices]),
        share([v in ("roleplay", "hypothetical") for v in voices]),
        share([not _FIRST.search(q) for q in quotes]),
        share([bool(agreement.WISH.search(q)) for q in quotes]),
        share([bool(_ONCE.search(q)) for q in quotes]),
        float(bool(_HEDGED.search(bare))), float(bool(_SWEEPING.search(bare))),
        float(bool(_TRAIT.search(bare))), float(bool(_TASK.search(bare))),
        float(bool(_POINTING.search(bare))), math.log1p(len(bare.split())),
        float(not any(a.reason in ("", "too little") or a.reason.startswith("adds") for a in agreed))
        if agreed else math.nan,
    ]  # fmt: skip


def _overlap(mine: set[str], quote: str) -> tuple[float, float]:
    """Share of the attribute's content words that the quote has, and the other way around."""
    theirs = set(agreement.content(quote))
    common = len(mine & theirs)
    return common / max(1, len(mine)), common / max(1, len(theirs))


def voice_of(said: Said) -> structure.Voice:
    """Whose voice the quote is in: that of most of its characters."""
    start = max(0, min(said.start, len(said.message)))
    end = start + len(said.quote)
    first = max(0, start - MOST_CHARACTERS)
    found = structure.analyse(said.message[first : end + MOST_CHARACTERS])
    weight: dict[structure.Voice, int] = {}
    for sentence in found.sentences:
        common = min(end, first + sentence.end) - max(start, first + sentence.start)
        if common > 0:
            weight[sentence.voice] = weight.get(sentence.voice, 0) + common
    return max(weight, key=lambda voice: weight[voice]) if weight else "own"


def nearest(
    attributes: NDArray[np.float32], quotes: NDArray[np.float32], owner: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each attribute the highest cosine with one of its quotes, shape (n,), and that quote's vector,
    (n, d); NaN and zeros where it has none. ``owner[j]`` is the attribute that quote *j* belongs to."""
    import numpy as np

    best = np.full(len(attributes), np.nan)
    vectors = np.zeros(attributes.shape, dtype=np.float64)
    for j, i in enumerate(owner):
        cosine = float(attributes[i] @ quotes[j])
        if not cosine <= best[i]:
            best[i], vectors[i] = cosine, quotes[j]
    return best, vectors
