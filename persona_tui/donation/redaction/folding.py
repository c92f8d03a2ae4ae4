"""A text as it is read, not as it is encoded, with the way back to the original.

Full-width and styled letters become plain ones, letters of other scripts that look Latin become
Latin, accents, zero-width characters and soft hyphens go. Patterns and known words are looked for
in the result, so that no spelling trick hides them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from persona_tui.donation.redaction.lookalikes import LOOKALIKES


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` and, for each of its characters, where in the original it comes from."""

    text: str
    at: tuple[int, ...] | range
    length: int
    """Of the original."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original behind ``text[start:end]``, which must not be empty.

        Characters that fold to nothing belong to what stands before them (a combining mark does).
        """
        first, last = self.at[start], self.at[end - 1]
        index = end
        while index < len(self.at) and self.at[index] == last:
            index += 1
        return first, self.at[index] if index < len(self.at) else self.length

    def part(self, text: str, kept: list[int]) -> Folded:
        """The same with only the characters ``kept`` (indices into ``self.text``), read as ``text``."""
        return Folded(text, tuple(self.at[i] for i in kept), self.length)


def fold(text: str) -> Folded:
    """``text`` as it is read; case stays."""
    if text.isascii() and text.isprintable():
        return Folded(text, range(len(text)), len(text))
    out: list[str] = []
    at: list[int] = []
    for index, char in enumerate(text):
        plain = char if " " <= char <= "~" else _plain(char)
        if plain:
            out.append(plain)
            at.extend([index] * len(plain))
    return Folded("".join(out), tuple(at), len(text))


def folded(text: str) -> str:
    """Only the text, in small letters: for comparing."""
    return fold(text).text.casefold()


@lru_cache(maxsize=65536)
def _plain(char: str) -> str:
    """What one character is read as: nothing, one character, or several."""
    if char in LOOKALIKES:
        return LOOKALIKES[char]
    if char in "\t\n\r":
        return char
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me", "Cc") and not "\u3099" <= char <= "\u309a":
        return ""
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Nd":
        return str(unicodedata.decimal(char))
    # Kana and Hangul lose their meaning when they are taken apart.
    form = "NFKC" if "\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3" else "NFKD"
    # A loop ends here too: what decomposes may decompose to a lookalike, a mark or a space.
    parts = unicodedata.normalize(form, char)  # type: ignore[arg-type]
    return char if parts == char else "".join(_plain(part) for part in parts)
