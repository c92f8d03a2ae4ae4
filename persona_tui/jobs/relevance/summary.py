"""After a prompt: what the person said, and what models said of the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from persona_tui.jobs.relevance.session import RelevanceSession
from store.audit import ModelJudgment

NAMES = {"bm25": "Word overlap (BM25)"}


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model beside the person, on one prompt."""

    tag: str
    name: str
    yes: int
    of: int
    """Attributes that both judged."""
    only_model: tuple[str, ...]
    """Attributes that the model would use and the person would not."""
    only_person: tuple[str, ...]


def model_lines(session: RelevanceSession, rows: Sequence[ModelJudgment]) -> list[ModelLine]:
    """Every model that judged this prompt, the baselines first; of a model that was asked twice the
    newest answer."""
    if session.sheet is None:
        return []
    mine = {
        draw.item_id: given.relevant
        for draw in session.sheet.items
        if (given := session.answer_to(draw)) is not None
    }
    by_tag: dict[str, dict[str, bool]] = {}
    for row in rows:
        if row.relevant is not None and row.attribute_id in mine:
            by_tag.setdefault(row.model_tag, {})[row.attribute_id] = row.relevant
    tags = sorted(by_tag, key=lambda tag: (tag != "bm25", not tag.startswith("embedding:"), tag))
    lines = []
    for tag in tags:
        said = by_tag[tag]
        lines.append(
            ModelLine(
                tag,
                _name(tag),
                sum(said.values()),
                len(said),
                tuple(session.text_of(k) for k, yes in said.items() if yes and not mine[k]),
                tuple(session.text_of(k) for k, yes in said.items() if not yes and mine[k]),
            )
        )
    return lines


def _name(tag: str) -> str:
    if tag.startswith("embedding:"):
        return f"Sentence similarity ({tag.removeprefix('embedding:')})"
    return NAMES.get(tag, tag)


def own_line(session: RelevanceSession) -> str:
    """``You said yes to 4 of 18, and skipped 2.``"""
    given = [row for _, row in session.answered()]
    line = f"You said yes to {sum(bool(row.relevant) for row in given)} of {len(given)}"
    return f"{line}, and skipped {session.skipped}." if session.skipped else f"{line}."


def model_sentence(line: ModelLine) -> str:
    """``SmolLM2 would use 11 of them.``"""
    return f"{line.name} would use {line.yes} of {line.of}."
