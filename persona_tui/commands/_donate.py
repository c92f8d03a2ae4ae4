"""What the verbs of donating share: the settings, which donation is meant, where it stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui.commands._common import visible

if TYPE_CHECKING:
    from persona_tui.config import DonationConfig
    from store.db import Store
    from store.donations import Donation


def donation_config() -> DonationConfig:
    from persona_tui.config import load_settings
    from persona_tui.paths import default_paths

    return load_settings(default_paths()).donation


def pick(store: Store, donation_id: str | None) -> Donation:
    """The donation meant: by id, else the one under way."""
    from persona_tui.errors import UserError
    from store import donations

    if donation_id is not None:
        return donations.get(store, donation_id)
    found = donations.open_draft(store)
    if found is None:
        raise UserError("There is no draft; 'persona-tui donate draft --add …' starts one.")
    return found


def state(donation: Donation) -> str:
    """Where a donation stands, in a few words."""
    from store.db import utc_now

    def when(value: datetime | None) -> str:
        return "?" if value is None else f"{value.astimezone():%d %b %Y, %H:%M}"

    if donation.status == "signed":
        if donation.release_at is not None and utc_now() >= donation.release_at:
            return "signed, can be given now"
        return f"signed, cools off until {when(donation.release_at)}"
    if donation.status == "given":
        return f"given {when(donation.given_at)} to {visible(donation.destination or '?')}"
    if donation.status == "withdrawn":
        return (
            f"withdrawn {when(donation.withdrawn_at)}; was {visible(donation.destination or '?')}"
        )
    return "draft, prepared" if donation.manifest_sha256 else "draft"
