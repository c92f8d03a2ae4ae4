"""The endpoint back end when all is well, and its next best means."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import numpy as np
import pytest

from models.endpoint import EndpointBackend
from models.errors import (
    AuthenticationError,
    InvalidOutputError,
    ModelError,
    UnavailableError,
    UnsupportedError,
)
from models.protocol import (
    Backend,
    ChatEvent,
    ChatMessage,
    Description,
    Embeddings,
    Finished,
    Provenance,
    Sampling,
    TextDelta,
)
from tests.helpers import wait_until
from tests.models.fake_openai import (
    EVENT_STREAM,
    USAGE,
    Behaviour,
    FakeOpenAI,
    Request,
    answer,
    delta,
    ok,
    refusing,
    status,
    stream,
)

pytestmark = pytest.mark.usefixtures("loopback")

ASK = [ChatMessage("user", "Hello?")]
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def opened(
    stack: AsyncExitStack,
    chat: Sequence[Behaviour] = (),
    *,
    models: Sequence[Behaviour] = (),
    embeddings: Sequence[Behaviour] = (),
    **options: object,
) -> tuple[FakeOpenAI, EndpointBackend]:
    server = await stack.enter_async_context(FakeOpenAI(chat, models, embeddings))
    settings: dict[str, object] = {"first_pause": 0.001, "timeout": 5.0, **options}
    backend = EndpointBackend(server.base_url, "some-model", **settings)  # type: ignore[arg-type]
    stack.push_async_callback(backend.close)
    return server, backend


async def talk(
    backend: EndpointBackend, messages: Sequence[ChatMessage] = ASK, **options: object
) -> tuple[str, list[ChatEvent]]:
    got = [event async for event in backend.chat(messages, **options)]  # type: ignore[arg-type]
    return "".join(event.text for event in got if isinstance(event, TextDelta)), got


def finished(got: Sequence[ChatEvent]) -> Finished:
    last = got[-1]
    assert isinstance(last, Finished)
    return last


async def test_chat_streams_and_says_how_it_was_had(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [stream("Good ", "day", "!")])
    as_protocol: Backend = backend
    text, got = await talk(backend, sampling=Sampling(seed=3, stop=("x",), max_tokens=9))
    end = finished(got)
    assert as_protocol.describe().local
    assert text == "Good day!"
    assert [type(event).__name__ for event in got] == ["TextDelta"] * 3 + ["Finished"]
    assert end.reason == "stop"
    assert (end.usage.prompt_tokens, end.usage.completion_tokens) == (7, 3)
    assert end.provenance.model == "some-model"
    assert end.provenance.note is None
    sent = server.requests[0].body
    assert sent["messages"] == [{"role": "user", "content": "Hello?"}]
    assert (sent["seed"], sent["stop"], sent["max_tokens"]) == (3, ["x"], 9)
    assert "repeat_penalty" not in sent


async def test_length_is_told(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack, [stream("a", finish="length")])
    assert finished((await talk(backend))[1]).reason == "length"


async def test_a_server_that_does_not_stream_is_read_all_the_same(stack: AsyncExitStack) -> None:
    whole = ok({"choices": [{"message": {"content": "All at once"}, "finish_reason": "stop"}]})
    server, backend = await opened(stack, [whole])
    assert (await talk(backend))[0] == "All at once"
    assert len(server.requests) == 1


async def test_only_what_is_needed_is_sent(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "my-organisation")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: telling")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server, backend = await opened(stack, [stream("hi")])
    await talk(backend)
    headers = server.requests[0].headers
    assert set(headers) <= {
        "host", "accept", "content-type", "content-length", "connection", "user-agent",
        "accept-encoding",
    }  # fmt: skip
    assert headers["user-agent"] == "persona-tui"


async def test_the_key_is_fetched_late_once_and_in_a_thread(stack: AsyncExitStack) -> None:
    asked: list[str] = []

    def key() -> str:
        import threading

        asked.append(threading.current_thread().name)
        return "sk-test-1234567890"

    server, backend = await opened(stack, [stream("hi")], api_key=key)
    backend.describe()
    assert asked == []
    await talk(backend)
    await talk(backend)
    assert len(asked) == 1
    assert asked[0] != "MainThread"
    assert server.requests[0].headers["authorization"] == "Bearer sk-test-1234567890"
    assert "sk-test" not in repr(vars(backend))
    assert "sk-test" not in repr(vars(backend._sdk))


async def test_nothing_is_imported_or_connected_before_the_first_call() -> None:
    code = (
        "import sys\n"
        "from models.endpoint import EndpointBackend\n"
        "b = EndpointBackend('https://api.example.org/v1', 'm', api_key=lambda: 1/0, name='M')\n"
        "d = b.describe()\n"
        "assert not d.local and d.where == 'api.example.org', d\n"
        "print([m for m in ('openai', 'httpx2', 'numpy', 'keyring') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "model", "local", "where"),
    [
        ("http://localhost:1234/v1", "m", True, "this machine"),
        ("http://[::1]:8000/v1/", "m", True, "this machine"),
        ("http://127.0.0.1:11434/v1", "gpt-oss:120b-cloud", False, "this machine, which passes"),
        ("http://192.168.1.5:8000/v1", "m", False, "192.168.1.5:8000 (not encrypted)"),
        ("https://openrouter.ai/api/v1", "m", False, "openrouter.ai"),
    ],
)
def test_where_the_words_go(url: str, model: str, local: bool, where: str) -> None:
    described = EndpointBackend(url, model).describe()
    assert described.local is local
    assert described.where.startswith(where)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "garbage",
        "ftp://x/v1",
        "https://",
        "https://me:pw@host/v1",
        "http://h:99999/",
        "https://h/v1?k=v",
    ],
)
def test_a_base_url_that_is_none_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(ModelError) as caught:
        EndpointBackend(url, "m")
    assert "base URL" in str(caught.value)
    assert "pw" not in str(caught.value)


async def test_a_key_does_not_cross_the_open_net_unencrypted() -> None:
    backend = EndpointBackend("http://api.example.org/v1", "m", api_key=lambda: "sk-abc123456")
    with pytest.raises(AuthenticationError, match="unencrypted"):
        await backend.start()
    await backend.close()


async def test_start_reads_the_list_of_models(stack: AsyncExitStack) -> None:
    listed = {"data": [{"id": "other"}, {"id": "some-model", "max_model_len": 4096}, "junk", {}]}
    _, backend = await opened(stack, models=[ok(listed)])
    assert (await backend.start()).context_tokens == 4096


async def test_start_does_without_a_list_of_models(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack)
    assert (await backend.start()).name == "some-model"


# --- parameters that a server refuses -----------------------------------------------------------


async def test_refused_parameters_are_left_out_and_this_is_said(stack: AsyncExitStack) -> None:
    server, backend = await opened(
        stack,
        [refusing("stream_options", "temperature", "top_p", "seed", then=stream("hi"))],
    )
    text, got = await talk(backend, sampling=Sampling(seed=1))
    note = finished(got).provenance.note
    assert text == "hi"
    assert note is not None
    assert "seed, temperature, top_p" in note
    before = len(server.requests)
    await talk(backend, sampling=Sampling(seed=1))
    assert len(server.requests) == before + 1  # it was learned


async def test_usage_is_done_without_where_a_refusal_names_nothing(stack: AsyncExitStack) -> None:
    server, backend = await opened(
        stack, [refusing("stream_options", then=stream("hi"), named=False, code=422)]
    )
    assert (await talk(backend))[0] == "hi"
    assert len(server.requests) == 2


async def test_the_newer_name_of_max_tokens(stack: AsyncExitStack) -> None:
    said = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    refusal = status(400, {"error": {"message": said, "param": "max_tokens"}})
    server, backend = await opened(stack, [refusal, stream("hi")])
    assert (await talk(backend, sampling=Sampling(max_tokens=5)))[0] == "hi"
    assert server.requests[1].body["max_completion_tokens"] == 5
    assert "max_tokens" not in server.requests[1].body


# --- a forced beginning -------------------------------------------------------------------------

BEGUN = [ChatMessage("user", "Who?"), ChatMessage("assistant", "The user")]


def continuing(request: Request) -> str:
    """A server that continues the last message, in the middle of a word too."""
    last = request.body["messages"][-1]
    if last["role"] != "assistant":
        return "The user is told"
    return "ps over the lazy" if last["content"].endswith("jum") else " likes tea"


async def test_a_beginning_is_continued_where_the_server_can(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [answer(continuing)])
    text, got = await talk(backend, BEGUN)
    assert text == " likes tea"
    assert finished(got).provenance.note is None
    assert backend.describe().native["prefill"]
    assert server.requests[-1].body["continue_final_message"] is True
    assert server.requests[-1].body["add_generation_prompt"] is False
    await talk(backend, BEGUN)
    assert len(server.requests) == 3  # one probe only


async def test_a_beginning_is_continued_by_servers_that_know_no_flag(stack: AsyncExitStack) -> None:
    behaviour = refusing("continue_final_message", then=answer(continuing))
    server, backend = await opened(stack, [behaviour])
    assert (await talk(backend, BEGUN))[0] == " likes tea"
    assert "continue_final_message" not in server.requests[-1].body


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["The us", "er", " likes", " tea"], " likes tea"),
        (['"the', " User likes tea"], " likes tea"),
        (["Likes", " tea"], "Likes tea"),
        (["The"], "The"),
    ],
)
async def test_a_beginning_is_asked_for_and_taken_off_elsewhere(
    stack: AsyncExitStack, said: list[str], kept: str
) -> None:
    server, backend = await opened(
        stack,
        [stream("Sure: The quick"), status(400, {"error": {"message": "no"}}), stream(*said)],
    )
    text, got = await talk(backend, BEGUN)
    note = finished(got).provenance.note
    assert text == kept
    assert note is not None
    assert "told how to begin" in note
    assert ("began otherwise" in note) == (kept == "".join(said))
    assert server.requests[-1].last.endswith("The user")
    assert server.requests[-1].body["messages"][-1]["role"] == "user"


# --- structured ---------------------------------------------------------------------------------


async def test_structured_natively(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [answer('{"n": 3}')])
    result = await backend.structured(ASK, SCHEMA)
    assert result.value == {"n": 3}
    assert result.provenance.note is None
    form = server.requests[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert server.requests[0].last == "Hello?"


async def test_an_ignored_schema_is_noticed_and_remembered(stack: AsyncExitStack) -> None:
    """As llama_cpp.server does: json_schema is ignored, json_object takes a schema."""

    def say(request: Request) -> str:
        return '{"n": 1}' if "schema" in request.body["response_format"] else "Hello! I am"

    server, backend = await opened(stack, [answer(say)])
    first = await backend.structured(ASK, SCHEMA)
    again = await backend.structured(ASK, SCHEMA)
    assert first.value == again.value == {"n": 1}
    assert first.provenance.note == "the schema was sent with response_format json_object"
    assert len(server.requests) == 3
    assert first.usage.completion_tokens == 6


async def test_structured_by_the_prompt_alone(stack: AsyncExitStack) -> None:
    fenced = answer('Of course:\n```json\n{"n": 4}\n```\nAnything else?')
    server, backend = await opened(stack, [refusing("response_format", then=fenced)])
    result = await backend.structured(ASK, SCHEMA)
    assert result.value == {"n": 4}
    assert result.provenance.note == "the endpoint was asked for the schema by the prompt alone"
    assert not backend.describe().native["structured"]
    assert '"integer"' in server.requests[-1].last


async def test_structured_is_repaired_once(stack: AsyncExitStack) -> None:
    def say(request: Request) -> str:
        return '{"n": 5}' if "is not of type" in request.last else '{"n": "five"}'

    server, backend = await opened(stack, [answer(say)])
    result = await backend.structured(ASK, SCHEMA)
    assert result.value == {"n": 5}
    assert "repaired" in (result.provenance.note or "")
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("no json", "stop"),
        ('{"n": 1', "length"),
        ('{"n": 1}', "length"),
        ("[" * 100_000, "stop"),
        ("", "stop"),
        ('{"n": NaN}', "stop"),
    ],
    ids=["no json", "cut", "cut but whole", "deep", "empty", "nan"],
)
async def test_structured_that_fails_is_told(stack: AsyncExitStack, said: str, finish: str) -> None:
    _, backend = await opened(stack, [answer(said, finish)])
    with pytest.raises(InvalidOutputError, match="repair"):
        await backend.structured(ASK, SCHEMA)


async def test_a_schema_that_cannot_be_checked_is_not_asked_with(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [answer("1")])
    with pytest.raises(UnsupportedError):
        await backend.structured(ASK, {"type": "integer", "dependentSchemas": {}})
    assert server.requests == []


# --- choose -------------------------------------------------------------------------------------


def logprobs(tokens: dict[str, float]) -> Behaviour:
    top = [{"token": token, "logprob": math.log(p)} for token, p in tokens.items()]
    content = [{"token": top[0]["token"], "logprob": top[0]["logprob"], "top_logprobs": top}]
    choice = {
        "message": {"content": "Yes"},
        "finish_reason": "length",
        "logprobs": {"content": content},
    }
    return ok({"choices": [choice], "usage": USAGE})


async def test_choose_reads_log_probabilities(stack: AsyncExitStack) -> None:
    server, backend = await opened(
        stack,
        [
            logprobs({"Yes": 0.5, " yes": 0.1, "No": 0.2, "Maybe": 0.1}),
            logprobs({"No": 0.9, "Well": 0.05}),
        ],
        max_concurrency=1,
    )
    result = await backend.choose(ASK, [" A", " B"], ["yes", "no"])
    assert np.exp(result.logprobs[0]) == pytest.approx([0.75, 0.25])
    assert result.mass[0] == pytest.approx(0.8)
    assert math.exp(result.logprobs[1][1]) > 0.94
    for row in result.logprobs:
        assert sum(math.exp(p) for p in row) == pytest.approx(1.0)
    assert [request.last for request in server.requests] == ["Hello? A", "Hello? B"]
    assert server.requests[0].body["max_tokens"] == 1
    assert "first tokens" in (result.provenance.note or "")
    assert backend.describe().native["choose"]


@pytest.mark.parametrize(
    "refusal",
    [
        status(500, {"error": {"message": "logprobs is not supported … logits_all=False"}}),
        status(400, {"error": {"message": "Unrecognized: logprobs"}}),
        answer("whatever"),
        logprobs({"b": 0.9}),  # begins both options: one token cannot tell
    ],
)
async def test_choose_by_text_where_there_are_none(
    stack: AsyncExitStack, refusal: Behaviour
) -> None:
    says = answer(lambda request: "Bit." if "Hello? A" in request.last else "I cannot say")
    server, backend = await opened(stack, [refusal, says], max_concurrency=1)
    result = await backend.choose(ASK, [" A", " C", " D"], ["bit", "bat"])
    assert math.exp(result.logprobs[0][0]) == pytest.approx(0.99)
    assert math.exp(result.logprobs[1][0]) == pytest.approx(0.5)
    assert result.mass == (None, None, None)
    assert "no log-probabilities" in (result.provenance.note or "")
    assert len(server.requests) == 4
    assert not backend.describe().native["choose"]


async def test_choose_over_nothing(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack)
    assert (await backend.choose(ASK, [], ["yes", "no"])).logprobs == ()
    assert server.requests == []


# --- embed --------------------------------------------------------------------------------------


class OwnEmbedder:
    def describe(self) -> Description:
        return Description("own", "scripted", "this machine", True, None)

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        vectors = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))
        return Embeddings(vectors, Provenance("MiniLM", "onnx", "", {}))


def embedding(request: Request) -> list[dict[str, object]]:
    data = [
        {"index": i, "embedding": [3.0 * len(text), 4.0 * len(text)]}
        for i, text in enumerate(request.body["input"])
    ]
    return list(reversed(data))


async def test_embed_natively_in_order_and_in_batches(stack: AsyncExitStack) -> None:
    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await ok({"data": embedding(request)})(request, writer)

    server, backend = await opened(stack, embeddings=[behave], embedder=OwnEmbedder())
    result = await backend.embed([f"text {i}" for i in range(130)])
    assert result.vectors.shape == (130, 2)
    assert result.vectors.dtype == np.float32
    assert np.linalg.norm(result.vectors, axis=1) == pytest.approx(1.0)
    assert len(server.requests) == 3
    assert (await backend.embed([])).vectors.shape == (0, 2)
    assert backend.describe().native["embed"]


@pytest.mark.parametrize(
    "refusal",
    [
        status(404, {"detail": "Not Found"}),
        status(500, {"error": {"message": "model must be created with embedding=True"}}),
        ok({"data": [{"index": 0, "embedding": ["x"]}]}),
        ok({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
        ok({"data": [{"index": 0}]}),
    ],
)
async def test_embed_by_the_injected_embedder_and_say_so(
    stack: AsyncExitStack, refusal: Behaviour
) -> None:
    server, backend = await opened(stack, embeddings=[refusal], embedder=OwnEmbedder())
    result = await backend.embed(["a"])
    assert result.vectors.tolist() == [[1.0, 0.0]]
    assert "made on this machine with MiniLM" in (result.provenance.note or "")
    await backend.embed(["a"])
    assert len(server.requests) == 1


async def test_embed_without_any_embedder(stack: AsyncExitStack) -> None:
    _, backend = await opened(stack)
    with pytest.raises(UnsupportedError, match="no embeddings"):
        await backend.embed(["a"])


# --- at once, and not ---------------------------------------------------------------------------


async def test_no_more_at_once_than_allowed_and_a_place_for_the_chat(stack: AsyncExitStack) -> None:
    gate = asyncio.Event()

    async def held(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await answer("yes")(request, writer)

    server, backend = await opened(stack, [held], max_concurrency=3)
    jobs = [asyncio.ensure_future(backend.structured(ASK, {"type": "string"})) for _ in range(6)]
    await wait_until(lambda: server.at_once == 2)
    chat = asyncio.ensure_future(talk(backend))
    await wait_until(lambda: server.at_once == 3)
    gate.set()
    assert (await chat)[0] == "yes"
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    assert server.most_at_once == 3


async def test_choices_use_every_place_and_no_more(stack: AsyncExitStack) -> None:
    gate = asyncio.Event()
    top = [{"token": "yes", "logprob": -0.2}, {"token": "no", "logprob": -2.0}]
    said = {"message": {"role": "assistant", "content": "yes"}, "finish_reason": "length"}
    body = {"choices": [{**said, "logprobs": {"content": [{**top[0], "top_logprobs": top}]}}]}

    async def held(request: Request, writer: asyncio.StreamWriter) -> None:
        if server.most_at_once > 1:  # the first goes alone
            await gate.wait()
        await ok(body)(request, writer)

    server, backend = await opened(stack, [held], max_concurrency=9)
    rows = [f"row {n}" for n in range(30)]
    asking = asyncio.ensure_future(backend.choose(ASK, rows, ["yes", "no"]))
    await wait_until(lambda: server.at_once == 8)  # the ninth is the chat's
    gate.set()
    assert len((await asking).logprobs) == 30
    assert server.most_at_once == 8


async def test_a_server_that_serves_one_only_is_asked_one_at_a_time(
    stack: AsyncExitStack,
) -> None:
    """As llama_cpp.server: when another request comes it ends the stream, without a finish."""
    newest: list[Request] = []

    async def rude(request: Request, writer: asyncio.StreamWriter) -> None:
        newest.append(request)
        writer.write(EVENT_STREAM + delta('"wh'))
        for _ in range(5):
            await asyncio.sleep(0.01)
            if newest[-1] is not request:
                writer.write(b"data: [DONE]\n\n")
                writer.close()
                return
        writer.write(delta('ole"', "stop") + b"data: [DONE]\n\n")
        writer.close()

    _, backend = await opened(stack, [rude])
    results = await asyncio.gather(*(backend.structured(ASK, {"type": "string"}) for _ in range(6)))
    assert [result.value for result in results] == ["whole"] * 6
    assert "one at a time" in (results[-1].provenance.note or "")


async def test_cancelling_closes_the_connection(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [stream(*["word "] * 2000, pause=0.01)])
    got: list[ChatEvent] = []

    async def listen() -> None:
        async for event in backend.chat(ASK):
            got.append(event)  # noqa: PERF401 - what had come before the cancelling is looked at

    task = asyncio.ensure_future(listen())
    await wait_until(lambda: len(got) > 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await wait_until(lambda: server.at_once == 0)
    assert server.left == 1


async def test_closing_the_stream_closes_the_connection(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [stream(*["word "] * 2000, pause=0.01)])
    chat = backend.chat(ASK)
    await anext(chat)
    await chat.aclose()
    await wait_until(lambda: server.at_once == 0)
    assert server.left == 1


async def test_after_close_nothing_is_sent(stack: AsyncExitStack) -> None:
    server, backend = await opened(stack, [stream("hi")])
    await backend.close()
    await backend.close()
    with pytest.raises(UnavailableError, match="closed"):
        await talk(backend)
    assert server.requests == []
    assert await backend.count_tokens(ASK) is None
