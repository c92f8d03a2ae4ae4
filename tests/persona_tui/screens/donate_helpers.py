"""The Donate screen on a real journal, for tests that press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Static

from persona_tui.paths import Paths
from persona_tui.screens.donate import DonateScreen
from persona_tui.screens.donate_choose import ChoosePane
from persona_tui.screens.donate_give import GivePane
from persona_tui.screens.donate_preview import PreviewPane
from persona_tui.screens.donate_redact import RedactPane
from persona_tui.screens.donate_sign import SignPane
from store import donations
from store.db import open_store
from store.donations import Donation
from tests.helpers import wait_until
from tests.persona_tui.giving_data import give
from tests.persona_tui.screens.chat_helpers import SMALL, make_app, quiet_settings, running


def judged(paths: Paths, count: int = 8, *entries: str) -> None:
    """A journal with judgments of every stage, and words that are never given."""
    with open_store(paths.database) as store:
        give(store, count)
        for words in entries:
            donations.add_entry(store, words)


@asynccontextmanager
async def donating(
    paths: Paths, size: tuple[int, int] = SMALL, *, hours: float = 0.0, **settings: object
) -> AsyncIterator[tuple[Pilot[None], DonateScreen]]:
    """The screen, loaded; no names by model, as that takes long."""
    config = {"names": False, "cooling_off_hours": hours, **settings}
    app = make_app(paths, settings=quiet_settings(donation=config), start_mode="donate")
    async with running(app, size) as pilot:
        screen = app.screen
        assert isinstance(screen, DonateScreen)
        await wait_until(lambda: screen.desk is not None, what="the desk is read")
        await pilot.pause()
        yield pilot, screen


def draft(paths: Paths) -> Donation | None:
    """The draft as it is in the journal."""
    with open_store(paths.database) as store:
        return donations.open_draft(store)


def items(paths: Paths) -> dict[str, int]:
    """How many items are chosen at each level."""
    with open_store(paths.database) as store:
        found = donations.open_draft(store)
        chosen = donations.items(store, found.donation_id) if found is not None else []
    return {level: sum(one.level == level for one in chosen) for level in ("labels", "texts")}


def choose_of(screen: DonateScreen) -> ChoosePane:
    return screen.query_one(ChoosePane)


def redact_of(screen: DonateScreen) -> RedactPane:
    return screen.query_one(RedactPane)


def preview_of(screen: DonateScreen) -> PreviewPane:
    return screen.query_one(PreviewPane)


def sign_of(screen: DonateScreen) -> SignPane:
    return screen.query_one(SignPane)


def give_of(screen: DonateScreen) -> GivePane:
    return screen.query_one(GivePane)


async def redacting(pilot: Pilot[None], screen: DonateScreen) -> RedactPane:
    """Step 2, its texts read."""
    await pilot.press("2")
    pane = redact_of(screen)
    await wait_until(lambda: pane.session is not None and pane.progress is None, what="texts")
    await pilot.pause()
    return pane


async def looked(pane: RedactPane) -> None:
    """Wait until all texts are looked at again."""
    await wait_until(lambda: not pane.screen.under_way, what="it is written")  # type: ignore[attr-defined]
    await wait_until(lambda: pane.progress is None, what="looked at again")


async def previewing(pilot: Pilot[None], screen: DonateScreen) -> PreviewPane:
    """Step 3, the files prepared."""
    await pilot.press("3")
    pane = preview_of(screen)
    await wait_until(lambda: pane.files and pane.view.lines is not None, what="files")
    await pilot.pause()
    return pane


async def signed(pilot: Pilot[None], screen: DonateScreen) -> SignPane:
    """Step 4, every statement ticked and signed."""
    await pilot.press("4")
    pane = sign_of(screen)
    await wait_until(lambda: len(pane.query("Tick")) > 3, what="statements")
    for tick in pane.query("Tick").results():
        tick.focus()
        await pilot.press("space")
    await pilot.press("s")
    await wait_until(lambda: _status(screen) == "signed", what="signed")
    return pane


def _status(screen: DonateScreen) -> str | None:
    desk = screen.desk
    return desk.draft.status if desk is not None and desk.draft is not None else None


def words(screen: DonateScreen) -> str:
    """Every word that is shown in the step that is seen."""
    parts = [str(one.render()) for one in screen.pane.query(Static) if one.display]
    return "\n".join(parts)


def told(pilot: Pilot[None]) -> str:
    """Everything that was told."""
    return "\n".join(str(one.message) for one in pilot.app._notifications)
