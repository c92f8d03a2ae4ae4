"""The next best means: what servers that call themselves OpenAI-compatible do differently.

Each ``…Means`` remembers for one back end what its server turned out to do, tries the native way
first, goes on to the next best one where that is refused or silently ignored, checks the result
itself every time, and says in a note which way it went. No network and no SDK here: requests go
through :class:`Caller`.

Sources: vLLM and, since 2026, llama-server take ``continue_final_message`` with
``add_generation_prompt=false`` (llama.cpp pull request 23012); llama_cpp.server ignores
``json_schema`` but takes ``{"type": "json_object", "schema": …}``; Anthropic's compatible endpoint
ignores ``response_format`` and ``logprobs``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from models.endpoint.text import Beginning, parse_json
from models.errors import InvalidOutputError, ModelError
from models.protocol import ChatMessage, FinishReason, Lane, Sampling, Usage
from models.validate import check_schema, validate, without_surrogates

_T = TypeVar("_T")


class RefusedError(ModelError):
    """The server refuses one feature of a request; the caller has another way. Never leaves the
    back end."""

    def __init__(self, feature: str, usage: Usage | None = None) -> None:
        """``usage``: of an answer that came and is of no use, but was paid."""
        super().__init__(f"The endpoint does not take {feature}.")
        self.feature = feature
        self.usage = usage


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    text: str
    reason: FinishReason
    usage: Usage


class Caller(Protocol):
    """What the means need of the back end."""

    host: str

    def body(self, messages: Sequence[ChatMessage], sampling: Sampling) -> dict[str, Any]:
        """The request for an answer to ``messages``."""
        ...

    async def collect(self, body: Mapping[str, Any], lane: Lane) -> Answer:
        """The whole answer, retried where nothing was shown yet. May raise RefusedError."""
        ...

    async def whole(self, path: str, body: Mapping[str, Any] | None, lane: Lane) -> object:
        """The decoded JSON of a request that does not stream. May raise RefusedError."""
        ...


def added(one: Usage, other: Usage) -> Usage:
    """The sum of two usages, unknown where either is."""

    def plus(a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else a + b

    return Usage(
        plus(one.prompt_tokens, other.prompt_tokens),
        plus(one.cached_tokens, other.cached_tokens),
        plus(one.completion_tokens, other.completion_tokens),
    )


def with_instruction(messages: Sequence[ChatMessage], instruction: str) -> list[ChatMessage]:
    """``messages`` with a paragraph added to the last one of the user."""
    changed = list(messages)
    for i in range(len(changed) - 1, -1, -1):
        if changed[i].role == "user":
            changed[i] = replace(changed[i], content=f"{changed[i].content}\n\n{instruction}")
            return changed
    return [*changed, ChatMessage("user", instruction)]


async def together(calls: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
    """The results of all calls, in order; the first failure cancels the others and is raised."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


# --- a forced beginning -------------------------------------------------------------------------

_PROBE = (
    ChatMessage(
        "user", "Write this sentence and nothing else: The quick brown fox jumps over the lazy dog."
    ),
    ChatMessage("assistant", "The quick brown fox jum"),
)
_PROBE_GOES_ON = "ps over"
"""Only a server that continues in the middle of a word begins its answer so."""

_CONTINUE: Mapping[str, object] = {"continue_final_message": True, "add_generation_prompt": False}


@dataclass(frozen=True, slots=True)
class Begun:
    """How to ask for an answer that has a forced beginning."""

    messages: Sequence[ChatMessage]
    extra: Mapping[str, object]
    beginning: Beginning
    """Takes off the beginning where the answer repeats it."""
    note: str | None


class PrefillMeans:
    """Continues a last message of role ``assistant``: natively where a probe (once, a sentence of
    ours, eight tokens) shows that this server does, else by an instruction."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._lock = asyncio.Lock()
        self.native: bool | None = None
        """``None`` until the probe."""
        self._extra: Mapping[str, object] = {}

    async def begin(self, messages: Sequence[ChatMessage], lane: Lane) -> Begun:
        """How to send ``messages`` (any list: one without a forced beginning is left alone)."""
        if not messages or messages[-1].role != "assistant":
            return Begun(messages, {}, Beginning(""), None)
        async with self._lock:
            if self.native is None:
                await self._probe(lane)
        if self.native:
            return Begun(messages, self._extra, Beginning(""), None)
        words = messages[-1].content
        instruction = (
            "Begin your answer with exactly these words, and go on from there without anything "
            f"before them: {words}"
        )
        return Begun(
            with_instruction(messages[:-1], instruction),
            {},
            Beginning(words),
            "the endpoint does not continue a begun answer; it was told how to begin",
        )

    async def _probe(self, lane: Lane) -> None:
        for extra in (_CONTINUE, {}):
            body = self._caller.body(_PROBE, Sampling(temperature=0.0, top_p=1.0, max_tokens=8))
            try:
                answer = await self._caller.collect({**body, **extra}, lane)
            except RefusedError:
                continue
            if answer.text.startswith(_PROBE_GOES_ON):
                self.native, self._extra = True, extra
                return
        self.native = False


# --- structured answers -------------------------------------------------------------------------

_RUNGS: Sequence[str | None] = (
    None,
    "the schema was sent with response_format json_object",
    "the endpoint was asked for some JSON object, and by the prompt for this schema",
    "the endpoint was asked for the schema by the prompt alone",
)


class StructuredMeans:
    """From a schema that the server enforces down to one that the prompt asks for."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.first = 0
        """The rung to begin with: those above were refused, or a lower one worked."""
        self._proven = False

    @property
    def native(self) -> bool:
        return self.first <= 1

    async def ask(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        sampling: Sampling,
        lane: Lane,
    ) -> tuple[Any, Usage, str | None]:
        """The validated value, its usage, and a note. :class:`InvalidOutputError` if the last way
        and one repair gave nothing that satisfies ``schema``."""
        check_schema(schema)
        answer, problem, rung = Answer("", "stop", Usage(0, 0, 0)), "", self.first
        spent = Usage(0, 0, 0)
        while True:
            try:
                answer = await self._caller.collect(
                    self._body(rung, messages, schema, sampling), lane
                )
            except RefusedError:
                if rung == len(_RUNGS) - 1:
                    raise InvalidOutputError(
                        f"{self._caller.host} refuses to answer in JSON; choose another model."
                    ) from None
                rung += 1
                self.first, self._proven = max(self.first, rung), False
                continue
            spent = added(spent, answer.usage)
            try:
                value = _checked(answer, schema)
            except InvalidOutputError as error:
                problem = str(error)
            else:
                return value, spent, self._worked(rung)
            if self._proven or rung == len(_RUNGS) - 1:
                break
            rung += 1
        repair = (
            *messages,
            ChatMessage("assistant", answer.text or "{}"),
            ChatMessage("user", f"{problem} Answer with the corrected JSON alone."),
        )
        answer = await self._caller.collect(self._body(rung, repair, schema, sampling), lane)
        try:
            value = _checked(answer, schema)
        except InvalidOutputError as error:
            raise InvalidOutputError(
                f"The model at {self._caller.host} did not give a usable answer, and neither when "
                f"asked to repair it: {error}"
            ) from None
        note = self._worked(rung)
        repaired = "the first answer was not valid and was repaired"
        return value, added(spent, answer.usage), f"{note}; {repaired}" if note else repaired

    def _worked(self, rung: int) -> str | None:
        self.first, self._proven = rung, True
        return _RUNGS[rung]

    def _body(
        self,
        rung: int,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        sampling: Sampling,
    ) -> dict[str, Any]:
        if rung > 0:
            text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
            messages = with_instruction(
                messages,
                "Answer with one JSON value that satisfies this JSON Schema, and with nothing "
                f"else: {text}",
            )
        body = self._caller.body(messages, sampling)
        if rung == 0:
            form = {"name": "answer", "schema": schema, "strict": _is_strict(schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif rung == 1:
            body["response_format"] = {"type": "json_object", "schema": schema}
        elif rung == 2:
            body["response_format"] = {"type": "json_object"}
        return body


def _checked(answer: Answer, schema: Mapping[str, Any]) -> Any:
    if answer.reason == "length":  # what is cut may still parse, and lacks its end
        raise InvalidOutputError("The answer was cut off at the limit of tokens.")
    try:
        value = without_surrogates(parse_json(answer.text))
        validate(value, schema)
    except ValueError:
        raise InvalidOutputError("The answer is not JSON.") from None
    except RecursionError:
        raise InvalidOutputError("The answer is nested too deeply.") from None
    return value


def _is_strict(schema: object) -> bool:
    """Whether OpenAI's strict mode takes the schema: every object closed, every member required."""
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("properties", {})) != set(schema.get("required", ()))
    ):
        return False
    return all(_is_strict(part) for part in schema.values())
