"""All patterns, in the groups that they are run in."""

from __future__ import annotations

from collections.abc import Iterator

from persona_tui.donation.redaction import addresses, dates, names, network, numbers, phones, tokens
from persona_tui.donation.redaction.finding import Kind
from persona_tui.donation.redaction.rules import Rule, Span, run

STRUCTURED: frozenset[Kind] = frozenset(
    {"SECRET", "CARD", "IBAN", "SSN", "EMAIL", "PATH", "URL", "IP", "PHONE", "USERNAME"}
)
"""Kinds that are found wherever they are hidden; the others need the words around them."""
SHAPED: tuple[Rule, ...] = (*tokens.RULES, *numbers.RULES, *network.RULES)
WORDED: tuple[Rule, ...] = (
    *addresses.RULES, *dates.RULES, *names.STATED, *names.SIGNED, *names.OTHERS,
)  # fmt: skip


def shaped(text: str) -> Iterator[Span]:
    """Structured kinds in folded ``text``."""
    yield from run(SHAPED, text)
    yield from numbers.ibans(text)
    yield from phones.phones(text)
    yield from tokens.private_keys(text)


def every(text: str) -> Iterator[Span]:
    """All kinds in folded ``text``."""
    yield from shaped(text)
    yield from run(WORDED, text)
    yield from names.listed(text)
