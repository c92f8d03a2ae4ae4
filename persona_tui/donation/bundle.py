"""Putting a bundle together: path → exact bytes, and writing those bytes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from persona_tui.donation.consent import Consent
from persona_tui.donation.rows import Rows


def build(
    rows: Rows,
    consent: Consent,
    *,
    month: str,
    contributor_id: str,
    rng: random.Random | None = None,
    with_parquet: bool | None = None,
) -> dict[str, bytes]:
    """The files of a bundle, path → exact bytes, in the order in which they are listed.

    The same arguments give the same bytes (``rng`` draws the canary). ``with_parquet``: ``None``
    writes Parquet if pyarrow is there; the card says what is in. Raises
    :class:`~persona_tui.donation.schema.SchemaError`.
    """
    raise NotImplementedError


def name(files: Mapping[str, bytes]) -> str:
    """``persona-donation-YYYY-MM-`` and 8 hexadecimal digits of the contributor's random id."""
    raise NotImplementedError


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """``files`` as one zip: the same files, the same bytes."""
    raise NotImplementedError


def write(files: Mapping[str, bytes], target: Path, *, zipped: bool) -> Path:
    """Write ``files`` as the directory, or the one zip file, ``target``; gives its path.

    All or nothing; readable by the owner only (0700, 0600). Raises
    :class:`~persona_tui.errors.UserError` if ``target`` exists or cannot be written.
    """
    raise NotImplementedError
