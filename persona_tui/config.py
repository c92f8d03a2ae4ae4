"""What a person can set: typed, documented, read from ``config.toml`` and ``PERSONA_TUI_*``.

Precedence: environment, then file, then the defaults below. A section and its key are joined by two
underscores in the environment: ``PERSONA_TUI_CHAT__MODEL=starter``.

Frozen dataclasses, checked by :mod:`persona_tui.config_check`. On top of Textual, reading settings
cost 139 ms with pydantic-settings (its import alone), 106 ms with pydantic, 18 ms so; the whole app
may add 200 ms to a bare Textual app's cold start. Writing is in :mod:`persona_tui.config_file`, so
that reading does not import tomlkit (70 ms).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from persona_tui.config_check import Limits, UnknownKeyError, build, hints_of
from persona_tui.config_text import from_text, unknown_key
from persona_tui.errors import ConfigError
from persona_tui.paths import ENV_HOME, Paths

ENV_PREFIX = "PERSONA_TUI_"

Fraction = Annotated[float, Limits(ge=0, le=1)]
Count = Annotated[int, Limits(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """How chats are answered."""

    model: str = "starter"
    """Which model answers: ``starter``, a name under ``[models]``, or a downloaded model."""
    system_prompt: str | None = None
    """What the model is told before every chat; nothing if left out."""
    temperature: Annotated[float, Limits(ge=0, le=2)] = 0.7
    """How freely words are drawn: 0 always takes the most probable one."""
    top_p: Annotated[float, Limits(gt=0, le=1)] = 0.95
    """Draw from the most probable words that together have this probability."""
    max_tokens: Count = 1024
    """The longest answer, in tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionConfig:
    """How attributes are inferred from messages."""

    model: str = "starter"
    """Which model infers: ``starter``, a name under ``[models]``, or a downloaded model."""
    strategy: Literal["auto", "grounded", "holistic"] = "auto"
    """Sentence by sentence (small models), whole conversation (capable ones), or by the model."""
    min_confidence: Fraction = 0.4
    """Attributes that the model is less sure of than this are dropped."""
    merge_threshold: Fraction = 0.7
    """Attributes whose sentence embeddings have at least this cosine become one."""
    live: bool = True
    """Infer while you chat, and show new attributes beside the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """How llama.cpp runs models on this machine."""

    n_ctx: Count | None = None
    """Context in tokens; the model's own, within bounds, if left out."""
    n_threads: Count | None = None
    """Threads to compute with; one per physical core if left out."""
    n_gpu_layers: Annotated[int, Limits(ge=-1)] = -1
    """Layers to put on the GPU: -1 is all of them, 0 none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSettings:
    """How endpoints (also those on this machine) are spoken to."""

    timeout: Annotated[float, Limits(gt=0)] = 60.0
    """Seconds to wait for an endpoint to say something."""
    max_concurrency: Count = 8
    """Requests under way at once."""
    max_retries: Annotated[int, Limits(ge=0)] = 4
    """Further attempts after a time-out, a cut connection or an overloaded server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSettings:
    """How recommended models are fetched."""

    endpoint: str | None = None
    """The hub's address, such as a mirror; ``$HF_ENDPOINT`` or the public hub if left out."""
    key: str | None = None
    """Name of the key to send to the hub, for gated models; none is sent if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model of your own, under ``[models.NAME]``."""

    kind: Literal["gguf", "endpoint"]
    """``gguf``: a file on this machine; ``endpoint``: an OpenAI-compatible server."""
    path: str | None = None
    """The GGUF file (``~`` is your home directory)."""
    base_url: str | None = None
    """The endpoint's address, up to and including ``/v1``."""
    model: str | None = None
    """The model's name, as the endpoint calls it."""
    key: str | None = None
    """Name of the key that the endpoint wants; the key itself never stands here."""
    context_tokens: Count | None = None
    """The model's context in tokens, where it does not say so itself."""
    parameters_b: Annotated[float, Limits(gt=0)] | None = None
    """Billions of parameters: decides between the extraction strategies."""

    def problem(self) -> str | None:
        """What is missing, to be read after the entry's name."""
        if self.kind == "gguf":
            return None if self.path else "needs `path`, the GGUF file"
        if not self.base_url or not self.base_url.startswith(("http://", "https://")):
            return "needs `base_url`, starting with http:// or https://"
        return None if self.model else "needs `model`, the model's name at the endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    theme: str = "textual-dark"
    """Colours of the app; the Settings screen lists the names."""
    language: str | None = None
    """Language that attributes are written in, such as ``en``; that of the chat if left out."""
    keymap: dict[str, str] = field(default_factory=dict)
    """Other keys: the id of a binding and the keys to use, such as ``"quit" = "ctrl+x"``."""
    chat: ChatSettings = ChatSettings()
    extraction: ExtractionConfig = ExtractionConfig()
    local: LocalSettings = LocalSettings()
    remote: RemoteSettings = RemoteSettings()
    downloads: DownloadSettings = DownloadSettings()
    models: dict[str, ModelEntry] = field(default_factory=dict)
    """Models of your own, by name."""
    keys: dict[str, str] = field(default_factory=dict)
    """Helper commands that print a key, by the key's name: ``openai = "pass show openai"``."""

    @classmethod
    def model_validate(cls, values: Mapping[str, Any]) -> Settings:
        """Nested values, such as a TOML file's, as settings. Raises :class:`ConfigError`."""
        return validated(values, where="the settings")

    def problem(self) -> str | None:
        """What is wrong as a whole."""
        if "starter" in self.models:
            return "`models.starter` is taken by the model that comes with the app"
        return None


# --- reading ------------------------------------------------------------------------------------


def load_settings(paths: Paths, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. Raises :class:`ConfigError` naming file, key and the remedy."""
    values = read_file(paths.config)
    settings = validated(values, where=str(paths.config))
    overrides = environment(os.environ if environ is None else environ)
    if not overrides:
        return settings
    for key, text in overrides.items():
        values = with_value(values, key.split("."), text)
    return validated(values, where="the environment")


def set_value(paths: Paths, key: str, value: Any) -> Settings:
    """Set one key in the file, keeping comments: see :func:`persona_tui.config_file.set_value`."""
    from persona_tui import config_file

    return config_file.set_value(paths, key, value)


def read_file(path: Path) -> dict[str, Any]:
    """The file as nested dictionaries; empty if there is none."""
    text = ""
    try:
        text = path.read_text("utf-8")
        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        end = f"at line {len(text.splitlines())}, the end"
        reason = str(error).replace("at end of document", end)
        raise ConfigError(f"{path} is not valid TOML: {reason}. Correct that line.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Dotted keys and values from ``PERSONA_TUI_*``.

    A variable that fits no setting is somebody else's and is left alone, unless it begins with one
    of our sections: then it is a typing error, and said.
    """
    found: dict[str, Any] = {}
    sections = [name for name, hint in hints_of(Settings).items() if is_dataclass(hint)]
    for name, text in environ.items():
        if not name.startswith(ENV_PREFIX) or name == ENV_HOME:
            continue
        key = name.removeprefix(ENV_PREFIX).lower().replace("__", ".")
        annotation = annotation_of(key)
        if annotation is None:
            if key.split(".")[0] in sections and "." in key:
                raise ConfigError(unknown_key("the environment", name, key, leaf_keys()))
            continue
        found[key] = from_text(annotation, text, where=name)
    return found


def validated(values: Mapping[str, Any], *, where: str) -> Settings:
    """``values`` as settings; ``where`` (a file, "the environment") is named in errors."""
    try:
        settings: Settings = build(Settings, values, where)
    except UnknownKeyError as error:
        known = leaf_keys(values.get("models", {}))
        raise ConfigError(unknown_key(where, error.key, error.key, known)) from None
    return settings


def with_value(values: Mapping[str, Any], parts: Iterable[str], value: Any) -> dict[str, Any]:
    """A copy of nested ``values`` in which the key of ``parts`` has ``value`` (None removes it)."""
    head, *rest = parts
    copy = dict(values)
    if rest:
        inner = copy.get(head, {})
        copy[head] = with_value(inner if isinstance(inner, Mapping) else {}, rest, value)
    elif value is None:
        copy.pop(head, None)
    else:
        copy[head] = value
    return copy


# --- what there is to set -----------------------------------------------------------------------


def leaf_keys(models: Iterable[str] = ()) -> list[str]:
    """Every dotted key there is, with one set for each name in ``models``."""
    keys = []
    for name, hint in hints_of(Settings).items():
        if is_dataclass(hint):
            keys += [f"{name}.{inner.name}" for inner in fields(hint)]
        else:
            keys.append(name)
    keys += [f"models.{model}.{inner.name}" for model in models for inner in fields(ModelEntry)]
    return keys


def annotation_of(key: str | Iterable[str]) -> Any:
    """The type of a dotted key (``models.NAME.path`` and ``keymap.ID`` too); None if unknown."""
    head, *rest = key.split(".") if isinstance(key, str) else key
    hint: Any = hints_of(Settings).get(head)
    if not rest or hint is None:
        return hint
    if head in ("keymap", "keys"):
        return str if len(rest) == 1 else None
    if head == "models":
        if len(rest) == 1:
            return ModelEntry
        return hints_of(ModelEntry).get(rest[1]) if len(rest) == 2 else None
    section = isinstance(hint, type) and is_dataclass(hint) and len(rest) == 1
    return hints_of(hint).get(rest[0]) if section else None
