"""What a step of judging relevance writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from persona_tui.stages.judging.questions import RELEVANCE
from store.audit import RelevanceJudgment

if TYPE_CHECKING:
    from store.db import Store


@dataclass(frozen=True, slots=True)
class Change:
    """One step to be written."""

    kind: Literal["answer", "undo", "undo_earlier"]
    sheet_key: str = ""
    place: int = 0
    row: RelevanceJudgment | None = None
    """The judgment that is given or taken back."""
    before: RelevanceJudgment | None = None
    """What was in force before it."""


def write(store: Store, change: Change) -> RelevanceJudgment | None:
    """Write a step; gives the row that was added, ``None`` if there was nothing to take back.

    Raises :class:`store.errors.StoreError`.
    """
    from store import prompts, relevance

    if change.kind == "undo_earlier":
        return relevance.undo_last(store)
    if change.row is None:
        return None
    if change.kind == "undo":
        return relevance.undo(store, change.row.judgment_id)
    with store.write():
        prompts.remember(store, RELEVANCE.sha256, RELEVANCE.text)
        return relevance.save(store, change.row)


def remember_told(store: Store, prompt_id: str) -> None:
    """Keep that the person was told what models said of a prompt."""
    from store import settings

    told = (settings.get(store, "relevance.told") or "").split()
    if prompt_id not in told:
        settings.put(store, "relevance.told", " ".join([*told, prompt_id]))
