"""Repeats and planted items: which, when, and where they fall among the others (PROTOCOL 2).

Everything that waits lies in one line ordered by SHA-256(seed ‖ key). A repeat's key is
``repeat:JUDGMENT``, a planted item's ``catch:KEY``: they fall among the fresh ones at random, the
line is the same after every restart, and nothing about an item's place tells what it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.records import Sampling

REPEAT, CATCH = "repeat:", "catch:"

_WHICH = "which|"
"""Which ones are drawn is another hash than where they fall: by one hash for both, those that are
drawn would be those that fall first, and the beginning of a sitting would tell what is planted."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One thing to ask, with how it came to be asked."""

    key: str
    """The item's id; ``repeat:JUDGMENT`` or ``catch:KEY`` for the others."""
    sampling: Sampling = "random"
    inclusion_prob: float | None = 1.0
    repeat_of: str | None = None
    """The judgment that is repeated."""
    item_id: str = ""
    """The item that is shown again, or the planted item's key."""


@dataclass(frozen=True, slots=True)
class Given:
    """A judgment in force, as far as drawing repeats needs it."""

    judgment_id: str
    item_id: str
    created_at: datetime
    sampling: Sampling


def unit(seed: str, key: str) -> float:
    """A number in [0, 1) that ``seed`` and ``key`` fix."""
    digest = hashlib.sha256(seed.encode() + b"\0" + key.encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def due_repeats(
    given: Iterable[Given],
    repeated: Iterable[str],
    *,
    seed: str,
    now: datetime,
    after: timedelta,
    share: float,
) -> list[Draw]:
    """Repeats that may be asked now.

    Of every randomly drawn judgment ``share`` is marked for repetition (by hash, so for good), and
    is due once it is ``after`` old. ``repeated`` are judgments that were repeated already.
    """
    done = set(repeated)
    return [
        Draw(f"{REPEAT}{one.judgment_id}", "repeat", share, one.judgment_id, one.item_id)
        for one in given
        if one.sampling == "random"
        and one.judgment_id not in done
        and now - one.created_at >= after
        and unit(seed, f"{_WHICH}{REPEAT}{one.judgment_id}") < share
    ]


def planted(
    keys: Sequence[str], answered: Iterable[str], *, seed: str, items: int, share: float
) -> list[Draw]:
    """Planted items to mix among ``items`` real ones (judged or not): about ``share`` of them, in an
    order that ``seed`` fixes, without those answered already. None among fewer than ten, nor at a
    share of 0."""
    wanted = 0 if items < 10 or share <= 0 else min(len(keys), max(1, round(items * share)))
    chosen = sorted(keys, key=lambda key: unit(seed, f"{_WHICH}{CATCH}{key}"))[:wanted]
    done = set(answered)
    return [Draw(f"{CATCH}{key}", "catch", None, None, key) for key in chosen if key not in done]


def line_up(draws: Iterable[Draw], seed: str) -> list[Draw]:
    """All of them in the order that ``seed`` gives."""
    return sorted(draws, key=lambda draw: unit(seed, draw.key))
