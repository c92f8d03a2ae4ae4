"""Taking a donation back: a request that whoever holds the bundle can verify."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from persona_tui.donation.identity import token_sha256
from persona_tui.errors import UserError

SCHEMA = "persona-tui/withdrawal/1"
SIZE_LIMIT = 4_096
_TOKEN = re.compile(r"[0-9a-f]{64}")
_CONTRIBUTOR = re.compile(r"c_[0-9a-f]{32}")
_STATEMENT = (
    "I withdraw this donation. Please delete the bundle and every row of this contributor, and leave "
    "it out of later releases."
)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A request. The token proves that it comes from who gave."""

    contributor_id: str
    token: str

    @property
    def token_sha256(self) -> str:
        """What the contributor's row must hold."""
        return token_sha256(self.token)


def request(token: str, contributor_id: str) -> bytes:
    """The request as a JSON file, the same bytes each time. Raises :class:`ValueError` if either is
    none; the message never holds the token."""
    if not _TOKEN.fullmatch(token) or not _CONTRIBUTOR.fullmatch(contributor_id):
        raise ValueError("not a withdrawal token and a contributor id")
    made = {
        "schema": SCHEMA,
        "contributor_id": contributor_id,
        "withdrawal_token": token,
        "statement": _STATEMENT,
    }
    return (json.dumps(made, indent=1) + "\n").encode()


def parse(data: bytes) -> Withdrawal:
    """The request in ``data``, which anybody may have written. Raises
    :class:`~persona_tui.errors.UserError` with one sentence."""
    if len(data) > SIZE_LIMIT:
        raise UserError("The withdrawal request is too long to be one; ask for it again.")
    try:
        made = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        made = None
    if not isinstance(made, dict) or made.get("schema") != SCHEMA:
        raise UserError(f"This is not a withdrawal request of the form {SCHEMA}; ask for it again.")
    token, contributor = made.get("withdrawal_token"), made.get("contributor_id")
    if (
        not isinstance(token, str)
        or not isinstance(contributor, str)
        or not _TOKEN.fullmatch(token)
        or not _CONTRIBUTOR.fullmatch(contributor)
    ):
        raise UserError(
            "The withdrawal request names no donation with its token; ask for it again."
        )
    return Withdrawal(contributor, token)


def verify(request_bytes: bytes, contributor_row: Mapping[str, object]) -> bool:
    """Whether the request comes from who gave what ``contributor_row`` belongs to. A request that
    cannot be read does not."""
    try:
        asked = parse(request_bytes)
    except UserError:
        return False
    held = contributor_row.get("withdrawal_token_sha256")
    return (
        isinstance(held, str)
        and held.isascii()
        and asked.contributor_id == contributor_row.get("contributor_id")
        and hmac.compare_digest(held, asked.token_sha256)
    )
