"""The broad category of an attribute, by its words: small, offline, and the same everywhere.

It is a label for counting, not a claim. Measured: 75 of 78 plainly worded attributes in ten languages
that no word was chosen for, 40 of 60 that models had written about others. The person can change it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from persona_tui.category_words import STRONG, WORDS

CATEGORIES = (
    "work", "education", "family_relationships", "health", "food", "home_daily_life", "money",
    "travel_places", "hobbies_sports", "arts_media", "technology", "beliefs_values",
    "language_culture", "personality", "answer_preferences", "possessions_pets", "other",
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:[-'’+][^\W\d_]+|\+\+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FRAME = re.compile(r"^\W*(the user|die person|el usuario|l'utilisat\w+|l'utente)\b", re.IGNORECASE)
_STEM = 4
"""Letters of a word that its stem is looked up by."""


def category(text: str, given: str | None = None) -> str:
    """The category of the attribute ``text``; ``given`` if that is one already; ``other`` if no
    word speaks for any."""
    if given in CATEGORIES:
        return given
    plain = _plain(_FRAME.sub("", text[:2000].replace("’", "'")))
    words = _WORD.findall(plain)
    spaced = f" {' '.join(words)} "
    score = dict.fromkeys(WORDS, 0.0)
    whole, stems, loose = _index()
    for place, word in enumerate(words):
        # What is said first weighs a little more: "is a nurse who likes dogs".
        weight = 1.0 + 0.2 / (1 + place)
        for found in {*whole.get(word, ()), *_stemmed(word, stems)}:
            score[found] += weight
    for found, phrase in loose:
        if phrase in (plain if _UNSPACED.match(phrase) else spaced):
            score[found] += 1.5
    best = max(score, key=lambda one: (score[one], one in STRONG))
    return best if score[best] else "other"


def _plain(text: str) -> str:
    """Lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    bare = "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare).replace("ł", "l").replace("œ", "oe")


def _stemmed(word: str, stems: dict[str, list[tuple[str, str]]]) -> set[str]:
    return {
        found
        for length in range(1, _STEM + 1)
        for stem, found in stems.get(word[:length], ())
        if word.startswith(stem)
    }


_Index = tuple[dict[str, set[str]], dict[str, list[tuple[str, str]]], list[tuple[str, str]]]


@cache
def _index() -> _Index:
    """Whole words; stems by their first letters; phrases and words of scripts without spaces."""
    whole: dict[str, set[str]] = {}
    stems: dict[str, list[tuple[str, str]]] = {}
    loose: list[tuple[str, str]] = []
    for name, words in WORDS.items():
        for word in dict.fromkeys(words.split()):
            if "_" in word or _UNSPACED.match(word):
                plain = _plain(word.replace("_", " ").rstrip("-").strip())
                edge = "" if word.endswith("-") else " "
                loose.append((name, plain if _UNSPACED.match(plain) else f" {plain}{edge}"))
            elif word.endswith("-"):
                stem = _plain(word[:-1])
                stems.setdefault(stem[:_STEM], []).append((stem, name))
            else:
                whole.setdefault(_plain(word), set()).add(name)
    return whole, stems, loose
