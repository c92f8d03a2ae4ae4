"""Which cells may be shown: those that enough donors share, and not so that the rest gives one away."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)


def shown(
    donors: Mapping[Cell, set[int]], k: int, *, never: frozenset[Cell] = frozenset()
) -> set[Cell]:
    """The cells to show of one breakdown whose total is shown, too.

    Cells of fewer than ``k`` donors are held back, and those of ``never`` (no value). If all that is
    held back is of fewer than ``k`` donors together, the total minus the rest would still tell about
    them: the smallest cells that are shown are held back, too, until it is not so. A cell of nobody
    tells about nobody and is shown.
    """
    hidden = {cell for cell, who in donors.items() if 0 < len(who) < k or cell in never}
    together: set[int] = set().union(*(donors[cell] for cell in hidden))
    left = sorted(
        (cell for cell in donors if cell not in hidden and donors[cell]),
        key=lambda cell: (len(donors[cell]), str(cell)),
    )
    while left and 0 < len(together) < k:
        smallest = left.pop(0)
        hidden.add(smallest)
        together |= donors[smallest]
    return set(donors) - hidden
