"""A review in progress: where the person is, and what each key does.

Everything is in memory and immediate; each step returns a :class:`Change` that the caller writes
(in order, on whatever thread owns the store) and reports back with :meth:`ReviewSession.done` or
:meth:`ReviewSession.failed`. The Review screen and the line mode both stand on this class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from persona_tui import __version__
from persona_tui.jobs.review_changes import Change, OvertakenError, Written, next_row
from persona_tui.jobs.review_queue import ReviewQueue, read_attributes, stored_seed
from persona_tui.stages.judging import (
    GUIDELINE,
    Pace,
    ReviewFilter,
    Stopwatch,
    is_judged,
)
from persona_tui.stages.judging.answers import next_answer, next_use
from store.records import Attribute, AttributeJudgment, FailureMode, JudgmentContext, Verdict

if TYPE_CHECKING:
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


class ReviewSession:
    """See the module. Not thread-safe: one front end, one session."""

    def __init__(
        self,
        attributes: Iterable[Attribute],
        *,
        surface: Surface,
        seed: str = "",
        told: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.surface = surface
        self.watch = Stopwatch(clock)
        self.pace = Pace()
        self.queue = ReviewQueue(attributes, seed)
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
        self._told |= {key for key, found in self.queue.judgments.items() if is_judged(found)}
        self._show(self.queue.first())

    @classmethod
    def load(cls, store: Store, *, surface: Surface) -> ReviewSession:
        """A session over everything in the store, at the first item without a verdict."""
        from store import judgments

        return cls(
            read_attributes(store),
            surface=surface,
            seed=stored_seed(store),
            told=judgments.ever_judged(store),  # also what was taken back was told
        )

    # --- where we are ---------------------------------------------------------------------------

    @property
    def current(self) -> Attribute | None:
        return None if self.current_id is None else self.queue.attributes.get(self.current_id)

    @property
    def judgment(self) -> AttributeJudgment | None:
        """In force for the current item."""
        return None if self.current_id is None else self.queue.judgments.get(self.current_id)

    @property
    def correction(self) -> str | None:
        """What the person wrote in place of the current item."""
        found = self.judgment and self.judgment.corrected_attribute_id
        return self.queue.sentences.get(found) if found else None

    @property
    def upcoming(self) -> Attribute | None:
        """Where a verdict would lead: for reading ahead."""
        key = self.queue.after(self.current_id)
        return None if key is None else self.queue.attributes[key]

    @property
    def last(self) -> tuple[Attribute, AttributeJudgment] | None:
        """The item judged last and its judgment."""
        if self.last_id is None or self.last_id not in self.queue.judgments:
            return None
        return self.queue.attributes[self.last_id], self.queue.judgments[self.last_id]

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
            if key in self.queue.attributes and key != self.current_id:
                self._show(key, visited=False)
                return True
        return False

    def set_filter(self, wanted: ReviewFilter) -> None:
        """Look at other items, from the first of them."""
        self._visited.clear()
        self.queue.arrange(wanted)
        self._show(self.queue.first(), visited=False)

    def refresh(self, attributes: Iterable[Attribute], version: int) -> bool:
        """Take over what was read from the store when :attr:`version` was ``version``; the item in
        front of the person stays. ``False`` (and nothing changes) if steps were taken since."""
        if version != self.version:
            return False
        self.queue.replace_all(attributes)
        self._told |= {key for key, found in self.queue.judgments.items() if is_judged(found)}
        known = self.queue.attributes
        self._steps = [step for step in self._steps if step.attribute_id in known]
        if self.current_id not in known:
            self._show(self.queue.first(), visited=False)
        return True

    # --- answers --------------------------------------------------------------------------------

    def judge(self, verdict: Verdict) -> Change | None:
        """A verdict. *ok* goes on; *unsure* and *bad* stay and ask what is wrong (the verdict is
        kept whether or not that is answered)."""
        if self.current_id is None:
            return None
        first = not is_judged(self.judgment)
        self._verdict_ms = self.watch.milliseconds
        self._verdict_with_evidence = self.evidence_open
        mode = self.judgment.failure_mode if self.judgment and verdict != "ok" else None
        change = self._answer("verdict", verdict=verdict, failure_mode=mode)
        if first:
            self.judged_now += 1
            self.pace.add(self._verdict_ms)
        if verdict == "ok":
            self.go_on()
        else:
            self.phase = "why"
            self.evidence_open = True
        return change

    def why(self, mode: FailureMode) -> Change | None:
        """What is wrong with it, then on to the next item. Only after *unsure* or *bad*."""
        if self.judgment is None or self.judgment.verdict not in ("unsure", "bad"):
            return None
        change = self._answer("why", failure_mode=mode)
        self.go_on()
        return change

    def toggle_accurate(self) -> Change | None:
        """*True of me?* not said → yes → no → not said."""
        current = self.judgment.accurate if self.judgment else None
        return self._answer("accurate", accurate=next_answer(current))

    def toggle_supported(self) -> Change | None:
        """*Do my words show it?* Nobody can say so unseen: where the evidence is hidden this opens
        it and asks again (``None``)."""
        if not self.evidence_open:
            self.evidence_open = self.current_id is not None
            return None
        current = self.judgment.supported if self.judgment else None
        return self._answer("supported", supported=next_answer(current))

    def toggle_use(self) -> Change | None:
        """Not said → never → only when I ask → welcome → not said."""
        return self._answer("use", use=next_use(self.judgment.use if self.judgment else None))

    def note(self, text: str) -> Change | None:
        """A note of the person's own; an empty one takes it away."""
        return self._answer("note", note=text.strip() or None)

    def correct(self, text: str) -> Change | None:
        """Say it as it should be. The verdict on the sentence as it stood is still asked: how wrong
        it was only the person knows. Write it, and call :meth:`done`, before the next step."""
        text = text.strip()
        if not text or self.current is None or text == self.current.text:
            return None
        return self._answer("correct", text=text)

    def add(self, text: str) -> Change | None:
        """Something that the model missed, in the person's words. Write it, and call :meth:`done`,
        before the next step."""
        text = text.strip()
        if not text:
            return None
        context = JudgmentContext(
            GUIDELINE.sha256, __version__, {"surface": self.surface, "asked": "add"}
        )
        return self._step(Change("add", self.current_id or "", text=text, context=context))

    def _answer(self, asked: str, *, text: str | None = None, **answers: Any) -> Change | None:
        if self.current is None:
            return None
        key, before = self.current.attribute_id, self.judgment
        row = next_row(key, before, self._context(asked, key), **answers)
        if text is not None:
            return self._step(Change("correct", key, before, row, text))
        self.queue.put(key, row)
        return self._step(Change("answer", key, before, row))

    def _step(self, change: Change) -> Change:
        self.version += 1
        self._steps.append(change)
        return change

    def _context(self, asked: str, key: str) -> JudgmentContext:
        """How the item stood in front of the person at this key.

        ``shown`` holds the sentence itself; of the evidence its spans, not its words, so that a
        forgotten message does not live on in a judgment.
        """
        attribute, item = self.queue.attributes[key], self.queue.item(key)
        shown: dict[str, object] = {
            "surface": self.surface,
            "asked": asked,
            "attribute": attribute.text,
            "evidence": [
                [evidence.message_id, evidence.start, evidence.end]
                for evidence in (attribute.evidence if self.evidence_open else ())
            ],
            "evidence_open": self.evidence_open,
            "evidence_open_at_verdict": self._verdict_with_evidence,
            "conversation_opened": self._conversation_opened,
            "order_seed": self.queue.seed,
            "filter": self.queue.filter.as_shown(),
        }
        return JudgmentContext(
            guideline_sha256=GUIDELINE.sha256,
            app_version=__version__,
            shown=shown,
            model_hidden=key not in self._told,
            sampling=item.sampling,
            inclusion_prob=item.inclusion_prob,
            latency_ms=self.watch.milliseconds if self._verdict_ms is None else self._verdict_ms,
            repeat_of=item.repeat_of,
        )

    # --- undo -----------------------------------------------------------------------------------

    def undo(self) -> Change:
        """Take back the step before, and the one before that, without limit: the steps of this
        sitting, then those of earlier ones, the newest first. The item comes back to the front
        (of an earlier sitting once it is written: which one it is the store says)."""
        self.version += 1
        if not self._steps:
            return Change("undo", "")
        step = self._steps.pop()
        if step.kind == "add":
            return Change("undo", step.attribute_id, undone=step)
        key, now = step.attribute_id, self.queue.judgments.get(step.attribute_id)
        self._return_to(key, step.before)
        return Change("undo", key, before=now, after=step.before, undone=step)

    def _return_to(self, key: str, row: AttributeJudgment | None) -> None:
        """Put ``row`` in force and its item in front of the person."""
        if is_judged(self.queue.judgments.get(key)) and not is_judged(row):
            self.judged_now = max(0, self.judged_now - 1)
        self.queue.put(key, row)
        if self.last_id == key:
            self.last_id = None
        asks_why = row is not None and row.verdict in ("unsure", "bad") and not row.failure_mode
        self._show(key, why=asks_why, visited=False)

    # --- what became of a change ----------------------------------------------------------------

    def done(self, change: Change, written: Written) -> None:
        """``change`` is in the store."""
        key = written.attribute_id
        if change.kind == "undo":
            if change.undone is None and key in self.queue.attributes:
                self._return_to(key, written.judgment)
            return
        if written.added is None:
            return
        self.queue.sentences[written.added.attribute_id] = written.added.text
        final = replace(change, after=written.judgment)
        self._steps = [final if step is change else step for step in self._steps]
        if change.kind == "correct" and key is not None:
            self.queue.put(key, written.judgment)

    def failed(self, change: Change, error: Exception | None = None) -> None:
        """``change`` is not in the store: what was before is in force again, and the item is back
        in front of the person. Steps that built on it fail too, each in its turn."""
        self.version += 1
        self._steps = [step for step in self._steps if step is not change]
        if change.kind == "undo":
            # What another window judged since is not ours to take back: nor at the next try.
            if change.undone is not None and not isinstance(error, OvertakenError):
                self._steps.append(change.undone)
        elif change.after is not None:
            self._lost.add(change.after.judgment_id)
        key, before = change.attribute_id, change.before
        if change.kind == "add" or key not in self.queue.attributes:
            return
        if change.kind == "undo" and change.undone is not None and change.undone.kind == "add":
            return
        if before is None or before.judgment_id not in self._lost:
            self._return_to(key, before)
