"""The same rows in two bundles: ids are 128 random bits, so an id that comes twice was copied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_tui.donation.schema import Table
from persona_tui.pool.arrow_types import DONOR

if TYPE_CHECKING:
    from persona_tui.pool.engine import Engine

OWN_IDS: dict[Table, str] = {
    "attributes": "attribute_id",
    "attribute_judgments": "judgment_id",
    "relevance_judgments": "judgment_id",
    "response_judgments": "judgment_id",
}


def without_duplicates(engine: Engine, scratch: Path) -> tuple[Engine, int]:
    """The same tables with each row once, that of the bundle given first, and how many rows were
    dropped. What models said of a dropped row is dropped with it, and a donor of whom nothing is
    left."""
    tables: dict[Table, Any] = dict(engine.tables)
    dropped = 0
    lost: list[Any] = []
    for table, key in OWN_IDS.items():
        rows = tables[table]
        keeps = rows.group_by(key).aggregate(first=rows[DONOR].min(), donors=rows.count())
        keeps = keeps.filter(keeps.donors > 1)
        count = int(engine.backend.execute(keeps.count()))
        if not count:
            continue
        later = rows.join(keeps, key)
        later = later.filter(later[DONOR] > later["first"]).select(DONOR, key).distinct()
        folder = scratch / f"dropped-{table}"
        engine.write(later, folder)  # once: it is used several times
        kept = engine.read(folder)
        dropped += int(engine.backend.execute(kept.count()))
        tables[table] = rows.anti_join(kept, [DONOR, key])
        if key == "judgment_id":
            lost.append(kept.rename(target_judgment_id="judgment_id"))
    for gone in lost:
        tables["model_judgments"] = tables["model_judgments"].anti_join(
            gone, [DONOR, "target_judgment_id"]
        )
    if dropped:
        left = None
        for table in OWN_IDS:
            donors = tables[table].select(DONOR).distinct()
            left = donors if left is None else left.union(donors)
        tables["contributors"] = tables["contributors"].semi_join(left, DONOR)
    return replace(engine, tables=tables), dropped
