"""What was found in a text, and the person's last word on it. Offsets are characters of the original."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "NAME", "EMAIL", "PHONE", "IBAN", "CARD", "SSN", "IP", "URL", "USERNAME", "PATH", "SECRET", "DATE",
    "AGE", "ADDRESS", "ORG", "CUSTOM",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "SECRET", "CARD", "IBAN", "SSN", "EMAIL", "PATH", "URL", "IP", "PHONE", "ADDRESS", "USERNAME", "DATE",
    "AGE", "NAME", "ORG", "CUSTOM",
)  # fmt: skip
"""In the order in which they win where two overlap."""
By = Literal["pattern", "list", "encoded", "ner", "person"]
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A stretch of the original text that goes. ``end`` is exclusive."""

    start: int
    end: int
    kind: Kind
    by: By


@dataclass(frozen=True, slots=True)
class Known:
    """Something to take out wherever it stands."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The person's decision on a stretch of the original text."""

    start: int
    end: int
    action: Literal["keep", "redact"]
    kind: Kind = "CUSTOM"
    """For ``redact``. Widening a finding with ``CUSTOM`` leaves it its kind."""


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted and free of overlaps: what overlaps becomes one finding over both.

    Nothing that anyone found is given up, so the union is taken; the kind is that of the stronger.
    """
    out: list[Finding] = []
    for one in sorted(findings, key=lambda f: (f.start, -f.end, _RANK[f.kind])):
        if one.end <= one.start:
            continue
        if out and one.start < out[-1].end:
            out[-1] = _union(out[-1], one)
        else:
            out.append(one)
    return out


def without(findings: Iterable[Finding], spans: Sequence[tuple[int, int]]) -> list[Finding]:
    """``findings`` cut so that they touch none of ``spans`` (sorted, not overlapping)."""
    out: list[Finding] = []
    at = 0
    for one in findings:
        while at < len(spans) and spans[at][1] <= one.start:
            at += 1
        start, index = one.start, at
        while index < len(spans) and spans[index][0] < one.end:
            if spans[index][0] > start:
                out.append(replace(one, start=start, end=spans[index][0]))
            start = max(start, spans[index][1])
            index += 1
        if start < one.end:
            out.append(replace(one, start=start))
    return out


def with_edits(findings: Sequence[Finding], edits: Sequence[Edit]) -> list[Finding]:
    """``findings`` after the person's ``edits``, in the order given: a later one overrules.

    ``keep`` takes its stretch out of every finding, also out of the middle of one; ``redact`` adds
    its stretch, and joins what it overlaps. Empty stretches change nothing.
    """
    now = merged(findings)
    for edit in edits:
        if edit.end <= edit.start:
            continue
        if edit.action == "keep":
            now = without(now, [(edit.start, edit.end)])
            continue
        touched = [one for one in now if one.start < edit.end and edit.start < one.end]
        kind = touched[0].kind if touched and edit.kind == "CUSTOM" else edit.kind
        start = min([edit.start, *(one.start for one in touched)])
        end = max([edit.end, *(one.end for one in touched)])
        rest = [one for one in now if one not in touched]
        now = sorted([*rest, Finding(start, end, kind, "person")], key=lambda one: one.start)
    return now


def _union(first: Finding, second: Finding) -> Finding:
    strong, weak = (first, second) if _wins(first, second) else (second, first)
    return replace(strong, start=min(first.start, second.start), end=max(weak.end, strong.end))


def _wins(first: Finding, second: Finding) -> bool:
    """Whether ``first`` gives its kind: a stretch that holds the other whole, else the stronger."""
    if first.start <= second.start and second.end <= first.end and first != second:
        longer = first.end - first.start > second.end - second.start
        return longer or _RANK[first.kind] <= _RANK[second.kind]
    return _RANK[first.kind] <= _RANK[second.kind]
