"""Figures that tests of learned models share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def area(labels: NDArray[Any], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve, by ranks."""
    truth = np.asarray(labels, dtype=bool)
    yes, no = int(truth.sum()), int((~truth).sum())
    ranks = stats.rankdata(scores)
    return float((ranks[truth].sum() - yes * (yes + 1) / 2) / (yes * no))
