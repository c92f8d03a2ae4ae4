"""What one key of a review does to the store: a value, decided first and written after.

The front end shows a change at once and writes it in its own time, in order; a change that could
not be written is handed back to :meth:`persona_tui.jobs.reviewing.ReviewSession.failed`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from persona_tui import __version__
from persona_tui.stages.judging import GUIDELINE
from store.records import Attribute, AttributeJudgment, JudgmentContext

if TYPE_CHECKING:
    from store.db import Store

Kind = Literal["answer", "correct", "add", "undo"]


@dataclass(frozen=True, slots=True)
class Written:
    """What the store made of a change."""

    judgment: AttributeJudgment | None
    """In force now for the item."""
    attribute: Attribute | None = None
    """The user-authored attribute that was added, if one was."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the person. ``attribute_id`` is the item it is about; of ``add`` it is the item
    that was on the screen (or empty), which the step does not touch."""

    kind: Kind
    attribute_id: str
    before: AttributeJudgment | None
    """In force before the step."""
    after: AttributeJudgment | None
    """The row to add; it carries its own id, so that a next step can supersede it unwritten."""
    text: str | None = None
    """The sentence of the person, for ``correct`` and ``add``."""
    language: str | None = None
    added_id: str | None = None
    """The user-authored attribute that the step made, once it is written."""
    undone: Change | None = None
    """The step that this one takes back."""
    reads_back: bool = False
    """An undo of which only the store knows what it brings back into force."""

    @property
    def must_wait(self) -> bool:
        """Whether the next step has to wait until this one is written and reported ``done``."""
        return self.text is not None or self.reads_back

    def write(self, store: Store) -> Written:
        """Add the rows of this step, all or none.

        Raises:
            StoreError: nothing of it was written.
        """
        from store import attributes, judgments
        from store.faults import told

        added: Attribute | None = None
        after = self.after
        with told(store.path), store.write():
            if self.text is not None:
                added = attributes.add_by_user(
                    store,
                    self.text,
                    corrects=self.attribute_id if self.kind == "correct" else None,
                    language=self.language,
                )
                if after is not None:
                    after = replace(after, corrected_attribute_id=added.attribute_id)
            if after is not None:
                after = judgments.save(store, after)
        if self.reads_back:
            after = judgments.current(store, self.attribute_id)
        return Written(after, added)


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


def retraction(row: AttributeJudgment | None, surface: str) -> AttributeJudgment | None:
    """The row that takes ``row`` back; what was in force before it is in force again."""
    if row is None:
        return None
    from store.db import new_id, utc_now

    return AttributeJudgment(
        new_id(),
        row.attribute_id,
        utc_now(),
        JudgmentContext(GUIDELINE.sha256, __version__, {"surface": surface, "asked": "undo"}),
        supersedes=row.judgment_id,
        retracted=True,
    )


def withdrawal(attribute_id: str, surface: str) -> AttributeJudgment:
    """The row that keeps a sentence the person added, and took back, out of everything."""
    from store.db import new_id, utc_now

    return AttributeJudgment(
        new_id(),
        attribute_id,
        utc_now(),
        JudgmentContext(GUIDELINE.sha256, __version__, {"surface": surface, "asked": "withdrawn"}),
        verdict="bad",
        use="never",
    )
