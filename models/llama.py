"""The llama.cpp back end, parent side: asks the worker process and streams what it answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.errors import UnsupportedError
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embedder,
    Embeddings,
    Lane,
    Sampling,
    Structured,
)

_DEFAULT = Sampling()
_GREEDY = Sampling(temperature=0.0)


class LlamaBackend:
    """A GGUF model on this machine."""

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
        self._name = name
        self._n_ctx = n_ctx
        self._parameters_b = parameters_b

    def describe(self) -> Description:
        return Description(
            name=self._name,
            backend="llama.cpp",
            where="this machine",
            local=True,
            context_tokens=self._n_ctx,
            parameters_b=self._parameters_b,
        )

    async def start(self) -> Description:
        raise UnsupportedError("not yet")

    def chat(
        self, messages: Sequence[ChatMessage], *, sampling: Sampling = _DEFAULT, lane: Lane = "chat"
    ) -> AsyncGenerator[ChatEvent, None]:
        raise UnsupportedError("not yet")

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _GREEDY,
        lane: Lane = "background",
    ) -> Structured:
        raise UnsupportedError("not yet")

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        raise UnsupportedError("not yet")

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        raise UnsupportedError("not yet")

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        raise UnsupportedError("not yet")

    async def close(self) -> None:
        return None
