"""What a step of judging relevance writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from persona_tui.jobs.relevance import skips as relevance_skips
from persona_tui.jobs.relevance.skips import Skip
from persona_tui.stages.judging.questions import RELEVANCE
from store.audit import RelevanceJudgment

if TYPE_CHECKING:
    from store.db import Store


@dataclass(frozen=True, slots=True)
class Change:
    """One step to be written."""

    kind: Literal["answer", "undo", "undo_earlier", "skip", "take_up"]
    sheet_key: str = ""
    place: int = 0
    row: RelevanceJudgment | None = None
    """The judgment that is given or taken back."""
    before: RelevanceJudgment | None = None
    """What was in force before it."""
    skips: tuple[Skip, ...] = ()
    """What is skipped or taken up again."""


def write(store: Store, change: Change) -> RelevanceJudgment | None:
    """Write a step; gives the row that was added, ``None`` if there was none to add.

    Raises :class:`store.errors.StoreError`.
    """
    from store import prompts, relevance

    if change.kind == "undo_earlier":
        return relevance.undo_last(store)
    if change.kind == "skip":
        relevance_skips.change(store, add=change.skips)
        return None
    if change.kind == "take_up":
        relevance_skips.change(store, remove=change.skips)
        return None
    if change.row is None:
        return None
    if change.kind == "undo":
        return relevance.undo(store, change.row.judgment_id)
    with store.write():
        prompts.remember(store, RELEVANCE.sha256, RELEVANCE.text)
        relevance_skips.change(store, remove=[(change.sheet_key, change.row.attribute_id)])
        return relevance.save(store, change.row)


def remember_told(store: Store, prompt_id: str) -> None:
    """Keep that the person was told what models said of a prompt."""
    from store import settings

    told = (settings.get(store, "relevance.told") or "").split()
    if prompt_id not in told:
        settings.put(store, "relevance.told", " ".join([*told, prompt_id]))
