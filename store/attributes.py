"""Attributes: list and find them, with what they rest on and what was judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from store import candidates, fts, judgments, spans, user_attributes
from store.db import Store
from store.errors import NotFoundError
from store.faults import guarded
from store.records import Attribute, Candidate, Evidence
from store.text import clean, from_db, id_list

Status = Literal["all", "unjudged", "ok", "unsure", "bad", "never"]

_WHERE: dict[Status, str] = {
    "all": "1",
    "unjudged": "j.judgment_id IS NULL AND a.strategy <> 'user'",
    "ok": "j.verdict = 'ok'",
    "unsure": "j.verdict = 'unsure'",
    "bad": "j.verdict = 'bad'",
    "never": "j.use = 'never'",
}
_VISIBLE = "a.attribute_id NOT IN (SELECT attribute_id FROM hidden_attributes)"
_FROM = """FROM attributes a LEFT JOIN model_runs r ON r.run_id = a.run_id
    LEFT JOIN judgments_in_force j ON j.attribute_id = a.attribute_id"""
_COLUMNS = f"""a.attribute_id, a.text, a.confidence, a.strategy, a.created_at, r.model, a.run_id,
    a.language, a.category, a.corrects, a.refines, {judgments.COLUMNS}"""


@guarded
def list_all(
    store: Store,
    *,
    status: Status = "all",
    query: str | None = None,
    conversation_id: str | None = None,
    limit: int | None = None,
) -> list[Attribute]:
    """Attributes with evidence, sources and the judgment in force, the oldest first.

    ``status``: ``unjudged`` are those that a model made and on which no judgment is in force;
    ``ok``, ``unsure`` and ``bad`` go by the verdict in force, ``never`` by its ``use``. Corrections
    whose judgment was taken back are left out. ``query`` is full text; ``conversation_id`` keeps
    those with evidence in that conversation.
    """
    clauses = [_WHERE[status], _VISIBLE]
    values: list[object] = []
    text = clean(query or "").strip()
    if text:
        match = fts.query(text)
        if match is None:
            clauses.append("instr(fold(a.text), ?)")
            values.append(text.casefold())
        else:
            clauses.append("a.n IN (SELECT rowid FROM attributes_fts WHERE attributes_fts MATCH ?)")
            values.append(match)
    if conversation_id is not None:
        clauses.append(
            "a.attribute_id IN (SELECT attribute_id FROM candidates WHERE conversation_id = ?"
            " UNION SELECT e.attribute_id FROM messages m JOIN attribute_evidence e"
            " USING (message_id) WHERE m.conversation_id = ?)"
        )
        values += (conversation_id, conversation_id)
    return _load(store, " AND ".join(clauses), values, -1 if limit is None else limit)


@guarded
def get(store: Store, attribute_id: str) -> Attribute:
    """One attribute, hidden corrections included; a unique beginning of the id is enough.

    :raises NotFoundError: there is none, or more than one.
    """
    wanted = clean(attribute_id).strip().lower()
    where = "a.attribute_id >= ?1 AND a.attribute_id < ?1 || 'g'"
    found = _load(store, where, [wanted], 2) if wanted else []
    if not found:
        raise NotFoundError(f"There is no attribute {attribute_id!a}; list them to see ids.")
    if len(found) > 1 and found[0].attribute_id != wanted:
        raise NotFoundError(
            f"More than one attribute begins with {attribute_id!a}; give more of its id."
        )
    return found[0]


def _load(store: Store, where: str, values: Sequence[object], limit: int) -> list[Attribute]:
    rows = store.conn.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY a.n LIMIT {limit:d}",
        tuple(values),
    ).fetchall()
    ids = id_list([row[0] for row in rows])
    written = spans.of(store, "attribute_evidence", "attribute_id", ids)
    sources: dict[str, list[Candidate]] = {}
    for candidate in candidates.load(
        store, "attribute_id IN (SELECT value FROM json_each(?))", (ids,)
    ):
        sources.setdefault(str(candidate.attribute_id), []).append(candidate)
    made = []
    for row in rows:
        mine = sources.get(row[0], [])
        every: list[Evidence] = [*written.get(row[0], ())]
        for candidate in mine:
            every += candidate.evidence
        made.append(_attribute(row, tuple(dict.fromkeys(every)), tuple(mine)))
    return made


def _attribute(
    row: tuple[Any, ...], evidence: tuple[Evidence, ...], sources: tuple[Candidate, ...]
) -> Attribute:
    i, text, confidence, strategy, created, model, run, *more = row[:11]
    language, category, corrects, refines = more
    return Attribute(
        i,
        text,
        confidence,
        strategy,
        from_db(created),
        model=model,
        run_id=run,
        language=language,
        category=category,
        corrects=corrects,
        refines=refines,
        evidence=evidence,
        sources=sources,
        judgment=None if row[11] is None else judgments.from_row(row[11:]),
    )


@guarded
def add_by_user(
    store: Store,
    text: str,
    *,
    corrects: str | None = None,
    language: str | None = None,
    evidence: Sequence[Evidence] = (),
) -> Attribute:
    """Keep an attribute that the person wrote: something missed, or a correction.

    A correction is better given to ``judgments.save(..., correction=...)``, which keeps both or
    neither and lets undo take it back.

    :raises NotFoundError: what it corrects, or a quoted message, is gone.
    :raises StoreError: it has no words.
    """
    with store.write():
        attribute_id = user_attributes.add(
            store, text, corrects=corrects, language=language, evidence=evidence
        )
    return get(store, attribute_id)


@guarded
def counts(store: Store) -> dict[str, int]:
    """How many there are of each status, and ``user``: those that the person wrote."""
    names = [*_WHERE, "user"]
    sums = ", ".join(f"coalesce(sum({clause}), 0)" for clause in _WHERE.values())
    row = store.conn.execute(
        f"SELECT {sums}, coalesce(sum(a.strategy = 'user'), 0) {_FROM} WHERE {_VISIBLE}"
    ).fetchone()
    return dict(zip(names, row, strict=True))
