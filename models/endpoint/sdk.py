"""Requests: streams through the ``openai`` SDK, which is imported here only and when first needed;
whole answers past it (:mod:`models.endpoint.direct`), for they are many and short."""

from __future__ import annotations

import asyncio
import json
import sys
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

    from models.endpoint.wire import Plain


class StatusError(Exception):
    """The server answered a request for a whole answer with an error."""

    def __init__(self, path: str, status: int, headers: Mapping[str, str], body: object) -> None:
        """``body``: the member ``error`` of decoded JSON, where there is one, as the SDK has it."""
        super().__init__(status)
        self.path = path
        self.status = status
        self.headers = headers
        self.body = body


class BrokenError(Exception):
    """There was no whole answer; ``__cause__`` is why."""


class Sdk:
    """:class:`models.endpoint.calls.Wire`, connected when first used."""

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
        self._refused_secret: Secret | None = None
        """What was refused last: others may be under way with it, whose answers must not show it."""
        self._connecting = asyncio.Lock()
        self._plain: Plain | None = None
        self._client: AsyncOpenAI | None = None
        self._closed = False
        self.known_models: tuple[str, ...] = ()

    def asked(self) -> Asked:
        sent, address = self._secret or self._refused_secret, self._address
        secret = sent.reveal() if sent else None
        return Asked(address.host, address.base_url, self._model, address.local, secret)

    async def close(self) -> None:
        self._closed = True
        client, self._client = self._client, None
        self._secret = self._refused_secret = None
        plain, self._plain = self._plain, None
        if client is not None:
            await client.close()
        if plain is not None:
            await plain.aclose()

    async def whole(self, path: str, body: Mapping[str, Any] | None) -> object:
        """The decoded JSON of one request, read as the SDK would."""
        import httpx2

        plain = await self._connected()
        data = None if body is None else _encoded(body)
        method = "GET" if data is None else "POST"
        try:
            status, headers, answer = await plain.ask(method, path, data)
        except httpx2.HTTPError as error:
            raise BrokenError from error
        if not 200 <= status < 300:
            # Not httpx2.Response: it would unpack what a server packs although nobody asked it to.
            text = answer.decode("utf-8", "replace")
            raise StatusError(path, status, httpx2.Headers(headers), _error_body(text))
        kinds = (value for name, value in headers if name.lower() == b"content-type")
        if not next(kinds, b"").split(b";")[0].endswith(b"json"):
            return None  # a page, most likely: in any case not what was asked for
        return json.loads(answer)

    async def chunks(
        self, body: Mapping[str, Any], streaming: bool
    ) -> AsyncGenerator[object, None]:
        """The decoded chunks of one answer; one only where the server does not stream. Leaving early
        closes the connection, which is how a server learns that it may stop."""
        if not streaming:
            whole = {name: value for name, value in body.items() if name != "stream_options"}
            yield await self.whole("/chat/completions", whole)
            return
        client = await self._streaming()
        from openai import AsyncStream

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

    async def _connected(self) -> Plain:
        """Whom to ask; made, and the key fetched, when first needed. In a thread: imports and
        asking a keyring take longer than a screen may stand still."""
        async with self._connecting:
            if self._closed:
                raise UnavailableError(f"The connection to {self._address.host} was closed.")
            if self._secret is None and self._api_key is not None:
                value = await in_daemon_thread(self._api_key)
                self._secret = Secret(value) if value else None
                self._refused_secret = None
                self._check_key(value)
            if self._plain is None:
                self._plain = await asyncio.to_thread(self._new_plain)
            return self._plain

    async def _streaming(self) -> AsyncOpenAI:
        """The SDK's client, made when first needed."""
        await self._connected()
        async with self._connecting:
            if self._closed:
                raise UnavailableError(f"The connection to {self._address.host} was closed.")
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

    def _key(self) -> str | None:
        return self._secret.reveal() if self._secret else None

    def _new_plain(self) -> Plain:
        from models.endpoint.direct import Direct
        from models.endpoint.wire import Proxied, http_client, proxied

        address = self._address
        if not proxied(local=address.local):
            return Direct(address.base_url, timeout=self._timeout, key=self._key)
        client = http_client(timeout=self._timeout, local=address.local, key=self._key)
        return Proxied(address.base_url, client)

    def _new_client(self) -> AsyncOpenAI:
        import openai

        from models.endpoint.wire import http_client

        http = http_client(timeout=self._timeout, local=self._address.local, key=self._key)
        return openai.AsyncOpenAI(
            base_url=self._address.base_url,
            api_key="-",  # the client below sends the real one, so the SDK never holds it
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )

    async def failure(self, error: Exception) -> Failure:
        """What an exception of a request, of its stream or of the reading of JSON means."""
        asked = self.asked()
        if isinstance(error, NonsenseError):
            return nonsense(asked, str(error))
        if isinstance(error, BrokenError):
            return self._broken(error.__cause__)
        if not isinstance(error, StatusError) and "openai" in sys.modules:
            import openai

            if isinstance(error, openai.APIStatusError):
                path, headers = error.request.url.path, error.response.headers
                error = StatusError(path, error.status_code, headers, error.body)
            elif isinstance(error, openai.APIConnectionError):  # a time-out is one
                return self._broken(error.__cause__)
            elif isinstance(error, openai.APIError):  # an error inside the stream
                code = count(dig(error.body, "code"))
                status = code if code is not None and 400 <= code < 600 else 500
                return from_status(asked, status, {}, error.body, self.known_models)
        if isinstance(error, StatusError):
            return await self._refused(error)
        return nonsense(asked, "answered with something that cannot be read")

    async def _refused(self, error: StatusError) -> Failure:
        """What an HTTP error means."""
        asked, status = self.asked(), error.status
        if status in {401, 403}:
            # It may have been changed meanwhile: fetch it again next time.
            self._refused_secret = self._secret or self._refused_secret
            self._secret = None
        if status == 404 and error.path.endswith("/chat/completions") and not self.known_models:
            self.known_models = await self._ask_names()
        return from_status(asked, status, error.headers, error.body, self.known_models)

    def _broken(self, cause: BaseException | None) -> Failure:
        """What it means that there was no whole answer."""
        import httpx2

        from models.endpoint.wire import TooMuchError

        asked = self.asked()
        if isinstance(cause, httpx2.TimeoutException):
            connecting = isinstance(cause, httpx2.ConnectTimeout)
            seconds = min(self._timeout, 10.0) if connecting else self._timeout
            return timed_out(asked, seconds, connecting=connecting)
        if isinstance(cause, TooMuchError):
            return nonsense(asked, "sent an answer of absurd length")
        if isinstance(cause, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol):
            return unreachable(asked, str(cause))
        return nonsense(asked, "closed the connection before the answer was complete")

    async def _ask_names(self) -> tuple[str, ...]:
        """The server's models, for a sentence; any trouble is no news then."""
        try:
            answer = await self.whole("/models", None)
        except Exception:  # noqa: BLE001 - names are a courtesy: the error itself is told
            return ()
        return model_names(answer)


def model_names(answer: object) -> tuple[str, ...]:
    """The names in an answer to ``GET /models``."""
    entries = dig(answer, "data")
    names = [dig(entry, "id") for entry in entries] if isinstance(entries, list) else []
    return tuple(name for name in names if isinstance(name, str))


def _encoded(body: Mapping[str, Any]) -> bytes:
    """JSON as the SDK and its HTTP client write it."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _error_body(text: str) -> object:
    """What an error's body says, decoded where it is JSON."""
    text = text.strip()
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return body.get("error", body) if isinstance(body, dict) else body
