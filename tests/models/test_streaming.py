"""Streamed text: whole characters only, stop strings over piece borders."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from models.streaming import AnswerText


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[left:right] for left, right in pairwise(edges)]


@given(st.text(), st.lists(st.integers(min_value=0)))
def test_text_arrives_whole_wherever_it_is_cut(text: str, places: list[int]) -> None:
    text = text.encode("utf-8", "replace").decode()
    answer = AnswerText()
    parts = [answer.feed(piece) for piece in cut(text.encode(), places)]
    assert "".join(parts) + answer.finish() == text
    assert "\ufffd" not in "".join(parts) or "\ufffd" in text


@given(
    st.text(alphabet="ab\n#é"),
    st.text(alphabet="ab\n#", min_size=1, max_size=4),
    st.lists(st.integers(min_value=0)),
)
def test_a_stop_string_is_found_over_borders(text: str, stop: str, places: list[int]) -> None:
    answer = AnswerText([stop])
    got = "".join(answer.feed(piece) for piece in cut(text.encode(), places))
    if stop in text:
        assert answer.stopped
        assert got == text[: text.index(stop)]
    else:
        assert not answer.stopped
        assert got + answer.finish() == text


def test_an_unfinished_character_at_the_end_is_dropped() -> None:
    answer = AnswerText()
    assert answer.feed("né".encode()[:2]) + answer.finish() == "n"


@given(st.text(max_size=30), st.text(max_size=30), st.lists(st.integers(min_value=0)))
def test_thoughts_are_left_out_wherever_they_are_cut(
    thought: str, said: str, places: list[int]
) -> None:
    thought = thought.encode("utf-8", "replace").decode().replace("</think>", "")
    said = said.encode("utf-8", "replace").decode().lstrip()
    assume(not said.startswith("<"))
    answer = AnswerText()
    whole = f"<think>{thought}</think>\n\n{said}"
    parts = [answer.feed(piece) for piece in cut(whole.encode(), places)]
    assert "".join(parts) + answer.finish() == said
    assert answer.thoughts.met


def test_a_stop_string_does_not_end_thoughts_and_tags_in_an_answer_are_text() -> None:
    answer = AnswerText(["\n"])
    pieces = (b"<think>a\nb", b"</think>\n", b"Write <think>x</think>", b"\nno")
    assert "".join(map(answer.feed, pieces)) == "Write <think>x</think>"
    assert answer.stopped


def test_thoughts_without_an_end_are_no_answer() -> None:
    answer = AnswerText()
    assert answer.feed(b"<think>still at it, </thi") + answer.finish() == ""
    assert answer.thoughts.met
