"""Where an answer openly mentions an attribute ("Given your interest in …", "As a nurse, …").

Using an attribute silently (a vegetarian recipe for a vegetarian) is no mention. A sentence mentions
an attribute if a stretch of it speaks of the person (*since you …*, *your …*, *as a …, you*) and that
stretch has the attribute's words, or says the same in others. Words that the sentence shares with an
attribute elsewhere count for nothing: "Spanish rice is cheap, and you can buy it". Measured in
``benchmarks/mentions.py``; the figures are :data:`PRECISION` and :data:`RECALL`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from persona_tui.stages.response.mention_words import Stretch, content, reached
from store.audit import Mention

if TYPE_CHECKING:
    from models.protocol import Embedder

PRECISION, RECALL, MEASURED_ON = 1.00, 0.88, 84
"""On so many sentences, written before the detector and scored once: ``benchmarks/README.md``."""
LEXICAL = 0.5
"""Share of the attribute's content words that a stretch has from which it names the attribute."""
AGREES = 0.5
"""Cosine of stretch and attribute from which one shared word is no coincidence."""
CLOSE = 0.55
"""Cosine from which a stretch says the same in other words."""
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+[\"'”’)]*|\n|$)")


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


def lexical_score(attribute: str, sentence: str, stretch: Stretch) -> float:
    """Share of the attribute's content words in ``stretch``, 0 to 1. A reason without words of its
    own ("…, as you like it") takes those of its sentence."""
    wanted, said = content(attribute), content(stretch.text)
    if stretch.reason and not said:
        said = content(sentence)
    return len(wanted & said) / len(wanted) if wanted else 0.0


async def find(
    text: str, attributes: Sequence[tuple[str, str]], embedder: Embedder | None = None
) -> list[Mention]:
    """Mentions of ``attributes``, (id, sentence), in ``text``: at most one a sentence and attribute.

    Raises :class:`models.errors.ModelError`.
    """
    spans = sentences(text)
    if not spans or not attributes:
        return []
    stretches = [
        (place, stretch)
        for place, (start, end) in enumerate(spans)
        for stretch in reached(text[start:end])
    ]
    if not stretches:
        return []
    closeness = None
    if embedder is not None:
        said = (await embedder.embed([stretch.text for _, stretch in stretches])).vectors
        meant = (await embedder.embed([_to_you(one) for _, one in attributes])).vectors
        closeness = said @ meant.T
    best: dict[tuple[int, int], Mention] = {}
    for row, (place, stretch) in enumerate(stretches):
        start, end = spans[place]
        for column, (key, attribute) in enumerate(attributes):
            close = None if closeness is None else float(closeness[row, column])
            share = lexical_score(attribute, text[start:end], stretch)
            how = _decide(share, close, len(content(attribute)), reason=stretch.reason)
            if how is None:
                continue
            score = share if how == "lexical" else close or 0.0
            mention = Mention(key, start, end, how, round(min(1.0, max(0.0, score)), 4))
            before = best.get((place, column))
            if before is None or (mention.how, mention.score) > (before.how, before.score):
                best[place, column] = mention
    return sorted(best.values(), key=lambda one: (one.start, one.attribute_id))


def _decide(
    share: float, close: float | None, words: int, *, reason: bool
) -> Literal["lexical", "embedding"] | None:
    """How a stretch mentions an attribute: ``share`` of its content ``words``, cosine ``close``
    (``None``: no embeddings)."""
    if share >= LEXICAL and reason:
        return "lexical"
    if share >= 1.0 and words >= 2:
        return "lexical"
    if share > 0.0 and (share >= LEXICAL if close is None else close >= AGREES):
        return "lexical"
    if close is not None and close >= CLOSE:
        return "embedding"
    return None


def _to_you(attribute: str) -> str:
    """An attribute as it would be said to the person."""
    for before, after in (("The user is ", "You are "), ("The user has ", "You have ")):
        if attribute.startswith(before):
            return after + attribute[len(before) :]
    return attribute.replace("The user's", "Your").replace("The user", "You")
