"""The back end over an OpenAI-compatible HTTP API.

Around it stand, in files of their own:

- :mod:`models.endpoint.sdk`: the ``openai`` SDK, which makes the requests and reads the event stream;
- :mod:`models.endpoint.calls`: requests at once, retries that announce themselves, parameters that
  a server refuses;
- :mod:`models.endpoint.means`, :mod:`models.endpoint.choose`: the next best means;
- :mod:`models.endpoint.errors`: what a failure means, in a sentence;
- :mod:`models.endpoint.wire`: what leaves this machine, and how much may come back.

Answers are read as plain decoded JSON, for no server is trusted to send the types that it
promises. Nothing is imported or connected before the first call; then only to the host that was
chosen.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from models.endpoint.address import PASSED_ON, parse_address, passed_on
from models.endpoint.calls import Calls
from models.endpoint.choose import ChoiceMeans, EmbeddingMeans, total_usage
from models.endpoint.means import PrefillMeans, StructuredMeans
from models.endpoint.sdk import Sdk, model_names
from models.endpoint.text import count, dig
from models.errors import UnavailableError
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
        self._sdk = Sdk(self._address, model, api_key, timeout)
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
        leaves = self._address.local and passed_on(self._model)
        where = "this machine" if self._address.local else self._address.host
        if leaves:
            where = PASSED_ON
        elif not self._address.local and not self._address.encrypted:
            where += " (not encrypted)"
        return Description(
            name=self._name,
            backend="endpoint",
            where=where,
            local=self._address.local and not leaves,
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
        self._sdk.known_models = model_names(answer)
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
                    note = "; ".join(filter(None, (note, event.note))) or None
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
