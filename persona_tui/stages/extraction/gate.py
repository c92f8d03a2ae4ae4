"""The gate: does this sentence say something about the person who wrote it?

Structure decides who is speaking (:mod:`.structure`); a logistic regression on the sentence's
embedding and a few signs (:mod:`.features`) decides whether the user speaks of themselves. The
weights are JSON with their provenance, trained by ``benchmarks/train_gate.py`` on written examples;
where only the lexical embedder is there, a second set that uses the signs alone takes over.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.protocol import Embedder
from persona_tui.stages.extraction.features import FEATURES, features
from persona_tui.stages.extraction.segments import Span
from persona_tui.stages.extraction.structure import Sentence, Structure

_WEIGHTS = "gate_weights.json"
SURE = 0.5
"""From here on a sentence is taken as a whole; below, its clauses are asked too."""
_LOOSE = re.compile(
    r"[?？؟]|\b(?:you|your|please|he|she|this|that|these|those)\b|^\W*(?:suggest|recommend|find|plan|write"
    r"|give|make|tell|show|help|explain|draft|as an?)\b",
    re.IGNORECASE,
)
"""Asks, or points at something said elsewhere: a clause without that stands better on its own."""
_PHRASE = re.compile(r"^\W*(?:my|our)(?: \w+){1,3}\W*$", re.IGNORECASE)
"""Without a verb, as far as form tells: "my two teenagers"."""
_CLAUSE = re.compile(
    r"[,;]\s+(?:(?:and|so|but|und|aber|et|mais|y|pero|e|ma|mas|en|maar)\s+)?|\s+[–—-]\s+|[，；、]\s*"
    r"|\s+(?:and|but|so|because|since)\s+(?=(?:i|i'm|i've|my|we|please|what|how|which)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Gated:
    """A sentence, and the probability (0 to 1) that it says something about its writer.

    Sentences in another voice than the user's own have probability 0.
    """

    sentence: Sentence
    probability: float
    focus: Span
    """Where in the message it is said: the sentence, or the one clause of it that does."""


@functools.cache
def _file() -> tuple[dict[str, Any], str]:
    data = importlib.resources.files(__package__).joinpath(_WEIGHTS).read_bytes()
    return json.loads(data), hashlib.sha256(data).hexdigest()


def weights_sha256() -> str:
    """Hash of the weights file, as kept in provenance."""
    return _file()[1]


def uses_embeddings(embedder: Embedder) -> bool:
    """True if the weights that read embeddings fit this embedder."""
    return bool(_file()[0]["embedding"]["embedder"] == embedder.describe().name)


async def gate(structure: Structure, embedder: Embedder) -> list[Gated]:
    """A probability for every sentence, in order. Raises :class:`models.errors.ModelError`."""
    parts: list[list[tuple[Span, str]]] = [
        _clauses(s) if s.voice == "own" else [] for s in structure.sentences
    ]
    found = iter(await probabilities([text for part in parts for _, text in part], embedder))
    result = []
    for sentence, part in zip(structure.sentences, parts, strict=True):
        scored = [(next(found), span, text) for span, text in part]
        probability, focus = 0.0, Span(sentence.start, sentence.end)
        if scored:
            probability, focus, whole = scored[0]
            loose = bool(_LOOSE.search(whole))
            for p, span, clause in scored[1:]:
                # "I have ADHD, so please go slowly": a clause says what the whole only mentions.
                better = probability < SURE and p > probability
                tighter = loose and p >= SURE and not _LOOSE.search(clause)
                if better or tighter:
                    probability, focus = max(p, probability), span
                    loose = loose and not tighter
        result.append(Gated(sentence, probability, focus))
    return result


def _clauses(sentence: Sentence) -> list[tuple[Span, str]]:
    """The sentence, then its clauses of more than two words, each with its place."""
    text = sentence.own
    parts = [(Span(sentence.start, sentence.end), text)]
    if len(text) != sentence.end - sentence.start:
        return parts  # a quote was folded away: places in ``own`` are not places in the message
    at = 0
    for cut in [*_CLAUSE.finditer(text), None]:
        end = cut.start() if cut else len(text)
        clause = text[at:end]
        enough = len(clause.split()) > 2 or (len(clause) > 3 and not clause.isascii())
        if enough and not _PHRASE.match(clause) and (at, end) != (0, len(text)):
            parts.append((Span(sentence.start + at, sentence.start + end), clause))
        at = cut.end() if cut else end
    return parts


async def probabilities(texts: Sequence[str], embedder: Embedder) -> list[float]:
    """P(the writer speaks of themselves) of single sentences in the user's own voice."""
    if not texts:
        return []
    weights = _file()[0]
    signs = [features(text) for text in texts]
    if not uses_embeddings(embedder):
        return [_logistic(_dot(weights["signs"], row)) for row in signs]
    embedded = (await embedder.embed(list(texts))).vectors
    part = weights["embedding"]
    scale = part["embedding_scale"]
    return [
        _logistic(
            _dot(part, row)
            + scale * sum(w * float(v) for w, v in zip(part["vector"], vector, strict=True))
        )
        for row, vector in zip(signs, embedded, strict=True)
    ]


def _dot(part: dict[str, Any], row: Sequence[float]) -> float:
    coefficients = part["features"]
    return float(part["intercept"]) + sum(
        float(coefficients[name]) * value for name, value in zip(FEATURES, row, strict=True)
    )


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
