"""Full-text search over messages and attributes. Any text is a safe query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from store import fts
from store.db import Store
from store.faults import guarded
from store.records import Hit
from store.snippets import snippet
from store.text import clean

Kind = Literal["message", "attribute"]

_RANKED = 2000
"""So many of the newest matches are ranked: a word that is everywhere stays quick."""


@guarded
def search(
    store: Store,
    text: str,
    *,
    kinds: Sequence[Kind] = ("message", "attribute"),
    limit: int = 50,
    synthetic: bool = False,
) -> list[Hit]:
    """What holds all the words (the last one may be a beginning); attributes first, best first.

    What a model played is found only with ``synthetic``: it is nobody's words.
    Case and accents do not matter. Superseded messages and withdrawn corrections are left out.
    Text without letters or digits (``"=>"``) is looked for as it stands.
    """
    text = clean(text).strip()
    if not text or limit <= 0:
        return []
    match = fts.query(text)
    hits: list[Hit] = []
    if "attribute" in kinds:
        hits += _attributes(store, text, match, limit)
    if "message" in kinds and len(hits) < limit:
        hits += _messages(store, text, match, limit - len(hits), synthetic)
    return hits


def _attributes(store: Store, text: str, match: str | None, limit: int) -> list[Hit]:
    rows = store.conn.execute(
        f"""SELECT a.attribute_id, a.text FROM {_source("attributes", match)}
        WHERE a.attribute_id NOT IN (SELECT attribute_id FROM hidden_attributes)
        ORDER BY found.score, a.n DESC LIMIT ?""",  # noqa: S608
        (text.casefold() if match is None else match, limit),
    )
    return [Hit("attribute", i, None, "", *snippet(words, text)) for i, words in rows]


def _messages(store: Store, text: str, match: str | None, limit: int, synthetic: bool) -> list[Hit]:
    # Left out before the newest are ranked, lest many played ones hide the person's.
    leave = "" if synthetic else _NOT_PLAYED
    rows = store.conn.execute(
        f"""SELECT a.message_id, a.conversation_id, c.title, a.text, c.source = 'synthetic'
        FROM {_source("messages", match, leave)} JOIN conversations c USING (conversation_id)
        WHERE a.superseded_at IS NULL ORDER BY found.score, a.n DESC LIMIT ?""",  # noqa: S608
        (text.casefold() if match is None else match, limit),
    )
    return [
        Hit("message", i, conversation, title, *snippet(words, text), bool(played))
        for i, conversation, title, words, played in rows
    ]


_NOT_PLAYED = """AND {n} NOT IN (SELECT m.n FROM conversations s JOIN messages m
    ON m.conversation_id = s.conversation_id WHERE s.source = 'synthetic')"""


def _source(table: Literal["messages", "attributes"], match: str | None, leave: str = "") -> str:
    """The rows of ``table`` (as ``a``) that match, with a score (less is better)."""
    if match is None:
        found = f"""(SELECT n, 0.0 AS score FROM {table} WHERE instr(fold(text), ?)
            {leave.format(n="n")} ORDER BY n DESC LIMIT {_RANKED})"""  # noqa: S608
    else:
        found = f"""(SELECT rowid AS n, rank AS score FROM {table}_fts
            WHERE {table}_fts MATCH ? {leave.format(n="rowid")}
            ORDER BY rowid DESC LIMIT {_RANKED})"""  # noqa: S608
    return f"{found} found JOIN {table} a USING (n)"
