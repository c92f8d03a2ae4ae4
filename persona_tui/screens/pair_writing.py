"""Having pairs of answers written: by itself where nothing leaves this machine, else after asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import ModelError
from persona_tui.errors import UserError
from persona_tui.screens import compare_text as texts
from persona_tui.screens.confirm import ConfirmScreen

if TYPE_CHECKING:
    from persona_tui.screens.base import HostApp


def elsewhere(host: HostApp) -> list[str]:
    """The hosts that pairs would be sent to, as it is set; none where it is not set rightly."""
    from persona_tui.jobs.compare.orders import hosts, writers

    try:
        return hosts(writers(host.backends, host.settings.compare.arm))
    except (ModelError, UserError):
        return []  # starting says what is wrong


def write_ahead(host: HostApp) -> None:
    """Have pairs written, if that sends nothing anywhere."""
    if not elsewhere(host):
        host.pairs.start()


def ask_and_write(host: HostApp) -> None:
    """Have pairs written; what would be sent elsewhere is said first."""
    places = elsewhere(host)
    if not places:
        host.pairs.start()
        return
    compare = host.settings.compare

    def answered(yes: bool | None) -> None:
        if yes:
            host.pairs.start()

    host.push_screen(
        ConfirmScreen(
            f"Send to {' and '.join(places)}?",
            texts.sent(compare.arm, places, compare.ahead),
            confirm="Send",
            danger=True,
        ),
        answered,
    )
