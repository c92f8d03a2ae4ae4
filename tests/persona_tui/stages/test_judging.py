"""What is asked, in which order, and what an answer becomes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.stages.judging import (
    GUIDELINE,
    Pace,
    ReviewFilter,
    Status,
    Stopwatch,
    describe,
    draw_order,
    is_judged,
    matches,
)
from persona_tui.stages.judging.answers import next_answer, next_use
from persona_tui.stages.judging.drawing import Draw, Given, due_repeats, line_up, planted
from persona_tui.stages.judging.planted import PLANTED
from store.db import utc_now
from store.records import Attribute, AttributeJudgment, Evidence, JudgmentContext, Use

CONTEXT = JudgmentContext("", "")


def judged(**answers: object) -> AttributeJudgment:
    return replace(AttributeJudgment("j", "a", utc_now(), CONTEXT), **answers)  # type: ignore[arg-type]


def attribute(text: str = "The user has two cats.") -> Attribute:
    evidence = Evidence("c1", "m1", 0, 4, "cats")
    return Attribute("a", text, 0.9, "grounded", utc_now(), evidence=(evidence,))


def test_the_hash_is_of_every_word_that_is_shown() -> None:
    assert GUIDELINE.sha256 == hashlib.sha256(GUIDELINE.text.encode()).hexdigest()
    shown = [GUIDELINE.question, GUIDELINE.why, GUIDELINE.accurate, GUIDELINE.supported]
    shown += [meaning for _, meaning in GUIDELINE.verdicts]
    shown += [text for _, label, meaning in GUIDELINE.failures for text in (label, meaning)]
    assert all(text in GUIDELINE.text for text in shown)
    assert replace(GUIDELINE, question="Is it true?").sha256 != GUIDELINE.sha256


@given(st.lists(st.uuids().map(str), unique=True, max_size=60), st.randoms())
def test_the_order_depends_on_seed_and_ids_alone(ids: list[str], shuffle: object) -> None:
    again = list(ids)
    shuffle.shuffle(again)  # type: ignore[attr-defined]
    order = draw_order(ids, "seed")
    assert draw_order(again, "seed") == order
    assert sorted(order) == sorted(ids)
    # What is added later falls in between; the rest keeps its order, so a review resumes.
    assert [key for key in draw_order([*ids, "later"], "seed") if key != "later"] == order


def test_the_order_is_spread_evenly() -> None:
    """Every item is first equally often, over seeds: no id is favoured."""
    ids = [f"id{n}" for n in range(5)]
    first = [draw_order(ids, str(seed))[0] for seed in range(2000)]
    assert all(330 < first.count(key) < 470 for key in ids)
    assert draw_order(ids, "1") != draw_order(ids, "3")


def test_a_picked_item_has_no_probability() -> None:
    assert not ReviewFilter().chosen
    assert ReviewFilter("ok").chosen
    assert ReviewFilter(conversation_id="c").chosen
    assert ReviewFilter(query="cats").as_shown()["search"] is True
    assert "cats" not in str(ReviewFilter(query="cats").as_shown())


@pytest.mark.parametrize(
    ("status", "judgment", "expected"),
    [
        ("unjudged", None, True),
        ("unjudged", judged(accurate=True), True),
        ("unjudged", judged(verdict="ok"), False),
        ("unjudged", judged(verdict="ok", retracted=True), True),
        ("ok", judged(verdict="ok"), True),
        ("bad", judged(verdict="ok"), False),
        ("never", judged(use="never"), True),
        ("never", judged(verdict="ok", use="ask"), False),
        ("all", None, True),
    ],
)
def test_filters(status: Status, judgment: AttributeJudgment | None, expected: bool) -> None:
    assert matches(attribute(), judgment, ReviewFilter(status)) is expected


def test_filters_by_conversation_and_words() -> None:
    assert matches(attribute(), None, ReviewFilter(conversation_id="c1"))
    assert not matches(attribute(), None, ReviewFilter(conversation_id="c2"))
    assert matches(attribute(), None, ReviewFilter(query="CATS two"))
    assert not matches(attribute(), None, ReviewFilter(query="two dogs"))


def test_an_answer_beside_the_verdict_does_not_finish_an_item() -> None:
    assert not is_judged(judged(accurate=True, supported=False, use="never"))
    assert is_judged(judged(verdict="unsure"))


def test_keys_cycle_through_every_answer() -> None:
    answers: list[bool | None] = [None]
    uses: list[Use | None] = [None]
    for _ in range(3):
        answers.append(next_answer(answers[-1]))
    for _ in range(4):
        uses.append(next_use(uses[-1]))
    assert answers == [None, True, False, None]
    assert uses == [None, "never", "ask", "welcome", None]


def test_judgments_in_words() -> None:
    said = judged(verdict="bad", failure_mode="outdated", accurate=False, use="never")
    assert describe(said) == "bad, outdated · not true · never use"
    assert describe(judged(verdict="ok", retracted=True)) == ""
    assert describe(None) == ""


def test_the_stopwatch_stands_still_while_anything_is_in_the_way() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    watch.start()
    now[0] = 1.0
    watch.pause("window")
    watch.pause("terminal")
    now[0] = 5.0
    watch.resume("window")
    assert watch.milliseconds == 1000
    watch.resume("terminal")
    now[0] = 5.25
    assert watch.milliseconds == 1250
    watch.start()
    assert watch.milliseconds == 0


def test_time_left_is_told_from_the_median_of_enough_items() -> None:
    pace = Pace()
    for _ in range(4):
        pace.add(6000)
    assert pace.seconds_left(100) is None
    pace.add(3_600_000)  # a long lunch
    assert pace.seconds_left(100) == 600


@pytest.mark.parametrize("kind", ["catch", "repeat"])
def test_a_place_in_the_line_does_not_tell_what_lies_there(kind: str) -> None:
    """Chosen and placed by one hash, planted items and repeats would be those that come first."""
    now = utc_now()
    given_before = [Given(f"j{n}", f"b{n}", now - timedelta(days=9), "random") for n in range(60)]
    places = []
    for number in range(200):
        seed = f"seed {number}"
        fresh = [Draw(f"a{n}", item_id=f"a{n}") for n in range(60)]
        if kind == "catch":
            among = planted(list(PLANTED), (), seed=seed, items=60, share=0.05)
        else:
            among = due_repeats(
                given_before, (), seed=seed, now=now, after=timedelta(days=7), share=0.1
            )
        line = line_up([*fresh, *among], seed)
        places += [place / (len(line) - 1) for place, one in enumerate(line) if one in among]
    assert len(places) > 400
    assert mean(places) == pytest.approx(
        0.5, abs=0.06
    )  # four standard errors of 400 uniform places
    assert max(places) > 0.9
