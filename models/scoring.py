"""Log-probabilities of options: what every back end does with the raw ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SCORING_VERSION = 2
"""To be raised where the same model would give other scores than before: kept ones are then left."""


IMPOSSIBLE = 16.0
"""Natural log of how much less likely than another an option is when it counts as certainly not the
answer: what is left out of its probability is below 1.2e-7."""


def shared_tokens(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    limit = min(len(one), len(other))
    return next((i for i in range(limit) if one[i] != other[i]), limit)


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows as one batch in which each shared token stands once: token *i* is ``offsets[i]`` places
    after the common beginning and belongs to the rows ``sequences[i]``, which are counted from 1.
    ``last[r]`` is the place of the last token of row *r*, counted from 0."""

    tokens: list[int]
    offsets: list[int]
    sequences: list[list[int]]
    last: list[int]


def layout(rows: Sequence[Sequence[int]]) -> Layout:
    """The batch of sorted ``rows``, none empty."""
    made = Layout([], [], [], [])
    path: list[int] = []  # places of the last row's tokens
    for number, row in enumerate(rows, 1):
        del path[shared_tokens(rows[number - 2], row) if number > 1 else 0 :]
        for place in path:
            made.sequences[place].append(number)
        for offset in range(len(path), len(row)):
            path.append(len(made.tokens))
            made.tokens.append(row[offset])
            made.offsets.append(offset)
            made.sequences.append([number])
        made.last.append(path[-1])
    return made


def groups(
    rows: Sequence[Sequence[int]], *, most_rows: int, most_tokens: int
) -> Iterator[tuple[int, int]]:
    """Cut sorted ``rows`` into stretches (first, end) to be evaluated together: as long as they are
    at most ``most_rows`` different ones and their tokens, each shared one counted once, at most
    ``most_tokens``. A row that is longer stands alone."""
    first = tokens = different = 0
    for i, row in enumerate(rows):
        fresh = len(row) - (shared_tokens(rows[i - 1], row) if i > first else 0)
        new = 1 if i == first or fresh else 0
        if i > first and (different + new > most_rows or tokens + fresh > most_tokens):
            yield first, i
            first, tokens, different = i, len(row), 1
        else:
            tokens, different = tokens + fresh, different + new
    if first < len(rows):
        yield first, len(rows)


def normalise(scores: Sequence[float]) -> tuple[tuple[float, ...], float]:
    """From raw natural logs of probabilities to logs normalised over the options, and the mass:
    the sum of the raw probabilities, at most 1 (options that begin each other overlap).

    Options that are all impossible are equally probable.
    """
    top = max(scores)
    if top == -math.inf:
        return tuple(-math.log(len(scores)) for _ in scores), 0.0
    total = top + math.log(sum(math.exp(score - top) for score in scores))
    return tuple(score - total for score in scores), min(1.0, math.exp(total))
