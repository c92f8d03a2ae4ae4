"""A small HTTP server on loopback that speaks the OpenAI API, and misbehaves on demand.

Each request to a path takes the next of that path's behaviours (the last one stays). A behaviour
writes raw bytes, so that every way of being wrong on the wire can be written down.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def last(self) -> str:
        """The content of the last message."""
        return str(self.body["messages"][-1]["content"])


Behaviour = Callable[[Request, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class FakeOpenAI:
    """``async with FakeOpenAI() as server``: ``server.base_url`` is its address."""

    chat: Sequence[Behaviour] = ()
    models: Sequence[Behaviour] = ()
    embeddings: Sequence[Behaviour] = ()
    requests: list[Request] = field(default_factory=list)
    left: int = 0
    """Connections that the client closed while an answer was being written."""
    at_once: int = 0
    most_at_once: int = 0

    async def __aenter__(self) -> FakeOpenAI:
        self._taken: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open(self) -> bool:
        """Whether any connection is open still."""
        return bool(self._tasks)

    def asked(self, path: str = "/v1/chat/completions") -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self._answer(request, reader, writer)
                    await writer.drain()
                finally:
                    self.at_once -= 1
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left += 1
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Behave until the client leaves, as a good server does."""
        behaviour = asyncio.ensure_future(self._next(request)(request, writer))
        try:
            while not behaviour.done():
                await asyncio.wait({behaviour}, timeout=0.02)
                if reader.at_eof() and not behaviour.done():
                    raise ConnectionResetError
            await behaviour
        finally:
            behaviour.cancel()

    def _next(self, request: Request) -> Behaviour:
        behaviours = {
            "/v1/chat/completions": self.chat,
            "/v1/models": self.models,
            "/v1/embeddings": self.embeddings,
        }.get(request.path, ())
        if not behaviours:
            return status(404, {"error": {"message": "Not Found"}})
        number = self._taken.get(request.path, 0)
        self._taken[request.path] = number + 1
        return behaviours[min(number, len(behaviours) - 1)]


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
    length = int(headers.get("content-length", "0"))
    body = json.loads(await reader.readexactly(length)) if length else {}
    return Request(method, urlsplit(path).path, headers, body)  # a proxy is given the whole URL


# --- behaviours ---------------------------------------------------------------------------------


def raw(*pieces: bytes | float, close: bool = True) -> Behaviour:
    """Write these bytes as they are; a number is a pause in seconds."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            if isinstance(piece, bytes):
                writer.write(piece)
                await writer.drain()
            else:
                await asyncio.sleep(piece)
        if close:
            writer.close()

    return behave


def status(
    code: int,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    kind: str = "application/json",
) -> Behaviour:
    """A whole response with ``body`` as JSON (``bytes`` and ``str`` as they are)."""
    data = body if isinstance(body, bytes) else b""
    if isinstance(body, str):
        data = body.encode()
    elif not isinstance(body, bytes):
        data = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {code} Whatever", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + data, close=False)


def ok(body: object) -> Behaviour:
    return status(200, body)


EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(text: object, finish: object = None) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


def stream(*texts: str, finish: str = "stop", pause: float = 0.0) -> Behaviour:
    """A well-formed streamed answer."""
    pieces: list[bytes | float] = [EVENT_STREAM]
    for text in texts:
        pieces += [delta(text), pause]
    pieces += [delta("", finish), event({"choices": [], "usage": USAGE}), b"data: [DONE]\n\n"]
    return raw(*pieces)


def events(*pieces: bytes | float) -> Behaviour:
    """An event stream of exactly these pieces, then the end of the connection."""
    return raw(EVENT_STREAM, *pieces)


def answer(text: str | Callable[[Request], str], finish: str = "stop") -> Behaviour:
    """A good answer, streamed or whole as was asked."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        said = text if isinstance(text, str) else text(request)
        if request.body.get("stream"):
            await stream(said, finish=finish)(request, writer)
        else:
            choice = {"message": {"role": "assistant", "content": said}, "finish_reason": finish}
            await ok({"choices": [choice], "usage": USAGE})(request, writer)

    return behave


def refusing(*members: str, then: Behaviour, code: int = 400, named: bool = True) -> Behaviour:
    """400 while one of these members is in the request, then the other behaviour."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        for member in members:
            if member in request.body:
                said = f"Unsupported parameter: '{member}'" if named else "Bad request"
                await status(code, {"error": {"message": said}})(request, writer)
                return
        await then(request, writer)

    return behave
