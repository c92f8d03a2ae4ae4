"""The scripted back end does what tests rely on."""

from __future__ import annotations

import asyncio
import math

import pytest

from models.errors import InterruptedAnswerError, InvalidOutputError, UnavailableError
from models.protocol import Backend, ChatEvent, ChatMessage, Finished, Notice, TextDelta
from models.scripted import ScriptedBackend
from tests.helpers import wait_until

HI = [ChatMessage("user", "Hi")]
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


async def texts(backend: Backend) -> list[str]:
    return [event.text async for event in backend.chat(HI) if isinstance(event, TextDelta)]


async def test_answers_in_order_word_by_word() -> None:
    backend = ScriptedBackend(["One two.", ("a b", "c")])
    assert await texts(backend) == ["One", " two."]
    assert await texts(backend) == ["a b", "c"]
    assert [call.method for call in backend.calls] == ["chat", "chat"]
    assert backend.calls[0].messages == tuple(HI)


async def test_a_function_of_the_messages() -> None:
    backend = ScriptedBackend(lambda messages: messages[-1].content.upper())
    assert await texts(backend) == ["HI"]


async def test_a_failure_in_mid_answer_and_a_notice() -> None:
    error = InterruptedAnswerError("It ended.")
    backend = ScriptedBackend([(Notice("wait"), "part", error)])
    events: list[ChatEvent] = []

    async def collect() -> None:
        async for event in backend.chat(HI):
            events.append(event)  # noqa: PERF401  the part before the error is what counts

    with pytest.raises(InterruptedAnswerError):
        await collect()
    assert events == [Notice("wait"), TextDelta("part")]


async def test_a_gate_holds_and_cancelling_is_counted() -> None:
    backend = ScriptedBackend(["One two"], gate=asyncio.Event())
    task = asyncio.create_task(texts(backend))
    await wait_until(lambda: backend.calls)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: backend.cancelled == 1)
    assert backend.cancelled == 1


async def test_ends_with_finished() -> None:
    backend = ScriptedBackend(["x"], finish_reason="length")
    events = [event async for event in backend.chat(HI)]
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "length"


async def test_structured_by_dictionary_is_validated() -> None:
    backend = ScriptedBackend(values={"Hi": {"a": 1}, "Ho": {"a": "1"}})
    assert (await backend.structured(HI, SCHEMA)).value == {"a": 1}
    with pytest.raises(InvalidOutputError):
        await backend.structured([ChatMessage("user", "Ho")], SCHEMA)


async def test_choose_normalises() -> None:
    backend = ScriptedBackend(scores=lambda text, option: 1.0 if option in text else 0.0)
    choice = await backend.choose(HI, [" yes", " no"], ["yes", "no"])
    assert [sum(map(math.exp, row)) for row in choice.logprobs] == pytest.approx([1, 1])
    assert choice.logprobs[0][0] > choice.logprobs[0][1]
    assert choice.logprobs[1][0] < choice.logprobs[1][1]


async def test_failing_on_demand_and_recovering() -> None:
    backend = ScriptedBackend(["x"], fail=UnavailableError("Away."))
    with pytest.raises(UnavailableError):
        await texts(backend)
    backend.fail = None
    assert await texts(backend) == ["x"]


async def test_embeds_without_being_given_an_embedder() -> None:
    found = await ScriptedBackend().embed(["a cat", "a cat"])
    assert found.vectors.shape[0] == 2
    assert float(found.vectors[0] @ found.vectors[1]) == pytest.approx(1, abs=1e-5)
