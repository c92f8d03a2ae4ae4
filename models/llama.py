"""The llama.cpp back end: a GGUF model on this machine, in a process of its own.

A native crash or a lack of memory ends the worker only: the running answer is reported as
interrupted, and the next request starts a new worker.
"""

from __future__ import annotations

import asyncio
import random
import threading
import weakref
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from models.errors import (
    InterruptedAnswerError,
    InvalidOutputError,
    ModelError,
    UnavailableError,
    UnsupportedError,
)
from models.fingerprint import prompt_sha256
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embedder,
    Embeddings,
    Finished,
    Lane,
    Notice,
    Provenance,
    Sampling,
    Structured,
    TextDelta,
    Usage,
)
from models.scoring import SCORING_VERSION, normalise
from models.validate import check_schema, parse
from models.wire import Frame
from models.worker_process import WorkerProcess, error_of

_DEFAULT = Sampling()
_GREEDY = Sampling(temperature=0.0)
_RETRY_TEMPERATURE = 0.5


class LlamaBackend:
    """A GGUF file, answered by a worker process that is started when it is first needed.

    ``name`` is shown to people; ``log_file`` gets what llama.cpp prints (``None``: nowhere).
    ``n_ctx=None`` takes what the model was trained for, up to 8,192 tokens and a quarter of the
    free memory a lane; ``n_threads=None`` the physical cores; ``n_gpu_layers=-1`` all layers,
    where llama.cpp was built for a GPU. ``embedder`` answers :meth:`embed`.

    May be used from several event loops one after the other.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        log_file: Path | None,
        n_ctx: int | None = None,
        n_threads: int | None = None,
        n_gpu_layers: int = -1,
        embedder: Embedder | None = None,
        parameters_b: float | None = None,
    ) -> None:
        self._path = path
        self._name = name
        self._log_file = log_file
        self._n_ctx = n_ctx
        self._n_threads = n_threads
        self._n_gpu_layers = n_gpu_layers
        self._embedder = embedder
        self._parameters_b = parameters_b
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._loaded: Frame = {}
        self._restarted = False

    def describe(self) -> Description:
        parameters = self._loaded.get("parameters_b", self._parameters_b)
        return Description(
            name=self._name,
            backend="llama.cpp",
            where="this machine",
            local=True,
            context_tokens=self._loaded.get("n_ctx", self._n_ctx),
            parameters_b=parameters,
            native={
                "structured": True,
                "choose": True,
                "embed": False,
                "prefill": True,
            },
        )

    @property
    def worker_pid(self) -> int | None:
        """The process id of the running worker, if there is one."""
        worker = self._worker
        return worker.pid if worker is not None and not worker.dead else None

    async def start(self) -> Description:
        await self._ready()
        return self.describe()

    async def chat(
        self, messages: Sequence[ChatMessage], *, sampling: Sampling = _DEFAULT, lane: Lane = "chat"
    ) -> AsyncGenerator[ChatEvent, None]:
        sampling = _with_seed(sampling)
        last: Frame = {}
        async with aclosing(
            self._frames(_generate(messages, sampling, lane, stream=True))
        ) as frames:
            async for last in frames:
                if self._restarted:
                    self._restarted = False
                    yield Notice("The local model was restarted.")
                if last["event"] == "notice":
                    yield Notice(last["text"])
                elif last["text"]:
                    yield TextDelta(last["text"])
        yield Finished(
            last["reason"],
            Usage(**last["usage"]),
            self._provenance(prompt_sha256(messages), sampling, lane, last["note"]),
        )

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _GREEDY,
        lane: Lane = "background",
    ) -> Structured:
        check_schema(schema)
        sampling = _with_seed(sampling)
        first = await self._ask(_generate(messages, sampling, lane, schema=schema))
        asked, note = sampling, first["note"]
        try:
            value, frame = _value(first, schema), first
        except InvalidOutputError as error:
            # Cut short: the same again with twice the room. Wrong all the same: draw differently.
            if first["reason"] == "length":
                asked = replace(sampling, max_tokens=sampling.max_tokens * 2)
            else:
                warm = max(sampling.temperature, _RETRY_TEMPERATURE)
                asked = replace(sampling, temperature=warm, seed=(sampling.seed or 0) + 1)
            frame = await self._ask(_generate(messages, asked, lane, schema=schema))
            value = _value(frame, schema)
            note = f"asked twice: {error}" if note is None else f"{note}; asked twice: {error}"
        sha256 = prompt_sha256(messages, schema=schema)
        provenance = self._provenance(sha256, asked, lane, note)
        return Structured(value, Usage(**frame["usage"]), provenance)

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        if not prefix or not options or not all(options):
            raise ModelError("A choice needs a prompt and options that are not empty.")
        frame = await self._ask(
            {
                "op": "choose",
                "lane": lane,
                "messages": _pairs(prefix),
                "continuations": list(continuations),
                "options": list(options),
            }
        )
        rows = [normalise(scores) for scores in frame["scores"]]
        sha256 = prompt_sha256(prefix, continuations=continuations, options=options)
        return Choice(
            tuple(logprobs for logprobs, _ in rows),
            tuple(mass for _, mass in rows),
            Usage(**frame["usage"]),
            self._provenance(sha256, None, lane, frame["note"]),
        )

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        if self._embedder is None:
            raise UnsupportedError(
                f"{self._name} cannot embed texts here because no embedder was given."
            )
        found = await self._embedder.embed(texts)
        by = f"embedded by {found.provenance.model}, not by {self._name}"
        note = by if found.provenance.note is None else f"{by}; {found.provenance.note}"
        return Embeddings(found.vectors, replace(found.provenance, note=note))

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        frame = await self._ask({"op": "count", "lane": "count", "messages": _pairs(messages)})
        count: int = frame["count"]
        return count

    async def identity(self) -> str | None:
        """The file (path, size, time of change), where its layers are computed, the version of the binding
        and that of our way of scoring."""

        def facts() -> str | None:
            try:
                found = self._path.stat()
                binding = metadata.version("llama-cpp-python")
            except (OSError, metadata.PackageNotFoundError):
                return None
            file = (str(self._path.resolve()), found.st_size, found.st_mtime_ns)
            return repr(("llama.cpp", SCORING_VERSION, *file, self._n_gpu_layers, binding))

        return await asyncio.to_thread(facts)

    async def close(self) -> None:
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()
            await asyncio.to_thread(worker.join)

    async def _ready(self) -> WorkerProcess:
        """A worker that has loaded the model; a new one if there is none or it has died."""
        await asyncio.to_thread(_check_file, self._path)
        with self._lock:
            if self._worker is None or self._worker.dead:
                self._restarted = self._worker is not None and bool(self._loaded)
                self._worker = WorkerProcess(
                    {
                        "path": str(self._path),
                        "n_ctx": self._n_ctx,
                        "n_threads": self._n_threads,
                        "n_gpu_layers": self._n_gpu_layers,
                    },
                    self._log_file,
                )
                weakref.finalize(self, self._worker.end)
            worker = self._worker
        # Shielded: the loading goes on for others if this caller is cancelled.
        self._loaded = await asyncio.shield(asyncio.wrap_future(worker.ready))
        return worker

    async def _frames(self, request: Frame) -> AsyncGenerator[Frame, None]:
        """What is answered to a request, to the last frame; leaving early stops the work.

        A worker that was dead before it began with the request (a moment ago the system may have
        killed it while it idled) is replaced, once: nothing was lost, so there is nothing to tell.
        """
        for attempt in (1, 2):
            worker = await self._ready()
            call = worker.call(request)
            finished = False
            try:
                while not finished:
                    frame = await call.next()
                    finished = frame is None or frame["event"] in ("done", "error")
                    if frame is None and not call.begun and attempt == 1 and not worker.ended:
                        break
                    yield self._checked(frame)
                else:
                    return
            finally:
                worker.forget(call, cancel=not finished)

    async def _ask(self, request: Frame) -> Frame:
        """Send a request that has one answer."""
        async with aclosing(self._frames(request)) as frames:
            return await anext(frames)

    def _checked(self, frame: Frame | None) -> Frame:
        if frame is None:
            raise InterruptedAnswerError(
                f"The answer was interrupted because the local model {self._name} stopped "
                "unexpectedly; ask again and it is started anew."
            )
        if frame["event"] == "error":
            raise error_of(frame)
        return frame

    def _provenance(
        self, sha256: str, sampling: Sampling | None, lane: Lane, note: str | None
    ) -> Provenance:
        parameters: dict[str, object] = {} if sampling is None else sampling.as_parameters()
        parameters["lane"] = lane
        parameters["file"] = self._path.name
        for key in ("file_bytes", "kind", "n_ctx", "n_batch", "n_threads", "n_gpu_layers"):
            parameters[key] = self._loaded.get(key)
        parameters["llama_cpp_python"] = self._loaded.get("binding")
        return Provenance(self._name, "llama.cpp", sha256, parameters, note)


def _pairs(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in messages]


def _generate(
    messages: Sequence[ChatMessage],
    sampling: Sampling,
    lane: Lane,
    *,
    stream: bool = False,
    schema: Mapping[str, Any] | None = None,
) -> Frame:
    return {
        "op": "generate",
        "lane": lane,
        "messages": _pairs(messages),
        "sampling": sampling.as_parameters(),
        "schema": schema,
        "stream": stream,
    }


def _with_seed(sampling: Sampling) -> Sampling:
    return sampling if sampling.seed is not None else replace(sampling, seed=random.getrandbits(32))


def _value(frame: Frame, schema: Mapping[str, Any]) -> Any:
    if frame["reason"] == "length":
        raise InvalidOutputError(
            "The model's answer was cut short before it was complete; allow it more tokens."
        )
    return parse(frame["text"], schema)


def _check_file(path: Path) -> None:
    """Tell the common mistakes apart before a process is started for them."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError:
        raise UnavailableError(
            f"The model file {path} is missing; download it again or choose another model."
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"The model file {path} cannot be read ({error.strerror}); choose another one."
        ) from None
    if magic != b"GGUF":
        raise UnavailableError(
            f"{path} is not a GGUF model file; choose a file whose name ends in .gguf."
        )
