"""Time grows with the length of the text: no pattern can repeat without an end, no text blows up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from persona_tui.donation.redaction import Known, Redactor
from persona_tui.donation.redaction.patterns import SHAPED, WORDED
from persona_tui.donation.redaction.rules import Rule

LONG, LENGTH = 80_000, 8_000
FRAGMENTS = [
    "a", "A", "1", "a ", "Aa ", "1 ", "1-", "1.", "a.", "a@", "@a", "a@a.", "://a:", "::", "\n", "- ", "my aa ", "ul. Aa ", "C:\\Users\\a\\",
    "/home/a/", "%41", "\\u0041", "&#65;", "sk-", "eyJaaaaaaa.", "-----BEGIN PRIVATE " + "KEY-----\n", "AAAA\n", "aGVs\n", "4111 ",
    "12 rue de la ", "1 Aa Street ", "Dr. ", "Aa-Aa", "A.", "twenty ", "my password is ", "key ", "\u200b", "e\u0301", "日本", "[NAME_1]",
    "a b ", "0f:", "~a/", "a at b dot ", "born ", "Best regards\n", "Mira ", "my address is 1 a ", "pw is a ", "login a / ", "user a-",
]  # fmt: skip


def _repeats(tree: object) -> Iterator[tuple[int, int]]:
    """Depth and upper limit of each repeat in a parsed pattern."""
    todo: list[tuple[object, int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        if (
            isinstance(node, tuple)
            and len(node) == 2
            and str(node[0]) in ("MAX_REPEAT", "MIN_REPEAT")
        ):
            yield depth, int(node[1][1])
            todo.append((node[1][2], depth + 1))
        elif isinstance(node, (list, tuple)):
            todo.extend((one, depth) for one in node)
        elif hasattr(node, "data"):
            todo.extend((one, depth) for one in node.data)


@pytest.mark.parametrize(
    "rule", [*SHAPED, *WORDED], ids=lambda rule: f"{rule.kind}-{rule.pattern.pattern[:40]}"
)
def test_every_repeat_has_an_end(rule: Rule) -> None:
    tree = re._parser.parse(rule.pattern.pattern, rule.pattern.flags & ~re.UNICODE)  # type: ignore[attr-defined]
    limits = list(_repeats(tree))
    assert all(limit <= 8192 for _, limit in limits)
    assert max((depth for depth, _ in limits), default=0) <= 5


@pytest.mark.parametrize(
    ("fragment", "length"),
    [
        *((one, LENGTH) for one in FRAGMENTS),
        *((one, LONG) for one in ("A", "- ", "Aa ", "%41", "aGVs\n", "a@a.")),
    ],
)
def test_long_texts_of_one_kind_are_read(fragment: str, length: int) -> None:
    redactor = Redactor([Known("NAME", "Mira Kovač"), Known("SECRET", "aaaaaaaaa1")], ner=False)
    text = (fragment * (length // len(fragment) + 1))[:length]
    assert all(one.end <= length for one in redactor.find(text))
