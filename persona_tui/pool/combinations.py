"""One row a donor: not only each value, but what stands together in a row is shared by k donors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[str | None, ...]
FIELDS = ("consent_version", "consent_text_sha256", "license", "donated_month", "language")
"""Of ``contributors``, in the order in which they are kept: rare combinations lose the last first."""


def blanked(counts: Mapping[Row, int], k: int) -> dict[Row, Row]:
    """For each combination, of so many donors, what is released: shared by ``k`` donors or more.

    Among those alike in all fields before one, its rare values become null together with all after
    it; if the nulls are still of fewer than ``k``, the rarest of the others follow.
    """
    found = {row: _cut(row) for row in counts}
    width = len(next(iter(counts), ()))
    for place in reversed(range(width)):
        groups: dict[Row, Counter[str | None]] = {}
        for row, count in counts.items():
            now = found[row]
            groups.setdefault(now[:place], Counter())[now[place]] += count
        gone = {prefix: _gone(values, k) for prefix, values in groups.items()}
        for row, now in found.items():
            if now[place] in gone[now[:place]]:
                found[row] = (*now[:place], *[None] * (width - place))
    return found


def _cut(row: Row) -> Row:
    """Nothing stands after a null: it would set apart those who did not say."""
    end = row.index(None) if None in row else len(row)
    return (*row[:end], *[None] * (len(row) - end))


def _gone(values: Mapping[str | None, int], k: int) -> set[str]:
    given = {value: count for value, count in values.items() if value is not None}
    gone = {value for value, count in given.items() if count < k}
    nulls = values.get(None, 0) + sum(given[value] for value in gone)
    left = sorted(given.keys() - gone, key=lambda value: (given[value], value))
    while left and 0 < nulls < k:
        gone.add(left[0])
        nulls += given[left.pop(0)]
    return gone


def released(contributors: pa.Table, k: int) -> pa.Table:
    """``contributors`` with rare combinations blanked; small: one row a donor."""
    import pyarrow as pa

    columns: Sequence[Sequence[str | None]] = [contributors[name].to_pylist() for name in FIELDS]
    rows: list[Row] = list(zip(*columns, strict=True))
    becomes = blanked(Counter(rows), k)
    made = contributors
    for place, name in enumerate(FIELDS):
        values = pa.array([becomes[row][place] for row in rows], pa.string())
        made = made.set_column(made.schema.get_field_index(name), name, values)
    return made
