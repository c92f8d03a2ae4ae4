"""What a GGUF file says of itself, read from its header without loading the model.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The file may be anybody's: every
length is bounded, and what makes no sense gives ``None`` rather than an error.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i",
    6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_LONGEST = 64 * 1024
_MOST_KEYS = 4096
_MOST_BYTES = 4 << 20
"""Read at most so much: the facts stand before the vocabulary."""

Scalar = int | float | bool | str


@dataclass(frozen=True, slots=True)
class GgufFacts:
    """The part of a header that helps to choose and to size a model."""

    architecture: str | None = None
    name: str | None = None
    licence: str | None = None
    context_tokens: int | None = None
    """The longest context that the model was trained for."""
    kv_bytes_per_token: int | None = None
    """Bytes of KV cache a token in f16: layers x KV heads x (key + value size) x 2."""
    parameters_b: float | None = None
    """Billions of parameters, from the file's size label (``135M``, ``4B``)."""


class _MalformedError(Exception):
    """The header makes no sense from here on."""


def read_header(path: Path) -> GgufFacts | None:
    """The facts of the file at ``path``; ``None`` if it is no GGUF file or cannot be read."""
    try:
        about = path.stat()
    except OSError:
        return None
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, _size: int) -> GgufFacts | None:
    """Cached for as long as the file stays as it is."""
    values: dict[str, Scalar] = {}
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF" or _number(file, "<I") not in (2, 3):
                return None
            _number(file, "<Q")  # tensors
            for _ in range(min(int(_number(file, "<Q")), _MOST_KEYS)):
                key = _string(file)
                if key.startswith("tokenizer."):
                    break
                value = _value(file, int(_number(file, "<I")))
                if value is not None:
                    values[key] = value
    except (OSError, _MalformedError):
        if not values:
            return None
    return _facts(values)


def _facts(values: dict[str, Scalar]) -> GgufFacts:
    architecture = _text(values, "general.architecture")

    def count(key: str) -> int | None:
        value = values.get(f"{architecture}.{key}")
        sensible = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 24
        return value if sensible and isinstance(value, int) else None

    layers, heads = count("block_count"), count("attention.head_count")
    kv_heads, width = count("attention.head_count_kv") or heads, count("embedding_length")
    per_head = width // heads if width and heads else None
    key_size = count("attention.key_length") or per_head
    value_size = count("attention.value_length") or per_head
    kv = None
    if layers and kv_heads and key_size and value_size:
        kv = layers * kv_heads * (key_size + value_size) * 2
    return GgufFacts(
        architecture=architecture,
        name=_text(values, "general.name"),
        licence=_text(values, "general.license"),
        context_tokens=count("context_length"),
        kv_bytes_per_token=kv,
        parameters_b=_billions(_text(values, "general.size_label")),
    )


def _billions(label: str | None) -> float | None:
    found = re.match(r"(\d+(?:\.\d+)?)([MB])\b", label or "")
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2] == "M" else 1)


def _text(values: dict[str, Scalar], key: str) -> str | None:
    value = values.get(key)
    return value[:200] if isinstance(value, str) and value else None


def _number(file: BinaryIO, form: str) -> int | float | bool:
    data = file.read(struct.calcsize(form))
    if len(data) != struct.calcsize(form) or file.tell() > _MOST_BYTES:
        raise _MalformedError
    value: int | float | bool = struct.unpack(form, data)[0]
    return value


def _string(file: BinaryIO) -> str:
    length = int(_number(file, "<Q"))
    if length > _LONGEST:
        raise _MalformedError
    data = file.read(length)
    if len(data) != length:
        raise _MalformedError
    return data.decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Scalar | None:
    """A value; arrays are stepped over and give ``None``."""
    if kind in _SCALARS:
        return _number(file, _SCALARS[kind])
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        raise _MalformedError
    inner, length = int(_number(file, "<I")), int(_number(file, "<Q"))
    if inner in _SCALARS:
        skipped = struct.calcsize(_SCALARS[inner]) * length
        if skipped > _MOST_BYTES:
            raise _MalformedError
        file.seek(skipped, 1)
    elif inner == _STRING and length <= _MOST_KEYS:
        for _ in range(length):
            _string(file)
    else:
        raise _MalformedError
    return None
