"""The personal verifier: learns what is there, nothing where nothing is, the same every time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.learned import verifier
from models.learned.base import Learned, TooFewError
from tests.models.learned.figures import area

NAMES = ("overlap", "request", "task", "noise")
PRIOR = {"overlap": -0.4, "request": 0.4, "task": 0.4}
Floats = NDArray[np.float64]


def person(
    n: int, seed: int = 0, *, signs: float = 1.0, meaning: float = 0.0, each: int = 4
) -> tuple[Floats, Floats, NDArray[np.bool_], list[str]]:
    """Somebody who rejects what rests on requests, and one direction of meaning."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, len(NAMES)))
    x[draw.random(n) < 0.1, 0] = np.nan
    v = draw.normal(size=(n, 24)) / 5
    v[:, 0] *= 6
    odds = signs * (1.5 * x[:, 1] + x[:, 2]) + meaning * 2 * v[:, 0] - 0.3
    labels = draw.random(n) < 1 / (1 + np.exp(-odds))
    return x, v, labels, [f"c{i // each}" for i in range(n)]


def fitted(n: int, seed: int = 0, *, signs: float = 1.0, meaning: float = 0.0) -> Learned:
    x, v, labels, groups = person(n, seed, signs=signs, meaning=meaning)
    return verifier.fit(x, v, labels, groups, names=NAMES, prior=PRIOR)


@pytest.fixture(scope="module")
def few() -> Learned:
    return fitted(40)


@pytest.fixture(scope="module")
def meant() -> Learned:
    return fitted(200, signs=0.3, meaning=1.0)


def test_it_learns_what_is_there(few: Learned) -> None:
    x, _, labels, _ = person(400, 7)
    assert area(labels, verifier.predict(few.coefficients, x)) > 0.75
    strongest = [one.name for one in verifier.explain(few.coefficients)]
    assert set(strongest[:2]) == {"request", "task"}


def test_few_labels_are_never_read_for_meaning(few: Learned) -> None:
    assert not verifier.uses_vectors(few.coefficients)
    x, v, *_ = person(5)
    assert (verifier.predict(few.coefficients, x) == verifier.predict(few.coefficients, x, v)).all()


def test_meaning_is_used_where_it_helps(meant: Learned) -> None:
    assert verifier.uses_vectors(meant.coefficients)
    x, v, labels, _ = person(400, 7, signs=0.3, meaning=1.0)
    assert area(labels, verifier.predict(meant.coefficients, x, v)) > 0.75
    assert "embeddings" in [one.name for one in verifier.explain(meant.coefficients)]
    with pytest.raises(ValueError, match="embeddings of the same model"):
        verifier.predict(meant.coefficients, x)
    with pytest.raises(ValueError, match="embeddings of the same model"):
        verifier.predict(meant.coefficients, x, v[:, :3])


def test_meaning_is_left_out_where_it_says_nothing() -> None:
    assert not verifier.uses_vectors(fitted(200, signs=1.0).coefficients)


def test_json_brings_it_back(few: Learned, meant: Learned) -> None:
    x, v, *_ = person(50, 3)
    for one in (few, meant):
        back = json.loads(json.dumps(one.coefficients, allow_nan=False))
        assert (verifier.predict(back, x, v) == verifier.predict(one.coefficients, x, v)).all()


def test_the_same_in_the_same_out(few: Learned) -> None:
    again = fitted(40)
    assert json.dumps(again.coefficients) == json.dumps(few.coefficients)
    assert (again.held_out == few.held_out).all()


def test_what_was_held_out_was_not_seen(few: Learned) -> None:
    """No conversation is on both sides; and where labels are shuffled, nothing is found: there is no leak
    through scale, choice of shape or calibration."""
    x, v, labels, groups = person(40)
    for group in set(groups):
        assert len({int(few.fold[i]) for i, g in enumerate(groups) if g == group}) == 1
    found = []
    for seed in range(6):
        shuffled = np.random.default_rng(seed).permutation(np.asarray(labels))
        out = verifier.fit(x, v, shuffled, groups, names=NAMES, prior=PRIOR, seed=seed).held_out
        found.append(area(shuffled, out))
    assert np.mean(found) < 0.58


def test_meaning_does_not_leak_either() -> None:
    x, v, labels, groups = person(120, 5, meaning=1.0)
    found = []
    for seed in range(3):
        shuffled = np.random.default_rng(seed).permutation(labels)
        out = verifier.fit(x, v, shuffled, groups, names=NAMES, prior=PRIOR).held_out
        found.append(area(shuffled, out))
    assert np.mean(found) < 0.58


def test_it_is_calibrated() -> None:
    learned = fitted(400)
    _, _, labels, _ = person(400)
    assert learned.held_out.mean() == pytest.approx(labels.mean(), abs=0.03)
    sure = learned.held_out > 0.7
    assert labels[sure].mean() == pytest.approx(learned.held_out[sure].mean(), abs=0.12)


@pytest.mark.parametrize(
    ("labels", "groups", "needed"),
    [
        ([True, False] * 5, 10, 20),
        ([True] * 30, 10, 3),
        ([False] * 28 + [True] * 2, 10, 3),
        ([True, False] * 15, 1, 2),
        ([], 0, 20),
    ],
)
def test_too_little_is_told(labels: list[bool], groups: int, needed: int) -> None:
    x = np.zeros((len(labels), len(NAMES)))
    with pytest.raises(TooFewError) as told:
        verifier.fit(
            x, None, np.array(labels, dtype=bool),
            [str(i % max(1, groups)) for i in range(len(labels))], names=NAMES,
        )  # fmt: skip
    assert told.value.needed == needed
    assert told.value.have < needed


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_whatever_comes_in_probabilities_come_out(data: st.DataObject) -> None:
    n = data.draw(st.integers(20, 30))
    draw = np.random.default_rng(data.draw(st.integers(0, 999)))
    x = draw.normal(size=(n, len(NAMES))) * 10.0 ** draw.integers(-3, 4, size=len(NAMES))
    x[draw.random(x.shape) < data.draw(st.sampled_from([0.0, 0.5, 1.0]))] = np.nan
    labels = np.arange(n) % data.draw(st.integers(2, 6)) == 0
    groups = [str(i) for i in draw.integers(0, data.draw(st.integers(2, 9)), n)]
    groups[:2] = ["a", "b"]
    learned = verifier.fit(x, None, labels, groups, names=NAMES, prior=PRIOR)
    assert ((learned.held_out >= 0) & (learned.held_out <= 1)).all()
    assert 0 <= learned.coefficients["threshold"] <= 1
    said = verifier.predict(learned.coefficients, np.where(np.isnan(x), 1e9, x))
    assert ((said >= 0) & (said <= 1)).all()
    for parts in verifier.contributions(learned.coefficients, x):
        assert [one.value for one in parts] == sorted((o.value for o in parts), reverse=True)


def test_contributions_are_what_makes_the_probability(few: Learned) -> None:
    """What one sign adds is how far the log-odds fall when the sign is as it mostly is."""
    x, *_ = person(1, 9)
    parts = {one.name: one.value for one in verifier.contributions(few.coefficients, x)[0]}
    for column, name in enumerate(NAMES):
        without = x.copy()
        without[0, column] = np.nan
        here, there = (float(verifier.predict(few.coefficients, one)[0]) for one in (x, without))
        gap = np.log(here / (1 - here)) - np.log(there / (1 - there))
        assert parts[name] == pytest.approx(gap, abs=1e-9)


def test_the_rule_without_labels_ranks_and_nothing_more() -> None:
    x, _, labels, _ = person(300, 4)
    assert area(labels, verifier.by_prior(x, NAMES, PRIOR)) > 0.65
    assert verifier.by_prior(np.zeros((0, len(NAMES))), NAMES, PRIOR).shape == (0,)


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"form": "other"}, {"weights": None}, {"calibration": [1.0]}, {"names": ["a"]},
        {"spread": {"shape": [1], "dtype": "float64", "base64": "AAAAAAAA8D8="}},
    ],
)  # fmt: skip
def test_what_is_no_verifier_is_refused(few: Learned, broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        verifier.predict(broken and {**few.coefficients, **broken}, np.zeros((1, len(NAMES))))
    with pytest.raises(ValueError, match="other features"):
        verifier.predict(few.coefficients, np.zeros((1, 2)))
