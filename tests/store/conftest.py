"""A journal per test, and short ways to put something in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import candidates, conversations, judgments, messages
from store.db import Store, new_id, open_store, utc_now
from store.records import (
    AttributeJudgment,
    Candidate,
    Evidence,
    JudgmentContext,
    Message,
    Verdict,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "persona.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with open_store(database) as opened:
        yield opened


def say(store: Store, text: str, conversation_id: str | None = None) -> Message:
    """One user message, in a conversation of its own unless one is given."""
    if conversation_id is None:
        conversation_id = conversations.create(store, title="A chat").conversation_id
    return messages.append(store, conversation_id, "user", text)


def span(message: Message, quote: str) -> Evidence:
    start = message.text.index(quote)
    return Evidence(message.conversation_id, message.message_id, start, start + len(quote), quote)


def claim(
    store: Store,
    message: Message,
    text: str,
    *,
    quote: str | None = None,
    confidence: float = 0.8,
    settings: str = "s1",
    run_id: str | None = None,
) -> Candidate:
    """One candidate that rests on a message (all of it, unless a quote is given)."""
    made = Candidate(
        new_id(),
        message.conversation_id,
        text,
        confidence,
        "grounded",
        run_id,
        (span(message, quote if quote is not None else message.text),),
    )
    kept = candidates.save_extracted(
        store,
        settings_sha256=settings,
        conversation_id=message.conversation_id,
        message_ids=[message.message_id],
        candidates=[made],
    )
    assert len(kept) == 1
    return kept[0]


def attribute(store: Store, *claims: Candidate, into: str | None = None) -> str:
    """One attribute of these candidates; the first one's words stand for it."""
    group = candidates.Group(into, claims[0].candidate_id, tuple(c.candidate_id for c in claims))
    return candidates.attach(store, [group])[0]


def judge(
    store: Store,
    attribute_id: str,
    verdict: Verdict | None = "ok",
    *,
    shown: dict[str, object] | None = None,
    note: str | None = None,
    correction: str | None = None,
) -> AttributeJudgment:
    context = JudgmentContext("g" * 64, "0.1.0", shown or {})
    return judgments.save(
        store,
        AttributeJudgment("", attribute_id, utc_now(), context, verdict=verdict, note=note),
        correction=correction,
    )
