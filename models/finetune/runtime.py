"""torch and transformers, made ready: no network, one seed, one device, quiet."""

from __future__ import annotations

import importlib.util
import json
import os
import random
from pathlib import Path
from typing import Any, Literal, cast

Device = Literal["auto", "cpu", "cuda"]
CROSS_ENCODER = ("torch", "transformers")
GRPO = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")


class FinetuneError(Exception):
    """``str(error)`` is one sentence for the person: what, why, what to do."""


def missing_packages(needed: tuple[str, ...] = CROSS_ENCODER) -> tuple[str, ...]:
    """What the extra brings and is not installed. Imports nothing."""
    return tuple(name for name in needed if importlib.util.find_spec(name) is None)


def go_offline() -> None:
    """Tell the hub's libraries, before they are imported, to open no connection and to tell nobody."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        TOKENIZERS_PARALLELISM="false",
    )
    # What cuBLAS needs for computing the same twice; read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def model_folder(path: Path) -> Path:
    """``path`` if it holds a model in the layout of transformers.

    Raises :class:`FinetuneError` where the directory, its ``config.json``, weights or tokenizer are
    missing: a name that is no path would be looked up at a hub.
    """
    if not path.is_dir():
        raise FinetuneError(
            f"There is no directory {path}: give the path of a downloaded model "
            "(nothing is downloaded here)."
        )
    config = path / "config.json"
    try:
        readable = isinstance(json.loads(config.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        readable = False
    if not readable:
        raise FinetuneError(
            f"{path} has no readable config.json: give a directory that holds a model "
            "as transformers saves it."
        )
    if not weight_files(path):
        raise FinetuneError(
            f"{path} holds no weights (*.safetensors or pytorch_model*.bin): download the whole model."
        )
    if not any((path / name).exists() for name in ("tokenizer.json", "tokenizer_config.json")):
        raise FinetuneError(
            f"{path} holds no tokenizer (tokenizer.json): download the whole model."
        )
    return path


def weight_files(path: Path) -> list[Path]:
    """The files that hold a model's weights, in order of their names."""
    return sorted([*path.glob("*.safetensors"), *path.glob("pytorch_model*.bin")])


def torch_ready(device: Device, seed: int) -> tuple[Any, str]:
    """torch, seeded and as deterministic as the device allows, and ``"cpu"`` or ``"cuda"``.

    Raises :class:`FinetuneError` if CUDA was asked for and is not there.
    """
    go_offline()
    import numpy as np
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    has_cuda = bool(torch.cuda.is_available())
    if device == "cuda" and not has_cuda:
        raise FinetuneError(
            "torch sees no CUDA device: install a torch built for CUDA, or choose --device cpu."
        )
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory shows mistakes in kernels, and took half of the time of GRPO on a CPU.
    torch.utils.deterministic.fill_uninitialized_memory = False
    return cast("Any", torch), "cuda" if has_cuda and device != "cpu" else "cpu"


def versions(names: tuple[str, ...] = CROSS_ENCODER) -> dict[str, str]:
    """Versions of Python and of what was computed with, for the provenance."""
    import platform
    from importlib import metadata

    found = {"python": platform.python_version()}
    for name in (*names, "numpy"):
        if importlib.util.find_spec(name) is not None:
            found[name] = metadata.version(name)
    return found
