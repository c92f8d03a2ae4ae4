"""What models said to the questions of the protocol: judges, BM25, embeddings. Shown to nobody
before the person has judged; what is shown is decided above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store.audit import Kind, ModelJudgment
from store.db import Store, new_id
from store.faults import guarded
from store.text import clean, from_db, from_json, to_db, to_json

_COLUMNS = """judgment_id, kind, model_tag, created_at, prompt_sha256, input_sha256, attribute_id,
    prompt_id, pair_id, verdict, relevant, rating, probability, flipped, detail, temperature,
    run_id, target_judgment_id"""


def _row(row: Sequence[Any]) -> ModelJudgment:
    (key, kind, tag, created, prompt_sha, input_sha, attribute, prompt, pair, verdict, relevant,
     rating, probability, flipped, detail, temperature, run, target) = row  # fmt: skip
    return ModelJudgment(
        key, kind, tag, from_db(created), prompt_sha, input_sha or "", attribute, prompt, pair,
        verdict, None if relevant is None else bool(relevant), rating, probability,
        None if flipped is None else bool(flipped), from_json(detail), temperature, run, target,
    )  # fmt: skip


@guarded
def save(store: Store, judgments: Sequence[ModelJudgment]) -> int:
    """Add judgments; how many were new. One that is there already (same kind, model and input) stays
    as it is, and one whose item was forgotten meanwhile is left out."""
    added = 0
    with store.write() as conn:
        for one in judgments:
            added += conn.execute(
                f"INSERT OR IGNORE INTO model_judgments ({_COLUMNS})"  # noqa: S608
                " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                " ?17, ?18 WHERE (?7 IS NULL OR EXISTS (SELECT 1 FROM attributes"
                "  WHERE attribute_id = ?7))"
                " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM user_prompts WHERE prompt_id = ?8))"
                " AND (?9 IS NULL OR EXISTS (SELECT 1 FROM response_pairs WHERE pair_id = ?9))",
                (one.judgment_id or new_id(), one.kind, clean(one.model_tag),
                 to_db(one.created_at), one.prompt_sha256, one.input_sha256, one.attribute_id,
                 one.prompt_id, one.pair_id, one.verdict, one.relevant, one.rating,
                 one.probability, one.flipped, to_json(one.detail), one.temperature, one.run_id,
                 one.target_judgment_id),
            ).rowcount  # fmt: skip
    return added


@guarded
def known(store: Store, kind: Kind, model_tag: str) -> set[str]:
    """Input hashes of what this model has answered: what need not be asked again."""
    rows = store.conn.execute(
        "SELECT input_sha256 FROM model_judgments WHERE kind = ? AND model_tag = ?"
        " AND input_sha256 IS NOT NULL",
        (kind, clean(model_tag)),
    )
    return {row[0] for row in rows}


@guarded
def scored(store: Store, model_tag: str) -> set[tuple[str, str]]:
    """(prompt, attribute) of which this model has said whether it is relevant."""
    return set(
        store.conn.execute(
            "SELECT DISTINCT prompt_id, attribute_id FROM model_judgments"
            " WHERE kind = 'relevance' AND model_tag = ?",
            (clean(model_tag),),
        )
    )


@guarded
def list_all(
    store: Store,
    *,
    kind: Kind | None = None,
    prompt_id: str | None = None,
    pair_id: str | None = None,
    attribute_id: str | None = None,
    model_tag: str | None = None,
) -> list[ModelJudgment]:
    """Model judgments, the oldest first."""
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} FROM model_judgments WHERE (?1 IS NULL OR kind = ?1)"  # noqa: S608
        " AND (?2 IS NULL OR prompt_id = ?2) AND (?3 IS NULL OR pair_id = ?3)"
        " AND (?4 IS NULL OR attribute_id = ?4) AND (?5 IS NULL OR model_tag = ?5)"
        " ORDER BY judgment_id",
        (kind, prompt_id, pair_id, attribute_id, model_tag),
    )
    return [_row(row) for row in rows]


@guarded
def tags(store: Store) -> list[tuple[Kind, str, int]]:
    """(kind, model, how many judgments), by name."""
    return store.conn.execute(
        "SELECT kind, model_tag, count(*) FROM model_judgments GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
