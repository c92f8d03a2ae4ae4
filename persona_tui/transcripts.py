"""A conversation as a text of its own: what the verb and the screen export."""

from __future__ import annotations

import json
from collections.abc import Sequence

from persona_tui.importers.base import SYNTHETIC, SYNTHETIC_LINE
from store.records import Conversation, Message


def as_markdown(conversation: Conversation, rows: Sequence[Message]) -> str:
    """A transcript that a person can read and the Markdown importer can read again."""
    names = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
    parts = [f"# {conversation.title}"]
    if conversation.source == SYNTHETIC:
        parts.append(SYNTHETIC_LINE)
    for row in rows:
        mark = " (interrupted)" if row.status == "interrupted" else ""
        parts.append(f"## {names[row.role]}{mark}\n\n{row.text}")
    return "\n\n".join(parts) + "\n"


def as_record(conversation: Conversation, rows: Sequence[Message]) -> dict[str, object]:
    """An OpenAI-style object. What a model played is marked, so that no importer, here or elsewhere,
    takes it for a person's."""
    synthetic = {"source": SYNTHETIC} if conversation.source == SYNTHETIC else {}
    return {
        "id": conversation.conversation_id,
        **synthetic,
        "title": conversation.title,
        "created_at": conversation.created_at.isoformat(),
        "messages": [{"role": row.role, "content": row.text} for row in rows],
    }


def as_jsonl(conversation: Conversation, rows: Sequence[Message]) -> str:
    """:func:`as_record` on one line, for a file in UTF-8."""
    return json.dumps(as_record(conversation, rows), ensure_ascii=False)
