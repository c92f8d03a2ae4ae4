"""Search: any text is a safe query, any script is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import attributes, conversations, messages, search
from store.db import Store, open_store
from store.fts import MAX_INDEXED
from tests.store.conftest import say

TEXTS = {
    "english": 'She said "never mind" — the LIGHTHOUSE at Cape Cod, isn\'t it?',
    "french": "Ma grand-mère préfère le café crème à l'été",
    "japanese": "私は東京タワーの近くに住んでいます",
    "chinese": "我在医院做护士，经常上夜班",
    "korean": "저는 서울에서 간호사로 일합니다",
    "thai": "ฉันทำงานเป็นพยาบาลในโรงพยาบาล",
    "hindi": "मैं एक अस्पताल में नर्स हूँ",
    "arabic": "أعمل ممرضة في المستشفى",
    "emoji": "great 👍🏽 news 🎉 for the 👨‍👩‍👧 family",
    "code": "x => y; C++ and foo_bar(1.5)",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, str]]]:
    with open_store(tmp_path_factory.mktemp("search") / "p.db") as store:
        yield store, {name: say(store, text).message_id for name, text in TEXTS.items()}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("lighthouse cape", "english"),
        ("lighth", "english"),
        ('"never mind"', "english"),
        ("isn't", "english"),
        ("GRAND-MERE prefere", "french"),
        ("ete", "french"),
        ("東京", "japanese"),
        ("東", "japanese"),
        ("タワーの近く", "japanese"),
        ("护士", "chinese"),
        ("夜", "chinese"),
        ("간호사", "korean"),
        ("서울", "korean"),
        ("พยาบาล", "thai"),
        ("अस्पताल", "hindi"),
        ("المستشفى", "arabic"),
        ("🎉", "emoji"),
        ("👨‍👩‍👧", "emoji"),
        ("c++", "code"),
        ("=>", "code"),
        ("foo_bar", "code"),
    ],
)
def test_every_script_is_found(filled: tuple[Store, dict[str, str]], query: str, name: str) -> None:
    store, ids = filled
    hits = search.search(store, query)
    assert [hit.id for hit in hits] == [ids[name]]
    assert hits[0].marks, hits[0]


@pytest.mark.parametrize("query", ["", "  ", "京東", "mind lighthouse nowhere", "AND OR NOT", "*"])
def test_what_is_not_there_is_not_found(filled: tuple[Store, dict[str, str]], query: str) -> None:
    assert search.search(filled[0], query) == []


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(st.characters()) | st.text("\"'*^:()+-~{}AND OR\x00 a東👍", max_size=30))
def test_no_text_breaks_it(filled: tuple[Store, dict[str, str]], query: str) -> None:
    store, _ = filled
    for hit in search.search(store, query):
        assert all(0 <= start < end <= len(hit.snippet) for start, end in hit.marks)
    conversations.list_all(store, query=query)
    attributes.list_all(store, query=query)


def test_a_snippet_is_one_line_around_the_first_word(store: Store) -> None:
    say(store, "start " * 100 + "\n\x1b[31mthe Needle\tis here\n" + " end" * 100)
    (hit,) = search.search(store, "needle")
    assert len(hit.snippet) <= 162
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert "\n" not in hit.snippet
    assert "\x1b" not in hit.snippet
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["Needle"]


def test_superseded_messages_are_not_found_and_kinds_are_kept_apart(store: Store) -> None:
    message = say(store, "the needle")
    own = attributes.add_by_user(store, "The user sews with a needle.")
    assert [h.kind for h in search.search(store, "needle")] == ["attribute", "message"]
    assert [h.id for h in search.search(store, "needle", limit=1)] == [own.attribute_id]
    assert [h.id for h in search.search(store, "needle", kinds=["message"])] == [message.message_id]
    messages.supersede_from(store, message.conversation_id, 0)
    assert [h.kind for h in search.search(store, "needle")] == ["attribute"]


def test_a_pasted_book_is_found_by_its_beginning(store: Store, tmp_path: Path) -> None:
    message = say(store, "prologue " + "x " * (MAX_INDEXED // 2) + "epilogue")
    assert [h.id for h in search.search(store, "prologue")] == [message.message_id]
    assert search.search(store, "epilogue") == []
    messages.finish(store, message.message_id, "short", "complete")
    assert search.search(store, "prologue") == []
