"""Features of answers: a pair the other way around has the other sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_tui.stages.response.reward_features import NAMES, Told, difference, of_answer, told
from store.audit import Mention

TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\n-*#?!. `1)"), min_size=0, max_size=200
)
TOLD = st.builds(
    Told, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.floats(-1, 1, width=32)
)


def named(text: str, about: Told | None = None) -> dict[str, float]:
    return dict(zip(NAMES, of_answer(text, about or Told()).tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TOLD, TOLD)
def test_exchanging_the_answers_changes_the_sign_only(
    one: str, two: str, first: Told, second: Told
) -> None:
    a, b = of_answer(one, first, right=False), of_answer(two, second, right=True)
    assert np.isfinite(a).all()
    assert np.array_equal(difference(a, b), -difference(b, a))
    assert not difference(a, a).any()


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("length", "Short.", "Not quite as short as that."),
        ("headings", "Rice\n\nCook it.", "**Rice**\n\nCook it."),
        ("headings", "Rice is **good** for you.", "# Rice\n\nIt is good."),
        ("lists", "Eggs, flour, milk.", "- eggs\n- flour\n1. milk"),
        ("code", "Use print.", "Use this:\n\n```python\nprint(1)\n```"),
        ("questions", "Tell me more.", "What do you have?"),
        ("exclamations", "Well done.", "Well done!"),
        ("hedges", "This works.", "This might perhaps work."),
        ("you", "One cooks rice.", "You cook your rice."),
        ("you", "Man kocht Reis.", "Du kochst deinen Reis."),
        (
            "reading_ease",
            "Considerable institutional deliberation preceded.",
            "We had a long talk.",
        ),
    ],
)
def test_each_feature_grows_with_what_it_is_named_for(name: str, less: str, more: str) -> None:
    assert named(more)[name] > named(less)[name]


def test_code_is_not_taken_for_prose() -> None:
    code = "```\n# a comment, not a heading\n- x ? y ! z\n```"
    found = named(code)
    assert found["headings"] == found["lists"] == found["questions"] == 0
    assert found["code"] > 0


def test_what_an_answer_was_told() -> None:
    mentions = [Mention("a", 0, 3, "lexical", 1.0), Mention("a", 9, 12, "lexical", 0.6)]
    about = told(("a", "b"), mentions, 0.4)
    assert about == Told(2, 1, 2, 0.4)
    found, nothing = named("Rice.", about), named("Rice.")
    assert (found["personalized"], found["mention"], found["closeness"]) == (1.0, 1.0, 0.4)
    assert (nothing["personalized"], nothing["mention"], nothing["attributes"]) == (0.0, 0.0, 0.0)


def test_where_an_answer_stood_counts_only_if_it_stood_somewhere() -> None:
    side = NAMES.index("right")
    left, right = of_answer("A.", Told(), right=False), of_answer("A.", Told(), right=True)
    assert difference(left, right)[side] == 1.0
    assert of_answer("A.", Told())[side] == 0.0
