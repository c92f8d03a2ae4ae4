"""What the engine gave, in memory: one row a donor and cell, summed further as figures need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from persona_tui.pool.statistics import KEYS, STATISTICS
from persona_tui.report.intervals import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

    from persona_tui.pool.engine import Engine

Words = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns of equal length."""

    donor: Ints
    keys: Mapping[str, Words]
    """Each a text or ``None``."""
    columns: Mapping[str, Floats]

    def where(self, **wanted: str | None) -> Sums:
        """The rows of one cell: ``where(model="gpt")``."""
        keep = np.ones(len(self.donor), dtype=bool)
        for key, value in wanted.items():
            keep &= np.asarray(self.keys[key] == value, dtype=bool)
        return self._taken(keep)

    def among(self, key: str, values: Sequence[str]) -> Sums:
        """The rows of several cells."""
        allowed = set(values)
        return self._taken(
            np.array([one in allowed for one in self.keys[key].tolist()], dtype=bool)
        )

    def _taken(self, keep: NDArray[np.bool_]) -> Sums:
        return Sums(
            self.donor[keep],
            {key: values[keep] for key, values in self.keys.items()},
            {name: values[keep] for name, values in self.columns.items()},
        )

    def values(self, key: str) -> list[str | None]:
        """The different values of ``key``, sorted, ``None`` last."""
        return sorted(set(self.keys[key].tolist()), key=lambda one: (one is None, one or ""))

    def donors(self, column: str | None = None) -> set[int]:
        """Donors with rows; with ``column``: those for whom it is not zero."""
        if column is None:
            return set(self.donor.tolist())
        return set(self.donor[self.columns[column] != 0].tolist())

    def by_donor(self, *names: str) -> Floats:
        """Sums of the columns for each donor: (donors, columns)."""
        _, place = np.unique(self.donor, return_inverse=True)
        count = int(place.max()) + 1 if len(place) else 0
        return np.stack([np.bincount(place, self.columns[name], count) for name in names], axis=1)

    def total(self, name: str) -> float:
        """Sum over all donors."""
        return float(self.columns[name].sum())


def from_arrow(table: pa.Table) -> Sums:
    """Numbers as floats; what an engine gives as null (a sum over nothing) is zero."""
    columns = {
        name: np.nan_to_num(
            np.asarray(table[name].to_pandas().to_numpy(dtype=np.float64, na_value=0.0))
        )
        for name in table.column_names
        if name not in KEYS
    }
    keys = {}
    for name in table.column_names:
        if name in KEYS and name != "donor":
            values = np.empty(len(table), dtype=object)
            values[:] = [None if one is None else str(one) for one in table[name].to_pylist()]
            keys[name] = values
    donor = np.asarray(table["donor"].to_numpy(), dtype=np.int64)
    return Sums(donor, keys, columns)


def compute(engine: Engine) -> dict[str, Sums]:
    """All sufficient statistics of the tables of ``engine``."""
    return {
        name: from_arrow(engine.fetch(make(engine.tables))) for name, make in STATISTICS.items()
    }
