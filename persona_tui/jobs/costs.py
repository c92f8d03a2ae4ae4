"""What asking a model costs: prices, and a budget that is never gone over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.protocol import Description
    from persona_tui.config import ModelEntry

CHARACTERS_A_TOKEN = 4.0
"""For estimates only, where the back end cannot count."""
TEMPLATE = 128
"""Tokens of a chat template and of an instruction to answer in words, at most, around a request."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    sent: float
    written: float

    def of(self, sent: float, written: float) -> float:
        """What so many tokens cost."""
        return (sent * self.sent + written * self.written) / 1e6


def price_of(
    entry: ModelEntry | None, sent: float | None = None, written: float | None = None
) -> Price | None:
    """The price as given, else as set for the model; ``None`` if it is not known."""
    if entry is not None:
        sent = entry.usd_per_million_input if sent is None else sent
        written = entry.usd_per_million_output if written is None else written
    return None if sent is None else Price(sent, written or 0.0)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Sent and written."""

    sent: int = 0
    written: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.sent + other.sent, self.written + other.written)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.sent - other.sent, self.written - other.written)


def at_most(requests: Iterable[int], written: int) -> Tokens:
    """What requests of so many bytes of UTF-8 take at most, with answers of ``written`` tokens.

    No tokenizer makes more than one token of a byte. That is four times what English takes, so that
    of a budget as much as one request may be left over; but it is never gone over.
    """
    sizes = list(requests)
    return Tokens(sum(sizes) + TEMPLATE * len(sizes), written * len(sizes))


class Budget:
    """What may be spent, what was, and what is held for requests under way.

    Hold before sending, settle when the answer is there: whatever order answers come in, the sum
    never goes over a limit. What a server bills for an answer that never arrived is not known here.
    """

    def __init__(
        self,
        price: Price | None = None,
        *,
        max_usd: float | None = None,
        max_tokens: int | None = None,
    ) -> None:
        self.price = price
        self.max_usd = max_usd
        self.max_tokens = max_tokens
        self.spent = Tokens()
        self._held = Tokens()

    @property
    def cost(self) -> float | None:
        """US dollars so far; ``None`` where no price is known."""
        return None if self.price is None else self.price.of(self.spent.sent, self.spent.written)

    def fits(self, more: Tokens) -> bool:
        """Whether so many more could be spent."""
        after = self.spent + self._held + more
        if self.max_tokens is not None and after.sent + after.written > self.max_tokens:
            return False
        return (
            self.max_usd is None
            or self.price is None
            or self.price.of(after.sent, after.written) <= self.max_usd
        )

    def hold(self, more: Tokens) -> bool:
        """Set ``more`` aside; ``False``, and nothing is, if that does not fit."""
        if not self.fits(more):
            return False
        self._held += more
        return True

    def spend(self, used: Tokens) -> None:
        """So many were used, of what is held."""
        self.spent += used

    def release(self, held: Tokens) -> None:
        """The request is over."""
        self._held -= held


def shares_prefix(model: Description) -> bool:
    """Whether the beginning that several questions share is read once; an endpoint is sent it with
    each of them."""
    return model.local and model.backend != "endpoint"


def money(cost: float | None) -> str:
    """``$0.0123``, ``$4.20``; empty where it is not known."""
    if cost is None:
        return ""
    return f"${cost:.4f}" if 0 < cost < 1 else f"${cost:.2f}"
