"""What one key of a review does to the store: a value, decided first and written after.

The front end shows a change at once and writes it in its own time, in order; a change that could
not be written is handed back to :meth:`persona_tui.jobs.review.session.ReviewSession.failed`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from persona_tui import __version__
from persona_tui.stages.judging import GUIDELINE
from persona_tui.stages.judging.drawing import CATCH, REPEAT
from store.errors import StoreError
from store.records import Attribute, AttributeJudgment, JudgmentContext

if TYPE_CHECKING:
    from store.db import Store

Kind = Literal["answer", "correct", "add", "undo"]
Carried = tuple[AttributeJudgment, AttributeJudgment]
"""A judgment in force, and the one in its place: what an answer to a repeat changes in it."""


def item_key(row: AttributeJudgment) -> str:
    """The item of the queue that ``row`` answers: the attribute, or one that lies beside them."""
    if row.context.sampling == "repeat" and row.context.repeat_of is not None:
        return REPEAT + row.context.repeat_of
    return row.attribute_id


class OvertakenError(StoreError):
    """A step that was to be taken back is not in force any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the store made of a change."""

    attribute_id: str | None
    """The item it was about (:func:`item_key`); ``None`` where there was nothing to undo."""
    judgment: AttributeJudgment | None
    """In force for the item now."""
    added: Attribute | None = None
    """The sentence of the person that was added, if one was."""
    carried: Carried | None = None
    """What it changed in the judgment in force of the attribute that the item repeats."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the person. ``attribute_id`` is the item it is about (:func:`item_key`); of
    ``add`` it is the item that was on the screen (or empty), which the step does not touch."""

    kind: Kind
    attribute_id: str
    before: AttributeJudgment | None = None
    """In force before the step."""
    after: AttributeJudgment | None = None
    """The row to add; it carries its own id, so that a next step can supersede it unwritten."""
    text: str | None = None
    """The sentence of the person, for ``correct`` and ``add``."""
    context: JudgmentContext | None = None
    """Of ``add``: how it came about."""
    undone: Change | None = None
    """Of ``undo``: the step taken back; ``None`` takes back the newest one in the store."""

    carried: Carried | None = None
    """What it changes in the judgment in force of the attribute that the item repeats; of ``undo``
    the other way round."""

    @property
    def rows(self) -> list[AttributeJudgment]:
        """What it adds."""
        carried = [] if self.carried is None else [self.carried[1]]
        return carried if self.after is None else [*carried, self.after]

    @property
    def must_wait(self) -> bool:
        """Whether the next step has to wait until this one is written and reported ``done``."""
        return self.text is not None or (self.kind == "undo" and self.undone is None)

    def write(self, store: Store) -> Written:
        """Add the rows of this step, all or none.

        Raises:
            StoreError: nothing of it was written.
        """
        from store import prompts
        from store.faults import told

        with told(store.path), store.write():
            if self.kind == "undo":
                return self._undo(store)
            # Another window may have forgotten everything, this text too, since it was shown.
            prompts.remember(store, GUIDELINE.sha256, GUIDELINE.text)
            if self.kind == "add":
                return self._add(store)
            return self._save(store)

    def _save(self, store: Store) -> Written:
        from store import attributes, catches, judgments

        row = self.after
        if row is None:
            return Written(self.attribute_id, self.before)
        if row.attribute_id.startswith(CATCH):
            return self._corrected_nowhere(catches.save(store, row))
        carried = self.carried
        if carried is not None:
            # The row of the repeat comes last and names this one, so that undo finds both.
            made = judgments.save(store, carried[1], correction=self.text)
            carried = (carried[0], made)
            row = replace(
                row,
                corrected_attribute_id=made.corrected_attribute_id if self.text else
                row.corrected_attribute_id,
                context=replace(
                    row.context, shown={**row.context.shown, "carried": made.judgment_id}
                ),
            )  # fmt: skip
            row = judgments.save(store, row)
        else:
            row = judgments.save(store, row, correction=self.text)
        added = (
            attributes.get(store, row.corrected_attribute_id)
            if self.text is not None and row.corrected_attribute_id is not None
            else None
        )
        return Written(self.attribute_id, row, added, carried)

    def _corrected_nowhere(self, row: AttributeJudgment) -> Written:
        """A planted item says nothing of the person, so neither does a correction of it: it is
        shown in this sitting like any other, and never kept."""
        if self.text is None:
            return Written(self.attribute_id, row)
        words = Attribute(f"{row.attribute_id}:words", self.text, None, "user", row.created_at)
        row = replace(row, corrected_attribute_id=words.attribute_id)
        return Written(self.attribute_id, row, words)

    def _add(self, store: Store) -> Written:
        """A sentence of the person stands while a judgment of theirs on it does: so taking it back
        is a retraction like any other. It gets no verdict: nobody inferred it."""
        from store import attributes, judgments
        from store.db import utc_now

        added = attributes.add_by_user(store, self.text or "")
        context = self.context or JudgmentContext(GUIDELINE.sha256, __version__)
        row = AttributeJudgment(
            "", added.attribute_id, utc_now(), context, accurate=True, use="welcome"
        )
        return Written(added.attribute_id, judgments.save(store, row), added)

    def _undo(self, store: Store) -> Written:
        from store import judgments

        if self.undone is None:
            taken = judgments.undo_last(store)
            if taken is None:
                return Written(None, None)
        else:
            meant = self.undone.after
            taken = None if meant is None else judgments.undo(store, meant.judgment_id)
            if taken is None:
                raise OvertakenError(
                    "Another window judged this one in the meantime, so nothing was undone; leave "
                    "the review and come back to see it."
                )
        carried = _carried_back(store, taken)
        return Written(item_key(taken), _standing(store, taken), None, carried)


def _standing(store: Store, taken: AttributeJudgment) -> AttributeJudgment | None:
    """In force for the item of ``taken`` now."""
    from store import catches, judgments

    if taken.attribute_id.startswith(CATCH):
        return catches.in_force(store).get(taken.attribute_id.removeprefix(CATCH))
    if taken.context.sampling == "repeat":
        key = item_key(taken)
        return next((row for row in judgments.repeats(store) if item_key(row) == key), None)
    return judgments.current(store, taken.attribute_id)


def _carried_back(store: Store, taken: AttributeJudgment) -> Carried | None:
    """Take back what the repeat ``taken`` changed in the judgment in force, unless that was changed
    since."""
    from store import judgments

    if taken.context.sampling != "repeat" or taken.supersedes is None:
        return None
    named = judgments.get(store, taken.supersedes).context.shown.get("carried")
    before = judgments.current(store, taken.attribute_id)
    if before is None or before.judgment_id != named:
        return None
    judgments.undo(store, before.judgment_id)
    after = judgments.current(store, taken.attribute_id)
    return None if after is None else (before, after)


def next_row(
    attribute_id: str, before: AttributeJudgment | None, context: JudgmentContext, **answers: Any
) -> AttributeJudgment:
    """The row that follows ``before``: its answers, changed by ``answers``, superseding it."""
    from store.db import new_id, utc_now

    row = before or AttributeJudgment("", attribute_id, utc_now(), context)
    return replace(
        row,
        judgment_id=new_id(),
        created_at=utc_now(),
        context=context,
        supersedes=None if before is None else before.judgment_id,
        **answers,
    )
