"""llama.cpp itself: one model, one context a lane, native sampling. Runs in the worker only.

The low-level interface is used because the ``Llama`` class of llama-cpp-python cannot give two
contexts to one loaded model, re-detokenises the whole answer at each token and keeps all logits.
Not thread-safe: one thread owns everything here; only :meth:`Lane.interrupt` may be called from
another one.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llama_cpp.llama_cpp as native
import numpy as np
import psutil
from llama_cpp import __version__ as BINDING_VERSION  # noqa: N812
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from llama_cpp.llama_grammar import JSON_GBNF, json_schema_to_gbnf

from models.errors import InvalidOutputError, ModelError, UnavailableError
from models.prompting import Rendered, render, segments, special_pattern
from models.protocol import ChatMessage
from models.sizing import Shape, batch_tokens, context_tokens, default_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPECIAL = (
    native.LLAMA_TOKEN_ATTR_UNKNOWN
    | native.LLAMA_TOKEN_ATTR_CONTROL
    | native.LLAMA_TOKEN_ATTR_USER_DEFINED
)
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_DEBUG = 1  # ggml_log_level


def _interrupt_callback() -> Any:
    """A native function that says "stop" as soon as a byte is set: ``strlen``.

    llama.cpp asks before each graph node, about 1,000 times a token. A Python callback would take
    the interpreter's lock each time (a tenth of a small model's decode time, and the thread that
    reads commands would wait). ``strlen`` takes the pointer that we register, and is 0 for an
    empty string and 1 for a string of one byte: exactly the truth value that is wanted.
    """
    return ctypes.cast(ctypes.CDLL(None).strlen, native.ggml_abort_callback)


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

    def lane(self, name: str) -> Lane:
        """The lane's context, made when it is first needed (each costs a KV cache)."""
        if name not in self._lanes:
            self._lanes[name] = Lane(self)
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


class Lane:
    """A context: a KV cache with the tokens that are in it."""

    def __init__(self, model: Model) -> None:
        params = native.llama_context_default_params()
        params.n_ctx = model.n_ctx
        params.n_batch = params.n_ubatch = model.n_batch
        params.n_threads = params.n_threads_batch = model.n_threads
        self._model = model
        self.handle = native.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise UnavailableError(
                f"There is not enough memory for a context of {model.n_ctx} tokens; "
                "set a smaller one in the settings (local.n_ctx) or choose a smaller model."
            )
        self._memory = native.llama_get_memory(self.handle)
        self.tokens: list[int] = []
        self._flag = ctypes.create_string_buffer(2)
        self._callback = _interrupt_callback()  # kept: llama.cpp holds no reference
        native.llama_set_abort_callback(
            self.handle, self._callback, ctypes.cast(self._flag, ctypes.c_void_p)
        )
        self._one = (native.llama_token * 1)()

    def interrupt(self) -> None:
        """Make the running evaluation return; it stays so until :meth:`resume`."""
        self._flag[0] = b"\x01"

    def resume(self) -> None:
        self._flag[0] = b"\x00"

    def reuse(self, tokens: Sequence[int]) -> int:
        """Keep the longest common beginning of the cache and ``tokens``, without the last token
        (its logits are wanted); return its length."""
        limit = min(len(self.tokens), len(tokens) - 1)
        kept = next((i for i in range(limit) if self.tokens[i] != tokens[i]), limit)
        return self._keep(kept)

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Append at most ``n_batch`` tokens and compute the logits after the last; ``False`` if
        interrupted, with the cache as before the call."""
        count = len(tokens)
        array = self._one if count == 1 else (native.llama_token * count)()
        array[:] = list(tokens)
        batch = native.llama_batch_get_one(array, count)  # points into the array
        code = native.llama_decode(self.handle, batch)
        if code == 0:
            self.tokens += tokens
            return True
        self._keep(len(self.tokens))
        if code == 2:
            return False
        raise ModelError(f"llama.cpp could not evaluate the prompt (code {code}); see the log.")

    def logits(self) -> NDArray[np.float32]:
        """Logits after the last token, shape (vocabulary,); valid until the next evaluation."""
        pointer = native.llama_get_logits_ith(self.handle, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._model.n_vocab,))

    def log_probabilities(self) -> NDArray[np.float64]:
        """Natural logs of the next token's probabilities, shape (vocabulary,)."""
        logits = self.logits().astype(np.float64)
        top = logits.max()
        return np.asarray(logits - (top + np.log(np.exp(logits - top).sum())))

    def _keep(self, count: int) -> int:
        # Recurrent models cannot drop a part: there everything is evaluated again.
        if not native.llama_memory_seq_rm(self._memory, 0, count, -1):
            native.llama_memory_clear(self._memory, True)
            count = 0
        del self.tokens[count:]
        return count


class Sampler:
    """Draws tokens natively: repeat penalty, temperature, top-p, then the draw (the order of the
    OpenAI-compatible servers). The penalty looks at the last 64 tokens of the answer only."""

    def __init__(self, model: Model, parameters: Mapping[str, Any], grammar: str | None) -> None:
        self._model = model
        self._chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        self._grammar = None
        if parameters["repeat_penalty"] != 1.0:
            self._add(
                native.llama_sampler_init_penalties(
                    model.n_vocab, 64, parameters["repeat_penalty"], 0.0, 0.0
                )
            )
        if parameters["temperature"] <= 0:
            self._add(native.llama_sampler_init_greedy())
        else:
            self._add(native.llama_sampler_init_temp(parameters["temperature"]))
            if parameters["top_p"] < 1:
                self._add(native.llama_sampler_init_top_p(parameters["top_p"], 1))
            self._add(native.llama_sampler_init_dist(parameters["seed"] & 0xFFFFFFFF))
        if grammar is not None:
            self._grammar = native.llama_sampler_init_grammar(
                model.vocab, grammar.encode(), b"root"
            )
            if not self._grammar:
                self.free()
                raise InvalidOutputError("The answer's schema cannot be made into a grammar.")
            self._ids = np.arange(model.n_vocab, dtype=np.int32)
            self._candidates = np.zeros(model.n_vocab, dtype=_CANDIDATE)

    def _add(self, sampler: Any) -> None:
        native.llama_sampler_chain_add(self._chain, sampler)

    def sample(self, lane: Lane) -> int:
        """The next token.

        With a grammar, a token is drawn freely first and kept if the grammar allows it; only
        otherwise the grammar is applied to the whole vocabulary. This draws from the same
        distribution (p + (1 - V) p / V = p / V, where V is the allowed mass) and spares most of
        the grammar's cost.
        """
        if self._grammar is None:
            return int(native.llama_sampler_sample(self._chain, lane.handle, -1))
        token = self._draw(lane, constrained=False)
        if not self._allowed(token):
            token = self._draw(lane, constrained=True)
        native.llama_sampler_accept(self._grammar, token)
        native.llama_sampler_accept(self._chain, token)
        return token

    def free(self) -> None:
        for sampler in (self._chain, self._grammar):
            if sampler:
                native.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def _draw(self, lane: Lane, *, constrained: bool) -> int:
        self._candidates["id"] = self._ids
        self._candidates["logit"] = lane.logits()
        array = self._array(self._candidates)
        if constrained:
            native.llama_sampler_apply(self._grammar, ctypes.byref(array))
            if not np.isfinite(self._candidates["logit"]).any():
                raise InvalidOutputError("No token satisfies the answer's schema.")
        native.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allowed(self, token: int) -> bool:
        one = np.zeros(1, dtype=_CANDIDATE)
        one["id"] = token
        array = self._array(one)
        native.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(np.isfinite(array.data[0].logit))

    @staticmethod
    def _array(candidates: NDArray[Any]) -> Any:
        data = candidates.ctypes.data_as(native.llama_token_data_p)
        return native.llama_token_data_array(
            data=data, size=len(candidates), selected=-1, sorted=False
        )


_LONGEST_GRAMMAR = 64_000
"""Characters: a bound of 100,000 in a schema makes a grammar on which llama.cpp crashes."""


def grammar_of(model: Model, schema: Mapping[str, Any]) -> tuple[str, str | None]:
    """The GBNF grammar of a JSON Schema, and a note if it could only be that of JSON in general."""
    try:
        grammar = json_schema_to_gbnf(json.dumps(schema))
    except Exception:  # noqa: BLE001  the converter raises whatever it stumbles over
        grammar = ""
    if 0 < len(grammar) <= _LONGEST_GRAMMAR:
        sampler = native.llama_sampler_init_grammar(model.vocab, grammar.encode(), b"root")
        if sampler:
            native.llama_sampler_free(sampler)
            return grammar, None
    return JSON_GBNF, "the schema has no grammar; any JSON was allowed and validated afterwards"
