"""Sentence embeddings: the real MiniLM weights, and the lexical fallback that says what it is."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import embeddings
from models.embeddings import (
    HASHED_NOTE,
    HashedEmbedder,
    MiniLmEmbedder,
    default_embedder,
)
from models.errors import ModelError

MINILM = MiniLmEmbedder()
ANY_TEXT = st.text(st.characters(), max_size=80)


async def test_meaning_not_spelling() -> None:
    """Paraphrases are nearer than sentences that share words; rows are unit vectors, in order."""
    result = await MINILM.embed(
        ["The user works as a nurse.", "Hospital nursing is their job.", "The user works on a car."]
    )
    similar = result.vectors @ result.vectors.T
    assert similar[0, 1] > similar[0, 2]
    assert result.vectors.shape == (3, embeddings.DIMENSIONS)
    assert np.allclose(np.linalg.norm(result.vectors, axis=1), 1, atol=1e-5)
    assert result.provenance.note is None


async def test_batches_change_nothing() -> None:
    """A text's vector does not depend on its company (more texts than one batch, mixed lengths)."""
    texts = [("word " * (i % 37 + 1)) + str(i) for i in range(embeddings.BATCH + 9)]
    together = (await MINILM.embed(texts)).vectors
    alone = np.vstack([(await MINILM.embed([text])).vectors for text in texts[:9]])
    assert np.min((together[:9] * alone).sum(axis=1)) > 0.999


async def test_layers_end_with_the_sentence_embedding() -> None:
    texts = ["The user keeps bees.", "honey " * 400, "", "\ud800"]
    states = await MINILM.layers(texts)
    assert states.shape == (4, MINILM.LAYERS, 384)
    last = states[:, 0] / np.linalg.norm(states[:, 0], axis=1, keepdims=True)
    assert np.allclose(last, (await MINILM.embed(texts)).vectors, atol=1e-5)
    third, fifth = states[:, 1], states[:, 2]
    assert not np.allclose(third, fifth, atol=0.1)
    assert (await MINILM.layers([])).shape == (0, MINILM.LAYERS, 384)


async def test_cutting_is_said() -> None:
    result = await MINILM.embed(["short", "word " * 1000, "x" * 10_000_000])
    assert result.provenance.note == "2 of 3 texts were cut at 256 tokens"


@pytest.mark.parametrize("embedder", [MINILM, HashedEmbedder()], ids=["minilm", "hashed"])
async def test_nothing_in_nothing_out(embedder: MiniLmEmbedder | HashedEmbedder) -> None:
    assert (await embedder.embed([])).vectors.shape[0] == 0
    assert np.allclose(np.linalg.norm((await embedder.embed([""])).vectors, axis=1), 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY_TEXT, max_size=3))
def test_any_text_has_a_unit_vector(texts: list[str]) -> None:
    """Control characters, lone surrogates, any script."""
    for embedder in (MINILM, HashedEmbedder()):
        vectors = asyncio.run(embedder.embed(texts)).vectors
        assert vectors.shape[0] == len(texts)
        assert np.isfinite(vectors).all()
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


async def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "model.onnx"
    fake.write_bytes(b"not the model")
    monkeypatch.setattr(embeddings, "_model_file", lambda: fake)
    with pytest.raises(ModelError, match="checksum differs"):
        await MiniLmEmbedder().embed(["x"])


async def test_fallback_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else real(name)
    )
    embedder = default_embedder()
    assert isinstance(embedder, HashedEmbedder)
    assert embeddings.missing_packages() == ("onnxruntime",)
    assert embedder.describe().backend == "lexical"
    result = await embedder.embed(["The user is a nurse", "The user is a nurse.", "Er mag Kaffee"])
    assert result.provenance.note == HASHED_NOTE
    assert result.vectors[0] @ result.vectors[1] > 0.8 > result.vectors[0] @ result.vectors[2]
