"""Whole answers over kept-alive connections to one host, without SDK and HTTP client.

A choice over many rows is thousands of requests of one token each. Through SDK and client each
costs some 2 ms of processor time, most of it for options, models and locks that such a request has
no use for; so here ``httpcore2``, which speaks HTTP and TLS under both, is asked directly. What is
ours: which connection is free (its pool looks at all of them for each request), and the bytes
(:mod:`models.endpoint.network`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import httpcore2
import httpx2

from models.endpoint.network import Network
from models.endpoint.wire import KEEPALIVE, Bound, Plain, RawHeaders, seconds

_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)


class Direct(Plain):
    """Requests to one base URL, as many at once as are asked for. One event loop only."""

    def __init__(self, base_url: str, *, timeout: float, key: Callable[[], str | None]) -> None:
        """``timeout``: seconds without a byte. Reads the certificates, where the address is https:
        not for the event loop."""
        self._base_url = base_url
        self._key = key
        self._timeout = seconds(timeout).as_dict()
        secure = base_url.lower().startswith("https:")
        self._tls = httpx2.create_ssl_context() if secure else None
        self._network = Network()
        self._urls: dict[str, tuple[httpcore2.URL, bytes]] = {}
        self._free: deque[httpcore2.AsyncHTTPConnection] = deque()
        self._used: set[httpcore2.AsyncHTTPConnection] = set()
        self._closed = False

    async def ask(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, RawHeaders, bytes]:
        try:
            return await self._asked(method, path, body)
        except _ERRORS as error:
            # The HTTP client above httpcore2 has the same errors by the same names.
            raise getattr(httpx2, type(error).__name__)(str(error)) from error

    async def _asked(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, RawHeaders, bytes]:
        url, host = self._urls.get(path) or self._url(path)
        connection = await self._connection(url)
        self._used.add(connection)
        try:
            response = await connection.handle_async_request(
                httpcore2.Request(
                    method,
                    url,
                    headers=self._headers(host, body),
                    content=body,
                    extensions={"timeout": self._timeout},
                )
            )
            try:
                bound, pieces = Bound(), []
                async for piece in response.aiter_stream():
                    bound.add(piece)
                    pieces.append(piece)
            finally:
                await response.aclose()
        finally:
            self._used.discard(connection)
            if connection.is_available() and not self._closed:
                self._free.append(connection)
            else:
                await connection.aclose()
        return response.status, response.headers, b"".join(pieces)

    async def aclose(self) -> None:
        self._closed = True
        for connection in (*self._free, *self._used):
            await connection.aclose()
        self._network.close()
        self._free.clear()

    async def _connection(self, url: httpcore2.URL) -> httpcore2.AsyncHTTPConnection:
        """The one that was last in use, if it is still good, else a new one."""
        while self._free and self._free[0].has_expired():  # the longest out of use
            await self._free.popleft().aclose()
        while self._free:
            connection = self._free.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore2.AsyncHTTPConnection(
            url.origin, self._tls, keepalive_expiry=KEEPALIVE, network_backend=self._network
        )

    def _url(self, path: str) -> tuple[httpcore2.URL, bytes]:
        """Where a path is, and the ``Host`` of it. Made once: it takes longer than a request."""
        read = httpx2.URL(self._base_url + path)
        url = httpcore2.URL(
            scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path
        )
        self._urls[path] = url, read.netloc
        return self._urls[path]

    def _headers(self, host: bytes, body: bytes | None) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", host),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"keep-alive"),
            (b"User-Agent", b"persona-tui"),
        ]
        if body is not None:
            headers.append((b"Content-Type", b"application/json"))
            headers.append((b"Content-Length", str(len(body)).encode()))
        if (value := self._key()) is not None:
            headers.append((b"Authorization", f"Bearer {value}".encode()))
        return headers
