"""Prompts from a file: plain text, CSV, JSON or JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from persona_tui.errors import UserError

MAX_BYTES = 20_000_000
MAX_PROMPT = 20_000
"""Characters of one prompt."""
MAX_PROMPTS = 10_000
NAMES = ("prompt", "text", "question", "instruction", "query", "input")
"""What the field is called that holds the prompt, in this order."""


def read_prompts(path: Path) -> list[str]:
    """The prompts in ``path``, in order, each once.

    Raises:
        UserError: the file cannot be read, is not what it should be, or there is none in it.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(
                f"{path} has more than {MAX_BYTES // 1_000_000} MB, which is no list of prompts; "
                "split it."
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    found = [one.strip() for one in _parsed(text, path)]
    prompts = [one for one in dict.fromkeys(found) if one]
    if not prompts:
        raise UserError(f"There is no prompt in {path}.")
    if len(prompts) > MAX_PROMPTS:
        raise UserError(
            f"{path} has {len(prompts):,} prompts; more than {MAX_PROMPTS:,} at once are too many."
        )
    long = next((place for place, one in enumerate(prompts, 1) if len(one) > MAX_PROMPT), None)
    if long is not None:
        raise UserError(
            f"Prompt {long} in {path} is longer than {MAX_PROMPT:,} characters; shorten it."
        )
    return prompts


def _parsed(text: str, path: Path) -> Iterable[str]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            return _csv(text, path)
        if suffix in (".jsonl", ".ndjson"):
            lines = enumerate(text.splitlines(), 1)
            return [_from(json.loads(line), path, number) for number, line in lines if line.strip()]
        if suffix == ".json":
            value = json.loads(text)
            if not isinstance(value, list):
                raise UserError(f"{path} must hold a list of prompts.")
            return [_from(one, path, number) for number, one in enumerate(value, 1)]
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid {suffix[1:].upper()}: {error}.") from error
    except csv.Error as error:
        raise UserError(f"{path} is not valid CSV: {error}.") from error
    # Plain text: blocks where blank lines part them, else lines.
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    return blocks if len(blocks) > 1 else text.splitlines()


def _from(value: object, path: Path, number: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for name in NAMES:
            if isinstance(value.get(name), str):
                return str(value[name])
    raise UserError(
        f"Entry {number} of {path} is neither a text nor has it a field "
        f"{' or '.join(repr(name) for name in NAMES[:2])}."
    )


def _csv(text: str, path: Path) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip().lower() for name in next(rows, [])]
    if len(header) == 1 and header[0] not in NAMES:
        return [header[0] and text.splitlines()[0].strip().strip('"'), *(r[0] for r in rows if r)]
    column = next((header.index(name) for name in NAMES if name in header), None)
    if column is None:
        raise UserError(f"{path} has no column 'prompt'; its columns are {', '.join(header)}.")
    return [row[column] for row in rows if len(row) > column]
