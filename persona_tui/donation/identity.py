"""Ids that mean nothing outside one bundle, the withdrawal token, and the order of rows.

Everything here is drawn from the system's randomness: nothing is derived from what the journal
holds, so two bundles of one person share no id.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import MutableSequence


class IdMap:
    """Random ids for one bundle: the same original always gets the same one, within this map only."""

    def __init__(self, rng: random.Random | None = None) -> None:
        """``rng`` is for tests; ``None`` draws from the system."""
        self._rng = rng or secrets.SystemRandom()
        self._ids: dict[tuple[str, str], str] = {}

    def of(self, kind_letter: str, original_id: str) -> str:
        """``a_`` and 32 hexadecimal digits for ``original_id``."""
        key = (kind_letter, original_id)
        if key not in self._ids:
            self._ids[key] = new_id(kind_letter, self._rng)
        return self._ids[key]

    def has(self, kind_letter: str, original_id: str) -> bool:
        """Whether ``original_id`` has an id already."""
        return (kind_letter, original_id) in self._ids

    def originals(self) -> dict[str, str]:
        """Random id → what it stands for. It must never leave this machine."""
        return {made: original for (_, original), made in self._ids.items()}


def new_ids(rng: random.Random | None = None) -> IdMap:
    """An empty map for one bundle."""
    return IdMap(rng)


def new_id(kind_letter: str, rng: random.Random | None = None) -> str:
    """An id that nothing else has: 128 random bits."""
    return f"{kind_letter}_{(rng or secrets.SystemRandom()).getrandbits(128):032x}"


def new_token() -> str:
    """A withdrawal token: 256 random bits as 64 hexadecimal digits. It stays with the person."""
    return secrets.token_hex(32)


def token_sha256(token: str) -> str:
    """SHA-256 of the token's 64 characters: what the bundle holds."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def shuffle(rows: MutableSequence[dict[str, object]], rng: random.Random | None = None) -> None:
    """Put ``rows`` into a random order, so that none is left of when they were judged."""
    (rng or secrets.SystemRandom()).shuffle(rows)
