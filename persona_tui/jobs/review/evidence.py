"""The words an attribute rests on, in their conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui.stages.judging.drawing import CATCH
from store.errors import NotFoundError
from store.records import Attribute, Conversation, Evidence, Message

if TYPE_CHECKING:
    from store.db import Store

AROUND = 80
"""Characters of the message that are shown on each side of a quote."""
LONGEST = 1200
"""Characters of one quote that are shown beside an attribute; the conversation shows all."""
MOST = 20
"""Quotes that are shown beside an attribute."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One piece of evidence, ready to be shown. ``before`` and ``after`` are what stands around it
    in the message."""

    evidence: Evidence
    title: str
    when: datetime
    position: int
    """Of its message in the conversation, from 0."""
    before: str
    text: str
    after: str
    missing: int = 0
    """Characters of a long quote that are left out."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A conversation around one piece of evidence."""

    conversation: Conversation
    messages: tuple[Message, ...]
    """The active messages; the one quoted from in its quoted version, should it have been edited
    since."""
    evidence: Evidence
    edited: bool
    """Whether the quoted version is no longer the one in force."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An attribute as the store has it now, with its quotes."""

    attribute: Attribute
    quotes: tuple[Quote, ...]


def read_anew(store: Store, attribute: Attribute) -> Reading | None:
    """Read an attribute shortly before it is shown: merging may have given it other words since the
    queue was read. ``None`` if it was forgotten. A planted item stands in no store; its evidence
    does."""
    from store import attributes

    if attribute.attribute_id.startswith(CATCH):
        return Reading(attribute, read_quotes(store, attribute))
    try:
        attribute = attributes.get(store, attribute.attribute_id)
    except NotFoundError:
        return None
    return Reading(attribute, read_quotes(store, attribute))


def read_quotes(store: Store, attribute: Attribute) -> tuple[Quote, ...]:
    """The first :data:`MOST` quotes of ``attribute``; one whose message is gone is left out."""
    from store import conversations, messages

    quotes: list[Quote] = []
    titles: dict[str, str] = {}
    for evidence in attribute.evidence[:MOST]:
        try:
            message = messages.get(store, evidence.message_id)
            if evidence.conversation_id not in titles:
                found = conversations.get(store, evidence.conversation_id)
                titles[evidence.conversation_id] = found.title
        except NotFoundError:
            continue
        end = min(evidence.end, evidence.start + LONGEST)
        cut = end < evidence.end
        quotes.append(
            Quote(
                evidence,
                titles[evidence.conversation_id],
                message.created_at,
                message.position,
                _tail(message.text[: evidence.start]),
                message.text[evidence.start : end],
                "" if cut else _head(message.text[evidence.end :]),
                evidence.end - end,
            )
        )
    return tuple(quotes)


def _tail(text: str) -> str:
    """The last words before a quote."""
    if len(text) <= AROUND:
        return text
    piece = text[-AROUND:]
    _, space, rest = piece.partition(" ")
    return "… " + (rest if space and rest else piece)


def _head(text: str) -> str:
    """The first words after a quote."""
    if len(text) <= AROUND:
        return text
    piece = text[:AROUND]
    words, space, _ = piece.rpartition(" ")
    return (words if space and words else piece) + " …"


def read_passage(store: Store, evidence: Evidence) -> Passage:
    """The conversation that ``evidence`` is from.

    Raises:
        NotFoundError: the conversation or the message is gone.
    """
    from store import conversations, messages

    conversation = conversations.get(store, evidence.conversation_id)
    quoted = messages.get(store, evidence.message_id)
    active = messages.active(store, evidence.conversation_id)
    if any(message.message_id == quoted.message_id for message in active):
        return Passage(conversation, tuple(active), evidence, edited=False)
    shown = [message for message in active if message.position != quoted.position]
    shown.append(quoted)
    shown.sort(key=lambda message: message.position)
    return Passage(conversation, tuple(shown), evidence, edited=True)
