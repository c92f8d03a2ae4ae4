"""A back end that answers from a script: for unit tests, never offered to people."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from models.errors import ModelError
from models.fingerprint import prompt_sha256
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embedder,
    Embeddings,
    Finished,
    FinishReason,
    Lane,
    Notice,
    Provenance,
    Sampling,
    Structured,
    TextDelta,
    Usage,
)
from models.validate import validate

Reply = str | ModelError | Notice
Answer = Reply | Sequence[Reply]
"""A text is streamed word by word; a sequence piece by piece, as given; a :class:`ModelError` in
either is raised at that place."""

Script = Callable[[Sequence[ChatMessage]], Answer] | Sequence[Answer]
"""A function of the messages, or the answers in the order in which they are asked for."""

Values = (
    Callable[[Sequence[ChatMessage], Mapping[str, Any]], Any] | Sequence[Any] | Mapping[str, Any]
)
"""For ``structured``: a function of messages and schema, the values in order, or a dictionary from
the last message's content to the value. A :class:`ModelError` as value is raised."""

Scores = Callable[[str, str], float]
"""For ``choose``: log-probability (up to a constant) of an option after a prompt's last content."""


_DEFAULT = Sampling()
_GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was received."""

    method: Literal["chat", "structured", "choose", "embed", "count_tokens"]
    messages: tuple[ChatMessage, ...] = ()
    sampling: Sampling | None = None
    lane: Lane | None = None
    schema: Mapping[str, Any] | None = None
    continuations: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass
class ScriptedBackend:
    """Deterministic answers; records its calls.

    ``gate`` is awaited before each piece and each whole result: an :class:`asyncio.Event` holds
    everything back until it is set, a function returning an awaitable can hold back piece by piece.
    ``fail`` is raised by every call while it is set. ``cancelled`` counts the streams and calls
    that were ended by their caller.
    """

    script: Script = ("Hello.",)
    values: Values | None = None
    scores: Scores | None = None
    embedder: Embedder | None = None
    name: str = "scripted"
    context_tokens: int | None = 8192
    parameters_b: float | None = None
    local: bool = True
    finish_reason: FinishReason = "stop"
    gate: asyncio.Event | Callable[[], Awaitable[object]] | None = None
    fail: ModelError | None = None

    calls: list[Call] = field(default_factory=list)
    started: int = 0
    closed: bool = False
    cancelled: int = 0
    _answers: Iterator[Answer] | None = field(default=None, repr=False)
    _values: Iterator[Any] | None = field(default=None, repr=False)

    def describe(self) -> Description:
        return Description(
            name=self.name,
            backend="scripted",
            where="this machine" if self.local else "scripted.example",
            local=self.local,
            context_tokens=self.context_tokens,
            parameters_b=self.parameters_b,
            native={"structured": True, "choose": True, "embed": True, "prefill": True},
        )

    async def start(self) -> Description:
        await self._hold()
        self._raise_failure()
        self.started += 1
        return self.describe()

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling = _DEFAULT,
        lane: Lane = "chat",
    ) -> AsyncGenerator[ChatEvent, None]:
        self.calls.append(Call("chat", tuple(messages), sampling, lane))
        self._raise_failure()
        words = 0
        finished = False
        try:
            for piece in _pieces(self._next_answer(messages)):
                await self._hold()
                self._raise_failure()
                if isinstance(piece, ModelError):
                    finished = True
                    raise piece
                if isinstance(piece, Notice):
                    yield piece
                elif piece:
                    words += 1
                    yield TextDelta(piece)
            await self._hold()
            finished = True
        finally:
            if not finished:
                self.cancelled += 1
        yield Finished(
            self.finish_reason, Usage(completion_tokens=words), self._provenance(messages, sampling)
        )

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _GREEDY,
        lane: Lane = "background",
    ) -> Structured:
        self.calls.append(Call("structured", tuple(messages), sampling, lane, schema))
        await self._hold_counting()
        self._raise_failure()
        value = self._next_value(messages, schema)
        if isinstance(value, ModelError):
            raise value
        validate(value, schema)
        return Structured(value, Usage(), self._provenance(messages, sampling))

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        self.calls.append(
            Call(
                "choose",
                tuple(prefix),
                lane=lane,
                continuations=tuple(continuations),
                options=tuple(options),
            )
        )
        await self._hold_counting()
        self._raise_failure()
        scores = self.scores or (lambda _text, _option: 0.0)
        rows = []
        for continuation in continuations:
            text = prefix[-1].content + continuation
            row = [scores(text, option) for option in options]
            top = max(row)
            total = top + math.log(sum(math.exp(score - top) for score in row))
            rows.append(tuple(score - total for score in row))
        mass = tuple(None for _ in continuations)
        return Choice(tuple(rows), mass, Usage(), self._provenance(prefix, None))

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.calls.append(Call("embed", texts=tuple(texts)))
        await self._hold_counting()
        self._raise_failure()
        if self.embedder is None:
            from models.embeddings import HashedEmbedder

            self.embedder = HashedEmbedder()
        return await self.embedder.embed(texts)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        """Words count as tokens."""
        self.calls.append(Call("count_tokens", tuple(messages)))
        self._raise_failure()
        return sum(len(message.content.split()) + 1 for message in messages)

    async def close(self) -> None:
        self.closed = True

    async def _hold(self) -> None:
        await asyncio.sleep(0)  # a real back end always gives the loop a turn
        if isinstance(self.gate, asyncio.Event):
            await self.gate.wait()
        elif self.gate is not None:
            await self.gate()

    async def _hold_counting(self) -> None:
        try:
            await self._hold()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def _raise_failure(self) -> None:
        if self.fail is not None:
            raise self.fail

    def _next_answer(self, messages: Sequence[ChatMessage]) -> Answer:
        if callable(self.script):
            return self.script(messages)
        if self._answers is None:
            self._answers = iter(self.script)
        try:
            return next(self._answers)
        except StopIteration:
            raise AssertionError("the script has no further answer") from None

    def _next_value(self, messages: Sequence[ChatMessage], schema: Mapping[str, Any]) -> Any:
        if self.values is None:
            raise AssertionError("structured() was called but no values were given")
        if callable(self.values):
            return self.values(messages, schema)
        if isinstance(self.values, Mapping):
            return self.values[messages[-1].content]
        if self._values is None:
            self._values = iter(self.values)
        return next(self._values)

    def _provenance(self, messages: Sequence[ChatMessage], sampling: Sampling | None) -> Provenance:
        parameters = sampling.as_parameters() if sampling is not None else {}
        return Provenance(self.name, "scripted", prompt_sha256(messages), parameters)


def _pieces(answer: Answer) -> Iterator[Reply]:
    if isinstance(answer, str):
        yield from re.findall(r"\s*\S+|\s+$", answer)
    elif isinstance(answer, ModelError | Notice):
        yield answer
    else:
        yield from answer
