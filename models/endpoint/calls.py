"""One call to an endpoint, its several attempts, and what is given up between them.

Knows no SDK: requests go out through a :class:`Wire`, which :mod:`models.endpoint.sdk` implements.
The SDK's own retries are not used, because they wait silently, where a person wants to be told,
and because what a server refuses is left out before the next attempt.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast

from models.endpoint.errors import Asked, Failure, pause, waits_too_long
from models.endpoint.means import Answer, RefusedError
from models.endpoint.text import content_of, count, dig, thought_aloud
from models.errors import (
    ContextOverflowError,
    InterruptedAnswerError,
    InvalidOutputError,
    ModelError,
    UnavailableError,
)
from models.protocol import ChatMessage, FinishReason, Lane, Notice, Sampling, TextDelta, Usage
from models.streaming import THINKING, THOUGHT_NOTE, Thoughts, only_thoughts

_FEATURES: Mapping[str, str] = {
    "response_format": r"response_format|json_schema|json_object|schema|grammar",
    "logprobs": r"logprobs|logits",
    "continue_final_message": r"continue_final_message|add_generation_prompt|prefill|assistant",
    "input": r"embed",
}
"""Member of a request that stands for a feature with a next best means → how refusals name it."""

_DROPPABLE = ("stream_options", "repeat_penalty", "seed", "stop", "top_p", "temperature")
"""What a request can do without, in the order in which it is given up."""


_CUTS_TO_LEARN_FROM = 2
_ALONE = 16
"""Answers that are then asked for one at a time; doubled each time that it turns out too few."""
_MOST_ALONE = 1024


class NonsenseError(ValueError):
    """What came is not what the protocol promises; the text goes on after the host's name."""


class FilteredError(InterruptedAnswerError):
    """The server stopped the answer on purpose: it would do so again."""


class CutShortError(NonsenseError):
    """The stream ended in good order, and without a finish."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of one answer."""

    reason: FinishReason
    usage: Usage
    note: str | None = None


Event = TextDelta | Notice | Ended


class Wire(Protocol):
    """Requests, one attempt each. May raise anything; ``failure`` says what it means."""

    def asked(self) -> Asked: ...

    def chunks(self, body: Mapping[str, Any], streaming: bool) -> AsyncGenerator[object, None]:
        """The decoded chunks of one answer; closing it early closes the connection."""
        ...

    async def whole(self, path: str, body: Mapping[str, Any] | None) -> object:
        """The decoded JSON of one request."""
        ...

    async def failure(self, error: Exception) -> Failure:
        """What an exception of the two above means."""
        ...


class Calls:
    """The calls to one endpoint: :class:`models.endpoint.means.Caller`."""

    def __init__(
        self,
        wire: Wire,
        model: str,
        *,
        max_concurrency: int,
        max_retries: int,
        first_pause: float,
        longest_wait: float,
    ) -> None:
        """``first_pause`` and ``longest_wait`` in seconds: before the first further attempt, and
        the longest that a server may ask for."""
        self._wire = wire
        self.host = wire.asked().host
        self._model = model
        self._max_retries = max_retries
        self._first_pause = first_pause
        self._longest_wait = longest_wait
        self._all = asyncio.Semaphore(max(1, max_concurrency))
        self._background = asyncio.Semaphore(max(1, max_concurrency - 1))  # one is the chat's
        self._one = asyncio.Lock()
        self._running = 0
        self._cuts = 0
        self._alone = 0
        self._alone_next = _ALONE
        self._not_before = 0.0
        self._left_out: set[str] = set()

    @property
    def note(self) -> str | None:
        """What was given up for this server, for the provenance."""
        notes = []
        if names := sorted(self._left_out - {"stream_options", "max_tokens"}):
            notes.append(f"the endpoint refuses {', '.join(names)}, which was left out")
        if self._one_at_a_time:
            notes.append("the endpoint breaks off an answer when asked for another: one at a time")
        return "; ".join(notes) or None

    @property
    def _one_at_a_time(self) -> bool:
        """As llama_cpp.server wants it: it ends one stream when another request comes."""
        return self._alone > 0

    def _learn(self, *, cut: bool) -> None:
        """A server that breaks off answers gets one request at a time for a while; the cuts may
        have been the network's, and one wrong guess must not slow down a whole long job."""
        if not cut:
            self._alone = max(0, self._alone - 1)
            return
        self._cuts += 1
        if self._cuts >= _CUTS_TO_LEARN_FROM and not self._alone:
            self._alone, self._alone_next = self._alone_next, min(_MOST_ALONE, 2 * self._alone_next)
            self._cuts = _CUTS_TO_LEARN_FROM - 1  # when it tries again, one is enough

    def body(self, messages: Sequence[ChatMessage], sampling: Sampling) -> dict[str, Any]:
        """The request for an answer to ``messages``."""
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.repeat_penalty != 1.0:
            body["repeat_penalty"] = sampling.repeat_penalty
        return body

    async def collect(self, body: Mapping[str, Any], lane: Lane) -> Answer:
        """The whole answer. One that breaks off is asked for again: nobody has seen its part."""
        tries = 0
        while True:
            text = ""
            try:
                async with aclosing(self.events(body, lane)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            text += event.text
                        elif isinstance(event, Ended):
                            return Answer(text, event.reason, event.usage)
                raise UnavailableError(f"{self.host} sent no answer; try again.")
            except FilteredError:
                raise
            except InterruptedAnswerError:
                tries += 1
                if tries > self._max_retries:
                    raise
            await asyncio.sleep(pause(tries, self._first_pause))

    async def whole(self, path: str, body: Mapping[str, Any] | None, lane: Lane) -> object:
        """The decoded JSON of one request that does not stream, with retries."""

        async def attempt(body: Mapping[str, Any], streaming: bool) -> AsyncGenerator[object, None]:
            del streaming
            answer = await self._wire.whole(path, body or None)
            if not isinstance(answer, dict):
                raise NonsenseError("answered with something else than was asked for")
            yield answer

        async with aclosing(self._tries(attempt, dict(body or {}), lane)) as events:
            async for event in events:
                if not isinstance(event, Notice):
                    return cast("object", event)
        raise UnavailableError(f"{self.host} sent no answer; try again.")

    def events(self, body: Mapping[str, Any], lane: Lane) -> AsyncGenerator[Event, None]:
        """Stream one answer, with retries before its first word; after it a failure is an
        :class:`InterruptedAnswerError`, never a silent second start."""
        streamed = {**body, "stream_options": {"include_usage": True}}
        return self._tries(self._answer, streamed, lane)

    async def _tries(
        self,
        attempt: Callable[[Mapping[str, Any], bool], AsyncGenerator[Any, None]],
        body: dict[str, Any],
        lane: Lane,
    ) -> AsyncGenerator[Any, None]:
        failures = broken = 0
        while True:
            self._leave_out(body)
            said = False
            async with self._turn(lane):
                try:
                    # Some servers can tell an error only where they do not stream.
                    async with aclosing(attempt(body, broken != 2)) as events:
                        async for event in events:
                            said = said or isinstance(event, TextDelta)
                            if not isinstance(event, TextDelta | Notice):
                                self._learn(cut=False)
                            yield event
                    return
                except ModelError:
                    raise
                except Exception as error:  # noqa: BLE001 - the wire may bring anything
                    if isinstance(error, CutShortError) and self._running > 1:
                        self._learn(cut=True)
                    failure = await self._wire.failure(error)
            # Outside of the handler: no exception of ours drags along a request and its headers.
            if said:
                raise InterruptedAnswerError(
                    f"The answer of {self.host} broke off ({failure.short or 'connection cut'}); "
                    "what had arrived is kept, ask again for the rest."
                )
            if self._given_up(body, failure):
                continue
            failures += 1
            broken += failure.broken
            seconds, most = self._again(failure, failures)
            if failure.wait is not None:
                yield Notice(f"{self.host} asks to wait {seconds:.0f} s…")
            else:
                yield Notice(f"{self.host}: {failure.short}; trying again ({failures} of {most})…")
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def _turn(self, lane: Lane) -> AsyncIterator[None]:
        """A place among the requests at once, when the server wants requests again."""
        async with AsyncExitStack() as places:
            if lane == "background":
                await places.enter_async_context(self._background)
            await places.enter_async_context(self._all)
            if self._one_at_a_time:
                await places.enter_async_context(self._one)
            seconds = self._not_before - time.monotonic()
            if seconds > 0:
                await asyncio.sleep(seconds)
            self._running += 1
            places.callback(self._left)
            yield

    def _left(self) -> None:
        self._running -= 1

    def _again(self, failure: Failure, failures: int) -> tuple[float, int]:
        """Seconds until the next attempt, and how many there may be; raises if there is none."""
        most = self._max_retries
        if failure.most_retries is not None:
            most = min(most, failure.most_retries)
        if failure.wait is not None and failure.wait > self._longest_wait:
            raise waits_too_long(self._wire.asked(), failure.wait)
        if not failure.retry or failures > most:
            raise failure.error
        seconds = pause(failures, self._first_pause)
        if failure.wait is not None:
            self._not_before = max(self._not_before, time.monotonic() + failure.wait)
            seconds = max(seconds, failure.wait)
        return seconds, most

    # --- parameters that servers refuse ---------------------------------------------------------

    def _leave_out(self, body: dict[str, Any]) -> None:
        """Take out what this server refused before."""
        for name in self._left_out:
            value = body.pop(name, None)
            if name == "max_tokens" and value is not None:
                body["max_completion_tokens"] = value

    def _given_up(self, body: Mapping[str, Any], failure: Failure) -> bool:
        """Whether the same request is worth sending without some parameter, which is then left
        out from now on. Raises :class:`RefusedError` for a feature that has a next best means."""
        status, text = failure.status or 0, failure.text
        refusal = status in {400, 403, 404, 405, 415, 422, 501}
        if not (refusal or status >= 500):
            return False
        if isinstance(failure.error, ContextOverflowError):
            return False
        for feature, pattern in _FEATURES.items():
            if feature in body and re.search(pattern, text, re.IGNORECASE):
                raise RefusedError(feature)
        if status not in {400, 422}:
            if refusal and "input" in body:  # no such path, or not for this model
                raise RefusedError("input")
            return False
        if "max_tokens" in body and "max_completion_tokens" in text:
            self._left_out.add("max_tokens")
            return True
        for name in _DROPPABLE:
            if name in body and re.search(rf"\b{name}\b", text):
                self._left_out.add(name)
                return True
        if type(failure.error) is not ModelError:
            return False  # it says what is wrong, and it is no parameter
        for feature in _FEATURES:
            if feature in body:
                raise RefusedError(feature)
        if "stream_options" in body:
            self._left_out.add("stream_options")
            return True
        return False

    # --- one attempt ----------------------------------------------------------------------------

    async def _answer(
        self, body: Mapping[str, Any], streaming: bool
    ) -> AsyncGenerator[Event, None]:
        reason: str | None = None
        usage = Usage()
        started, first = time.monotonic(), None
        thoughts, thinking, answered = Thoughts(), False, False
        try:
            async with aclosing(self._wire.chunks(body, streaming)) as chunks:
                async for chunk in chunks:
                    if not isinstance(chunk, dict):
                        raise NonsenseError("answered with something else than was asked for")
                    choice = dig(chunk, "choices", 0)
                    text = thoughts.feed(content_of(choice) or "")
                    usage = _usage(chunk) or usage
                    finish = dig(choice, "finish_reason")
                    if not thinking and (thoughts.met or thought_aloud(choice)):
                        thinking = True
                        yield Notice(THINKING)
                    if text:
                        first, answered = first or time.monotonic(), True
                        yield TextDelta(text)
                    if isinstance(finish, str) and finish:
                        reason = finish
        except Exception:
            if reason is None:  # after the finish only the usage can be missing
                raise
        if reason is None:
            raise CutShortError("broke off the answer" if first else "sent no answer")
        if reason == "content_filter":
            raise FilteredError(
                f"{self.host} stopped the answer by its content filter; put it in other words or "
                "choose another model."
            )
        if text := thoughts.finish():
            first, answered = first or time.monotonic(), True
            yield TextDelta(text)
        cut = reason in {"length", "max_tokens"}
        if thinking and cut and not answered:
            raise InvalidOutputError(only_thoughts(self._limit(body)))
        ended = time.monotonic()
        yield Ended(
            "length" if cut else "stop",
            Usage(
                usage.prompt_tokens,
                usage.cached_tokens,
                usage.completion_tokens,
                (first or ended) - started,
                ended - (first or ended),
            ),
            THOUGHT_NOTE if thinking else None,
        )

    @staticmethod
    def _limit(body: Mapping[str, Any]) -> int:
        return int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)


def _usage(chunk: object) -> Usage | None:
    usage = dig(chunk, "usage")
    if not isinstance(usage, dict):
        return None
    return Usage(
        count(usage.get("prompt_tokens")),
        count(dig(usage, "prompt_tokens_details", "cached_tokens")),
        count(usage.get("completion_tokens")),
    )
