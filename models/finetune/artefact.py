"""A trained model on the disk: weights, tokenizer, and ``metadata.json`` that says how it came to be.

The directory is 0700 and its files 0600: a model can repeat what it was trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from models.finetune.data import Reading
from models.finetune.runtime import FinetuneError, weight_files

SCHEMA = "persona-tui/finetuned/1"
METADATA = "metadata.json"
Kind = Literal["cross-encoder", "grpo"]


def check_free(out: Path) -> None:
    """Raises :class:`FinetuneError` if ``out`` is there, before hours are spent."""
    if os.path.lexists(out):
        raise FinetuneError(f"{out} is there already: choose another --out, or remove it.")


def save(out: Path, metadata: dict[str, Any], write: Callable[[Path], None]) -> None:
    """Let ``write`` put model and tokenizer into a directory beside ``out``, add the metadata, and
    rename it to ``out``: all of it or nothing.

    Raises :class:`FinetuneError` if ``out`` has come to be there, or cannot be written.
    """
    check_free(out)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(mode=0o700, parents=True)
        write(part)
        text = json.dumps(metadata, indent=1, ensure_ascii=False, allow_nan=False)
        (part / METADATA).write_text(text + "\n", encoding="utf-8")
        for path in part.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        part.rename(out)
    except OSError as error:
        raise FinetuneError(
            f"The model cannot be saved at {out} ({error.strerror or error}): choose another --out."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def read_metadata(folder: Path) -> dict[str, Any]:
    """What :func:`save` wrote. Raises :class:`FinetuneError` if it is no such directory."""
    try:
        value = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise FinetuneError(
            f"{folder} holds no model of persona-tui finetune ({METADATA} is missing or of another "
            "kind): name the directory that --out named."
        )
    return value


def provenance(
    kind: Kind,
    *,
    base: Path,
    reading: Reading,
    settings: dict[str, Any],
    versions: dict[str, str],
    device: str,
    now: datetime,
    app_version: str,
) -> dict[str, Any]:
    """What every model's metadata hold."""
    return {
        "schema": SCHEMA,
        "kind": kind,
        "created_at": now.isoformat(timespec="seconds"),
        "app_version": app_version,
        "base": {
            "name": base.resolve().name,
            "files": {
                path.name: _sha256(path) for path in (base / "config.json", *weight_files(base))
            },
        },
        "data": [asdict(source) for source in reading.sources],
        "settings": settings,
        "versions": versions,
        "device": device,
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
