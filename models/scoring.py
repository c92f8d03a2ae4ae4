"""Log-probabilities of options: what every back end does with the raw ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

SCORING_VERSION = 1
"""To be raised where the same model would give other scores than before: kept ones are then left."""


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
