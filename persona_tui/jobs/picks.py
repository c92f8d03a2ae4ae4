"""What a learner would ask next, as it is kept in the journal between learning and asking.

Learning works it out (:mod:`persona_tui.jobs.learning.asking`), the queues of the three stages read it.
See :mod:`persona_tui.stages.judging.active` for what it means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from persona_tui.stages.judging.active import NONE, Picks
from store import learned, settings

if TYPE_CHECKING:
    from store.db import Store
    from store.learned_records import LearnedKind

AskedIn = Literal["review", "relevance", "compare"]
KIND: Mapping[AskedIn, LearnedKind] = {
    "review": "verifier",
    "relevance": "relevance",
    "compare": "reward",
}
"""Whose uncertainty it is."""
STAGE: Mapping[LearnedKind, AskedIn] = {kind: stage for stage, kind in KIND.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """What to ask next in one stage."""

    picks: Picks = NONE
    """Of attributes, of prompts, of pairs."""
    sheets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Relevance: by prompt the attributes to ask first."""


def read(store: Store, stage: AskedIn, share: float | None = None) -> Asked:
    """What is asked next. Without a model in use, or at a share of 0, nothing is picked; what was once
    in the pool stays out of the random stream all the same.

    ``share`` is the person's setting; ``None``: as it was when this was worked out.
    """
    pool = _number(settings.get(store, f"pool.{stage}"))
    if pool == 0:
        return Asked()
    kept = _mapping(settings.get(store, f"ranked.{stage}"))
    in_use = next((one for one in learned.list_all(store, KIND[stage]) if one.in_use), None)
    wanted = _number(kept.get("share")) if share is None else share
    if in_use is None or not wanted or kept.get("learned_id") != in_use.learned_id:
        return Asked(Picks(0.0, pool))
    sheets = kept.get("sheets")
    return Asked(
        Picks(wanted, pool, _words(kept.get("ranked"))),
        {key: _words(one) for key, one in sheets.items()} if isinstance(sheets, dict) else {},
    )


def keep(
    store: Store,
    stage: AskedIn,
    *,
    learned_id: str,
    share: float,
    ranked: Sequence[str],
    sheets: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Keep what was worked out with a model that is in use. Ids only; forgetting deletes it."""
    with store.write():
        pool = max(share, _number(settings.get(store, f"pool.{stage}")))
        settings.put(store, f"pool.{stage}", repr(pool))
        value = {
            "learned_id": learned_id,
            "share": share,
            "ranked": list(ranked),
            "sheets": {key: list(one) for key, one in (sheets or {}).items()},
        }
        settings.put(store, f"ranked.{stage}", json.dumps(value))


def stop(store: Store, stage: AskedIn) -> None:
    """Pick nothing any more."""
    settings.remove(store, [f"ranked.{stage}"])


def is_fresh(store: Store, stage: AskedIn, learned_id: str, share: float) -> bool:
    """Whether it was worked out with this model and share already."""
    kept = _mapping(settings.get(store, f"ranked.{stage}"))
    return kept.get("learned_id") == learned_id and _number(kept.get("share")) == share


def _mapping(text: str | None) -> dict[str, object]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _words(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _number(value: object) -> float:
    try:
        return min(1.0, max(0.0, float(value)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
