"""The relevance learner: arrays in, JSON out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.relevance_gold_figures import average_precision
from models.learned import relevance
from models.learned.base import TooFewError, grouped_folds, platt
from models.learned.relevance_kernel import Shape, gram, inverse, left_out, numbered, pairs


def world(n: int, seed: int = 0, d: int = 12, k: int = 4) -> dict[str, Any]:
    """Pairs whose relevance depends on the attribute's kind, on its nearness to the prompt and on the
    first scalar; the last scalar is unknown for some."""
    random = np.random.default_rng(seed)
    many = max(4, n // 10)
    prompts = random.normal(size=(many, d))
    attributes = random.normal(size=(max(4, n // 2), d))
    prompts /= np.linalg.norm(prompts, axis=1, keepdims=True)
    attributes /= np.linalg.norm(attributes, axis=1, keepdims=True)
    of_prompt, of_attribute = (
        random.integers(many, size=n),
        random.integers(len(attributes), size=n),
    )
    scalars = random.normal(size=(n, k))
    logit = (
        6 * attributes[of_attribute, 0]
        + 3 * scalars[:, 0]
        + 4 * (prompts[of_prompt] * attributes[of_attribute]).sum(1)
        - 1
    )
    labels = random.random(n) < 1 / (1 + np.exp(-2 * logit))
    labels[:4] = [True, False, True, False]
    scalars[random.random(n) < 0.3, k - 1] = np.nan
    return {
        "prompt_vectors": prompts[of_prompt],
        "attribute_vectors": attributes[of_attribute],
        "scalars": scalars,
        "labels": labels,
        "groups": [f"p{one}" for one in of_prompt],
    }


def asked(data: dict[str, Any]) -> tuple[Any, Any, Any]:
    return data["prompt_vectors"], data["attribute_vectors"], data["scalars"]


@settings(deadline=None, max_examples=12)
@given(
    n=st.sampled_from([12, 40, 90]),
    seed=st.integers(0, 99),
    with_prior=st.booleans(),
    d=st.integers(1, 9),
)
def test_what_json_gives_back_predicts_the_same_bits(
    n: int, seed: int, with_prior: bool, d: int
) -> None:
    prior = None
    if with_prior:
        prior = relevance.learn(**world(80, seed + 1, d))
    data = world(n, seed, d)
    learned = relevance.fit(**data, prior=prior, seed=seed)
    again = json.loads(json.dumps(learned.coefficients, allow_nan=False))
    new = asked(world(30, seed + 2, d))
    first = relevance.predict(learned.coefficients, *new)
    assert first.tobytes() == relevance.predict(again, *new).tobytes()
    assert np.all((first >= 0) & (first <= 1))
    assert np.all((learned.held_out >= 0) & (learned.held_out <= 1))
    assert relevance.explain(again) == relevance.explain(learned.coefficients)


@settings(deadline=None, max_examples=12)
@given(n=st.integers(12, 70), seed=st.integers(0, 99))
def test_no_group_is_in_two_folds(n: int, seed: int) -> None:
    data = world(n, seed)
    learned = relevance.fit(**data, seed=seed)
    folds: dict[str, set[int]] = {}
    for group, fold in zip(data["groups"], learned.fold, strict=True):
        folds.setdefault(group, set()).add(int(fold))
    assert all(len(one) == 1 for one in folds.values())


def test_the_same_seed_gives_the_same_model() -> None:
    first, second = (relevance.fit(**world(120), seed=3) for _ in range(2))
    assert json.dumps(first.coefficients) == json.dumps(second.coefficients)
    assert first.held_out.tobytes() == second.held_out.tobytes()


def test_it_learns_what_there_is_to_learn() -> None:
    data = world(300)
    learned = relevance.fit(**data)
    assert average_precision(data["labels"], learned.held_out) > data["labels"].mean() + 0.25
    new = world(300, seed=0)  # the same texts
    said = relevance.predict(learned.coefficients, *asked(new)) >= learned.coefficients["threshold"]
    assert (said == new["labels"]).mean() > 0.8


def test_few_labels_use_scalars_only_and_keep_no_vectors() -> None:
    learned = relevance.fit(**world(relevance.KERNEL_FROM - 1))
    assert learned.coefficients["shape"]["joint"] == learned.coefficients["shape"]["own"] == 0
    assert learned.coefficients["attributes"]["base64"] == ""
    names = [one.name for one in relevance.explain(learned.coefficients)]
    assert sorted(names) == [f"scalar {at}" for at in (1, 2, 3, 4)]
    assert names[0] == "scalar 1"  # the one that matters


def test_shuffled_labels_give_chance_outside_their_groups() -> None:
    """Of many shuffles the mean average precision is the share of yes: nothing leaks."""
    gained = []
    for seed in range(6):
        data = world(150, seed)
        random = np.random.default_rng(seed)
        data["labels"] = random.permutation(data["labels"])
        learned = relevance.fit(**data, seed=seed)
        rate = data["labels"].mean()
        gained.append(average_precision(data["labels"], learned.held_out) - rate)
    assert abs(np.mean(gained)) < 0.06


def test_leaving_out_in_closed_form_is_leaving_out() -> None:
    data = world(40)
    made = pairs(data["prompt_vectors"], data["attribute_vectors"], np.nan_to_num(data["scalars"]))
    shape, scale = Shape(), (1.0, 1.0)
    targets = np.where(data["labels"], 1.0, -1.0)
    weights = np.linspace(0.5, 1.5, 40)
    kernel, groups = gram(made, made, shape, scale), numbered(data["groups"])
    said = left_out(inverse(kernel, shape.ridge, weights), targets, groups)
    for group in np.unique(groups):
        out = groups == group
        dual = inverse(kernel[~out][:, ~out], shape.ridge, weights[~out]) @ targets[~out]
        np.testing.assert_allclose(said[out], kernel[out][:, ~out] @ dual, atol=1e-8)


@pytest.mark.parametrize(
    ("labels", "needed"),
    [
        ([True, False] * 4, relevance.FEWEST),
        ([True] * 12, relevance.FEWEST_OF_A_CLASS),
        ([False] * 12, relevance.FEWEST_OF_A_CLASS),
    ],
)
def test_too_little_to_learn_from_is_said(labels: list[bool], needed: int) -> None:
    data = world(len(labels))
    data["labels"] = np.array(labels)
    with pytest.raises(TooFewError) as error:
        relevance.fit(**data)
    assert error.value.needed == needed


def test_a_prior_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="other scalar features"):
        relevance.fit(**world(30), prior=relevance.learn(**world(80, k=5)))


def test_what_is_no_relevance_model_is_refused() -> None:
    with pytest.raises(ValueError, match="not a relevance model"):
        relevance.predict({"form": "other"}, *asked(world(9)))


def test_everything_may_be_unknown_or_equal() -> None:
    data = world(70)
    data["scalars"][:, 0] = np.nan
    data["scalars"][:, 1] = 7.0
    data["attribute_vectors"][:] = data["attribute_vectors"][0]
    learned = relevance.fit(**data)
    assert np.isfinite(relevance.predict(learned.coefficients, *asked(data))).all()
    assert np.isfinite(learned.held_out).all()


def test_one_group_is_held_out_pair_by_pair() -> None:
    data = world(40)
    data["groups"] = ["the only prompt"] * 40
    assert len(np.unique(relevance.fit(**data).fold)) == 5


def test_with_few_own_labels_the_answer_stays_near_the_prior() -> None:
    pooled = relevance.learn(**world(200))
    one = {name: value[:4] for name, value in world(60, seed=5).items()}
    own = relevance.learn(**one, prior=pooled)
    new = asked(world(100, seed=6))
    before, after = relevance.predict(pooled, *new), relevance.predict(own, *new)
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_a_person_who_always_says_yes_moves_the_prior_up() -> None:
    pooled = relevance.learn(**world(200))
    one = world(40, seed=5)
    one["labels"] = np.ones(40, dtype=bool)
    new = asked(world(100, seed=6))
    own = relevance.predict(relevance.learn(**one, prior=pooled), *new)
    assert own.mean() > relevance.predict(pooled, *new).mean() + 0.1


def test_weights_say_whose_word_counts() -> None:
    data = world(90)
    data["labels"] = np.arange(90) % 2 == 0
    heavy = np.where(data["labels"], 5.0, 1.0)
    new = asked(world(50, seed=9))
    plain = relevance.predict(relevance.learn(**data), *new).mean()
    assert relevance.predict(relevance.learn(**data, weights=heavy), *new).mean() > plain + 0.1


def test_what_all_layers_have_in_common_says_nothing() -> None:
    data, new = world(120), world(40, seed=4)
    for part in (data, new):
        for name, shift in (("prompt_vectors", 5.0), ("attribute_vectors", -3.0)):
            part[name] = np.stack([part[name], 2 * part[name]], axis=1)
            part[f"moved {name}"] = part[name] + shift

    def moved(part: dict[str, Any]) -> dict[str, Any]:
        vectors = ("prompt_vectors", "attribute_vectors")
        rest = ("scalars", "labels", "groups")
        return {name: part[f"moved {name}"] for name in vectors} | {
            name: part[name] for name in rest
        }

    plain = {name: value for name, value in data.items() if not name.startswith("moved")}
    first, second = relevance.learn(**plain), relevance.learn(**moved(data))
    said = relevance.predict(first, *asked(new))
    assert said == pytest.approx(relevance.predict(second, *asked(moved(new))), abs=0.02)
    stored = json.loads(json.dumps(first))
    assert np.array_equal(relevance.predict(stored, *asked(new)), said)
    own = relevance.learn(**plain, prior=first)
    assert relevance.predict(own, *asked(new)) == pytest.approx(said, abs=0.2)


def test_columns_of_little_importance_count_for_little() -> None:
    data = world(90)
    equal = {one.name: one.value for one in relevance.explain(relevance.learn(**data))}
    made = relevance.learn(**data, importance=(0.01, 1.0, 1.0, 1.0))
    less = {one.name: one.value for one in relevance.explain(made)}
    assert 0 < less["scalar 1"] < 0.5 * equal["scalar 1"]
    with pytest.raises(ValueError, match="importance"):
        relevance.learn(**data, importance=(1.0, 0.0, 1.0, 1.0))


def test_500_labels_stay_small() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(500, 3, 384))
    labels = random.random(500) < 0.3
    groups = [str(at % 25) for at in range(500)]
    made = relevance.learn(
        vectors[random.integers(25, size=500)],
        vectors,
        random.normal(size=(500, 30)),
        labels,
        groups,
    )
    assert len(json.dumps(made)) < 2_000_000


def test_a_score_worth_nothing_becomes_the_base_rate() -> None:
    labels = np.arange(40) % 4 == 0
    slope, shift = platt(np.where(labels, -1.0, 1.0), labels, np.ones(40), least=0.1)
    assert 0 < slope <= 0.1
    assert 1 / (1 + np.exp(-shift)) == pytest.approx(0.25, abs=0.08)


def test_folds_are_those_of_everybody() -> None:
    data = world(60)
    learned = relevance.fit(**data, seed=4)
    numbers = [str(one) for one in numbered(data["groups"])]
    assert np.array_equal(learned.fold, grouped_folds(numbers, data["labels"], seed=4))
