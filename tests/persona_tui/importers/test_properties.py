"""Whatever is in the file: no exception but a sentence, no conversation that is not storable."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st
from llm.parts import Message, TextPart

from persona_tui.errors import UserError
from persona_tui.importers.base import FORMATS, Skipped
from persona_tui.importers.detect import Import
from store.records import ConversationDraft
from tests.persona_tui.importers.helpers import (
    FIXTURES,
    chatgpt_conversation,
    imported,
    log_store,
    turns,
)

FILES = {
    "chatgpt": "chatgpt.json",
    "claude": "claude.json",
    "wildchat": "wildchat.jsonl",
    "sharegpt": "sharegpt.json",
    "openai": "openai.jsonl",
    "markdown": "transcript.md",
}
JSON_FORMATS = [name for name in FILES if name != "markdown"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=12)
)
anything: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1).filter(
    lambda text: not text.isspace()
)
talks = st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=5)


def _check(path: Path, name: str | None) -> list[ConversationDraft]:
    """Read it; everything that comes out can be stored, everything left out has a reason."""
    drafts: list[ConversationDraft] = []
    try:
        for item in Import(path, name):
            if isinstance(item, Skipped):
                assert item.position
                assert item.reason
                continue
            drafts.append(item)
            assert item.messages
            assert item.title == item.title.strip() != ""
            for text in (item.external_id, item.title, *(m.text for m in item.messages)):
                text.encode()
                assert "\x00" not in text
            assert all(message.text.strip() for message in item.messages)
    except UserError as error:
        refusal = str(error)
    else:
        refusal = "None."
    assert refusal.endswith(".")
    ids = [draft.external_id for draft in drafts]
    assert len(ids) == len(set(ids))
    return drafts


def _records(name: str) -> list[Any]:
    text = (FIXTURES / FILES[name]).read_text(encoding="utf-8")
    if text.startswith("["):
        value: list[Any] = json.loads(text)
        return value
    return [json.loads(line) for line in text.splitlines()]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    else:
        keys = list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        yield from _places(value[key], (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


@pytest.fixture
def scratch() -> Iterator[Callable[[bytes], Path]]:
    """One file that every example writes anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.json"

        def write(data: bytes) -> Path:
            path.write_bytes(data)
            return path

        yield write


some = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_any_value_in_place_of_any_value(name: str, scratch: Callable[[bytes], Path]) -> None:
    records = _records(name)
    places = list(_places(records))

    @some
    @given(st.lists(st.tuples(st.sampled_from(places), anything), min_size=1, max_size=3))
    def run(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
        value: Any = records
        for place, new in changes:
            try:
                value = _replaced(value, place, new)
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took the place away
        data = json.dumps(value).encode()
        if FILES[name].endswith("l") and isinstance(value, list):
            data = "\n".join(json.dumps(item) for item in value).encode()
        _check(scratch(data), name)

    run()


@pytest.mark.parametrize("name", FILES)
def test_bytes_cut_off_changed_and_put_in(name: str, scratch: Callable[[bytes], Path]) -> None:
    data = (FIXTURES / FILES[name]).read_bytes()
    size = len(data)

    @some
    @given(
        st.integers(0, size),
        st.lists(st.tuples(st.integers(0, size), st.binary(max_size=4)), max_size=4),
    )
    def run(end: int, changes: list[tuple[int, bytes]]) -> None:
        changed = data
        for at, piece in changes:
            changed = changed[:at] + piece + changed[at + len(piece) // 2 :]
        _check(scratch(changed[:end]), name)
        _check(scratch(changed), None)

    run()


@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_at_all(name: str, scratch: Callable[[bytes], Path]) -> None:
    @some
    @given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
    def run(data: bytes) -> None:
        _check(scratch(data), name)
        _check(scratch(data), None)

    run()


def _llm_database(path: Path, texts: list[list[str]]) -> None:
    db = sqlite_utils.Database(memory=True)  # on a disk its 60 small commits take seconds
    store = log_store(db)
    for number, talk in enumerate(texts):
        tip = store.ensure_chain(
            [
                Message("assistant" if index % 2 else "user", [TextPart(text)])
                for index, text in enumerate(talk)
            ]
        )
        store.create_thread(name=f"Talk {number}", tip=tip, id=f"thread-{number}")
    path.write_bytes(db.conn.serialize())
    db.close()


def test_a_damaged_llm_database(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    _llm_database(path, [["I swim.", "Good."], ["hi"]])
    data = path.read_bytes()

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.integers(16, len(data) - 9), st.binary(min_size=1, max_size=8))))
    def run(changes: list[tuple[int, bytes]]) -> None:
        changed = bytearray(data)
        for at, piece in changes:
            changed[at : at + len(piece)] = piece
        path.write_bytes(changed)
        _check(path, "llm")

    run()


def _role(index: int) -> str:
    return "assistant" if index % 2 else "user"


def _export(name: str, texts: list[list[str]], path: Path) -> None:
    """Write well-formed talks in a format."""
    if name == "llm":
        _llm_database(path, texts)
        return
    makers: dict[str, Callable[[int, list[str]], Any]] = {
        "chatgpt": chatgpt_conversation,
        "claude": lambda number, talk: {
            "uuid": f"c{number}",
            "name": f"Talk {number}",
            "chat_messages": [
                {"uuid": f"{number}-{i}", "sender": ("human", "assistant")[i % 2], "text": text}
                for i, text in enumerate(talk)
            ],
        },
        "wildchat": lambda number, talk: {
            "conversation_hash": "h",
            "conversation": [
                {"role": _role(i), "content": text, "turn_identifier": number * 100 + i // 2}
                for i, text in enumerate(talk)
            ],
        },
        "sharegpt": lambda number, talk: {
            "id": number,
            "conversations": [
                {"from": ("human", "gpt")[i % 2], "value": text} for i, text in enumerate(talk)
            ],
        },
        "openai": lambda _, talk: {
            "messages": [
                {"role": _role(i), "content": [{"type": "text", "text": text}]}
                for i, text in enumerate(talk)
            ]
        },
    }
    values = [makers[name](number, talk) for number, talk in enumerate(texts)]
    path.write_text(json.dumps(values, ensure_ascii=len(texts) % 2 == 0), encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "markdown"])
def test_what_is_well_formed_comes_back_word_for_word(name: str, tmp_path: Path) -> None:
    path = tmp_path / "export"

    @settings(max_examples=25, deadline=None)
    @given(talks)
    def run(texts: list[list[str]]) -> None:
        _export(name, texts, path)
        drafts = _check(path, None)
        expected = [[(_role(i), text) for i, text in enumerate(talk)] for talk in texts]
        assert [turns(draft) for draft in drafts] == expected

    run()


plain_words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="#*:_`~-[("),
    min_size=1,
)


def test_a_markdown_transcript_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"

    @settings(max_examples=50, deadline=None)
    @given(st.lists(plain_words, min_size=2, max_size=6))
    def run(talk: list[str]) -> None:
        headed = [
            f"## {'Assistant' if i % 2 else 'User'}\n\n{text}\n" for i, text in enumerate(talk)
        ]
        path.write_text("\n".join(headed), encoding="utf-8")
        (draft,) = _check(path, None)
        assert turns(draft) == [(_role(i), text) for i, text in enumerate(talk)]

    run()


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "markdown"])
def test_importing_twice_adds_nothing(name: str, tmp_path: Path) -> None:
    from store.db import open_store

    path = tmp_path / "export"

    @settings(max_examples=5, deadline=None)
    @given(talks)
    def run(texts: list[list[str]]) -> None:
        _export(name, texts, path)
        with (
            tempfile.TemporaryDirectory() as folder,
            open_store(Path(folder) / "journal.db") as store,
        ):
            first = imported(store, path)
            assert first.counts.added == len(texts)
            assert first.counts.messages_added == sum(map(len, texts))
            second = imported(store, path)
            assert (second.counts.added, second.counts.updated) == (0, 0)
            assert second.counts.unchanged == len(texts)
            assert second.counts.messages_added == 0

    run()
