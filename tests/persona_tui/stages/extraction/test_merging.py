"""Merging: near-duplicates become one, opposites do not, and order does not matter."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from models.embeddings import MiniLmEmbedder
from models.protocol import Description, Embeddings, Provenance
from persona_tui.stages.extraction import ExtractionSettings, merge, merging
from store.records import Attribute
from tests.persona_tui.stages.extraction.helpers import NOW, candidate

MINILM = MiniLmEmbedder()
SETTINGS = ExtractionSettings()


class Vectors:
    """Random unit vectors in a few bundles, by text: a stand-in with much to merge."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        centres = rng.normal(size=(n // 5, 16))
        rows = centres[rng.integers(0, len(centres), n)] + 0.45 * rng.normal(size=(n, 16))
        self.rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def describe(self) -> Description:
        return Description("vectors", "lexical", "this machine", True, None)

    async def embed(self, texts: list[str]) -> Embeddings:
        picked = [int.from_bytes(text.encode()[-3:], "big") % len(self.rows) for text in texts]
        return Embeddings(self.rows[picked], Provenance("v", "lexical", "", {}))


async def groups(*texts: str) -> list[set[str]]:
    found = [candidate(text, i) for i, text in enumerate(texts)]
    by_id = {c.candidate_id: c.text for c in found}
    return [{by_id[i] for i in m.candidate_ids} for m in await merge(found, [], MINILM, SETTINGS)]


async def test_paraphrases_become_one() -> None:
    found = await groups(
        "The user works as a nurse.", "The user is a nurse.", "The user loves hiking."
    )
    assert {"The user loves hiking."} in found
    assert {"The user works as a nurse.", "The user is a nurse."} in found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The user likes coffee.", "The user doesn't like coffee."),
        ("The user has two dogs.", "The user has three dogs."),
        ("The user was a smoker.", "The user is a smoker."),
        ("The user is 34 years old.", "The user is 43 years old."),
        ("The user has a dog.", "The user has no dog."),
    ],
)
async def test_opposites_stay_apart(one: str, other: str) -> None:
    assert len(await groups(one, other)) == 2


async def test_existing_attributes_are_anchors() -> None:
    old = Attribute("a1", "The user is a nurse.", 0.5, "grounded", NOW, language="en")
    merged = await merge(
        [candidate("The user works as a nurse.", 1), candidate("The user loves hiking.", 2)],
        [old],
        MINILM,
        SETTINGS,
    )
    assert [(m.attribute_id, m.candidate_ids) for m in merged] == [
        ("a1", ("id-00001",)),
        (None, ("id-00002",)),
    ]


async def test_the_words_of_an_attribute_stay() -> None:
    first = candidate("The user is a nurse.", 7)
    old = Attribute("a1", first.text, 0.5, "grounded", NOW, sources=(first,))
    (merged,) = await merge(
        [candidate("The user works as a nurse.", 1, 1.0)], [old], MINILM, SETTINGS
    )
    assert merged.representative == first.candidate_id


async def test_order_does_not_matter() -> None:
    embedder = Vectors(200)
    found = [candidate(f"{i:03d}", i) for i in range(200)]
    outcomes = set()
    for seed in range(3):
        random.Random(seed).shuffle(found)
        merged = await merge(found, [], embedder, SETTINGS)  # type: ignore[arg-type]
        outcomes.add(frozenset((m.representative, frozenset(m.candidate_ids)) for m in merged))
        assert sorted(i for m in merged for i in m.candidate_ids) == sorted(
            c.candidate_id for c in found
        )
    assert len(outcomes) == 1


@pytest.mark.parametrize("method", ["average", "complete"])
def test_components_give_the_same_clusters_as_the_whole(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Block by block and component by component equals one big tree."""
    monkeypatch.setattr(merging, "BLOCK", 32)
    vectors = Vectors(150).rows
    chosen = ExtractionSettings(linkage=method)  # type: ignore[arg-type]
    keys: list[tuple[object, ...]] = [()] * len(vectors)
    ours = merging._clusters(range(len(vectors)), keys, vectors, chosen)
    distance = np.clip(1 - (vectors @ vectors.T).astype(float), 0, 2)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method=method)
    label = fcluster(tree, t=0.3 + 1e-6, criterion="distance")
    whole = {frozenset(np.flatnonzero(label == x).tolist()) for x in set(label)}
    assert {frozenset(rows) for rows in ours} == whole
    assert 1 < len(whole) < len(vectors)


def test_many_edges_do_not_need_much_memory() -> None:
    heads, tails = [np.array([0, 1, 4])], [np.array([1, 2, 5])]
    head, tail = merging._shrunk(heads, tails, 6)
    assert len(head[0]) == 6
    assert tail[0].tolist() == [0, 0, 0, 3, 4, 4]
