"""What the engine is compared with: ``llama_cpp.server``, and a server that only waits."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from models.secrets import environment_without_keys

KEY = "local-benchmark-key"
_TOP = [{"token": "yes", "logprob": -0.5}, {"token": "no", "logprob": -1.0}]
_ANSWER = json.dumps(
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


@contextmanager
def llama_server(model: Path, threads: int) -> Iterator[str]:
    """The base URL of ``python -m llama_cpp.server`` with ``model``; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024", "--api_key", KEY]
    command += ["--n_threads", str(threads), "--model_alias", "starter", "--logits_all", "true"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment_without_keys(os.environ),
    )
    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait_for(base_url, process)
        yield base_url
    finally:
        process.terminate()
        process.wait()


def _wait_for(base_url: str, process: subprocess.Popen[bytes]) -> None:
    asked = urllib.request.Request(f"{base_url}/models", headers={"Authorization": f"Bearer {KEY}"})
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(asked, timeout=1):
            return
        time.sleep(0.2)
    raise SystemExit("llama_cpp.server did not start; is the extra for it installed?")


@asynccontextmanager
async def waiting_server(delay: float) -> AsyncIterator[str]:
    """The base URL of a server that answers every request after ``delay`` seconds."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = head.partition("content-length:")[2].split("\r\n")[0].strip() or "0"
                await reader.readexactly(int(length))
                await asyncio.sleep(delay)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                    + str(len(_ANSWER)).encode() + b"\r\n\r\n" + _ANSWER
                )  # fmt: skip
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
