"""How much it takes: labels, labels of one new person, and seconds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.relevance_gold_data import Floats, Table
from benchmarks.relevance_gold_figures import average_precision, f1
from benchmarks.relevance_gold_models import Learner, learners
from models.learned import relevance
from models.learned.base import TooFewError, grouped_folds
from persona_tui.stages.relevance import features as product

SIZES = (30, 100, 300, 1000)
OWN = (0, 10, 30)
DRAWS, FEWER_DRAWS = 5, 3
"""Of a training set; fewer where they are large."""
PERSON_DRAWS = 4
TIMED = (100, 500, 2000)
FEWEST_LEFT = 10
"""Labels of a person that must be left to be answered."""


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over draws."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}".replace("0.", ".")


def learning_curve(
    table: Table, groups: NDArray[Any], folds: int, seed: int
) -> list[dict[str, object]]:
    """F1 and AP of all answers when each fold learns from so many labels, drawn anew from its
    training part (random pairs: a person's own come prompt by prompt, and tell a little less)."""
    place = grouped_folds([str(one) for one in groups], table.labels, folds=folds, seed=seed)
    found = []
    for method in learners()[-1:]:
        line: dict[str, object] = {"who": method.name}
        for size in SIZES:
            results = [
                _drawn(method, table, groups, place, size, np.random.default_rng([seed, draw]))
                for draw in range(DRAWS if size < 1000 else FEWER_DRAWS)
            ]
            title = f"{size:,} labels"
            line[f"{title}: F1"] = spread([one[0] for one in results])
            line[f"{title}: AP"] = spread([one[1] for one in results])
        found.append(line)
    return found


def _drawn(
    method: Learner,
    table: Table,
    groups: NDArray[Any],
    place: NDArray[np.int64],
    size: int,
    random: np.random.Generator,
) -> tuple[float, float]:
    scores, said = np.empty(len(table)), np.empty(len(table), dtype=bool)
    for fold in np.unique(place):
        rows, asked = np.flatnonzero(place != fold), np.flatnonzero(place == fold)
        rows = _both_classes(rows, table.labels, size, random)
        answers = method.answer(table, rows, groups, table, asked)
        scores[asked], said[asked] = answers.scores, answers.said
    return f1(table.labels, said), average_precision(table.labels, scores)


def _both_classes(
    rows: NDArray[np.int64], labels: NDArray[np.bool_], size: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """A random part, drawn again until it can be learned from."""
    while True:
        part = np.sort(random.choice(rows, min(size, len(rows)), replace=False))
        if labels[part].sum() >= relevance.FEWEST_OF_A_CLASS:
            return part


def new_person(table: Table, folds: int, seed: int) -> list[dict[str, object]]:
    """A model of the other users, as it is and adapted with k labels of the new one; and the new
    one's labels alone. All are asked the same pairs: those that no k has seen."""
    method = learners()[-1]
    place = grouped_folds(list(table.users), table.labels, folds=folds, seed=seed)
    told: dict[str, list[list[tuple[float, bool, bool]]]] = {}
    for fold in np.unique(place):
        pooled = method.learn(table, np.flatnonzero(place != fold), table.users)
        for user in np.unique(table.users[place == fold]):
            rows = np.flatnonzero(table.users == user)
            if len(rows) < max(OWN) + FEWEST_LEFT:
                continue
            for draw in range(PERSON_DRAWS):
                mixed = np.random.default_rng([seed, draw]).permutation(rows)
                asked = mixed[max(OWN) :]
                for name, made in _made(method, table, mixed, pooled):
                    scores = (
                        np.full(len(asked), 0.0)
                        if made is None
                        else method.scores(made, table, asked)
                    )
                    threshold = 1.0 if made is None else made["threshold"]
                    told.setdefault(name, [[] for _ in range(PERSON_DRAWS)])[draw] += zip(
                        scores, scores >= threshold, table.labels[asked], strict=True
                    )
    return [_line(name, draws) for name, draws in told.items()]


def _made(
    method: Learner, table: Table, mixed: NDArray[np.int64], pooled: dict[str, Any]
) -> list[tuple[str, dict[str, Any] | None]]:
    found: list[tuple[str, dict[str, Any] | None]] = [("model of the other users", pooled)]
    for size in OWN[1:]:
        adapted = method.learn(table, mixed[:size], table.prompts, prior=pooled)
        found.append((f"adapted with {size} labels", adapted))
    for size in OWN[1:]:
        try:
            alone = method.learn(table, mixed[:size], table.prompts)
        except TooFewError:  # says no to everything
            alone = None
        found.append((f"{size} own labels alone", alone))
    return found


def _line(name: str, draws: list[list[tuple[float, bool, bool]]]) -> dict[str, object]:
    columns = [
        tuple(np.array(column) for column in zip(*draw, strict=True)) for draw in draws if draw
    ]
    return {
        "who": name,
        "pairs": len(columns[0][0]),
        "F1": spread([f1(labels, said) for _, said, labels in columns]),
        "AP": spread([average_precision(labels, scores) for scores, _, labels in columns]),
    }


def seconds_by_size(table: Table, seed: int) -> list[dict[str, object]]:
    """Seconds of :func:`models.learned.relevance.fit`, its held-out figures included; the best of 3,
    and as a ratio to one pass of numpy over as much data."""
    method = Learner("the product, learned", product.NAMES, product.IMPORTANCE)
    found: list[dict[str, object]] = []
    for size in TIMED:
        if size > len(table):
            continue
        rows = np.random.default_rng(seed).choice(len(table), size, replace=False)
        arrays: tuple[Floats, Floats, Floats] = method.arrays(table, rows)
        groups = [str(one) for one in table.prompts[rows]]
        seconds, unit = [], []
        for _ in range(3 if size < 1000 else 1):
            started = time.process_time()
            relevance.fit(*arrays, table.labels[rows], groups, seed=seed)
            seconds.append(time.process_time() - started)
            started = time.process_time()
            flat = arrays[1].reshape(size, -1)
            np.linalg.inv(np.eye(size) + flat @ flat.T)
            unit.append(time.process_time() - started)
        found.append(
            {
                "labels": size,
                "processor seconds": min(seconds),
                "÷ one inverse of that size": min(seconds) / min(unit),
            }
        )
    return found
