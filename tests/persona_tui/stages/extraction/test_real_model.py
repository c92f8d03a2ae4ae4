"""The starter model itself, through llama.cpp: a sentence in, an attribute with its words out."""

from __future__ import annotations

import pytest

from models.embeddings import MiniLmEmbedder
from models.llama import LlamaBackend
from models.starter import STARTER_NAME, starter_path
from persona_tui.stages.extraction import ExtractionSettings, extract
from tests.persona_tui.stages.extraction.helpers import conversation, message


@pytest.mark.model
async def test_the_starter_model_extracts() -> None:
    backend = LlamaBackend(starter_path(), name=STARTER_NAME, log_file=None, parameters_b=0.135)
    talk = [
        message("I'm a beginner at chess. Which opening is easy?"),
        message("Can you help me write a script to track my budget?", 1),
        message("I never drink coffee.", 2),
    ]
    settings = ExtractionSettings()
    try:
        stage = extract(conversation(), talk, talk, backend, MiniLmEmbedder(), settings)
        items = [item async for item in stage]
    finally:
        await backend.close()
    assert [len(item.candidates) for item in items] == [1, 0, 1]
    found = [c for item in items for c in item.candidates]
    assert [c.evidence[0].quote for c in found] == [
        "I'm a beginner at chess.",
        "I never drink coffee.",
    ]
    assert found[0].text == "The user is a beginner at chess."
    assert "never" in found[1].text or "not" in found[1].text or "n't" in found[1].text
    assert all(c.confidence >= settings.min_confidence for c in found)


@pytest.mark.model
async def test_the_starter_model_survives_holistic_extraction_in_a_small_context() -> None:
    """It cannot do it: whatever it writes, each message is read and every quote is the user's."""
    backend = LlamaBackend(
        starter_path(), name=STARTER_NAME, log_file=None, n_ctx=1024, parameters_b=0.135
    )
    talk = [message("I'm a beginner at chess."), message("word " * 1500, 1)]
    settings = ExtractionSettings(strategy="holistic")
    try:
        stage = extract(conversation(), talk, talk, backend, MiniLmEmbedder(), settings)
        items = [item async for item in stage]
    finally:
        await backend.close()
    assert [i for item in items for i in item.message_ids] == ["c-m0", "c-m1"]
    assert any(item.note for item in items)
    for e in (e for item in items for c in item.candidates for e in c.evidence):
        assert (
            next(m for m in talk if m.message_id == e.message_id).text[e.start : e.end] == e.quote
        )
