"""The parts that forgetting is made of: rows that go, words that are blacked out, bytes scrubbed.

Package-private; everything but :func:`scrub` runs inside the caller's transaction, between
:func:`allow` and :func:`done`.
"""

from __future__ import annotations

import functools
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from store import fts
from store.erasing_donations import remove_prepared
from store.erasing_refinements import refined_of, remove_steps, words_of
from store.text import id_list

PENDING = "scrub_pending"
"""In ``settings_kv`` from a deletion until its bytes are gone from the file and its log."""
CACHE_GENERATION = "cache_generation"
"""In ``settings_kv``: the name of what :mod:`store.caches` holds, until something is forgotten."""
BLACKED_OUT = "[forgotten]"
"""Stands in ``shown`` where forgotten words were."""


@dataclass(slots=True)
class Gone:
    """What goes: counted, and the words by which traces of it are found elsewhere."""

    messages: int = 0
    attributes: set[str] = field(default_factory=set)
    judgments: int = 0
    played: int = 0
    """Synthetic conversations that went along, because they were played from the profile."""
    runs: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    """Attributes that stay, but rested on what goes, too."""
    phrases: set[str] = field(default_factory=set)
    """Titles, statements: a text that contains one is a trace."""
    texts: list[str] = field(default_factory=list)
    """Messages: a text that is a part of one is a trace."""


def allow(conn: sqlite3.Connection) -> None:
    """Let this transaction delete judgments."""
    conn.execute("INSERT OR IGNORE INTO forgetting_now VALUES (1)")


def done(conn: sqlite3.Connection) -> None:
    """Judgments are append-only again; deleted words leave the search index and what was prepared for
    giving; what was learned or kept of it in numbers goes whole; a scrub is due."""
    conn.execute("DELETE FROM forgetting_now")
    # Weights and vectors remember words, and hashes tell what was guessed. All of it can be made anew
    # from what stays.
    for table in ("learned_models", "choice_cache", "vector_cache"):
        conn.execute(f"DELETE FROM {table}")  # noqa: S608
    conn.execute("DELETE FROM settings_kv WHERE key = ?", (CACHE_GENERATION,))
    conn.execute("DELETE FROM settings_kv WHERE key LIKE 'ranked.%'")  # what to ask next
    remove_prepared(conn)
    conn.execute("INSERT OR REPLACE INTO settings_kv VALUES (?, '1')", (PENDING,))
    for index in ("messages_fts", "attributes_fts"):
        conn.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")  # noqa: S608


def _delete(conn: sqlite3.Connection, table: str, column: str, ids: Iterable[object]) -> int:
    return conn.execute(
        f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
        (id_list(ids),),
    ).rowcount


def _select(
    conn: sqlite3.Connection, column: str, table: str, key: str, ids: Iterable[object]
) -> set[str]:
    rows = conn.execute(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608
        f" AND {key} IN (SELECT value FROM json_each(?))",
        (id_list(ids),),
    )
    return {row[0] for row in rows}


def remove_judgments(conn: sqlite3.Connection, attribute_ids: set[str], gone: Gone) -> None:
    """Everything that was judged, by anyone, on these attributes, and answers that used them."""
    gone.judgments += _delete(conn, "attribute_judgments", "attribute_id", attribute_ids)
    gone.judgments += _delete(conn, "relevance_judgments", "attribute_id", attribute_ids)
    gone.runs |= _select(conn, "run_id", "model_judgments", "attribute_id", attribute_ids)
    _delete(conn, "model_judgments", "attribute_id", attribute_ids)
    remove_responses(
        conn,
        _select(conn, "response_id", "response_attributes", "attribute_id", attribute_ids),
        gone,
    )


def remove_responses(conn: sqlite3.Connection, response_ids: set[str], gone: Gone) -> None:
    """Responses, their pairs and what was judged on them."""
    pairs = _select(conn, "pair_id", "response_pairs", "generic_id", response_ids)
    pairs |= _select(conn, "pair_id", "response_pairs", "personalized_id", response_ids)
    gone.judgments += _delete(conn, "response_judgments", "pair_id", pairs)
    gone.runs |= _select(conn, "run_id", "model_judgments", "pair_id", pairs)
    _delete(conn, "model_judgments", "pair_id", pairs)
    _delete(conn, "response_pairs", "pair_id", pairs)
    gone.runs |= _select(conn, "run_id", "responses", "response_id", response_ids)
    gone.texts += _select(conn, "text", "responses", "response_id", response_ids)
    _delete(conn, "response_mentions", "response_id", response_ids)
    _delete(conn, "response_attributes", "response_id", response_ids)
    _delete(conn, "responses", "response_id", response_ids)


def prompts_from(conn: sqlite3.Connection, message_ids: set[str]) -> set[str]:
    """The prompts that were taken from these messages."""
    return _select(conn, "prompt_id", "user_prompts", "source_message_id", message_ids)


def remove_prompts(conn: sqlite3.Connection, prompts: set[str], gone: Gone) -> None:
    """Prompts with all that hangs on them."""
    gone.phrases |= _select(conn, "text", "user_prompts", "prompt_id", prompts)
    gone.judgments += _delete(conn, "relevance_judgments", "prompt_id", prompts)
    gone.runs |= _select(conn, "run_id", "model_judgments", "prompt_id", prompts)
    _delete(conn, "model_judgments", "prompt_id", prompts)
    remove_responses(conn, _select(conn, "response_id", "responses", "prompt_id", prompts), gone)
    _delete(conn, "user_prompts", "prompt_id", prompts)


def remove_candidates(conn: sqlite3.Connection, column: str, value: str, gone: Gone) -> set[str]:
    """Candidates by conversation or attribute; gives the attributes that they belonged to."""
    rows = conn.execute(
        f"SELECT candidate_id, attribute_id, run_id, text FROM candidates WHERE {column} = ?",  # noqa: S608
        (value,),
    ).fetchall()
    gone.runs |= {row[2] for row in rows if row[2] is not None}
    gone.phrases |= {row[3] for row in rows}
    ids = [row[0] for row in rows]
    _delete(conn, "candidate_evidence", "candidate_id", ids)
    _delete(conn, "candidates", "candidate_id", ids)
    return {row[1] for row in rows if row[1] is not None}


def remove_attributes(conn: sqlite3.Connection, attribute_ids: set[str], gone: Gone) -> None:
    """Attributes with their candidates, judgments, and what was made of them: refined attributes, and
    corrections. A correction that has evidence of its own elsewhere stays, as the person's statement.
    """
    waiting = set(attribute_ids)
    while waiting:
        for attribute_id in waiting:
            remove_candidates(conn, "attribute_id", attribute_id, gone)
        remove_judgments(conn, waiting, gone)
        conn.execute(
            "UPDATE attribute_judgments SET corrected_attribute_id = NULL"
            " WHERE corrected_attribute_id IN (SELECT value FROM json_each(?))",
            (id_list(waiting),),
        )
        _delete(conn, "attribute_evidence", "attribute_id", waiting)
        gone.phrases |= words_of(conn, waiting)
        gone.runs |= remove_steps(conn, waiting, BLACKED_OUT)
        made_of = refined_of(conn, waiting)
        conn.execute(
            "UPDATE attributes SET refines = NULL"
            " WHERE refines IN (SELECT value FROM json_each(?))",
            (id_list(waiting),),
        )
        corrections = corrections_of(conn, waiting)
        conn.execute(
            "UPDATE attributes SET corrects = NULL"
            " WHERE corrects IN (SELECT value FROM json_each(?))",
            (id_list(waiting),),
        )
        rows = conn.execute(
            "SELECT n, text, run_id FROM attributes"
            " WHERE attribute_id IN (SELECT value FROM json_each(?))",
            (id_list(waiting),),
        ).fetchall()
        fts.remove(conn, "attributes_fts", [(n, text) for n, text, _ in rows])
        gone.phrases |= {row[1] for row in rows}
        gone.runs |= {row[2] for row in rows if row[2] is not None}
        _delete(conn, "attributes", "attribute_id", waiting)
        gone.attributes |= waiting
        waiting = (corrections | made_of) - gone.attributes


def corrections_of(conn: sqlite3.Connection, attribute_ids: set[str]) -> set[str]:
    """The corrections of these that rest on nothing else."""
    return {
        row[0]
        for row in conn.execute(
            "SELECT attribute_id FROM attributes a"
            " WHERE corrects IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM attribute_evidence e"
            "  WHERE e.attribute_id = a.attribute_id)"
            " AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.attribute_id = a.attribute_id)",
            (id_list(attribute_ids),),
        )
    }


def remove_messages(conn: sqlite3.Connection, conversation_id: str, gone: Gone) -> None:
    """A conversation with its messages; nothing refers to them any more."""
    rows = conn.execute(
        "SELECT n, text, run_id FROM messages WHERE conversation_id = ?", (conversation_id,)
    ).fetchall()
    fts.remove(conn, "messages_fts", [(n, text) for n, text, _ in rows])
    gone.runs |= {row[2] for row in rows if row[2] is not None}
    gone.texts += [row[1] for row in rows]
    gone.messages += len(rows)
    remove_synthetic(conn, conversation_id, gone)
    _delete(conn, "extractions", "n", [row[0] for row in rows])
    _delete(conn, "messages", "n", [row[0] for row in rows])
    conn.execute("DELETE FROM conversations WHERE conversation_id = ?", (conversation_id,))


def remove_synthetic(conn: sqlite3.Connection, conversation_id: str, gone: Gone) -> None:
    """What hangs on a conversation that a model played."""
    mine = {conversation_id}
    ids = _select(conn, "attribute_id", "synthetic_attributes", "conversation_id", mine)
    for table in ("synthetic_conversations", "synthetic_attributes"):
        gone.runs |= _select(conn, "run_id", table, "conversation_id", mine)
    gone.phrases |= _select(conn, "text", "synthetic_attributes", "conversation_id", mine)
    _delete(conn, "synthetic_judgments", "attribute_id", ids)
    _delete(conn, "synthetic_attributes", "conversation_id", mine)
    _delete(conn, "synthetic_conversations", "conversation_id", mine)


def remove_played(conn: sqlite3.Connection, gone: Gone) -> None:
    """Synthetic conversations that were played from the person's own profile: whatever of it goes,
    they may say it in other words, so all of them go. They can be played again."""
    rows = conn.execute(
        "SELECT conversation_id FROM synthetic_conversations WHERE persona_key = 'own'"
    ).fetchall()
    for (key,) in rows:
        # Their words are a model's: what merely resembles them is no trace of what is forgotten.
        played = Gone()
        remove_messages(conn, key, played)
        gone.runs |= played.runs
        gone.played += 1


def remove_runs(conn: sqlite3.Connection, gone: Gone) -> None:
    """Runs that belonged only to what is gone, and prompt texts that only they used."""
    used = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE run_id = r.run_id"  # noqa: S608
        for table in (
            "messages",
            "candidates",
            "attributes",
            "refinements",
            "responses",
            "model_judgments",
            "synthetic_conversations",
            "synthetic_attributes",
        )
    )
    rows = conn.execute(
        f"""SELECT run_id, prompt_sha256 FROM model_runs r
        WHERE run_id IN (SELECT value FROM json_each(?)) AND NOT EXISTS ({used})""",  # noqa: S608
        (id_list(gone.runs),),
    ).fetchall()
    _delete(conn, "model_runs", "run_id", [row[0] for row in rows])
    conn.execute(
        "DELETE FROM prompts WHERE sha256 IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM model_runs r WHERE r.prompt_sha256 = sha256)",
        (id_list({row[1] for row in rows}),),
    )


def black_out(conn: sqlite3.Connection, gone: Gone) -> None:
    """Black out forgotten words in what the judgments that stay say was shown, and in notes.

    What attributes that stay say, word for word, is no trace, whoever said it first.
    """
    texts = "\n".join(_plain(text) for text in gone.texts)
    spared = {row[0] for row in conn.execute("SELECT text FROM attributes")}
    phrases = [_plain(phrase) for phrase in gone.phrases - spared]

    @functools.cache  # most of what was shown is shown again and again
    def traced(text: str, least: int) -> bool:
        plain = _plain(text)
        return text not in spared and (
            any(len(phrase) >= least and phrase in plain for phrase in phrases)
            or (len(plain) >= least and plain in texts)
        )

    for table, owner in (
        ("attribute_judgments", "attribute_id"),
        ("catch_judgments", "catch_key"),
        ("relevance_judgments", "attribute_id"),
        ("response_judgments", "pair_id"),
    ):
        for seq, item, shown, note in conn.execute(
            f"SELECT seq, {owner}, shown, note FROM {table}"  # noqa: S608
        ).fetchall():
            # Short words (a chat called "work") are traces only where the attribute itself rested
            # on what is gone: what was noted about others is not to be lost.
            least = 4 if item in gone.touched else 12
            value = json.loads(shown)
            after = _without(value, functools.partial(traced, least=least))
            clear = None if note is not None and traced(note, least) else note
            if after != value or clear != note:
                conn.execute(
                    f"UPDATE {table} SET shown = ?, note = ? WHERE seq = ?",  # noqa: S608
                    (json.dumps(after, separators=(",", ":")), clear, seq),
                )


def _plain(text: str) -> str:
    return " ".join(text.split()).strip("…\"'“”„»«. ")


def _without(value: object, traced: Callable[[str], bool]) -> object:
    if isinstance(value, str):
        return BLACKED_OUT if traced(value) else value
    if isinstance(value, list):
        return [_without(item, traced) for item in value]
    if isinstance(value, dict):
        return {key: _without(item, traced) for key, item in value.items()}
    return value


def scrub(conn: sqlite3.Connection) -> str | None:
    """Let no deleted byte stay in the file and its log; what hindered that, in a sentence.

    The rows are gone in any case, and ``secure_delete`` overwrote them in the pages of the file.
    """
    try:
        _checkpoint(conn)
        conn.execute("PRAGMA temp_store = FILE")  # VACUUM builds a whole copy: not in memory
        try:
            conn.execute("VACUUM")
        finally:
            conn.execute("PRAGMA temp_store = MEMORY")
        _checkpoint(conn)  # only now do the clean pages stand in the file
        conn.execute("DELETE FROM settings_kv WHERE key = ?", (PENDING,))
        # This one just gives back the log's room.
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return (
                "It is deleted, but another persona-tui is reading the journal, so old bytes may "
                "stay in its log until the other one is closed."
            )
        return (
            f"It is deleted, but the file could not be rewritten ({error}), so old bytes may stay "
            "in it: free some disk space, then run persona-tui doctor."
        )
    return None


def is_scrub_due(conn: sqlite3.Connection) -> bool:
    """Whether something was forgotten whose bytes may still be there."""
    found = conn.execute("SELECT 1 FROM settings_kv WHERE key = ?", (PENDING,)).fetchone()
    return found is not None


def finish(conn: sqlite3.Connection, path: Path) -> None:
    """Before closing: scrub what a crash or another window left unscrubbed, if it can be done now.

    It waits for nobody, and starts nothing for which the disk has no room.
    """
    with suppress(sqlite3.Error, OSError):
        if is_scrub_due(conn) and shutil.disk_usage(path.parent).free > 2 * path.stat().st_size:
            conn.execute("PRAGMA busy_timeout = 0")
            scrub(conn)


def _checkpoint(conn: sqlite3.Connection) -> None:
    busy = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        error = sqlite3.OperationalError("the log is in use")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error
