"""Endpoints on this machine: found when they are there, and nothing else happens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack

import pytest

from models.discovery import DEFAULT_PORTS, EndpointKind, FoundEndpoint, find_local_endpoints
from tests.models.fake_openai import Behaviour, FakeOpenAI, ok, raw, status

pytestmark = pytest.mark.usefixtures("loopback")


DRIP: list[bytes | float] = [b" ", 0.05] * 400
"""A byte now and then: no read takes too long, and all of them together do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def find(
    servers: Mapping[EndpointKind, Behaviour], timeout: float = 0.5
) -> tuple[list[FoundEndpoint], Mapping[EndpointKind, FakeOpenAI]]:
    async with AsyncExitStack() as stack:
        running = {
            kind: await stack.enter_async_context(FakeOpenAI(models=[behaviour]))
            for kind, behaviour in servers.items()
        }
        ports: dict[EndpointKind, int] = dict.fromkeys(DEFAULT_PORTS, free_port())
        ports.update({kind: server.port for kind, server in running.items()})
        return await find_local_endpoints(timeout, ports=ports), running


def listing(*names: object, owner: str = "somebody") -> Behaviour:
    return ok({"data": [{"id": name, "owned_by": owner} for name in names]})


async def test_what_answers_is_found_with_its_models() -> None:
    found, servers = await find(
        {"ollama": listing("llama3:8b", "qwen3:4b", owner="library"), "vllm": listing("big")}
    )
    assert found == [
        FoundEndpoint("ollama", servers["ollama"].base_url, ("llama3:8b", "qwen3:4b")),
        FoundEndpoint("vllm", servers["vllm"].base_url, ("big",)),
    ]


async def test_the_owner_tells_more_than_the_port() -> None:
    found, _ = await find({"llama-server": listing("m", owner="vllm")})
    assert [endpoint.kind for endpoint in found] == ["vllm"]


async def test_an_older_ollama_is_asked_for_its_tags() -> None:
    async def tags(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        known = head.startswith(b"GET /api/tags ")
        body = b'{"models": [{"name": "llama2:7b"}]}' if known else b"404 page not found"
        code = b"200 OK" if known else b"404 Not Found"
        writer.write(b"HTTP/1.1 " + code + b"\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(tags, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await find_local_endpoints(ports={"ollama": port})
    server.close()
    assert found == [FoundEndpoint("ollama", f"http://127.0.0.1:{port}/v1", ("llama2:7b",))]


@pytest.mark.parametrize(
    "behaviour",
    [
        status(401, {"error": "key"}),
        status(200, "<html>It works!</html>", kind="text/html"),
        ok([1]),
        ok({"data": "x"}),
        ok(None),
        status(200, b"[" * 100_000),
        status(200, b"\xff\xfe\x00"),
        status(307, None, {"Location": "http://127.0.0.1:1/"}),
        raw(b"220 mail.example.org ESMTP\r\n"),
        raw(),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (2 << 20) + b'{"data": []}'),
        raw(30.0),
        raw(b"HTTP/1.1 200 OK\r\n\r\n", *DRIP),
    ],
)
async def test_whatever_else_answers_is_left_out(behaviour: Behaviour) -> None:
    found, servers = await find({"lmstudio": behaviour, "vllm": listing("m")}, timeout=0.4)
    assert [endpoint.kind for endpoint in found] == ["vllm"]
    assert len(servers["lmstudio"].requests) == 1


async def test_names_are_made_safe_and_few() -> None:
    found, _ = await find({"vllm": listing("a\x1b[2Jb", 5, None, "", "x" * 500, *["m"] * 1000)})
    assert found[0].models[0] == "a [2Jb"
    assert max(map(len, found[0].models)) <= 200
    assert len(found[0].models) <= 200


async def test_nobody_there() -> None:
    assert (await find({}))[0] == []


async def test_only_this_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    found, servers = await find({"vllm": listing("m")})
    assert len(found) == 1
    assert set(DEFAULT_PORTS.values()) == {11434, 1234, 8080, 8000}
    assert "authorization" not in servers["vllm"].requests[0].headers
