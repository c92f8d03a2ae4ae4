"""The endpoint back end with servers and models that are odd rather than broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from models.endpoint import EndpointBackend
from models.endpoint.errors import Asked
from models.errors import InterruptedAnswerError, InvalidOutputError
from models.protocol import ChatEvent, ChatMessage, Finished, Notice, TextDelta
from tests.models.fake_openai import Behaviour, FakeOpenAI, answer, delta, event, events, stream

pytestmark = pytest.mark.usefixtures("loopback")

ASK = [ChatMessage("user", "Hello?")]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def opened(
    stack: AsyncExitStack, chat: Sequence[Behaviour]
) -> tuple[FakeOpenAI, EndpointBackend]:
    server = await stack.enter_async_context(FakeOpenAI(chat))
    backend = EndpointBackend(server.base_url, "some-model", first_pause=0.001, timeout=5.0)
    stack.push_async_callback(backend.close)
    return server, backend


async def talk(backend: EndpointBackend) -> tuple[str, list[ChatEvent]]:
    got = [one async for one in backend.chat(ASK)]
    return "".join(one.text for one in got if isinstance(one, TextDelta)), got


def test_a_crash_report_with_local_variables_shows_no_key() -> None:
    assert "sk-" not in repr(Asked("host", "https://host/v1", "m", False, "sk-secret"))


async def test_a_server_that_was_cut_is_asked_at_once_again_later(stack: AsyncExitStack) -> None:
    """Two cuts may have been the network's: they must not slow down a job of hours."""
    cut = events(delta('"wh'), b"data: [DONE]\n\n")
    server, backend = await opened(stack, [cut, cut, stream('"ok"', pause=0.02)])

    async def many(count: int) -> str:
        calls = (backend.structured(ASK, {"type": "string"}) for _ in range(count))
        server.most_at_once = 0
        return (await asyncio.gather(*calls))[-1].provenance.note or ""

    await many(3)
    assert "one at a time" in await many(5)
    await many(20)
    assert "one at a time" not in await many(5)
    assert server.most_at_once > 1


# --- thoughts -----------------------------------------------------------------------------------


def reasoning(text: str) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"reasoning_content": text}}]})


END = (delta("", "stop"), b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "pieces",
    [
        (
            delta("<thi"),
            delta("nk>Is it 8? {"),
            delta("}</think>\n\n"),
            delta('{"n":'),
            delta("7}"),
        ),
        (reasoning("Is it 8?"), delta('{"n":'), delta("7}")),
    ],
)
async def test_thoughts_are_not_the_answer(
    stack: AsyncExitStack, pieces: tuple[bytes, ...]
) -> None:
    _, backend = await opened(stack, [events(*pieces, *END)])
    said, got = await talk(backend)
    assert said == '{"n":7}'
    assert sum(isinstance(one, Notice) and "thinking" in one.text for one in got) == 1
    assert isinstance(got[-1], Finished)
    assert "thought aloud" in (got[-1].provenance.note or "")
    assert (await backend.structured(ASK, SCHEMA)).value == {"n": 7}


async def test_thoughts_that_fill_the_answer_are_told(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, [events(delta("<think>Hm, "), delta("hm", "length"), END[1])])
    with pytest.raises(InvalidOutputError, match="512 tokens for thinking"):
        await talk(backend)


@pytest.mark.parametrize("said", ['{"n": NaN}', '{"n": 1e999}'])
async def test_what_is_no_number_is_not_taken_for_one(stack: AsyncExitStack, said: str) -> None:
    _, backend = await opened(stack, [answer(said)])
    number = {"type": "object", "properties": {"n": {"type": "number", "minimum": 0}}}
    with pytest.raises(InvalidOutputError, match="not a number"):
        await backend.structured(ASK, number)


async def test_half_a_character_in_json_does_not_come_in(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, [answer('"a\\ud800b"')])
    assert (await backend.structured(ASK, {"type": "string"})).value == "a?b"


async def test_a_filtered_answer_is_not_asked_for_again(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [stream('"so', finish="content_filter")])
    with pytest.raises(InterruptedAnswerError, match="content filter"):
        await backend.structured(ASK, {"type": "string"})
    assert len(server.requests) == 1
