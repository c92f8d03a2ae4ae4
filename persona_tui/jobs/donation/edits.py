"""The person's last word on what is blacked out of one text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from persona_tui.errors import UserError
from persona_tui.jobs.donation.hidden import sha256_of
from persona_tui.jobs.donation.material import Material
from persona_tui.jobs.donation.texts import Text, texts_of
from store import donations
from store.donations import StoredEdit

if TYPE_CHECKING:
    from store.db import Store


def keep_words(
    store: Store,
    material: Material,
    place: str,
    *,
    keep: Sequence[str] = (),
    hide: Sequence[str] = (),
) -> None:
    """Keep, or black out, every place of one text where some words stand as they are.

    Raises :class:`UserError`: there is no such text, or the words are not in it.
    """
    text = _text(material, place)
    asked: tuple[tuple[Literal["keep", "redact"], Sequence[str]], ...] = (
        ("keep", keep),
        ("redact", hide),
    )
    made = [
        StoredEdit(start, start + len(words), action, "CUSTOM", sha256_of(text.original))
        for action, wanted in asked
        for words in wanted
        for start in _found(text, words)
    ]
    add_edits(store, material.donation.donation_id, text, made)


def _text(material: Material, place: str) -> Text:
    for one in texts_of(material):
        if one.place == place:
            return one
    raise UserError(f"There is no text {place!a} in the draft; 'donate redact' lists them.")


def _found(text: Text, words: str) -> Iterable[int]:
    starts = []
    at = text.original.find(words) if words else -1
    while at >= 0:
        starts.append(at)
        at = text.original.find(words, at + len(words))
    if not starts:
        raise UserError(f"{words!a} does not stand in this text as it is; nothing was changed.")
    return starts


def add_edits(store: Store, donation_id: str, text: Text, made: Iterable[StoredEdit]) -> None:
    """Add edits of ``text`` after earlier ones, which they may overrule. Edits of an earlier reading
    of the text go."""
    sha = sha256_of(text.original)
    before = donations.edits(store, donation_id).get(text.place, [])
    kept = [edit for edit in before if edit.text_sha256 == sha]
    donations.set_edits(store, donation_id, text.place, [*kept, *made])


def undo_edit(store: Store, donation_id: str, place: str) -> bool:
    """Take the newest edit of one text back; whether there was one."""
    before = donations.edits(store, donation_id).get(place, [])
    if before:
        donations.set_edits(store, donation_id, place, before[:-1])
    return bool(before)


def reset_edits(store: Store, donation_id: str, place: str) -> None:
    """Take every edit of one text back."""
    donations.set_edits(store, donation_id, place, [])
