"""What need not be computed again: kept by hash, bounded, and gone with anything that is forgotten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from store import caches, forgetting
from store.db import Store, open_store
from tests.store.conftest import say
from tests.store.test_forgetting import bytes_of


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_what_was_kept_is_found_after_a_restart(database: Path) -> None:
    rows: dict[str, caches.Scores] = {
        key_of(1): ((-0.1234567890123456, -2.5), 0.75),
        key_of(2): ((-0.5,), None),
    }
    with open_store(database) as store:
        begun = caches.generation(store)
        caches.keep_choices(store, rows, begun)
        caches.keep_vectors(store, {key_of(3): b"\x00\x01"}, begun)
    with open_store(database) as store:
        assert caches.generation(store) == begun
        assert caches.choices(store, [key_of(n) for n in range(5)]) == rows
        assert caches.vectors(store, [key_of(n) for n in range(5)]) == {key_of(3): b"\x00\x01"}
        caches.keep_choices(store, {key_of(2): ((-1.0,), 0.5)}, begun)
        assert caches.choices(store, [key_of(2)]) == {key_of(2): ((-1.0,), 0.5)}


@pytest.mark.parametrize("table", ["choice_cache", "vector_cache"])
def test_the_oldest_go_where_there_are_too_many(store: Store, table: str) -> None:
    begun = caches.generation(store)
    for block in range(30):
        keys = [key_of(100 * block + n) for n in range(100)]
        if table == "choice_cache":
            caches.keep_choices(store, dict.fromkeys(keys, ((0.0,), 1.0)), begun, most=2000)
        else:
            caches.keep_vectors(store, dict.fromkeys(keys, b"v"), begun, most=2000)
    (count,) = store.conn.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert 1500 <= count <= 2500
    kept = {row[0] for row in store.conn.execute(f"SELECT key FROM {table}")}
    assert kept == {key_of(n) for n in range(3000 - count, 3000)}


def test_forgetting_anything_empties_both_to_the_last_byte(store: Store, database: Path) -> None:
    message = say(store, "I keep bees.")
    begun = caches.generation(store)
    caches.keep_choices(store, {key_of(1): ((-0.25,), 1.0)}, begun)
    caches.keep_vectors(store, {key_of(2): b"a vector of many numbers"}, begun)
    assert key_of(1).encode() in bytes_of(database)
    forgetting.forget_conversation(store, message.conversation_id)
    for trace in (key_of(1).encode(), key_of(2).encode(), b"a vector of many numbers"):
        assert trace not in bytes_of(database)


def test_what_was_asked_before_forgetting_is_not_kept_after_it(store: Store) -> None:
    message = say(store, "I keep bees.")
    begun = caches.generation(store)
    forgetting.forget_conversation(store, message.conversation_id)
    caches.keep_choices(store, {key_of(1): ((-0.25,), 1.0)}, begun)
    caches.keep_vectors(store, {key_of(2): b"v"}, begun)
    assert caches.choices(store, [key_of(1)]) == {}
    assert caches.vectors(store, [key_of(2)]) == {}
    again = caches.generation(store)
    assert again != begun
    caches.keep_choices(store, {key_of(1): ((-0.25,), 1.0)}, again)
    assert caches.choices(store, [key_of(1)])


@pytest.mark.parametrize(
    "text", ["x", "[]", "{}", "[1, 2]", '[["a"], 1]', "[[null], 1]", "[" * 9999]
)
def test_a_damaged_row_is_as_none(store: Store, text: str) -> None:
    caches.keep_choices(store, {key_of(1): ((-0.25,), 1.0)}, caches.generation(store))
    with store.write() as conn:
        conn.execute("INSERT INTO choice_cache VALUES (?, ?, '')", (key_of(2), text))
    assert caches.choices(store, [key_of(1), key_of(2)]) == {key_of(1): ((-0.25,), 1.0)}
