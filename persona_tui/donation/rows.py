"""From what a person chose to the rows that are written: coarse, shuffled, held against the schema."""

from __future__ import annotations

import random
from collections.abc import Mapping

from persona_tui.donation.consent import Consent
from persona_tui.donation.given import Given
from persona_tui.donation.schema import Table

Rows = Mapping[Table, list[dict[str, object]]]
"""Validated rows, columns in schema order."""


def assemble(
    given: Given,
    consent: Consent,
    *,
    month: str,
    token_sha256: str,
    rng: random.Random | None = None,
) -> Rows:
    """The rows of one bundle, with new random ids and in random order; ``contributors`` has one row,
    whose ``contributor_id`` names the bundle. Only tables that have rows are there.

    ``month`` is ``YYYY-MM``; ``rng`` is for tests, ``None`` draws from the system. Raises
    :class:`~persona_tui.donation.given.GivenError` where something must not be given (synthetic,
    retracted, a text at level ``labels`` or without consent, a reference to what is not given) and
    :class:`~persona_tui.donation.schema.SchemaError` where the schema refuses a value.
    """
    raise NotImplementedError


def validate(rows: Rows) -> None:
    """Raise :class:`~persona_tui.donation.schema.SchemaError` unless every row is allowed, ids are
    unique, and every reference leads to a row that is there."""
    raise NotImplementedError
