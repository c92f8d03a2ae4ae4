"""A view of a pair that the product does not have yet, from a model that it ships.

*Likelihood ratio*: how much more probable the local model finds the attribute's words after the prompt
than after none: ``log P(attribute | prompt) − log P(attribute | …)``, the pointwise mutual information.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.starter import starter_path

if TYPE_CHECKING:
    from benchmarks.relevance_gold_data import Floats, Pair

ASKED = (
    "A person asks an AI assistant:\n{}\n\n"
    "What is known about this person, and matters for the answer:\n-"
)
NOTHING = "..."
MOST_TOKENS = 600
"""Of a prompt."""


def likelihoods(pairs: Sequence[Pair], cache: Path | None) -> Floats:
    """(n, 3): natural log of the probability of the attribute's words after the prompt and after
    none, and how many tokens they are. Of the starter model; ``cache`` is read and written."""
    known: dict[str, list[float]] = {}
    if cache is not None and cache.exists():
        known = json.loads(cache.read_text("utf-8"))
    asked: dict[str, list[str]] = {NOTHING: []}
    for one in pairs:
        for prompt in (NOTHING, one.prompt):
            rows = asked.setdefault(prompt, [])
            if _key(prompt, one.attribute) not in known and one.attribute not in rows:
                rows.append(one.attribute)
    todo = {prompt: rows for prompt, rows in asked.items() if rows}
    model = _Words() if todo else None
    for number, (prompt, rows) in enumerate(todo.items(), 1):
        assert model is not None
        for text, value in zip(rows, model.after(ASKED.format(prompt), rows), strict=True):
            known[_key(prompt, text)] = list(value)
        print(f"\r{number} of {len(todo)} prompts read", end="", file=sys.stderr)
        if cache is not None:
            cache.write_text(json.dumps(known), "utf-8")
    found = np.empty((len(pairs), 3))
    for at, one in enumerate(pairs):
        after, count = known[_key(one.prompt, one.attribute)]
        found[at] = after, known[_key(NOTHING, one.attribute)][0], count
    return found


def _key(prompt: str, attribute: str) -> str:
    text = json.dumps(["likelihood", ASKED, starter_path().name, prompt, attribute])
    return hashlib.sha256(text.encode()).hexdigest()


class _Words:
    """The starter model, asked how probable words are."""

    def __init__(self) -> None:
        import llama_cpp

        self._api: Any = llama_cpp
        self._model: Any = llama_cpp.Llama(
            str(starter_path()), n_ctx=2048, logits_all=True, verbose=False
        )
        self._context = self._model.ctx

    def after(self, prefix: str, texts: Sequence[str]) -> list[tuple[float, int]]:
        """(log-probability, tokens) of each text after the prefix, which is read once."""
        memory = self._api.llama_get_memory(self._context)
        self._api.llama_memory_clear(memory, True)
        head = self._model.tokenize(prefix.encode(), add_bos=True)[:MOST_TOKENS]
        last = self._read(head, 0)[-1]
        found = []
        for text in texts:
            tokens = self._model.tokenize(f" {text}\n".encode(), add_bos=False)
            self._api.llama_memory_seq_rm(memory, 0, len(head), -1)
            before = [last, *self._read(tokens, len(head))[:-1]]
            logs = [_log(row, token) for row, token in zip(before, tokens, strict=True)]
            found.append((float(sum(logs)), len(tokens)))
        return found

    def _read(self, tokens: Sequence[int], first: int) -> list[Any]:
        batch = self._api.llama_batch_init(len(tokens), 0, 1)
        try:
            for at, token in enumerate(tokens):
                batch.token[at], batch.pos[at] = token, first + at
                batch.n_seq_id[at], batch.logits[at] = 1, 1
                batch.seq_id[at][0] = 0
            batch.n_tokens = len(tokens)
            if self._api.llama_decode(self._context, batch):
                raise RuntimeError("the local model could not read the words")
            size = (self._model.n_vocab(),)
            return [
                np.ctypeslib.as_array(
                    self._api.llama_get_logits_ith(self._context, at), size
                ).copy()
                for at in range(len(tokens))
            ]
        finally:
            self._api.llama_batch_free(batch)


def _log(logits: Any, token: int) -> float:
    top = float(logits.max())
    return float(logits[token]) - top - float(np.log(np.exp(logits - top).sum()))


def encoder_layers(path: Path) -> Callable[[Sequence[str]], Floats]:
    """(texts, 4, d) of another sentence encoder (a folder that transformers reads): means over the tokens
    of the layers at its whole, three quarters, half and a quarter of its depth."""

    def states(texts: Sequence[str]) -> Floats:
        import torch
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModel.from_pretrained(path, local_files_only=True).eval()
        found = []
        with torch.inference_mode():
            for text in texts:
                fed = tokenizer(text, return_tensors="pt", truncation=True, max_length=384)
                hidden = model(**fed, output_hidden_states=True).hidden_states
                last = len(hidden) - 1
                chosen = [hidden[round(last * part)][0].mean(0) for part in (1, 0.75, 0.5, 0.25)]
                found.append(torch.stack(chosen).double().numpy())
        return np.stack(found)

    return states
