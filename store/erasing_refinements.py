"""What forgetting takes from verify-and-refine (package-private).

A refined attribute says an original in other words, made of everything that the extractor was shown:
with the original, or with any of those words, it goes. The steps quote both, and are blacked out
where the original stays; that they were is kept, so that what the person forgot is not made again.
"""

from __future__ import annotations

import sqlite3

from store.text import id_list


def refined_of(conn: sqlite3.Connection, attribute_ids: set[str]) -> set[str]:
    """The attributes that were made of these."""
    return {
        row[0]
        for row in conn.execute(
            "SELECT attribute_id FROM attributes WHERE refines IN (SELECT value FROM json_each(?))",
            (id_list(attribute_ids),),
        )
    }


def originals_of(conn: sqlite3.Connection, attribute_ids: set[str]) -> set[str]:
    """The attributes that these were made of."""
    return {
        row[0]
        for row in conn.execute(
            "SELECT refines FROM attributes WHERE refines IS NOT NULL"
            " AND attribute_id IN (SELECT value FROM json_each(?))",
            (id_list(attribute_ids),),
        )
    }


def words_of(conn: sqlite3.Connection, attribute_ids: set[str]) -> set[str]:
    """What steps about these, and steps that led to them, say: traces, wherever they stand."""
    rows = conn.execute(
        "SELECT before_text, after_text FROM refinements"
        " WHERE attribute_id IN (SELECT value FROM json_each(?1))"
        " OR result_id IN (SELECT value FROM json_each(?1))",
        (id_list(attribute_ids),),
    )
    return {text for row in rows for text in row if text}


def remove_steps(conn: sqlite3.Connection, attribute_ids: set[str], blacked_out: str) -> set[str]:
    """Of attributes that go: steps about them go, steps that led to them say no more what they said.
    Gives the runs of steps that went."""
    ids = id_list(attribute_ids)
    runs = {
        row[0]
        for row in conn.execute(
            "SELECT run_id FROM refinements WHERE run_id IS NOT NULL"
            " AND attribute_id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    conn.execute(
        "DELETE FROM refinements WHERE attribute_id IN (SELECT value FROM json_each(?))", (ids,)
    )
    conn.execute(
        """UPDATE refinements SET after_text = iif(after_text IS NULL, NULL, ?2), result_id = NULL,
        before_text = iif(round = 1, before_text, ?2), reason = ?2
        WHERE (attribute_id, learned_id) IN (SELECT attribute_id, learned_id FROM refinements
            WHERE result_id IN (SELECT value FROM json_each(?1)))""",
        (ids, blacked_out),
    )
    return runs


def black_out_steps(conn: sqlite3.Connection, attribute_ids: set[str], blacked_out: str) -> None:
    """Steps about attributes that stay, but lost some of the words that the extractor was shown."""
    conn.execute(
        "UPDATE refinements SET before_text = ?2, reason = ?2, result_id = NULL,"
        " after_text = iif(after_text IS NULL, NULL, ?2)"
        " WHERE attribute_id IN (SELECT value FROM json_each(?1))",
        (id_list(attribute_ids), blacked_out),
    )
