"""What tells one answer from another, as far as a person may prefer it: numbers for a reward model.

Every number is of one answer; a pair is the difference of its two. So a pair the other way around is the
same numbers with the other sign, and a linear model of them prefers *b* to *a* by as much as it
prefers *a* to *b* less.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.audit import Mention

    Floats = NDArray[np.float64]

CONSTANT = "personalized"
"""The same in every pair with one personalized answer: the person's own mean. It orders no two of them."""
SIDE = "right"
"""Which one stood right: 0 where nothing is shown."""
WORDS: dict[str, tuple[str, str]] = {
    CONSTANT: ("personalized answers", "answers that were not personalized"),
    "length": ("longer answers", "shorter answers"),
    "attributes": ("answers that use more about you", "answers that use less about you"),
    "mention": ("open mention of you", "no open mention of you"),
    "mentions": ("several open mentions", "few open mentions"),
    "closeness": ("answers near to what was used of you", "answers far from what was used of you"),
    "headings": ("headings", "no headings"),
    "lists": ("lists", "running text instead of lists"),
    "code": ("code blocks", "no code blocks"),
    "questions": ("questions back", "no questions back"),
    "exclamations": ("exclamation marks", "no exclamation marks"),
    "hedges": ("cautious wording", "plain statements"),
    "you": ("being addressed", "impersonal wording"),
    "reading_ease": ("easy sentences", "dense sentences"),
    SIDE: ("the right-hand answer", "the left-hand answer"),
}
"""By feature: what a person likes whose weight is positive, and whose weight is negative."""
NAMES: tuple[str, ...] = tuple(WORDS)

_HEADING = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+\S|\*\*[^*\n]+\*\*:?[ \t]*$)", re.MULTILINE)
"""Also a bold line: in that form headings are shown."""
_ITEM = re.compile(r"^[ \t>]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_FENCE = re.compile(r"^[ \t>]*(?:```|~~~).*?(?:^[ \t>]*(?:```|~~~)|\Z)", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_END = re.compile(r"[.!?。！？…]+(?=\s|$|[\"'”’)])|\n{2,}")
_VOWELS = re.compile(r"[aeiouyàâäáãåæéèêëíîïìóôöõòœúùûüøý]+", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:may|might|could|perhaps|maybe|possibly|probably|generally|usually|often|sometimes|typically"
    r"|likely|seems?|appears?|tends? to|in general|depending|depends|it is possible|if possible"
    r"|vielleicht|möglicherweise|wahrscheinlich|könnte|eventuell|meist(?:ens)?"
    r"|peut-être|probablement|souvent|généralement|quizás?|tal vez|probablemente|generalmente)\b",
    re.IGNORECASE,
)
_YOU = re.compile(
    r"\b(?:you|your|yours|yourself|du|dir|dich|dein\w*|tu|te|toi|ton|tes|vous|votre|vos|usted|tus|tuyo)"
    r"\b(?:['’]\w+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer was personalized with."""

    attributes: int = 0
    """How many it was told; 0: not personalized."""
    mentioned: int = 0
    """How many of them it mentions openly."""
    mentions: int = 0
    """How often."""
    closeness: float = 0.0
    """Mean cosine of the answer with what *either* answer of its pair was told."""


def told(attribute_ids: Sequence[str], mentions: Sequence[Mention], closeness: float) -> Told:
    """From what the journal keeps of an answer (:mod:`persona_tui.stages.response.mentions`)."""
    return Told(
        len(attribute_ids), len({one.attribute_id for one in mentions}), len(mentions), closeness
    )


def of_answer(text: str, about: Told, *, right: bool | None = None) -> Floats:
    """(features,) float64 in the order of :data:`NAMES`. ``right``: where it stood; ``None``: nowhere."""
    import numpy as np

    prose = _FENCE.sub("\n\n", text)
    words = _WORD.findall(prose)
    count = max(1, len(words))
    sentences = max(1, len(_END.findall(prose)))
    values = {
        CONSTANT: float(about.attributes > 0),
        "length": math.log(max(1, len(text))),
        "attributes": math.log1p(about.attributes),
        "mention": float(about.mentioned > 0),
        "mentions": math.log1p(about.mentions),
        "closeness": about.closeness,
        "headings": math.log1p(len(_HEADING.findall(prose))),
        "lists": math.log1p(len(_ITEM.findall(prose))),
        "code": math.log1p(len(_FENCE.findall(text))),
        "questions": math.log1p(prose.count("?") + prose.count("？")),
        "exclamations": math.log1p(prose.count("!") + prose.count("！")),
        "hedges": 100 * len(_HEDGE.findall(prose)) / count,
        "you": 100 * len(_YOU.findall(prose)) / count,
        "reading_ease": _reading_ease(words, count, sentences) / 100,
        SIDE: 0.5 if right else (0.0 if right is None else -0.5),
    }
    return np.array([values[name] for name in NAMES], dtype=np.float64)


def difference(first: Floats, second: Floats) -> Floats:
    """Features of a pair: the second answer's minus the first one's."""
    return second - first


def _reading_ease(words: Sequence[str], count: int, sentences: int) -> float:
    """Flesch (1948), within 0 and 120; syllables are runs of vowels. Made for English: elsewhere it only
    tells two answers in one language apart."""
    syllables = sum(max(1, len(_VOWELS.findall(word))) for word in words)
    ease = 206.835 - 1.015 * count / sentences - 84.6 * syllables / count
    return min(120.0, max(0.0, ease))
