"""Messages, candidates and a back end for tests of extraction."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.errors import ModelError
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embeddings,
    Finished,
    Lane,
    Provenance,
    Sampling,
    Structured,
    TextDelta,
    Usage,
)
from store.records import Candidate, Conversation, Evidence, Message, Role

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_USAGE = Usage()
_SAMPLING = Sampling()


def message(text: str, position: int = 0, role: Role = "user", conversation: str = "c") -> Message:
    return Message(f"{conversation}-m{position}", conversation, position, role, text, NOW)


def conversation(conversation_id: str = "c") -> Conversation:
    return Conversation(conversation_id, "synthetic", "A talk", NOW, NOW)


def candidate(text: str, i: int = 0, confidence: float = 0.8) -> Candidate:
    evidence = Evidence("c", "c-m0", 0, 1, "I")
    return Candidate(f"id-{i:05d}", "c", text, confidence, "grounded", None, (evidence,))


@dataclass
class Stub:
    """A back end that says what it is told to; ``size`` chooses the strategy."""

    says: Callable[[str], str | ModelError] = lambda quote: f" said {quote}."
    value: Any = None
    size: float | None = 0.1
    context_tokens: int | None = 4096
    asked: int = 0

    def describe(self) -> Description:
        return Description("stub", "scripted", "this machine", True, self.context_tokens, self.size)

    async def start(self) -> Description:
        return self.describe()

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling = _SAMPLING,
        lane: Lane = "chat",
    ) -> AsyncGenerator[ChatEvent, None]:
        assert lane == "background"
        assert messages[-1].role == "assistant"
        self.asked += 1
        said = self.says(messages[-2].content)
        if isinstance(said, ModelError):
            raise said
        if said:
            yield TextDelta(said)
        yield Finished("stop", _USAGE, self._provenance())

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _SAMPLING,
        lane: Lane = "background",
    ) -> Structured:
        self.asked += 1
        value = self.value(messages) if callable(self.value) else self.value
        if isinstance(value, ModelError):
            raise value
        return Structured(value, _USAGE, self._provenance())

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        raise NotImplementedError

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        raise NotImplementedError

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        return sum(len(m.content.split()) + 4 for m in messages)

    async def close(self) -> None:
        pass

    def _provenance(self) -> Provenance:
        return Provenance("stub", "scripted", "", {})
