"""Drawing tokens, natively, with or without a grammar. Runs in the worker only."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import llama_cpp.llama_cpp as native
import numpy as np
from llama_cpp.llama_grammar import JSON_GBNF, json_schema_to_gbnf

from models.errors import InvalidOutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.worker import Model
    from models.worker_lane import Lane

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


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
