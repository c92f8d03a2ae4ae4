"""Unique ids, and references between rows: for who writes and for who reads, row by row.

Of every id 16 bytes are kept, so that a large bundle of a stranger's fits.
"""

from __future__ import annotations

from collections.abc import Mapping

from persona_tui.donation.schema import JUDGMENT_TABLES, SchemaError, Table


def _key(value: object) -> bytes:
    return bytes.fromhex(str(value)[2:])


class References:
    """Takes rows that :func:`~persona_tui.donation.checking.check_row` passed, tables in the order
    of :data:`~persona_tui.donation.schema.TABLE_NAMES`."""

    def __init__(self) -> None:
        self._attributes: set[bytes] = set()
        self._judgments: dict[str, set[bytes]] = {
            table: set() for table in JUDGMENT_TABLES.values()
        }
        self._repeated: dict[str, set[bytes]] = {table: set() for table in JUDGMENT_TABLES.values()}
        self._contributors = 0

    def add(self, table: Table, row: Mapping[str, object]) -> None:
        """Raise :class:`SchemaError` if an id is there already or leads nowhere."""
        if table == "contributors":
            self._contributors += 1
            if self._contributors > 1:
                raise SchemaError(table, "", "has more than one row")
        elif table == "attributes":
            key = _key(row["attribute_id"])
            if key in self._attributes:
                raise SchemaError(table, "attribute_id", "is there twice")
            self._attributes.add(key)
        elif table == "model_judgments":
            where = JUDGMENT_TABLES[str(row["kind"])]
            if _key(row["target_judgment_id"]) not in self._judgments[where]:
                raise SchemaError(table, "target_judgment_id", "leads to nothing in the bundle")
        else:
            self._judgment(table, row)

    def _judgment(self, table: Table, row: Mapping[str, object]) -> None:
        key = _key(row["judgment_id"])
        one, two, three = self._judgments.values()
        if key in one or key in two or key in three:
            raise SchemaError(table, "judgment_id", "is there twice")
        self._judgments[table].add(key)
        if row["repeat_of"] is not None:
            if row["repeat_of"] == row["judgment_id"]:
                raise SchemaError(table, "repeat_of", "names its own row")
            self._repeated[table].add(_key(row["repeat_of"]))
        ratings = row.get("attribute_ratings")
        named = [one["attribute_id"] for one in ratings] if isinstance(ratings, list) else []
        if "attribute_id" in row:
            named.append(row["attribute_id"])
        if any(_key(one) not in self._attributes for one in named):
            raise SchemaError(table, "attribute_id", "leads to nothing in the bundle")

    def check(self) -> None:
        """What can be said only at the end. Raises :class:`SchemaError`."""
        if self._contributors != 1:
            raise SchemaError("contributors", "", "has no row")
        for table, wanted in self._repeated.items():
            if not wanted <= self._judgments[table]:
                raise SchemaError(table, "repeat_of", "leads to nothing in the bundle")
