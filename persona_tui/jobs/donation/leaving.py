"""What leaves stands in the ledger before it leaves.

Its token is what withdraws it. If the entry came afterwards, a crash, a full disk or another window
that cancels or forgets meanwhile could lose the token of something that others have already. So the
entry is made first, and taken back where it is certain that nothing left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from store import donations
from store.donations import Donation

if TYPE_CHECKING:
    from store.db import Store


@dataclass(frozen=True, slots=True)
class Leaving:
    """A donation on its way."""

    before: Donation
    """As it was."""
    files: Mapping[str, bytes] = field(repr=False)


def leave(
    store: Store, donation_id: str, destination: str, *, now: datetime | None = None
) -> Leaving:
    """The files to be given now to ``destination``, which stands in the ledger from here on.

    Raises :class:`~persona_tui.errors.UserError` as :func:`donating.released` does.
    """
    with store.write():
        before = donations.get(store, donation_id)
        files = donating.released(store, before.donation_id, now=now)
        donating.mark_given(store, before.donation_id, destination)
    return Leaving(before, files)


def arrived(store: Store, leaving: Leaving, destination: str) -> Donation:
    """It is known better by now where it went."""
    with store.write():
        current = donations.get(store, leaving.before.donation_id)
        donations.save(store, replace(current, destination=leaving.before.destination))
        if current.status == "withdrawn":
            return donations.save(store, replace(current, destination=destination))
        return donating.mark_given(store, current.donation_id, destination)


def stayed(store: Store, leaving: Leaving) -> None:
    """Nothing left, for certain: the ledger says what it said before."""
    before = leaving.before
    with store.write():
        current = donations.get(store, before.donation_id)
        if current.status != "given":
            return
        donations.save(
            store,
            replace(
                current,
                status=before.status,
                destination=before.destination,
                given_at=before.given_at,
            ),
        )
        if before.status == "signed" and not donations.files(store, before.donation_id):
            donations.unprepare(store, before.donation_id)  # something was forgotten meanwhile


def failed(store: Store, leaving: Leaving, error: UserError) -> None:
    """Publishing came to no good end: the entry stays unless nothing of the files was sent."""
    from persona_tui.donation.publish_words import PublishError

    if not isinstance(error, PublishError) or error.state == "nothing sent":
        stayed(store, leaving)
    elif error.url is not None:
        arrived(store, leaving, error.url)
