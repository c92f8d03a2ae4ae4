"""llama.cpp itself: one model, one context a lane, native sampling. Runs in the worker only.

The low-level interface is used because the ``Llama`` class of llama-cpp-python cannot give two
contexts to one loaded model, re-detokenises the whole answer at each token and keeps all logits.
Not thread-safe: one thread owns everything here; only :meth:`Lane.interrupt` may be called from
another one.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as native
import psutil
from llama_cpp import __version__ as BINDING_VERSION  # noqa: N812
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from models.errors import ModelError, UnavailableError
from models.prompting import Rendered, render, segments, special_pattern
from models.protocol import ChatMessage
from models.sizing import Shape, batch_tokens, context_tokens, default_threads
from models.worker_lane import Lane

_SPECIAL = (
    native.LLAMA_TOKEN_ATTR_UNKNOWN
    | native.LLAMA_TOKEN_ATTR_CONTROL
    | native.LLAMA_TOKEN_ATTR_USER_DEFINED
)
_DEBUG = 1  # ggml_log_level
_ROWS = 15
"""Rows of a choice that are evaluated at once, each a sequence of its own."""
_EXACT = 63
_AWAY = 4
"""A lane's cache ÷ what is put away of it besides, in tokens."""


def _log(level: int, text: bytes, _data: object) -> None:
    """Everything but debugging output (a quarter of a megabyte a model) goes to the log file."""
    if level != _DEBUG:
        os.write(2, text)


_LOG_CALLBACK = native.llama_log_callback(_log)  # kept: llama.cpp holds no reference


class Model:
    """One GGUF file in memory."""

    def __init__(
        self, path: str, *, n_ctx: int | None, n_threads: int | None, n_gpu_layers: int
    ) -> None:
        native.llama_log_set(_LOG_CALLBACK, None)
        native.llama_backend_init()
        params = native.llama_model_default_params()
        params.n_gpu_layers = n_gpu_layers if native.llama_supports_gpu_offload() else 0
        handle = native.llama_model_load_from_file(path.encode(), params)
        if not handle:
            raise UnavailableError(
                "The model file cannot be loaded because it is damaged, incomplete or of a kind "
                "that this llama.cpp does not know; get it again or choose another model."
            )
        self.handle = handle
        self._file_bytes = Path(path).stat().st_size
        self.vocab = native.llama_model_get_vocab(handle)
        self.n_vocab = int(native.llama_vocab_n_tokens(self.vocab))
        self.n_gpu_layers = int(params.n_gpu_layers)
        self.metadata = self._read_metadata()
        shape = self._shape()
        self.n_threads = n_threads or default_threads()
        self.n_train = shape.trained_context
        self.n_ctx = context_tokens(shape, n_ctx, psutil.virtual_memory().available)
        self.n_batch = batch_tokens(shape, self.n_threads)
        self._bos = int(native.llama_vocab_bos(self.vocab))
        self._add_bos = bool(native.llama_vocab_get_add_bos(self.vocab))
        self.template_note: str | None = None
        self._template = self._read_template()
        spellings = self._special_spellings()
        self._special = special_pattern(list(spellings.values()))
        self._shown = {one for one, text in spellings.items() if "think" in text}
        self._lanes: dict[str, Lane] = {}
        self.recurrent = bool(
            native.llama_model_is_recurrent(handle) or native.llama_model_is_hybrid(handle)
        )
        """Whether it has a state that no part can be taken out of."""
        self._buffer = ctypes.create_string_buffer(512)

    def describe(self) -> dict[str, object]:
        """What the parent may show, keep with a run and decide by."""
        buffer = ctypes.create_string_buffer(256)
        native.llama_model_desc(self.handle, buffer, 256)
        return {
            "n_ctx": self.n_ctx,
            "n_ctx_train": self.n_train,
            "n_batch": self.n_batch,
            "n_threads": self.n_threads,
            "n_gpu_layers": self.n_gpu_layers,
            "parameters_b": native.llama_model_n_params(self.handle) / 1e9,
            "kind": buffer.value.decode(errors="replace"),
            "general_name": self.metadata.get("general.name"),
            "file_bytes": self._file_bytes,
            "binding": BINDING_VERSION,
            "template_note": self.template_note,
        }

    @property
    def n_rows_batch(self) -> int:
        """Most tokens of several rows that are evaluated at once.

        Below 64 llama.cpp's attention computes each token by itself, so that with plain 4- and 8-bit
        weights its logits are the same to the bit in whatever company; with more it works in tiles,
        and they move by up to 0.3. A GPU, where no bits are kept anyway, needs large batches.
        """
        return self.n_batch if self.n_gpu_layers else min(_EXACT, self.n_batch)

    def lane(self, name: str) -> Lane:
        """The lane's context, made when it is first needed (each costs a KV cache)."""
        if name not in self._lanes:
            ordinary = name != "chat" and not self.recurrent
            self._lanes[name] = Lane(
                self.handle,
                n_ctx=self.n_ctx,
                n_batch=self.n_batch,
                exact_batch=self.n_rows_batch,
                n_threads=self.n_threads,
                rows=_ROWS if ordinary else 0,
                room=self.n_ctx // _AWAY if ordinary else 0,
            )
        return self._lanes[name]

    def opened(self, name: str) -> Lane | None:
        """The lane's context if it was made already. Any thread may call this."""
        return self._lanes.get(name)

    def render(self, messages: Sequence[ChatMessage]) -> Rendered:
        """The prompt as the model's own template writes it."""
        return render(messages, self._template)

    def tokens_of(self, rendered: Rendered) -> list[int]:
        """Exactly the tokens of the full prompt; special ones only where the template wrote them."""
        tokens: list[int] = []
        for text, special in segments(rendered.spans, self._special):
            tokens += self.tokenize(text, special=special)
        if self._add_bos and tokens[:1] != [self._bos]:
            tokens.insert(0, self._bos)
        return tokens

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Tokens of ``text`` alone. Lone surrogates become question marks."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (native.llama_token * room)()
        count = native.llama_tokenize(self.vocab, data, len(data), tokens, room, False, special)
        if count < 0:
            raise ModelError("The text cannot be split into tokens; shorten it.")
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; nothing for a special one, unless it marks thoughts:
        these are found, and left out, by their marks."""
        special = token in self._shown
        count = native.llama_token_to_piece(self.vocab, token, self._buffer, 512, 0, special)
        return self._buffer.raw[: max(count, 0)]

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer."""
        return bool(native.llama_vocab_is_eog(self.vocab, token))

    def _read_metadata(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        key, value = ctypes.create_string_buffer(256), ctypes.create_string_buffer(1024)
        for i in range(native.llama_model_meta_count(self.handle)):
            native.llama_model_meta_key_by_index(self.handle, i, key, 256)
            native.llama_model_meta_val_str_by_index(self.handle, i, value, 1024)
            found[key.value.decode(errors="replace")] = value.value.decode(errors="replace")
        return found

    def _number(self, key: str, default: int) -> int:
        """A whole number of the architecture's metadata (``llama.feed_forward_length``)."""
        text = self.metadata.get(f"{self.metadata.get('general.architecture')}.{key}", "")
        numbers = [int(one) for one in re.findall(r"\d+", text)]  # some are lists, one a layer
        return max(numbers, default=default)

    def _shape(self) -> Shape:
        width = int(native.llama_model_n_embd(self.handle))
        heads = max(1, int(native.llama_model_n_head(self.handle)))
        return Shape(
            layers=int(native.llama_model_n_layer(self.handle)),
            width=width,
            feed_forward=self._number("feed_forward_length", 4 * width),
            kv_heads=int(native.llama_model_n_head_kv(self.handle)) or heads,
            key=self._number("attention.key_length", width // heads),
            value=self._number("attention.value_length", width // heads),
            trained_context=int(native.llama_model_n_ctx_train(self.handle)),
        )

    def _special_spellings(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for token in range(self.n_vocab):
            if native.llama_vocab_get_attr(self.vocab, token) & _SPECIAL:
                text = native.llama_vocab_get_text(self.vocab, token) or b""
                found[token] = text.decode(errors="replace")
        # Runs of line breaks are words, not markers.
        return {token: text for token, text in found.items() if text.strip()}

    def _read_template(self) -> Any:
        source = native.llama_model_chat_template(self.handle, None)
        if source:
            try:
                formatter = Jinja2ChatFormatter(
                    source.decode(errors="replace"),
                    eos_token=self._spelling(native.llama_vocab_eos(self.vocab)),
                    bos_token=self._spelling(self._bos),
                )
                # Models that can think aloud are asked not to: answers are parsed and judged.
                return lambda turns: formatter(messages=turns, enable_thinking=False).prompt
            except Exception:  # noqa: BLE001  a template is a stranger's program
                self.template_note = "the model's chat template is broken; ChatML used instead"
        else:
            self.template_note = "the model has no chat template; ChatML used instead"
        return _chatml

    def _spelling(self, token: int) -> str:
        if token < 0:
            return ""
        return (native.llama_vocab_get_text(self.vocab, token) or b"").decode(errors="replace")


def _chatml(turns: list[dict[str, str]]) -> str:
    said = "".join(f"<|im_start|>{one['role']}\n{one['content']}<|im_end|>\n" for one in turns)
    return f"{said}<|im_start|>assistant\n"
