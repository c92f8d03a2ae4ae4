"""docs/donation.md says what the schema says."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_tui.donation.card import describe_type
from persona_tui.donation.describe import COLUMN_MEANING, TABLE_MEANING
from persona_tui.donation.schema import TABLES, Table

TEXT = (Path(__file__).parents[3] / "docs" / "donation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", list(TABLES))
def test_every_table_is_documented_as_it_is(table: Table) -> None:
    rows = [
        f"| {field.name} | {describe_type(field)} | {'no' if field.required else 'yes'} "
        f"| {COLUMN_MEANING[field.name]} |"
        for field in TABLES[table]
    ]
    assert f"### {table}\n\n{TABLE_MEANING[table]}\n" in TEXT
    assert "\n".join(rows) in TEXT


def test_words_are_those_of_reduced_risk() -> None:
    assert "anonym" not in TEXT.lower()
