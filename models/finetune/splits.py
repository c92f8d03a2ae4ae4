"""Which pairs train and which choose epoch, temperature and threshold: a group is never split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.finetune.runtime import FinetuneError


def validation_rows(
    groups: Sequence[str], labels: Sequence[bool], *, share: float, seed: int
) -> NDArray[np.bool_]:
    """(n,) True for about ``share`` of the rows: whole groups, with the classes' shares kept as well
    as that allows.

    Raises :class:`FinetuneError` if there are fewer than two groups, or if one side would be without
    a positive or without a negative.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    distinct = len(set(groups))
    if distinct < 2:
        raise FinetuneError(
            "All pairs are of one group, and a group is never split: give pairs of several "
            "prompts or users."
        )
    truth = np.asarray(labels, bool)
    parts = max(2, min(distinct, round(1 / share)))
    if min(int(truth.sum()), int((~truth).sum())) < parts:
        raise FinetuneError(
            f"There are {int(truth.sum())} relevant pairs and {int((~truth).sum())} others: "
            f"at least {parts} of each are needed."
        )
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    for _, rows in folds.split(truth, truth, np.asarray(groups)):
        chosen = np.zeros(len(truth), bool)
        chosen[rows] = True
        if all(0 < truth[side].sum() < side.sum() for side in (chosen, ~chosen)):
            return chosen
    raise FinetuneError(
        "However the groups are split, one side has only one kind of label: give more pairs."
    )
