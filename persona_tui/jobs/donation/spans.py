"""Stretches of one text: what is blacked out, what the person left, and the words between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from persona_tui.jobs.donation.edits import add_edits
from persona_tui.jobs.donation.hidden import sha256_of
from persona_tui.jobs.donation.texts import Redacted, Text
from store import donations
from store.donations import StoredEdit

if TYPE_CHECKING:
    from persona_tui.donation.redaction import Kind
    from store.db import Store

# Scripts without spaces: each sign is a word of its own.
_SIGN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_SIGN}]|[^\W{_SIGN}]+(?:[-'’.@/:_+][^\W{_SIGN}]+)*|[^\w\s]+")

WHY = {
    "pattern": "by its form",
    "list": "by a list of words",
    "encoded": "encoded",
    "ner": "by name recognition",
    "person": "by you",
}
"""Who found it, in words."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch of the original that is blacked out, or (``kept``) that the person left standing."""

    start: int
    end: int
    kind: str
    by: str
    kept: bool = False
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch as it is shown. ``added`` stands instead of what was ``removed``."""

    text: str
    look: Literal["same", "removed", "added", "kept"]
    start: int
    """In the original."""
    stop: int | None = None
    """Number of its stop."""


def words_of(text: str) -> list[tuple[int, int]]:
    """Where its words begin and end."""
    return [match.span() for match in _WORD.finditer(text)]


def stops_of(one: Redacted, edits: Sequence[StoredEdit]) -> list[Stop]:
    """What can be decided on in ``one``, in order. ``edits``: the person's, of this place."""
    found = [*_blacked_out(one)]
    sha = sha256_of(one.text.original)
    for edit in edits:
        alone = all(edit.end <= stop.start or stop.end <= edit.start for stop in found)
        if edit.action == "keep" and edit.text_sha256 == sha and alone and edit.start < edit.end:
            found.append(Stop(edit.start, edit.end, edit.kind, "person", kept=True))
    return sorted(found, key=lambda stop: stop.start)


def _blacked_out(one: Redacted) -> Iterator[Stop]:
    """Findings, each with what stands in its place in the very text that would be given."""
    at = done = 0
    for finding in one.findings:
        at += finding.start - done
        close = one.given.find("]", at)
        there = one.given[at : close + 1] if one.given[at : at + 1] == "[" else ""
        yield Stop(finding.start, finding.end, finding.kind, finding.by, placeholder=there)
        at += len(there)
        done = finding.end


def pieces_of(original: str, stops: Sequence[Stop]) -> list[Piece]:
    """``original`` cut at its stops, each with what stands instead of it."""
    out: list[Piece] = []
    done = 0
    for number, stop in enumerate(stops):
        if stop.start > done:
            out.append(Piece(original[done : stop.start], "same", done))
        words = original[stop.start : stop.end]
        if stop.kept:
            out.append(Piece(words, "kept", stop.start, number))
        else:
            out.append(Piece(words, "removed", stop.start, number))
            out.append(Piece(stop.placeholder or f"[{stop.kind}]", "added", stop.end, number))
        done = stop.end
    if done < len(original):
        out.append(Piece(original[done:], "same", done))
    return out


def with_edit(one: Redacted, edit: StoredEdit) -> Redacted:
    """``one`` after one more edit, at once: what it means for the other texts is found out behind it.
    Placeholders are not numbered anew."""
    from persona_tui.donation.redaction import Edit, with_edits

    made = Edit(edit.start, edit.end, edit.action, cast("Kind", edit.kind))
    findings = with_edits(one.findings, [made])
    before = {(stop.start, stop.end): stop.placeholder for stop in _blacked_out(one)}
    stops = [
        Stop(f.start, f.end, f.kind, f.by, placeholder=before.get((f.start, f.end), ""))
        for f in findings
    ]
    pieces = pieces_of(one.text.original, stops)
    given = "".join(piece.text for piece in pieces if piece.look in ("same", "added"))
    return replace(one, findings=tuple(findings), given=given, stale=False)


def edit_of(text: Text, start: int, end: int, action: Literal["keep", "redact"]) -> StoredEdit:
    """The person's word on a stretch of ``text`` as it reads now."""
    return StoredEdit(start, end, action, "CUSTOM", sha256_of(text.original))


def put_edit(store: Store, donation_id: str, text: Text, edit: StoredEdit) -> None:
    """Keep ``edit`` after earlier ones."""
    add_edits(store, donation_id, text, [edit])


def unkeep(store: Store, donation_id: str, text: Text, stop: Stop) -> None:
    """Black out again what the person had left: take those edits back."""
    before = donations.edits(store, donation_id).get(text.place, [])
    left = [e for e in before if (e.action, e.start, e.end) != ("keep", stop.start, stop.end)]
    donations.set_edits(store, donation_id, text.place, left)
