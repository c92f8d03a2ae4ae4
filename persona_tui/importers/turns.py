"""The formats that are a flat list of turns: WildChat, ShareGPT, OpenAI-style JSONL.

One record is one conversation; they differ in what the list, the role and the text are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from persona_tui.importers.base import SYNTHETIC, SYNTHETIC_SKIPPED, Read, Sample, Skipped
from persona_tui.importers.drafts import Building, Identities, finish, stable_id
from persona_tui.importers.records import Records
from persona_tui.importers.source import Opened
from persona_tui.importers.values import (
    identifier,
    mapping,
    pasted,
    role_of,
    sequence,
    string,
    time_of,
)
from store.records import MessageDraft, Role, Source


class TurnsImporter:
    """What the three formats share. A subclass names the keys."""

    name: Source
    list_keys: tuple[str, ...]
    """Where the turns are, the usual name first."""
    role_key: str
    text_key: str

    def __init__(self, identities: Identities | None = None) -> None:
        self._ids = identities or Identities()

    def is_record(self, value: object) -> bool:
        """Whether a JSON value is a conversation of this format."""
        turns = self._turns(value)
        first = turns[0] if turns else None
        return isinstance(first, dict) and self.role_key in first

    def sniff(self, sample: Sample) -> float:
        if any(self.is_record(record) for record in sample.records):
            return 1.0
        keys = (*self.list_keys[:1], self.role_key, self.text_key)
        return 0.6 if all(f'"{key}"' in sample.text for key in keys) else 0.0

    def read(self, opened: Opened) -> Iterator[Read]:
        for record in Records(opened, self.is_record):
            if isinstance(record, Skipped):
                yield record
            else:
                yield from self.conversation(record.value, record.position)

    def conversation(self, value: object, position: str) -> Iterator[Read]:
        """One record."""
        if not isinstance(value, dict):
            yield Skipped(position, "a conversation must be a JSON object")
            return
        turns = self._turns(value)
        if turns is None:
            yield Skipped(position, f"the conversation has no list '{self.list_keys[0]}'")
            return
        if value.get("source") == SYNTHETIC:
            yield Skipped(position, SYNTHETIC_SKIPPED)
            return
        building = Building(position)
        for number, turn in enumerate(turns, 1):
            self._add(building, turn, f"message {number}")
        external_id = self.external_id(value, building.messages)
        yield from finish(
            building,
            self.name,
            self._ids.numbered(external_id) if building.messages else external_id,
            title=value.get("title") or value.get("name"),
            created_at=self.created_at(value),
            updated_at=time_of(value.get("updated_at")),
            model=identifier(value.get("model")),
            language=identifier(value.get("language")),
        )

    # --- what a format may say differently ----------------------------------------------------

    def external_id(self, value: dict[str, object], messages: list[MessageDraft]) -> str:
        """The id that stays the same as the conversation grows."""
        own = value.get("conversation_id") or value.get("id") or value.get("uuid")
        return stable_id(own, messages)

    def created_at(self, value: dict[str, object]) -> datetime | None:
        """When the conversation began, if the record says so."""
        for key in ("created_at", "create_time", "timestamp", "created"):
            if (when := time_of(value.get(key))) is not None:
                return when
        return None

    def message_id(self, turn: dict[str, object]) -> str | None:
        """The id of one turn, if it has one."""
        return identifier(turn.get("id"))

    # -------------------------------------------------------------------------------------------

    def _turns(self, value: object) -> list[object] | None:
        if isinstance(value, dict):
            for key in self.list_keys:
                if isinstance(turns := value.get(key), list):
                    return turns
        return None

    def _add(self, building: Building, turn: object, where: str) -> None:
        if not isinstance(turn, dict):
            building.skip(where, "a message must be a JSON object")
            return
        role = role_of(turn.get(self.role_key))
        if role is None:
            building.skip(where, "it does not say whether the user or the assistant wrote it")
            return
        content = turn.get(self.text_key)
        texts, extra = contents(content, role)
        if content is not None and not isinstance(content, str | list | dict):
            building.skip(where, "its text is not text")
            return
        building.add(
            where,
            role,
            texts,
            extra=extra,
            created_at=time_of(turn.get("timestamp")) or time_of(turn.get("created_at")),
            model=identifier(turn.get("model")) if role == "assistant" else None,
            external_id=self.message_id(turn),
        )


def contents(content: object, role: Role) -> tuple[list[str], list[str]]:
    """The text of a message given as a string or as a list of parts, and what came along.

    Parts are ``{type: text | input_text | output_text, text}``, images, sounds and files.
    """
    if isinstance(content, str):
        return [content], []
    said: list[str] = []
    along: list[str] = []
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, str):
            said.append(item)
            continue
        part = mapping(item)
        kind = string(part.get("type"))
        text = string(part.get("text"))
        if kind in ("", "text", "input_text", "output_text", "refusal"):
            said.append(text or string(part.get("refusal")))
        elif kind in ("thinking", "reasoning", "tool_use", "tool_call"):
            continue
        elif "image" in kind:
            along.append("[image]")
        elif "audio" in kind:
            transcript = string(mapping(part.get("input_audio")).get("transcript"))
            said.append(transcript or string(part.get("transcript")))
            along.append("[audio]")
        elif text:
            along.append(pasted(kind, text) if role == "user" else text)
        else:
            along.append(f"[{''.join(c for c in kind[:30] if c.isalnum() or c in '_-')}]")
    return said, along


class OpenAiImporter(TurnsImporter):
    """OpenAI-style JSONL: ``{messages: [{role, content}]}``, content a string or a list of parts."""

    name: Source = "openai"
    list_keys = ("messages",)
    role_key = "role"
    text_key = "content"


class ShareGptImporter(TurnsImporter):
    """ShareGPT: ``{id, conversations: [{from: human | gpt, value}]}``, an array or JSONL."""

    name: Source = "sharegpt"
    list_keys = ("conversations", "items", "conversation")
    role_key = "from"
    text_key = "value"


class WildChatImporter(TurnsImporter):
    """WildChat: ``{conversation_hash, model, timestamp, turn, language, conversation: [{role,
    content, turn_identifier, …}]}``, JSONL or Parquet.

    ``conversation_hash`` is a hash of the content, so it is not unique and changes when a
    conversation grows; the first turn's ``turn_identifier`` is unique.
    """

    name: Source = "wildchat"
    list_keys = ("conversation",)
    role_key = "role"
    text_key = "content"

    def read(self, opened: Opened) -> Iterator[Read]:
        if opened.path is not None and opened.head().startswith(b"PAR1"):
            from persona_tui.importers.parquet import rows

            return rows(opened, self.conversation)
        return super().read(opened)

    def external_id(self, value: dict[str, object], messages: list[MessageDraft]) -> str:
        for turn in sequence(value.get("conversation")):
            number = identifier(mapping(turn).get("turn_identifier"))
            if number is not None:
                return stable_id(number, messages)
        return stable_id(value.get("conversation_hash") or value.get("conversation_id"), messages)

    def message_id(self, turn: dict[str, object]) -> str | None:
        number = identifier(turn.get("turn_identifier"))
        # A question and its answer carry the same number.
        return None if number is None else f"{number}:{string(turn.get('role'))[:9]}"
