"""The whole: any text, exact places, and nothing found twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from persona_tui.donation.redaction import Known, Placeholders, Redactor, diff
from persona_tui.donation.redaction.redactor import PLACEHOLDER

REDACTOR = Redactor([Known("NAME", "Mira Kovač"), Known("SECRET", "Tr0ub4dor-Zebra")], ner=False)
PIECES = [
    "Mira Kovač", "My name is ", "ines@pond.example.org", "[NAME_1]", "[SECRET_12]", "4111 1111 1111 1111", "\u200b", "\u0301",
    "my password is ", "@ines_x", "/home/ines/", "https://", "\n", " ", "42 years old", "%40", "aW5lc0Bwb25kLmV4YW1wbGUub3Jn",
    "６４", "\ud800", "𝓜", "Dear ", "12 rue de la ", "+386 1 234 56 78", "-----BEGIN PRIVATE " + "KEY-----", "Tr0ub4dor-Ze\nbra",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
)


@given(TEXTS)
@settings(deadline=None)
def test_any_text_is_read_and_places_are_exact(text: str) -> None:
    found = REDACTOR.find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    pieces = diff(text, found, Placeholders())
    assert "".join(piece for change, piece in pieces if change != "added") == text
    assert "".join(piece for change, piece in pieces if change != "removed") == Placeholders().text(
        text, found
    )


@given(TEXTS)
@settings(deadline=None)
def test_placeholders_are_never_searched(text: str) -> None:
    once = Placeholders().text(text, REDACTOR.find(text))
    spans = [match.span() for match in PLACEHOLDER.finditer(once)]
    for one in REDACTOR.find(once):
        assert all(one.end <= start or end <= one.start for start, end in spans)


def test_redacting_again_changes_nothing() -> None:
    text = "I'm Mira Kovač, ines@pond.example.org, +386 1 234 56 78. My password is Zebra-77!"
    once = Placeholders().text(text, REDACTOR.find(text))
    assert once == "I'm [NAME_1], [EMAIL_1], [PHONE_1]. My password is [SECRET_1]"
    assert REDACTOR.find(once) == []


def test_a_secret_written_letter_by_letter_goes() -> None:
    text = "i n e s @ p o n d . o r g"
    assert [one.kind for one in REDACTOR.find(text)] == ["EMAIL"]
