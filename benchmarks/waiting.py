"""A server that answers every request after a known delay, in a process of its own, and what asks
it with bare sockets: how fast server and machine are at most, whoever asks.

The delay stands in the path: ``http://127.0.0.1:PORT/50/v1`` answers after 50 ms.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TOP = [{"token": "yes", "logprob": -0.5}, {"token": "no", "logprob": -1.0}]
_BODY = json.dumps(
    {
        "id": "x", "object": "chat.completion", "created": 0, "model": "waits",
        "choices": [{
            "index": 0, "finish_reason": "length",
            "message": {"role": "assistant", "content": "yes"},
            "logprobs": {"content": [{**_TOP[0], "top_logprobs": _TOP}]},
        }],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()  # fmt: skip
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(_BODY)).encode() + b"\r\n\r\n" + _BODY
)  # fmt: skip


class _Waits(asyncio.Protocol):
    """One connection of the server. A request's end is found by its ``Content-Length``."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, after = head.lower().partition(b"\r\ncontent-length:")
        if len(body) < int(after.partition(b"\r\n")[0] or b"0"):
            return
        delay = int(head.split(b"/", 2)[1]) / 1000
        self._read = b""
        if delay:
            asyncio.get_running_loop().call_later(delay, self._transport.write, _ANSWER)
        else:
            self._transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Waits, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def waiting_server() -> Iterator[str]:
    """The address of the server (``http://127.0.0.1:PORT``); it ends with the block."""
    command = [sys.executable, "-m", "benchmarks.waiting"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


async def bare(address: str, delay_ms: int, concurrency: int, body: str, seconds: float) -> float:
    """Answers a second to ``body``, asked for over bare sockets by ``concurrency`` clients, each of
    which waits for its answer before it asks again. Connecting does not count."""
    host, _, port = address.removeprefix("http://").partition(":")
    request = (
        f"POST /{delay_ms}/v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"
    ).encode()
    places = [await asyncio.open_connection(host, int(port)) for _ in range(concurrency)]
    rounds = max(1, round(seconds * 1000 / delay_ms)) if delay_ms else 0
    until = time.perf_counter() + seconds

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        done = 0
        while done < rounds if rounds else time.perf_counter() < until:
            writer.write(request)
            await reader.readexactly(len(_ANSWER))
            done += 1
        writer.close()
        return done

    started = time.perf_counter()
    answers = sum(await asyncio.gather(*(client(*place) for place in places)))
    return answers / (time.perf_counter() - started)


if __name__ == "__main__":
    asyncio.run(_serve())
