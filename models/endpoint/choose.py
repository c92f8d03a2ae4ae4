"""Short answers and embeddings from an endpoint, natively or by the next best means.

Companion of :mod:`models.endpoint.means`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.endpoint.means import Caller, RefusedError, added, together, with_instruction
from models.endpoint.text import count, dig, pick_option
from models.errors import UnavailableError, UnsupportedError
from models.protocol import ChatMessage, Embedder, Lane, Sampling, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TOP = 20
"""The most that OpenAI gives; llama-server and vLLM give as many."""
_LEAST = 1e-9
_SAID = 0.99
"""The probability that stands for an option that was said, where there are no log-probabilities."""
_BATCH = 64

Row = tuple[tuple[float, ...], float | None, Usage]
"""Log-probabilities of the options, their mass, usage."""


class ChoiceMeans:
    """Log-probabilities of the first token where the server gives them, else the answer's text."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.native = True

    async def ask(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        lane: Lane,
    ) -> tuple[list[Row], str | None]:
        """One row for each of ``continuations``, and a note."""
        if not prefix or prefix[-1].role != "user":
            raise UnsupportedError("The last message before the options must be the user's.")
        if not continuations:
            return [], None
        prompts = [
            [*prefix[:-1], replace(prefix[-1], content=prefix[-1].content + continuation)]
            for continuation in continuations
        ]
        paid: Usage | None = None
        if self.native:
            try:
                # The first alone: it shows whether there are log-probabilities, and leaves the
                # shared prefix in the server's cache for the others.
                first = await self._by_logprobs(prompts[0], options, lane)
                rest = await together(
                    [self._by_logprobs(prompt, options, lane) for prompt in prompts[1:]]
                )
            except RefusedError as error:
                self.native, paid = False, error.usage
            else:
                return [first, *rest], (
                    f"read from the {_TOP} likeliest first tokens; an option that is not among "
                    "them counts as the least of them"
                )
        rows = await together([self._by_text(prompt, options, lane) for prompt in prompts])
        if paid is not None:
            rows[0] = (*rows[0][:2], added(rows[0][2], paid))
        silent = sum(len(set(row[0])) == 1 for row in rows) if len(options) > 1 else 0
        note = (
            "the endpoint gives no log-probabilities: the option that it named counts as "
            f"{_SAID:.0%} likely"
        )
        return rows, f"{note}; {silent} of {len(rows)} answers named none" if silent else note

    async def _by_logprobs(
        self, messages: Sequence[ChatMessage], options: Sequence[str], lane: Lane
    ) -> Row:
        # Temperature 1: some servers give log-probabilities after it was applied.
        body = self._caller.body(messages, Sampling(temperature=1.0, top_p=1.0, max_tokens=1))
        body.update(logprobs=True, top_logprobs=_TOP)
        answer = await self._caller.whole("/chat/completions", body, lane)
        top = _top_tokens(answer)
        if not top:
            raise RefusedError("logprobs", _usage(answer))
        probabilities = first_token(top, options)
        if probabilities is None:
            raise RefusedError("logprobs", _usage(answer))
        mass = min(1.0, sum(probabilities))
        floor = max(_LEAST, min(*top.values(), 1.0 - min(1.0, sum(top.values()))))
        return _normalised([p or floor for p in probabilities]), mass, _usage(answer)

    async def _by_text(
        self, messages: Sequence[ChatMessage], options: Sequence[str], lane: Lane
    ) -> Row:
        listed = ", ".join(f"“{option.strip()}”" for option in options)
        asked = with_instruction(messages, f"Answer with exactly one of {listed} and nothing else.")
        body = self._caller.body(asked, Sampling(temperature=0.0, top_p=1.0, max_tokens=16))
        answer = await self._caller.collect(body, lane)
        picked = pick_option(answer.text, options)
        if picked is None or len(options) == 1:
            return _normalised([1.0] * len(options)), None, answer.usage
        rest = (1.0 - _SAID) / (len(options) - 1)
        weights = [_SAID if i == picked else rest for i in range(len(options))]
        return _normalised(weights), None, answer.usage


def first_token(top: Mapping[str, float], options: Sequence[str]) -> list[float] | None:
    """The probability that the answer begins with each option, read from the first token's
    distribution ``top`` (token → probability); 0 where no token fits.

    A token fits an option if one begins with the other, spaces around them and (where the options
    still differ) letter case left aside. ``None`` if a token fits several options equally, so that
    one token cannot tell them apart.
    """
    wanted = [option.strip() for option in options]
    folded = [option.casefold() for option in wanted]
    fold = len(set(folded)) == len(folded)
    if fold:
        wanted = folded
    found = [0.0] * len(wanted)
    for token, probability in top.items():
        said = token.strip().casefold() if fold else token.strip()
        if not said:
            continue
        whole = [i for i, w in enumerate(wanted) if w and said.startswith(w)]
        if whole:  # “not” is no “no”
            found[max(whole, key=lambda i: len(wanted[i]))] += probability
            continue
        begun = [i for i, w in enumerate(wanted) if w.startswith(said)]
        if len(begun) > 1:
            return None
        if begun:
            found[begun[0]] += probability
    return found


def _top_tokens(answer: object) -> dict[str, float]:
    """Token → probability from a completion; empty where it has none."""
    entries = dig(answer, "choices", 0, "logprobs", "content", 0, "top_logprobs")
    tokens: dict[str, float] = {}
    for entry in entries if isinstance(entries, list) else []:
        token, logprob = dig(entry, "token"), dig(entry, "logprob")
        if isinstance(token, str) and isinstance(logprob, int | float) and logprob <= 1e-3:
            tokens[token] = tokens.get(token, 0.0) + math.exp(logprob)
    return tokens


def _normalised(weights: Sequence[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(math.log(max(weight, _LEAST) / total) for weight in weights)


def _usage(answer: object) -> Usage:
    return Usage(
        count(dig(answer, "usage", "prompt_tokens")),
        count(dig(answer, "usage", "prompt_tokens_details", "cached_tokens")),
        count(dig(answer, "usage", "completion_tokens")),
    )


def total_usage(rows: Sequence[Row]) -> Usage:
    """The usage of all rows together."""
    total = Usage(0, 0, 0)
    for row in rows:
        total = added(total, row[2])
    return total


class EmbeddingMeans:
    """``/embeddings`` where the server has it, else the injected embedder."""

    def __init__(self, caller: Caller, model: str, embedder: Embedder | None) -> None:
        self._caller = caller
        self._model = model
        self._embedder = embedder
        self.native: bool | None = None
        """``None`` until the server was asked."""

    async def ask(self, texts: Sequence[str], lane: Lane) -> tuple[NDArray[np.float32], str | None]:
        """Unit vectors in the order of ``texts``, and a note."""
        if self.native is not False:
            try:
                vectors = await self._by_server(texts or ["."], lane)
            except (RefusedError, UnsupportedError):
                self.native = False
            else:
                self.native = True
                return vectors[: len(texts)], None
        if self._embedder is None:
            raise UnsupportedError(
                f"{self._caller.host} has no embeddings for {self._model}, and no other embedder "
                "was given."
            )
        result = await self._embedder.embed(texts)
        own = result.provenance
        note = f"the endpoint has no embeddings; made on this machine with {own.model}"
        return result.vectors, f"{note} ({own.note})" if own.note else note

    async def _by_server(self, texts: Sequence[str], lane: Lane) -> NDArray[np.float32]:
        import numpy as np

        async def batch(part: Sequence[str]) -> list[Any]:
            body = {"model": self._model, "input": list(part), "encoding_format": "float"}
            return _vectors(await self._caller.whole("/embeddings", body, lane), len(part))

        parts = [texts[i : i + _BATCH] for i in range(0, len(texts), _BATCH)]
        # The first alone shows whether there are embeddings at all.
        rows = await batch(parts[0])
        for more in await together([batch(part) for part in parts[1:]]):
            rows += more
        try:
            vectors = np.asarray(rows, dtype=np.float32)
        except (TypeError, ValueError, OverflowError):
            raise UnsupportedError("Not numbers.") from None
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise UnsupportedError("Not vectors of one length.")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (norms > 0).all():
            raise UnsupportedError("A vector without direction.")
        unit: NDArray[np.float32] = vectors / norms
        return unit


def _vectors(answer: object, expected: int) -> list[Any]:
    data = dig(answer, "data")
    if not isinstance(data, list) or len(data) != expected:
        raise UnavailableError("The endpoint gave another number of embeddings than was asked for.")
    order = [dig(entry, "index") for entry in data]
    if sorted(i for i in order if isinstance(i, int)) == list(range(expected)):
        data = sorted(data, key=lambda entry: entry["index"])
    return [dig(entry, "embedding") for entry in data]
