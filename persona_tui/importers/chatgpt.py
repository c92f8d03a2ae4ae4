"""ChatGPT's data export: ``conversations.json``, an array of conversations that are trees.

``{id | conversation_id, title, create_time, update_time, current_node, default_model_slug,
mapping}`` with ``mapping[node] = {id, parent, children, message}`` and ``message = {id,
author.role, create_time, content: {content_type, parts | text | result | …}, weight, recipient,
metadata}``. The thread is the way from ``current_node`` to the root; other branches are edits and
retries, which the person left behind.

Left out, since nobody said it in the chat: hidden messages, custom instructions and memories
(``user_editable_context``, ``model_editable_context``), and the model's thoughts.
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
from store.records import Role, Source

_NOT_SAID = frozenset(
    {
        "user_editable_context",
        "model_editable_context",
        "thoughts",
        "reasoning_recap",
        "app_pairing_content",
    }
)
_TYPED = frozenset({"text", "multimodal_text", ""})


def is_record(value: object) -> bool:
    """Whether a JSON value is a ChatGPT conversation."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


class ChatGptImporter:
    """Reads one ``conversations.json``."""

    name: Source = "chatgpt"

    def __init__(self, identities: Identities | None = None) -> None:
        self._ids = identities or Identities()

    def sniff(self, sample: Sample) -> float:
        if any(is_record(record) for record in sample.records):
            return 1.0
        return 0.8 if '"mapping"' in sample.text and '"current_node"' in sample.text else 0.0

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
        nodes = value.get("mapping")
        if not isinstance(nodes, dict):
            yield Skipped(position, "the conversation has no 'mapping' of messages")
            return
        given = identifier(value.get("conversation_id")) or identifier(value.get("id"))
        if given is not None and not self._ids.claim(given):
            yield Skipped(position, f"a conversation with the id {given[:80]} was read before")
            return
        building = Building(position)
        for node_id in thread(nodes, value.get("current_node"), building):
            _add(building, mapping(nodes[node_id]).get("message"), node_id)
        model = identifier(value.get("default_model_slug"))
        yield from finish(
            building,
            "chatgpt",
            given or self._ids.numbered(first_exchange(building.messages)),
            title=value.get("title"),
            created_at=time_of(value.get("create_time")),
            updated_at=time_of(value.get("update_time")),
            model=model,
        )


def thread(nodes: dict[str, object], current: object, building: Building) -> list[str]:
    """The node ids of the thread in force, oldest first.

    Without a usable ``current_node`` it ends at the newest leaf. A missing parent and a circle
    are reported; what was reached before is kept.
    """
    here = current if isinstance(current, str) and current in nodes else newest_leaf(nodes)
    path: list[str] = []
    seen: set[str] = set()
    while here is not None:
        path.append(here)
        seen.add(here)
        node = nodes[here]
        if not isinstance(node, dict):
            building.skip("", f"the message {here[:80]!r} is not an object; earlier ones are lost")
            path.pop()
            break
        parent = node.get("parent")
        if parent is None or parent == "":
            break
        if not isinstance(parent, str) or parent not in nodes:
            building.skip("", f"the parent of message {here[:80]!r} is missing; kept what follows")
            break
        if parent in seen:
            building.skip("", "the messages go round in a circle; kept each of them once")
            break
        here = parent
    path.reverse()
    return path


def newest_leaf(nodes: dict[str, object]) -> str | None:
    """The node that is nobody's parent and has the latest time; the last one of equals."""
    parents = {
        parent
        for node in nodes.values()
        if isinstance(node, dict) and isinstance(parent := node.get("parent"), str)
    }
    usable = [name for name, node in nodes.items() if isinstance(node, dict)]
    leaves = [name for name in usable if name not in parents] or usable
    best: str | None = None
    best_time = -1.0
    for name in leaves:
        when = time_of(mapping(mapping(nodes[name]).get("message")).get("create_time"))
        stamp = when.timestamp() if when else 0.0
        if stamp >= best_time:
            best, best_time = name, stamp
    return best


def _add(building: Building, message: object, node_id: str) -> None:
    if message is None:
        return
    where = f"message {node_id[:80]}"
    if not isinstance(message, dict):
        building.skip(where, "a message must be a JSON object")
        return
    metadata = mapping(message.get("metadata"))
    content = mapping(message.get("content"))
    kind = string(content.get("content_type"))
    if (
        metadata.get("is_visually_hidden_from_conversation")
        or metadata.get("is_user_system_message")
        or kind in _NOT_SAID
        or message.get("weight") == 0
    ):
        return
    role = role_of(mapping(message.get("author")).get("role"))
    if role is None:
        building.skip(where, "it does not say whether the user or the assistant wrote it")
        return
    texts, extra = _content(content, kind, role)
    if role == "user":
        extra += [
            attachment_line(mapping(item).get("name"))
            for item in sequence(metadata.get("attachments"))
        ]
    elif role == "assistant" and kind == "code":
        texts = [f"```{string(content.get('language'))[:20]}\n{text}\n```" for text in texts]
    building.add(
        where,
        role,
        texts,
        extra=extra,
        created_at=time_of(message.get("create_time")),
        model=identifier(metadata.get("model_slug")) if role == "assistant" else None,
        external_id=identifier(message.get("id")) or identifier(node_id),
    )


def _content(content: dict[str, object], kind: str, role: Role) -> tuple[list[str], list[str]]:
    """What was said, and what only came along (never empty-handed over as the user's own words)."""
    said: list[str] = []
    along: list[str] = []
    for part in sequence(content.get("parts")):
        if isinstance(part, str):
            said.append(part)
            continue
        piece = mapping(part)
        part_kind = string(piece.get("content_type"))
        if part_kind == "audio_transcription":
            said.append(string(piece.get("text")))
        elif "image" in part_kind:
            along.append("[image]")
        elif role != "user":
            said.append(string(piece.get("text")))
        elif text := string(piece.get("text")):
            along.append(pasted(part_kind or "part", text))
    said.extend(text for key in ("text", "result") if (text := string(content.get(key))))
    if role == "user" and kind not in _TYPED:
        # A quoted file, code, or a type that is not known yet: not typed by the person.
        name = string(content.get("title")) or kind
        along = [*(pasted(name, text) for text in said if text.strip()), *along]
        said = []
    return said, along
