"""Bundles of simulated donors, built and written by the code that donors use."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from persona_tui.donation import consent as consents
from persona_tui.donation.bundle import build, name, write
from persona_tui.donation.identity import token_sha256
from persona_tui.donation.schema import Table
from tests.persona_tui.pool_data import Truth, rows_of, tables

Rows = dict[Table, list[dict[str, object]]]
MONTH = "2026-11"


def token_of(donor: int) -> str:
    """The withdrawal token that donor keeps."""
    return f"{donor:064x}"


def donor_rows(
    donors: int,
    *,
    seed: int = 1,
    attributes: int = 12,
    pairs: int = 15,
    comparisons: int = 10,
    truth: Truth | None = None,
    languages: Sequence[str] = ("en",),
) -> list[Rows]:
    """The rows of each donor, as the donor's bundle holds them."""
    made = tables(
        donors, attributes=attributes, pairs=pairs, comparisons=comparisons, seed=seed, truth=truth,
        languages=languages,
    )  # fmt: skip
    found = []
    for donor in range(donors):
        rows = rows_of(donor, made)
        rows["contributors"][0] |= {
            "consent_version": consents.CONSENT_VERSION,
            "consent_text_sha256": consents.sha256_of(),
            "withdrawal_token_sha256": token_sha256(token_of(donor)),
            "donated_month": MONTH,
        }
        found.append(rows)
    return found


def write_bundle(
    rows: Rows,
    folder: Path,
    *,
    level: Literal["labels", "texts"] = "labels",
    zipped: bool = False,
    called: str | None = None,
) -> Path:
    """One bundle in ``folder``."""
    who = rows["contributors"][0]
    consent = consents.agree(str(who["license"]), level, consents.statements(level))
    files: Mapping[str, bytes] = build(
        rows, consent, month=str(who["donated_month"]), contributor_id=str(who["contributor_id"]),
        rng=random.Random(str(who["contributor_id"])), with_parquet=False,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    return write(
        files, folder / ((called or name(files)) + (".zip" if zipped else "")), zipped=zipped
    )


def write_bundles(donors: Sequence[Rows], folder: Path) -> list[Path]:
    """A bundle of each donor, every third one zipped."""
    return [
        write_bundle(rows, folder, zipped=number % 3 == 2) for number, rows in enumerate(donors)
    ]
