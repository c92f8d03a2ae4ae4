"""Evidence spans: checked when they are kept, turned into quotes when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store.db import Store
from store.errors import StoreError
from store.records import Evidence
from store.text import clean, id_list


def existing(store: Store, message_ids: Iterable[str]) -> dict[str, tuple[int, str, str]]:
    """Of these ids, the messages that there are: ``{id: (n, conversation_id, text)}``."""
    rows = store.conn.execute(
        "SELECT message_id, n, conversation_id, text FROM messages"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (id_list(sorted(set(message_ids))),),
    )
    return {message_id: (n, conversation, text) for message_id, n, conversation, text in rows}


def check(spans: Sequence[Evidence], messages: dict[str, tuple[int, str, str]]) -> None:
    """See that every span lies in its message and that the quote is what stands there.

    :raises StoreError: a span is empty, out of bounds, or quotes what is not there.
    """
    for span in spans:
        text = messages[span.message_id][2]
        if not 0 <= span.start < span.end <= len(text):
            raise StoreError(
                f"The evidence {span.start}-{span.end} lies outside its message of {len(text)} "
                "characters, so the attribute was not kept."
            )
        if span.quote and clean(span.quote) != text[span.start : span.end]:
            raise StoreError(
                "The quoted evidence is not what the message says there, so the attribute was "
                "not kept."
            )


def of(store: Store, table: str, column: str, ids: str) -> dict[str, list[Evidence]]:
    """The evidence of many owners at once: ``{owner: spans in order}``.

    ``table`` and ``column`` are ours (``candidate_evidence``/``candidate_id`` or
    ``attribute_evidence``/``attribute_id``), ``ids`` a JSON array. The quote is read from the
    message; SQLite counts characters as Python does, since no NUL is ever stored.
    """
    found: dict[str, list[Evidence]] = {}
    for owner, conversation_id, message_id, start, end, quote in store.conn.execute(
        f"""SELECT e.{column}, m.conversation_id, e.message_id, e.start, e."end",
            substr(m.text, e.start + 1, e."end" - e.start)
        FROM {table} e JOIN messages m USING (message_id)
        WHERE e.{column} IN (SELECT value FROM json_each(?)) ORDER BY e.{column}, e.ordinal""",  # noqa: S608
        (ids,),
    ):
        found.setdefault(owner, []).append(Evidence(conversation_id, message_id, start, end, quote))
    return found
