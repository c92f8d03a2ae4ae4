"""Building conversation drafts: ids that stay the same, limits, and the report of what is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from persona_tui.importers.base import (
    MAX_CONVERSATION_CHARS,
    MAX_CONVERSATION_MESSAGES,
    Read,
    Skipped,
)
from persona_tui.importers.values import (
    TooLongError,
    identifier,
    join_texts,
    message_text,
    title_of,
)
from store.records import ConversationDraft, MessageDraft, Role, Source

_GLOBAL_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9A-Za-z_-]{24,}")


@dataclass(slots=True)
class Building:
    """The messages of one conversation while it is read."""

    position: str
    messages: list[MessageDraft] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    chars: int = 0
    dropped: bool = False
    """Set when the conversation as a whole went over a limit."""
    _ids: set[str] = field(default_factory=set)

    def skip(self, where: str, reason: str) -> None:
        """Report one message."""
        self.skipped.append(
            Skipped(f"{self.position}, {where}" if where else self.position, reason)
        )

    def add(
        self,
        where: str,
        role: Role,
        text: str | Sequence[str],
        *,
        extra: Sequence[str] = (),
        created_at: datetime | None = None,
        model: str | None = None,
        external_id: str | None = None,
    ) -> None:
        """Keep one message, or report why not. Empty ones are left out without a word.

        Args:
            text: what was written (several parts are joined by blank lines).
            extra: attachments, marked as pasted; left out and reported if they make it too long.
        """
        if self.dropped:
            return
        try:
            body = message_text(text) if isinstance(text, str) else join_texts(text)
        except TooLongError as error:
            self.skip(where, str(error))
            return
        if extra:
            try:
                body = join_texts((body, *extra))
            except TooLongError:
                self.skip(where, "its attachments are longer than the limit; kept without them")
        if not body or body.isspace():
            return
        self.chars += len(body)
        if self.chars > MAX_CONVERSATION_CHARS or len(self.messages) >= MAX_CONVERSATION_MESSAGES:
            self.dropped = True
            self.messages.clear()
            self.skip(
                "",
                f"the conversation is over the limit of {MAX_CONVERSATION_CHARS:,} characters "
                f"or {MAX_CONVERSATION_MESSAGES:,} messages",
            )
            return
        if external_id is not None:
            if external_id in self._ids:
                external_id = None  # an id that occurs twice names nothing
            else:
                self._ids.add(external_id)
        self.messages.append(
            MessageDraft(role, body, created_at=created_at, model=model, external_id=external_id)
        )


@dataclass(slots=True)
class Identities:
    """Gives each conversation of one import an id that no other has.

    Only 64-bit hashes are kept: a million conversations take about 70 MB.
    """

    _seen: set[int] = field(default_factory=set)
    _again: Counter[str] = field(default_factory=Counter)

    def claim(self, external_id: str) -> bool:
        """Whether this id is new in this import."""
        key = hash(external_id)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def numbered(self, external_id: str) -> str:
        """The id, or the id with ``#2``, ``#3``, … where equal conversations stand in one file."""
        if self.claim(external_id):
            return external_id
        self._again[external_id] += 1
        return f"{external_id}#{self._again[external_id] + 1}"


def first_exchange(messages: Sequence[MessageDraft]) -> str:
    """A hash of the first user message and the first answer to it: the same as the chat grows.

    The answer takes part because many chats begin with the same words ("hi"): with the question
    alone a chat in one file would overwrite another one in the next.
    """
    digest = sha256()
    asked = False
    for message in messages:
        if (message.role == "user" and not asked) or (asked and message.role == "assistant"):
            digest.update(message.role.encode() + b"\0" + message.text.encode("utf-8", "replace"))
            if asked:
                break
            asked = True
    if not asked and messages:
        digest.update(b"\0" + messages[0].text.encode("utf-8", "replace"))
    return digest.hexdigest()[:32]


def stable_id(own: object, messages: Sequence[MessageDraft]) -> str:
    """An external id where the format's own is missing or only unique inside its file.

    UUIDs and other long ids are trusted; short ones (``1``, ``identity_0``) are joined with the
    hash of the first exchange, so that two files numbered alike do not overwrite each other.
    """
    given = identifier(own)
    if given is not None and _GLOBAL_ID.fullmatch(given):
        return given
    exchange = first_exchange(messages)
    return exchange if given is None else f"{given}:{exchange}"


def finish(
    building: Building,
    source: Source,
    external_id: str,
    *,
    title: object = None,
    created_at: datetime | None = None,
    updated_at: datetime | None = None,
    model: str | None = None,
    language: str | None = None,
) -> Iterator[Read]:
    """Yield what was skipped in the conversation, then the conversation if it has a message."""
    yield from building.skipped
    if not building.messages:
        if not building.skipped:
            yield Skipped(building.position, "the conversation has no messages with text")
        return
    messages = tuple(building.messages)
    if created_at is None or updated_at is None:
        times = [message.created_at for message in messages if message.created_at is not None]
        if times:
            created_at = created_at or min(times)
            updated_at = updated_at or max(times)
    if created_at is not None and updated_at is not None and updated_at < created_at:
        created_at, updated_at = updated_at, created_at
    yield ConversationDraft(
        source=source,
        external_id=external_id,
        title=title_of(title, (m.text for m in messages if m.role == "user")),
        messages=messages,
        created_at=created_at,
        updated_at=updated_at,
        model=model or next((m.model for m in reversed(messages) if m.model), None),
        language=language,
        position=building.position,
    )
