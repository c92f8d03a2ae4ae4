"""Where an answer openly mentions an attribute ("Given your interest in …", "As a nurse, …").

Using an attribute silently (a vegetarian recipe for a vegetarian) is no mention. A sentence mentions
an attribute if it addresses the person as having it: it speaks to them (*you*, *your*, *as a …*) and
shares the attribute's rare words, or its meaning is close to the attribute's. Words decide first;
embeddings find what is said in other words. Measured in ``benchmarks/mentions.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.audit import Mention

if TYPE_CHECKING:
    from models.protocol import Embedder

LEXICAL = 0.5
"""Share of the attribute's content words that a sentence has from which it names the attribute."""
CLOSE = 0.55
"""Cosine from which a sentence that addresses the person says the same in other words."""
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+[\"'”’)]*|\n|$)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_TO_YOU = re.compile(
    r"\b(you|your|yours|you're|you’re|you've|you’ve|yourself"
    r"|du|dein\w*|dir|dich|ihr\w*|sie|ihnen"
    r"|tu|ton|ta|tes|vous|votre|vos|te|tú|su|sus|usted|tus)\b",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"\b(since you|given (that you|your)|as (a|an|someone|somebody)\b|because you|considering your"
    r"|knowing (that )?you|with your|for someone (who|with)|being (a|an)|you mentioned|you said"
    r"|you told|I know|I see|I understand|da du|weil du|da sie|weil sie|als \w+in\b|bei deine\w*"
    r"|puisque (tu|vous)|comme (tu|vous)|en tant que|étant donné|como (eres|usted|tienes|te)"
    r"|ya que|dado que)",
    re.IGNORECASE,
)
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "do",
        "does",
        "enjoys",
        "for",
        "from",
        "has",
        "have",
        "he",
        "her",
        "his",
        "i",
        "in",
        "interested",
        "is",
        "it",
        "its",
        "like",
        "likes",
        "me",
        "my",
        "of",
        "on",
        "or",
        "other",
        "own",
        "prefers",
        "she",
        "so",
        "some",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "user",
        "users",
        "using",
        "very",
        "wants",
        "was",
        "were",
        "when",
        "who",
        "with",
        "works",
        "working",
        "would",
        "you",
        "your",
        "often",
        "usually",
        "currently",
        "regularly",
        "several",
        "time",
        "times",
        "person",
        "people",
        "der",
        "die",
        "das",
        "und",
        "ist",
        "ein",
        "eine",
        "einen",
        "einer",
        "hat",
        "nutzer",
        "nutzerin",
        "benutzer",
        "mit",
        "für",
        "von",
        "zu",
        "im",
        "in",
        "auf",
        "arbeitet",
        "als",
        "l'",
        "le",
        "la",
        "les",
        "un",
        "une",
        "des",
        "de",
        "du",
        "est",
        "a",
        "utilisateur",
        "utilisatrice",
        "el",
        "los",
        "las",
        "una",
        "uno",
        "es",
        "tiene",
        "usuario",
        "usuaria",
    ]
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text``, in characters, without the space around them."""
    found = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            found.append((start, end))
    return found


def stem(word: str) -> str:
    """A rough stem: enough that *cooking*, *cooks* and *cook* meet."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    for ending in ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("y") if len(word) > 3 else word


def content(text: str) -> set[str]:
    """Stems of the words that say something."""
    words = (match[0] for match in _WORD.finditer(text))
    return {stem(word) for word in words if word.casefold() not in _STOP and len(word) > 1}


def lexical_score(attribute: str, sentence: str) -> float:
    """Share of the attribute's content words in the sentence, if it addresses the person; 0 to 1."""
    wanted = content(attribute)
    if not wanted or not (_TO_YOU.search(sentence) or _CUE.search(sentence)):
        return 0.0
    shared = wanted & content(sentence)
    score = len(shared) / len(wanted)
    # An open reference ("given your …") needs less: one rare word is enough.
    if shared and _CUE.search(sentence):
        score = max(score, LEXICAL)
    return min(1.0, score)


async def find(
    text: str, attributes: Sequence[tuple[str, str]], embedder: Embedder | None = None
) -> list[Mention]:
    """Mentions of ``attributes``, (id, sentence), in ``text``: at most one a sentence and attribute.

    Raises :class:`models.errors.ModelError`.
    """
    spans = sentences(text)
    if not spans or not attributes:
        return []
    parts = [text[start:end] for start, end in spans]
    found: list[Mention] = []
    left: list[tuple[int, int]] = []
    for place, part in enumerate(parts):
        for number, (key, attribute) in enumerate(attributes):
            score = lexical_score(attribute, part)
            if score >= LEXICAL:
                found.append(Mention(key, *spans[place], "lexical", round(score, 4)))
            elif _TO_YOU.search(part) or _CUE.search(part):
                left.append((place, number))
    if embedder is not None and left:
        places = sorted({place for place, _ in left})
        rows = (await embedder.embed([parts[place] for place in places])).vectors
        wanted = (await embedder.embed([_to_you(text) for _, text in attributes])).vectors
        at = {place: row for row, place in enumerate(places)}
        for place, number in left:
            score = float(rows[at[place]] @ wanted[number])
            if score >= CLOSE:
                found.append(
                    Mention(attributes[number][0], *spans[place], "embedding", round(score, 4))
                )
    return sorted(found, key=lambda one: (one.start, one.attribute_id))


def _to_you(attribute: str) -> str:
    """An attribute as it would be said to the person."""
    for before, after in (("The user is ", "You are "), ("The user has ", "You have ")):
        if attribute.startswith(before):
            return after + attribute[len(before) :]
    return attribute.replace("The user's", "Your").replace("The user", "You")
