"""Claude's data export: ``conversations.json``, an array of conversations in one line each.

``{uuid, name, created_at, updated_at, chat_messages: [{uuid, sender: human | assistant, text,
content: [{type, text | …}], created_at, attachments: [{file_name, extracted_content}],
files: [{file_name}], parent_message_uuid}]}``. Text of attachments is marked as pasted. Thinking
and tool blocks are left out: the person did not read them as the answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from persona_tui.importers.base import Read, Sample, Skipped
from persona_tui.importers.drafts import Building, Identities, finish, first_exchange
from persona_tui.importers.records import Records
from persona_tui.importers.source import Opened
from persona_tui.importers.values import (
    attachment_line,
    identifier,
    mapping,
    pasted,
    role_of,
    sequence,
    string,
    time_of,
)
from store.records import Source


def is_record(value: object) -> bool:
    """Whether a JSON value is a Claude conversation."""
    return isinstance(value, dict) and isinstance(value.get("chat_messages"), list)


class ClaudeImporter:
    """Reads one ``conversations.json``."""

    name: Source = "claude"

    def __init__(self, identities: Identities | None = None) -> None:
        self._ids = identities or Identities()

    def sniff(self, sample: Sample) -> float:
        if any(is_record(record) for record in sample.records):
            return 1.0
        return 0.8 if '"chat_messages"' in sample.text else 0.0

    def read(self, opened: Opened) -> Iterator[Read]:
        for record in Records(opened, is_record):
            if isinstance(record, Skipped):
                yield record
            else:
                yield from self._conversation(record.value, record.position)

    def _conversation(self, value: object, position: str) -> Iterator[Read]:
        if not isinstance(value, dict):
            yield Skipped(position, "a conversation must be a JSON object")
            return
        messages = value.get("chat_messages")
        if not isinstance(messages, list):
            yield Skipped(position, "the conversation has no list 'chat_messages'")
            return
        given = identifier(value.get("uuid"))
        if given is not None and not self._ids.claim(given):
            yield Skipped(position, f"a conversation with the id {given[:80]} was read before")
            return
        building = Building(position)
        for number in branch(messages, value.get("current_leaf_message_uuid")):
            _add(building, messages[number], f"message {number + 1}")
        yield from finish(
            building,
            "claude",
            given or self._ids.numbered(first_exchange(building.messages)),
            title=value.get("name"),
            created_at=time_of(value.get("created_at")),
            updated_at=time_of(value.get("updated_at")),
            model=identifier(value.get("model")),
        )


def branch(messages: list[object], leaf: object) -> list[int]:
    """Which messages belong to the thread in force, as indexes into the list.

    All of them, unless they say their parents and one of them was answered twice (an edit or a
    retry): then the way from the current leaf, or from the last message, to the beginning.
    """
    everything = list(range(len(messages)))
    index: dict[str, int] = {}
    parents: list[str | None] = []
    for number, message in enumerate(messages):
        own = string(mapping(message).get("uuid"))
        parents.append(identifier(mapping(message).get("parent_message_uuid")))
        if not own or own in index or parents[-1] is None:
            return everything
        index[own] = number
    if len(set(parents)) == len(parents):
        return everything
    here = index.get(string(leaf), len(messages) - 1)
    path = [here]
    seen = {here}
    while (parent := parents[here]) is not None and parent in index:
        here = index[parent]
        if here in seen:
            return everything
        seen.add(here)
        path.append(here)
    return path[::-1]


def _add(building: Building, message: object, where: str) -> None:
    if not isinstance(message, dict):
        building.skip(where, "a message must be a JSON object")
        return
    role = role_of(message.get("sender"))
    if role is None:
        building.skip(where, "it does not say whether the user or the assistant wrote it")
        return
    blocks = [
        string(block.get("text"))
        for item in sequence(message.get("content"))
        if (block := mapping(item)).get("type") == "text"
    ]
    texts = [text for text in blocks if text.strip()] or [string(message.get("text"))]
    extra: list[str] = []
    for item in sequence(message.get("attachments")):
        attachment = mapping(item)
        name = attachment.get("file_name")
        content = string(attachment.get("extracted_content"))
        extra.append(pasted(name, content) if content.strip() else attachment_line(name))
    extra += [
        attachment_line(mapping(item).get("file_name")) for item in sequence(message.get("files"))
    ]
    building.add(
        where,
        role,
        texts,
        extra=extra,
        created_at=time_of(message.get("created_at")),
        external_id=identifier(message.get("uuid")),
    )
