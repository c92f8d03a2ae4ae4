"""A text as it is read, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.donation.redaction.decoding import unescaped
from persona_tui.donation.redaction.folding import fold


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ko\u200bva\u00adč", "Kovac"),
        ("ＡＢＣ１２３＠", "ABC123@"),
        ("Міrа", "Mira"),
        ("Μira", "Mira"),
        ("𝓜𝓲𝓻𝓪", "Mira"),
        ("ｅ\u0301ǻ", "ea"),
        ("Łódź straße œuvre", "Lodz strasse oeuvre"),
        ("٤٢ and ४२", "42 and 42"),
        ("a\u2011b\u00a0c\u2019d", "a-b c'd"),
        ("がです", "がです"),
        ("한국", "한국"),
    ],
)
def test_it_is_read_as_it_looks(written: str, read: str) -> None:
    assert fold(written).text == read


def test_a_mark_goes_with_its_letter() -> None:
    view = fold("xe\u0301\u200by")
    assert view.text == "xey"
    assert view.span(1, 2) == (1, 4)


@given(st.text(max_size=60))
def test_every_place_leads_back(text: str) -> None:
    view = fold(text)
    assert len(view.text) == len(view.at)
    assert list(view.at) == sorted(view.at)
    for index in range(len(view.text)):
        start, end = view.span(index, index + 1)
        assert 0 <= start < end <= len(text)
    assert fold(view.text).text == view.text


@given(st.text(max_size=60))
def test_escapes_lead_back_too(text: str) -> None:
    view = unescaped(text)
    if view is None:
        return
    for index in range(len(view.text)):
        start, end = view.span(index, index + 1)
        assert 0 <= start < end <= len(text)


def test_an_escape_is_taken_whole() -> None:
    view = unescaped("a%C3%A9b")
    assert view is not None
    assert view.text == "aeb"
    assert view.span(1, 2) == (1, 7)
