"""Pairs to learn from: releases of ``persona-tui pool --texts``, and JSON lines of the benchmark.

A line is an object with ``prompt``, ``attribute``, ``relevant`` (true or false; not needed for scoring),
``prompt_id`` and ``user``. In a release the prompts' and attributes' texts must be there. What cannot
be used is left out and told in one sentence a file; texts are strangers', and nothing in them is run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.finetune.runtime import FinetuneError

LONGEST_LINE = 4_000_000
"""Bytes. A longer line is left out unread."""
TABLES = ("relevance_judgments", "attributes")


@dataclass(frozen=True, slots=True)
class Pair:
    """May this attribute of the user change the answer to this prompt?"""

    prompt: str
    attribute: str
    prompt_id: str
    user: str
    relevant: bool | None


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read, for the provenance: no path, which could tell a name."""

    name: str
    sha256: str
    pairs: int
    relevant: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files held."""

    pairs: tuple[Pair, ...]
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    """One sentence for each file of which something was left out."""


def read(paths: Iterable[Path], *, labelled: bool = True) -> Reading:
    """The pairs of all ``paths`` in order; ``labelled`` leaves out those without ``relevant``.

    Raises :class:`~models.finetune.runtime.FinetuneError` where one cannot be read, is no such
    file, or holds no usable pair.
    """
    pairs: list[Pair] = []
    sources: list[Source] = []
    notes: list[str] = []
    for path in paths:
        if path.is_dir():
            kept, source, why = _release(path, labelled)
        else:
            kept, source, why = _lines(path, labelled)
        if not kept:
            raise FinetuneError(
                f"{path} holds no usable pair{f' ({why})' if why else ''}: see docs/finetuning.md "
                "for what a file looks like."
            )
        if source.left_out:
            notes.append(f"{path}: {source.left_out:,} left out; the first: {why}.")
        pairs += kept
        sources.append(source)
    return Reading(tuple(pairs), tuple(sources), tuple(notes))


def _lines(path: Path, labelled: bool) -> tuple[list[Pair], Source, str]:
    pairs: list[Pair] = []
    digest, left_out, first = hashlib.sha256(), 0, ""
    try:
        with path.open("rb") as file:
            for number, line in _numbered(file, digest):
                made = _pair(line, labelled)
                if isinstance(made, Pair):
                    pairs.append(made)
                    continue
                left_out += 1
                first = first or f"line {number} {made}"
    except OSError as error:
        raise FinetuneError(
            f"{path} cannot be read ({error.strerror or error}): name a file of JSON lines, or a "
            "release of persona-tui pool."
        ) from error
    return pairs, _source(path, digest.hexdigest(), pairs, left_out), first


def _numbered(file: Any, digest: Any) -> Iterator[tuple[int, bytes | None]]:
    """Lines that are not blank, from 1; ``None`` for one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        digest.update(line)
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while rest := file.readline(LONGEST_LINE):
                digest.update(rest)
                if rest.endswith(b"\n"):
                    break
            yield number, None
        elif line.strip():
            yield number, line


def _pair(line: bytes | None, labelled: bool) -> Pair | str:
    """The pair, or what is wrong with the line."""
    if line is None:
        return f"is longer than {LONGEST_LINE:,} bytes"
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(value, dict):
        return "is not a JSON object"
    return _from_values(value, labelled)


def _from_values(value: dict[str, Any], labelled: bool) -> Pair | str:
    for name in ("prompt", "attribute", "prompt_id", "user"):
        if not isinstance(value.get(name), str) or not value[name].strip():
            return f'has no text in "{name}"'
    relevant = value.get("relevant")
    if relevant is not None and not isinstance(relevant, bool):
        return 'has neither true nor false in "relevant"'
    if labelled and relevant is None:
        return 'has no "relevant"'
    return Pair(value["prompt"], value["attribute"], value["prompt_id"], value["user"], relevant)


def _release(folder: Path, labelled: bool) -> tuple[list[Pair], Source, str]:
    """Of a release: judgments that are neither repeats nor of planted attributes, with their texts."""
    files = {table: _parts(folder, table) for table in TABLES}
    if not all(files.values()):
        raise FinetuneError(
            f"{folder} is no release of persona-tui pool with relevance judgments "
            "(data/relevance_judgments and data/attributes): name a release, or a file of JSON lines."
        )
    judgments, digest = _rows(files["relevance_judgments"])
    attributes, more = _rows(files["attributes"])
    if "prompt_text" not in judgments[0] or "attribute" not in attributes[0]:
        raise FinetuneError(
            f"{folder} was released without texts, and there is nothing to read for an encoder: "
            "pool again with --texts."
        )
    texts = {(row["contributor_id"], row["attribute_id"]): row for row in attributes}
    pairs: list[Pair] = []
    left_out, first = 0, ""
    for row in judgments:
        attribute = texts.get((row["contributor_id"], row["attribute_id"]), {})
        if row.get("sampling") in ("repeat", "catch") or attribute.get("source") == "planted":
            continue  # asked to check the person, not to learn from
        made = _from_values(
            {
                "prompt": row["prompt_text"],
                "attribute": attribute.get("attribute"),
                # The same prompt has another id with each donor; its words are what is the same.
                "prompt_id": hashlib.sha256((row["prompt_text"] or "").encode()).hexdigest()[:16],
                "user": row["contributor_id"],
                "relevant": row["relevant"],
            },
            labelled,
        )
        if isinstance(made, Pair):
            pairs.append(made)
        else:
            left_out += 1
            first = first or f"judgment {row['judgment_id']} {made}"
    both = hashlib.sha256((digest + more).encode()).hexdigest()
    return pairs, _source(folder, both, pairs, left_out), first


def _parts(folder: Path, table: str) -> list[Path]:
    return sorted((folder / "data" / table).glob("*.parquet"))


def _rows(files: list[Path]) -> tuple[list[dict[str, Any]], str]:
    """All rows of the table and the hash of its files."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise FinetuneError(
            "Reading a release needs pyarrow, which is not installed: add persona-tui's extra 'finetune'."
        ) from error
    digest, rows = hashlib.sha256(), list[dict[str, Any]]()
    for path in files:
        try:
            digest.update(path.read_bytes())
            rows += pq.read_table(path, partitioning=None).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise FinetuneError(
                f"{path} cannot be read as Parquet: release the bundles again."
            ) from error
    if not rows:
        raise FinetuneError(
            f"{files[0].parent} holds no row: pool bundles with judgments of relevance."
        )
    return rows, digest.hexdigest()


def _source(path: Path, sha256: str, pairs: list[Pair], left_out: int) -> Source:
    relevant = sum(pair.relevant is True for pair in pairs)
    return Source(path.name, sha256, len(pairs), relevant, left_out)
