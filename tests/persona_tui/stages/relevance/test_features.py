"""Features of prompt × attribute, and the rule before anything was learned: any text, known cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_tui.stages.relevance import features, personal
from persona_tui.stages.relevance.features import (
    IMPORTANCE,
    NAMES,
    Pair,
    prompt_type,
    scalars,
    shared_words,
)

TEXT = st.text(max_size=60)
PAIR = st.builds(
    Pair,
    TEXT,
    TEXT,
    st.none() | st.floats(0, 1),
    st.none() | st.floats(allow_nan=True, allow_infinity=True),
)


def column(rows: np.ndarray, name: str) -> list[float]:
    return [float(one) for one in rows[:, NAMES.index(name)]]


@settings(max_examples=40, deadline=None)
@given(st.lists(PAIR, max_size=4))
def test_any_text_has_features(pairs: list[Pair]) -> None:
    rows = scalars(pairs, [0.1] * len(pairs))
    assert rows.shape == (len(pairs), len(NAMES))
    unknown = ("model_log_odds", "confidence", "model_log_odds_in_the_list")
    known = [name not in unknown for name in NAMES]
    assert np.isfinite(rows[:, known]).all()
    assert not np.isinf(rows).any()


def test_what_is_known_of_a_pair() -> None:
    nurse = "The user works night shifts as a nurse."
    pairs = [
        Pair("How do nurses sleep after a night shift?", nurse, 0.9, 0.5),
        Pair("What shall I cook tonight?", "The user is vegetarian.", None, 1.0),
        Pair("What shall I cook tonight?", nurse),
    ]
    rows = scalars(pairs, [0.6, 0.3, 0.0])
    assert column(rows, "cosine") == [0.6, 0.3, 0.0]
    assert column(rows, "bm25")[0] > 0.0 == column(rows, "bm25")[2]
    assert column(rows, "shared_words") == [3.0, 0.0, 0.0]
    log_odds = column(rows, "model_log_odds")
    assert log_odds[:2] == [0.0, 12.0]
    assert math.isnan(log_odds[2])
    assert column(rows, "confidence")[0] == 0.9
    assert math.isnan(column(rows, "confidence")[1])
    assert column(rows, "same_category") == [1.0, 1.0, 0.0]
    assert column(rows, "attribute:work") == [1.0, 0.0, 1.0]
    assert column(rows, "prompt:question")[0] == 1.0
    assert column(rows, "first_person") == [0.0, 1.0, 1.0]


def test_what_stands_out_in_a_list() -> None:
    pairs = [
        Pair("cook", "a", None, 0.2),
        Pair("cook", "b", None, 0.2),
        Pair("cook", "c"),
        Pair("cook", "d", beside="somebody else"),
        Pair("work", "a", None, 0.9),
    ]
    rows = scalars(pairs, [0.1, 0.3, 0.2, 0.9, 0.5])
    cosine = column(rows, "cosine_in_the_list")
    assert cosine == pytest.approx([-(1.5**0.5), 1.5**0.5, 0.0, 0.0, 0.0])
    odds = column(rows, "model_log_odds_in_the_list")
    assert [odds[0], odds[1], odds[4]] == [0.0, 0.0, 0.0]
    assert math.isnan(odds[2])
    assert math.isnan(odds[3])
    assert len(IMPORTANCE) == len(NAMES)


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("How far away is the moon?", "question"),
        ("Recommend a book for the train", "advice"),
        ("Was soll ich heute kochen? Hast du Tipps?", "advice"),
        ("Write a birthday letter to my aunt", "writing"),
        ("Explain inflation", "request"),
        ("Why does this raise?\n```\nprint(1\n```", "code"),
        ("I had a long day.", "statement"),
        ("", "statement"),
    ],
)
def test_kinds_of_prompts(prompt: str, kind: str) -> None:
    assert prompt_type(prompt) == kind


def test_shared_words_are_those_that_say_something() -> None:
    assert shared_words("What should the user cook?", "The user should cook.") == ["cook"]
    assert shared_words("vegetarian recipes", "The user is vegetarian.") == ["vegetarian"]
    assert shared_words("Give me tips", "The user gives tips to others.") == []


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_a_shared_word_stands_in_the_attribute(prompt: str, attribute: str) -> None:
    for word in shared_words(prompt, attribute):
        assert word in attribute


SCORES = st.lists(st.floats(allow_nan=True), max_size=8)


@given(SCORES, st.floats(-1, 1), st.dictionaries(st.integers(0, 7).map(str), st.booleans()))
def test_what_the_person_said_goes_before_any_score(
    scores: list[float], threshold: float, said: dict[str, bool]
) -> None:
    keys = [str(at) for at in range(len(scores))]
    found = personal.picked(scores, threshold, keys, said, most=8)
    assert set(found) == {
        at for at, key in enumerate(keys) if (said[key] if key in said else scores[at] >= threshold)
    }
    assert len(personal.picked(scores, threshold, keys, said, most=2)) <= 2


def test_the_highest_come_first() -> None:
    assert personal.picked([0.2, 0.9, 0.5, 0.1], 0.2, list("abcd"), {"d": True}, 3) == [3, 1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_can_be_said(name: str) -> None:
    for value in (-1.0, 1.0):
        words = features.weight_words(name, value)
        assert words.startswith("You ")
        assert words.endswith(".")
        assert ":" not in words
        assert "_" not in words
