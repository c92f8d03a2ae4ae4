"""Which of the recommended downloads to begin with on this machine.

What *fits* in memory may still be too slow: reading a prompt costs about two operations a parameter
and token, so without a GPU the cores decide. ``docs/models.md`` tells the rule in words. It is a
rule of thumb for choosing, not a measurement, and claims no speed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from models.catalogue import Fit
from models.recommended import Download

PER_CORE_B = 1.0
"""Billions of parameters a physical core, where the cores compute."""
MOST_ON_CPU_B = 4.0
MOST_ON_GPU_B = 8.0
"""More is the person's own choice: a GPU's memory is not known here."""
ROUNDING_B = 0.1
"""A model that is called 4B may have 4.02 billion."""
_GPU_LIBRARIES = ("cuda", "hip", "metal", "musa", "sycl", "vulkan")


def cores() -> int:
    """Physical cores of this machine."""
    import psutil

    return psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


def built_for_gpu() -> bool:
    """Whether the installed llama.cpp can use a GPU: told from its files, nothing is loaded."""
    found = importlib.util.find_spec("llama_cpp")
    if found is None or found.origin is None:
        return False
    folder = Path(found.origin).parent / "lib"
    names = [path.name for path in folder.glob("*ggml-*")] if folder.is_dir() else []
    return any(f"ggml-{kind}" in name for name in names for kind in _GPU_LIBRARIES)


def most_parameters_b(cores: int, gpu: bool) -> float:
    """Billions of parameters that a first model should have at most."""
    return MOST_ON_GPU_B if gpu else min(MOST_ON_CPU_B, max(1.0, PER_CORE_B * cores))


def suggested(rated: Iterable[tuple[Download, Fit]], most_b: float) -> Download | None:
    """The download with most parameters that fits and has at most ``most_b`` billion of them.

    Models that write their reasoning first are left out: one waits for it. Of equals the smaller
    file; ``None`` if nothing fits.
    """
    able = [
        entry
        for entry, fit in rated
        if fit == "fits"
        and not entry.thinks
        and entry.parameters_b is not None
        and entry.parameters_b <= most_b + ROUNDING_B
    ]
    return max(able, key=lambda one: (one.parameters_b or 0, -one.size_bytes), default=None)


def reason(cores: int, gpu: bool) -> str:
    """Why the suggested one is suggested, as a sentence."""
    most = f"{most_parameters_b(cores, gpu):g} billion parameters"
    what = f"Suggested here: the largest of up to {most} that answers without thinking first"
    if gpu:
        return f"{what}."
    counted = "one core" if cores == 1 else f"{cores} cores"
    return f"{what} ({counted}, no GPU)."
