"""From what a person chose to the rows that are written: coarse, shuffled, held against the schema."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping

from persona_tui.donation import identity
from persona_tui.donation.assembling import Assembly
from persona_tui.donation.checking import check_row, row_has_text
from persona_tui.donation.consent import Consent
from persona_tui.donation.given import Given
from persona_tui.donation.references import References
from persona_tui.donation.schema import (
    CONTRIBUTOR,
    SCHEMA_VERSION,
    TABLE_NAMES,
    SchemaError,
    Table,
)

Row = dict[str, object]
Rows = Mapping[Table, list[Row]]
"""Validated rows, columns in schema order."""


def assemble(
    given: Given,
    consent: Consent,
    *,
    month: str,
    token_sha256: str,
    ids: identity.IdMap | None = None,
    rng: random.Random | None = None,
) -> Rows:
    """The rows of one bundle, with new random ids and in random order; ``contributors`` has one row,
    whose ``contributor_id`` names the bundle. Only tables that have rows are there.

    ``month`` is ``YYYY-MM``; ``ids``, an empty map, tells afterwards what each row was made of;
    ``rng`` is for tests, ``None`` draws from the system. Raises
    :class:`~persona_tui.donation.given.GivenError` where something must not be given (synthetic,
    retracted, a text at level ``labels`` or without consent, a reference to what is not given) and
    :class:`~persona_tui.donation.schema.SchemaError` where the schema refuses a value.
    """
    drawn = rng or secrets.SystemRandom()
    work = Assembly(given, texts=consent.level == "texts", ids=ids, rng=drawn)
    contributor: Row = {
        "contributor_id": identity.new_id(CONTRIBUTOR, drawn),
        "language": work.language,
        "consent_version": consent.version,
        "consent_text_sha256": consent.text_sha256,
        "license": consent.license,
        "donated_month": month,
        "withdrawal_token_sha256": token_sha256,
        "schema_version": SCHEMA_VERSION,
    }
    made: dict[Table, list[Row]] = {
        "contributors": [contributor],
        "attributes": work.attributes(),
        "attribute_judgments": work.attribute_judgments(),
        "relevance_judgments": work.relevance_judgments(),
        "response_judgments": work.response_judgments(),
        "model_judgments": work.model_judgments(),
    }
    for rows in made.values():
        identity.shuffle(rows, drawn)
    found: Rows = {table: made[table] for table in TABLE_NAMES if made[table]}
    validate(found)
    return found


def validate(rows: Rows) -> None:
    """Raise :class:`~persona_tui.donation.schema.SchemaError` unless every row is allowed, there is
    one contributor, ids are unique, and every reference leads to a row that is there."""
    if unknown := set(rows) - set(TABLE_NAMES):
        raise SchemaError("donation", "", f"has {len(unknown)} unknown tables")
    seen = References()
    for table in TABLE_NAMES:
        for row in rows.get(table, ()):
            check_row(table, row)
            seen.add(table, row)
    seen.check()


def without(rows: Rows, drop: Iterable[tuple[Table, str]]) -> Rows:
    """``rows`` without those that ``drop`` names (table, id) and without what refers to them:
    an attribute's judgments, a judgment's model judgments. A repeat stays, of nothing.

    An attribute that no judgment is left for stays until it is dropped itself.
    """
    gone = {key for _, key in drop}
    if any(table == "contributors" for table, _ in drop):
        raise SchemaError("contributors", "", "cannot be left out")
    made: dict[Table, list[Row]] = {}
    for table in TABLE_NAMES:
        kept = []
        for row in rows.get(table, ()):
            if table != "attributes" and row.get("attribute_id") in gone:
                gone.add(str(row.get("judgment_id")))
                continue
            if gone & {row.get(name) for name in _KEYS}:
                continue
            kept.append(_loosened(row, gone))
        if kept:
            made[table] = kept
    # A repeat can stand before what it repeats.
    made = {
        table: [
            row if row.get("repeat_of") not in gone else {**row, "repeat_of": None} for row in kept
        ]
        for table, kept in made.items()
    }
    validate(made)
    return made


_KEYS = ("judgment_id", "target_judgment_id", "attribute_id")


def _loosened(row: Row, gone: set[str]) -> Row:
    """``row`` without the ratings of attributes that are gone."""
    ratings = row.get("attribute_ratings")
    if not isinstance(ratings, list):
        return row
    left = [one for one in ratings if one["attribute_id"] not in gone]
    return {**row, "attribute_ratings": left or None}


def has_texts(rows: Rows) -> bool:
    """Whether any word of the person's or of a model's is in it."""
    return any(row_has_text(table, row) for table, kept in rows.items() for row in kept)
