"""How often the 95 % interval of the reward model's rank correlation holds the truth:
``python -m benchmarks.reward_coverage [--rounds N]`` prints a table, with simulated people.

Each rates pairs of answers that differ in 12 features. Where there is a taste it is for two of them; the
pairs of one prompt may be alike in features and in what else moves the rating. The truth is 0 without a
taste, else the mean over the rounds. *As if fixed* is the interval without
:func:`persona_tui.report.ranks.out_of_fold`.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks._table import show
from models.learned import reward
from persona_tui.report.intervals import Estimate, codes
from persona_tui.report.ranks import out_of_fold, paired

FEATURES = 12
NAMES = ("personalized", *(f"feature {at}" for at in range(FEATURES)), "right")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody rates."""

    pairs: int
    per_prompt: int
    alike: float
    """Share of the variance of features and of ratings that pairs of one prompt have in common."""
    taste: float


PEOPLE = (
    Person(24, 1, 0.0, 0.0),
    Person(40, 1, 0.0, 0.0),
    Person(100, 1, 0.0, 0.0),
    Person(40, 2, 0.6, 0.0),
    Person(80, 4, 0.6, 0.0),
    Person(120, 4, 0.6, 0.0),
    Person(40, 1, 0.0, 1.0),
    Person(80, 4, 0.6, 1.0),
)


def rated(who: Person, draw: np.random.Generator) -> tuple[Floats, Floats, list[str]]:
    """Features (pairs, :data:`NAMES`), ratings 1 to 5, and prompts."""
    prompt = np.arange(who.pairs) // who.per_prompt
    count, own, shared = int(prompt.max()) + 1, np.sqrt(1 - who.alike), np.sqrt(who.alike)
    x = own * draw.normal(size=(who.pairs, FEATURES))
    x += shared * draw.normal(size=(count, FEATURES))[prompt]
    noise = own * draw.normal(size=who.pairs) + shared * draw.normal(size=count)[prompt]
    liking = 0.3 + who.taste * (0.4 * x[:, 1] - 0.6 * x[:, 0]) + noise
    side = draw.choice([-1.0, 1.0], who.pairs)
    rating = np.digitize(liking, [-1.5, -0.5, 0.5, 1.5]) + 1.0
    return np.column_stack([np.ones(who.pairs), x, side]), rating, [f"p{at}" for at in prompt]


def interval(who: Person, draw: np.random.Generator) -> tuple[Estimate, Estimate]:
    """As if the models were fixed, and as it is reported."""
    x, rating, prompts = rated(who, draw)
    learned = reward.fit(x, None, rating, prompts, names=NAMES, constant="personalized")
    ranked = reward.held_out_without(learned, x, ("personalized", "right"))
    found = paired("spearman", rating, ranked, codes(prompts))
    return found, out_of_fold(found, len(learned.coefficients["folds"]))


def row(who: Person, rounds: int) -> dict[str, object]:
    """One line of the table."""
    draw = np.random.default_rng(7 * who.pairs + who.per_prompt)
    both = [interval(who, draw) for _ in range(rounds)]
    both = [one for one in both if one[0].is_known]
    truth = float(np.mean([one.value for one, _ in both])) if who.taste else 0.0
    cells: dict[str, object] = {**asdict(who), "rounds": len(both), "mean ρ": _mean(both)}
    for at, name in enumerate(("as if fixed", "as reported")):
        held = [one[at].low <= truth <= one[at].high for one in both]
        cells[name] = float(np.mean(held))
        cells[f"{name}: width"] = float(np.mean([one[at].high - one[at].low for one in both]))
    return cells


def _mean(both: list[tuple[Estimate, Estimate]]) -> float:
    return float(np.mean([one.value for one, _ in both]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row(who, options.rounds) for who in PEOPLE]
    show("Coverage of nominal 95 % intervals", rows, as_json=options.json)


if __name__ == "__main__":
    main()
