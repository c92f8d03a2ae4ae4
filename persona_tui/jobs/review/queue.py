"""What there is to judge, what is judged already, and what comes next."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from persona_tui.jobs.review.beside import Beside
from persona_tui.jobs.review.changes import Carried
from persona_tui.stages.judging import (
    QueueItem,
    ReviewFilter,
    Status,
    draw_order,
    is_judged,
    matches,
)
from persona_tui.stages.judging.active import NONE, Picks, mixed
from store.records import Attribute, AttributeJudgment, JudgmentContext, Use

if TYPE_CHECKING:
    from store.db import Store


def read_attributes(store: Store) -> list[Attribute]:
    """Everything, in one read: 10,000 attributes are a few megabytes, and a review that holds them
    never waits for the disk between two items."""
    from store import attributes

    return attributes.list_all(store)


def count_attributes(store: Store) -> tuple[int, ...]:
    """How many a model inferred, and of these *ok*, *unsure* and *bad*: whether something changed
    elsewhere, without reading all. Compare with :attr:`ReviewQueue.counts`."""
    from store import attributes

    counts = attributes.counts(store)
    return (counts["all"] - counts["user"], counts["ok"], counts["unsure"], counts["bad"])


def stored_seed(store: Store) -> str:
    """The seed of this journal's order: drawn once, then kept, so that a review resumes."""
    from store import settings

    seed = settings.get(store, "review.seed")
    if seed is None:
        seed = secrets.token_hex(8)
        settings.put(store, "review.seed", seed)
    return seed


class ReviewQueue:
    """The attributes that a model inferred (the person's own sentences are not asked about), their
    judgments in force, and the ones under the filter in random order.

    In the queue proper, and nowhere else, repeats and planted items lie among them (``beside``).
    """

    def __init__(
        self,
        attributes: Iterable[Attribute],
        seed: str = "",
        beside: Beside | None = None,
        picks: Picks = NONE,
    ) -> None:
        self.seed = seed
        self.picks = picks
        self.beside = beside or Beside(seed)
        self.filter = ReviewFilter()
        self.attributes: dict[str, Attribute] = {}
        self.judgments: dict[str, AttributeJudgment] = {}
        """In force, by attribute."""
        self.sentences: dict[str, str] = {}
        """The person's own sentences, by their attribute id: for showing corrections."""
        self.total = 0
        """Items under the filter, judged or not."""
        self.left: set[str] = set()
        """Items under the filter without a verdict."""
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self.replace_all(attributes)

    def replace_all(self, attributes: Iterable[Attribute]) -> None:
        """Take over what the store holds now."""
        self.attributes.clear()
        self.judgments.clear()
        self.sentences.clear()
        for attribute in attributes:
            if attribute.strategy == "user":
                self.sentences[attribute.attribute_id] = attribute.text
                continue
            self.attributes[attribute.attribute_id] = attribute
            if attribute.judgment is not None and not attribute.judgment.retracted:
                self.judgments[attribute.attribute_id] = attribute.judgment
        self.arrange(self.filter)

    def arrange(self, wanted: ReviewFilter) -> None:
        """Line up what ``wanted`` lets through."""
        self.filter = wanted
        among: list[str] = []
        if not wanted.chosen:
            self.beside.line_up(self.attributes, self.judgments)
            among = self.beside.left
        self._order = draw_order([*self._under(wanted), *among], self.seed)
        if not wanted.chosen:
            self._order = mixed(
                [key for key in self._order if not self._in_pool(key)],
                [key for key in self._order if self._in_pool(key)],
                self.picks,
                seed=self.seed,
                place=sum(is_judged(row) for row in self.judgments.values()),
            )
        self._place = {key: place for place, key in enumerate(self._order)}
        self.left = {key for key in self._order if not is_judged(self.judgment(key))}
        if wanted.status == "unjudged":
            everything = ReviewFilter("all", wanted.conversation_id, wanted.query)
            self.total = sum(1 for _ in self._under(everything))
            self.total += 0 if wanted.chosen else len(self.beside.items)
        else:
            self.total = len(self._order)

    def _in_pool(self, key: str) -> bool:
        return key in self.attributes and self.picks.has(self.seed, key)

    def _under(self, wanted: ReviewFilter) -> Iterable[str]:
        return (
            key
            for key, attribute in self.attributes.items()
            if matches(attribute, self.judgments.get(key), wanted)
        )

    def count(self, status: Status) -> int:
        """How many there are of ``status`` (under no other filter)."""
        return sum(1 for _ in self._under(ReviewFilter(status)))

    @property
    def counts(self) -> tuple[int, ...]:
        """As :func:`count_attributes` counts them."""
        given = Counter(judgment.verdict for judgment in self.judgments.values())
        return (len(self.attributes), given["ok"], given["unsure"], given["bad"])

    def shown(self, key: str) -> Attribute | None:
        """What stands in front of the person for the item ``key``; ``None`` if it is gone."""
        return self.attributes.get(key) or self.beside.shown(key, self.attributes)

    def judgment(self, key: str) -> AttributeJudgment | None:
        """In force for the item ``key``. A repeat begins without one."""
        return self.judgments.get(key) or self.beside.judgments.get(key)

    @property
    def judged(self) -> set[str]:
        """Items that a verdict is in force on."""
        rows = (*self.judgments.items(), *self.beside.judgments.items())
        return {key for key, row in rows if is_judged(row)}

    def carried(
        self, key: str, context: JudgmentContext, asked: str, use: Use | None
    ) -> Carried | None:
        """What an answer to the item ``key`` changes in the judgment in force of the attribute that
        it repeats; ``None``: nothing."""
        shown = self.shown(key)
        before = None if shown is None else self.judgments.get(shown.attribute_id)
        if before is None:
            return None
        after = self.beside.carried(key, before, context, asked, use)
        return None if after is None else (before, after)

    def carry(self, carried: Carried | None, *, back: bool = False) -> None:
        """Put what was carried in force, or (``back``) what was before."""
        if carried is not None:
            row = carried[0 if back else 1]
            self.put(row.attribute_id, row)

    def put(self, key: str, row: AttributeJudgment | None) -> None:
        """Make ``row`` the judgment in force."""
        among = self.beside.draw(key) is not None
        held = self.beside.judgments if among else self.judgments
        if row is None or row.retracted:
            held.pop(key, None)
        else:
            held[key] = row
        if key in self._place:
            if is_judged(row):
                self.left.discard(key)
            else:
                self.left.add(key)
        elif (
            not self.filter.chosen and not is_judged(row)
            if among
            else matches(self.attributes[key], row, self.filter)
        ):
            self.arrange(self.filter)  # an earlier sitting's, open again

    def renew(self, attribute: Attribute) -> bool:
        """Take over the words and evidence of one attribute; whether they are others than before."""
        old = self.attributes.get(attribute.attribute_id)
        if old is None or (old.text, old.evidence) == (attribute.text, attribute.evidence):
            return False
        self.attributes[attribute.attribute_id] = attribute
        return True

    def place(self, key: str | None) -> int | None:
        """Place in the line, from 1; ``None`` if it is not in it."""
        return None if key is None or key not in self._place else self._place[key] + 1

    def first(self) -> str | None:
        return self._order[0] if self._order else None

    def after(self, key: str | None) -> str | None:
        """What comes after ``key``. In the queue proper the next without a verdict, around the end,
        so that skipped items come again; under any other filter simply the next one."""
        start = -1 if key is None else self._place.get(key, -1)
        if self.filter.status != "unjudged":
            return self._order[start + 1] if start + 1 < len(self._order) else None
        if not self.left or self.left == {key}:
            return None
        count = len(self._order)
        places = ((start + step) % count for step in range(1, count + 1))
        return next(
            (self._order[at] for at in places if self._order[at] in self.left and at != start), None
        )

    def item(self, key: str) -> QueueItem:
        """How ``key`` was drawn: as its judgment says if it has one (a change of mind is no new
        draw), else as the filter in force draws it."""
        draw = self.beside.draw(key)
        if draw is not None:
            return QueueItem(key, draw.sampling, draw.inclusion_prob, draw.repeat_of)
        judgment = self.judgments.get(key)
        if judgment is not None:
            context = judgment.context
            return QueueItem(key, context.sampling, context.inclusion_prob, context.repeat_of)
        if self.filter.chosen:
            return QueueItem(key, inclusion_prob=None)
        if self._in_pool(key):
            return QueueItem(key, "active", None)
        return QueueItem(key)
