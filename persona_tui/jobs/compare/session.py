"""A comparison in progress: where the person is, and what each key does.

As :mod:`persona_tui.jobs.review.session`: in memory and immediate; each step returns a :class:`Change`
that the caller writes in order and reports back. Which answer is which can only be read from
:attr:`CompareSession.unmasked`, and only once every question about the pair is answered or passed
over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from persona_tui import __version__
from persona_tui.jobs.compare.changes import Change, OvertakenError, Written
from persona_tui.jobs.compare.queue import CompareQueue, Item, finished, read_queue
from persona_tui.stages.judging import Pace, Stopwatch
from persona_tui.stages.judging.drawing import REPEAT
from persona_tui.stages.judging.questions import RESPONSE
from store.audit import Arm, ResponseJudgment, reoriented
from store.db import new_id, utc_now
from store.records import JudgmentContext

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store

Phase = Literal["overall", "attribute", "unmasked", "done", "empty"]
Surface = Literal["screen", "plain"]


class CompareSession:
    """See the module. Not thread-safe: one front end, one session."""

    def __init__(
        self,
        queue: CompareQueue,
        *,
        surface: Surface,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.queue, self.surface, self.now = queue, surface, now
        self.watch, self.pace = Stopwatch(clock), Pace()
        self.judged_now = 0
        """Pairs finished in this sitting."""
        self.version = 0
        self.key: str | None = None
        self._skipped: list[str] = []
        self._steps: list[Change] = []
        self._note: str | None = None
        """Written before the overall preference; kept with it."""
        self._show(self._next())

    @classmethod
    def load(
        cls,
        store: Store,
        judging: JudgingConfig,
        *,
        surface: Surface,
        arm: Arm | None = None,
        share: float | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> CompareSession:
        """A session over everything in the store, at what was left in the middle, else the next.
        ``share`` as :func:`persona_tui.jobs.picks.read`."""
        queue = read_queue(
            store,
            now=now(),
            repeat_after_days=judging.repeat_after_days,
            repeat_share=judging.repeat_share,
            arm=arm,
            share=share,
        )
        return cls(queue, surface=surface, now=now)

    # --- where we are ---------------------------------------------------------------------------

    @property
    def current(self) -> Item | None:
        return None if self.key is None else self.queue.items.get(self.key)

    @property
    def judgment(self) -> ResponseJudgment | None:
        """In force for the current item."""
        return None if self.key is None else self.queue.judgments.get(self.key)

    @property
    def phase(self) -> Phase:
        if self.current is None:
            return "done" if self.queue.items else "empty"
        row = self.judgment
        if row is None:
            return "overall"
        return "unmasked" if finished(row) else "attribute"

    @property
    def unmasked(self) -> Item | None:
        """The current item, once it may be told which answer is which."""
        return self.current if self.phase == "unmasked" else None

    @property
    def asked(self) -> str | None:
        """The attribute that is asked about now."""
        return self._open(self.judgment) if self.phase == "attribute" else None

    @property
    def note_text(self) -> str:
        row = self.judgment
        return (self._note if row is None else row.note) or ""

    def _open(self, row: ResponseJudgment | None) -> str | None:
        item = self.current
        if item is None or row is None:
            return None
        said = _raw(row)
        return next((key for key in item.attributes if key not in said), None)

    def place(self) -> tuple[int, int]:
        """(this one's number, of all)."""
        done = len(self.queue.items) - len(self.queue.left)
        return done + (self.phase != "unmasked"), len(self.queue.items)

    # --- going around ---------------------------------------------------------------------------

    def _next(self) -> str | None:
        left = [key for key in self.queue.left if key != self.key or self.phase != "unmasked"]
        half = [key for key in left if key in self.queue.judgments]
        fresh = [key for key in left if key not in self._skipped]
        return next(iter([*half, *fresh, *(key for key in self._skipped if key in left)]), None)

    def _show(self, key: str | None) -> None:
        self.key, self._note = key, None
        self.watch.start()

    def painted(self) -> None:
        """The pair is on the screen now: latency counts from here."""
        self.watch.start()

    def go_on(self) -> bool:
        """From an unmasked pair to the next one; ``False`` if it is not unmasked."""
        if self.phase == "unmasked":
            self._show(self._next())
            return True
        return False

    def skip(self) -> bool:
        """Leave a pair without an answer for later; ``False`` if there is no other."""
        if self.phase != "overall" or self.key is None:
            return self.go_on()
        here = self.key
        if not [key for key in self.queue.left if key != here]:
            return False
        self._skipped = [*(key for key in self._skipped if key != here), here]
        self._show(self._next())
        return True

    def refresh(self, queue: CompareQueue, version: int) -> bool:
        """Take over what was read when :attr:`version` was ``version``; the pair in front stays."""
        if version != self.version:
            return False
        self.queue = queue
        if self.key is None or self.key not in queue.items:
            self._show(self._next())
        return True

    # --- answers --------------------------------------------------------------------------------

    def rate(self, raw: int | None) -> Change | None:
        """1 to 5 by side; ``None``: cannot judge (overall), left unanswered (an attribute).

        Raises:
            ValueError: another number.
        """
        if raw is not None and not 1 <= raw <= 5:
            raise ValueError(f"a rating is 1 to 5, not {raw}")
        if self.phase == "overall":
            return self._overall(raw)
        asked, row, item = self.asked, self.judgment, self.current
        if asked is None or row is None or item is None:
            return None
        said = {**_raw(row), asked: raw}
        return self._keep("attribute", row, said, done=all(key in said for key in item.attributes))

    def finish(self) -> Change | None:
        """Leave the attributes that are still open, and unmask."""
        row = self.judgment
        if self.phase != "attribute" or row is None:
            return None
        return self._keep("skip", row, _raw(row), done=True)

    def note(self, text: str) -> Change | None:
        """A note of the person's own. Before the overall preference it is kept with that."""
        row = self.judgment
        if row is None:
            self._note = text.strip() or None
            return None
        return self._keep(
            "note", replace(row, note=text.strip() or None), _raw(row), done=finished(row)
        )

    def _overall(self, raw: int | None) -> Change | None:
        item = self.current
        if item is None:
            return None
        pair = item.pair
        latency = self.watch.milliseconds
        self.pace.add(latency)
        row = ResponseJudgment(
            "",
            pair.pair_id,
            self.now(),
            JudgmentContext(RESPONSE.sha256, __version__, latency_ms=latency),
            item.shown_left,
            raw,
            None if raw is None else reoriented(raw, item.shown_left),
            explicit_mention=pair.personalized.explicit_mention,
            len_generic=len(pair.generic.text),
            len_personalized=len(pair.personalized.text),
            note=self._note,
        )
        return self._keep("overall", row, {}, done=raw is None or not item.attributes)

    def _keep(
        self, asked: str, row: ResponseJudgment, said: dict[str, int | None], *, done: bool
    ) -> Change | None:
        item, key = self.current, self.key
        if item is None or key is None:
            return None
        before, draw = self.queue.judgments.get(key), item.draw
        # What unmasks is the end, not the list of attributes: it is the same for either side.
        hidden = key not in self.queue.revealed
        context = JudgmentContext(
            RESPONSE.sha256,
            __version__,
            {
                "surface": self.surface,
                "asked": asked,
                "left": item.shown_left,
                "arm": item.pair.arm,
                "attribute_order": list(item.attributes),
                "attribute_raw": said,
                "finished": done,
                "order_seed": self.queue.seed,
            },
            model_hidden=hidden,
            sampling=draw.sampling,
            inclusion_prob=draw.inclusion_prob,
            latency_ms=row.context.latency_ms,
            repeat_of=draw.repeat_of,
        )
        ratings = {
            one: reoriented(raw, item.shown_left) for one, raw in said.items() if raw is not None
        }
        after = replace(
            row,
            judgment_id=new_id(),
            created_at=self.now(),
            context=context,
            attribute_ratings=ratings,
            # A note after unmasking changes no answer: those were given blinded.
            blinded=row.blinded if asked == "note" else hidden,
            supersedes=None if before is None else before.judgment_id,
        )
        if done and not finished(before):
            self.judged_now += 1
        if done:
            self.queue.revealed.add(key)
        self.queue.judgments[key] = after
        return self._step(Change(key, before, after))

    def _step(self, change: Change) -> Change:
        self.version += 1
        self._steps.append(change)
        return change

    # --- undo, and what became of a change ------------------------------------------------------

    def undo(self) -> Change:
        """Take back the step before, without limit: of this sitting, then of earlier ones."""
        self.version += 1
        if not self._steps:
            return Change("", undo=True)
        step = self._steps.pop()
        now = self.queue.judgments.get(step.key)
        self._return_to(step.key, step.before)
        return Change(step.key, now, step.before, undo=True, undone=step)

    def _return_to(self, key: str, row: ResponseJudgment | None) -> None:
        if finished(self.queue.judgments.get(key)) and not finished(row):
            self.judged_now = max(0, self.judged_now - 1)
        if row is None:
            self.queue.judgments.pop(key, None)
        else:
            self.queue.judgments[key] = row
        self._show(key)

    def done(self, change: Change, written: Written) -> None:
        """``change`` is in the store."""
        if not change.must_wait or written.pair_id is None:
            return
        key = f"{REPEAT}{written.repeat_of}" if written.repeat_of else written.pair_id
        if key in self.queue.items:
            self._return_to(key, written.judgment)

    def failed(self, change: Change, error: Exception | None = None) -> None:
        """``change`` is not in the store: what was before is in force again."""
        self.version += 1
        self._steps = [step for step in self._steps if step is not change]
        if change.undo and change.undone is not None and not isinstance(error, OvertakenError):
            self._steps.append(change.undone)
        if change.key in self.queue.items:
            self._return_to(change.key, change.before)


def _raw(row: ResponseJudgment) -> dict[str, int | None]:
    """By attribute: its rating by side, or ``None`` where it was left unanswered."""
    found = row.context.shown.get("attribute_raw")
    return dict(found) if isinstance(found, dict) else {}
