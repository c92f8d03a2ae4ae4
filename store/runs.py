"""Model runs: the provenance of everything that a model generated."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.records import ModelRun
from store.text import (
    clean,
    clean_or_none,
    from_db,
    from_db_or_none,
    from_json,
    to_db,
    to_db_or_none,
    to_json,
)

RunStatus = Literal["running", "complete", "cancelled", "interrupted", "failed"]

_COLUMNS = """run_id, purpose, model, backend, prompt_sha256, parameters, app_version, started_at,
    finished_at, strategy, prompt_tokens, completion_tokens, status, note"""


@guarded
def add(store: Store, run: ModelRun) -> ModelRun:
    """Record a run; an empty ``run_id`` is filled in. Adding it again changes nothing."""
    run_id = run.run_id or new_id()
    with store.write() as conn:
        conn.execute(
            f"INSERT OR IGNORE INTO model_runs ({_COLUMNS})"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run_id, run.purpose, clean(run.model), clean(run.backend), run.prompt_sha256,
             to_json(run.parameters), run.app_version, to_db(run.started_at),
             to_db_or_none(run.finished_at), run.strategy, run.prompt_tokens,
             run.completion_tokens, run.status, clean_or_none(run.note)),
        )  # fmt: skip
    return get(store, run_id)


@guarded
def get(store: Store, run_id: str) -> ModelRun:
    """One run.

    :raises NotFoundError: there is none with this id.
    """
    row = store.conn.execute(
        f"SELECT {_COLUMNS} FROM model_runs WHERE run_id = ?",  # noqa: S608
        (run_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no model run {run_id!a}.")
    run, purpose, model, backend, sha256, parameters, version, started, finished, *rest = row
    return ModelRun(
        run, purpose, model, backend, sha256, from_json(parameters), version, from_db(started),
        from_db_or_none(finished), *rest,
    )  # fmt: skip


@guarded
def finish(
    store: Store,
    run_id: str,
    status: RunStatus = "complete",
    *,
    finished_at: datetime | None = None,
    prompt_tokens: int | None = None,
    completion_tokens: int | None = None,
    cost_usd: float | None = None,
    note: str | None = None,
) -> ModelRun:
    """Say how a run ended and what it used; what is ``None`` stays as it was.

    :raises NotFoundError: there is none with this id.
    """
    with store.write() as conn:
        conn.execute(
            "UPDATE model_runs SET status = ?, finished_at = ?,"
            " prompt_tokens = coalesce(?, prompt_tokens),"
            " completion_tokens = coalesce(?, completion_tokens),"
            " cost_usd = coalesce(?, cost_usd), note = coalesce(?, note) WHERE run_id = ?",
            (status, to_db(finished_at or utc_now()), prompt_tokens, completion_tokens, cost_usd,
             clean_or_none(note), run_id),
        )  # fmt: skip
    return get(store, run_id)


@guarded
def used(
    store: Store,
    run_id: str,
    *,
    prompt_tokens: int,
    completion_tokens: int,
    cost_usd: float | None = None,
) -> None:
    """What a run that goes on took so far: what was paid is known also if it is killed."""
    with store.write() as conn:
        conn.execute(
            "UPDATE model_runs SET prompt_tokens = ?, completion_tokens = ?,"
            " cost_usd = coalesce(?, cost_usd) WHERE run_id = ?",
            (prompt_tokens, completion_tokens, cost_usd, run_id),
        )
