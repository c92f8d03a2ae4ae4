"""The form of answers: equal, and code as the model wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from persona_tui.stages.response.form import normalised

PARSER = MarkdownIt("commonmark")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Rice\n* one\n+ two", "**Rice**\n\n- one\n- two"),
        ("Rice\n====\nGood.", "**Rice**\n\nGood."),
        ("Good.\n\nRice\n----", "Good.\n\n**Rice**"),
        ("> ## Rice\n> Good.", "> **Rice**\n>\n> Good."),
        ("## **Rice** ##", "**Rice**"),
        ("Here:\n• one\n• two", "Here:\n- one\n- two"),
        ("1. * one\n   * two", "1. - one\n   - two"),
        ("a\n\n\n\nb  ", "a\n\nb"),
        ("roses  \nviolets", "roses  \nviolets"),
        ("a * b\n\n2 + 2", "a * b\n\n2 + 2"),
        ("```sh\n# load the data\n* x\n\n\n\n```", "```sh\n# load the data\n* x\n\n\n\n```"),
        ("```diff\n+ y\n- x  \n```\n+ z", "```diff\n+ y\n- x  \n```\n- z"),
        ("* one\n  ```\n  # two\n  ```", "- one\n  ```\n  # two\n  ```"),
        ("Look:\n\n    # four spaces\n    + y", "Look:\n\n    # four spaces\n    + y"),
        ("<pre>\n# no heading\n</pre>", "<pre>\n# no heading\n</pre>"),
        ("\r\na\r\n", "a"),
        ("", ""),
    ],
)
def test_prose_gets_one_form_and_code_stays(written: str, shown: str) -> None:
    assert normalised(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One. Two. And thr", "One. Two."),
        ("One. And then a very long rest without an end", "One. And then a very long rest without an end …"),
        ("First of all this.\n\n1. Rice is good.\n2. Bea", "First of all this.\n\n1. Rice is good."),
        ("First of all this.\n\n1. Rice is good.\n2.", "First of all this.\n\n1. Rice is good."),
        ("Run:\n\n```sh\necho hello. world. # some more of it. Th",
         "Run:\n\n```sh\necho hello. world. # some more of it. Th\n```\n\n…"),
    ],
)  # fmt: skip
def test_what_was_cut_ends_after_a_sentence(written: str, shown: str) -> None:
    assert normalised(written, truncated=True) == shown


LINES = st.sampled_from(
    ["# Head", "Head", "===", "---", "* item", "+ item", "- item", "  * deep", "1. one", "2) two",
     "> quoted", "> # quoted", "> * quoted", "```", "```py", "~~~", "# code", "+ added", "    # four",
     "\tx", "<div>", "</div>", "", "", "  ", "text  ", "a • b", "• dot", "***", "`# code`", "- # both",
     "* * *", "+", "#", "[a]: b", "\\# no"]
)  # fmt: skip


def code(text: str) -> list[tuple[str, str, str]]:
    """Every block of code; of the last one, which may never be closed, not the blanks at its end."""
    found = [
        (token.type, token.info, token.content)
        for token in PARSER.parse(text)
        if token.type in ("fence", "code_block", "html_block")
    ]
    return [*found[:-1], *((kind, info, body.rstrip()) for kind, info, body in found[-1:])]


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=14).map("\n".join))
def test_code_keeps_every_byte_and_no_heading_is_left(text: str) -> None:
    made = normalised(text)
    assert code(made) == code(text)
    tokens = PARSER.parse(made)
    assert not [token for token in tokens if token.type == "heading_open"]
    assert {t.markup for t in tokens if t.type == "list_item_open"} <= {"-", ".", ")"}
    assert normalised(made) == made
