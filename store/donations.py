"""Donations: what was chosen, how it is redacted, the exact bytes, and what became of it.

A donation is one row from its draft to its withdrawal; given ones are the ledger. Whatever changes
the contents of a draft takes its prepared files and its signature with it, so that nothing is given
that was not previewed and signed as it is. Forgetting anything does the same to every donation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.faults import guarded
from store.text import clean, from_db, to_db

Status = Literal["draft", "signed", "given", "withdrawn"]
ItemKind = Literal["attribute", "relevance", "response"]
Level = Literal["labels", "texts"]


@dataclass(frozen=True, slots=True)
class Donation:
    """One donation. ``signed`` ones cool off until ``release_at``."""

    donation_id: str
    created_at: datetime
    updated_at: datetime
    license: str
    status: Status = "draft"
    language: str | None = None
    agreed: tuple[str, ...] = ()
    """Keys of the statements that were agreed to."""
    consent_version: str | None = None
    consent_sha256: str | None = None
    signed_at: datetime | None = None
    release_at: datetime | None = None
    bundle_name: str | None = None
    manifest_sha256: str | None = None
    """Of the files that were signed."""
    contributor_id: str | None = None
    """Random, of this bundle only."""
    token: str | None = field(default=None, repr=False)
    """256 bit, hexadecimal. Never leaves; its hash is in the bundle."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by table."""
    row_items: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the prepared files: id of a row (random, of this bundle only) → what it was made of,
    ``attribute:ID`` or ``judgment:ID``. Never leaves."""
    destination: str | None = None
    """The file or the pull request."""
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was chosen: an attribute with what was said of it, a prompt with the answers on
    relevance for it (of attributes that were chosen), or a compared pair, by its id."""

    kind: ItemKind
    item_id: str
    level: Level = "labels"


@dataclass(frozen=True, slots=True)
class StoredEdit:
    """The person's last word on a span of one text (:class:`persona_tui.donation.redaction.Edit`).
    ``text_sha256`` is of the text that it was made on: on another one it says nothing."""

    start: int
    end: int
    action: Literal["keep", "redact"]
    kind: str
    text_sha256: str


_PARTS = ("donation_files", "donation_edits", "donation_left_out", "donation_items")
_COLUMNS = """donation_id, created_at, updated_at, license, status, language, agreed, consent_version,
    consent_sha256, signed_at, release_at, bundle_name, manifest_sha256, contributor_id, token, counts,
    row_items, destination, given_at, withdrawn_at"""


def _donation(row: Sequence[Any]) -> Donation:
    (key, created, updated, license_, status, language, agreed, version, sha, signed, release, name,
     manifest, contributor, token, counts, rows, destination, given, withdrawn) = row  # fmt: skip
    return Donation(
        key, from_db(created), from_db(updated), license_, status, language,
        tuple(json.loads(agreed)), version, sha, _when(signed), _when(release), name, manifest,
        contributor, token, json.loads(counts), json.loads(rows), destination, _when(given), _when(withdrawn),
    )  # fmt: skip


def _when(value: str | None) -> datetime | None:
    return None if value is None else from_db(value)


@guarded
def create(store: Store, *, license: str, language: str | None = None) -> Donation:  # noqa: A002
    """A new draft with nothing in it."""
    now = utc_now()
    made = Donation(new_id(), now, now, license, language=language)
    with store.write():
        _put(store, made)
    return made


@guarded
def save(store: Store, donation: Donation) -> Donation:
    """Write the row as it is; its items, edits and files are not touched.

    :raises NotFoundError: it was deleted.
    """
    with store.write():
        _status(store, donation.donation_id)
        made = replace(donation, updated_at=utc_now())
        _put(store, made)
    return made


def _put(store: Store, made: Donation) -> None:
    def when(value: datetime | None) -> str | None:
        return None if value is None else to_db(value)

    values = (
        made.donation_id, to_db(made.created_at), to_db(made.updated_at), made.license, made.status,
        made.language, json.dumps(made.agreed), made.consent_version, made.consent_sha256,
        when(made.signed_at), when(made.release_at), made.bundle_name, made.manifest_sha256,
        made.contributor_id, made.token, json.dumps(dict(made.counts)),
        json.dumps(dict(made.row_items)), made.destination,
        when(made.given_at), when(made.withdrawn_at),
    )  # fmt: skip
    names = [name.strip() for name in _COLUMNS.split(",")]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    store.conn.execute(
        f"INSERT INTO donations ({_COLUMNS}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        f" ON CONFLICT (donation_id) DO UPDATE SET {changes}",
        values,
    )


def _status(store: Store, donation_id: str) -> Status:
    row = store.conn.execute(
        "SELECT status FROM donations WHERE donation_id = ?", (donation_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError("This donation is gone; it was deleted in the meantime.")
    status: Status = row[0]
    return status


@guarded
def get(store: Store, donation_id: str) -> Donation:
    """One donation, by its id or the beginning of it.

    :raises NotFoundError: there is none, or more than one.
    """
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM donations WHERE donation_id LIKE ? || '%' LIMIT 2",  # noqa: S608
        (donation_id.replace("%", "?").replace("_", "?"),),
    ).fetchall()
    if len(rows) != 1:
        raise NotFoundError(f"There is no donation {donation_id!a}; 'donate ledger' lists them.")
    return _donation(rows[0])


@guarded
def list_all(store: Store) -> list[Donation]:
    """Drafts and the ledger, the newest first."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM donations ORDER BY donation_id DESC"  # noqa: S608
    )
    return [_donation(row) for row in rows]


@guarded
def open_draft(store: Store) -> Donation | None:
    """The newest donation that was not given yet, signed or not."""
    row = store.conn.execute(
        f"SELECT {_COLUMNS} FROM donations WHERE status IN ('draft', 'signed')"  # noqa: S608
        " ORDER BY donation_id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _donation(row)


@guarded
def stamp(store: Store) -> tuple[object, ...]:
    """Changes whenever a donation or the list of words does, in whatever process."""
    return tuple(
        store.conn.execute(
            "SELECT (SELECT COUNT(*) FROM donations), (SELECT MAX(updated_at) FROM donations),"
            " (SELECT COUNT(*) FROM redaction_entries), (SELECT MAX(created_at) FROM redaction_entries)"
        ).fetchone()
    )


@guarded
def delete(store: Store, donation_id: str) -> None:
    """Throw a draft (signed or not) away.

    :raises StoreError: it was given: the ledger stays.
    """
    with store.write() as conn:
        if _status(store, donation_id) not in ("draft", "signed"):
            raise StoreError("This donation was given, so it stays in the ledger; withdraw it.")
        for table in (*_PARTS, "donations"):
            conn.execute(f"DELETE FROM {table} WHERE donation_id = ?", (donation_id,))  # noqa: S608


@guarded
def unprepare(store: Store, donation_id: str) -> Donation:
    """Take the prepared files and the signature away: the contents change, or the person takes the
    signature back.

    :raises StoreError: it was given, and what was given does not change.
    """
    with store.write() as conn:
        before = get(store, donation_id)
        if before.status not in ("draft", "signed"):
            raise StoreError("This donation was given and cannot be changed; start another draft.")
        conn.execute("DELETE FROM donation_files WHERE donation_id = ?", (donation_id,))
        made = Donation(
            before.donation_id, before.created_at, utc_now(), before.license,
            language=before.language,
        )  # fmt: skip
        _put(store, made)
    return made


# --- what is in it ------------------------------------------------------------------------------


@guarded
def items(store: Store, donation_id: str) -> list[Item]:
    """What was chosen, by kind and id."""
    rows = store.conn.execute(
        "SELECT kind, item_id, level FROM donation_items WHERE donation_id = ?"
        " ORDER BY kind, item_id",
        (donation_id,),
    )
    return [Item(*row) for row in rows]


@guarded
def choose(store: Store, donation_id: str, chosen: Iterable[Item]) -> None:
    """Add items, or change their level."""
    with store.write() as conn:
        unprepare(store, donation_id)
        conn.executemany(
            "INSERT INTO donation_items (donation_id, kind, item_id, level) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET level = excluded.level",
            [(donation_id, one.kind, one.item_id, one.level) for one in chosen],
        )


@guarded
def drop(store: Store, donation_id: str, dropped: Iterable[tuple[ItemKind, str]]) -> None:
    """Take items out again."""
    with store.write() as conn:
        unprepare(store, donation_id)
        conn.executemany(
            "DELETE FROM donation_items WHERE donation_id = ? AND kind = ? AND item_id = ?",
            [(donation_id, kind, key) for kind, key in dropped],
        )


@guarded
def left_out(store: Store, donation_id: str) -> set[str]:
    """Ids of judgments that are left out of what was chosen."""
    rows = store.conn.execute(
        "SELECT judgment_id FROM donation_left_out WHERE donation_id = ?", (donation_id,)
    )
    return {row[0] for row in rows}


@guarded
def leave_out(store: Store, donation_id: str, judgment_id: str, *, out: bool = True) -> None:
    """Leave one judgment out, or (``out=False``) take it in again."""
    with store.write() as conn:
        unprepare(store, donation_id)
        conn.execute(
            "INSERT OR IGNORE INTO donation_left_out VALUES (?, ?)"
            if out
            else "DELETE FROM donation_left_out WHERE donation_id = ? AND judgment_id = ?",
            (donation_id, judgment_id),
        )


@guarded
def given_items(store: Store) -> dict[tuple[str, str], str]:
    """What was given before and not withdrawn: (kind, id) → donation."""
    rows = store.conn.execute(
        "SELECT i.kind, i.item_id, i.donation_id FROM donation_items i JOIN donations d"
        " ON d.donation_id = i.donation_id WHERE d.status = 'given'"
    )
    return {(kind, key): donation for kind, key, donation in rows}


@guarded
def edits(store: Store, donation_id: str) -> dict[str, list[StoredEdit]]:
    """The person's edits by place (``kind:item_id:field``), in the order in which they were made."""
    found: dict[str, list[StoredEdit]] = {}
    for place, *values in store.conn.execute(
        'SELECT place, start, "end", action, kind, text_sha256 FROM donation_edits'
        " WHERE donation_id = ? ORDER BY place, ordinal",
        (donation_id,),
    ):
        found.setdefault(place, []).append(StoredEdit(*values))
    return found


@guarded
def set_edits(store: Store, donation_id: str, place: str, made: Sequence[StoredEdit]) -> None:
    """Put ``made`` in the place of the edits of one text."""
    with store.write() as conn:
        unprepare(store, donation_id)
        conn.execute(
            "DELETE FROM donation_edits WHERE donation_id = ? AND place = ?", (donation_id, place)
        )
        conn.executemany(
            'INSERT INTO donation_edits (donation_id, place, ordinal, start, "end", action, kind,'
            " text_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (donation_id, place, n, one.start, one.end, one.action, one.kind, one.text_sha256)
                for n, one in enumerate(made)
            ],
        )


# --- the bytes ----------------------------------------------------------------------------------


@guarded
def put_files(store: Store, donation_id: str, files: Mapping[str, bytes]) -> None:
    """Keep the prepared files in place of earlier ones."""
    with store.write() as conn:
        _status(store, donation_id)
        conn.execute("DELETE FROM donation_files WHERE donation_id = ?", (donation_id,))
        conn.executemany(
            "INSERT INTO donation_files (donation_id, path, bytes) VALUES (?, ?, ?)",
            [(donation_id, path, data) for path, data in files.items()],
        )


@guarded
def files(store: Store, donation_id: str) -> dict[str, bytes]:
    """The prepared files, by path; empty if there are none."""
    rows = store.conn.execute(
        "SELECT path, bytes FROM donation_files WHERE donation_id = ? ORDER BY path",
        (donation_id,),
    )
    return dict(rows.fetchall())


# --- words that are never given -----------------------------------------------------------------


@guarded
def entries(store: Store) -> list[tuple[str, str]]:
    """The person's own list: (text, kind)."""
    return store.conn.execute("SELECT text, kind FROM redaction_entries ORDER BY text").fetchall()


@guarded
def add_entry(store: Store, text: str, kind: str = "CUSTOM") -> None:
    """Never give these words, in any donation. Unsigned and signed drafts must be prepared anew."""
    with store.write() as conn:
        conn.execute(
            "INSERT INTO redaction_entries (text, kind, created_at) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET kind = excluded.kind",
            (clean(text).strip(), kind, to_db(utc_now())),
        )
        _unprepare_all(store)


@guarded
def remove_entry(store: Store, text: str) -> bool:
    """Take words off the list; whether they were on it."""
    with store.write() as conn:
        cursor = conn.execute(
            "DELETE FROM redaction_entries WHERE text = ?", (clean(text).strip(),)
        )
        if cursor.rowcount:
            _unprepare_all(store)
    return bool(cursor.rowcount)


def _unprepare_all(store: Store) -> None:
    rows = store.conn.execute(
        "SELECT donation_id FROM donations WHERE status IN ('draft', 'signed')"
    ).fetchall()
    for (key,) in rows:
        unprepare(store, key)
