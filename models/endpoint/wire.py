"""The HTTP client under the SDK: what leaves the machine, and how much may come back.

Imported when a connection is about to be made, never before.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import httpx2

_SENT_HEADERS = frozenset(
    {"host", "accept", "content-type", "content-length", "transfer-encoding", "connection"}
)
"""All that we send, beside our own ``user-agent``, ``accept-encoding`` and ``authorization``. The
SDK would add the operating system, the Python version, and whatever ``OPENAI_ORG_ID``,
``OPENAI_PROJECT_ID`` and ``OPENAI_CUSTOM_HEADERS`` hold, to every host alike."""

MOST_BYTES = 64 << 20
MOST_BYTES_PER_LINE = 4 << 20

for _name in ("openai", "httpx2", "httpcore2"):
    # At DEBUG these write what is asked and answered; our log file is not the place for it.
    logging.getLogger(_name).setLevel(logging.WARNING)


class TooMuchError(httpx2.ReadError):
    """The answer is longer than any honest one."""


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, up to a limit for the whole and for one line."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = line = 0
        async for piece in self._inner:
            total += len(piece)
            end = piece.rfind(b"\n")
            line = line + len(piece) if end < 0 else len(piece) - end - 1
            if total > MOST_BYTES or line > MOST_BYTES_PER_LINE:
                raise TooMuchError("the answer is too long")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


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
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream)

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0), pool=None),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=not local,
        event_hooks={"request": [bare], "response": [bound]},
    )
