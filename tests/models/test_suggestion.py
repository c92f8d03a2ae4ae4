"""The download to begin with: fits, not too large for the cores, answers at once."""

from __future__ import annotations

import pytest

from models.catalogue import Memory, by_fit
from models.recommended import RECOMMENDED
from models.suggestion import most_parameters_b, reason, suggested

GB = 1_000_000_000
PLENTY = Memory(64 * GB, 60 * GB)


@pytest.mark.parametrize(
    ("cores", "gpu", "most"),
    [(1, False, 1.0), (2, False, 2.0), (4, False, 4.0), (64, False, 4.0), (2, True, 8.0)],
)
def test_cores_decide_where_no_gpu_does(cores: int, gpu: bool, most: float) -> None:
    assert most_parameters_b(cores, gpu) == most
    assert f"up to {most:g} billion" in reason(cores, gpu)


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 16])
def test_the_largest_allowed_that_answers_at_once(cores: int) -> None:
    most = most_parameters_b(cores, gpu=False)
    found = suggested(by_fit(PLENTY), most)
    assert found is not None
    assert not found.thinks
    size = found.parameters_b or 0
    others = [one.parameters_b or 0 for one in RECOMMENDED if not one.thinks]
    assert size == max(b for b in others if b <= most + 0.1)


def test_a_model_called_4b_counts_as_4b() -> None:
    found = suggested(by_fit(PLENTY), 4.0)
    assert found is not None
    assert found.id == "qwen3-4b"


def test_memory_comes_first_and_nothing_is_an_answer() -> None:
    small = Memory(4 * GB, 2 * GB)
    found = suggested(by_fit(small), 4.0)
    assert found is not None
    assert found.id == "gemma-3-1b"
    assert suggested(by_fit(Memory(GB, GB // 10)), 4.0) is None


def test_thinking_is_told_in_the_note_too() -> None:
    for one in RECOMMENDED:
        assert one.thinks == ("think" in one.note and "without thinking" not in one.note)
