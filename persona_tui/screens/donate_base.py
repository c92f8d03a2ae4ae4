"""What the steps of the Donate screen share: what lies before them, and how it is changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ScreenStackError
from textual.containers import Vertical
from textual.widget import Widget

from persona_tui.jobs.donation.desk import Desk, change, level_of, look
from persona_tui.screens.base import PersonaScreen
from store import donations
from store.donations import Donation, Level

if TYPE_CHECKING:
    from persona_tui.config import DonationConfig
    from persona_tui.screens.base import HostApp
    from store.db import Store

Work = Callable[["Store", Donation], object]
T = TypeVar("T")
LOOK_SECONDS = 2.0
"""Between two looks at whether another window changed something."""


class GivingScreen(PersonaScreen):
    """The part of the Donate screen that reads and writes. Changes are written one after the other,
    each of the state that the person saw."""

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk | None = None
        self._one_by_one = asyncio.Lock()
        self.under_way: set[asyncio.Task[Any]] = set()
        self.stops: set[threading.Event] = set()
        """Of what goes over the network: set when the program ends."""

    def show_desk(self) -> None:
        """Show what lies there."""
        raise NotImplementedError

    def show_steps(self) -> None:
        """Show how far the steps are."""
        raise NotImplementedError

    @property
    def config(self) -> DonationConfig:
        """The settings about giving."""
        return self.host.settings.donation

    @property
    def on_top(self) -> bool:
        """Whether this is the screen that is seen, with no window over it."""
        try:
            return self.app.screen is self
        except ScreenStackError:  # the program ends
            return False

    async def reread(self) -> None:
        """Read everything again and show it."""
        async with self._one_by_one:
            self.desk = await self.host.db.run(look)
        self.show_desk()

    async def look_again(self) -> None:
        """Read again if it was changed elsewhere."""
        if self.desk is None or self._one_by_one.locked() or not self.host.ready.is_set():
            return
        before = self.desk.stamp
        if await self.host.db.run(donations.stamp) != before and self.desk.stamp == before:
            await self.reread()

    async def write(self, work: Work) -> Donation | None:
        """Do ``work`` on the draft; ``None`` if it was refused, which is told, with what is now."""
        return await self.run_on_draft(lambda store, seen: change(store, seen, self.config, work))

    async def run_on_draft(
        self, work: Callable[[Store, Donation | None], Donation]
    ) -> Donation | None:
        """Do ``work``, which gets the draft as it was seen and gives it as it is then."""
        return await self._whole(self._run_on_draft(work))

    async def leave(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what gives or withdraws, whole, and show what is then, whatever came of it."""
        try:
            return await self._whole(work)
        finally:
            await self.reread()

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Await ``work``, which goes on to its end even if nobody waits for it any more."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return await asyncio.shield(task)

    async def _run_on_draft(
        self, work: Callable[[Store, Donation | None], Donation]
    ) -> Donation | None:
        async with self._one_by_one:
            desk = self.desk
            if desk is None:
                return None

            def run(store: Store) -> tuple[Donation, Level, tuple[object, ...]]:
                made = work(store, desk.draft)
                return made, level_of(store, made), donations.stamp(store)

            try:
                made, level, stamp = await self.host.db.run(run)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is not saved: say so
                self.host.tell_error(error)
                self.desk = await self.host.db.run(look)
                self.show_desk()
                return None
            others = [one for one in desk.ledger if one.donation_id != made.donation_id]
            ledger = sorted((made, *others), key=lambda one: one.donation_id, reverse=True)
            draft = made if made.status in ("draft", "signed") else None
            self.desk = replace(desk, draft=draft, level=level, ledger=tuple(ledger), stamp=stamp)
            return made

    async def before_quit(self) -> None:
        """Stop what is being sent, and wait until everything is in the store."""
        for stop in tuple(self.stops):
            stop.set()
        while self.under_way:
            await asyncio.gather(*self.under_way, return_exceptions=True)


class DonatePane(Vertical, can_focus=True):
    """One step. A subclass shows the desk and says how far it is."""

    STEP: ClassVar[str] = ""
    DEFAULT_CSS = """
    DonatePane { height: 1fr; padding: 0 1; }
    DonatePane .line { height: 1; padding: 0 1; }
    DonatePane .muted { color: $text-muted; }
    DonatePane .warn { color: $text-warning; }
    """

    @property
    def giving(self) -> GivingScreen:
        """The screen, with its type."""
        return cast("GivingScreen", self.screen)

    @property
    def host(self) -> HostApp:
        """The app, with its type."""
        return cast("HostApp", self.app)

    @property
    def shown(self) -> bool:
        """Whether this is the step that is seen."""
        return bool(self.display) and self.giving.on_top

    def keep_keys(self, view: Widget) -> None:
        """Hold the focus while ``view``, which has it else, is hidden: keys go to where it is."""
        focused = self.screen.focused
        if not self.shown:
            return
        if view.display and focused in (None, self):
            view.focus()
        elif not view.display and focused in (None, view):
            self.focus()

    def show_desk(self, desk: Desk) -> None:
        """Show what there is; called for every step whenever it changed."""

    def entered(self) -> None:
        """The step is seen now: take the focus, begin what it needs."""

    def left(self) -> None:
        """Another step is seen now."""

    def stop(self) -> None:
        """End what a thread of it does."""

    def state(self) -> str:
        """How far it is, in a word."""
        return ""
