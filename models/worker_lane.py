"""A context of a loaded model: what was read last, and other beginnings put away. Worker only."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llama_cpp.llama_cpp as native
import numpy as np

from models.errors import ModelError, UnavailableError
from models.scoring import layout, shared_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _interrupt_callback() -> Any:
    """A native function that says "stop" as soon as a byte is set: ``strlen``.

    llama.cpp asks before each graph node, about 1,000 times a token. A Python callback would take
    the interpreter's lock each time (a tenth of a small model's decode time, and the thread that
    reads commands would wait). ``strlen`` takes the pointer that we register, and is 0 for an
    empty string and 1 for a string of one byte: exactly the truth value that is wanted.
    """
    return ctypes.cast(ctypes.CDLL(None).strlen, native.ggml_abort_callback)


_ALIKE = 0.8
"""Share of a beginning from which on another one does for it: the rest is read again."""


@dataclass(frozen=True, slots=True)
class _Away:
    """A beginning that was put away: its tokens, how many of them were read exactly, its state."""

    tokens: list[int]
    exact: int
    state: ctypes.Array[ctypes.c_uint8]


class Lane:
    """A context: a KV cache with the tokens that are in it.

    Of a choice the scores must depend on nothing that was read before. So the lane knows which of
    its tokens were read in batches that do not move logits (:attr:`exact`), and beginnings to which
    requests come back are put away as copies of the cache: a copy is brought back in a millisecond
    and is the same to the bit. (As further sequences in the one cache they would cost no copy, but
    every evaluation would run over the cells of all; without flash attention it takes a seventh
    longer then and moves logits by up to 0.9.)
    """

    def __init__(
        self,
        model: Any,
        *,
        n_ctx: int,
        n_batch: int,
        exact_batch: int,
        n_threads: int,
        rows: int = 0,
        room: int = 0,
    ) -> None:
        """``model``: llama.cpp's handle; ``exact_batch``: the most tokens that are evaluated at once
        without moving logits; ``rows``: for how many continuations of the cache :meth:`branches` has
        room at once; ``room``: how many tokens may be put away in all."""
        params = native.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_seq_max = 1 + rows
        params.kv_unified = True  # sequences share the cells of their common beginning
        params.n_batch = params.n_ubatch = n_batch
        params.n_threads = params.n_threads_batch = n_threads
        self.handle = native.llama_init_from_model(model, params)
        if not self.handle:
            raise UnavailableError(
                f"There is not enough memory for a context of {n_ctx} tokens; "
                "set a smaller one in the settings (local.n_ctx) or choose a smaller model."
            )
        self._memory = native.llama_get_memory(self.handle)
        self._n_vocab = int(native.llama_vocab_n_tokens(native.llama_model_get_vocab(model)))
        self.rows = rows
        self._batch: Any = native.llama_batch_init(n_batch, 0, max(1, rows))
        self.tokens: list[int] = []
        self.exact = 0
        """How many of :attr:`tokens`, from the first on, were read without moving logits."""
        self._exact_batch = exact_batch
        self._room = room
        self._away: list[_Away] = []  # the one that was needed last is the last
        self._again = 0
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

    def turn_to(self, tokens: Sequence[int], *, again: int, exact: bool = False) -> None:
        """Before another request's ``tokens`` are read: put away the beginning that would be lost,
        bring back the one that serves them best. ``again``: with how many of them later requests may
        begin; ``exact``: as in :meth:`reuse`."""
        if not self._room:
            return
        here = _serves(self, tokens, exact=exact)
        if here < _ALIKE * self._again:
            self._put_away(min(self._again, len(self.tokens)))
        best = max(self._away, key=lambda one: _serves(one, tokens, exact=exact), default=None)
        if best is not None and _serves(best, tokens, exact=exact) > here:
            self._bring_back(best)
        self._again = again

    def reuse(self, tokens: Sequence[int], *, whole: bool = False, exact: bool = False) -> int:
        """Keep the longest common beginning of the cache and ``tokens``, without the last token
        unless ``whole`` (its logits are wanted), and only what was read without moving logits if
        ``exact``; return its length."""
        return self._keep(_serves(self, tokens if whole else tokens[:-1], exact=exact))

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Append at most ``n_batch`` tokens and compute the logits after the last; ``False`` if
        interrupted, with the cache as before the call."""
        count = len(tokens)
        array = self._one if count == 1 else (native.llama_token * count)()
        array[:] = list(tokens)
        batch = native.llama_batch_get_one(array, count)  # points into the array
        code = native.llama_decode(self.handle, batch)
        if code == 0:
            if self.exact == len(self.tokens) and count <= self._exact_batch:
                self.exact += count
            self.tokens += tokens
            return True
        self._keep(len(self.tokens))
        if code == 2:
            return False
        raise ModelError(f"llama.cpp could not evaluate the prompt (code {code}); see the log.")

    def branches(self, rows: Sequence[Sequence[int]]) -> list[int] | None:
        """Evaluate several continuations of the cache at once, each token that neighbours share
        once, and leave the cache as it was. ``rows``: at most :attr:`rows`, sorted, none empty.

        Returns, for each, the place of its last token's logits (see :meth:`log_probabilities`;
        valid until the next evaluation), or ``None`` if interrupted.
        """
        found, start, batch = layout(rows), len(self.tokens), self._batch
        for i, token in enumerate(found.tokens):
            batch.token[i] = token
            batch.pos[i] = start + found.offsets[i]
            batch.n_seq_id[i] = len(found.sequences[i])
            for j, sequence in enumerate(found.sequences[i]):
                batch.seq_id[i][j] = sequence
            batch.logits[i] = i in found.last
        batch.n_tokens = len(found.tokens)
        for sequence in range(1, len(rows) + 1):
            native.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        code = native.llama_decode(self.handle, batch)
        for sequence in range(1, len(rows) + 1):
            native.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        if code not in (0, 2):
            raise ModelError(f"llama.cpp could not evaluate the rows (code {code}); see the log.")
        return found.last if code == 0 else None

    def logits(self, place: int = -1) -> NDArray[np.float32]:
        """Logits after the last token, or the one at ``place`` of the last evaluation, shape
        (vocabulary,); valid until the next evaluation."""
        pointer = native.llama_get_logits_ith(self.handle, place)
        return np.ctypeslib.as_array(pointer, shape=(self._n_vocab,))

    def log_probabilities(self, place: int = -1) -> NDArray[np.float64]:
        """Natural logs of the next token's probabilities, shape (vocabulary,); ``place`` as in
        :meth:`logits`."""
        logits = self.logits(place).astype(np.float64)
        top = logits.max()
        return np.asarray(logits - (top + np.log(np.exp(logits - top).sum())))

    def _keep(self, count: int) -> int:
        # Recurrent models cannot drop a part: there everything is evaluated again.
        if not native.llama_memory_seq_rm(self._memory, 0, count, -1):
            native.llama_memory_clear(self._memory, True)
            count = 0
        del self.tokens[count:]
        self.exact = min(self.exact, count)
        return count

    def _put_away(self, count: int) -> None:
        """Copy the first ``count`` tokens of the cache, which forgets the others."""
        if not 0 < count <= self._room or self._keep(count) < count:
            return
        # What goes, goes before the copy is made: never are there more than there is room for.
        self._away = [one for one in self._away if _serves(self, one.tokens) < _ALIKE * len(one.tokens)
                      or _serves(self, one.tokens, exact=True) < _ALIKE * one.exact]  # fmt: skip
        while count + sum(len(one.tokens) for one in self._away) > self._room:
            del self._away[0]
        size = native.llama_state_seq_get_size(self.handle, 0)
        made = _Away(list(self.tokens), self.exact, (ctypes.c_uint8 * size)())
        if native.llama_state_seq_get_data(self.handle, made.state, size, 0) == size:
            self._away.append(made)

    def _bring_back(self, one: _Away) -> None:
        native.llama_memory_seq_rm(self._memory, 0, -1, -1)
        self.tokens, self.exact = list(one.tokens), one.exact
        self._away.remove(one)
        if native.llama_state_seq_set_data(self.handle, one.state, len(one.state), 0):
            self._away.append(one)
        else:
            self._keep(0)


def _serves(one: Lane | _Away, tokens: Sequence[int], *, exact: bool = False) -> int:
    """With how many tokens of ``one`` the given ones begin."""
    found = shared_tokens(one.tokens, tokens)
    return min(found, one.exact) if exact else found
