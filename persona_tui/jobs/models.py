"""The models as a list to choose from, the same for the command line and the screen."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Literal

from models import catalogue, suggestion
from models.catalogue import DEFAULT_CONTEXT, Download, Fit, Memory, ModelSpec
from models.download import partial
from models.endpoint.address import parse_address
from models.errors import ModelError, UnavailableError
from models.gguf import GgufFacts, read_header
from models.protocol import Backend, ChatMessage, Finished, Notice, Sampling, TextDelta
from persona_tui.config import Settings
from persona_tui.errors import UsageError
from persona_tui.jobs.backends import Task, own_specs
from persona_tui.paths import Paths

State = Literal["ready", "download", "partial", "missing"]
"""``partial``: a download was begun; ``missing``: the file of one's own model is not there."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model in the list."""

    spec: ModelSpec
    state: State
    used_for: tuple[Task, ...]
    fit: Fit | None = None
    """``None`` for an endpoint, and where the size is not known."""
    download: Download | None = None
    """The recommended download that it is or can become."""
    fetched_bytes: int = 0
    """Of a partial download."""
    suggested: str = ""
    """Why it is the download to begin with on this machine; empty for all others."""

    def record(self) -> dict[str, object]:
        """The documented JSON form."""
        spec = self.spec
        return {
            "ref": spec.ref,
            "name": spec.name,
            "kind": spec.kind,
            "state": self.state,
            "used_for": list(self.used_for),
            "where": spec.where,
            "local": spec.local,
            "path": str(spec.path) if spec.path and self.state in ("ready", "missing") else None,
            "base_url": spec.base_url,
            "model": spec.model,
            "key": spec.key_name,
            "parameters_b": spec.parameters_b,
            "context_tokens": spec.context_tokens,
            "size_bytes": spec.size_bytes,
            "fit": self.fit,
            "licence": spec.licence,
            "recommended": spec.recommended,
            "suggested": bool(self.suggested),
            "source_url": spec.source_url,
            "note": self.download.note if self.download else "",
        }


def rows(settings: Settings, paths: Paths, machine: Memory | None = None) -> list[ModelRow]:
    """What is ready first, then recommended downloads: the suggested one, then by what fits."""
    machine = machine or catalogue.memory()
    rated = catalogue.by_fit(machine, context_tokens=settings.local.n_ctx)
    cores = suggestion.cores()
    gpu = settings.local.n_gpu_layers != 0 and suggestion.built_for_gpu()
    first = suggestion.suggested(rated, suggestion.most_parameters_b(cores, gpu))
    rated.sort(key=lambda pair: pair[0] is not first)  # stable: the others keep their order
    tasks: dict[str, tuple[Task, ...]] = {}
    uses: tuple[tuple[Task, str], ...] = (
        ("chat", settings.chat.model),
        ("extraction", settings.extraction.model),
    )
    for task, ref in uses:
        tasks[ref] = (*tasks.get(ref, ()), task)
    ready = [ModelRow(_starter(), "ready", tasks.get("starter", ()), "fits")]
    for name, spec in own_specs(settings).items():
        missing = spec.kind == "gguf" and not (spec.path and spec.path.is_file())
        fit_of = None
        if spec.size_bytes:
            fit_of = catalogue.fit(needed(spec), machine)
        ready.append(ModelRow(spec, "missing" if missing else "ready", tasks.get(name, ()), fit_of))
    offered: list[ModelRow] = []
    for entry, fit in rated:
        spec = catalogue.entry_spec(entry, paths.models)
        there = spec.path is not None and spec.path.is_file()
        part = None if there else partial(entry, paths.models)
        row = ModelRow(
            spec,
            "ready" if there else "partial" if part else "download",
            tasks.get(entry.id, ()),
            fit,
            entry,
            part.stat().st_size if part else 0,
            suggestion.reason(cores, gpu) if entry is first and not there else "",
        )
        (ready if there else offered).append(row)
    return ready + offered


def _starter() -> ModelSpec:
    """The starter with its file's size, where that is there."""
    try:
        path = catalogue.gguf_path(catalogue.STARTER)
    except ModelError:
        return catalogue.STARTER
    facts = read_header(path) or GgufFacts()
    size = path.stat().st_size
    return replace(
        catalogue.STARTER, path=path, size_bytes=size, kv_bytes_per_token=facts.kv_bytes_per_token
    )


def needed(spec: ModelSpec) -> int:
    """Bytes of memory that a local model needs at most: see :func:`catalogue.memory_needed`."""
    context = min(spec.context_tokens or DEFAULT_CONTEXT, DEFAULT_CONTEXT)
    return catalogue.memory_needed(spec.size_bytes or 0, spec.kv_bytes_per_token, context)


def recommended(ref: str) -> Download:
    """The recommended download of that name. Raises :class:`ModelError`."""
    for entry in catalogue.RECOMMENDED:
        if entry.id == ref:
            return entry
    raise ModelError(catalogue.unknown(ref, ()))


def new_entry(
    settings: Settings,
    name: str,
    *,
    gguf: str | None = None,
    provider: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
    key: str | None = None,
    context_tokens: int | None = None,
    parameters_b: float | None = None,
    overwrite: bool = False,
) -> dict[str, object]:
    """The table to write under ``[models.NAME]``.

    Raises :class:`UsageError` for what does not go together and :class:`ModelError` for a file that
    is not a GGUF file.
    """
    taken = {catalogue.STARTER.ref, *(entry.id for entry in catalogue.RECOMMENDED)}
    if not name:
        raise UsageError("Give the model a name, by which it is called here.")
    if not all(c.isalnum() or c in "-_.:" for c in name):
        raise UsageError(f"“{name}” cannot be a name: use letters, digits, “-”, “_”, “.” and “:”.")
    if name in taken:
        raise UsageError(f"The name `{name}` is taken by a model of the catalogue; choose another.")
    if name in settings.models and not overwrite:
        raise UsageError(f"There is a model `{name}` already; choose another name or replace it.")
    if sum(given is not None for given in (gguf, provider, base_url)) != 1:
        raise UsageError("Give one of: a GGUF file, a provider, or an endpoint's address.")
    entry: dict[str, object]
    if gguf is not None:
        path = catalogue.file_path(gguf).absolute()
        catalogue.gguf_path(ModelSpec(ref=name, name=name, kind="gguf", path=path))
        entry = {"kind": "gguf", "path": str(path)}
    else:
        if provider is not None:
            if provider not in catalogue.PROVIDERS:
                raise UsageError(
                    f"There is no provider `{provider}`; choose {', '.join(catalogue.PROVIDERS)}."
                )
            known = catalogue.PROVIDERS[provider]
            base_url, key = known.base_url, key or known.key_name
        if not model:
            raise UsageError("Say which model to use there, as the endpoint calls it.")
        if not (base_url or "").startswith(("http://", "https://")):
            raise UsageError("The endpoint's address must start with http:// or https://.")
        try:
            parse_address(base_url or "")  # a password in it would be kept and shown
        except ModelError as error:
            raise UsageError(str(error)) from None
        entry = {"kind": "endpoint", "base_url": (base_url or "").rstrip("/"), "model": model}
    if key:
        entry["key"] = key
    if context_tokens:
        entry["context_tokens"] = context_tokens
    if parameters_b:
        entry["parameters_b"] = parameters_b
    return entry


QUESTION = "In one short sentence: what is the capital of France?"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What asking a model one question showed. Seconds; ``None`` where it cannot be told."""

    name: str
    where: str
    answer: str
    load_seconds: float
    first_word_seconds: float | None
    tokens_per_second: float | None
    note: str = ""


async def try_out(backend: Backend) -> AsyncGenerator[str | TestResult, None]:
    """Load the model, ask one question: pieces of the answer, then a :class:`TestResult`."""
    begin = time.monotonic()
    about = await backend.start()
    loaded = time.monotonic()
    first: float | None = None
    pieces: list[str] = []
    speed: float | None = None
    notes: list[str] = []
    messages = [ChatMessage("user", QUESTION)]
    async for event in backend.chat(messages, sampling=Sampling(temperature=0.0, max_tokens=60)):
        if isinstance(event, TextDelta):
            first = first or time.monotonic()
            pieces.append(event.text)
            yield event.text
        elif isinstance(event, Notice):
            notes.append(event.text)
        elif isinstance(event, Finished):
            usage = event.usage
            seconds = usage.completion_seconds or (time.monotonic() - (first or loaded))
            if usage.completion_tokens and seconds > 0:
                speed = usage.completion_tokens / seconds
    if not pieces:
        raise UnavailableError(f"{about.name} answered with nothing.")
    yield TestResult(
        name=about.name,
        where=about.where,
        answer="".join(pieces).strip(),
        load_seconds=loaded - begin,
        first_word_seconds=first - loaded if first else None,
        tokens_per_second=speed,
        note=" ".join(notes),
    )
