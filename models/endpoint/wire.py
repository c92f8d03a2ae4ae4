"""The HTTP client under the SDK: what leaves the machine, and how much may come back.

What of it holds for :mod:`models.endpoint.direct` too. Imported when a connection is about to be
made, never before.
"""

from __future__ import annotations

import logging
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence

import httpx2

RawHeaders = Sequence[tuple[bytes, bytes]]

_SENT_HEADERS = frozenset(
    {"host", "accept", "content-type", "content-length", "transfer-encoding", "connection"}
)
"""All that we send, beside our own ``user-agent``, ``accept-encoding`` and ``authorization``. The
SDK would add the operating system, the Python version, and whatever ``OPENAI_ORG_ID``,
``OPENAI_PROJECT_ID`` and ``OPENAI_CUSTOM_HEADERS`` hold, to every host alike."""

MOST_BYTES = 64 << 20
MOST_BYTES_PER_LINE = 4 << 20
KEEPALIVE = 5.0
"""Seconds for which a connection is kept that nobody uses."""

for _name in ("openai", "httpx2", "httpcore2"):
    # At DEBUG these write what is asked and answered; our log file is not the place for it.
    logging.getLogger(_name).setLevel(logging.WARNING)


class TooMuchError(httpx2.ReadError):
    """The answer is longer than any honest one."""


class Bound:
    """Counts a response's bytes, up to a limit for the whole and for one line."""

    def __init__(self) -> None:
        self._total = self._line = 0

    def add(self, piece: bytes) -> None:
        """Raises :class:`TooMuchError` when it is too much."""
        self._total += len(piece)
        end = piece.rfind(b"\n")
        self._line = self._line + len(piece) if end < 0 else len(piece) - end - 1
        if self._total > MOST_BYTES or self._line > MOST_BYTES_PER_LINE:
            raise TooMuchError("the answer is too long")


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes within :class:`Bound`."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        bound = Bound()
        async for piece in self._inner:
            bound.add(piece)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class Plain(ABC):
    """Requests that do not stream."""

    @abstractmethod
    async def ask(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, RawHeaders, bytes]:
        """Status, headers and body of the answer to ``body``, which is JSON. Raises
        :class:`httpx2.HTTPError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close all connections, those in use too."""


class Proxied(Plain):
    """Requests through the proxy that the environment names."""

    def __init__(self, base_url: str, client: httpx2.AsyncClient) -> None:
        self._base_url = base_url
        self._client = client

    async def ask(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, RawHeaders, bytes]:
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        url = self._base_url + path
        response = await self._client.request(method, url, content=body, headers=headers)
        return response.status_code, response.headers.raw, response.content

    async def aclose(self) -> None:
        await self._client.aclose()


def proxied(*, local: bool) -> bool:
    """Whether the environment names a proxy that could be meant: which one, ``httpx2`` knows."""
    return not local and bool(urllib.request.getproxies())


def seconds(timeout: float) -> httpx2.Timeout:
    """``timeout`` without a byte, less than that for connecting, for ever for a connection: how many
    there are is decided before."""
    return httpx2.Timeout(timeout, connect=min(timeout, 10.0), pool=None)


def http_client(
    *, timeout: float, local: bool, key: Callable[[], str | None]
) -> httpx2.AsyncClient:
    """A client that sends no more than it must, follows no redirect (it would carry the words to a
    host that nobody chose), and ignores the environment's proxies for this machine."""

    async def bare(request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() not in _SENT_HEADERS:
                del request.headers[name]
        request.headers["user-agent"] = "persona-tui"
        request.headers["accept-encoding"] = "identity"  # a zip bomb needs a decoder
        if (value := key()) is not None:
            request.headers["authorization"] = f"Bearer {value}"

    async def bound(response: httpx2.Response) -> None:
        # It says so unasked: what is packed stays packed, or the bound would be on the wrong side.
        response.headers.pop("content-encoding", None)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream)

    return httpx2.AsyncClient(
        timeout=seconds(timeout),
        # As many as there are requests at once: fewer, and the others connect each time.
        limits=httpx2.Limits(
            max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE
        ),
        follow_redirects=False,
        trust_env=not local,
        event_hooks={"request": [bare], "response": [bound]},
    )
