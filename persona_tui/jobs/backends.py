"""The models that are open: one back end for each file or endpoint, shared by all tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from models import catalogue
from models.catalogue import BackendOptions, ModelSpec
from models.errors import ModelError
from models.gguf import GgufFacts, read_header
from models.protocol import Sampling
from persona_tui.config import ModelEntry, Settings
from persona_tui.paths import Paths

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from models.secrets import Secrets

Task = Literal["chat", "extraction", "relevance", "compare", "compare_other"]
SMALL_MODEL_PENALTY = 1.1


def own_spec(name: str, entry: ModelEntry) -> ModelSpec:
    """An entry under ``[models]`` as something to open."""
    path = catalogue.file_path(entry.path) if entry.path else None
    facts = (read_header(path) if path else None) or GgufFacts()
    return ModelSpec(
        ref=name,
        name=name,
        kind=entry.kind,
        path=path,
        base_url=entry.base_url,
        model=entry.model,
        key_name=entry.key,
        context_tokens=entry.context_tokens or facts.context_tokens,
        parameters_b=entry.parameters_b or facts.parameters_b,
        size_bytes=path.stat().st_size if path and path.is_file() else None,
        licence=facts.licence,
        kv_bytes_per_token=facts.kv_bytes_per_token,
    )


def own_specs(settings: Settings) -> dict[str, ModelSpec]:
    """Every model under ``[models]``, by name."""
    return {name: own_spec(name, entry) for name, entry in settings.models.items()}


def ready(settings: Settings, paths: Paths) -> list[ModelSpec]:
    """What can be used now: the starter, one's own, and what was downloaded."""
    own = own_specs(settings)
    return [catalogue.STARTER, *own.values(), *catalogue.downloaded(paths.models)]


def options_of(settings: Settings) -> BackendOptions:
    """``[local]`` and ``[remote]`` as options of a back end."""
    local, remote = settings.local, settings.remote
    return BackendOptions(
        n_ctx=local.n_ctx,
        n_threads=local.n_threads,
        n_gpu_layers=local.n_gpu_layers,
        timeout=remote.timeout,
        max_concurrency=remote.max_concurrency,
        max_retries=remote.max_retries,
    )


Opener = Callable[..., "Backend"]


class Backends:
    """Opens each model once. Used from one event loop only."""

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        *,
        secrets: Secrets | None = None,
        embedder: Embedder | None = None,
        opener: Opener = catalogue.open_backend,
    ) -> None:
        self.settings = settings
        self.paths = paths
        self._secrets = secrets
        self._embedder = embedder
        self._opener = opener
        self._open: dict[tuple[object, ...], Backend] = {}

    @property
    def secrets(self) -> Secrets:
        """Where keys come from (built when first asked for)."""
        if self._secrets is None:
            from models.secrets import Secrets

            self._secrets = Secrets(self.settings.keys)
        return self._secrets

    @property
    def embedder(self) -> Embedder:
        """The sentence embeddings that every task shares (built when first asked for)."""
        if self._embedder is None:
            from models.embeddings import default_embedder

            self._embedder = default_embedder()
        return self._embedder

    def spec(self, ref: str) -> ModelSpec:
        """The model that ``ref`` names. Raises :class:`models.errors.ModelError`."""
        return catalogue.find(ref, own_specs(self.settings), self.paths.models)

    def task_ref(self, task: Task) -> str:
        """The name of the model that a task uses, as set; without a second model to compare with,
        ``compare_other`` is the first one."""
        settings = self.settings
        compare = settings.compare.model or settings.chat.model
        refs: dict[Task, str] = {
            "chat": settings.chat.model,
            "extraction": settings.extraction.model,
            "relevance": settings.judging.model or settings.extraction.model,
            "compare": compare,
            "compare_other": settings.compare.other_model or compare,
        }
        return refs[task]

    def for_task(self, task: Task) -> Backend:
        """The back end of a task's model; tasks with the same model share it."""
        return self.get(self.task_ref(task))

    def chat_sampling(self) -> Sampling:
        """How the chat's words are drawn: as set, else as the model's authors recommend.

        Raises :class:`models.errors.ModelError` if there is no such model.
        """
        chat, spec = self.settings.chat, self.spec(self.settings.chat.model)
        default = Sampling()
        temperature = _first(chat.temperature, spec.temperature, default.temperature)
        return Sampling(
            temperature=temperature,
            top_p=_first(chat.top_p, spec.top_p, default.top_p),
            max_tokens=chat.max_tokens,
            # Very small models fall into repeating themselves; endpoints may not know this.
            repeat_penalty=SMALL_MODEL_PENALTY if spec.kind == "gguf" else 1.0,
        )

    def get(self, ref: str) -> Backend:
        """The back end of a model, opened at the first call (and loaded at its first use).

        Two names of one GGUF file get the same worker. Raises :class:`models.errors.ModelError`.
        """
        return self.open(self.spec(ref))

    def open(self, spec: ModelSpec) -> Backend:
        """Like :meth:`get`, for a model that is described rather than named."""
        options = options_of(self.settings)
        key = _identity(spec, options)
        if key not in self._open:
            self._open[key] = self._opener(
                spec,
                log_file=self.paths.worker_log,
                secrets=self.secrets if spec.key_name else None,
                options=options,
                embedder=self.embedder,
            )
        return self._open[key]

    async def replace(self, settings: Settings) -> None:
        """Use other settings from now on, and close what they would open differently."""
        helpers_changed = settings.keys != self.settings.keys
        self.settings = settings
        if helpers_changed and self._secrets is not None:
            self._secrets.use_helpers(settings.keys)
        options = options_of(settings)
        specs = own_specs(settings)
        for ref in {self.task_ref(task) for task in get_args(Task)}:
            try:
                specs[ref] = self.spec(ref)
            except ModelError:
                continue
        wanted = {_identity(spec, options) for spec in specs.values()}
        for key in [key for key in self._open if key not in wanted]:
            await self._open.pop(key).close()

    async def close_model(self, ref: str) -> None:
        """Close one model's back end, if it is open: frees its memory."""
        key = _identity(self.spec(ref), options_of(self.settings))
        backend = self._open.pop(key, None)
        if backend is not None:
            await backend.close()

    async def close(self) -> None:
        """Free everything. Idempotent; a back end that fails to close does not keep the others."""
        import asyncio

        backends = list(self._open.values())
        self._open.clear()
        await asyncio.gather(*(backend.close() for backend in backends), return_exceptions=True)

    close_all = close


def _identity(spec: ModelSpec, options: BackendOptions) -> tuple[object, ...]:
    """What makes two models the same back end: the file, or the endpoint with its key."""
    if spec.kind == "gguf":
        path = spec.path.resolve() if spec.path else spec.ref
        return ("gguf", path, options.n_ctx, options.n_threads, options.n_gpu_layers)
    return (
        "endpoint",
        spec.base_url,
        spec.model,
        spec.key_name,
        spec.context_tokens,
        options.timeout,
        options.max_concurrency,
        options.max_retries,
    )


def _first(chosen: float | None, recommended: float | None, default: float) -> float:
    if chosen is not None:
        return chosen
    return default if recommended is None else recommended
