"""A model behind an OpenAI-compatible HTTP API: the one file that imports ``openai``.

The SDK makes the requests and reads the event stream. Around it stand, in files of their own:

- :mod:`models.endpoint_calls`: requests at once, retries that announce themselves, parameters that
  a server refuses;
- :mod:`models.endpoint_means`, :mod:`models.endpoint_choose`: the next best means;
- :mod:`models.endpoint_errors`: what a failure means, in a sentence;
- :mod:`models.endpoint_wire`: what leaves this machine, and how much may come back.

Answers are read as plain decoded JSON, for no server is trusted to send the types that it
promises. Nothing is imported or connected before the first call; then only to the host that was
chosen.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from models.endpoint_address import Address, parse_address
from models.endpoint_calls import Calls, NonsenseError
from models.endpoint_choose import ChoiceMeans, EmbeddingMeans, total_usage
from models.endpoint_errors import Asked, Failure, from_status, nonsense, timed_out, unreachable
from models.endpoint_means import PrefillMeans, StructuredMeans
from models.endpoint_text import count, dig, error_text, plain
from models.errors import AuthenticationError, UnavailableError
from models.fingerprint import prompt_sha256
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embedder,
    Embeddings,
    Finished,
    Lane,
    Notice,
    Provenance,
    Sampling,
    Structured,
    TextDelta,
)
from models.secrets import Secret, in_daemon_thread

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_DEFAULT = Sampling()
_GREEDY = Sampling(temperature=0.0)


class EndpointBackend:
    """:class:`models.protocol.Backend` over an OpenAI-compatible API. One event loop only."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: Callable[[], str | None] | None = None,
        name: str | None = None,
        context_tokens: int | None = None,
        parameters_b: float | None = None,
        timeout: float = 60.0,
        max_concurrency: int = 8,
        max_retries: int = 4,
        embedder: Embedder | None = None,
        embedding_model: str | None = None,
        first_pause: float = 0.5,
        longest_wait: float = 60.0,
    ) -> None:
        """``api_key`` is called (in a daemon thread) when first needed and again after a refusal.

        ``timeout``: seconds without a byte. ``first_pause``: seconds before the second attempt.
        ``longest_wait``: the longest ``Retry-After``, in seconds, that is waited for.
        ``embedding_model`` defaults to ``model``. Raises :class:`models.errors.ModelError` if
        ``base_url`` is no address; connects to nothing.
        """
        self._address = parse_address(base_url)
        self._model = model
        self._name = name or model
        self._context_tokens = context_tokens
        self._parameters_b = parameters_b
        self._sdk = _Sdk(self._address, model, api_key, timeout)
        self._calls = Calls(
            self._sdk,
            model,
            max_concurrency=max_concurrency,
            max_retries=max_retries,
            first_pause=first_pause,
            longest_wait=longest_wait,
        )
        self._prefill = PrefillMeans(self._calls)
        self._structured = StructuredMeans(self._calls)
        self._choice = ChoiceMeans(self._calls)
        self._embedding = EmbeddingMeans(self._calls, embedding_model or model, embedder)

    def describe(self) -> Description:
        """``native`` holds what is known so far: ``structured`` and ``choose`` count as native
        until the server turns out not to have them, ``prefill`` and ``embed`` not until it does."""
        # Ollama serves its cloud models through the local port.
        passed_on = self._address.local and self._model.endswith(("-cloud", ":cloud"))
        where = "this machine" if self._address.local else self._address.host
        if passed_on:
            where = "this machine, which passes it on to ollama.com"
        elif not self._address.local and not self._address.encrypted:
            where += " (not encrypted)"
        return Description(
            name=self._name,
            backend="endpoint",
            where=where,
            local=self._address.local and not passed_on,
            context_tokens=self._context_tokens,
            parameters_b=self._parameters_b,
            native={
                "structured": self._structured.native,
                "choose": self._choice.native,
                "embed": self._embedding.native is True,
                "prefill": self._prefill.native is True,
            },
        )

    async def start(self) -> Description:
        """Ask for the list of models: shows whether the server is there and takes the key."""
        try:
            answer = await self._calls.whole("/models", None, "chat")
        except UnavailableError as error:
            if "(404)" not in str(error) and "(405)" not in str(error):
                raise
            answer = None  # some servers have no such list
        self._sdk.known_models = _names(answer)
        entries = dig(answer, "data")
        for entry in entries if isinstance(entries, list) else []:
            if dig(entry, "id") == self._model and self._context_tokens is None:
                sizes = (count(dig(entry, k)) for k in ("max_model_len", "context_length"))
                self._context_tokens = next((size for size in sizes if size), None)
        return self.describe()

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling = _DEFAULT,
        lane: Lane = "chat",
    ) -> AsyncGenerator[ChatEvent, None]:
        """Stream an answer. Before its first word a failure is retried (with a ``Notice``); after
        it, :class:`InterruptedAnswerError`, never a silent second start."""
        begun = await self._prefill.begin(messages, lane)
        body = {**self._calls.body(begun.messages, sampling), **begun.extra}
        async with aclosing(self._calls.events(body, lane)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    if text := begun.beginning.feed(event.text):
                        yield TextDelta(text)
                elif isinstance(event, Notice):
                    yield event
                else:
                    if text := begun.beginning.end():
                        yield TextDelta(text)
                    note = begun.note
                    if note and not begun.beginning.repeated:
                        note += ", and began otherwise"
                    yield Finished(
                        event.reason,
                        event.usage,
                        self._provenance(prompt_sha256(messages), sampling.as_parameters(), note),
                    )

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _GREEDY,
        lane: Lane = "background",
    ) -> Structured:
        value, usage, note = await self._structured.ask(messages, schema, sampling, lane)
        sha256 = prompt_sha256(messages, schema=schema)
        return Structured(value, usage, self._provenance(sha256, sampling.as_parameters(), note))

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        rows, note = await self._choice.ask(prefix, continuations, options, lane)
        sha256 = prompt_sha256(prefix, continuations=continuations, options=options)
        return Choice(
            tuple(row[0] for row in rows),
            tuple(row[1] for row in rows),
            total_usage(rows),
            self._provenance(sha256, {"options": list(options)}, note),
        )

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        vectors, note = await self._embedding.ask(texts, "background")
        sha256 = prompt_sha256([ChatMessage("user", text) for text in texts])
        return Embeddings(vectors, self._provenance(sha256, {}, note))

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        """``None``: the tokenizer is the server's."""
        return None

    async def close(self) -> None:
        await self._sdk.close()

    def _provenance(
        self, sha256: str, parameters: Mapping[str, object], note: str | None
    ) -> Provenance:
        return Provenance(
            model=self._model,
            backend="endpoint",
            prompt_sha256=sha256,
            parameters={**parameters, "host": self._address.host},
            note="; ".join(filter(None, (note, self._calls.note))) or None,
        )


class _Sdk:
    """:class:`models.endpoint_calls.Wire` over the SDK, connected when first used."""

    def __init__(
        self,
        address: Address,
        model: str,
        api_key: Callable[[], str | None] | None,
        timeout: float,
    ) -> None:
        self._address = address
        self._model = model
        self._api_key = api_key
        self._timeout = timeout
        self._secret: Secret | None = None
        self._connecting = asyncio.Lock()
        self._client: AsyncOpenAI | None = None
        self._closed = False
        self.known_models: tuple[str, ...] = ()

    def asked(self) -> Asked:
        secret = self._secret.reveal() if self._secret else None
        address = self._address
        return Asked(address.host, address.base_url, self._model, address.local, secret)

    async def close(self) -> None:
        self._closed = True
        client, self._client, self._secret = self._client, None, None
        if client is not None:
            await client.close()

    async def whole(self, path: str, body: Mapping[str, Any] | None) -> object:
        client = await self._connected()
        if body is None:
            return await client.get(path, cast_to=object)
        return await client.post(path, cast_to=object, body=dict(body))

    async def chunks(
        self, body: Mapping[str, Any], streaming: bool
    ) -> AsyncGenerator[object, None]:
        """The decoded chunks of one answer; one only where the server does not stream. Leaving early
        closes the connection, which is how a server learns that it may stop."""
        from openai import AsyncStream

        client = await self._connected()

        if not streaming:
            whole = {name: value for name, value in body.items() if name != "stream_options"}
            yield await client.post("/chat/completions", cast_to=object, body=whole)
            return
        stream = await client.post(
            "/chat/completions",
            cast_to=object,
            body={**body, "stream": True},
            stream=True,
            stream_cls=AsyncStream[object],
        )
        try:
            kind = stream.response.headers.get("content-type", "text/event-stream")
            if "event-stream" in kind:
                async for chunk in stream:
                    yield chunk
            elif "json" in kind:  # it ignores `stream`
                answer: object = json.loads(await stream.response.aread())
                if said := error_text(dig(answer, "error")):
                    raise NonsenseError(f"reports an error (“{plain(said)}”)")
                yield answer
            else:
                raise NonsenseError(f"answered with {plain(kind, 60) or 'something unknown'}")
        finally:
            await stream.close()

    async def _connected(self) -> AsyncOpenAI:
        """The client; made, and the key fetched, when first needed. In a thread: importing the SDK
        and asking a keyring take longer than a screen may stand still."""
        async with self._connecting:
            if self._closed:
                raise UnavailableError(f"The connection to {self._address.host} was closed.")
            if self._secret is None and self._api_key is not None:
                value = await in_daemon_thread(self._api_key)
                self._secret = Secret(value) if value else None
                self._check_key(value)
            if self._client is None:
                self._client = await asyncio.to_thread(self._new_client)
            return self._client

    def _check_key(self, value: str | None) -> None:
        if not value:
            return
        if not (self._address.encrypted or self._address.private):
            self._secret = None
            raise AuthenticationError(
                f"The key would go to {self._address.host} unencrypted, so it was not sent; use an https:// "
                "address, or take the key off this model."
            )
        if not value.isascii() or not value.isprintable() or " " in value:
            self._secret = None
            raise AuthenticationError(
                f"The key for {self._address.host} holds characters that no key has; copy it again."
            )

    def _new_client(self) -> AsyncOpenAI:
        import openai

        from models.endpoint_wire import http_client

        http = http_client(
            timeout=self._timeout,
            local=self._address.local,
            key=lambda: self._secret.reveal() if self._secret else None,
        )
        return openai.AsyncOpenAI(
            base_url=self._address.base_url,
            api_key="-",  # the client below sends the real one, so the SDK never holds it
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )

    async def failure(self, error: Exception) -> Failure:
        """What an exception of the SDK, of its HTTP client or of the reading of JSON means."""
        import httpx2
        import openai

        from models.endpoint_wire import TooMuchError

        asked, cause = self.asked(), error.__cause__ or error
        if isinstance(error, openai.APIStatusError):
            status = error.status_code
            if status in {401, 403}:
                self._secret = None  # it may have been changed meanwhile: fetch it again next time
            chatting = error.request.url.path.endswith("/chat/completions")
            if status == 404 and chatting and not self.known_models:
                self.known_models = await self._ask_names()
            return from_status(asked, status, error.response.headers, error.body, self.known_models)
        if isinstance(error, openai.APITimeoutError):
            connecting = isinstance(cause, httpx2.ConnectTimeout)
            seconds = min(self._timeout, 10.0) if connecting else self._timeout
            return timed_out(asked, seconds, connecting=connecting)
        if isinstance(error, openai.APIConnectionError):
            if isinstance(cause, TooMuchError):
                return nonsense(asked, "sent an answer of absurd length")
            if isinstance(
                cause, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol
            ):
                return unreachable(asked, str(cause))
            return nonsense(asked, "closed the connection before the answer was complete")
        if isinstance(error, openai.APIError):  # an error inside the stream
            code = count(dig(error.body, "code"))
            status = code if code is not None and 400 <= code < 600 else 500
            return from_status(asked, status, {}, error.body, self.known_models)
        if isinstance(error, NonsenseError):
            return nonsense(asked, str(error))
        return nonsense(asked, "answered with something that cannot be read")

    async def _ask_names(self) -> tuple[str, ...]:
        """The server's models, for a sentence; any trouble is no news then."""
        try:
            assert self._client is not None  # noqa: S101
            answer = await self._client.get("/models", cast_to=object)
        except Exception:  # noqa: BLE001
            return ()
        return _names(answer)


def _names(answer: object) -> tuple[str, ...]:
    """The names in an answer to ``GET /models``."""
    entries = dig(answer, "data")
    names = [dig(entry, "id") for entry in entries] if isinstance(entries, list) else []
    return tuple(name for name in names if isinstance(name, str))
