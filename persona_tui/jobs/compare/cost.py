"""What writing pairs of answers costs where a model is not on this machine, and a budget for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.jobs.compare.orders import Order
from persona_tui.jobs.costs import CHARACTERS_A_TOKEN, Price, Tokens, at_most
from persona_tui.stages.relevance import verdicts
from persona_tui.stages.response import generate
from store import runs
from store.audit import Response, ResponsePair

if TYPE_CHECKING:
    from store.db import Store

WRITTEN_AT_MOST = 16
"""Tokens of one answer to whether an attribute is relevant, where it is given in words."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes one side. What a model on this machine writes costs nothing and counts for nothing."""

    remote: bool
    price: Price | None = None


class Spending:
    """What may be spent on pairs, and what was. One pair is written at a time.

    Args:
        generic: who writes the generic answer (of two models: the first one's).
        personalized: who writes the other one.
        longest: tokens of one answer, at most.
    """

    def __init__(
        self,
        generic: Writer,
        personalized: Writer,
        longest: int,
        *,
        max_usd: float | None = None,
        max_tokens: int | None = None,
    ) -> None:
        self._sides = (generic, personalized)
        self._longest = longest
        self._max_usd = max_usd
        self._max_tokens = max_tokens
        self.tokens = Tokens()
        self.usd: float | None = 0.0
        """``None`` where a price is not known."""
        self.over = False
        """A pair was not begun, because it might have gone over the budget."""

    def most(self, order: Order) -> list[Tokens]:
        """What the two sides of a pair take at most; of a planted one as of any other, lest its cost
        tells that it is one."""
        sides = []
        for told in ((), order.attributes if order.arm != "models" else ()):
            asked = generate.messages(order.prompt.text, [text for _, text in told])
            sides.append(at_most([sum(len(one.content.encode()) for one in asked)], self._longest))
        if order.arm == "model":
            sides[0] += self._choosing(order)
        return sides

    def _choosing(self, order: Order) -> Tokens:
        """The model chooses among the attributes before it writes."""
        texts = [*verdicts.CONTENT_FREE, *(text for _, text in order.attributes)]
        prefix, rows = verdicts.question(order.prompt.text, texts)
        shared = sum(len(one.content.encode()) for one in prefix)
        # A first answer without probabilities is asked for again in words.
        return at_most([shared + len(row.encode()) for row in (rows[0], *rows)], WRITTEN_AT_MOST)

    def may(self, order: Order) -> bool:
        """Whether a pair fits into the budget whatever is answered."""
        tokens, usd = self._sum(self.most(order))
        after = self.tokens + tokens
        fits = self._max_tokens is None or after.sent + after.written <= self._max_tokens
        if self._max_usd is not None and self.usd is not None and usd is not None:
            fits = fits and self.usd + usd <= self._max_usd
        self.over = self.over or not fits
        return fits

    def chose(self, order: Order) -> None:
        """The model has chosen: how much that took is not reported, so the most is counted."""
        self._add([self._choosing(order), Tokens()])

    def paid(self, store: Store, pair: ResponsePair) -> None:
        """A pair is written."""
        sides = [_taken(store, pair.generic)]
        if not pair.identical:
            sides.append(_taken(store, pair.personalized))
        self._add(sides)

    def _add(self, sides: Sequence[Tokens]) -> None:
        tokens, usd = self._sum(sides)
        self.tokens += tokens
        self.usd = None if usd is None or self.usd is None else self.usd + usd

    def _sum(self, sides: Sequence[Tokens]) -> tuple[Tokens, float | None]:
        total, usd = Tokens(), 0.0
        known = True
        for writer, side in zip(self._sides, sides, strict=False):
            if writer.remote:
                total += side
                known = known and writer.price is not None
                usd += writer.price.of(side.sent, side.written) if writer.price is not None else 0.0
        return total, usd if known else None

    def estimate(self, orders: Sequence[Order]) -> tuple[Tokens, float | None]:
        """Of these pairs: tokens sent, about, and written, at most; US dollars, at most about."""
        total, usd = Tokens(), 0.0
        known = True
        for order in orders:
            about = [
                Tokens(round(side.sent / CHARACTERS_A_TOKEN), side.written)
                for side in self.most(order)
            ]
            tokens, cost = self._sum(about)
            total += tokens
            known = known and cost is not None
            usd += cost or 0.0
        return total, usd if known else None


def _taken(store: Store, response: Response) -> Tokens:
    """What an answer took; an estimate where the endpoint does not count."""
    run = runs.get(store, response.run_id) if response.run_id is not None else None
    sent = None if run is None else run.prompt_tokens
    written = None if run is None else run.completion_tokens
    guess = round(len(response.text) / CHARACTERS_A_TOKEN)
    return Tokens(guess if sent is None else sent, guess if written is None else written)
