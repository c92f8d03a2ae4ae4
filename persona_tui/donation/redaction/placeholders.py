"""What stands where something was taken out: the same person has the same number everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from persona_tui.donation.redaction.finding import Finding, Kind, Known
from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.wordlists import words

_WORD = re.compile(r"[^\W_]+")
_NO_PART = words(
    "mr mrs ms miss mx dr prof sir dame rev herr herrn frau mme mlle m monsieur madame sr sra srta senor senora don dona pan pani "
    "van von de der den del della di da do dos du la le el al bin ben y e i zu"
)
"""Titles and particles: they tell no two people apart."""


class Placeholders:
    """Numbers by kind, in the order of first use, over all texts that one instance sees.

    ``known`` names link their parts beforehand: "Kovač" alone is then the person "Mira Kovač".
    """

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._numbers: dict[tuple[Kind, str], int] = {}
        self._count: dict[Kind, int] = {}
        self._people: list[set[str]] = []
        self._person_number: dict[int, int] = {}
        for one in sorted(known, key=lambda one: -len(one.text)):
            parts = _parts(one.text)
            if one.kind == "NAME" and len(parts) > 1:
                self._person(parts)

    def text(self, original: str, findings: Iterable[Finding]) -> str:
        """``original`` with a placeholder in place of each finding."""
        return "".join(
            new if new is not None else old for old, new in self.pieces(original, findings)
        )

    def pieces(
        self, original: str, findings: Iterable[Finding]
    ) -> Iterator[tuple[str, str | None]]:
        """The pieces of ``original`` in order, each with its placeholder or ``None`` if it stays."""
        done = 0
        for one in findings:
            if one.start > done:
                yield original[done : one.start], None
            yield original[one.start : one.end], self.of(one.kind, original[one.start : one.end])
            done = one.end
        if done < len(original):
            yield original[done:], None

    def of(self, kind: Kind, value: str) -> str:
        """The placeholder of ``value``."""
        if kind == "NAME" and (parts := _parts(value)):
            number = self._person_number.setdefault(self._person(parts), 0) or self._next(kind)
            self._person_number[self._person(parts)] = number
            return f"[NAME_{number}]"
        key = (kind, "".join(_WORD.findall(fold(value).text.casefold())) or value)
        if key not in self._numbers:
            self._numbers[key] = self._next(kind)
        return f"[{kind}_{self._numbers[key]}]"

    def _next(self, kind: Kind) -> int:
        self._count[kind] = self._count.get(kind, 0) + 1
        return self._count[kind]

    def _person(self, parts: set[str]) -> int:
        """Which person: the one with just these parts, else the only one whose name fits."""
        for index, person in enumerate(self._people):
            if person == parts:
                return index
        fitting = [
            i
            for i, person in enumerate(self._people)
            if _within(parts, person) or _within(person, parts)
        ]
        if len(fitting) == 1:
            self._people[fitting[0]] |= parts
            return fitting[0]
        self._people.append(set(parts))
        return len(self._people) - 1


def _parts(name: str) -> set[str]:
    words = {word for word in _WORD.findall(fold(name).text.casefold()) if len(word) > 1}
    return words - _NO_PART or words


def _within(few: set[str], many: set[str]) -> bool:
    """Whether each of ``few`` is one of ``many``, an ending ("Kovača") aside."""
    return all(
        any(
            one == other
            or (len(other) >= 5 and one.startswith(other) and len(one) - len(other) <= 3)
            for other in many
        )
        for one in few
    )
