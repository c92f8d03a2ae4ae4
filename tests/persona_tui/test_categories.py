"""How often the category is right, on attributes that it was made with and on others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.categories import category
from persona_tui.donation.vocabularies import CATEGORIES
from tests.persona_tui.donation.category_labels import SEEN, UNSEEN


def _share(labels: dict[str, tuple[str, ...]]) -> tuple[float, int]:
    pairs = [(wanted, text) for wanted, texts in labels.items() for text in texts]
    return sum(category(text) == wanted for wanted, text in pairs) / len(pairs), len(pairs)


@pytest.mark.parametrize("labels", [SEEN, UNSEEN], ids=["seen", "unseen"])
def test_most_categories_are_right(labels: dict[str, tuple[str, ...]]) -> None:
    right, n = _share(labels)
    assert set(labels) == set(CATEGORIES)
    assert n >= 75
    assert right >= 0.9


def test_a_category_that_is_known_is_kept() -> None:
    assert category("The user has a dog.", "money") == "money"
    assert category("The user has a dog.", "Marlene's own") == "possessions_pets"


def test_nothing_speaks_for_any() -> None:
    assert category("") == "other"
    assert category("The user qzx.") == "other"


@given(st.text())
def test_only_categories_come_out(text: str) -> None:
    assert category(text, text) in CATEGORIES
