"""What lies before a person who gives: the draft, what there is to choose from, the ledger.

A draft can be changed in another window at the same time. So every change says which state of it
the person saw, and is refused if that is not the state any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.material import Choice, choices
from store import donations
from store.donations import Donation, Level

if TYPE_CHECKING:
    from persona_tui.config import DonationConfig
    from store.db import Store


class ElsewhereError(UserError):
    """The draft is not as the person saw it."""

    def __init__(self) -> None:
        super().__init__(
            "The draft was changed elsewhere meanwhile, so nothing was done here; it is shown as it "
            "is now."
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything as it was at one moment."""

    draft: Donation | None
    """The one under way, signed or not."""
    level: Level
    """Of the draft as a whole."""
    choices: tuple[Choice, ...]
    ledger: tuple[Donation, ...]
    """All donations, the newest first."""
    stamp: tuple[object, ...]
    """Other than before whenever something changed: :func:`store.donations.stamp`."""

    @property
    def open(self) -> bool:
        """Whether what is in the draft can be changed."""
        return self.draft is None or self.draft.status == "draft"


def look(store: Store) -> Desk:
    """Read all of it."""
    draft = donations.open_draft(store)
    found = choices(store, None if draft is None else draft.donation_id)
    return Desk(
        draft,
        level_of(store, draft),
        tuple(found),
        tuple(donations.list_all(store)),
        donations.stamp(store),
    )


def level_of(store: Store, donation: Donation | None) -> Level:
    """Whether any of it is given with its texts."""
    items = () if donation is None else donations.items(store, donation.donation_id)
    return "texts" if any(one.level == "texts" for one in items) else "labels"


def same(store: Store, seen: Donation | None) -> Donation | None:
    """The draft under way, if it is as it was ``seen``; else :class:`ElsewhereError`."""
    now = donations.open_draft(store)
    if (now is None) != (seen is None):
        raise ElsewhereError
    if now is not None and seen is not None:
        before = (seen.donation_id, seen.updated_at, seen.status)
        if (now.donation_id, now.updated_at, now.status) != before:
            raise ElsewhereError
    return now


def change(
    store: Store,
    seen: Donation | None,
    config: DonationConfig,
    work: Callable[[Store, Donation], object],
) -> Donation:
    """Do ``work`` on the draft (a new one, if there was none) and give it as it is then.

    Raises :class:`UserError`: it is signed, or not as it was seen.
    """
    with store.write():
        draft = same(store, seen) or donating.open_or_create(store, config)
        if draft.status != "draft":
            raise UserError("This donation is signed; cancel it (step 4) to change it.")
        work(store, draft)
        return donations.get(store, draft.donation_id)


def sign(
    store: Store, seen: Donation | None, ticked: tuple[str, ...], config: DonationConfig
) -> Donation:
    """:func:`donating.sign`, of the very bytes that the person saw."""
    with store.write():
        draft = same(store, seen)
        if draft is None:
            raise UserError("Nothing is prepared to be signed: look at the preview first.")
        return donating.sign(store, draft.donation_id, ticked, config)


def cancel(store: Store, seen: Donation | None) -> Donation:
    """Take the signature back."""
    if seen is None:
        raise UserError("There is nothing to cancel.")
    return donating.cancel(store, seen.donation_id)
