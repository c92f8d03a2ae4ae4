"""What forgetting takes from donations that wait to be given (package-private)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from store.text import to_db

_DONATED = {
    "attribute": ("attributes", "attribute_id"),
    "relevance": ("user_prompts", "prompt_id"),
    "response": ("response_pairs", "pair_id"),
}
"""Where the items of a donation stand."""


def remove_prepared(conn: sqlite3.Connection) -> None:
    """No copy of anything waits to be given after something was forgotten: it has to be previewed and
    signed anew. Of what is gone neither the choice nor an edit stays; of the rest they do, lest
    words that the person redacted stand unredacted the next time."""
    conn.execute("DELETE FROM donation_files")
    # The time tells whoever is preparing meanwhile that what they have read may be gone.
    conn.execute(
        "UPDATE donations SET status = 'draft', agreed = '[]', signed_at = NULL, release_at = NULL,"
        " manifest_sha256 = NULL, bundle_name = NULL, contributor_id = NULL, token = NULL,"
        " counts = '{}', row_items = '{}', updated_at = ? WHERE status IN ('draft', 'signed')",
        (to_db(datetime.now(UTC)),),
    )
    # What was given stays in the ledger, without the way from its rows to what they were made of.
    conn.execute("UPDATE donations SET row_items = '{}'")
    judged = " UNION ALL ".join(
        f"SELECT judgment_id FROM {kind}_judgments"  # noqa: S608
        for kind in ("attribute", "relevance", "response", "catch")
    )
    conn.execute(f"DELETE FROM donation_left_out WHERE judgment_id NOT IN ({judged})")  # noqa: S608
    for kind, (table, column) in _DONATED.items():
        there = f"(SELECT {column} FROM {table})"  # noqa: S608
        conn.execute(
            f"DELETE FROM donation_items WHERE kind = ? AND item_id NOT IN {there}",  # noqa: S608
            (kind,),
        )
        # A place is ``kind:id:field``.
        conn.execute(
            "DELETE FROM donation_edits WHERE place LIKE ? || ':%' AND"  # noqa: S608
            f" substr(place, length(?) + 2, 36) NOT IN {there}",
            (kind, kind),
        )
