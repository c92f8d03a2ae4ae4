"""What one key of a comparison does to the store: a value, decided first and written after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.stages.judging.questions import RESPONSE
from store.audit import ResponseJudgment
from store.errors import StoreError

if TYPE_CHECKING:
    from store.db import Store


class OvertakenError(StoreError):
    """A step that was to be taken back is not in force any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the store made of a change."""

    pair_id: str | None
    """``None`` where there was nothing to undo."""
    repeat_of: str | None = None
    judgment: ResponseJudgment | None = None
    """In force for the item now."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step. ``key`` is the item in the queue; ``after`` is the row to add, with its own id."""

    key: str
    before: ResponseJudgment | None = None
    after: ResponseJudgment | None = None
    undo: bool = False
    undone: Change | None = None
    """Of an undo: the step taken back; ``None`` takes back the newest one in the store."""

    @property
    def must_wait(self) -> bool:
        """Whether the next step has to wait until this one is written and reported ``done``."""
        return self.undo and self.undone is None

    def write(self, store: Store) -> Written:
        """Add the rows of this step, all or none.

        Raises:
            StoreError: nothing of it was written.
        """
        from store import prompts, response_judgments
        from store.faults import told

        with told(store.path), store.write():
            if self.undo:
                return self._undo(store)
            prompts.remember(store, RESPONSE.sha256, RESPONSE.text)
            if self.after is None:
                return Written(None)
            row = response_judgments.save(store, self.after)
            return Written(row.pair_id, row.context.repeat_of, row)

    def _undo(self, store: Store) -> Written:
        from store import response_judgments

        if self.undone is None:
            taken = response_judgments.undo_last(store)
            if taken is None:
                return Written(None)
        else:
            meant = self.undone.after
            taken = meant and response_judgments.undo(store, meant.judgment_id)
            if taken is None:
                raise OvertakenError(
                    "Another window judged this pair in the meantime, so nothing was undone; "
                    "leave Compare and come back to see it."
                )
        repeat_of = taken.context.repeat_of
        rows = (
            response_judgments.repeats(store) if repeat_of else response_judgments.in_force(store)
        )
        now = next(
            (
                row
                for row in rows
                if row.pair_id == taken.pair_id and row.context.repeat_of == repeat_of
            ),
            None,
        )
        return Written(taken.pair_id, repeat_of, now)
