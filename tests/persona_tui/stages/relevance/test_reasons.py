"""Reasons are true of what the person said, and there is always one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_tui.stages.relevance.reasons import (
    GENERIC,
    MOST,
    Judged,
    Past,
    Reason,
    reasons,
)

DIET, COOK = "The user eats no meat.", "What shall I cook tonight?"


def unit(*values: float) -> np.ndarray:
    row = np.array(values, dtype=np.float32)
    return row / np.linalg.norm(row)


def past(rows: list[Judged]) -> Past:
    """Every prompt and every attribute alike."""
    same = np.tile(unit(1, 0), (len(rows), 1))
    return Past(rows, same, same)


def words(found: tuple[Reason, ...]) -> str:
    return " | ".join(one.words for one in found)


def test_a_shared_word_is_quoted() -> None:
    (why, *_) = reasons("Shoes for a nurse?", "The user is a nurse.", "a", 0.1)
    assert (why.code, why.words) == ("shared_words", "it shares “nurse” with what you wrote")


def test_other_prompts_are_counted_and_this_one_is_not() -> None:
    rows = [
        Judged(COOK, DIET, "diet", True),
        Judged("A dinner for six?", DIET, "diet", True),
        Judged("Lunch at work?", DIET, "diet", True),
        Judged("How far is the moon?", DIET, "diet", False),
    ]
    found = reasons(COOK, DIET, "diet", 0.0, past(rows), None, 0.7)
    assert "you said yes to it for 2 of 3 other prompts" in words(found)


def test_a_no_is_no_reason() -> None:
    rows = [Judged("Lunch at work?", DIET, "diet", False)]
    found = reasons(COOK, DIET, "diet", 0.0, past(rows), (unit(1, 0), unit(1, 0)), 0.7)
    assert "yes to" not in words(found)


def test_similar_ones_are_quoted() -> None:
    rows = [Judged("What is for lunch?", "The user is vegan.", "vegan", True)]
    found = reasons(COOK, DIET, "diet", 0.0, past(rows), (unit(1, 0), unit(1, 0)), 0.7)
    assert "you said yes to similar ones: “The user is vegan.” for “What is for lunch?”" in words(
        found
    )
    far = reasons(COOK, DIET, "diet", 0.0, past(rows), (unit(0, 1), unit(0, 1)), 0.7)
    assert "similar" not in [one.code for one in far]


def test_a_habit_needs_a_majority_of_at_least_three() -> None:
    meals = ["What is for lunch?", "A dinner for six?", "A recipe with rice?"]
    rows = [Judged(text, "The user is vegan.", "vegan", True) for text in meals]
    found = reasons(
        "Cook what tonight?", "The user bakes bread.", "bread", 0.0, past(rows), None, 0.5
    )
    assert "you mostly want what is about food used for prompts about food (3 of 3)" in words(found)
    few = reasons(
        "Cook what tonight?", "The user bakes bread.", "b", 0.0, past(rows[:2]), None, 0.5
    )
    assert "mostly" not in words(few)


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=40), st.text(max_size=40), st.floats(-1, 1), st.none() | st.floats(0, 1),
    st.lists(
        st.builds(Judged, st.text(max_size=20), st.text(max_size=20), st.text(max_size=3),
                  st.booleans()),
        max_size=4,
    ),
)  # fmt: skip
def test_there_is_always_a_reason_in_one_line(
    prompt: str, attribute: str, cosine: float, probability: float | None, rows: list[Judged]
) -> None:
    found = reasons(
        prompt, attribute, "a", cosine, past(rows), (unit(1, 0), unit(1, 0)), probability
    )
    assert 1 <= len(found) <= MOST
    assert all(one.code in GENERIC for one in found)
    if not any(one.relevant for one in rows):
        assert "yes to" not in words(found)
