"""Models that learned from the person: coefficients as JSON, versioned, at most one of a kind in use.

Nothing that was read is trusted: a row whose JSON is damaged, or not of the expected shape, is a model
without coefficients or figures, which whoever predicts refuses in a sentence.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from store.db import Store, new_id, utc_now
from store.erasing import CACHE_GENERATION
from store.errors import NotFoundError
from store.faults import guarded
from store.learned_records import (
    KINDS,
    LearnedFigures,
    LearnedKind,
    LearnedMetric,
    LearnedModel,
)
from store.text import from_db, to_db

MOST_VERSIONS = 10
"""Of a kind. What is older goes, unless it is in use."""

_COLUMNS = "learned_id, kind, version, created_at, app_version, trained_on, metrics, in_use"


def _mapping(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _moment(text: str) -> datetime:
    try:
        return from_db(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _metrics(text: str) -> dict[str, LearnedMetric]:
    found: dict[str, LearnedMetric] = {}
    for name, one in _mapping(text).items():
        try:
            metric = LearnedMetric(
                float(one["value"]), float(one["low"]), float(one["high"]), int(one["n"])
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        if all(map(math.isfinite, (metric.value, metric.low, metric.high))):
            found[name] = metric
    return found


def _from_row(row: Sequence[Any]) -> LearnedModel:
    learned, kind, version, created, app, trained_on, metrics, in_use, *rest = row
    return LearnedModel(
        learned, kind, version, _moment(created), app, _mapping(trained_on), _metrics(metrics),
        _mapping(rest[0]) if rest else {}, bool(in_use),
    )  # fmt: skip


@guarded
def save(
    store: Store,
    kind: LearnedKind,
    *,
    app_version: str,
    trained_on: Mapping[str, Any],
    metrics: Mapping[str, LearnedMetric],
    coefficients: Mapping[str, Any],
    use: bool,
    begun: str,
) -> LearnedModel | None:
    """Keep a new version and, with ``use``, put it in use, in one transaction.

    ``begun`` is :func:`store.caches.generation` as it was before the judgments were read: if
    anything was forgotten since, nothing is kept, and ``None`` given, for it may have learned from
    what is gone. Numbers that JSON does not know (NaN) are refused as :class:`ValueError`.
    """
    values = [
        json.dumps(value, separators=(",", ":"), allow_nan=False)
        for value in (
            dict(trained_on),
            {
                name: {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
                for name, one in metrics.items()
            },
            dict(coefficients),
        )
    ]
    with store.write() as conn:
        now_is = conn.execute(
            "SELECT value FROM settings_kv WHERE key = ?", (CACHE_GENERATION,)
        ).fetchone()
        if now_is != (begun,):
            return None
        learned_id = new_id()
        (version,) = conn.execute(
            "SELECT coalesce(max(version), 0) + 1 FROM learned_models WHERE kind = ?", (kind,)
        ).fetchone()
        conn.execute(
            "INSERT INTO learned_models (learned_id, kind, version, created_at, app_version,"
            " trained_on, metrics, coefficients) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (learned_id, kind, version, to_db(utc_now()), app_version, *values),
        )
        if use:
            _use(conn, kind, learned_id)
        conn.execute(
            "DELETE FROM learned_models WHERE kind = ?1 AND in_use = 0 AND version <= ?2",
            (kind, version - MOST_VERSIONS),
        )
    return get(store, learned_id)


def _use(conn: sqlite3.Connection, kind: LearnedKind, learned_id: str) -> None:
    conn.execute("UPDATE learned_models SET in_use = 0 WHERE kind = ?", (kind,))
    conn.execute("UPDATE learned_models SET in_use = 1 WHERE learned_id = ?", (learned_id,))


@guarded
def use(store: Store, learned_id: str) -> LearnedModel:
    """Put a version in use, in place of the one that is.

    :raises NotFoundError: it is gone.
    """
    with store.write() as conn:
        row = conn.execute(
            "SELECT kind FROM learned_models WHERE learned_id = ?", (learned_id,)
        ).fetchone()
        if row is None:
            raise NotFoundError("This version is gone; it was forgotten in the meantime.")
        _use(conn, row[0], learned_id)
    found = get(store, learned_id)
    assert found is not None  # noqa: S101 - it was just put in use
    return found


@guarded
def get(store: Store, learned_id: str) -> LearnedModel | None:
    """One version with its coefficients, or ``None``."""
    row = store.conn.execute(
        f"SELECT {_COLUMNS}, coefficients FROM learned_models WHERE learned_id = ?",  # noqa: S608
        (learned_id,),
    ).fetchone()
    return None if row is None else _from_row(row)


@guarded
def in_use(store: Store, kind: LearnedKind) -> LearnedModel | None:
    """The version in use with its coefficients; ``None``: nothing was learned yet."""
    row = store.conn.execute(
        f"SELECT {_COLUMNS}, coefficients FROM learned_models WHERE kind = ? AND in_use = 1",  # noqa: S608
        (kind,),
    ).fetchone()
    return None if row is None else _from_row(row)


@guarded
def list_all(store: Store, kind: LearnedKind | None = None) -> list[LearnedModel]:
    """Every version (of a kind), the newest first, without coefficients, which may be large."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM learned_models WHERE ?1 IS NULL OR kind = ?1"  # noqa: S608
        " ORDER BY kind, version DESC",
        (kind,),
    )
    return [_from_row(row) for row in rows]


@guarded
def remove(store: Store, kind: LearnedKind) -> int:
    """Remove every version of a kind; how many there were."""
    with store.write() as conn:
        return conn.execute("DELETE FROM learned_models WHERE kind = ?", (kind,)).rowcount


def figures(conn: sqlite3.Connection) -> dict[LearnedKind, LearnedFigures]:
    """What the report needs of the models in use. Package-private."""
    found: dict[LearnedKind, LearnedFigures] = {}
    for kind, version, created, trained_on, metrics in conn.execute(
        "SELECT kind, version, created_at, trained_on, metrics FROM learned_models WHERE in_use = 1"
    ):
        if kind in get_args(LearnedKind):
            told = _mapping(trained_on)
            count = told.get("judgments")
            found[kind] = LearnedFigures(
                kind, version, _moment(created), count if isinstance(count, int) else 0,
                _metrics(metrics), told,
            )  # fmt: skip
    return found


_JUDGED: dict[LearnedKind, str] = {
    "verifier": "attribute_judgments",
    "relevance": "relevance_judgments",
    "reward": "response_judgments",
}
_MARK = "learned_mark:"


@guarded
def mark(store: Store, kind: LearnedKind) -> str:
    """What was judged so far, in short: another judgment, an undo or forgetting changes it."""
    table = _JUDGED[kind]
    newest, count = store.conn.execute(
        f"SELECT coalesce(max(seq), 0), count(*) FROM {table}"  # noqa: S608 - a name of our own
    ).fetchone()
    return f"{newest}:{count}"


@guarded
def set_mark(store: Store, kind: LearnedKind, seen: str) -> None:
    """Remember that a kind was trained, or could not be, on what ``seen`` (:func:`mark`) stands for."""
    with store.write() as conn:
        conn.execute(
            "INSERT OR REPLACE INTO settings_kv VALUES (?, ?)",
            (_MARK + kind, f"{seen} {_newest(conn, kind)}"),
        )


@guarded
def due(store: Store) -> list[LearnedKind]:
    """Kinds for which something was judged, taken back or forgotten since they were last trained."""
    found: list[LearnedKind] = []
    for kind in KINDS:
        row = store.conn.execute(
            "SELECT value FROM settings_kv WHERE key = ?", (_MARK + kind,)
        ).fetchone()
        now = mark(store, kind)
        seen = f"0:0 {_newest(store.conn, kind)}" if row is None else row[0]
        if seen != f"{now} {_newest(store.conn, kind)}":
            found.append(kind)
    return found


def _newest(conn: sqlite3.Connection, kind: LearnedKind) -> str:
    row = conn.execute(
        "SELECT learned_id FROM learned_models WHERE kind = ? ORDER BY version DESC LIMIT 1",
        (kind,),
    ).fetchone()
    return "-" if row is None else str(row[0])
