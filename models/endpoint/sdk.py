"""Requests through the ``openai`` SDK: the one file that imports it, when a connection is made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, Any

from models.endpoint.address import Address
from models.endpoint.calls import NonsenseError
from models.endpoint.errors import Asked, Failure, from_status, nonsense, timed_out, unreachable
from models.endpoint.text import count, dig, error_text, plain
from models.errors import AuthenticationError, UnavailableError
from models.secrets import Secret, in_daemon_thread

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Sdk:
    """:class:`models.endpoint.calls.Wire` over the SDK, connected when first used."""

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

        from models.endpoint.wire import http_client

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

        from models.endpoint.wire import TooMuchError

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
        except Exception:  # noqa: BLE001 - names are a courtesy: the error itself is told
            return ()
        return model_names(answer)


def model_names(answer: object) -> tuple[str, ...]:
    """The names in an answer to ``GET /models``."""
    entries = dig(answer, "data")
    names = [dig(entry, "id") for entry in entries] if isinstance(entries, list) else []
    return tuple(name for name in names if isinstance(name, str))
