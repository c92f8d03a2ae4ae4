"""The exact bytes of a donation: preparing them, and looking for words and rows in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.desk import same
from persona_tui.jobs.donation.material import Material, read_material
from store import donations
from store.donations import Donation

if TYPE_CHECKING:
    from store.db import Store

ROW_IDS = {
    "data/attributes.jsonl": "attribute_id",
    "data/attribute_judgments.jsonl": "judgment_id",
    "data/relevance_judgments.jsonl": "judgment_id",
    "data/response_judgments.jsonl": "judgment_id",
}
"""Files whose rows can be taken out one by one, with the field that names a row."""
MOST_HITS = 10_000


class StoppedError(Exception):
    """The person no longer wants it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds what was looked for. ``line`` from 0."""

    path: str
    line: int


def read_for(store: Store, seen: Donation) -> Material:
    """What is needed to prepare the draft as it was seen."""
    same(store, seen)
    return read_material(store, donations.get(store, seen.donation_id))


def is_text(path: str) -> bool:
    """Whether a file of a bundle is UTF-8 text. (Parquet is not.)"""
    return not path.endswith(".parquet")


def find(files: Mapping[str, bytes], words: str) -> list[Hit]:
    """Lines of all text files that hold ``words``, in any case, the first :data:`MOST_HITS`."""
    if not words:
        return []
    wanted = re.compile(re.escape(words), re.IGNORECASE)
    hits: list[Hit] = []
    for path, data in files.items():
        if not is_text(path):
            continue
        for number, line in enumerate(data.decode("utf-8").split("\n")):
            if wanted.search(line):
                hits.append(Hit(path, number))
                if len(hits) == MOST_HITS:
                    return hits
    return hits


def row_of(files: Mapping[str, bytes], path: str, line: int) -> str | None:
    """The id of a row that can be taken out; ``None`` for any other line."""
    field = ROW_IDS.get(path)
    lines = files[path].split(b"\n") if field is not None and path in files else []
    if field is None or not 0 <= line < len(lines) or not lines[line]:
        return None
    return str(json.loads(lines[line])[field])


def take_out(store: Store, seen: Donation | None, row_id: str) -> Donation:
    """Take a row out of the draft as it was seen, with what refers to it.

    Raises :class:`UserError`: it is none that can be taken out by itself.
    """
    with store.write():
        draft = same(store, seen)
        if draft is None or draft.status != "draft":
            raise UserError("This donation is signed; cancel it (step 4) to change it.")
        if not donating.delete_row(store, draft.donation_id, row_id):
            raise UserError(
                "This row goes with another one; take that one out, or the item in step 1."
            )
        return donations.get(store, draft.donation_id)
