"""Everything that can go wrong on the wire: retried or told in one sentence, and nothing lost."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import re
import socket
import time
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from models.endpoint import EndpointBackend
from models.endpoint.errors import pause, retry_after
from models.errors import (
    AuthenticationError,
    ContextOverflowError,
    InterruptedAnswerError,
    ModelError,
    RateLimitedError,
    UnavailableError,
)
from models.protocol import ChatEvent, ChatMessage, Notice, TextDelta
from tests.helpers import wait_until
from tests.models.fake_openai import (
    EVENT_STREAM,
    Behaviour,
    FakeOpenAI,
    answer,
    delta,
    event,
    events,
    ok,
    raw,
    status,
    stream,
)

pytestmark = pytest.mark.usefixtures("loopback")

ASK = [ChatMessage("user", "Hello?")]
KEY = "sk-very-secret-0123456789"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def opened(
    stack: AsyncExitStack,
    *chat: Behaviour,
    models: Sequence[Behaviour] = (),
    timeout: float = 5.0,
    max_retries: int = 3,
    with_key: bool = True,
) -> tuple[FakeOpenAI, EndpointBackend]:
    server = await stack.enter_async_context(FakeOpenAI(chat, models))
    backend = EndpointBackend(
        server.base_url,
        "some-model",
        api_key=(lambda: KEY) if with_key else None,
        timeout=timeout,
        max_retries=max_retries,
        first_pause=0.001,
        longest_wait=2.0,
    )
    stack.push_async_callback(backend.close)
    return server, backend


async def talk(backend: EndpointBackend, got: list[ChatEvent] | None = None) -> str:
    got = [] if got is None else got
    async for one in backend.chat(ASK):
        got.append(one)
    return "".join(one.text for one in got if isinstance(one, TextDelta))


def assert_a_sentence(error: BaseException) -> str:
    """One line of plain text that ends like a sentence and holds no key."""
    said = str(error)
    assert isinstance(error, ModelError)
    assert re.fullmatch(r"[^\x00-\x1f\x7f-\x9f]{20,600}[.?]", said), said
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert KEY not in shown
    assert error.__context__ is None  # no exception of the SDK drags a request along
    return said


# --- before the first word: tried again, and said so --------------------------------------------

WHOLE_JUNK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"

PASSING: dict[str, Behaviour] = {
    "500": status(500, {"error": {"message": "boom"}}),
    "502 html": status(502, "<html><h1>Bad gateway</h1></html>", kind="text/html"),
    "503": status(503, b""),
    "529": status(529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "429": status(429, {"error": {"message": "slow down"}}),
    "429 with seconds": status(429, {}, {"Retry-After": "0"}),
    "cut at once": raw(),
    "cut in the head": raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "not http": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "cut after the head": raw(EVENT_STREAM),
    "html": status(200, "<!doctype html><title>Log in</title>", kind="text/html"),
    "binary": status(200, bytes(range(256)), kind="application/octet-stream"),
    "json with a wrong length": raw(WHOLE_JUNK + b"{", close=True),
    "garbage json": status(200, b'{"choices": [', kind="application/json"),
    "json list": ok([1, 2]),
    "json string": ok("hello"),
    "null": ok(None),
    "error with 200": ok({"error": {"message": "no GPU"}}),
    "empty object": ok({}),
    "empty choices": ok({"choices": []}),
    "choices of a wrong type": ok({"choices": "none"}),
    "choice of a wrong type": ok({"choices": [17]}),
    "content of a wrong type": ok({"choices": [{"message": {"content": {"a": 1}}}]}),
    "events: not json": events(b"data: {nope\n\n"),
    "events: not utf-8": events(b"data: \xff\xfe\xfa\n\n"),
    "events: a list": events(event([1])),
    "events: a number": events(event(3)),
    "events: empty choices only": events(event({"choices": []}), b"data: [DONE]\n\n"),
    "events: done at once": events(b"data: [DONE]\n\n"),
    "events: content of a wrong type": events(delta(17)),
    "events: nested too deeply": events(b"data: " + b"[" * 200_000 + b"\n\n"),
    "events: an error": events(event({"error": {"message": "out of memory", "code": 500}})),
    "events: an error string": events(event({"error": "out of memory"})),
    "events: comments only": events(b": ping\n\n", b": ping\n\n"),
}


@pytest.mark.parametrize("name", PASSING)
async def test_a_passing_failure_is_retried_and_announced(stack: AsyncExitStack, name: str) -> None:
    server, backend = await opened(stack, PASSING[name], stream("Here ", "I am"))
    got: list[ChatEvent] = []
    assert await talk(backend, got) == "Here I am"
    assert len(server.asked()) == 2
    (notice,) = (one for one in got if isinstance(one, Notice))
    assert "again" in notice.text or "asks to wait" in notice.text
    assert KEY not in notice.text


@pytest.mark.parametrize("name", PASSING)
async def test_a_lasting_failure_is_told_after_the_allowed_attempts(
    stack: AsyncExitStack, name: str
) -> None:
    server, backend = await opened(stack, PASSING[name], max_retries=3)
    with pytest.raises(UnavailableError) as caught:
        await talk(backend)
    assert_a_sentence(caught.value)
    assert len(server.asked()) == 4


@pytest.mark.parametrize("name", PASSING)
async def test_background_work_meets_the_same(stack: AsyncExitStack, name: str) -> None:
    _, backend = await opened(stack, PASSING[name], answer('"fine"'))
    assert (await backend.structured(ASK, {"type": "string"})).value == "fine"


async def test_an_error_told_only_where_nothing_streams_is_heard(stack: AsyncExitStack) -> None:
    """As llama_cpp.server does with a prompt that is too long: the stream just breaks off."""
    overflow = {"error": {"message": "This model's maximum context length is 512 tokens."}}
    server, backend = await opened(
        stack, raw(EVENT_STREAM), raw(EVENT_STREAM), status(400, overflow)
    )
    with pytest.raises(ContextOverflowError) as caught:
        await talk(backend)
    assert "512 tokens" in assert_a_sentence(caught.value)
    assert [bool(request.body.get("stream")) for request in server.asked()] == [True, True, False]


# --- after the first word: kept, told, never begun again ----------------------------------------

CUTS: dict[str, Behaviour] = {
    "end of the connection": events(delta("Half ")),
    "end in an event": events(delta("Half "), b'data: {"choi'),
    "chunked encoding cut": raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        f"{len(delta('Half ')):x}\r\n".encode() + delta("Half ") + b"\r\n",
        b"ffff\r\nda",
    ),
    "done without a finish": events(delta("Half "), b"data: [DONE]\n\n"),
    "garbage": events(delta("Half "), b"data: {{{{\n\n"),
    "not utf-8": events(delta("Half "), b"data: \xff\n\n"),
    "an error": events(delta("Half "), event({"error": {"message": "worker died"}})),
    "a wrong type": events(delta("Half "), event("?")),
    "silence": events(delta("Half "), 60.0),
    "content filter": events(delta("Half "), delta("", "content_filter")),
}


@pytest.mark.parametrize("name", CUTS)
async def test_what_had_arrived_is_yielded_and_the_cut_is_told(
    stack: AsyncExitStack, name: str
) -> None:
    timeout = 0.3 if name == "silence" else 5.0
    server, backend = await opened(stack, CUTS[name], stream("Another"), timeout=timeout)
    got: list[ChatEvent] = []
    with pytest.raises(InterruptedAnswerError) as caught:
        await talk(backend, got)
    assert [one.text for one in got if isinstance(one, TextDelta)] == ["Half "]
    assert len(server.asked()) == 1
    said = str(caught.value)
    assert said.endswith(".")
    assert KEY not in said


async def test_a_cut_after_the_finish_loses_the_usage_only(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, events(delta("All"), delta("", "stop"), b"data: {{{\n\n"))
    assert await talk(backend) == "All"


async def test_background_work_that_is_cut_is_asked_for_again(stack: AsyncExitStack) -> None:
    """Nobody has seen the part. llama_cpp.server cuts a stream when another request comes."""
    server, backend = await opened(stack, CUTS["done without a finish"], answer('"whole"'))
    assert (await backend.structured(ASK, {"type": "string"})).value == "whole"
    assert len(server.asked()) == 2


# --- not retried: only the person can help ------------------------------------------------------


@pytest.mark.parametrize("code", [401, 403])
async def test_a_refused_key(stack: AsyncExitStack, code: int) -> None:
    body = {"error": {"message": f"Incorrect API key provided: {KEY}. Also sk-very*****6789."}}
    server, backend = await opened(stack, status(code, body), stream("hi"))
    with pytest.raises(AuthenticationError) as caught:
        await talk(backend)
    said = assert_a_sentence(caught.value)
    assert "refuses the API key" in said
    assert "sk-" not in said
    assert len(server.asked()) == 1
    assert await talk(backend) == "hi"  # the key is fetched anew: it may have been corrected


async def test_a_wanted_key(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, status(401, {"detail": "Invalid API key"}), with_key=False)
    with pytest.raises(AuthenticationError, match="wants an API key"):
        await talk(backend)


async def test_a_key_that_cannot_be_one(stack: AsyncExitStack) -> None:
    server, _ = await opened(stack, stream("hi"))
    backend = EndpointBackend(server.base_url, "m", api_key=lambda: "sk-a\r\nX-Evil: 1")
    with pytest.raises(AuthenticationError) as caught:
        await talk(backend)
    assert "sk-a" not in str(caught.value)
    assert server.requests == []
    await backend.close()


async def test_an_unknown_model_names_the_known_ones(stack: AsyncExitStack) -> None:
    listed = ok({"data": [{"id": "alpha"}, {"id": "beta\x1b[31m"}, {"id": 5}]})
    missing = status(404, {"error": {"message": "The model `some-model` does not exist"}})
    server, backend = await opened(stack, missing, models=[listed])
    with pytest.raises(UnavailableError, match="it has alpha, beta") as caught:
        await talk(backend)
    assert "\x1b" not in assert_a_sentence(caught.value)
    assert len(server.asked()) == 1


async def test_a_wrong_path(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, status(404, "<h1>404</h1>", kind="text/html"))
    with pytest.raises(UnavailableError, match="base URL"):
        await talk(backend)


async def test_a_prompt_that_does_not_fit(stack: AsyncExitStack) -> None:
    body = {"error": {"code": "context_length_exceeded", "message": "too long", "param": "stop"}}
    server, backend = await opened(stack, status(400, body))
    with pytest.raises(ContextOverflowError):
        await talk(backend)
    assert len(server.asked()) == 1


async def test_another_refusal_is_quoted_short_and_clean(stack: AsyncExitStack) -> None:
    evil = "\x1b[2J\u202e<b>no</b> " + "very " * 500
    server, backend = await opened(stack, status(418, {"error": {"message": evil}}))
    with pytest.raises(ModelError) as caught:
        await talk(backend)
    said = assert_a_sentence(caught.value)
    assert "“" in said
    assert len(said) < 300
    assert not {"\x1b", "\u202e", "<"} & set(said)
    assert len(server.asked()) == 1


async def test_a_redirect_is_not_followed(stack: AsyncExitStack) -> None:
    elsewhere = await stack.enter_async_context(FakeOpenAI([stream("gotcha")]))
    server, backend = await opened(
        stack, status(307, None, {"Location": f"{elsewhere.base_url}/chat/completions"})
    )
    with pytest.raises(UnavailableError, match="sends us on"):
        await talk(backend)
    assert elsewhere.requests == []
    assert len(server.asked()) == 1


async def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    backend = EndpointBackend(f"http://127.0.0.1:{port}/v1", "m", first_pause=0.001)
    for call in (talk(backend), backend.start(), backend.embed(["a"])):
        with pytest.raises(UnavailableError, match="is the server started") as caught:
            await call
        assert_a_sentence(caught.value)
    await backend.close()


async def test_https_where_there_is_none() -> None:
    async def plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain_http, "127.0.0.1", 0)
    address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    backend = EndpointBackend(address, "m", first_pause=0.001, max_retries=1)
    with pytest.raises(UnavailableError, match=r"cannot be reached \(.*SSL") as caught:
        await talk(backend)
    assert_a_sentence(caught.value)
    await backend.close()
    server.close()


async def test_silence_is_tried_once_more_and_told(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, raw(30.0), timeout=0.2)
    with pytest.raises(UnavailableError, match=r"sent nothing for 0\.2 s") as caught:
        await talk(backend)
    assert_a_sentence(caught.value)
    assert len(server.asked()) == 2


async def test_an_endless_line_is_cut_off(stack: AsyncExitStack) -> None:
    async def endless(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENT_STREAM + b"data: ")
        while True:
            writer.write(b"a" * 65536)
            await writer.drain()

    server, backend = await opened(stack, endless, max_retries=0)
    with pytest.raises(UnavailableError, match="absurd length"):
        await talk(backend)
    assert len(server.asked()) == 1


# --- waiting as long as the server asks ---------------------------------------------------------


async def test_retry_after_is_honoured_and_said(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, status(429, {}, {"Retry-After": "1"}), stream("hi"))
    got: list[ChatEvent] = []
    before = time.monotonic()
    assert await talk(backend, got) == "hi"
    assert time.monotonic() - before >= 1.0
    assert any(isinstance(one, Notice) and "asks to wait 1 s" in one.text for one in got)


@pytest.mark.parametrize(
    "wait",
    ["3600", email.utils.formatdate(time.time() + 90_000, usegmt=True)],
    ids=["seconds", "date"],  # the same on every worker, whatever the time
)
async def test_too_long_a_wait_is_told_with_the_time(stack: AsyncExitStack, wait: str) -> None:
    server, backend = await opened(stack, status(429, {}, {"Retry-After": wait}))
    with pytest.raises(RateLimitedError, match=r"try again at \d\d:\d\d") as caught:
        await talk(backend)
    assert_a_sentence(caught.value)
    assert len(server.asked()) == 1


async def test_a_used_up_quota_is_not_retried(stack: AsyncExitStack) -> None:
    body = {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}
    server, backend = await opened(stack, status(429, body))
    with pytest.raises(RateLimitedError, match="used up"):
        await talk(backend)
    assert len(server.asked()) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-7"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": email.utils.formatdate(1_000_030, usegmt=True)}, 30.0),
        ({"retry-after": email.utils.formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, 1_000_000.0) == seconds


def test_pauses_grow_to_a_limit_and_differ() -> None:
    assert all(0.25 <= pause(1, 0.5) <= 0.5 for _ in range(50))
    assert all(4.0 <= pause(30, 0.5) <= 8.0 for _ in range(50))
    assert len({pause(3, 0.5) for _ in range(50)}) > 1


# --- nothing is left behind ---------------------------------------------------------------------


async def test_no_words_and_no_key_in_the_log(
    stack: AsyncExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, backend = await opened(stack, PASSING["500"], stream("An answer"))
    await talk(backend)
    logged = caplog.text + "".join(repr(record.args) for record in caplog.records)
    for private in (KEY, "Hello?", "An answer"):
        assert private not in logged


async def test_no_connection_stays_open_after_failures(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, *CUTS.values(), timeout=0.3)
    for _ in range(len(CUTS)):
        with pytest.raises(InterruptedAnswerError):
            await talk(backend)
    await wait_until(lambda: not server.open)
    assert len(server.asked()) == len(CUTS)
