"""A recurrent model of a few kilobytes with random weights, written as a GGUF file.

Recurrent models (and hybrids such as LFM2 or Qwen3-Next) keep one state instead of a cache that can
be cut: what holds for them cannot be seen with the starter model.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_WIDTH, _INNER, _STATE, _CONV, _RANK, _LAYERS, _VOCABULARY = 32, 64, 16, 4, 4, 2, 256
_ALIGNMENT = 32


def write_tiny_mamba(path: Path) -> None:
    """Write the model; its vocabulary are the 256 bytes."""
    facts = [
        _fact("general.architecture", "mamba"),
        _fact("mamba.context_length", 1024),
        _fact("mamba.embedding_length", _WIDTH),
        _fact("mamba.feed_forward_length", 0),
        _fact("mamba.attention.head_count", 0),
        _fact("mamba.block_count", _LAYERS),
        _fact("mamba.attention.layer_norm_rms_epsilon", 1e-5),
        _fact("mamba.ssm.conv_kernel", _CONV),
        _fact("mamba.ssm.inner_size", _INNER),
        _fact("mamba.ssm.state_size", _STATE),
        _fact("mamba.ssm.time_step_rank", _RANK),
        _fact("tokenizer.ggml.model", "gpt2"),
        _fact("tokenizer.ggml.pre", "default"),
        _fact("tokenizer.ggml.tokens", [_spelling(byte) for byte in range(_VOCABULARY)]),
        _fact("tokenizer.ggml.merges", ["a b"]),
        _fact("tokenizer.ggml.eos_token_id", 0),
    ]
    tensors = _tensors(np.random.default_rng(5))
    infos, data = b"", b""
    for name, values in tensors.items():
        infos += _text(name) + struct.pack("<I", values.ndim)
        infos += b"".join(struct.pack("<Q", size) for size in reversed(values.shape))
        infos += struct.pack("<IQ", 0, len(data))
        data += _padded(values.astype("<f4").tobytes())
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts)) + b"".join(facts) + infos
    path.write_bytes(_padded(head) + data)


def _tensors(random: np.random.Generator) -> dict[str, np.ndarray]:
    def normal(*shape: int) -> np.ndarray:
        return random.normal(0, 0.5, shape)

    found = {
        "token_embd.weight": normal(_VOCABULARY, _WIDTH),
        "output_norm.weight": np.ones(_WIDTH),
    }
    for i in range(_LAYERS):
        found |= {
            f"blk.{i}.attn_norm.weight": np.ones(_WIDTH),
            f"blk.{i}.ssm_in.weight": normal(2 * _INNER, _WIDTH),
            f"blk.{i}.ssm_conv1d.weight": normal(_INNER, _CONV),
            f"blk.{i}.ssm_conv1d.bias": normal(_INNER),
            f"blk.{i}.ssm_x.weight": normal(_RANK + 2 * _STATE, _INNER),
            f"blk.{i}.ssm_dt.weight": normal(_INNER, _RANK),
            f"blk.{i}.ssm_dt.bias": normal(_INNER),
            f"blk.{i}.ssm_a": -np.exp(normal(_INNER, _STATE)) / 50,  # remembers for long
            f"blk.{i}.ssm_d": normal(_INNER),
            f"blk.{i}.ssm_out.weight": normal(_WIDTH, _INNER),
        }
    return found


def _spelling(byte: int) -> str:
    """GPT-2's printable stand-in for a byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [one for one in range(256) if one not in printable].index(byte))


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def _fact(key: str, value: str | int | float | list[str]) -> bytes:
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, int):
        return _text(key) + struct.pack("<II", 4, value)
    if isinstance(value, float):
        return _text(key) + struct.pack("<If", 6, value)
    return (
        _text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_text(one) for one in value)
    )


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT)
