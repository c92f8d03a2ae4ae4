"""Human relevance labels: reading them, and the features of each pair."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_tui.errors import UsageError
from persona_tui.stages.relevance import features as product
from persona_tui.stages.relevance.verdicts import input_sha256, zero_shot

Floats = NDArray[np.float64]
LLM = "LLM: "
"""Columns of what an LLM answered, as the file has it."""
BLOCK = 16
"""Attributes asked of the local model at once."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a file."""

    prompt: str
    user: str
    attribute: str
    confidence: float | None
    relevant: bool
    llm: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Table:
    """All pairs with their features; every array has one row a pair."""

    pairs: tuple[Pair, ...]
    labels: NDArray[np.bool_]
    prompts: NDArray[np.str_]
    """Group by prompt: its text's hash."""
    users: NDArray[np.str_]
    prompt_vectors: Floats
    """(n, d) unit vectors of the last layer."""
    attribute_vectors: Floats
    prompt_layers: Floats
    """(n, layers, d) of :meth:`models.embeddings.MiniLmEmbedder.layers`."""
    attribute_layers: Floats
    scalars: Floats
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pairs)

    def part(self, rows: NDArray[np.int64]) -> Table:
        """These rows."""
        return Table(
            tuple(self.pairs[at] for at in rows),
            self.labels[rows],
            self.prompts[rows],
            self.users[rows],
            self.prompt_vectors[rows],
            self.attribute_vectors[rows],
            self.prompt_layers[rows],
            self.attribute_layers[rows],
            self.scalars[rows],
            self.names,
        )

    def column(self, name: str) -> Floats:
        """One scalar of every pair."""
        return np.asarray(self.scalars[:, self.names.index(name)])

    def columns(self, names: Sequence[str]) -> Floats:
        """(n, names)."""
        return np.asarray(self.scalars[:, [self.names.index(name) for name in names]])


def read(path: Path) -> list[Pair]:
    """The pairs of one file. Raises :class:`UsageError` in one sentence that says which line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        raise UsageError(f"{path} {why}: give the path of a file of relevance labels.") from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(_pair(json.loads(line)))
            except (ValueError, TypeError, RecursionError) as error:
                raise UsageError(
                    f"Line {number} of {path} is no relevance label ({error}): mend it, or leave it out."
                ) from error
    if not found:
        raise UsageError(f"{path} holds no relevance label: give another file.")
    return found


def _pair(value: Any) -> Pair:
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    for name in ("prompt_id", "user", "prompt", "attribute"):
        if not isinstance(value.get(name), str) or not value[name].strip():
            raise ValueError(f"{name} is no text")
    if not isinstance(value.get("relevant"), bool):
        raise ValueError("relevant is neither true nor false")
    confidence = value.get("confidence")
    if confidence is not None and (
        isinstance(confidence, bool) or not isinstance(confidence, int | float)
    ):
        raise ValueError("confidence is no number")
    llm = value.get("llm") or {}
    if not isinstance(llm, dict) or not all(isinstance(one, bool) for one in llm.values()):
        raise ValueError("llm is no object of true and false")
    return Pair(
        value["prompt"],
        value["user"],
        value["attribute"],
        None if confidence is None else float(confidence),
        value["relevant"],
        llm,
    )


def within(values: Floats, lists: NDArray[Any]) -> Floats:
    """Standard scores within the list of attributes that one person has beside one prompt."""
    found = np.zeros(len(values))
    for one in np.unique(lists):
        rows = lists == one
        spread = np.std(values[rows])
        if spread > 1e-9:  # false if unknown
            found[rows] = (values[rows] - np.mean(values[rows])) / spread
    return found


def features(
    pairs: Sequence[Pair],
    *,
    local: Floats | None,
    likelihood: Floats | None = None,
    states: Callable[[Sequence[str]], Floats] | None = None,
) -> Table:
    """``local``: log-odds of *yes* of the local model, or ``None``; ``likelihood``: see
    :mod:`benchmarks.relevance_gold_views`; ``states``: in place of MiniLM's layers."""
    states = states or layers
    prompt, deep_prompt = _vectors([one.prompt for one in pairs], states)
    attribute, deep_attribute = _vectors([one.attribute for one in pairs], states)
    lists = np.array([f"{one.prompt}\0{one.user}" for one in pairs])
    cosine = (prompt * attribute).sum(1)
    odds = np.full(len(pairs), np.nan) if local is None else local
    found = np.zeros((len(pairs), len(product.NAMES)))
    for rows in by_list(pairs).values():
        asked = [
            product.Pair(
                pairs[at].prompt,
                pairs[at].attribute,
                pairs[at].confidence,
                None if local is None else float(1 / (1 + np.exp(-odds[at]))),
                pairs[at].user,
            )
            for at in rows
        ]
        found[rows] = product.scalars(asked, [float(cosine[at]) for at in rows])
    columns = dict(zip(product.NAMES, found.T, strict=True))
    ratio = np.full((len(pairs), 2), np.nan)
    if likelihood is not None:
        ratio[:, 0] = likelihood[:, 0] - likelihood[:, 1]
        ratio[:, 1] = ratio[:, 0] / likelihood[:, 2]
    columns["likelihood_ratio_in_the_list"] = within(ratio[:, 0], lists)
    columns["likelihood_ratio_a_token"] = ratio[:, 1]
    columns["likelihood_ratio_a_token_in_the_list"] = within(ratio[:, 1], lists)
    for model in sorted(set.intersection(*[set(one.llm) for one in pairs])):
        columns[f"{LLM}{model}"] = np.array([float(one.llm[model]) for one in pairs])
    return Table(
        tuple(pairs),
        np.array([one.relevant for one in pairs]),
        np.array([hashlib.sha256(one.prompt.encode()).hexdigest()[:12] for one in pairs]),
        np.array([one.user for one in pairs]),
        prompt,
        attribute,
        deep_prompt,
        deep_attribute,
        np.column_stack(list(columns.values())),
        tuple(columns),
    )


def by_list(pairs: Sequence[Pair]) -> dict[tuple[str, str], list[int]]:
    """Rows of each (prompt, user)."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(pairs):
        found[one.prompt, one.user].append(at)
    return found


def layers(texts: Sequence[str]) -> Floats:
    """(texts, layers, d) of the embedder that the product comes with."""
    from models.embeddings import MiniLmEmbedder

    return asyncio.run(MiniLmEmbedder().layers(texts)).astype(np.float64)


def _vectors(
    texts: Sequence[str], states: Callable[[Sequence[str]], Floats]
) -> tuple[Floats, Floats]:
    """One row a text: the unit vector of the last layer, and all layers."""
    distinct = list(dict.fromkeys(texts))
    found = states(distinct)
    last = found[:, 0] / np.maximum(np.linalg.norm(found[:, 0], axis=1, keepdims=True), 1e-9)
    place = {text: at for at, text in enumerate(distinct)}
    rows = [place[text] for text in texts]
    return last[rows], found[rows]


def local_scores(pairs: Sequence[Pair], model: str, cache: Path | None) -> tuple[str, Floats]:
    """The local model's name and its log-odds of *yes*; what ``cache`` has is not asked again."""
    known: dict[str, float] = {}
    if cache is not None and cache.exists():
        known = json.loads(cache.read_text("utf-8"))

    def keep() -> None:
        if cache is not None:
            cache.write_text(json.dumps(known), "utf-8")

    return asyncio.run(_local_scores(pairs, model, known, keep))


async def _local_scores(
    pairs: Sequence[Pair], model: str, known: dict[str, float], keep: Callable[[], None]
) -> tuple[str, Floats]:
    from persona_tui.config import Settings
    from persona_tui.jobs.backends import Backends
    from persona_tui.paths import default_paths

    backends = Backends(Settings(), default_paths())
    backend = backends.get(model)
    name = backend.describe().name

    def key(at: int) -> str:
        return input_sha256(name, pairs[at].prompt, pairs[at].attribute, "raw")

    try:
        groups = list(by_list(pairs).items())
        for number, ((prompt, _), rows) in enumerate(groups, 1):
            todo = [at for at in rows if key(at) not in known]
            for first in range(0, len(todo), BLOCK):
                part = todo[first : first + BLOCK]
                said = await zero_shot(prompt, [pairs[at].attribute for at in part], backend)
                for at, (raw, _) in zip(part, said, strict=True):
                    chance = min(max(raw, 1e-12), 1 - 1e-12)
                    known[key(at)] = float(np.log(chance / (1 - chance)))
            if todo:
                print(f"\r{number} of {len(groups)} lists asked", end="", file=sys.stderr)
                keep()
    finally:
        await backends.close()
    return name, np.array([known[key(at)] for at in range(len(pairs))])
