"""The part of the Redact step that reads texts and writes decisions.

A decision is shown at once and written behind it; what it means for the other texts is found out in
a thread, which a newer decision ends.
"""

from __future__ import annotations

import asyncio
import threading

from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.desk import Desk, ElsewhereError
from persona_tui.jobs.donation.edits import undo_edit
from persona_tui.jobs.donation.material import Material
from persona_tui.jobs.donation.preview import StoppedError, read_for
from persona_tui.jobs.donation.redacting import Redacting, read_edits
from persona_tui.jobs.donation.spans import put_edit
from persona_tui.screens.donate_base import DonatePane, Work
from store.donations import StoredEdit

SOON = 0.3
"""Seconds without a decision after which all texts are looked at again."""


class RedactWork(DonatePane):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(id="redact")
        self.session: Redacting | None = None
        self.progress: tuple[int, int] | None = None
        """How far the thread is; ``None``: nothing is looked for."""
        self._stop = threading.Event()
        self._seen: object = None
        """What the texts were read from."""
        self._reading = False
        """Whether they are being read from the journal."""
        self._undo: list[tuple[str, Work]] = []
        """Place, and what takes the decision there back."""

    def paint(self) -> None:
        """Show where one is."""
        raise NotImplementedError

    # --- reading --------------------------------------------------------------------------------

    def show_desk(self, desk: Desk) -> None:
        if self.shown:
            self.read_if_new()
        self.paint()

    def read_if_new(self) -> None:
        """Read the texts, if the draft is another than they were read from."""
        desk = self.giving.desk
        if desk is not None and desk.stamp != self._seen:
            self._seen, self._reading = desk.stamp, True
            self._stop.set()
            self.giving.start(self._read(desk), group="donate-redact")

    def forget(self) -> None:
        """Read them anyway the next time: something else may have changed."""
        self._seen = None

    def stop(self) -> None:
        """End what the thread does."""
        self._stop.set()

    async def _read(self, desk: Desk) -> None:
        if desk.draft is None:
            self.session, self._reading = None, False
            self.paint()
            return
        self.progress = (0, 0)
        self.paint()
        try:
            material = await self.host.db.run(read_for, desk.draft)
        except ElsewhereError:
            self.progress = None
            await self.giving.reread()
            return
        if await self._redact(material):
            self._reading = False
        else:
            self._seen = None

    async def _redact(self, material: Material) -> bool:
        """Look at all texts, in a thread; whether it came to its end."""
        stop = self._stop = threading.Event()

        def tell(done: int, total: int) -> None:
            if stop.is_set():
                raise StoppedError
            self.progress = (done, total)

        self.progress = (0, 0)
        config = self.giving.config
        try:
            made = await asyncio.to_thread(donating.redaction, material, config, tell=tell)
        except StoppedError:
            return False
        finally:
            stop.set()
            if self._stop is stop:
                self.progress = None
        if self.session is None:
            self.session = Redacting(material, made)
            self._restore(self.session)
        else:
            self.session.renew(material, made)
        self.paint()
        self.giving.show_steps()
        return True

    def _restore(self, session: Redacting) -> None:
        """Go to the text that was looked at the last time."""
        place = self.host.ui_state.values.get("donate.text", "")
        if any(one.text.place == place for one in session.redaction.texts):
            session.to(place)

    # --- writing --------------------------------------------------------------------------------

    def decide(self, work: Work, undo: Work | None = None, edit: StoredEdit | None = None) -> None:
        """Write a decision on the text that is looked at; an ``edit`` is shown at once."""
        session = self.session
        if session is None or session.place is None:
            return
        place = session.place
        self._stop.set()
        if edit is not None:
            session.provisional(edit)
        session.selection = None
        self.paint()
        if undo is not None:
            self._undo.append((place, undo))
        self.giving.start(self._decide(work), group="donate-decide", exclusive=False)

    async def _decide(self, work: Work) -> None:
        draft = await self.giving.write(work)
        session, desk = self.session, self.giving.desk
        if draft is None or session is None or desk is None:
            self._undo.clear()
            self._seen = None
            return
        session.material = await self.host.db.run(read_edits, session.material, draft)
        self.giving.show_steps()
        if self._reading:  # what was being read is not in the session yet
            self._seen = None
            self.read_if_new()
            return
        self._seen = desk.stamp
        self.paint()
        self.giving.start(self._soon(session), group="donate-redact")

    async def _soon(self, session: Redacting) -> None:
        self.progress = (0, 0)
        await asyncio.sleep(SOON)
        await self._redact(session.material)

    def edit(self, edit: StoredEdit) -> None:
        """Keep, or black out, a stretch of the text that is looked at."""
        one = self.session.current if self.session is not None else None
        if one is None:
            return
        text = one.text
        self.decide(
            lambda store, draft: put_edit(store, draft.donation_id, text, edit),
            lambda store, draft: undo_edit(store, draft.donation_id, text.place),
            edit,
        )

    def rechoose(self, work: Work, undo: Work) -> None:
        """Write a decision on the whole item, and read everything anew."""
        session = self.session
        if session is None or session.place is None:
            return
        self._undo.append((session.place, undo))
        self.giving.start(self._rechoose(work), group="donate-decide", exclusive=False)

    async def _rechoose(self, work: Work) -> None:
        if await self.giving.write(work) is None:
            self._undo.clear()
        await self.giving.reread()

    async def undo(self) -> None:
        """Take back what was last done; before that, the newest edit of the text."""
        session = self.session
        if session is None:
            return
        if not self._undo and not session.material.edits.get(session.place or ""):
            self.host.tell("There is nothing to undo.")
            return
        place, work = self._undo.pop() if self._undo else (session.place or "", _newest(session))
        self._stop.set()
        if await self.giving.write(work) is not None:
            await self.giving.reread()
            session.to(place)
        self.paint()


def _newest(session: Redacting) -> Work:
    place = session.place or ""
    return lambda store, draft: undo_edit(store, draft.donation_id, place)
