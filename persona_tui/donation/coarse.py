"""Making values coarse, so that they tell the judgment and not who judged, when, or on what."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime

from persona_tui.donation.checking import FORMULA, UNSEEN
from persona_tui.donation.schema import TEXT_LIMIT
from persona_tui.donation.vocabularies import LANGUAGES, LATENCY_BINS

_EDGES_MS = (1_000, 3_000, 10_000, 30_000, 120_000)
_RELEASE = re.compile(r"(\d{1,4}(?:\.\d{1,4}){0,3})((?:a|b|rc)\d{1,3})?")
_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])")
"""A joiner that joins nothing: its neighbours need none."""
LONGEST_LENGTH = 10_000_000


def latency_bin(milliseconds: int | None) -> str | None:
    """One of :data:`LATENCY_BINS`; lower edges are in the bin."""
    if milliseconds is None or milliseconds < 0:
        return None
    return LATENCY_BINS[sum(milliseconds >= edge for edge in _EDGES_MS)]


def month(when: datetime) -> str:
    """``YYYY-MM`` in UTC: a local month would tell the time zone."""
    return when.astimezone(UTC).strftime("%Y-%m")


def confidence(value: float | None) -> float | None:
    """To one decimal, within 0 and 1."""
    return None if value is None else _rounded(value, 1, 0.0, 1.0)


def inclusion(value: float | None) -> float | None:
    """To two decimals, never below 0.01: a weight is its inverse."""
    return None if value is None else _rounded(value, 2, 0.01, 1.0)


def temperature(value: float | None) -> float | None:
    """To one decimal, within 0 and 2."""
    return None if value is None else _rounded(value, 1, 0.0, 2.0)


def _rounded(value: float, decimals: int, low: float, high: float) -> float | None:
    if math.isnan(value):
        return None
    # Adding zero turns -0.0 into 0.0.
    return round(min(max(float(value), low), high), decimals) + 0.0


def length(characters: int | None) -> int | None:
    """To two significant digits: an exact length is a fingerprint of a text."""
    if characters is None or characters < 0:
        return None
    unit = 10 ** max(0, len(str(characters)) - 2)
    return int(min((characters + unit // 2) // unit * unit, LONGEST_LENGTH))


def language(code: str | None) -> str | None:
    """One of :data:`LANGUAGES` for an ISO 639-1 code, region left out."""
    if code is None or not code.strip():
        return None
    base = re.split("[-_]", code.strip().lower())[0]
    return base if base in LANGUAGES else "other"


def version(app_version: str) -> str:
    """The release without anything local (``1.2.0.dev3+g1a2b`` → ``1.2.0``); ``0`` if it has none."""
    found = _RELEASE.match(app_version)
    return found[1] + (found[2] or "") if found else "0"


def published(sha256: str | None, known: Collection[str]) -> str | None:
    """The hash, if it is one of the program's own texts: any other would name a text of the
    person's."""
    return sha256 if sha256 in known else None


def writable(text: str | None) -> str | None:
    """A redacted ``text`` as it is written: composed (NFC), one kind of line end, nothing that
    cannot be seen, and an apostrophe before what a spreadsheet would compute.

    Whoever reads takes one apostrophe away where ``=``, ``+``, ``-`` or ``@`` follows (after
    further apostrophes). ``None`` for what is empty.
    """
    if text is None:
        return None
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    # A lone surrogate is no character; composing it could fail.
    plain = unicodedata.normalize("NFC", UNSEEN.sub("", plain))
    plain = _JOINER.sub("", plain)[:TEXT_LIMIT].strip()
    if not plain:
        return None
    return f"'{plain}"[:TEXT_LIMIT] if FORMULA.match(plain.lstrip("'")) else plain
