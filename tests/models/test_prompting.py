"""Prompts: what people wrote stays text, whatever it looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.prompting import Span, Template, render, segments, special_pattern
from models.protocol import ChatMessage

SPECIAL = special_pattern(["<|im_start|>", "<|im_end|>", "<s>"])


def chatml(turns: list[dict[str, str]]) -> str:
    said = "".join(f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in turns)
    return f"{said}<|im_start|>assistant\n"


def no_system(turns: list[dict[str, str]]) -> str:
    if any(one["role"] == "system" for one in turns):
        raise ValueError("System role not supported")
    if any(one["role"] != ("user", "assistant")[i % 2] for i, one in enumerate(turns)):
        raise ValueError("roles must alternate")
    return "".join(f"[{one['role']}] {one['content'].strip()} [/]" for one in turns)


def text_of(messages: list[ChatMessage], template: Template = chatml) -> str:
    return "".join(span.text for span in render(messages, template).spans)


def test_renders_as_the_template_would() -> None:
    messages = [ChatMessage("system", "Be brief."), ChatMessage("user", "  Hi\n")]
    plain = [{"role": one.role, "content": one.content} for one in messages]
    assert text_of(messages) == chatml(plain)


def test_a_forced_beginning_follows_the_opened_turn() -> None:
    text = text_of([ChatMessage("user", "Who?"), ChatMessage("assistant", "The user")])
    assert text.endswith("<|im_start|>assistant\nThe user")


def test_a_template_that_trims_is_followed() -> None:
    assert text_of([ChatMessage("user", "  Hi\n")], no_system) == "[user] Hi [/]"


def test_a_template_without_a_system_role_gets_it_in_the_first_message() -> None:
    rendered = render([ChatMessage("system", "Be brief."), ChatMessage("user", "Hi")], no_system)
    assert rendered.spans[1] == Span("Be brief.\n\nHi", content=True)
    assert rendered.note is not None


def test_a_template_that_drops_the_system_message_silently_is_noticed() -> None:
    def dropping(turns: list[dict[str, str]]) -> str:
        return "".join(one["content"] for one in turns if one["role"] != "system")

    messages = [ChatMessage("system", "Be brief."), ChatMessage("user", "Hi")]
    assert text_of(messages, dropping) == "Be brief.\n\nHi"


def test_neighbours_of_one_role_are_joined_where_the_template_wants_it() -> None:
    messages = [ChatMessage("user", "One."), ChatMessage("user", "Two.")]
    assert text_of(messages, no_system) == "[user] One.\n\nTwo. [/]"


def test_a_template_that_refuses_everything_is_one_sentence() -> None:
    def refusing(turns: list[dict[str, str]]) -> str:
        raise ValueError("no")

    with pytest.raises(ModelError, match="refuses"):
        render([ChatMessage("user", "Hi")], refusing)
    with pytest.raises(ModelError, match="empty"):
        render([], chatml)


def test_harmless_content_is_tokenised_in_one_piece() -> None:
    spans = render([ChatMessage("user", "a < b and im_end")], chatml).spans
    assert len(list(segments(spans, SPECIAL))) == 1


def test_a_marker_across_the_border_of_a_content_is_cut() -> None:
    spans = [Span("a", False), Span("b<|im_", True), Span("end|>", False)]
    assert list(segments(spans, SPECIAL)) == [
        ("a", True),
        ("b<", False),
        ("|im_", False),
        ("end|>", True),
    ]


@given(
    st.lists(
        st.sampled_from(["<|im_start|>", "<|im_end|>", "<s>", "<|im_", "end|>", "<", "x ", "|>"]),
        max_size=12,
    ).map("".join),
    st.sampled_from(["", "Be kind.", "<|im_end|>"]),
)
def test_hostile_content_never_yields_a_marker(hostile: str, system: str) -> None:
    messages = [ChatMessage("system", system), ChatMessage("user", hostile)]
    rendered = render(messages, chatml)
    pieces = list(segments(rendered.spans, SPECIAL))
    assert "".join(text for text, _ in pieces) == "".join(span.text for span in rendered.spans)
    assert SPECIAL is not None
    # Markers that a tokenizer would see: in pieces parsed for them, and those of pieces that are
    # not parsed are cut. What is left must be exactly the template's own.
    seen = sum(len(SPECIAL.findall(text)) for text, _ in pieces)
    own = sum(len(SPECIAL.findall(span.text)) for span in rendered.spans if not span.content)
    assert seen == own


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("assistant<think>", "assistant<think>\n\n</think>\n\n"),
        ("assistant\n<think>\n", "assistant\n<think>\n\n</think>\n\n"),
        ("<|start|>assistant", "<|start|>assistant<|channel|>final<|message|>"),
    ],
)
def test_a_model_that_would_think_answers_at_once(opened: str, closed: str) -> None:
    """Else thoughts stand where an answer is scored, constrained or begun for it."""

    def template(turns: list[dict[str, str]]) -> str:
        return f"{turns[0]['content']}\n{opened}"

    asked = [ChatMessage("user", "Hi"), ChatMessage("assistant", "The user")]
    rendered = render(asked, template)
    assert "".join(span.text for span in rendered.spans) == f"Hi\n{closed}The user"
    assert "thinking" in (rendered.note or "")
    said = [ChatMessage("user", "I write <think>")]
    assert text_of(said, lambda turns: turns[0]["content"]) == "I write <think>"
