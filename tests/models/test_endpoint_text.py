"""Reading what endpoints say: safe, whatever it is."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.endpoint.address import is_private, parse_address
from models.endpoint.choose import first_token
from models.endpoint.errors import Asked, from_status
from models.endpoint.text import Beginning, content_of, dig, parse_json, pick_option, plain
from models.errors import ModelError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(), st.integers(20, 300))
def test_plain_text_is_one_short_line_without_tricks(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert plain(shown, limit) == shown or "[key]" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<html><style>b{}</style><h1>Bad\n gateway</h1></html>", "Bad gateway"),
        ("key sk-abcdefgh1234 refused", "key [key] refused"),
        ("Authorization: Bearer abc.def", "Authorization: [key]"),
        ("a\u202eb\x00c\x1b[31m", "ab c [31m"),
        ("1 < 2 and 3 > 2", "1 2"),
        (17, ""),
    ],
)
def test_plain_text_by_example(text: object, shown: str) -> None:
    assert plain(text) == shown


def test_the_secret_itself_is_taken_out() -> None:
    assert plain("no: hunter2!", secret="hunter2") == "no: [key]!"


@given(st.integers(300, 599), JSON | st.text())
def test_any_error_body_gives_a_sentence(status: int, body: object) -> None:
    asked = Asked("host", "https://host/v1", "m", local=False, secret="hunter2-hunter2")
    failure = from_status(asked, status, {"retry-after": "x", "location": "y"}, body, ["a"])
    said = str(failure.error)
    assert isinstance(failure.error, ModelError)
    assert said[-1] in ".?"
    assert said.isprintable()


@given(JSON)
def test_any_chunk_can_be_read(chunk: object) -> None:
    try:
        text = content_of(dig(chunk, "choices", 0))
    except ValueError:
        return
    assert text is None or isinstance(text, str)


def test_a_lone_surrogate_does_not_come_in() -> None:
    chunk = json.loads('{"choices": [{"delta": {"content": "a\\ud800b"}}]}')
    text = content_of(dig(chunk, "choices", 0))
    assert text == "a?b"


@given(st.text(min_size=1, max_size=12), st.text(max_size=20), st.integers(1, 5))
def test_a_repeated_beginning_is_taken_off_however_it_is_cut(
    words: str, rest: str, size: int
) -> None:
    def run(pieces: Sequence[str]) -> tuple[str, bool]:
        beginning = Beginning(words)
        said = "".join(beginning.feed(piece) for piece in pieces) + beginning.end()
        return said, beginning.repeated

    whole = words.strip() + rest
    pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
    assert run(pieces)[1] == run([whole])[1]
    if words.strip() and words.strip()[0] not in "\"'*“”":
        assert run([whole])[1]
    other = "\x00" + whole
    # A text that begins otherwise is left as it is.
    assert run([other])[0] == other or words.strip()[:1] in ("", "\x00")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('<think>{"b": 2}</think>\n{"a": 1}', {"a": 1}),
        ("Sure!\n```json\n[1, 2]\n```\nDone {ok}", [1, 2]),
        ('The answer is {"a": {"b": []}} I think', {"a": {"b": []}}),
        ('{broken {"a": 1}', {"a": 1}),
        ('"text"', "text"),
    ],
)
def test_json_is_found_in_what_stands_around_it(text: str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize("text", ["", "none here", "[" * 100_000, "{" * 50])
def test_no_json_is_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("Yes.", 0),
        ("**no**, because yes", 1),
        ("The answer is: no", 1),
        ("yes and no", 0),
        ("It is yes, or no", None),
        ("nobody knows", None),
        ("<think>yes yes</think>no", 1),
        ("", None),
    ],
)
def test_which_option_an_answer_names(text: str, picked: int | None) -> None:
    assert pick_option(text, ["yes", "no"]) == picked


@pytest.mark.parametrize(
    ("top", "options", "found"),
    [
        ({"Yes": 0.5, "yes": 0.2, " NO": 0.1, "x": 0.2}, ["yes", "no"], [0.7, 0.1]),
        ({"not": 0.4, "no": 0.3}, ["no", "not"], [0.3, 0.4]),
        ({"A": 0.4, "a": 0.3}, ["A", "a"], [0.4, 0.3]),
        ({"un": 0.5, "ok": 0.3}, ["ok", "unsure", "bad"], [0.3, 0.5, 0.0]),
        ({"b": 0.5}, ["bit", "bat"], None),
        ({"": 0.5, "  ": 0.2}, ["yes", "no"], [0.0, 0.0]),
        ({"ja": 0.9}, ["はい", "ja"], [0.0, 0.9]),
    ],
)
def test_first_tokens(top: dict[str, float], options: list[str], found: list[float] | None) -> None:
    result = first_token(top, options)
    if found is None or result is None:
        assert result == found
    else:
        assert all(math.isclose(a, b) for a, b in zip(result, found, strict=True))


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("gpu-box", True),
        ("gpu.lan", True),
        ("10.1.2.3", True),
        ("100.100.1.1", True),
        ("fd00::5", True),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("api.openai.com", False),
        ("localhost.evil.com", False),
        ("127.0.0.1.evil.com", False),
    ],
)
def test_which_hosts_are_near(host: str, private: bool) -> None:
    assert is_private(host) is private


def test_an_address_is_read() -> None:
    address = parse_address(" https://[2001:db8::1]:8443/v1/ ")
    assert (address.host, address.base_url) == (
        "[2001:db8::1]:8443",
        "https://[2001:db8::1]:8443/v1",
    )
    assert address.encrypted
    assert not address.local
