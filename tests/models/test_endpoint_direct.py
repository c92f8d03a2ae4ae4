"""Whole answers, which go past the SDK: the same failures as through it, and the connections."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from models.endpoint import EndpointBackend
from models.errors import AuthenticationError, ModelError, UnavailableError
from models.protocol import ChatMessage, Choice
from tests.helpers import wait_until
from tests.models.fake_openai import Behaviour, FakeOpenAI, Request, ok, raw, status
from tests.models.test_endpoint_failures import KEY, PASSING, assert_a_sentence, opened, talk

pytestmark = pytest.mark.usefixtures("loopback")

ASK = [ChatMessage("user", "Is it so? ")]
TOP = [{"token": "yes", "logprob": -0.25}, {"token": "no", "logprob": -2.0}]
YES = {
    "choices": [{"message": {"content": "yes"}, "logprobs": {"content": [{"top_logprobs": TOP}]}}]
}
TEXT = json.dumps(YES).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLAIN = [
    name
    for name in PASSING
    if not name.startswith("events") and "empty" not in name and " of a wrong type" not in name
    if name not in {"error with 200", "cut after the head"}
]
"""Failures that do not depend on streaming."""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def choose(backend: EndpointBackend, *rows: str) -> Choice:
    return await backend.choose(ASK, rows or ("Is it?",), ["yes", "no"])


@pytest.mark.parametrize("name", PLAIN)
async def test_a_passing_failure_is_retried(stack: AsyncExitStack, name: str) -> None:
    server, backend = await opened(stack, PASSING[name], ok(YES))
    assert (await choose(backend)).logprobs[0][0] > -0.3
    assert len(server.asked()) == 2


@pytest.mark.parametrize("name", PLAIN)
async def test_a_lasting_one_is_told(stack: AsyncExitStack, name: str) -> None:
    server, backend = await opened(stack, PASSING[name], max_retries=1)
    with pytest.raises(UnavailableError) as caught:
        await choose(backend)
    assert_a_sentence(caught.value)
    assert len(server.asked()) == 2


async def test_a_refused_key(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, status(401, {"error": {"message": "bad key"}}))
    with pytest.raises(AuthenticationError, match="refuses the API key") as caught:
        await choose(backend)
    assert_a_sentence(caught.value)


async def test_a_refused_key_is_named_by_none_of_those_who_sent_it(stack: AsyncExitStack) -> None:
    said = json.dumps({"error": {"message": f"bad key {KEY}"}}).encode()
    head = b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    _, backend = await opened(stack, raw(0.05, head % len(said) + said))
    found = await asyncio.gather(choose(backend), choose(backend), return_exceptions=True)
    for error in found:
        assert "refuses the API key" in str(error)
        assert KEY not in str(error)


async def test_silence_is_tried_once_more_and_told(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, raw(30.0), timeout=0.1)
    with pytest.raises(UnavailableError, match=r"sent nothing for 0\.1 s") as caught:
        await choose(backend)
    assert_a_sentence(caught.value)
    assert len(server.asked()) == 2


async def test_an_endless_answer_is_cut_off(stack: AsyncExitStack) -> None:
    async def endless(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b"a" * 65536)
            await writer.drain()

    server, backend = await opened(stack, endless, max_retries=0)
    with pytest.raises(UnavailableError, match="absurd length"):
        await choose(backend)
    await wait_until(lambda: server.at_once == 0)


@pytest.mark.parametrize("way", ["direct", "proxy", "stream"])
async def test_what_is_packed_unasked_stays_packed(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    packed = gzip.compress(json.dumps({"error": {"message": "unpacked"}}).encode())
    server, backend = await opened(
        stack, status(400, packed, {"Content-Encoding": "gzip"}), max_retries=0, with_key=False
    )
    if way == "proxy":
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        backend = EndpointBackend("http://models.test/v1", "some-model", max_retries=0)
        stack.push_async_callback(backend.close)
    with pytest.raises(ModelError) as caught:
        await (talk(backend) if way == "stream" else choose(backend))
    assert "unpacked" not in str(caught.value)


CHUNKED = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (TEXT[:5], TEXT[5:])) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED[:20], 0.01, CHUNKED[20:]),
        (b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Connection: close\r\n\r\n" + TEXT),
        (b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + TEXT[:9], 0.01, TEXT[9:]),
        (HEAD + b"\r\n" + b" \n" * (1 << 20) + TEXT,),  # more than is read ahead
    ],
    ids=["chunked", "continue", "1.0", "long"],
)
async def test_the_ways_to_end_an_answer(
    stack: AsyncExitStack, pieces: tuple[bytes | float, ...]
) -> None:
    _, backend = await opened(stack, raw(*pieces), max_retries=0)
    assert (await choose(backend)).logprobs[0][0] > -0.3


async def test_a_long_request_arrives_whole_and_without_the_sdk(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)  # importing it would raise
    server, backend = await opened(stack, ok(YES))
    row = "ä\u2028" * 400_000
    await choose(backend, row)
    (request,) = server.requests
    assert request.last == ASK[0].content + row
    assert (request.headers["accept"], request.headers["content-type"]) == ("application/json",) * 2


async def test_one_connection_serves_all_that_wait_for_each_other(stack: AsyncExitStack) -> None:
    ports = set()

    async def noting(request: Request, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername"))
        await ok(YES)(request, writer)

    server, backend = await opened(stack, noting)
    for _ in range(3):
        await choose(backend)
    assert len(ports) == 1
    await backend.close()
    await wait_until(lambda: not server.open)


@pytest.mark.parametrize("late", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
async def test_a_kept_connection_that_the_server_gave_up_is_not_used(
    stack: AsyncExitStack, late: bytes
) -> None:
    length = b"Content-Length: %d\r\n\r\n" % len(TEXT)
    ends = raw(HEAD + length + TEXT, 0.02, late)
    server, backend = await opened(stack, ends, ok(YES), max_retries=0)
    await choose(backend)
    await wait_until(lambda: not server.open)
    await choose(backend)
    assert len(server.requests) == 2


async def test_cancelling_and_closing_close_the_connection(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, raw(30.0), max_retries=0)
    task = asyncio.ensure_future(choose(backend))
    await wait_until(lambda: server.at_once == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: not server.open)
    task = asyncio.ensure_future(choose(backend))
    await wait_until(lambda: server.at_once == 1)
    await backend.close()
    with pytest.raises(UnavailableError):
        await task
    await wait_until(lambda: not server.open)


@pytest.mark.parametrize("behaviour", [ok(YES), status(500, {"error": {"message": "boom"}})])
async def test_through_a_proxy(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    server = await stack.enter_async_context(FakeOpenAI([behaviour, ok(YES)]))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    backend = EndpointBackend("http://models.test/v1", "some-model", first_pause=0.001)
    stack.push_async_callback(backend.close)
    assert (await choose(backend)).logprobs[0][0] > -0.3
    assert {request.headers["host"] for request in server.asked()} == {"models.test"}
