"""The worker's parts that need no model: frames, sizes, scores."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring import normalise
from models.sizing import Shape, batch_tokens, context_tokens, default_threads
from models.wire import pack, read_frame, write_frame

SMALL = Shape(30, 576, 1536, 3, 64, 64, trained_context=8192)  # SmolLM2-135M
LARGE = Shape(32, 4096, 14336, 8, 128, 128, trained_context=131072)  # Llama-3-8B
GIB = 1 << 30


@given(st.dictionaries(st.text(st.characters(codec=None)), st.text(st.characters(codec=None))))
def test_frames_survive_the_pipe_whatever_is_in_them(frame: dict[str, str]) -> None:
    reading, writing = os.pipe()
    try:
        write_frame(writing, frame)
        assert read_frame(reading) == frame
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("kept", [0, 2, 6])
def test_a_pipe_that_ends_is_the_end(kept: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, pack({"a": 1})[:kept])
    os.close(writing)
    assert read_frame(reading) is None
    os.close(reading)


def test_the_context_follows_training_memory_and_wish() -> None:
    assert context_tokens(SMALL, None, 16 * GIB) == 8192
    assert context_tokens(LARGE, None, 64 * GIB) == 8192
    assert context_tokens(LARGE, None, 2 * GIB) == 4096  # 128 KiB a token, a quarter of 2 GiB
    assert context_tokens(LARGE, None, 0) == 512
    assert context_tokens(LARGE, 20_000, GIB) == 20_000
    assert context_tokens(SMALL, 20_000, 16 * GIB) == 8192
    assert context_tokens(replace(SMALL, trained_context=256), None, GIB) == 256


def test_batches_shrink_as_models_grow() -> None:
    assert batch_tokens(SMALL, 2) == 256
    assert batch_tokens(LARGE, 2) == 32
    assert batch_tokens(LARGE, 32) == 256
    assert 1 <= default_threads() <= (os.cpu_count() or 1)


@given(st.lists(st.floats(max_value=0, min_value=-1e6) | st.just(-math.inf), min_size=1))
def test_normalised_scores_sum_to_one(scores: list[float]) -> None:
    logprobs, mass = normalise(scores)
    assert sum(map(math.exp, logprobs)) == pytest.approx(1)
    assert 0 <= mass <= 1
