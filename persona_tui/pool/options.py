"""What somebody who pools donations asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

EngineName = Literal["duckdb", "spark"]
FEWEST_DONORS = 5
"""Below so many donors a cell is held back, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """All of one run."""

    bundles: Sequence[Path]
    """Bundles, or directories of bundles."""
    out: Path
    """Made by the run: must not exist."""
    engine: EngineName = "duckdb"
    master: str = "local[*]"
    """Of Spark."""
    k: int = FEWEST_DONORS
    withdrawn: Sequence[Path] = ()
    """Withdrawal requests, or directories of them."""
    epsilon: float | None = None
    """Differential privacy of the aggregates; ``None`` gives exact ones."""
    texts: bool = False
    """Release redacted texts, too. Texts are as good as unique: k does not hold for them."""
    memory_gb: float = 4.0
    """What the engine may use; it goes on on the disk."""
