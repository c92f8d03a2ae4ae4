"""Text that is not ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.safe import counted, plain, shorten


def test_controls_become_visible_and_nothing_is_obeyed() -> None:
    assert plain("a\x1b[31mb\x00\x7f") == "a␛[31mb␀␡"
    assert plain("a\tb\r\nc\rd") == "a    b\nc\nd"
    assert plain("x\x9b31m") == "x\N{REPLACEMENT CHARACTER}31m"
    assert plain("lone \ud800 surrogate") == "lone \N{REPLACEMENT CHARACTER} surrogate"


def test_bidirectional_controls_go_and_right_to_left_letters_stay() -> None:
    assert plain("\u202eabc\u2066 שלום עולם مرحبا") == "abc שלום עולם مرحبا"


def test_joiners_stay_and_invisible_ones_go() -> None:
    family = "👩\u200d👩\u200d👧"
    assert plain(family) == family
    assert plain("a\u200bb\ufeff\U000e0041c") == "abc"


def test_shortening_counts_cells() -> None:
    assert shorten("日本語のテキスト", 7) == "日本語…"
    assert cell_len(shorten("日本語のテキスト", 7)) == 7
    assert shorten("short", 10) == "short"
    assert shorten("a\nb  c", 10) == "a b c"
    assert shorten("anything", 0) == ""


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_any_text_is_safe_and_fits(text: str, cells: int) -> None:
    safe = plain(text)
    assert not any(ord(c) < 0x20 and c != "\n" for c in safe)
    assert not any(0x7F <= ord(c) <= 0x9F for c in safe)
    safe.encode()
    assert plain(safe) == safe
    assert cell_len(shorten(text, cells)) <= cells


def test_counted() -> None:
    assert counted(1, "message") == "1 message"
    assert counted(1200, "message") == "1,200 messages"
