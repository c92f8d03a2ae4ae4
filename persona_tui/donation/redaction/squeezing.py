"""Known words in a text, however they are written: spaced out, over line ends, joined, reversed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from persona_tui.donation.redaction.finding import Kind, Known
from persona_tui.donation.redaction.folding import Folded, fold
from persona_tui.donation.redaction.wordlists import words

ORDINARY = words(
    "will mark grace joy hope faith may june april august rose art bill rob dean summer autumn christian jean page drew chance hunter mason chase sky "
    "destiny harmony melody miracle sandy rusty dusty ray gene frank jack pat max guy lance victor ruby crystal amber jade pearl ivy violet lily daisy iris "
    "heather dawn eve angel carol penny dolly patience major king prince duke earl baron royal jordan hazel holly olive basil sage ginger rich "
    "reed cliff dale glen heath lane rod russ wade ward miles colon case dee bee rock rocky forest brook river rain star stone winter nick don "
    "ben long short young old brown black white green grey gray blue gold silver wood woods field fields hill hills banks bush church cook baker butler "
    "carter clark cooper farmer fisher fox hall hunt knight law lord lake marsh miller mills moon moore parker pope porter potter powers price shepherd "
    "singer smith snow speaker steel swift taylor temple turner walker wall waters weaver wells west north south east wise wolf love bright strong sharp small "
    "little best may mai gross klein lang kurz jung alt neu schwarz weiss braun koch richter bauer schneider fischer becker wagner weber muller kaiser konig "
    "paz luz sol cruz mar flor rey petit grand blanc noir roy roi leroy bon in an on la le so si do go to me my he be am is it at as"
)
"""Names that are words as well: they count only where they have their capital."""
_JOINED = 8
"""From this many letters on, a known text counts without its spaces, and inside longer words."""
_BROKEN = re.compile(r"-?[ \t]{0,8}\r?\n[ \t>]{0,16}")
_GAP = 6


@dataclass(frozen=True, slots=True)
class Needle:
    """A known text, ready to be looked for."""

    kind: Kind
    key: str
    """Letters and digits only, folded, in small letters."""
    words: tuple[int, ...]
    """Where in ``key`` its words begin."""
    exact: bool
    """Whether a capital is needed."""
    backwards: bool = False


def needles(known: Iterable[Known]) -> list[Needle]:
    """What to look for, forwards and backwards, each once; too short ones are left out."""
    out: dict[tuple[str, bool], Needle] = {}
    for one in known:
        plain = fold(one.text)
        key, kept = squeezed(plain)
        words = tuple(i for i, at in enumerate(kept) if i == 0 or at != kept[i - 1] + 1)
        short = len(key) < 3 and key.isascii()
        if not key or (short and one.kind not in ("NAME", "CUSTOM")) or len(key) < 2:
            continue
        exact = short or (key in ORDINARY and one.kind in ("NAME", "ORG", "USERNAME", "CUSTOM"))
        out.setdefault((key, False), Needle(one.kind, key, words, exact))
        if len(key) >= 5:
            starts = sorted({0, *(len(key) - at for at in words if at)})
            out.setdefault(
                (key[::-1], True), Needle(one.kind, key[::-1], tuple(starts), exact, True)
            )
    return list(out.values())


def squeezed(view: Folded) -> tuple[str, list[int]]:
    """Letters and digits of ``view`` in small letters, and the index in ``view.text`` of each."""
    kept = [index for index, char in enumerate(view.text) if char.isalnum()]
    low = [view.text[index].lower() for index in kept]
    return "".join(char if len(char) == 1 else char[0] for char in low), kept


def occurrences(view: Folded, wanted: Iterable[Needle]) -> Iterator[tuple[int, int, Needle]]:
    """Where each needle stands in ``view.text``: start, end (exclusive), needle."""
    text, kept = squeezed(view)
    for needle in wanted:
        at = text.find(needle.key)
        while at >= 0:
            last = at + len(needle.key)
            span = _accepted(view.text, kept[at:last], needle)
            if span:
                yield (*span, needle)
            at = text.find(needle.key, last if span else at + 1)


def _accepted(text: str, kept: list[int], needle: Needle) -> tuple[int, int] | None:
    """The stretch of ``text`` that goes, or nothing if this only happens to have the letters."""
    start, end = kept[0], kept[-1] + 1
    if needle.exact and not (text[end - 1] if needle.backwards else text[start]).isupper():
        return None
    gaps = [i for i in range(1, len(kept)) if kept[i] != kept[i - 1] + 1]
    between = [text[kept[i - 1] + 1 : kept[i]] for i in gaps]
    if any(len(gap) > _GAP and not _BROKEN.fullmatch(gap) for gap in between):
        return None
    if len(needle.key) >= _JOINED and (
        len(needle.words) > 1 or any(char.isdigit() for char in needle.key)
    ):
        return _whole(text, start, end)
    if not needle.key.isascii():
        return start, end
    if not _fits(gaps, between, needle):
        return None
    return _bounded(text, start, end, needle)


def _fits(gaps: list[int], between: list[str], needle: Needle) -> bool:
    """Whether the gaps are where the known text has some, or between all letters, or at a line end."""
    strange = [gap for at, gap in zip(gaps, between, strict=True) if at not in needle.words]
    if not strange:
        return True
    spaced = len(gaps) == len(needle.key) - 1 and len(set(between)) == 1 and len(needle.key) >= 3
    broken = len(strange) == 1 and len(needle.key) >= 5 and bool(_BROKEN.fullmatch(strange[0]))
    long = len(needle.key) >= _JOINED and needle.kind not in ("NAME", "ORG", "CUSTOM")
    return spaced or broken or long


def _bounded(text: str, start: int, end: int, needle: Needle) -> tuple[int, int] | None:
    """The word that the letters are, with the ending that a language may have put to it."""
    if start and _same(text[start - 1], text[start]):
        return None
    tail = end
    while tail < len(text) and text[tail].isascii() and text[tail].isalnum():
        tail += 1
    rest = text[end:tail]
    if not rest or rest == "s" or rest[0].isdigit() != text[end - 1].isdigit():
        return start, tail
    return (start, tail) if len(needle.key) >= 5 and len(rest) <= 3 and rest.isalpha() else None


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The same, with the rest of the words that it begins and ends in."""
    while start and text[start - 1].isascii() and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isascii() and text[end].isalnum():
        end += 1
    return start, end


def _same(before: str, char: str) -> bool:
    """Whether both are letters, or both digits: one word goes on."""
    if not before.isascii():
        return False
    return (before.isalpha() and char.isalpha()) or (before.isdigit() and char.isdigit())
