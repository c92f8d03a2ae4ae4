"""Which attribute comes next, and how it was drawn.

Everything unjudged is in the queue, in a random order: place = SHA-256(seed ‖ attribute id). The
order does not depend on what was inferred or how sure the model was (either would leak the model's
opinion into the order), is the same after every restart, so a review resumes where it was left, and
new attributes fall in between at random. A prefix of it, wherever the person stops, is a simple
random sample without replacement; no item is likelier than another, so ``inclusion_prob`` is 1
(nothing is left out by design). Where the person chose what to look at (one conversation, a search,
another status) no probability is known and it is ``None``: such judgments count for the profile,
not for figures that need random draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from store.records import Sampling

Status = Literal["unjudged", "ok", "unsure", "bad", "never", "all"]
STATUSES: tuple[tuple[Status, str], ...] = (
    ("unjudged", "to judge"),
    ("ok", "ok"),
    ("unsure", "unsure"),
    ("bad", "bad"),
    ("never", "never use"),
    ("all", "all"),
)


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What the person wants to see. The default is the queue itself."""

    status: Status = "unjudged"
    conversation_id: str | None = None
    query: str = ""

    @property
    def chosen(self) -> bool:
        """Whether the person picked the items, so that they are not randomly drawn."""
        return self.status != "unjudged" or self.conversation_id is not None or bool(self.query)

    def as_shown(self) -> dict[str, object]:
        """As kept with a judgment. Of a search only that there was one: its words may name people,
        and a forgotten attribute must not live on in another one's judgment."""
        return {
            "status": self.status,
            "conversation": self.conversation_id is not None,
            "search": bool(self.query),
        }


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One thing to judge, with how it came to be asked. Repeats and planted items differ only in
    ``sampling`` and ``repeat_of``."""

    attribute_id: str
    sampling: Sampling = "random"
    inclusion_prob: float | None = 1.0
    repeat_of: str | None = None


def draw_order(attribute_ids: Iterable[str], seed: str) -> list[str]:
    """The ids in the random order that ``seed`` gives; independent of the order they come in."""
    prefix = seed.encode("utf-8") + b"\0"
    return sorted(
        attribute_ids,
        key=lambda attribute_id: hashlib.sha256(prefix + attribute_id.encode("utf-8")).digest(),
    )
