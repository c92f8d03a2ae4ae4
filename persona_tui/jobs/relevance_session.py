"""Judging relevance in progress: where the person is, and what each key does.

As :mod:`persona_tui.jobs.reviewing`: everything is in memory and immediate, each step returns a
:class:`Change` that the caller writes with
:func:`persona_tui.jobs.relevance_changes.write`, in order, and reports back with
:meth:`RelevanceSession.failed` if that could not be done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from persona_tui import __version__
from persona_tui.jobs.relevance_changes import Change
from persona_tui.jobs.relevance_queue import (
    Material,
    Sheet,
    fresh_sheet,
    read_material,
    repeat_sheets,
)
from persona_tui.stages.judging import Pace, Stopwatch
from persona_tui.stages.judging.drawing import Draw, unit
from persona_tui.stages.judging.questions import RELEVANCE
from store.audit import RELEVANT_LEVELS, RelevanceJudgment, RelevanceLevel, UserPrompt
from store.db import new_id, utc_now
from store.records import JudgmentContext

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store

Surface = Literal["screen", "plain"]
Phase = Literal["ask", "summary", "done", "no_attributes", "no_prompts"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it is."""

    place: int
    """Of the attribute on this sheet, from 1."""
    of: int
    prompts_done: int
    """Sheets finished in this sitting."""
    judged_now: int
    seconds_left: float | None
    """For the rest of this sheet."""


class RelevanceSession:
    """See the module. One front end, one session."""

    def __init__(
        self,
        material: Material,
        config: JudgingConfig,
        *,
        surface: Surface,
        prompt_id: str | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.material = material
        self.config = config
        self.surface = surface
        self.five = config.scale == "five"
        self.watch = Stopwatch(clock)
        self.pace = Pace()
        self.judged_now = 0
        self._finished: set[str] = set()
        """Keys of sheets finished in this sitting."""
        self.phase: Phase = "ask"
        self.sheet: Sheet | None = None
        self.place = 0
        self._now = now
        self._answers: dict[tuple[str, str], RelevanceJudgment] = {}
        """(sheet key, attribute) → in force."""
        self._skipped: set[tuple[str, str]] = set()
        self._steps: list[Change] = []
        self._left: list[str] = []
        """Keys of prompts left for another one in this sitting."""
        for row in material.judgments:
            self._answers[row.prompt_id, row.attribute_id] = row
        self._sheets = self._line_up()
        self.go_to(prompt_id)

    @classmethod
    def load(
        cls,
        store: Store,
        config: JudgingConfig,
        *,
        surface: Surface,
        prompt_id: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> RelevanceSession:
        """A session over everything in the journal, at the prompt that is under way."""
        return cls(read_material(store), config, surface=surface, prompt_id=prompt_id, now=now)

    # --- the line -------------------------------------------------------------------------------

    def _line_up(self) -> dict[str, Sheet]:
        most = self.config.attributes_per_prompt
        sheets = [fresh_sheet(one, self.material, most) for one in self.material.prompts]
        sheets += repeat_sheets(self.material, self.config, self._now)
        return self._in_line(one for one in sheets if one.items)

    def _in_line(self, sheets: Iterable[Sheet]) -> dict[str, Sheet]:
        """What is under way first; the rest in random order, repeats among them."""
        seed = self.material.seed
        line = sorted(sheets, key=lambda one: (not self._is_under_way(one), unit(seed, one.key)))
        return {one.key: one for one in line}

    def _is_under_way(self, sheet: Sheet) -> bool:
        done = sum((sheet.key, draw.item_id) in self._answers for draw in sheet.items)
        return 0 < done < len(sheet.items)

    def is_complete(self, sheet: Sheet) -> bool:
        """Whether every attribute on it has an answer."""
        return all((sheet.key, draw.item_id) in self._answers for draw in sheet.items)

    def go_to(self, prompt_id: str | None = None) -> None:
        """Take up a prompt: the one named, else the next one that is not finished."""
        if prompt_id is not None and prompt_id in self._sheets:
            self._open(self._sheets[prompt_id])
            return
        following = next(
            (
                one
                for one in self._sheets.values()
                if not self.is_complete(one) and one.key not in self._left
            ),
            None,
        )
        if following is None and self._left:
            self._left.clear()
            following = next((o for o in self._sheets.values() if not self.is_complete(o)), None)
        if following is not None:
            self._open(following)
            return
        self.sheet = None
        if not self.material.accepted:
            self.phase = "no_attributes"
        else:
            self.phase = "done" if self.material.prompts else "no_prompts"

    def _open(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.place = next(
            (
                at
                for at, draw in enumerate(sheet.items)
                if (sheet.key, draw.item_id) not in self._answers
            ),
            0,
        )
        self.phase = "summary" if self.is_complete(sheet) else "ask"
        self.watch.start()

    def return_to(self, taken: RelevanceJudgment) -> None:
        """After loading anew: put the item of a judgment that was taken back in front, a repeat as a
        repeat (never the finished prompt that it repeats)."""
        prefix = "" if taken.context.repeat_of is None else "repeat:"
        sheet = self._sheets.get(prefix + taken.prompt_id)
        if sheet is None:
            return
        self._open(sheet)
        for at, draw in enumerate(sheet.items):
            if draw.item_id == taken.attribute_id:
                self.place, self.phase = at, "ask"

    # --- where we are ---------------------------------------------------------------------------

    @property
    def item(self) -> Draw | None:
        return None if self.sheet is None or self.phase != "ask" else self.sheet.items[self.place]

    @property
    def attribute(self) -> str:
        """The text that is asked about; empty if nothing is."""
        return "" if self.item is None else self.material.accepted[self.item.item_id]

    def text_of(self, attribute_id: str) -> str:
        """The words of an attribute on this sheet."""
        return self.material.accepted.get(attribute_id, "")

    def answer_to(self, draw: Draw) -> RelevanceJudgment | None:
        """The judgment in force on an item of this sheet."""
        return None if self.sheet is None else self._answers.get((self.sheet.key, draw.item_id))

    @property
    def standing(self) -> Standing:
        of = 0 if self.sheet is None else len(self.sheet.items)
        left = 0 if self.sheet is None else sum(self.answer_to(d) is None for d in self.sheet.items)
        return Standing(
            self.place + 1 if of else 0,
            of,
            len(self._finished),
            self.judged_now,
            self.pace.seconds_left(left),
        )

    def answered(self) -> list[tuple[str, RelevanceJudgment]]:
        """What was answered on this sheet, in its order: (text, judgment)."""
        if self.sheet is None:
            return []
        found = ((draw, self.answer_to(draw)) for draw in self.sheet.items)
        return [(self.text_of(draw.item_id), row) for draw, row in found if row is not None]

    @property
    def may_tell(self) -> bool:
        """Whether what models said of this prompt may be shown now."""
        return self.phase == "summary"

    # --- steps ----------------------------------------------------------------------------------

    def painted(self) -> None:
        """The item is on the screen now: latency counts from here."""
        self.watch.start()

    def answer(self, relevant: bool, level: RelevanceLevel | None = None) -> Change | None:
        """Yes or no to the item in front, then on to the next one."""
        sheet, item = self.sheet, self.item
        if sheet is None or item is None:
            return None
        before = self._answers.get((sheet.key, item.item_id))
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
        self._answers[sheet.key, item.item_id] = row
        self._skipped.discard((sheet.key, item.item_id))
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
        """To the next item without an answer, around the end; skipped ones come last."""
        sheet = self.sheet
        if sheet is None:
            return
        count = len(sheet.items)
        places = [(self.place + step) % count for step in range(1, count + 1)]
        open_ = [at for at in places if self.answer_to(sheet.items[at]) is None]
        fresh = [at for at in open_ if (sheet.key, sheet.items[at].item_id) not in self._skipped]
        if open_:
            self.place = (fresh or open_)[0]
        else:
            self.phase = "summary"
            self._finished.add(sheet.key)
        self.watch.start()

    def skip(self) -> bool:
        """Leave the item open and go on; ``False`` if there is no other open one."""
        sheet, item = self.sheet, self.item
        if sheet is None or item is None:
            return False
        before = self.place
        self._skipped.add((sheet.key, item.item_id))
        if self.answer_to(item) is not None or self.place != before:
            self.place = (self.place + 1) % len(sheet.items)
        else:
            self._forward()
        return self.place != before

    def back(self) -> bool:
        """Look at the item before this one; ``False`` at the first."""
        if self.sheet is None or (self.phase == "ask" and self.place == 0):
            return False
        self.place = len(self.sheet.items) - 1 if self.phase == "summary" else self.place - 1
        self.phase = "ask"
        self.watch.start()
        return True

    def next_prompt(self) -> None:
        """Go on to the next prompt: after the summary, or leaving this one for later."""
        if self.sheet is not None and self.phase == "ask":
            self._left.append(self.sheet.key)
        self.go_to()

    def join_prompt(self, prompt: UserPrompt) -> None:
        """A prompt that came meanwhile: it waits in its place in the line."""
        if prompt.prompt_id in self._sheets:
            return
        self.material.prompts.append(prompt)
        sheet = fresh_sheet(prompt, self.material, self.config.attributes_per_prompt)
        if sheet.items:
            self._sheets = self._in_line([*self._sheets.values(), sheet])
            if self.sheet is None:
                self.go_to()

    def add_prompt(self, prompt: UserPrompt) -> None:
        """A prompt that was just typed in: taken up at once."""
        self.join_prompt(prompt)
        self.go_to(prompt.prompt_id)

    def drop_prompt(self) -> str | None:
        """Do not ask about this prompt any more; gives its id. What was judged on it stays."""
        if self.sheet is None:
            return None
        key = self.sheet.prompt.prompt_id
        self.material.prompts = [p for p in self.material.prompts if p.prompt_id != key]
        for one in (key, f"repeat:{key}"):
            self._sheets.pop(one, None)
        self.go_to()
        return key

    def told(self) -> str | None:
        """What models said of this prompt is on the screen now; gives the prompt's id the first
        time, to be kept."""
        if self.sheet is None or self.sheet.prompt.prompt_id in self.material.told:
            return None
        self.material.told.add(self.sheet.prompt.prompt_id)
        return self.sheet.prompt.prompt_id

    # --- undo -----------------------------------------------------------------------------------

    def undo(self) -> Change:
        """Take back the step before, without limit: of this sitting, then of earlier ones (which one
        that is the journal says: load anew after writing it)."""
        if not self._steps:
            return Change("undo_earlier")
        step = self._steps.pop()
        row = step.row
        if row is None:
            return Change("undo_earlier")
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
        if change.row is None:
            return
        key = (change.sheet_key, change.row.attribute_id)
        if change.kind == "answer":
            self._steps = [one for one in self._steps if one is not change]
            if change.before is None:
                self._answers.pop(key, None)
                self.judged_now = max(0, self.judged_now - 1)
            else:
                self._answers[key] = change.before
        else:
            self._answers[key] = change.row
        self._return_to(change)
