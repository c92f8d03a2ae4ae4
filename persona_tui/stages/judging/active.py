"""What to ask next so that most is learned from it, beside a random stream for honest figures.

Two streams. A hash of its id puts every item in advance either into the *random stream* or into the
*pool* (a share of all items). Neither what the item says nor what a model thinks of it has a part in
that, so the random stream is a simple random sample of everything, and any beginning of it is one too.
Its judgments give the headline figures. From the pool a learner picks what it is least sure of and has
seen least like; what it picks is judged as ``active`` without an inclusion probability, and stands in
no headline figure. Nothing moves between the streams: what is picked is no loss for the sample, what is
not picked is no selection of it.

Which of the two a place in the line goes to is a coin that a hash of its number fixes: it falls the
same after a restart, and nobody in front of the screen can tell.

The order of picks is weighted k-center greedy: uncertainty times the distance to the nearest item that
was judged or picked before (k-center: Sener and Savarese 2018, arXiv 1708.00489; uncertainty with
diversity: Zhdanov 2019, arXiv 1901.05954).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.stages.judging.drawing import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 100
"""Picks that are worked out ahead: a sitting; after it the model learns anew."""
LEAST_APART = 0.05
"""Distance that also a twin of something judged has: where all are alike, uncertainty alone decides."""


@dataclass(frozen=True, slots=True)
class Picks:
    """What a learner would ask next in one stage."""

    share: float = 0.0
    """Of the places in the line; 0: no model is in use, or the person wants none."""
    pool: float = 0.0
    """Of the items: the largest ``share`` that was ever in force. What was once in the pool stays: part
    of it was picked for what it says, so the rest of it is no random sample any more."""
    ranked: tuple[str, ...] = ()
    """Ids, the most telling first; also such as are judged since, or gone."""

    def has(self, seed: str, key: str) -> bool:
        """Whether the item ``key`` belongs to the pool."""
        return self.pool > 0 and unit(seed, f"pool|{key}") < self.pool


NONE = Picks()
"""Everything is drawn at random."""


def mixed(
    random: Sequence[str], pool: Iterable[str], picks: Picks, *, seed: str, place: int
) -> list[str]:
    """The line: ``random`` in its order, and between them, where the coin of a place says so, the next
    of ``pool``, the ranked ones first.

    Args:
        random: what waits of the random stream, in its random order.
        pool: what waits of the pool, in random order.
        place: number of the first place: of what was judged before.
    """
    waiting = list(pool)
    if not waiting:
        return list(random)
    rank = {key: at for at, key in enumerate(picks.ranked)}
    told = sorted(
        waiting, key=lambda key: rank.get(key, len(rank))
    )  # stable: the others as they were
    line: list[str] = []
    first, second = iter(random), iter(told)
    for number in range(len(random) + len(told)):
        if unit(seed, f"coin|{place + number}") < picks.share:
            found = next(second, None)
            line.append(next(first) if found is None else found)
        else:
            found = next(first, None)
            line.append(next(second) if found is None else found)
    return line


def uncertainty(probability: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """(n,) 1 at the threshold, 0 where the model is certain: the odds of the likelier side against the
    threshold's, as a share of the way."""
    import numpy as np

    t = min(0.99, max(0.01, threshold))
    p = np.clip(np.asarray(probability, dtype=np.float64), 0.0, 1.0)
    return np.asarray(np.minimum(p / t, (1 - p) / (1 - t)), dtype=np.float64)


def ranked(
    unsure: NDArray[np.float64],
    vectors: NDArray[np.float32],
    judged: NDArray[np.float32],
    most: int = MOST,
) -> list[int]:
    """Places of the ``most`` items to ask first, in order: greedily the largest ``unsure`` times
    distance.

    Args:
        unsure: (n,) 0 to 1.
        vectors: (n, d) of the items, unit length.
        judged: (m, d) of what was judged before; m may be 0.
    """
    import numpy as np

    n = len(unsure)
    if n == 0:
        return []
    near = np.full(n, -1.0)
    for start in range(0, len(judged), 1024):  # 10,000 × 10,000 would not fit
        near = np.maximum(near, (vectors @ judged[start : start + 1024].T).max(axis=1))
    worth = np.array(unsure, dtype=np.float64)
    found: list[int] = []
    for _ in range(min(most, n)):
        apart = np.clip(1.0 - near, LEAST_APART, 1.0)
        at = int(np.argmax(worth * apart))
        found.append(at)
        worth[at] = -1.0
        near = np.maximum(near, vectors @ vectors[at])
    return found
