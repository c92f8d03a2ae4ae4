"""Recommended downloads: small instruct models as GGUF files, each fact with its source.

``docs/models.md`` shows the same table and says how it was looked up. Sizes are for choosing only:
repositories are re-uploaded now and then, so the size and the checksum that a download is held
against come from the hub's own metadata at the time of the download. What could not be verified is
``None``; no checksum stands here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Download:
    """One file on the hub."""

    id: str
    """What commands and settings call it."""
    name: str
    repo: str
    filename: str
    size_bytes: int
    """When it was looked up."""
    licence: str
    parameters_b: float | None
    """Billions of parameters."""
    context_tokens: int | None
    """The longest context the model was made for."""
    kv_bytes_per_token: int | None
    """Bytes of KV cache a token in f16: 2 x layers x KV heads x head size x 2."""
    source: tuple[str, ...]
    """Where the facts above were read."""
    note: str = ""
    thinks: bool = False
    """Writes its reasoning before the answer unless told otherwise."""
    revision: str = "main"

    @property
    def url(self) -> str:
        """The page about the model, for people."""
        return f"https://huggingface.co/{self.repo}"


def _kv(layers: int, kv_heads: int, head_size: int) -> int:
    """Bytes of KV cache a token in f16."""
    return 2 * layers * kv_heads * head_size * 2


_TBCHAT = "github.com/Tann-Menghong/TBchat SeedCatalog.kt (generated from the hub's metadata)"
_SIONA = "SIONA phase 3B model research, 2026-08-05 (read from the hub's file pages)"
_MINISTRAL = (
    "graph-horizon validation register (file, bytes)",
    "huggingface.co/docs/transformers/model_doc/ministral3 (licence, context)",
)

RECOMMENDED: tuple[Download, ...] = (
    Download(
        id="qwen3-0.6b",
        name="Qwen3 0.6B",
        repo="unsloth/Qwen3-0.6B-GGUF",
        filename="Qwen3-0.6B-Q4_K_M.gguf",
        size_bytes=396_705_472,
        licence="Apache-2.0",
        parameters_b=0.6,
        context_tokens=32_768,
        kv_bytes_per_token=_kv(28, 8, 128),
        source=(_TBCHAT,),
        note="Many languages; thinks before it answers.",
        thinks=True,
    ),
    Download(
        id="gemma-3-1b",
        name="Gemma 3 1B",
        repo="ggml-org/gemma-3-1b-it-GGUF",
        filename="gemma-3-1b-it-Q4_K_M.gguf",
        size_bytes=806_058_240,
        licence="Gemma",
        parameters_b=1.0,
        context_tokens=32_768,
        kv_bytes_per_token=_kv(26, 1, 256),
        source=(
            "two public catalogues of this file (bytes)",
            _TBCHAT + ", for its layers and context",
        ),
        note="Many languages; Google's terms of use apply.",
    ),
    Download(
        id="qwen3-1.7b",
        name="Qwen3 1.7B",
        repo="ggml-org/Qwen3-1.7B-GGUF",
        filename="Qwen3-1.7B-Q4_K_M.gguf",
        size_bytes=1_282_439_264,
        licence="Apache-2.0",
        parameters_b=1.7,
        context_tokens=32_768,
        kv_bytes_per_token=_kv(28, 8, 128),
        source=(_SIONA, _TBCHAT + ", for its layers"),
        note="Many languages; thinks before it answers.",
        thinks=True,
    ),
    Download(
        id="smollm3-3b",
        name="SmolLM3 3B",
        repo="ggml-org/SmolLM3-3B-GGUF",
        filename="SmolLM3-Q4_K_M.gguf",
        size_bytes=1_915_305_312,
        licence="Apache-2.0",
        parameters_b=3.08,
        context_tokens=65_536,
        kv_bytes_per_token=_kv(36, 4, 128),
        source=(_TBCHAT, "huggingface.co/HuggingFaceTB/SmolLM3-3B-Base (licence, context)"),
        note="Open training data; English and five European languages; can think.",
        thinks=True,
    ),
    Download(
        id="granite-4.0-micro",
        name="Granite 4.0 Micro",
        repo="ibm-granite/granite-4.0-micro-GGUF",
        filename="granite-4.0-micro-Q4_K_M.gguf",
        size_bytes=2_099_502_528,
        licence="Apache-2.0",
        parameters_b=3.0,
        context_tokens=None,
        kv_bytes_per_token=None,
        source=(_SIONA,),
        note="Made for following instructions and for structured answers.",
    ),
    Download(
        id="ministral-3-3b",
        name="Ministral 3 3B Instruct",
        repo="mistralai/Ministral-3-3B-Instruct-2512-GGUF",
        filename="Ministral-3-3B-Instruct-2512-Q4_K_M.gguf",
        size_bytes=2_147_023_008,
        licence="Apache-2.0",
        parameters_b=3.4,
        context_tokens=262_144,
        kv_bytes_per_token=106_496,
        source=(*_MINISTRAL, "three public catalogues of this file (bytes, KV cache)"),
        note="Eleven languages.",
    ),
    Download(
        id="gemma-3-4b",
        name="Gemma 3 4B",
        repo="ggml-org/gemma-3-4b-it-GGUF",
        filename="gemma-3-4b-it-Q4_K_M.gguf",
        size_bytes=2_489_757_856,
        licence="Gemma",
        parameters_b=4.0,
        context_tokens=131_072,
        kv_bytes_per_token=None,
        source=(
            "huggingface.co/ggml-org/gemma-3-4b-it-GGUF/tree/main (file, 2.49 GB, licence)",
            "a public catalogue of this file (bytes)",
            "huggingface.co/brittlewis12/gemma-3-4b-it-GGUF (context)",
        ),
        note="Many languages; Google's terms of use apply.",
    ),
    Download(
        id="phi-4-mini",
        name="Phi-4 mini",
        repo="unsloth/Phi-4-mini-instruct-GGUF",
        filename="Phi-4-mini-instruct-Q4_K_M.gguf",
        size_bytes=2_491_874_272,
        licence="MIT",
        parameters_b=3.84,
        context_tokens=131_072,
        kv_bytes_per_token=_kv(32, 8, 128),
        source=(_TBCHAT, _SIONA + ", for its licence and context"),
    ),
    Download(
        id="qwen3-4b",
        name="Qwen3 4B Instruct 2507",
        repo="unsloth/Qwen3-4B-Instruct-2507-GGUF",
        filename="Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        size_bytes=2_497_281_120,
        licence="Apache-2.0",
        parameters_b=4.02,
        context_tokens=262_144,
        kv_bytes_per_token=_kv(36, 8, 128),
        source=(
            "two public catalogues of this file (bytes)",
            "the GGUF header published in itzmealvin/GGUF_Qwen3-2507-4B-IT-Q4KM config.json",
        ),
        note="Many languages; answers without thinking first.",
    ),
    Download(
        id="qwen3-8b",
        name="Qwen3 8B",
        repo="Qwen/Qwen3-8B-GGUF",
        filename="Qwen3-8B-Q4_K_M.gguf",
        size_bytes=5_027_783_488,
        licence="Apache-2.0",
        parameters_b=8.0,
        context_tokens=32_768,
        kv_bytes_per_token=None,
        source=("three public catalogues of this file (bytes, context)",),
        note="Many languages; thinks before it answers.",
        thinks=True,
    ),
    Download(
        id="ministral-3-8b",
        name="Ministral 3 8B Instruct",
        repo="mistralai/Ministral-3-8B-Instruct-2512-GGUF",
        filename="Ministral-3-8B-Instruct-2512-Q4_K_M.gguf",
        size_bytes=5_198_911_904,
        licence="Apache-2.0",
        parameters_b=8.0,
        context_tokens=262_144,
        kv_bytes_per_token=None,
        source=_MINISTRAL,
        note="Eleven languages.",
    ),
    Download(
        id="ministral-3-14b",
        name="Ministral 3 14B Instruct",
        repo="mistralai/Ministral-3-14B-Instruct-2512-GGUF",
        filename="Ministral-3-14B-Instruct-2512-Q4_K_M.gguf",
        size_bytes=8_239_593_024,
        licence="Apache-2.0",
        parameters_b=14.0,
        context_tokens=262_144,
        kv_bytes_per_token=None,
        source=(*_MINISTRAL, "a second public catalogue of this file (bytes)"),
        note="Eleven languages.",
    ),
)
"""By size."""
