"""Candidates: what extraction stated, kept as it comes, then merged into attributes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from store import fts, spans
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.faults import guarded
from store.records import Candidate
from store.text import clean, clean_or_none, id_list, to_db

_COLUMNS = """candidate_id, conversation_id, text, confidence, strategy, run_id, reason,
    attribute_id"""


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates that say the same. ``attribute_id`` is ``None`` for a new attribute."""

    attribute_id: str | None
    representative: str
    """The candidate whose words stand for the group."""
    candidate_ids: tuple[str, ...]
    language: str | None = None
    category: str | None = None


@guarded
def save_extracted(
    store: Store,
    *,
    settings_sha256: str,
    conversation_id: str,
    message_ids: Sequence[str],
    candidates: Sequence[Candidate],
) -> list[Candidate]:
    """Keep what was extracted from these messages and mark them as done, in one transaction.

    Doing it again keeps nothing twice: a candidate whose evidence lies only in messages that were
    marked before is left out. So is one whose message was forgotten in the meantime. An empty
    ``candidate_id`` is filled in. Gives back what was kept.

    :raises StoreError: a candidate has no evidence, or quotes what its message does not say.
    """
    with store.write() as conn:
        settings_id = settings_number(conn, settings_sha256)
        there = spans.existing(
            store, [*message_ids, *(e.message_id for c in candidates for e in c.evidence)]
        )
        marked = {
            n
            for (n,) in conn.execute(
                "SELECT n FROM extractions WHERE settings_id = ?"
                " AND n IN (SELECT value FROM json_each(?))",
                (settings_id, id_list([n for n, _, _ in there.values()])),
            )
        }
        kept: list[Candidate] = []
        for candidate in candidates:
            if not candidate.evidence:
                raise StoreError(
                    "An attribute without evidence was offered to the journal; it was not kept."
                )
            if any(e.message_id not in there for e in candidate.evidence):
                continue
            if all(there[e.message_id][0] in marked for e in candidate.evidence):
                continue
            if any(there[e.message_id][1] != conversation_id for e in candidate.evidence):
                raise StoreError(
                    "An attribute was offered with evidence from another conversation; it was "
                    "not kept."
                )
            spans.check(candidate.evidence, there)
            kept.append(insert(conn, candidate, conversation_id, settings_id))
        conn.executemany(
            "INSERT OR IGNORE INTO extractions (settings_id, n) VALUES (?, ?)",
            [(settings_id, there[i][0]) for i in message_ids if i in there],
        )
    return kept


def settings_number(conn: sqlite3.Connection, sha256: str) -> int:
    """The number of these settings, given if they are new. Package-private."""
    conn.execute("INSERT OR IGNORE INTO extraction_settings (sha256) VALUES (?)", (sha256,))
    row = conn.execute(
        "SELECT settings_id FROM extraction_settings WHERE sha256 = ?", (sha256,)
    ).fetchone()
    return int(row[0])


def insert(
    conn: sqlite3.Connection, candidate: Candidate, conversation_id: str, settings_id: int
) -> Candidate:
    """Keep a candidate that belongs to no attribute yet. Package-private."""
    made = replace(
        candidate,
        candidate_id=candidate.candidate_id or new_id(),
        conversation_id=conversation_id,
        text=clean(candidate.text),
        reason=clean_or_none(candidate.reason),
        attribute_id=None,
    )
    conn.execute(
        "INSERT INTO candidates (candidate_id, conversation_id, settings_id, confidence, strategy,"
        " run_id, created_at, text, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (made.candidate_id, conversation_id, settings_id, made.confidence, made.strategy,
         made.run_id, to_db(utc_now()), made.text, made.reason),
    )  # fmt: skip
    conn.executemany(
        'INSERT INTO candidate_evidence (candidate_id, ordinal, message_id, start, "end")'
        " VALUES (?, ?, ?, ?, ?)",
        [(made.candidate_id, i, e.message_id, e.start, e.end) for i, e in enumerate(made.evidence)],
    )
    return made


def load(store: Store, where: str, values: tuple[object, ...]) -> list[Candidate]:
    """Candidates with their evidence (``where`` is ours). Package-private."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM candidates WHERE {where} ORDER BY candidate_id",  # noqa: S608
        values,
    ).fetchall()
    evidence = spans.of(
        store, "candidate_evidence", "candidate_id", id_list([row[0] for row in rows])
    )
    return [
        Candidate(
            i, conversation, text, confidence, strategy, run, tuple(evidence.get(i, ())), *rest
        )
        for i, conversation, text, confidence, strategy, run, *rest in rows
    ]


@guarded
def unmerged(store: Store) -> list[Candidate]:
    """The candidates that belong to no attribute yet, the oldest first."""
    return load(store, "attribute_id IS NULL", ())


@guarded
def attach(store: Store, groups: Sequence[Group]) -> list[str]:
    """Make each group an attribute, or part of one; gives the attribute ids, in order.

    An attribute keeps its id for ever. Its words follow the representative until it is judged or
    refined; from then on, and where the person wrote it, they stay. A candidate of a judged attribute is
    not moved to another one, and a group for a new attribute that such a candidate stands for
    joins that attribute; an unjudged attribute that loses all its candidates goes.

    :raises NotFoundError: a group names a candidate or an attribute that is gone.
    """
    with store.write() as conn:
        return [_attach(conn, group) for group in groups]


def _attach(conn: sqlite3.Connection, group: Group) -> str:
    row = conn.execute(
        "SELECT text, confidence, strategy, run_id, attribute_id FROM candidates"
        " WHERE candidate_id = ?",
        (group.representative,),
    ).fetchone()
    if row is None:
        raise NotFoundError("A candidate was forgotten while it was merged; merge again.")
    text, confidence, strategy, run_id, owner = row
    is_held = owner is not None and owner != group.attribute_id and _is_fixed(conn, owner)
    attribute_id = group.attribute_id or (owner if is_held else None)
    if attribute_id is None:
        attribute_id = new_id()
        cursor = conn.execute(
            "INSERT INTO attributes (attribute_id, confidence, strategy, created_at, run_id,"
            " language, category, representative, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (attribute_id, confidence, strategy, to_db(utc_now()), run_id,
             clean_or_none(group.language), clean_or_none(group.category), group.representative,
             text),
        )  # fmt: skip
        assert cursor.lastrowid is not None  # noqa: S101
        fts.add(conn, "attributes_fts", [(cursor.lastrowid, text)])
    elif not is_held and not _is_fixed(conn, attribute_id):
        set_words(conn, attribute_id, group.representative)
    _move(conn, attribute_id, [group.representative, *group.candidate_ids])
    return attribute_id


def _is_fixed(conn: sqlite3.Connection, attribute_id: str) -> bool:
    row = conn.execute(
        "SELECT strategy = 'user' OR refines IS NOT NULL OR EXISTS (SELECT 1 FROM"
        " standing_judgments j WHERE j.attribute_id = a.attribute_id) OR EXISTS (SELECT 1 FROM"
        " refinements r WHERE r.attribute_id = a.attribute_id) FROM attributes a"
        " WHERE attribute_id = ?",
        (attribute_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError("An attribute was forgotten while it was merged; merge again.")
    return bool(row[0])


def set_words(conn: sqlite3.Connection, attribute_id: str, representative: str) -> None:
    """Let an attribute say what this candidate says. Package-private."""
    n, before = conn.execute(
        "SELECT n, text FROM attributes WHERE attribute_id = ?", (attribute_id,)
    ).fetchone()
    text, confidence, strategy, run_id = conn.execute(
        "SELECT text, confidence, strategy, run_id FROM candidates WHERE candidate_id = ?",
        (representative,),
    ).fetchone()
    conn.execute(
        "UPDATE attributes SET text = ?, confidence = ?, strategy = ?, run_id = ?,"
        " representative = ? WHERE n = ?",
        (text, confidence, strategy, run_id, representative, n),
    )
    if text != before:
        fts.remove(conn, "attributes_fts", [(n, before)])
        fts.add(conn, "attributes_fts", [(n, text)])


def _move(conn: sqlite3.Connection, attribute_id: str, candidate_ids: list[str]) -> None:
    left: set[str] = set()
    for candidate_id in dict.fromkeys(candidate_ids):
        row = conn.execute(
            "SELECT attribute_id FROM candidates WHERE candidate_id = ?", (candidate_id,)
        ).fetchone()
        if row is None or row[0] == attribute_id:
            continue
        if row[0] is not None:
            if _is_fixed(conn, row[0]):
                continue
            left.add(row[0])
        conn.execute(
            "UPDATE candidates SET attribute_id = ? WHERE candidate_id = ?",
            (attribute_id, candidate_id),
        )
    drop_empty(conn, left)


def drop_empty(conn: sqlite3.Connection, attribute_ids: set[str]) -> None:
    """Remove those of these that a model made, that rest on nothing and were never judged.

    One that keeps candidates but lost the one whose words it has takes those of the next.
    Package-private.
    """
    # The newest first: what refines another one is younger than that.
    for attribute_id in sorted(attribute_ids, reverse=True):
        rest = conn.execute(
            "SELECT candidate_id FROM candidates WHERE attribute_id = ?1 ORDER BY candidate_id ="
            " (SELECT representative FROM attributes WHERE attribute_id = ?1) DESC,"
            " confidence DESC, candidate_id LIMIT 1",
            (attribute_id,),
        ).fetchone()
        if rest is not None:
            if not _is_fixed(conn, attribute_id):
                set_words(conn, attribute_id, rest[0])
            continue
        row = conn.execute(
            "SELECT n, text FROM attributes a WHERE attribute_id = ? AND strategy <> 'user'"
            " AND NOT EXISTS (SELECT 1 FROM attribute_judgments j"
            "  WHERE a.attribute_id IN (j.attribute_id, j.corrected_attribute_id))"
            " AND NOT EXISTS (SELECT 1 FROM attributes c"
            "  WHERE a.attribute_id IN (c.corrects, c.refines))"
            " AND NOT EXISTS (SELECT 1 FROM relevance_judgments r"
            "  WHERE r.attribute_id = a.attribute_id)"
            " AND NOT EXISTS (SELECT 1 FROM response_attributes r"
            "  WHERE r.attribute_id = a.attribute_id)"
            " AND NOT EXISTS (SELECT 1 FROM model_judgments m"
            "  WHERE m.attribute_id = a.attribute_id)",
            (attribute_id,),
        ).fetchone()
        if row is not None:
            fts.remove(conn, "attributes_fts", [row])
            conn.execute(
                "DELETE FROM refinements WHERE ? IN (attribute_id, result_id)", (attribute_id,)
            )
            conn.execute("DELETE FROM attributes WHERE n = ?", (row[0],))


@guarded
def reset(store: Store, settings_sha256: str | None = None) -> int:
    """Take extraction back (with these settings, or all), so that it can be done again.

    Marks go, and so do the candidates and attributes that nobody judged; judged ones stay with
    what they rest on, and so does what a judged one refines. What refines one that goes, goes too.
    Gives the number of candidates removed.
    """
    with store.write() as conn:
        chosen = """(?1 IS NULL OR settings_id IN
            (SELECT settings_id FROM extraction_settings s WHERE s.sha256 = ?1))"""
        rows = conn.execute(
            f"""SELECT candidate_id, attribute_id FROM candidates c WHERE {chosen}
            AND NOT EXISTS (SELECT 1 FROM attribute_judgments j
                WHERE j.attribute_id = c.attribute_id)
            AND NOT EXISTS (SELECT 1 FROM attributes a
                WHERE a.attribute_id = c.attribute_id AND a.strategy = 'user')
            AND NOT EXISTS (SELECT 1 FROM attributes r JOIN attribute_judgments j
                ON j.attribute_id = r.attribute_id WHERE r.refines = c.attribute_id)""",  # noqa: S608
            (settings_sha256,),
        ).fetchall()
        rows += conn.execute(
            "SELECT c.candidate_id, c.attribute_id FROM candidates c JOIN attributes a"
            " ON a.attribute_id = c.attribute_id"
            " WHERE a.refines IN (SELECT value FROM json_each(?))",
            (id_list({row[1] for row in rows if row[1] is not None}),),
        ).fetchall()
        rows = list(dict.fromkeys(rows))
        conn.execute(f"DELETE FROM extractions WHERE {chosen}", (settings_sha256,))  # noqa: S608
        ids = [(row[0],) for row in rows]
        conn.executemany("DELETE FROM candidate_evidence WHERE candidate_id = ?", ids)
        conn.executemany("DELETE FROM candidates WHERE candidate_id = ?", ids)
        drop_empty(conn, {row[1] for row in rows if row[1] is not None})
    return len(rows)
