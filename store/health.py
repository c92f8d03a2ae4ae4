"""What ``doctor`` asks of the journal. It changes nothing, but finishes what forgetting could not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from store import erasing, files, migrations
from store.db import Store
from store.errors import StoreError
from store.faults import guarded

LOW_DISK_BYTES = 200 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer, in a sentence."""

    name: str
    ok: bool
    detail: str


def checks(store: Store) -> list[Check]:
    """Look at everything; a check that cannot be made is one that failed."""
    made: list[Check] = []
    for name, look in _CHECKS.items():
        try:
            made.append(look(store, name))
        except (sqlite3.Error, StoreError, OSError) as error:
            made.append(Check(name, False, f"could not be checked: {error}"))
    return made


@guarded
def is_current(store: Store) -> bool:
    """Whether the journal has this program's format: one that was opened as it is may be older."""
    return bool(store.conn.execute("PRAGMA user_version").fetchone() == (migrations.NEWEST,))


def _version(store: Store, name: str) -> Check:
    version = store.conn.execute("PRAGMA user_version").fetchone()[0]
    mode = store.conn.execute("PRAGMA journal_mode").fetchone()[0]
    size = store.path.stat().st_size / 1e6
    detail = (
        f"format {version}, {size:.1f} MB, journal mode {mode}, SQLite {sqlite3.sqlite_version}"
    )
    if version < migrations.NEWEST:
        detail += "; the next start brings it to the newest format, after a backup"
    return Check(name, version <= migrations.NEWEST and mode == "wal", detail)


def _pragma_check(store: Store, name: str) -> Check:
    found = [str(row[0]) for row in store.conn.execute(f"PRAGMA {name}(10)")]
    return Check(name, found == ["ok"], "no damage found" if found == ["ok"] else "; ".join(found))


def _foreign_keys(store: Store, name: str) -> Check:
    found = store.conn.execute("PRAGMA foreign_key_check").fetchmany(10)
    broken = "; ".join(
        f"{table} row {row} has lost its {parent}" for table, row, parent, _ in found
    )
    return Check(name, not found, broken or "every reference leads somewhere")


def _full_text(store: Store, name: str) -> Check:
    wrong: list[str] = []
    with store.write() as conn:
        for table in ("messages", "attributes"):
            try:
                conn.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('integrity-check')")  # noqa: S608
            except sqlite3.DatabaseError as error:
                wrong.append(f"the index of {table} is damaged ({error})")
                continue
            missing = conn.execute(
                f"SELECT (SELECT count(*) FROM {table}) - (SELECT count(*) FROM"  # noqa: S608
                f" {table}_fts_docsize)"
            ).fetchone()[0]
            if missing:
                wrong.append(f"the index of {table} is off by {abs(missing)} rows")
    return Check(name, not wrong, "; ".join(wrong) or "search finds every message and attribute")


def _evidence(store: Store, name: str) -> Check:
    bad = store.conn.execute(
        'SELECT count(*) FROM (SELECT message_id, "end" FROM candidate_evidence UNION ALL'
        ' SELECT message_id, "end" FROM attribute_evidence) e JOIN messages m USING (message_id)'
        ' WHERE e."end" > length(m.text)'
    ).fetchone()[0]
    return Check(name, bad == 0, f"{bad} quotes lie outside" if bad else "every quote is in place")


def _permissions(store: Store, name: str) -> Check:
    sides = [store.path.with_name(store.path.name + end) for end in files.SIDE_FILES]
    wide = [
        f"{path} is {path.stat().st_mode & 0o777:04o}"
        for path in (store.path.parent, store.path, *sides)
        if path.exists() and path.stat().st_mode & 0o077
    ]
    return Check(name, not wide, "; ".join(wide) or "only you can read the journal")


def _forgotten(store: Store, name: str) -> Check:
    """Finish what a busy or full disk left undone when something was forgotten."""
    if not erasing.is_scrub_due(store.conn):
        return Check(name, True, "nothing that was forgotten is left in the file")
    note = erasing.scrub(store.conn)
    return Check(name, note is None, note or "bytes of what was forgotten were still there; done")


def _disk(store: Store, name: str) -> Check:
    free = shutil.disk_usage(store.path.parent).free
    return Check(name, free > LOW_DISK_BYTES, f"{free / 1e9:.1f} GB free")


_CHECKS: dict[str, Callable[[Store, str], Check]] = {
    "journal": _version,
    "permissions": _permissions,
    "disk": _disk,
    "forgotten": _forgotten,
    "quick_check": _pragma_check,
    "integrity_check": _pragma_check,
    "foreign_key_check": _foreign_keys,
    "full_text": _full_text,
    "evidence": _evidence,
}
