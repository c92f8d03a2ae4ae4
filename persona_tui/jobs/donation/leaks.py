"""The last look at a bundle before it is kept: is anything in it that was to be blacked out?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from persona_tui.donation.redaction import FinalCheck
from persona_tui.donation.schema import TABLES
from persona_tui.errors import UserError
from persona_tui.jobs.donation.texts import Redaction

_DRAWN = re.compile(
    rb'"(?:[a-z_]+_id|repeat_of)":"[a-z]_[0-9a-f]{32}"|"[a-z_]+_sha256":"[0-9a-f]{64}"'
)
"""Ids and hashes as JSON writes them: by chance, "ada" stands in one of three hundred. Within a text
the quotation marks would be escaped."""


def refuse_leaks(redacted: Redaction, files: Mapping[str, bytes]) -> None:
    """Raise :class:`UserError` if something that was known or blacked out is in the bytes, in whatever
    encoding. (Parquet is compressed; it is made of the same rows as the JSONL beside it.)"""
    originals = [
        (finding.kind, one.text.original[finding.start : finding.end])
        for one in redacted.texts
        for finding in one.findings
    ]
    check = FinalCheck(redacted.known, originals, kept=redacted.kept, public=closed_words())
    for path, data in files.items():
        if not path.startswith("data/") or path.endswith(".parquet"):
            continue  # what the program itself wrote, the same for everybody
        leaks = check.leaks(_DRAWN.sub(b"", data))
        if leaks:
            raise UserError(
                f"{path} would still hold something that is blacked out elsewhere "
                f"({', '.join(leaks)}): black it out where it stands, or take the item out; nothing "
                "was prepared."
            )


def closed_words() -> list[str]:
    """Names of fields and values of closed vocabularies as JSON writes them: an account that is
    called ``work`` does not stand in ``"category":"work"``. No text can look like this: within one,
    JSON writes a quotation mark as ``\\"``."""
    fields = {field.name: field for table in TABLES.values() for field in table}
    found = [f'"{name}":"{choice}"' for name, field in fields.items() for choice in field.choices]
    return [*found, *(f'"{name}":' for name in fields), '"conv_idx":', '"turn_idxs":', '"quote":']
