"""A version that is worse is not put in use; noise alone hinders nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from persona_tui.jobs.learning.comparing import FEWEST, chance_bound, compare, remembered
from persona_tui.jobs.learning.trainer import Fitted, Material
from store.db import utc_now
from store.learned_records import LearnedModel
from tests.persona_tui.jobs.learning.small import SmallTrainer

N = 60


def material(n: int = N, seed: int = 1) -> Material:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 2))
    labels = (features[:, 0] + rng.normal(size=n) * 0.5 > 0).astype(float)
    names = tuple(f"j{i}" for i in range(n))
    return Material(names, labels, names, features, np.ones(n), np.ones(n, dtype=bool))


def model(of: Material, fitted: Fitted) -> LearnedModel:
    trained_on = remembered(of, fitted)
    return LearnedModel(
        "1", "verifier", 1, utc_now(), "0", trained_on, {}, fitted.coefficients, True
    )


def first(of: Material, count: int) -> Material:
    return Material(
        of.items[:count], of.labels[:count], of.groups[:count], of.features[:count],
        of.weights[:count], of.random[:count],
    )  # fmt: skip


def test_new_judgments_decide_where_there_are_enough() -> None:
    trainer, whole = SmallTrainer(), material()
    known = first(whole, N - FEWEST)
    before = model(known, trainer.fit(known))
    fitted = trainer.fit(whole)
    found = compare(trainer, whole, fitted, before)
    assert (found.rule, found.n, found.keep, found.before) == ("since", FEWEST, True, 1)
    spoiled = replace(fitted, held_out=1 - fitted.held_out)
    found = compare(trainer, whole, spoiled, before)
    assert not found.keep
    assert found.loss > found.loss_before + found.tolerance


def test_else_both_are_measured_out_of_fold() -> None:
    trainer, whole = SmallTrainer(), material(seed=0)
    known = first(whole, N - 3)
    before = model(known, trainer.fit(known))
    found = compare(trainer, whole, trainer.fit(whole), before)
    assert (found.rule, found.n, found.keep) == ("both", N, True)
    # What the predecessor learned by heart does not count for it: only what it said out of fold.
    spoiled = trainer.fit(known)
    before = model(known, replace(spoiled, held_out=1 - spoiled.held_out))
    assert compare(trainer, known, spoiled, before).loss_before > 0.5


def test_the_same_version_is_no_worse() -> None:
    trainer, whole = SmallTrainer(), material()
    fitted = trainer.fit(whole)
    found = compare(trainer, whole, fitted, model(whole, fitted))
    assert found.keep
    assert found.loss == pytest.approx(found.loss_before, abs=1e-4)


def test_only_randomly_drawn_judgments_count() -> None:
    trainer, whole = SmallTrainer(), material()
    known = first(whole, 20)
    before = model(known, trainer.fit(known))
    random = whole.random.copy()
    random[5:] = False
    found = compare(trainer, replace(whole, random=random), trainer.fit(whole), before)
    assert (found.rule, found.keep, found.n) == ("alone", True, 0)


@pytest.mark.parametrize(
    "coefficients",
    [{}, {"form": "small/1"}, {"form": "small/1", "w": "x", "b": 0}, {"form": "small/1", "w": [1], "b": 0},
     {"form": "small/1", "w": [float("nan"), 0], "b": 0}],
)  # fmt: skip
def test_a_predecessor_that_cannot_be_read_keeps_nobody_out(
    coefficients: dict[str, object],
) -> None:
    trainer, whole = SmallTrainer(), material()
    fitted = trainer.fit(whole)
    before = replace(model(whole, fitted), coefficients=coefficients)
    found = compare(trainer, whole, fitted, before)
    assert (found.rule, found.keep, found.before) == ("alone", True, 1)


@pytest.mark.parametrize(
    "trained_on",
    [
        {},
        {"asked": 3, "held_out": []},
        {"asked": "ab", "held_out": [1, 2]},
        {"asked": "", "held_out": {}},
    ],
)
def test_what_a_predecessor_with_damaged_provenance_saw_is_not_known(
    trained_on: dict[str, object],
) -> None:
    trainer, whole = SmallTrainer(), material()
    fitted = trainer.fit(whole)
    found = compare(trainer, whole, fitted, replace(model(whole, fitted), trained_on=trained_on))
    # Nothing to compare on: it may have been trained on every one, and would keep all others out.
    assert (found.rule, found.n, found.keep) == ("alone", 0, True)


def test_a_change_of_mind_is_nothing_that_the_predecessor_has_not_seen() -> None:
    """Judged again (undone, or refused for ever in the chat) an item has another judgment id."""
    trainer, whole = SmallTrainer(), replace(material(), asked=tuple(f"a{i}" for i in range(N)))
    before = model(whole, trainer.fit(whole))
    again = replace(whole, items=tuple(f"new {one}" for one in whole.items))
    found = compare(trainer, again, trainer.fit(again), before)
    assert found.rule == "both"


def test_the_tolerance_is_a_clustered_bound() -> None:
    values = np.array([1.0, 1.0, -1.0, -1.0, 0.5, -0.5])
    alone = chance_bound(values, list("abcdef"))
    assert alone == pytest.approx(2.015 * values.std(ddof=1) / np.sqrt(6), rel=1e-3)  # t(0.95, 5)
    assert chance_bound(values, list("aabbcc")) > alone  # what goes together tells less
    assert chance_bound(values, list("aaaaaa")) == 0.0


def test_noise_alone_refuses_one_in_twenty() -> None:
    """Two versions that are equally good on average: how often is the new one refused?"""
    refused, tries = 0, 200
    rng = np.random.default_rng(0)
    trainer, whole = SmallTrainer(), material()
    fitted = trainer.fit(whole)
    for _ in range(tries):
        labels = rng.integers(0, 2, N).astype(float)
        data = replace(whole, labels=labels)
        old, new = (np.clip(labels * 0.4 + rng.normal(0.3, 0.2, N), 0, 1) for _ in range(2))
        before = model(data, replace(fitted, held_out=old))
        refused += not compare(trainer, data, replace(fitted, held_out=new), before).keep
    assert refused / tries < 0.1  # 5 % in theory, plus three standard errors of 200 tries
