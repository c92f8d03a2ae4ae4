"""Judging relevance in progress: what each key does.

As :mod:`persona_tui.jobs.review.session`: everything is in memory and immediate, each step returns a
:class:`Change` that the caller writes with
:func:`persona_tui.jobs.relevance.changes.write`, in order, and reports back with
:meth:`RelevanceSession.failed` if that could not be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui import __version__
from persona_tui.jobs.relevance.changes import Change
from persona_tui.jobs.relevance.place import RelevancePlace, Surface
from persona_tui.jobs.relevance.queue import Sheet, read_material
from persona_tui.stages.judging.drawing import Draw
from persona_tui.stages.judging.questions import RELEVANCE
from store.audit import RELEVANT_LEVELS, RelevanceJudgment, RelevanceLevel
from store.db import new_id, utc_now
from store.records import JudgmentContext

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store


class RelevanceSession(RelevancePlace):
    """See the module. One front end, one session."""

    @classmethod
    def load(
        cls,
        store: Store,
        config: JudgingConfig,
        *,
        surface: Surface,
        prompt_id: str | None = None,
        chosen: Iterable[str] = (),
        share: float | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> RelevanceSession:
        """A session over everything in the journal, at the prompt that is under way, or at the one
        named. ``chosen`` are prompts that the person named out of their turn in this sitting;
        ``share`` as :func:`persona_tui.jobs.picks.read`."""
        material = read_material(store, share)
        material.chosen.update(chosen)
        return cls(material, config, surface=surface, prompt_id=prompt_id, now=now)

    # --- steps ----------------------------------------------------------------------------------

    def painted(self) -> None:
        """The item is on the screen now: latency counts from here."""
        self.watch.start()

    def answer(self, relevant: bool, level: RelevanceLevel | None = None) -> Change | None:
        """Yes or no to the item in front, then on to the next one."""
        sheet, item = self.sheet, self.item
        if sheet is None or item is None:
            return None
        key = (sheet.key, item.item_id)
        before = self._answers.get(key)
        row = RelevanceJudgment(
            new_id(),
            sheet.prompt.prompt_id,
            item.item_id,
            self._now(),
            self._context(sheet, item, level),
            relevant,
            level,
        )
        if before is None:
            self.judged_now += 1
            self.pace.add(self.watch.milliseconds)
        self._answers[key] = row
        self._skipped.discard(key)
        change = Change("answer", sheet.key, self.place, row, before)
        self._steps.append(change)
        self._forward()
        return change

    def answer_level(self, digit: int) -> Change | None:
        """An answer on the finer scale, 1 to 5; it folds to yes or no."""
        if not 1 <= digit <= len(RELEVANCE.levels):
            return None
        level = RELEVANCE.levels[digit - 1][0]
        return self.answer(level in RELEVANT_LEVELS, level)

    def _context(self, sheet: Sheet, item: Draw, level: RelevanceLevel | None) -> JudgmentContext:
        return JudgmentContext(
            RELEVANCE.sha256,
            __version__,
            {
                "surface": self.surface,
                "attribute": self.material.accepted[item.item_id],
                "prompt_id": sheet.prompt.prompt_id,
                "place": self.place + 1,
                "of": len(sheet.items),
                "scale": "yes_no" if level is None else "five",
                "order_seed": self.material.seed,
            },
            model_hidden=sheet.prompt.prompt_id not in self.material.told,
            sampling=item.sampling,
            inclusion_prob=item.inclusion_prob,
            latency_ms=self.watch.milliseconds,
            repeat_of=item.repeat_of,
        )

    def _forward(self) -> None:
        """To the next item that waits, around the end; with none the prompt is done."""
        sheet = self.sheet
        if sheet is None:
            return
        count = len(sheet.items)
        places = [(self.place + step) % count for step in range(1, count + 1)]
        waiting = [at for at in places if self._is_open(sheet, sheet.items[at])]
        if waiting:
            self.place = waiting[0]
        else:
            self.phase = "summary"
            self._finished.add(sheet.key)
        self.watch.start()

    def skip(self) -> Change | None:
        """Leave the item in front out and go on; a prompt with nothing left but what was skipped is
        done. Of an item that was answered or skipped before nothing changes: it only goes on."""
        sheet, item = self.sheet, self.item
        if sheet is None or item is None:
            return None
        if not self._is_open(sheet, item):
            if self.place + 1 < len(sheet.items):
                self.place += 1
                self.watch.start()
            else:
                self._forward()
            return None
        key = (sheet.key, item.item_id)
        self._skipped.add(key)
        change = Change("skip", sheet.key, self.place, skips=(key,))
        self._steps.append(change)
        self._forward()
        return change

    def take_up(self) -> Change | None:
        """Ask again what was skipped: of this prompt, or of the first one that has any where none
        is in front. ``None`` if there is nothing."""
        sheets = self._sheets.values() if self.sheet is None else [self.sheet]
        sheet = next((one for one in sheets if self.skipped_on(one)), None)
        if sheet is None:
            return None
        places = self.skipped_on(sheet)
        keys = tuple((sheet.key, sheet.items[at].item_id) for at in places)
        self._skipped.difference_update(keys)
        self._finished.discard(sheet.key)
        self.sheet, self.place, self.phase = sheet, places[0], "ask"
        self.watch.start()
        return Change("take_up", sheet.key, places[0], skips=keys)

    def back(self) -> bool:
        """Look at the item before this one; ``False`` at the first."""
        if self.sheet is None or (self.phase == "ask" and self.place == 0):
            return False
        self.place = len(self.sheet.items) - 1 if self.phase == "summary" else self.place - 1
        self.phase = "ask"
        self.watch.start()
        return True

    # --- undo -----------------------------------------------------------------------------------

    def undo(self) -> Change:
        """Take back the step before, without limit: of this sitting, then judgments of earlier ones
        (which one that is the journal says: load anew after writing it)."""
        if not self._steps:
            return Change("undo_earlier")
        step = self._steps.pop()
        row = step.row
        if row is None:
            self._skipped.difference_update(step.skips)
            self._return_to(step)
            return Change("take_up", step.sheet_key, step.place, skips=step.skips)
        key = (step.sheet_key, row.attribute_id)
        if step.before is None:
            self._answers.pop(key, None)
            self.judged_now = max(0, self.judged_now - 1)
        else:
            self._answers[key] = step.before
        self._return_to(step)
        return Change("undo", step.sheet_key, step.place, row, step.before)

    def _return_to(self, step: Change) -> None:
        sheet = self._sheets.get(step.sheet_key)
        if sheet is None:
            return
        if not self.is_complete(sheet):
            self._finished.discard(sheet.key)
        self.sheet, self.place, self.phase = sheet, step.place, "ask"
        self.watch.start()

    def failed(self, change: Change) -> None:
        """``change`` could not be written: what it changed is as it was, and its item is in front."""
        if change.kind == "undo_earlier":
            return
        if change.kind in ("answer", "skip"):
            self._steps = [one for one in self._steps if one is not change]
        if change.kind == "skip":
            self._skipped.difference_update(change.skips)
        elif change.kind == "take_up":
            self._skipped.update(change.skips)
        elif change.row is not None:
            key = (change.sheet_key, change.row.attribute_id)
            if change.kind == "undo":
                self._answers[key] = change.row
            elif change.before is None:
                self._answers.pop(key, None)
                self.judged_now = max(0, self.judged_now - 1)
            else:
                self._answers[key] = change.before
        self._return_to(change)
