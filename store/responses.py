"""Generated answers and the pairs in which they are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store.audit import Arm, Mention, Response, ResponsePair, Side
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError
from store.faults import guarded
from store.records import Sampling
from store.text import clean, from_db, id_list, to_db

_COLUMNS = (
    "response_id, prompt_id, personalized, model_tag, created_at, text, run_id, explicit_mention"
)


@guarded
def add(store: Store, response: Response) -> Response:
    """Add an answer with its attributes and mentions. An empty id is filled in; one that is there
    already stays as it is.

    :raises NotFoundError: the prompt or an attribute is gone.
    """
    with store.write() as conn:
        if conn.execute(
            "SELECT 1 FROM user_prompts WHERE prompt_id = ?", (response.prompt_id,)
        ).fetchone() is None:  # fmt: skip
            raise NotFoundError("This prompt is gone; it was forgotten in the meantime.")
        wanted = set(response.attribute_ids) | {one.attribute_id for one in response.mentions}
        there = conn.execute(
            "SELECT count(*) FROM attributes"
            " WHERE attribute_id IN (SELECT value FROM json_each(?))",
            (id_list(wanted),),
        ).fetchone()[0]
        if there != len(wanted):
            raise NotFoundError("An attribute is gone; it was forgotten in the meantime.")
        made = replace(
            response, response_id=response.response_id or new_id(), text=clean(response.text)
        )
        added = conn.execute(
            f"INSERT OR IGNORE INTO responses ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (made.response_id, made.prompt_id, made.personalized, clean(made.model_tag),
             to_db(made.created_at), made.text, made.run_id, made.explicit_mention),
        ).rowcount  # fmt: skip
        if added:
            conn.executemany(
                "INSERT INTO response_attributes (response_id, attribute_id, ordinal)"
                " VALUES (?, ?, ?)",
                [(made.response_id, key, at) for at, key in enumerate(made.attribute_ids)],
            )
            conn.executemany(
                'INSERT OR IGNORE INTO response_mentions (response_id, attribute_id, start, "end",'
                " how, score) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (made.response_id, one.attribute_id, one.start, one.end, one.how, one.score)
                    for one in made.mentions
                ],
            )
    return made


@guarded
def get(store: Store, response_id: str) -> Response:
    """One answer.

    :raises NotFoundError: there is none with this id.
    """
    found = _read(store, [response_id])
    if response_id not in found:
        raise NotFoundError(f"There is no answer {response_id!a}.")
    return found[response_id]


def _read(store: Store, ids: Sequence[str]) -> dict[str, Response]:
    chosen = "response_id IN (SELECT value FROM json_each(?))"
    wanted = (id_list(ids),)
    attributes: dict[str, list[str]] = defaultdict(list)
    for response_id, attribute_id in store.conn.execute(
        "SELECT response_id, attribute_id FROM response_attributes"  # noqa: S608
        f" WHERE {chosen} ORDER BY response_id, ordinal",
        wanted,
    ):
        attributes[response_id].append(attribute_id)
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for response_id, *rest in store.conn.execute(
        'SELECT response_id, attribute_id, start, "end", how, score FROM response_mentions'  # noqa: S608
        f" WHERE {chosen} ORDER BY start, attribute_id",
        wanted,
    ):
        mentions[response_id].append(Mention(*rest))
    found: dict[str, Response] = {}
    for row in store.conn.execute(
        f"SELECT {_COLUMNS} FROM responses WHERE {chosen}",  # noqa: S608
        wanted,
    ):
        key, prompt, personalized, model, created, text, run_id, mention = row
        found[key] = Response(
            key,
            prompt,
            bool(personalized),
            model,
            from_db(created),
            text,
            run_id,
            tuple(attributes[key]),
            None if mention is None else bool(mention),
            tuple(mentions[key]),
        )
    return found


@guarded
def add_pair(
    store: Store,
    prompt_id: str,
    generic: Response,
    personalized: Response,
    *,
    arm: Arm,
    shown_left: Side,
    sampling: Sampling = "random",
    inclusion_prob: float | None = 1.0,
) -> ResponsePair:
    """Add both answers and the pair that they make, all or nothing. An identical pair has the same
    answer on both sides.

    :raises NotFoundError: as :func:`add`.
    """
    same = generic is personalized or (
        bool(generic.response_id) and generic.response_id == personalized.response_id
    )
    with store.write() as conn:
        first = add(store, generic)
        second = first if same else add(store, personalized)
        made = ResponsePair(
            new_id(), prompt_id, first, second, arm, shown_left, utc_now(), sampling,
            inclusion_prob,
        )  # fmt: skip
        conn.execute(
            "INSERT INTO response_pairs (pair_id, prompt_id, generic_id, personalized_id,"
            " created_at, arm, shown_left, sampling, inclusion_prob)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (made.pair_id, prompt_id, first.response_id, second.response_id,
             to_db(made.created_at), arm, shown_left, sampling, inclusion_prob),
        )  # fmt: skip
    return made


@guarded
def pairs(store: Store, *, judged: bool | None = None) -> list[ResponsePair]:
    """Pairs, the oldest first: all, or only those that are (not) judged. *Cannot judge* is a
    judgment."""
    rows = store.conn.execute(
        """SELECT pair_id, prompt_id, generic_id, personalized_id, arm, shown_left, created_at,
        sampling, inclusion_prob FROM response_pairs p
        WHERE ?1 IS NULL OR ?1 = EXISTS (SELECT 1 FROM response_in_force j
            WHERE j.pair_id = p.pair_id) ORDER BY pair_id""",
        (judged,),
    ).fetchall()
    return _pairs(store, rows)


@guarded
def get_pair(store: Store, pair_id: str) -> ResponsePair:
    """One pair.

    :raises NotFoundError: there is none with this id.
    """
    rows = store.conn.execute(
        """SELECT pair_id, prompt_id, generic_id, personalized_id, arm, shown_left, created_at,
        sampling, inclusion_prob FROM response_pairs WHERE pair_id = ?""",
        (pair_id,),
    ).fetchall()
    if not rows:
        raise NotFoundError(f"There is no pair of answers {pair_id!a}.")
    return _pairs(store, rows)[0]


def _pairs(store: Store, rows: Sequence[Sequence[Any]]) -> list[ResponsePair]:
    answers = _read(store, [row[i] for row in rows for i in (2, 3)])
    return [
        ResponsePair(
            pair, prompt, answers[generic], answers[personalized], arm, left, from_db(created),
            sampling, probability,
        )
        for pair, prompt, generic, personalized, arm, left, created, sampling, probability in rows
    ]  # fmt: skip
