"""Imports: idempotent, updating without losing what was judged, safe for any text."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from store import attributes, conversations, imports, messages, search
from store.db import Store, open_store
from store.records import ConversationDraft, ImportCounts, MessageDraft, Role
from tests.store.conftest import attribute, claim, judge, span

ANY_TEXT = st.text(st.characters(), max_size=40)  # surrogates and NUL included
ROLES: list[Role] = ["system", "user", "assistant", "tool"]
MESSAGES = st.lists(
    st.builds(
        MessageDraft,
        role=st.sampled_from(ROLES),
        text=ANY_TEXT,
        created_at=st.none() | st.datetimes(),
        model=st.none() | ANY_TEXT,
        external_id=st.none() | ANY_TEXT,
    ),
    max_size=6,
).map(tuple)
DRAFTS = st.lists(
    st.builds(
        ConversationDraft,
        source=st.just("claude"),
        external_id=st.sampled_from(["a", "b", "c", "\ud800"]),
        title=ANY_TEXT,
        messages=MESSAGES,
        created_at=st.none() | st.datetimes(),
    ),
    max_size=5,
)


def draft(*turns: str, key: str = "k") -> ConversationDraft:
    made = tuple(
        MessageDraft("assistant" if i % 2 else "user", text) for i, text in enumerate(turns)
    )
    return ConversationDraft("claude", key, "Title", made)


@settings(max_examples=60, deadline=None)
@given(first=DRAFTS, second=DRAFTS)
def test_importing_twice_adds_nothing(
    first: list[ConversationDraft], second: list[ConversationDraft]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "p.db") as store:
        imports.upsert(store, first)
        imports.upsert(store, second)
        last = {d.external_id: d for d in [*first, *second]}
        again = imports.upsert(store, list(last.values()))
        assert again == ImportCounts(unchanged=len(last))
        for found in conversations.list_all(store):
            kept = messages.active(store, found.conversation_id)
            wanted = next(
                d for key, d in last.items() if key.replace("\ud800", "\ufffd") == found.external_id
            )
            assert [m.position for m in kept] == list(range(len(wanted.messages)))
            assert [m.role for m in kept] == [m.role for m in wanted.messages]
            assert [len(m.text) for m in kept] == [len(m.text) for m in wanted.messages]
        store.conn.execute("INSERT INTO messages_fts (messages_fts) VALUES ('integrity-check')")
        assert store.conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_conversation_that_grew_keeps_its_ids_evidence_and_judgments(store: Store) -> None:
    assert imports.upsert(store, [draft("I am a nurse", "Nice")]) == ImportCounts(1, 0, 0, 2)
    (found,) = conversations.list_all(store)
    before = messages.active(store, found.conversation_id)
    made = attribute(store, claim(store, before[0], "The user is a nurse.", quote="a nurse"))
    judge(store, made)
    counts = imports.upsert(store, [draft("I am a nurse", "Nice!", "Thanks")])
    assert counts == ImportCounts(0, 1, 0, 2)
    after = messages.active(store, found.conversation_id)
    assert [m.text for m in after] == ["I am a nurse", "Nice!", "Thanks"]
    assert after[0].message_id == before[0].message_id
    assert [m.text for m in messages.versions(store, found.conversation_id, 1)] == ["Nice", "Nice!"]
    kept = attributes.get(store, made)
    assert kept.judgment is not None
    assert kept.evidence[0].quote == "a nurse"
    pending = list(messages.iter_pending(store, "s1"))
    assert [[m.text for m in waiting] for _, waiting in pending] == [["Thanks"]]


def test_evidence_in_a_message_that_the_export_changed_is_kept(store: Store) -> None:
    imports.upsert(store, [draft("I am a nurse")])
    (found,) = conversations.list_all(store)
    (message,) = messages.active(store, found.conversation_id)
    made = attribute(store, claim(store, message, "The user is a nurse."))
    imports.upsert(store, [draft("I was a nurse")])
    assert attributes.get(store, made).evidence == (span(message, "I am a nurse"),)


def test_messages_are_known_again_by_their_external_ids_when_they_move(store: Store) -> None:
    first = draft("one", "two")
    ids = tuple(replace(m, external_id=key) for m, key in zip(first.messages, "ab", strict=True))
    imports.upsert(store, [replace(first, messages=ids)])
    (found,) = conversations.list_all(store)
    before = {m.text: m.message_id for m in messages.active(store, found.conversation_id)}
    moved = (MessageDraft("system", "zero", external_id="z"), *ids)
    imports.upsert(store, [replace(first, messages=moved)])
    after = messages.active(store, found.conversation_id)
    assert [(m.position, m.text) for m in after] == [(0, "zero"), (1, "one"), (2, "two")]
    assert {m.text: m.message_id for m in after[1:]} == before


def test_what_was_written_here_after_an_import_stays_at_the_end(store: Store) -> None:
    imports.upsert(store, [draft("one")])
    (found,) = conversations.list_all(store)
    messages.append(store, found.conversation_id, "user", "written here")
    imports.upsert(store, [draft("one", "two")])
    texts = [m.text for m in messages.active(store, found.conversation_id)]
    assert texts == ["one", "two", "written here"]


def test_a_branch_that_comes_back_keeps_its_ids(store: Store) -> None:
    imports.upsert(store, [draft("one", "two")])
    (found,) = conversations.list_all(store)
    before = messages.active(store, found.conversation_id)
    imports.upsert(store, [draft("one", "other", "more")])
    assert imports.upsert(store, [draft("one", "two")]) == ImportCounts(updated=1)
    assert messages.active(store, found.conversation_id) == before


def test_a_renamed_conversation_keeps_its_name(store: Store) -> None:
    imports.upsert(store, [draft("one")])
    (found,) = conversations.list_all(store)
    conversations.rename(store, found.conversation_id, "Mine")
    imports.upsert(store, [draft("one", "two")])
    assert conversations.get(store, found.conversation_id).title == "Mine"


def test_what_cannot_be_stored_is_replaced_character_for_character(store: Store) -> None:
    imports.upsert(store, [draft("a\x00b\ud83dc needle")])
    (found,) = conversations.list_all(store)
    (message,) = messages.active(store, found.conversation_id)
    assert message.text == "a\ufffdb\ufffdc needle"
    assert search.search(store, "needle")[0].id == message.message_id
    made = attribute(store, claim(store, message, "x", quote="needle"))
    assert attributes.get(store, made).evidence[0].quote == "needle"


def test_a_very_long_message_is_kept_whole(store: Store) -> None:
    long = "beginning " + "x" * 5_000_000
    imports.upsert(store, [draft(long)])
    (hit,) = search.search(store, "beginning")
    assert messages.get(store, hit.id).text == long
