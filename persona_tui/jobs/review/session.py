"""A review in progress: where the person is, and what each key does.

Everything is in memory and immediate; each step returns a :class:`Change` that the caller writes
(in order, on whatever thread owns the store) and reports back with :meth:`ReviewSession.done` or
:meth:`ReviewSession.failed`. The Review screen and the line mode both stand on this class.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from persona_tui import __version__
from persona_tui.jobs.review.changes import Change, Kind, OvertakenError, Written, next_row
from persona_tui.jobs.review.place import ReviewPlace
from persona_tui.stages.judging import GUIDELINE, is_judged
from persona_tui.stages.judging.answers import next_answer, next_use
from store.records import Attribute, AttributeJudgment, FailureMode, JudgmentContext, Verdict


class ReviewSession(ReviewPlace):
    """See the module. Not thread-safe: one front end, one session."""

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
        key, shown, before = self.current_id, self.current, self.judgment
        if key is None or shown is None:
            return None
        context = self._context(asked, key, shown)
        row = next_row(shown.attribute_id, before, context, **answers)
        carried = self.queue.carried(key, context, asked, answers.get("use"))
        kind: Kind = "answer" if text is None else "correct"
        change = Change(kind, key, before, row, text, carried=carried)
        if text is None:
            self.queue.put(key, row)
            self.queue.carry(carried)
        return self._step(change)

    def _step(self, change: Change) -> Change:
        self.version += 1
        self._steps.append(change)
        return change

    def _context(self, asked: str, key: str, attribute: Attribute) -> JudgmentContext:
        """How the item stood in front of the person at this key.

        ``shown`` holds the sentence itself; of the evidence its spans, not its words, so that a
        forgotten message does not live on in a judgment.
        """
        item = self.queue.item(key)
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
            model_hidden=attribute.attribute_id not in self._told,
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
        key, now = step.attribute_id, self.queue.judgment(step.attribute_id)
        carried = None if step.carried is None else (step.carried[1], step.carried[0])
        self.queue.carry(carried)
        self._return_to(key, step.before)
        return Change("undo", key, now, step.before, undone=step, carried=carried)

    def _return_to(self, key: str, row: AttributeJudgment | None) -> None:
        """Put ``row`` in force and its item in front of the person."""
        if is_judged(self.queue.judgment(key)) and not is_judged(row):
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
            if change.undone is None and key is not None and self.queue.shown(key) is not None:
                self.queue.carry(written.carried)
                self._return_to(key, written.judgment)
            return
        if written.added is None:
            return
        self.queue.sentences[written.added.attribute_id] = written.added.text
        final = replace(change, after=written.judgment, carried=written.carried)
        self._steps = [final if step is change else step for step in self._steps]
        if change.kind == "correct" and key is not None:
            self.queue.put(key, written.judgment)
            self.queue.carry(written.carried)

    def failed(self, change: Change, error: Exception | None = None) -> None:
        """``change`` is not in the store: what was before is in force again, and the item is back
        in front of the person. Steps that built on it fail too, each in its turn."""
        self.version += 1
        self._steps = [step for step in self._steps if step is not change]
        if change.kind == "undo":
            # What another window judged since is not ours to take back: nor at the next try.
            if change.undone is not None and not isinstance(error, OvertakenError):
                self._steps.append(change.undone)
        else:
            self._lost |= {row.judgment_id for row in change.rows}
        key, before = change.attribute_id, change.before
        if change.kind == "add" or self.queue.shown(key) is None:
            return
        if change.kind == "undo" and change.undone is not None and change.undone.kind == "add":
            return
        if change.carried is not None and change.carried[0].judgment_id not in self._lost:
            self.queue.carry(change.carried, back=True)
        if before is None or before.judgment_id not in self._lost:
            self._return_to(key, before)
