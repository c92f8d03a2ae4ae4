"""What was learned, in words: nothing sounds surer than it is, and a person who asks gets an answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from persona_tui.jobs.learning import telling
from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import Outcome, Result
from store.db import utc_now
from store.learned_records import LearnedMetric, LearnedModel


def model(metrics: Mapping[str, LearnedMetric], drawn: int = 30) -> LearnedModel:
    return LearnedModel(
        "m", "verifier", 2, utc_now(), "0", {"judgments": 40, "random": drawn}, metrics, {}, True
    )


def metric(value: float, low: float, high: float) -> LearnedMetric:
    return LearnedMetric(value, low, high, 30)


FOUND = {"recall": metric(0.6, 0.3, 0.8), "precision": metric(0.2, 0.1, 0.4)}


@pytest.mark.parametrize(("low", "told"), [(0.44, True), (0.5, True), (0.55, False)])
def test_a_verifier_that_may_only_guess_says_so(low: float, told: bool) -> None:
    said = telling.summary(model({**FOUND, "auroc": metric(0.67, low, 0.84)}))
    assert ("better than flagging at random cannot be told yet" in said) is told


@pytest.mark.parametrize(("n", "beside"), [(5, False), (20, True)])
def test_a_figure_of_a_few_items_is_not_set_beside_the_study(n: int, beside: bool) -> None:
    (line,) = telling.figure_lines(model({"f1": LearnedMetric(0.5, 0.1, 0.9, n)}))
    assert bool(line.study) is beside


def test_it_says_why_its_worth_is_not_known() -> None:
    said = telling.summary(model({"precision": metric(0.0, 0.0, 0.7)}, drawn=5))
    assert "5 of them drawn at random" in said
    assert "only those drawn at random count, and too few are" in said


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("used", "learned from 40 judgments (version 2)."),
        ("unchanged", "nothing new to learn since it last did."),
        ("not_used", "is not put in use: it is worse than the one in use"),
    ],
)
def test_a_person_who_asks_is_told_how_it_ended(outcome: Outcome, said: str) -> None:
    assert said in telling.answer(Result("verifier", outcome, model(FOUND)))


def test_a_person_who_asks_is_told_what_is_missing() -> None:
    result = Result("reward", "lacking", lacking=Lacking(20, 3, "rated pairs of answers"))
    assert "it needs 17 more rated pairs of answers (3 of 20)" in telling.answer(result)
    assert "has too little to learn from" in telling.answer(result)
    assert telling.note(result) is None  # by itself it says nothing of that
