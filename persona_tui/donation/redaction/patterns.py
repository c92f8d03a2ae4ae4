"""All patterns, in the groups that they are run in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from persona_tui.donation.redaction import (
    addresses,
    ages,
    dates,
    handles,
    introductions,
    labels,
    names,
    network,
    numbers,
    people,
    phones,
    prose_secrets,
    scripts,
    tables,
    tokens,
    told,
)
from persona_tui.donation.redaction.finding import Kind
from persona_tui.donation.redaction.rules import Rule, Span, run

STRUCTURED: frozenset[Kind] = frozenset(
    {"SECRET", "CARD", "IBAN", "SSN", "EMAIL", "PATH", "URL", "IP", "PHONE", "USERNAME"}
)
"""Kinds that are found wherever they are hidden; the others need the words around them."""
SHAPED: tuple[Rule, ...] = (*tokens.RULES, *numbers.RULES, *network.RULES)
OWN_NAMES: tuple[Rule, ...] = (*names.STATED, *names.SIGNED, *scripts.OWN, *labels.OWN)
OTHER_NAMES: tuple[Rule, ...] = (*names.OTHERS, *scripts.OTHERS, *labels.OTHERS, *people.RULES)
WORDED: tuple[Rule, ...] = (
    *prose_secrets.RULES, *addresses.RULES, *dates.RULES, *ages.RULES, *OWN_NAMES, *OTHER_NAMES,
)  # fmt: skip
_BRIDGE = re.compile(r",?[ \n]{0,2}")


def shaped(text: str) -> Iterator[Span]:
    """Structured kinds in folded ``text``."""
    yield from run(SHAPED, text)
    yield from numbers.ibans(text)
    yield from phones.phones(text)
    yield from tokens.private_keys(text)


def every(text: str) -> Iterator[Span]:
    """All kinds in folded ``text``."""
    yield from shaped(text)
    worded = [*run(WORDED, text), *tables.fields(text), *told.told(text), *handles.handles(text)]
    yield from worded
    yield from _bridges(text, worded)
    found = list(named(text))
    yield from found
    people_ends = {end for _, end, kind in worded if kind == "NAME"}
    people_ends |= {end for _, end, _ in found}
    for end in sorted(people_ends):
        further = people.longer(text, end)
        if further > end:
            yield end - 1, further, "NAME"
        yield from introductions.others(text, further)


def named(text: str) -> Iterator[Span]:
    """Names that no pattern finds: by lists, and by what introduces them in any case."""
    yield from names.listed(text)
    yield from introductions.introduced(text)
    yield from introductions.related(text)
    yield from people.people(text)


def _bridges(text: str, spans: list[Span]) -> Iterator[Span]:
    """Two parts of an address with nothing but a comma between are one."""
    parts = sorted((start, end) for start, end, kind in spans if kind == "ADDRESS")
    for (_, end), (start, last) in itertools.pairwise(parts):
        if end < start <= end + 3 and _BRIDGE.fullmatch(text, end, start):
            yield end - 1, last, "ADDRESS"
