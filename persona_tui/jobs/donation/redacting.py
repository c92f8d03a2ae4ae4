"""Going through the texts of a draft, one at a time: where one is, and what can be decided there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from persona_tui.jobs.donation.material import Material
from persona_tui.jobs.donation.spans import Stop, stops_of, with_edit, words_of
from persona_tui.jobs.donation.texts import Redacted, Redaction
from store import donations
from store.donations import Donation, StoredEdit

if TYPE_CHECKING:
    from store.db import Store

Only = Literal["", "changed", "others", "stale"]
ONLY: tuple[tuple[Only, str], ...] = (
    ("", "all texts"),
    ("changed", "where something is blacked out"),
    ("others", "that may speak of others"),
    ("stale", "held back"),
)
"""Which texts are gone through: key, words."""
_FITS: dict[Only, Callable[[Redacted], bool]] = {
    "": lambda _one: True,
    "changed": lambda one: one.changed,
    "others": lambda one: bool(one.others),
    "stale": lambda one: one.stale,
}


class Redacting:
    """The texts of ``material``. Nothing here waits for the journal."""

    def __init__(self, material: Material, redaction: Redaction) -> None:
        self.material = material
        self.redaction = redaction
        self.only: Only = ""
        self.place: str | None = None
        """Of the text that is looked at."""
        self.stop = 0
        self.selection: tuple[int, int] | None = None
        """First and last word (numbers) that would be blacked out."""
        self.go(0)

    # --- texts ----------------------------------------------------------------------------------

    @property
    def shown(self) -> list[Redacted]:
        """The texts that are gone through."""
        return [one for one in self.redaction.texts if _FITS[self.only](one)]

    @property
    def current(self) -> Redacted | None:
        """The text that is looked at."""
        return next((one for one in self.shown if one.text.place == self.place), None)

    @property
    def number(self) -> int:
        """Its number among those that are gone through, from 1; 0: there is none."""
        places = [one.text.place for one in self.shown]
        return places.index(self.place) + 1 if self.place in places else 0

    def go(self, by: int) -> bool:
        """Go on, or back; whether there was another one."""
        texts = self.shown
        at = max(0, self.number - 1) + by
        if not 0 <= at < len(texts):
            return False
        self.to(texts[at].text.place)
        return True

    def to(self, place: str) -> None:
        """Look at another text."""
        self.place, self.stop, self.selection = place, 0, None

    def next_only(self) -> Only:
        """Go through the next kind of texts of which there are any."""
        keys = [key for key, _ in ONLY]
        at = keys.index(self.only)
        for key in (*keys[at + 1 :], *keys[: at + 1]):
            if any(map(_FITS[key], self.redaction.texts)):
                self.only = key
                break
        if self.current is None:
            self.go(0)
        return self.only

    def renew(self, material: Material, redaction: Redaction) -> None:
        """Take over what was found out meanwhile; stay where one is."""
        number = self.number
        self.material, self.redaction = material, redaction
        if self.only and not self.shown:
            self.only = ""
        if self.current is None:
            texts = self.shown
            self.place = (
                texts[min(max(0, number - 1), len(texts) - 1)].text.place if texts else None
            )
            self.stop, self.selection = 0, None
        self.stop = max(0, min(self.stop, len(self.stops) - 1))

    # --- stretches ------------------------------------------------------------------------------

    @property
    def stops(self) -> list[Stop]:
        """What can be decided on in the text."""
        one = self.current
        edits = self.material.edits.get(one.text.place, ()) if one is not None else ()
        return stops_of(one, edits) if one is not None else []

    @property
    def at_stop(self) -> Stop | None:
        """The one that the keys are about."""
        stops = self.stops
        return stops[self.stop] if 0 <= self.stop < len(stops) else None

    def step(self, by: int) -> bool:
        """Go to the next stop; whether there was one."""
        to = self.stop + by
        if not 0 <= to < len(self.stops):
            return False
        self.stop = to
        return True

    def span(self) -> tuple[int, int] | None:
        """The stretch of the words that are selected."""
        one = self.current
        if one is None or self.selection is None:
            return None
        words = words_of(one.text.original)
        first, last = sorted(self.selection)
        return words[first][0], words[last][1]

    def select(self, offset: int | None = None) -> bool:
        """Begin to select words: at ``offset`` of the original, or behind the stop."""
        one = self.current
        words = words_of(one.text.original) if one is not None else []
        if not words:
            return False
        if offset is None:
            offset = self.at_stop.end if self.at_stop is not None else 0
        at = next((n for n, (_, end) in enumerate(words) if end > offset), len(words) - 1)
        self.selection = (at, at)
        return True

    def move(self, by: int, *, widen: bool = False) -> None:
        """Move by words, or take more of them in."""
        one = self.current
        if one is None or self.selection is None:
            return
        most = len(words_of(one.text.original)) - 1
        to = max(0, min(self.selection[1] + by, most))
        self.selection = (self.selection[0] if widen else to, to)

    # --- edits ----------------------------------------------------------------------------------

    def provisional(self, edit: StoredEdit) -> None:
        """Show one more edit of the current text at once; :meth:`renew` brings what comes of it."""
        one = self.current
        if one is None:
            return
        now = with_edit(one, edit)
        texts = tuple(now if each is one else each for each in self.redaction.texts)
        self.redaction = replace(self.redaction, texts=texts)
        edits = dict(self.material.edits)
        edits[one.text.place] = [*edits.get(one.text.place, ()), edit]
        self.material = replace(self.material, edits=edits)
        self.selection = None
        for number, stop in enumerate(self.stops):
            if stop.start <= edit.start < stop.end:
                self.stop = number


def read_edits(store: Store, material: Material, draft: Donation) -> Material:
    """``material`` with the edits and the list of words as they are now."""
    return replace(
        material,
        donation=draft,
        edits=donations.edits(store, draft.donation_id),
        entries=tuple(donations.entries(store)),
    )
