"""How many judgments a learner needs, if it picks some of what is asked: F1 on items that it never saw.

Two learners, each as the program runs it: the verifier on a simulated person, or (``--gold FILE``) the
relevance model on human labels, a fifth of whose prompts is held out. Asked is in sittings of twenty;
after each the learner learns anew and picks for the next. Share 0 is the random order alone, 1 picks
everything. What is compared are the same random beginnings.

    .venv/bin/python -m benchmarks.active_learning [--gold FILE] [--repeats N] [--json]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._table import Row, show
from benchmarks.relevance_gold_data import Table, features, read
from benchmarks.relevance_gold_models import Learner
from models.learned import verifier
from models.learned.base import TooFewError
from persona_tui.stages.judging.active import Picks, mixed, ranked, uncertainty
from persona_tui.stages.judging.queue import draw_order
from persona_tui.stages.relevance import features as product

Floats = NDArray[np.float64]
SHARES = (0.0, 0.25, 0.5, 1.0)
BEGIN, SITTING = 40, 20
SIZES = (60, 100, 160, 240)
ITEMS, TESTED = 900, 1500
"""Of the simulated person: attributes to judge, and to be tested on."""


@dataclass(frozen=True)
class Task:
    """What is learned, from rows by number."""

    name: str
    rows: NDArray[np.int64]
    """What can be asked."""
    test: NDArray[np.int64]
    truth: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    """What two items are alike in; unit length."""
    learn: Callable[[NDArray[np.int64]], tuple[Callable[[NDArray[np.int64]], Floats], float]]
    """From judged rows: probabilities of rows, and the threshold. Raises TooFewError."""
    beta: float


def f_score(truth: NDArray[np.bool_], said: NDArray[np.bool_], beta: float) -> float:
    hits = float((truth & said).sum())
    wrong, missed = float((~truth & said).sum()), float((truth & ~said).sum())
    return (1 + beta**2) * hits / max(1e-9, (1 + beta**2) * hits + beta**2 * missed + wrong)


def sittings(task: Task, share: float, seed: str) -> dict[int, float]:
    """F of the held-out items after each of SIZES judgments."""
    keys = [str(row) for row in task.rows]
    order = draw_order(keys, seed)
    asked = order[:BEGIN]
    found: dict[int, float] = {}
    while True:
        rows = np.array([int(key) for key in asked])
        chance, threshold = None, 0.5
        with suppress(TooFewError):
            chance, threshold = task.learn(rows)
        if len(asked) in SIZES:
            said = (
                np.zeros(len(task.test), dtype=bool)
                if chance is None
                else chance(task.test) >= threshold
            )
            found[len(asked)] = f_score(task.truth[task.test], said, task.beta)
        if len(asked) >= SIZES[-1]:
            return found
        left = [key for key in order if key not in set(asked)]
        picks = Picks(share, share)
        if share and chance is not None:
            pool = [key for key in left if picks.has(seed, key)]
            waiting = np.array([int(key) for key in pool])
            unsure = uncertainty(chance(waiting), threshold)
            told = ranked(unsure, task.vectors[waiting], task.vectors[rows], SITTING)
            picks = Picks(share, share, tuple(pool[at] for at in told))
        random = [key for key in left if not picks.has(seed, key)]
        rest = [key for key in left if picks.has(seed, key)]
        asked = asked + mixed(random, rest, picks, seed=seed, place=len(asked))[:SITTING]


def on_gold(table: Table, seed: int) -> Task:
    """Human labels of relevance; a fifth of the prompts held out."""
    draw = np.random.default_rng(seed)
    prompts = np.unique(table.prompts)
    held = set(draw.choice(prompts, max(2, len(prompts) // 5), replace=False).tolist())
    tested = np.array([one in held for one in table.prompts.tolist()])
    method = Learner("the product", product.NAMES, product.IMPORTANCE)
    both = np.hstack([table.prompt_vectors, table.attribute_vectors]) / np.sqrt(2)

    def learn(rows: NDArray[np.int64]) -> tuple[Callable[[NDArray[np.int64]], Floats], float]:
        made = method.learn(table, rows, table.prompts)

        def chance(new: NDArray[np.int64]) -> Floats:
            return method.scores(made, table, new)

        return chance, float(made["threshold"])

    return Task(
        "relevance model, human labels", np.flatnonzero(~tested), np.flatnonzero(tested),
        table.labels, both.astype(np.float32), learn, 1.0,
    )  # fmt: skip


def on_a_simulated_person(seed: int) -> Task:
    """Forty per cent are problems: rests on one request, generalizes, or is of a subject that the person
    never wants inferred. A tenth of the verdicts is noise."""
    draw = np.random.default_rng(seed)
    n = ITEMS + TESTED
    scalars = draw.normal(size=(n, 8))
    subject = draw.integers(0, 12, n)
    centre = draw.normal(size=(12, 32))
    vectors = centre[subject] + 0.8 * draw.normal(size=(n, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    odds = -0.7 + 1.2 * scalars[:, 0] - 0.8 * scalars[:, 1] + 1.6 * (subject < 3)
    truth = draw.random(n) < 1 / (1 + np.exp(-2 * odds))
    truth ^= draw.random(n) < 0.1
    names = [f"f{k}" for k in range(8)]

    def learn(rows: NDArray[np.int64]) -> tuple[Callable[[NDArray[np.int64]], Floats], float]:
        groups = [f"c{row // 3}" for row in rows.tolist()]
        made = verifier.fit(scalars[rows], vectors[rows], truth[rows], groups, names=names)

        def chance(new: NDArray[np.int64]) -> Floats:
            return verifier.predict(made.coefficients, scalars[new], vectors[new])

        return chance, float(made.coefficients["threshold"])

    return Task(
        "verifier, simulated person", np.arange(ITEMS), np.arange(ITEMS, n), truth,
        vectors.astype(np.float32), learn, 2.0,
    )  # fmt: skip


def rows_of(tasks: Sequence[Task]) -> list[Row]:
    """A row for each share: mean over the tasks' repeats, and the difference to the random order with
    its standard error, repeats paired."""
    scores = {
        share: [sittings(task, share, f"s{number}") for number, task in enumerate(tasks)]
        for share in SHARES
    }
    found: list[Row] = []
    for share in SHARES:
        row: dict[str, object] = {"learner": tasks[0].name, "picked": f"{share:.0%}"}
        for size in SIZES:
            here = np.array([one[size] for one in scores[share]])
            random = np.array([one[size] for one in scores[0.0]])
            text = f"{here.mean():.3f}"
            if share:
                error = (here - random).std(ddof=1) / np.sqrt(len(here))
                text += f" ({(here - random).mean():+.3f} ± {error:.3f})"
            row[f"F{tasks[0].beta:.0f} at {size}"] = text
        found.append(row)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--gold", type=Path, help="human labels of relevance")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    if options.gold is None:
        rows = rows_of([on_a_simulated_person(seed) for seed in range(options.repeats)])
    else:
        table = features(read(options.gold), local=None)
        rows = rows_of([on_gold(table, seed) for seed in range(options.repeats)])
    show(
        "What picking what is asked is worth: F on held-out items",
        rows, as_json=options.json,
        note=f"{options.repeats} repeats, each with its own held-out items, in "
        f"{time.monotonic() - began:.0f} s; in brackets the difference to the random order alone.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
