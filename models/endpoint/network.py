"""Bytes over plain asyncio for ``httpcore2``, whose own way there goes through anyio.

That way costs a request about as much again as the HTTP around it (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any, cast
from weakref import WeakSet

import httpcore2

_READ_AHEAD = 1 << 20
"""Bytes that may lie unread before the server is told to wait."""


class Stream(asyncio.Protocol, httpcore2.AsyncNetworkStream):
    """One connection's bytes. What is written leaves with the next read: a request in one piece."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = bytearray()
        self._unsent = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None

    # --- what asyncio calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a stream of bytes, it always is

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _READ_AHEAD:
            self._transport.pause_reading()
        _wake(self._reading)

    def eof_received(self) -> bool:
        self._ended = True
        _wake(self._reading)
        return False  # close our half too

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, exc
        _wake(self._reading)
        _wake(self._writing)

    def pause_writing(self) -> None:
        self._writing = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _wake(self._writing)
        self._writing = None

    # --- what httpcore2 calls ---------------------------------------------------------------------

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
    ) -> bytes:
        await self._send(timeout)
        if not self._received and not self._ended:
            self._reading = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._reading
            except TimeoutError:
                raise httpcore2.ReadTimeout from None
            finally:
                self._reading = None
        if self._received:
            data = bytes(self._received[:max_bytes])
            del self._received[:max_bytes]
            if not self._ended:
                self._transport.resume_reading()
            return data
        if self._error is not None:
            raise httpcore2.ReadError(str(self._error))
        return b""

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
    ) -> None:
        del timeout
        self._unsent += buffer

    async def _send(self, limit: float | None) -> None:
        if not self._unsent:
            return
        data = bytes(self._unsent)
        self._unsent.clear()
        if self._transport.is_closing():
            return  # the server may have said why before it closed: read it
        self._transport.write(data)
        if self._writing is not None:
            try:
                async with asyncio.timeout(limit):
                    await self._writing
            except TimeoutError:
                raise httpcore2.WriteTimeout from None

    async def aclose(self) -> None:
        self.abort()

    def abort(self) -> None:
        """Close at once; what waits for bytes is woken."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
    ) -> httpcore2.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                transport = await loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None
        except OSError as error:  # an SSLError is one
            raise httpcore2.ConnectError(str(error)) from error
        if transport is None:
            raise httpcore2.ConnectError("the connection was closed while it was secured")
        self._transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: it is over, or not to be trusted
            return bool(self._received) or self._ended or self._transport.is_closing()
        return self._transport.get_extra_info("ssl_object") if info == "ssl_object" else None


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


class Network(httpcore2.AsyncNetworkBackend):
    """Connects with asyncio alone."""

    def __init__(self) -> None:
        self._streams: WeakSet[Stream] = WeakSet()
        self._closed = False

    def close(self) -> None:
        """Connections that are only being made know no end of their own: nothing may be sent on them."""
        self._closed = True
        for stream in tuple(self._streams):
            stream.abort()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        del local_address, socket_options  # never asked for
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, stream = await loop.create_connection(
                    Stream, host, port, happy_eyeballs_delay=0.25
                )
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None
        except (socket.gaierror, UnicodeError) as error:  # no such host, or none can be called so
            raise httpcore2.ConnectError(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError("All connection attempts failed") from error
        self._streams.add(stream)
        if self._closed:
            stream.abort()
            raise httpcore2.ConnectError("closed meanwhile")
        return stream
