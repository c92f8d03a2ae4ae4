"""A pattern with its kind, and what else must hold. All patterns are in lists of :class:`Rule`.

Patterns run over folded text (:mod:`folding`), so they are written without accents. Every repeat
in them has an upper limit: whatever the text, a try at one place takes a bounded number of steps,
and the whole grows with the length of the text (``test_linear.py`` holds them to it).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from persona_tui.donation.redaction.finding import Kind

Span = tuple[int, int, Kind]
"""Start and end (exclusive) in folded text, and the kind."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern. The finding is the group ``it`` where there is one, else the whole match."""

    kind: Kind
    pattern: re.Pattern[str]
    accept: Callable[[re.Match[str]], bool] = field(default=lambda _: True)

    def spans(self, text: str) -> Iterator[Span]:
        """Every place that fits."""
        group: int | str = "it" if "it" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            if match.end(group) > match.start(group) and self.accept(match):
                yield match.start(group), match.end(group), self.kind


def rule(
    kind: Kind, pattern: str, accept: Callable[[re.Match[str]], bool] | None = None, flags: int = 0
) -> Rule:
    """A rule; case counts unless ``flags`` or the pattern say otherwise."""
    return Rule(kind, re.compile(pattern, flags), accept or (lambda _: True))


def run(rules: Iterable[Rule], text: str) -> Iterator[Span]:
    """Every place that any of ``rules`` fits."""
    for one in rules:
        yield from one.spans(text)


def found(match: re.Match[str]) -> str:
    """The text of the finding of ``match``."""
    return match["it"] if "it" in match.re.groupindex else match[0]


def before(match: re.Match[str], width: int = 40) -> str:
    """What stands before the match, at most ``width`` characters."""
    return match.string[max(0, match.start() - width) : match.start()]


def after(match: re.Match[str], width: int = 40) -> str:
    """What stands after the match, at most ``width`` characters."""
    return match.string[match.end() : match.end() + width]
