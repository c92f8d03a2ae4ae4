"""Spans: every one is exactly where it says it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.stages.extraction.locate import locate
from persona_tui.stages.extraction.segments import MAX_SENTENCE, sentence_spans
from persona_tui.stages.extraction.structure import analyse

TEXT = st.text(st.characters(), max_size=300) | st.lists(
    st.sampled_from(
        ["I am a nurse.", "\n", "\n\n", "```", "> quoted", '"', "“", "”", ":", "Translate this:", "é",
         "我是老师。", "- ", "1. ", " ", "Mr. Smith", "?", "「", "」", "\x00", "🙂", "you", "let's pretend"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(TEXT)
def test_spans_are_ordered_trimmed_and_inside(text: str) -> None:
    end = 0
    for span in sentence_spans(text):
        assert end <= span.start < span.end <= len(text)
        assert span.of(text) == span.of(text).strip()
        assert len(span.of(text)) <= MAX_SENTENCE
        end = span.end


@given(TEXT, st.booleans())
def test_any_message_can_be_taken_apart(text: str, in_role_play: bool) -> None:
    """Never raises; a sentence without quotes reads as it stands in the message."""
    for sentence in analyse(text, in_role_play=in_role_play).sentences:
        assert 0 <= sentence.start < sentence.end <= len(text)
        if "…" not in sentence.own:
            assert sentence.own == text[sentence.start : sentence.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm Ana. I work.", ["I'm Ana.", "I work."]),
        ("Dr. Who is here. Ok", ["Dr. Who is here.", "Ok"]),
        ("我是老师。我住在成都！", ["我是老师。", "我住在成都！"]),
        ("- one\n- two", ["one", "two"]),
        ("It costs 3.50 euros. Fine.", ["It costs 3.50 euros.", "Fine."]),
        ("أنا مهندس. كيف حالك؟ جيد", ["أنا مهندس.", "كيف حالك؟", "جيد"]),
        ("…", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in sentence_spans(text)] == expected


def test_a_long_message_is_bounded_and_said() -> None:
    structure = analyse("word " * 50_000)
    assert structure.unread == 150_000
    assert max(s.end for s in structure.sentences) <= 100_000


@given(TEXT, st.integers(0, 300), st.integers(0, 60))
def test_what_is_quoted_exactly_is_found(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    span = locate(f" {quote} ", f"{text} {quote} ")
    if sum(c.isalnum() for c in quote) >= 2:
        assert span is not None
        assert span.of(f"{text} {quote} ").startswith(quote.strip())
    else:
        assert span is None


@given(TEXT, TEXT)
def test_what_is_located_is_in_the_text(quote: str, text: str) -> None:
    span = locate(quote, text)
    if span is not None:
        assert span.of(text)
        assert span.of(text) in text


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("I don't like   rain", "I don’t\nlike rain"),
        ("i DON'T LIKE rain.", "I don’t\nlike rain"),
        ('"I don\'t like rain"', "I don’t\nlike rain"),
        ("Straße – ja", "STRASSE - ja"),
        ("I like rain", None),
        ("", None),
        ("!", None),
        ("no", None),
        ("you kn", None),
    ],
)
def test_bent_quotes(quote: str, found: str | None) -> None:
    text = "Well: I don’t\nlike rain, you know. STRASSE - ja!"
    span = locate(quote, text)
    assert (span.of(text) if span else None) == found


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("am", "ham and I am", "am"),
        ("I like caf\u00e9", "I like cafe\u0301 a lot", "I like cafe\u0301"),
        ("I like cafe\u0301", "I like caf\u00e9 a lot", "I like caf\u00e9"),
        ("I like cafe", "I like cafe\u0301 a lot", "I like cafe\u0301"),
        ("i love ❤", "I love ❤\ufe0f you", "I love ❤\ufe0f"),
        ("we are 👨", "So we are 👨\u200d👩\u200d👧.", "we are 👨\u200d👩\u200d👧"),
        ("喜欢茶", "我喜欢茶。", "喜欢茶"),
        ("I am\u2069", "\u2067I am\u2069 x", "I am\u2069"),
        ("I\ufffdam here", "So I\ufffdam here.", "I\ufffdam here"),
    ],
)
def test_whole_words_and_whole_signs(quote: str, text: str, found: str | None) -> None:
    span = locate(quote, text)
    assert (span.of(text) if span else None) == found
