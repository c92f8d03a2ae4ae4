"""What a person can set: typed, documented, read from ``config.toml`` and ``PERSONA_TUI_*``.

Precedence: environment, then file, then the defaults below. A section and its key are joined by two
underscores in the environment: ``PERSONA_TUI_CHAT__MODEL=starter``.

Structs of msgspec, which checks without converting silently and is imported in a fifth of the time
that pydantic takes: the whole app may add 200 ms to a bare Textual app's cold start. Writing is in
:mod:`persona_tui.config_file`, so that reading does not import tomlkit (70 ms).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.inspect import DictType, Field, StructType, Type, type_info

from persona_tui.config_text import describe, from_text, joined, required, shown, unknown_key
from persona_tui.errors import ConfigError
from persona_tui.paths import ENV_HOME, Paths

ENV_PREFIX = "PERSONA_TUI_"

Fraction = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class ChatSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How chats are answered."""

    model: str = "starter"
    """Which model answers: ``starter``, a name under ``[models]``, or a downloaded model."""
    system_prompt: str | None = None
    """What the model is told before every chat; nothing if left out."""
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    """How freely words are drawn: 0 always takes the most probable one. If left out, what the
    model's authors recommend, or 0.7."""
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Draw from the most probable words that together have this probability. If left out, what
    the model's authors recommend, or 0.95."""
    max_tokens: Count = 1024
    """The longest answer, in tokens."""


class ExtractionConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
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


class JudgingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How judgments are asked."""

    repeat_after_days: Annotated[float, Meta(ge=0)] = 7.0
    """Days after which some items are asked again, to learn how consistent your answers are."""
    repeat_share: Fraction = 0.1
    """Share of your judgments that are asked again."""
    catch_share: Fraction = 0.05
    """Share of planted items, whose right answer is known; 0 plants none."""
    attributes_per_prompt: Count = 24
    """At most this many attributes, drawn at random, are asked about for one prompt."""
    scale: Literal["yes_no", "five"] = "yes_no"
    """Answers to relevance: yes and no, or five levels that fold to them."""
    model: str | None = None
    """Which model's opinion on relevance is computed beside yours, unseen until you have judged;
    that of extraction if left out."""


class CompareConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How pairs of answers are made for comparison."""

    model: str | None = None
    """Which model writes both answers; that of the chat if left out."""
    other_model: str | None = None
    """The second model, where two are compared (arm ``models``)."""
    arm: Literal["relevant", "all", "model", "personal", "models"] = "relevant"
    """What the personalized answer is told: the attributes that you called relevant, all that you
    accepted (without those for *only when I ask*), the model's own choice among those, your personal
    model's; or (``models``) two models are compared."""
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    """How freely words are drawn, in both answers alike."""
    max_tokens: Count = 400
    """The longest answer, in tokens, in both alike."""
    ahead: Count = 2
    """Pairs made ahead of you, in the background."""


class LearningConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How small models of your own learn from your judgments, on this machine."""

    auto_train: bool = True
    """Learn anew after every sitting of judging."""
    refine: bool = True
    """What your verifier flags goes back to the extractor, to be weakened, corrected or withdrawn."""
    active_share: Fraction = 0.1
    """Share of what is asked next that is chosen because the most is learned from it; the rest is
    drawn at random, and only that gives the headline figures."""
    personalize_chat: bool = False
    """Tell the chat's model those accepted attributes that your relevance model finds relevant."""


class LocalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How llama.cpp runs models on this machine."""

    n_ctx: Count | None = None
    """Context in tokens; the model's own, within bounds, if left out."""
    n_threads: Count | None = None
    """Threads to compute with; one per physical core if left out."""
    n_gpu_layers: Annotated[int, Meta(ge=-1)] = -1
    """Layers to put on the GPU: -1 is all of them, 0 none."""


class RemoteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How endpoints (also those on this machine) are spoken to."""

    timeout: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    """Seconds to wait for an endpoint to say something."""
    max_concurrency: Count = 8
    """Requests under way at once."""
    max_retries: Annotated[int, Meta(ge=0)] = 4
    """Further attempts after a time-out, a cut connection or an overloaded server."""


class DownloadSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How recommended models are fetched."""

    endpoint: str | None = None
    """The hub's address, such as a mirror; ``$HF_ENDPOINT`` or the public hub if left out."""
    key: str | None = None
    """Name of the key to send to the hub, for gated models; none is sent if left out."""


class DonationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How judgments are given to research, if you want to."""

    license: Literal["CC-BY-4.0", "CC0-1.0"] = "CC-BY-4.0"
    """Under which licence others may use what you give."""
    cooling_off_hours: Annotated[float, Meta(ge=0, le=8760)] = 24.0
    """Hours between signing and giving, in which you can take it back."""
    names: bool = True
    """Look for names with a language model of its own, where the extra ``ner`` is installed."""
    repository: str | None = None
    """The dataset repository to publish to, as ``owner/name``."""
    key: str | None = None
    """Name of the hub key to publish with."""


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
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
    parameters_b: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    """Billions of parameters: decides between the extraction strategies."""
    usd_per_million_input: Annotated[float, Meta(ge=0)] | None = None
    """What a million tokens sent to it cost, in US dollars: for showing costs before a run."""
    usd_per_million_output: Annotated[float, Meta(ge=0)] | None = None
    """What a million tokens written by it cost, in US dollars."""

    def __post_init__(self) -> None:
        if self.kind == "gguf":
            if not self.path:
                raise ValueError("needs `path`, the GGUF file")
        elif not self.base_url or not self.base_url.startswith(("http://", "https://")):
            raise ValueError("needs `base_url`, starting with http:// or https://")
        elif not self.model:
            raise ValueError("needs `model`, the model's name at the endpoint")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set."""

    theme: str = "textual-dark"
    """Colours of the app; the Settings screen lists the names."""
    language: str | None = None
    """Language that attributes are written in, such as ``en``; that of the chat if left out."""
    keymap: dict[str, str] = {}
    """Other keys: the id of a binding and the keys to use, such as ``"quit" = "ctrl+x"``."""
    chat: ChatSettings = ChatSettings()
    extraction: ExtractionConfig = ExtractionConfig()
    judging: JudgingConfig = JudgingConfig()
    compare: CompareConfig = CompareConfig()
    learning: LearningConfig = LearningConfig()
    local: LocalSettings = LocalSettings()
    remote: RemoteSettings = RemoteSettings()
    downloads: DownloadSettings = DownloadSettings()
    donation: DonationConfig = DonationConfig()
    models: dict[str, ModelEntry] = {}
    """Models of your own, by name."""
    keys: dict[str, str] = {}
    """Helper commands that print a key, by the key's name: ``openai = "pass show openai"``."""

    def __post_init__(self) -> None:
        if "starter" in self.models:
            raise ValueError("`models.starter` is taken by the model that comes with the app")


# --- reading ------------------------------------------------------------------------------------


def load_settings(paths: Paths, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. Raises :class:`ConfigError` naming file, key and the remedy."""
    values = read_file(paths.config)
    settings = validated(values, where=str(paths.config))
    overrides = environment(os.environ if environ is None else environ)
    if not overrides:
        return settings
    for parts, value in overrides.items():
        values = with_value(values, parts, value)
    return validated(values, where="the environment")


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


def environment(environ: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    """Keys, as their parts, and values from ``PERSONA_TUI_*``.

    A variable that fits no setting is somebody else's and is left alone, unless it begins with one
    of our sections: then it is a typing error, and said.
    """
    found: dict[tuple[str, ...], Any] = {}
    for name, text in environ.items():
        if not name.startswith(ENV_PREFIX) or name == ENV_HOME:
            continue
        parts = tuple(name.removeprefix(ENV_PREFIX).lower().split("__"))
        kind = type_of(parts)
        if kind is not None:
            found[parts] = from_text(kind, text, where=name)
        elif len(parts) > 1 and type_of(parts[:1]) is not None:
            raise ConfigError(unknown_key("the environment", name, joined(*parts), known_keys()))
    return found


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


# --- checking -----------------------------------------------------------------------------------


def validated(values: Mapping[str, Any], *, where: str) -> Settings:
    """Nested ``values``, such as a TOML file's, as settings.

    ``where`` (a file, "the environment") is named in errors. Raises :class:`ConfigError`.
    """
    try:
        return msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(_sentence(where, (), Settings, values, error)) from None


def _sentence(
    where: str, parts: tuple[str, ...], kind: Any, value: Any, error: msgspec.ValidationError
) -> str:
    """What msgspec found wrong with ``value``, the one at the key of ``parts``.

    msgspec's own path does not say which entry of a table it means, so what is inside ``value`` is
    tried piece by piece, down to the key that is wrong by itself.
    """
    if isinstance(value, Mapping):
        for name, inner in _types_inside(kind, value).items():
            try:
                msgspec.convert(value[name], inner)
            except msgspec.ValidationError as one:
                return _sentence(where, (*parts, name), inner, value[name], one)
    key = joined(*parts)
    if isinstance(error.__cause__, ValueError):  # raised by a __post_init__
        return f"{where}: {f'`{key}` ' if key else ''}{error.__cause__}."
    field = re.fullmatch(
        r"Object (contains unknown|missing required) field `(.*)`", str(error), re.DOTALL
    )
    if not field:
        wanted = describe(required(type_info(kind)), bounds=True)
        return f"{where}: `{key}` must be {wanted}, not {shown(value)}."
    key = joined(*parts, field[2])
    if field[1] == "missing required":
        return f"{where}: `{key}` is missing."
    return unknown_key(where, key, key, known_keys(parts[1:] if parts[:1] == ("models",) else ()))


def _types_inside(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """The types of those keys of ``value`` that a ``kind`` has."""
    if get_origin(kind) is dict:
        return dict.fromkeys(value, get_args(kind)[1])
    if not isinstance(type_info(kind), StructType):
        return {}
    return {one.name: one.type for one in msgspec.structs.fields(kind) if one.name in value}


# --- what there is to set -----------------------------------------------------------------------


class Leaf(NamedTuple):
    """One setting; ``NAME`` in ``parts`` stands for any name of a table's entry."""

    parts: tuple[str, ...]
    section: type
    field: Field


def leaves(kind: Type | None = None, parts: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every setting there is, in the order of the classes."""
    kind = kind or type_info(Settings)
    if not isinstance(kind, StructType):
        return
    for one in kind.fields:
        here = (*parts, one.name)
        if isinstance(one.type, StructType):
            yield from leaves(one.type, here)
            continue
        yield Leaf(here, kind.cls, one)
        if isinstance(one.type, DictType):
            yield from leaves(one.type.value_type, (*here, "NAME"))


def known_keys(models: Collection[str] = ()) -> list[str]:
    """Every dotted key there is, with one set for each name in ``models``."""
    return [
        joined(*(name if part == "NAME" else part for part in parts))
        for parts, _, _ in leaves()
        for name in (models if "NAME" in parts else ("",))
    ]


def type_of(parts: Sequence[str]) -> Type | None:
    """The type of a key, also of ``models.NAME.path`` and of a whole section; None if unknown."""
    kind: Type | None = type_info(Settings)
    for part in parts:
        if isinstance(kind, StructType):
            kind = next((one.type for one in kind.fields if one.name == part), None)
        else:
            kind = kind.value_type if isinstance(kind, DictType) else None
    return kind
