"""Embeddings are computed once, over runs too, and forgotten with what they are of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.embeddings import HashedEmbedder
from models.protocol import Embeddings
from persona_tui.db import StoreThread
from persona_tui.jobs.learning import vectors
from persona_tui.jobs.learning.vectors import Vectors
from persona_tui.paths import Paths
from store import conversations, forgetting
from store.db import Store


class Counting(HashedEmbedder):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.asked += texts
        return await super().embed(texts)


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def test_each_text_is_embedded_once_over_all_runs(db: StoreThread) -> None:
    counting = Counting()
    embed = await Vectors.open(db, counting)
    first = await embed(["tea", "sea", "tea", "\ud800"])
    assert counting.asked == ["tea", "sea", "\ud800"]
    again = await (await Vectors.open(db, counting))(["sea", "new", "tea"])
    assert counting.asked[3:] == ["new"]
    assert again.dtype == np.float32
    assert np.array_equal(again[[2, 0]], first[:2])
    assert np.array_equal(first[0], first[2])
    expected = (await HashedEmbedder().embed(["tea", "sea"])).vectors
    assert np.array_equal(first[:2], expected)
    assert len(await embed([])) == 0


async def test_layers_are_kept_beside_the_vectors(db: StoreThread) -> None:
    class Deep(Counting):
        LAYERS = 2

        async def layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.asked.extend(f"layers of {one}" for one in texts)
            last = (await HashedEmbedder().embed(texts)).vectors
            return np.stack([3 * last, -last], axis=1)

    deep = Deep()
    embed = await Vectors.open(db, deep)
    last = await embed(["tea", "sea"])
    found = await (await Vectors.open(db, deep)).layers(["sea", "tea", "sea"])
    assert found.shape == (3, 2, last.shape[1])
    assert np.array_equal(found[:, 1], -last[[1, 0, 1]])
    assert np.array_equal(await embed.layers(["sea"]), found[:1])
    assert deep.asked == ["tea", "sea", "layers of sea", "layers of tea"]
    assert (await embed.layers([])).shape == (0, 2, 0)
    plain = await Vectors.open(db, HashedEmbedder())
    assert np.array_equal(await plain.layers(["tea"]), last[:1, None, :])


async def test_another_model_has_vectors_of_its_own(db: StoreThread) -> None:
    class Other(Counting):
        def describe(self):  # type: ignore[no-untyped-def]
            return replace(super().describe(), name="another")

    await (await Vectors.open(db, Counting()))(["tea"])
    other = Other()
    await (await Vectors.open(db, other))(["tea"])
    assert other.asked == ["tea"]


@pytest.mark.parametrize(
    "damage", [b"", b"abc", b"\x00\x00\xc0\x7f" * 1025, b"\x00" * 8, b"\x00" * 4100]
)
async def test_a_damaged_row_is_computed_again_and_repaired(db: StoreThread, damage: bytes) -> None:
    counting = Counting()
    await (await Vectors.open(db, counting))(["tea"])

    def spoil(store: Store) -> None:
        store.conn.execute("UPDATE vector_cache SET vector = ?", (damage,))

    await db.run(spoil)
    for _ in range(2):
        found = await (await Vectors.open(db, counting))(["tea", "sea"])
        assert np.array_equal(found, (await HashedEmbedder().embed(["tea", "sea"])).vectors)
    assert counting.asked == ["tea", "tea", "sea"]


async def test_rows_of_another_size_are_written_over(db: StoreThread) -> None:
    """A model that was exchanged under its name."""

    class Short(Counting):
        async def embed(self, texts: Sequence[str]) -> Embeddings:
            made = await super().embed(texts)
            return replace(made, vectors=made.vectors[:, :8])

    await (await Vectors.open(db, Short()))(["tea"])
    counting = Counting()
    for _ in range(2):
        found = await (await Vectors.open(db, counting))(["tea", "sea"])
        assert np.array_equal(found, (await HashedEmbedder().embed(["tea", "sea"])).vectors)
    assert counting.asked == ["sea", "tea", "sea"]


async def test_memory_is_bounded_in_bytes(db: StoreThread, monkeypatch: pytest.MonkeyPatch) -> None:
    embed = await Vectors.open(db, Counting())
    one = (await embed(["a"]))[0].nbytes
    monkeypatch.setattr(vectors, "MOST_IN_MEMORY", 3 * one)
    for text in "bcaade":
        await embed([text])
        assert embed._bytes == one * len(embed._memory) <= 3 * one
    assert list(embed._memory) == [embed.key("d"), embed.key("e")]


async def test_nothing_is_kept_of_what_was_forgotten_meanwhile(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "MOST_IN_MEMORY", 1)
    embed = await Vectors.open(db, Counting())

    def forget(store: Store) -> None:
        made = conversations.create(store, title="A chat")
        forgetting.forget_conversation(store, made.conversation_id)

    await db.run(forget)
    await embed(["tea", "sea"])
    kept = await db.run(
        lambda store: store.conn.execute("SELECT count(*) FROM vector_cache").fetchone()
    )
    assert kept == (0,)
