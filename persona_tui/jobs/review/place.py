"""Where the person is in a review: the item in front of them, what was before it and comes next.

Steps (:mod:`persona_tui.jobs.review.session`) build on this; nothing here changes a judgment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from persona_tui.jobs import picks
from persona_tui.jobs.review.beside import Beside
from persona_tui.jobs.review.changes import Change
from persona_tui.jobs.review.queue import ReviewQueue, read_attributes, stored_seed
from persona_tui.stages.judging import Pace, ReviewFilter, Stopwatch, is_judged
from persona_tui.stages.judging.active import NONE, Picks
from store.db import utc_now
from store.records import Attribute, AttributeJudgment

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store

Surface = Literal["screen", "plain"]
Phase = Literal["verdict", "why", "done", "empty"]
"""What is asked now: the verdict, what is wrong, or nothing (all done; nothing there at all)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the review is. ``left`` and ``total`` count the items under the filter."""

    left: int
    total: int
    judged_now: int
    """Verdicts given in this sitting."""
    seconds_left: float | None


class ReviewPlace:
    """See the module."""

    def __init__(
        self,
        attributes: Iterable[Attribute],
        *,
        surface: Surface,
        seed: str = "",
        told: Iterable[str] = (),
        beside: Beside | None = None,
        picked: Picks = NONE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.surface = surface
        self.watch = Stopwatch(clock)
        self.pace = Pace()
        self.queue = ReviewQueue(attributes, seed, beside, picked)
        self.current_id: str | None = None
        self.phase: Phase = "empty"
        self.evidence_open = False
        self.last_id: str | None = None
        """The item judged last: what the model thought of it may now be told."""
        self.judged_now = 0
        self.version = 0
        """Grows with every step: tells :meth:`refresh` whether what was read is still true."""
        self._visited: list[str] = []
        self._steps: list[Change] = []
        self._lost: set[str] = set()
        """Rows that could not be written."""
        self._told = set(told)
        """Items of which the person has been told what the model thought."""
        self._told |= self.queue.judged
        self._show(self.queue.first())

    @classmethod
    def load(
        cls,
        store: Store,
        *,
        surface: Surface,
        config: JudgingConfig | None = None,
        share: float | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> Self:
        """A session over everything in the store, at the first item without a verdict. ``config``
        says how much is repeated and planted; the defaults if left out. ``share`` of what is asked is
        picked to learn from, as :func:`persona_tui.jobs.picks.read`."""
        from store import judgments

        seed = stored_seed(store)
        return cls(
            read_attributes(store),
            surface=surface,
            seed=seed,
            told=judgments.ever_judged(store),  # also what was taken back was told
            beside=Beside.load(store, seed, config, now),
            picked=picks.read(store, "review", share).picks,
        )

    # --- where we are ---------------------------------------------------------------------------

    @property
    def current(self) -> Attribute | None:
        return None if self.current_id is None else self.queue.shown(self.current_id)

    @property
    def judgment(self) -> AttributeJudgment | None:
        """In force for the current item."""
        return None if self.current_id is None else self.queue.judgment(self.current_id)

    @property
    def correction(self) -> str | None:
        """What the person wrote in place of the current item."""
        found = self.judgment and self.judgment.corrected_attribute_id
        return self.queue.sentences.get(found) if found else None

    @property
    def upcoming(self) -> Attribute | None:
        """Where a verdict would lead: for reading ahead."""
        key = self.queue.after(self.current_id)
        return None if key is None else self.queue.shown(key)

    @property
    def last(self) -> tuple[Attribute, AttributeJudgment] | None:
        """The item judged last and its judgment."""
        if self.last_id is None:
            return None
        attribute, judgment = self.queue.shown(self.last_id), self.queue.judgment(self.last_id)
        return None if attribute is None or judgment is None else (attribute, judgment)

    @property
    def told(self) -> list[str]:
        """What may be said of the item judged last (:meth:`Beside.told`)."""
        found = self.last
        if found is None or self.last_id is None:
            return []
        shown = found[0]
        return self.queue.beside.told(
            self.last_id, shown, self.queue.judgments.get(shown.attribute_id)
        )

    @property
    def standing(self) -> Standing:
        left = len(self.queue.left)
        return Standing(left, self.queue.total, self.judged_now, self.pace.seconds_left(left))

    # --- going around ---------------------------------------------------------------------------

    def _show(self, key: str | None, *, why: bool = False, visited: bool = True) -> None:
        if visited and self.current_id is not None and self.current_id != key:
            self._visited.append(self.current_id)
        self.current_id = key
        if key is None:
            self.phase = "done" if self.queue.attributes else "empty"
        else:
            self.phase = "why" if why else "verdict"
        # What went wrong can only be said with the words at hand; the verdict comes before them.
        self.evidence_open = why
        self._verdict_ms: int | None = None
        self._verdict_with_evidence: bool | None = None
        self._conversation_opened = False
        self.watch.start()

    def painted(self) -> None:
        """The current item is on the screen now: latency counts from here."""
        if self._verdict_ms is None:
            self.watch.start()

    def conversation_opened(self) -> None:
        """The person read the evidence in its conversation."""
        self._conversation_opened = True

    def toggle_evidence(self) -> None:
        self.evidence_open = not self.evidence_open

    def go_on(self) -> None:
        """Leave a judged item for the next one; what the model thought may be told then."""
        if self.current_id is not None and is_judged(self.judgment):
            self._told.add(self.current_id)
            self.last_id = self.current_id
        self._show(self.queue.after(self.current_id))

    def skip(self) -> bool:
        """Leave the item as it is and go to the next; ``False`` if there is no other in the queue
        (the one item that is left stays)."""
        if self.current_id is None:
            return False
        if is_judged(self.judgment):
            self.go_on()
            return True
        following = self.queue.after(self.current_id)
        if following is None and self.queue.filter.status == "unjudged":
            return False
        self._show(following)
        return True

    def back(self) -> bool:
        """Look at the item before this one; ``False`` if there was none."""
        while self._visited:
            key = self._visited.pop()
            if key != self.current_id and self.queue.shown(key) is not None:
                self._show(key, visited=False)
                return True
        return False

    def set_filter(self, wanted: ReviewFilter) -> None:
        """Look at other items, from the first of them."""
        self._visited.clear()
        self.queue.arrange(wanted)
        self._show(self.queue.first(), visited=False)

    def pick(self, picked: Picks) -> None:
        """Take over what is asked next; the item in front of the person stays."""
        if picked != self.queue.picks:
            self.queue.picks = picked
            self.queue.arrange(self.queue.filter)

    def refresh(self, attributes: Iterable[Attribute], version: int) -> bool:
        """Take over what was read from the store when :attr:`version` was ``version``; the item in
        front of the person stays. ``False`` (and nothing changes) if steps were taken since."""
        if version != self.version:
            return False
        self.queue.replace_all(attributes)
        self._told |= self.queue.judged
        self._steps = [one for one in self._steps if self.queue.shown(one.attribute_id)]
        if self.current is None:
            self._show(self.queue.first(), visited=False)
        return True
