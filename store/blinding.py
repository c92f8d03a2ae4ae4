"""Judgments in force as rows for figures, each as it was said before the person was told anything.

What is told after a judgment (what the model thought, which answer was personalized) may change it:
unmasked, undone and rated anew, an answer is no longer blind. Leaving such rows out would select just
those items of which the person thought better, so the last blinded answer stands in for them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """How one stage is read."""

    table: str
    views: tuple[str, str]
    """Judgments in force, and repeats in force."""
    standing: str
    """View of the judgments that were not taken back."""
    columns: str
    joins: str
    item: tuple[str, ...]
    """Columns of the table that name the item."""
    answer: str
    """Column of the table that holds the answer; without one a row is a retraction."""
    hidden: str
    """Column that says whether it was given blinded."""
    said: tuple[int, ...]
    """Places in ``columns`` that make the answer another one."""
    where: str = ""
    hides_repeats: bool = False
    """Whether what is hidden is hidden of a repeat, too."""
    slips: bool = False
    """Whether an answer that was taken back (undo) and given anew counts as it was given anew. What is
    told of an attribute is only how sure the model was, and undo is there for the wrong key; a change
    of mind without undo still counts as it was first."""

    def query(self, source: str) -> str:
        return (
            f"SELECT {self.columns}, j.repeat_of, j.{self.hidden}, j.seq,"  # noqa: S608
            f" {', '.join(f'j.{one}' for one in self.item)}"
            f" FROM ({source}) j {self.joins} WHERE j.retracted = 0 {self.where}"
        )


STAGES = (
    Stage(
        "attribute_judgments", ("judgments_in_force", "judgment_repeats"), "standing_judgments",
        # The third column is filled in from what is read once: the conversation.
        """j.judgment_id, j.attribute_id, NULL, j.verdict, j.accurate, j.supported, j.failure_mode,
        j.use, a.confidence, a.strategy, r.model, j.sampling, j.inclusion_prob, j.repeat_of,
        j.latency_ms""",
        """JOIN attributes a ON a.attribute_id = j.attribute_id
        LEFT JOIN model_runs r ON r.run_id = a.run_id""",
        ("attribute_id",), "verdict", "model_hidden", (3,),
        "AND j.verdict IS NOT NULL AND a.strategy <> 'user'", slips=True,
    ),
    Stage(
        "relevance_judgments", ("relevance_in_force", "relevance_repeats"), "standing_relevance",
        """j.judgment_id, j.prompt_id, j.attribute_id, j.relevant, j.relevance_level, p.origin,
        p.personal, j.sampling, j.inclusion_prob, j.repeat_of, j.latency_ms""",
        "JOIN user_prompts p ON p.prompt_id = j.prompt_id",
        ("prompt_id", "attribute_id"), "relevant", "model_hidden", (3,),
        "AND j.relevant IS NOT NULL",
    ),
    Stage(
        "response_judgments", ("response_in_force", "response_repeats"), "standing_response",
        """j.judgment_id, j.pair_id, p.prompt_id, p.arm, p.generic_id = p.personalized_id,
        g.model_tag, s.model_tag, j.shown_left, j.raw_rating, j.rating, j.attribute_ratings,
        s.explicit_mention, j.len_generic, j.len_personalized, j.sampling, j.inclusion_prob,
        j.repeat_of, j.latency_ms""",
        """JOIN response_pairs p ON p.pair_id = j.pair_id
        JOIN responses g ON g.response_id = p.generic_id
        JOIN responses s ON s.response_id = p.personalized_id""",
        ("pair_id",), "rating", "blinded", (8, 10), hides_repeats=True,
    ),
)  # fmt: skip
USE = 7
"""Place of a wish in stage 1 (never to be used): no measurement, so the newest holds."""


def blinded(conn: sqlite3.Connection, stage: Stage) -> list[list[Any]]:
    """Rows of a stage: its columns, what a repeat repeats, ``unblinded``, ``replaced``."""
    source = " UNION ALL ".join(f"SELECT * FROM {view}" for view in stage.views)  # noqa: S608
    width = _width(stage)
    found = []
    for row in conn.execute(f"{stage.query(source)} ORDER BY j.seq"):
        repeat_of, hidden, seq = row[width : width + 3]
        said, replaced = list(row[:width]), False
        # Of a repeat it is no secret what models said: that was told after the first answer, a week
        # ago. Which answer is which is hidden each time.
        hidden = hidden or (repeat_of is not None and not stage.hides_repeats)
        earlier = None
        if not hidden:
            earlier = _earlier(conn, stage, row[width + 3 :], seq, repeat_of)
            if earlier is None and stage.slips:
                again = _earlier(conn, stage, row[width + 3 :], seq, repeat_of, undone=True)
                hidden = again is not None
            if earlier is not None and any(earlier[at] != row[at] for at in stage.said):
                said, replaced = list(earlier[:width]), True
                if stage.item == ("attribute_id",):
                    said[USE] = row[USE]
        first = None if repeat_of is None else _first(conn, stage, row[width + 3 :], repeat_of)
        found.append([*said, first, not hidden and earlier is None, replaced])
    return found


def _width(stage: Stage) -> int:
    return len(stage.columns.replace("\n", " ").split(","))


def _earlier(
    conn: sqlite3.Connection,
    stage: Stage,
    item: tuple[str, ...],
    seq: int,
    repeat_of: str | None,
    *,
    undone: bool = False,
) -> tuple[Any, ...] | None:
    """The last blinded answer to an item before ``seq``: also one that was taken back, but where that
    may have been a slip only if ``undone``."""
    table = stage.standing if stage.slips and not undone else stage.table
    source = (
        f"SELECT * FROM {table} WHERE {' AND '.join(f'{one} = ?' for one in stage.item)}"  # noqa: S608
        f" AND seq < ? AND {stage.hidden} = 1 AND retracted = 0 AND repeat_of IS ?"
    )
    found = conn.execute(
        f"{stage.query(source)} ORDER BY j.seq DESC LIMIT 1", (*item, seq, repeat_of)
    )
    row: tuple[Any, ...] | None = found.fetchone()
    return row


def _first(conn: sqlite3.Connection, stage: Stage, item: tuple[str, ...], repeat_of: str) -> object:
    """What was said when it was asked first, before anything was told; ``None`` if that was taken
    back, or nothing was said before."""
    row = conn.execute(
        f"SELECT {stage.answer}, {stage.hidden}, seq FROM {stage.standing} WHERE judgment_id = ?",  # noqa: S608
        (repeat_of,),
    ).fetchone()
    if row is None:
        return None
    answer, hidden, seq = row
    if not hidden:
        earlier = conn.execute(
            f"SELECT {stage.answer} FROM {stage.table}"  # noqa: S608
            f" WHERE {' AND '.join(f'{one} = ?' for one in stage.item)} AND seq < ?"
            f" AND {stage.hidden} = 1 AND retracted = 0 AND repeat_of IS NULL"
            " ORDER BY seq DESC LIMIT 1",
            (*item, seq),
        ).fetchone()
        answer = None if earlier is None else earlier[0]
    return bool(answer) if stage.answer == "relevant" and answer is not None else answer
