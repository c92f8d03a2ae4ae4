"""Where the person is in Relevance: the line of prompts, the sheet, the item in front.

The half of :class:`persona_tui.jobs.relevance.session.RelevanceSession` that answers nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from persona_tui.jobs.relevance.changes import Change
from persona_tui.jobs.relevance.queue import Material, Sheet, fresh_sheet, repeat_sheets
from persona_tui.stages.judging import Pace, Stopwatch
from persona_tui.stages.judging.active import mixed
from persona_tui.stages.judging.drawing import Draw, unit
from store.audit import RelevanceJudgment, UserPrompt
from store.db import utc_now

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig

Surface = Literal["screen", "plain"]
Phase = Literal["ask", "summary", "done", "no_attributes", "no_prompts"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it is."""

    place: int
    """Of the attribute on this sheet, from 1."""
    of: int
    prompt: int
    """Of this prompt, from 1: those that were done before, whenever that was, come first."""
    prompts: int
    prompts_done: int
    """Sheets finished in this sitting."""
    judged_now: int
    seconds_left: float | None
    """For the rest of this sheet."""


class RelevancePlace:
    """See the module."""

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
        self.phase: Phase = "ask"
        self.sheet: Sheet | None = None
        self.place = 0
        self._now = now
        self._answers: dict[tuple[str, str], RelevanceJudgment] = {}
        """(sheet key, attribute) → in force."""
        self._skipped = material.skipped
        self._steps: list[Change] = []
        self._left: list[str] = []
        """Keys of prompts left for another one in this sitting."""
        self._finished: set[str] = set()
        """Keys of sheets finished in this sitting."""
        for row in material.judgments:
            self._answers[row.prompt_id, row.attribute_id] = row
        self._sheets = self._line_up()
        self.go_to(prompt_id)

    # --- the line -------------------------------------------------------------------------------

    def _line_up(self) -> dict[str, Sheet]:
        most = self.config.attributes_per_prompt
        sheets = [fresh_sheet(one, self.material, most) for one in self.material.prompts]
        sheets += repeat_sheets(self.material, self.config, self._now)
        return self._in_line(one for one in sheets if one.items)

    def _in_line(self, sheets: Iterable[Sheet]) -> dict[str, Sheet]:
        """What is under way first; the rest in random order, repeats among them, and prompts of the
        pool where the coin says so."""
        seed = self.material.seed
        line = sorted(sheets, key=lambda one: (not self._is_under_way(one), unit(seed, one.key)))
        by_key = {one.key: one for one in line}
        fresh = [one for one in line if all(self._is_open(one, draw) for draw in one.items)]
        pool = [one.key for one in fresh if all(d.sampling == "active" for d in one.items)]
        others = [one.key for one in fresh if one.key not in set(pool)]
        begun = [one.key for one in line if one not in fresh]
        picks, place = self.material.asked.picks, sum(map(self.is_complete, line))
        order = (*begun, *mixed(others, pool, picks, seed=seed, place=place))
        return {key: by_key[key] for key in order}

    def _is_open(self, sheet: Sheet, draw: Draw) -> bool:
        """Whether the item waits: not answered, and not skipped."""
        key = (sheet.key, draw.item_id)
        return key not in self._answers and key not in self._skipped

    def _is_under_way(self, sheet: Sheet) -> bool:
        left = sum(self._is_open(sheet, draw) for draw in sheet.items)
        return 0 < left < len(sheet.items)

    def is_complete(self, sheet: Sheet) -> bool:
        """Whether every attribute on it was answered or skipped."""
        return not any(self._is_open(sheet, draw) for draw in sheet.items)

    def skipped_on(self, sheet: Sheet) -> list[int]:
        """Places on a sheet that were skipped, and not answered since."""
        return [
            at
            for at, draw in enumerate(sheet.items)
            if self.is_skipped(sheet, draw) and (sheet.key, draw.item_id) not in self._answers
        ]

    def is_skipped(self, sheet: Sheet, draw: Draw) -> bool:
        return (sheet.key, draw.item_id) in self._skipped

    @property
    def skipped(self) -> int:
        """What can be taken up again: of this prompt, or of all where none is in front."""
        if self.sheet is not None:
            return len(self.skipped_on(self.sheet))
        return sum(len(self.skipped_on(sheet)) for sheet in self._sheets.values())

    def go_to(self, prompt_id: str | None = None) -> None:
        """Take up a prompt: the one named, else the next one that is not finished."""
        if prompt_id is not None and prompt_id in self._sheets:
            self._open(self._sheets[prompt_id])
            return
        waiting = [one for one in self._sheets.values() if not self.is_complete(one)]
        following = [one for one in waiting if one.key not in self._left]
        if not following:
            self._left.clear()
            following = waiting
        if following:
            self._open(following[0])
            return
        self.sheet = None
        if not self.material.accepted:
            self.phase = "no_attributes"
        else:
            self.phase = "done" if self.material.prompts else "no_prompts"

    def _open(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.place = next(
            (at for at, draw in enumerate(sheet.items) if self._is_open(sheet, draw)), 0
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
        self.choose(prompt.prompt_id)

    def choose(self, prompt_id: str) -> None:
        """Take up a prompt that the person named, out of its turn: it was not drawn at random, so its
        judgments have no inclusion probability, unless it was under way or its turn already."""
        sheet = self._sheets.get(prompt_id)
        begun = sheet is not None and any(
            (sheet.key, draw.item_id) in self._answers for draw in sheet.items
        )
        if sheet is not None and sheet is not self.sheet and not begun:
            self.material.chosen.add(prompt_id)
            most = self.config.attributes_per_prompt
            self._sheets[prompt_id] = fresh_sheet(sheet.prompt, self.material, most)
        self.go_to(prompt_id)

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
        sheet = self.sheet
        of = 0 if sheet is None else len(sheet.items)
        left = 0 if sheet is None else sum(self._is_open(sheet, draw) for draw in sheet.items)
        before = sum(one is not sheet and self.is_complete(one) for one in self._sheets.values())
        return Standing(
            self.place + 1 if of else 0,
            of,
            before + (sheet is not None),
            len(self._sheets),
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

    def told(self) -> str | None:
        """What models said of this prompt is on the screen now; gives the prompt's id the first
        time, to be kept."""
        if self.sheet is None or self.sheet.prompt.prompt_id in self.material.told:
            return None
        self.material.told.add(self.sheet.prompt.prompt_id)
        return self.sheet.prompt.prompt_id
