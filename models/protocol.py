"""The back end protocol: what the rest of the program may ask of a model.

Three implementations: :mod:`models.llama` (llama.cpp in a child process), :mod:`models.endpoint`
(OpenAI-compatible HTTP) and :mod:`models.scripted` (tests). What an implementation cannot do
natively it does by the next best means and says so in ``Provenance.note``.

Cancelling: cancel the asyncio task that awaits a call, or ``aclose()`` the stream of ``chat``.
The implementation stops the work itself (not only the waiting) within 100 ms.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:  # numpy costs 100 ms, and plain verbs import this module
    import numpy as np
    from numpy.typing import NDArray

Lane = Literal["chat", "background"]
"""Which context to use: chat and background work do not evict each other's prefixes."""

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a prompt. A last message of role ``assistant`` is a *forced beginning*: the
    answer continues it, and the beginning is not repeated in what is returned."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters. ``temperature=0`` is greedy; ``seed=None`` draws one."""

    temperature: float = 0.7
    top_p: float = 0.95
    max_tokens: int = 512
    seed: int | None = None
    stop: tuple[str, ...] = ()
    repeat_penalty: float = 1.0

    def as_parameters(self) -> dict[str, object]:
        """As stored with a run."""
        return {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": list(self.stop),
            "repeat_penalty": self.repeat_penalty,
        }


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who answered, and how."""

    model: str
    backend: str
    prompt_sha256: str
    parameters: Mapping[str, object]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and seconds of one call; ``None`` where the back end does not say."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_seconds: float | None = None
    completion_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of a streamed answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the person while a stream goes on ("retrying in 3 s …", "worker restarted")."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream that ended by itself."""

    reason: FinishReason
    usage: Usage
    provenance: Provenance


ChatEvent = TextDelta | Notice | Finished


@dataclass(frozen=True, slots=True)
class Structured:
    """A value that satisfies the schema it was asked with."""

    value: Any
    usage: Usage
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Choice:
    """Log-probabilities of short answers. ``logprobs[i][j]`` is the natural log of the probability
    of ``options[j]`` after ``continuations[i]``, normalised over the options (each row sums to 1
    in probability). ``mass[i]`` is the probability of all options together before that, ``None``
    where the back end cannot tell."""

    logprobs: tuple[tuple[float, ...], ...]
    mass: tuple[float | None, ...]
    usage: Usage
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Unit vectors. ``vectors`` has shape (texts, dimensions), float32, rows of norm 1."""

    vectors: NDArray[np.float32]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Description:
    """What a back end says of itself."""

    name: str
    """As shown to the person: ``SmolLM2-135M-Instruct Q4_1``."""
    backend: Literal["llama.cpp", "endpoint", "scripted", "onnx", "lexical"]
    where: str
    """``this machine``, or the host that the words are sent to."""
    local: bool
    """True if nothing leaves this machine."""
    context_tokens: int | None
    parameters_b: float | None = None
    """Billions of parameters, where known: decides between grounded and holistic extraction."""
    native: Mapping[str, bool] = field(default_factory=dict)
    """Which of ``structured``, ``choose``, ``embed``, ``prefill`` are native."""


class Embedder(Protocol):
    """Sentence embeddings, on their own."""

    def describe(self) -> Description: ...

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed ``texts``; order kept; an empty input gives shape (0, dimensions)."""
        ...


@runtime_checkable
class LayeredEmbedder(Embedder, Protocol):
    """An embedder that shows inner layers, too."""

    LAYERS: int
    """How many, the last one included."""

    async def layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, :attr:`LAYERS`, dimensions), the last layer first, not scaled."""
        ...


class Backend(Protocol):
    """What the rest of the program may ask of a model. Every call raises
    :class:`models.errors.ModelError` (a subclass says which) and nothing else."""

    def describe(self) -> Description:
        """Name, context size, where it runs. Never blocks and never loads the model."""
        ...

    async def start(self) -> Description:
        """Load or reach the model now (the first call does so by itself) and describe it."""
        ...

    def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling = Sampling(),
        lane: Lane = "chat",
    ) -> AsyncGenerator[ChatEvent, None]:
        """Stream an answer: ``TextDelta``\\ s, possibly ``Notice``\\ s, then one ``Finished``."""
        ...

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = Sampling(temperature=0.0),
        lane: Lane = "background",
    ) -> Structured:
        """A JSON value that validates against ``schema`` (JSON Schema)."""
        ...

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        """How probable each of ``options`` is as the beginning of the answer.

        The prompt of row *i* is ``prefix`` with ``continuations[i]`` appended to the content of its
        last message (of role ``user``); the shared prefix is evaluated once.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> Embeddings: ...

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        """Tokens of the rendered prompt; an estimate is ``None``, never a guess."""
        ...

    async def close(self) -> None:
        """Free memory, end child processes and connections. Idempotent."""
        ...


@runtime_checkable
class Lasting(Protocol):
    """A back end whose answers last: asked the same by the same identity, it says the same."""

    async def identity(self) -> str | None:
        """Everything but the question that the answers depend on, as one text; ``None`` where that
        cannot be told. Never loads the model."""
        ...
