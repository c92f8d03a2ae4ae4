"""Chatting: append, stream, edit and retry; what waits to be extracted from."""

from __future__ import annotations

import pytest

from store import conversations, messages, search
from store.db import Store
from store.errors import NotFoundError, StoreError
from tests.store.conftest import claim, say


def test_edit_and_retry_keep_earlier_versions(store: Store) -> None:
    first = say(store, "Hello")
    key = first.conversation_id
    messages.append(store, key, "assistant", "Hi", model="m1")
    assert messages.supersede_from(store, key, 1) == 1
    messages.append(store, key, "assistant", "Good day", model="m2")
    assert [m.text for m in messages.active(store, key)] == ["Hello", "Good day"]
    older, newer = messages.versions(store, key, 1)
    assert (older.text, newer.text) == ("Hi", "Good day")
    assert older.superseded_at is not None
    assert newer.superseded_at is None
    assert conversations.get(store, key).messages == 2
    assert conversations.get(store, key).model == "m2"


def test_a_streamed_message_is_replaced_in_place_and_found(store: Store) -> None:
    question = say(store, "Why?")
    answer = messages.append(store, question.conversation_id, "assistant", "", status="interrupted")
    messages.finish(store, answer.message_id, "Because oranges", "interrupted")
    done = messages.finish(store, answer.message_id, "Because of lemons", "complete")
    assert (done.text, done.status) == ("Because of lemons", "complete")
    assert [hit.id for hit in search.search(store, "lemons")] == [answer.message_id]
    assert search.search(store, "oranges") == []


def test_a_message_that_is_evidence_may_grow_but_not_change(store: Store) -> None:
    message = say(store, "I am a nurse")
    claim(store, message, "The user is a nurse.")
    grown = messages.finish(store, message.message_id, "I am a nurse in Oslo", "complete")
    assert grown.text.endswith("Oslo")
    with pytest.raises(StoreError, match="evidence"):
        messages.finish(store, message.message_id, "I am a cook", "complete")
    assert messages.get(store, message.message_id).text == "I am a nurse in Oslo"


def test_only_new_user_messages_are_pending(store: Store) -> None:
    first = say(store, "one")
    messages.append(store, first.conversation_id, "assistant", "answer")
    other = say(store, "other")
    assert messages.pending_conversations(store, "s1") == [
        (first.conversation_id, 1),
        (other.conversation_id, 1),
    ]
    claim(store, first, "The user counts.")
    second = say(store, "two", first.conversation_id)
    found = {c.conversation_id: m for c, m in messages.iter_pending(store, "s1")}
    assert found == {first.conversation_id: [second], other.conversation_id: [other]}
    assert len(list(messages.iter_pending(store, "s2"))) == 2
    chosen = messages.pending_conversations(store, "s1", [other.conversation_id])
    assert chosen == [(other.conversation_id, 1)]
    assert messages.pending_conversations(store, "s1", []) == []


def test_a_superseded_message_is_not_pending(store: Store) -> None:
    message = say(store, "one")
    messages.supersede_from(store, message.conversation_id, 0)
    assert list(messages.iter_pending(store, "s1")) == []


def test_results_may_be_saved_while_the_pending_are_gone_through(store: Store) -> None:
    for i in range(5):
        say(store, f"message {i}")
    seen = 0
    for _, (message,) in messages.iter_pending(store, "s1"):
        claim(store, message, f"The user said {message.text}.")
        seen += 1
    assert seen == 5
    assert list(messages.iter_pending(store, "s1")) == []


def test_appending_to_a_forgotten_conversation_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        messages.append(store, "no-such-id", "user", "hello")


def test_a_conversation_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    made = conversations.create(store, title="One")
    assert conversations.get(store, made.conversation_id[:30].upper()) == made
    conversations.create(store, title="Two")
    with pytest.raises(NotFoundError, match="More than one"):
        conversations.get(store, made.conversation_id[:4])
    for missing in ("zzz", "", "\ud800", "%"):
        with pytest.raises(NotFoundError, match="no conversation"):
            conversations.get(store, missing)


def test_conversations_are_listed_newest_first_searched_and_paged(store: Store) -> None:
    old = conversations.create(store, title="ÅRSMØTE notes")
    new = conversations.create(store, title="Trip", source="synthetic")
    messages.append(store, old.conversation_id, "user", "about the lighthouse")
    assert [c.title for c in conversations.list_all(store)] == ["ÅRSMØTE notes", "Trip"]
    assert [c.title for c in conversations.list_all(store, limit=1, offset=1)] == ["Trip"]
    assert [c.title for c in conversations.list_all(store, query="årsmøte")] == ["ÅRSMØTE notes"]
    assert [c.title for c in conversations.list_all(store, query="light")] == ["ÅRSMØTE notes"]
    assert conversations.list_all(store, query='" OR 1 --') == []
    (found,) = conversations.list_all(store, source="synthetic")
    assert found.conversation_id == new.conversation_id
    assert conversations.count(store) == 2
    assert conversations.count(store, query="trip") == 1
