"""What figures rest on, what stands beside them, and what is said where there is none yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from persona_tui.config import JudgingConfig
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.jobs.reporting import report_now
from persona_tui.report import study
from persona_tui.report.build import build_report
from persona_tui.report.markdown import as_markdown
from persona_tui.report.model import Figure, Report
from persona_tui.report.text import as_text, number, remarks, title_of
from store import responses, user_prompts
from store.audit import AuditData, Response
from store.db import Store, open_store, utc_now
from tests.persona_tui.report_data import empty, simulated, with_baselines

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def report_of(data: AuditData) -> Report:
    return build_report(data, now=NOW, app_version="1")


def one(report: Report, key: str) -> Figure:
    found = report.get(key)
    assert found is not None, key
    return found


@pytest.fixture(scope="module")
def full() -> Report:
    return report_of(simulated(400, 40, 20, 400))


# --- what was said after being told --------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "persona.db") as opened:
        yield opened


def test_unmasked_undone_and_rated_anew_the_first_answer_counts(store: Store) -> None:
    for n in range(6):
        prompt = user_prompts.add(store, f"Question {n}?").prompt_id
        generic = Response("", prompt, False, "m", utc_now(), "Generic.")
        told = Response("", prompt, True, "m", utc_now(), "Personal.")
        responses.add_pair(store, prompt, generic, told, arm="all", shown_left="generic")
    config = JudgingConfig(repeat_share=0.0, catch_share=0.0)
    session = CompareSession.load(store, config, surface="screen")

    def rate(raw: int) -> None:
        change = session.rate(raw)
        assert change is not None
        session.done(change, change.write(store))

    while session.current is not None:
        rate(1)
        change = session.undo()
        session.done(change, change.write(store))
        rate(5)
        session.go_on()
    report = report_now(store)
    rating = one(report, "stage3.rating")
    assert (rating.n, rating.value) == (6, 1.0)
    assert one(report, "quality.position").value == 0.5  # left each time, before it was told
    assert any(
        note.startswith("6 answers changed after you had been told") for note in report.notes
    )


def test_what_was_never_answered_blinded_is_left_out() -> None:
    data = simulated()
    told = [True] * 10
    changed = replace(
        data,
        attributes=replace(data.attributes, unblinded=told + data.attributes.unblinded[10:]),
        relevance=replace(data.relevance, unblinded=told + data.relevance.unblinded[10:]),
        responses=replace(data.responses, unblinded=told + data.responses.unblinded[10:]),
    )
    before, after = report_of(data), report_of(changed)
    for key in ("stage1.acceptance", "stage2.yes_rate", "stage3.rating", "stage3.inflation[judge]"):
        assert one(after, key).n == one(before, key).n - 10
    assert one(after, "quality.position").n < one(before, "quality.position").n
    assert any(note.startswith("30 answers given only after") for note in after.notes)


def test_what_the_person_picked_themselves_is_left_out_and_said() -> None:
    data = simulated()
    chances = [None] * 7 + data.relevance.inclusion_prob[7:]
    report = report_of(replace(data, relevance=replace(data.relevance, inclusion_prob=chances)))
    assert one(report, "stage2.yes_rate").n == 400 - 7
    assert any(note.startswith("7 answers about attributes or prompts") for note in report.notes)


# --- ceilings ------------------------------------------------------------------------------------


def test_each_agreement_has_the_ceiling_of_its_own_statistic(full: Report) -> None:
    for key, of in (
        ("stage2.f1[judge]", "quality.retest.2.f1"), ("stage2.kappa[judge]", "quality.retest.2"),
        ("stage2.ac1[judge]", "quality.retest.2.ac1"),
    ):  # fmt: skip
        found = one(full, key)
        assert found.ceiling_of == of
        assert found.ceiling == one(full, of).value
        assert found.ceiling is not None
        assert found.unit == one(full, of).unit
    for key in ("stage1.acceptance", "stage2.yes_rate", "stage3.rating", "stage3.no_better"):
        assert (one(full, key).ceiling, one(full, key).ceiling_of) == (None, None)


def test_a_ceiling_that_is_not_known_is_said_to_be_missing(full: Report) -> None:
    spearman = one(full, "stage3.spearman[judge]")
    assert (spearman.ceiling, spearman.ceiling_of) == (None, "quality.retest.3.spearman")
    assert "you with yourself, a while later: not yet" in remarks(spearman)
    assert "You with yourself: not yet." in as_markdown(full)


def test_comparisons_given_twice_bound_judges() -> None:
    data = simulated(0, 0, 0, 120)
    c = data.responses
    again = list(range(60))
    both = replace(c, **{
        name: [*getattr(c, name), *(getattr(c, name)[i] for i in again)]
        for name in c.__dataclass_fields__
    })  # fmt: skip
    both.sampling[120:] = ["repeat"] * 60
    both.repeated[120:] = [max(1, (c.rating[i] or 3) - i % 2) for i in again]
    report = report_of(replace(data, responses=both))
    assert one(report, "stage3.rating").n == 120
    for key, of in (("spearman", "3.spearman"), ("quadratic", "3")):
        found = one(report, f"stage3.{key}[judge]")
        assert found.ceiling == one(report, f"quality.retest.{of}").value
        assert found.ceiling is not None
    apart = one(report, "quality.retest.3.distance")
    assert apart.value is not None
    assert f"your ratings lay {apart.value:.1f} apart" in one(report, "stage3.rating").sentence


@pytest.mark.parametrize(
    "key", ["quality.retest.1", "quality.retest.2", "stage3.quadratic[judge]", "stage2.ac1[judge]"]
)
def test_every_kappa_is_hidden_below_thirty_items(key: str) -> None:
    few = report_of(simulated(250, 2, 14, 25))
    some = report_of(simulated(400, 25, 18, 40))
    many = report_of(simulated(600, 40, 20, 60))
    assert one(few, key).value is None
    assert "more" in (one(few, key).missing or "")
    assert one(some, key).value is not None
    if key != "stage2.ac1[judge]":
        assert one(some, key).provisional
    assert not one(many, key).provisional


# --- single figures ------------------------------------------------------------------------------


def test_what_was_missed_is_held_against_the_whole_profile() -> None:
    data = simulated(10, 0, 0, 0, acceptance=0.8)
    found = one(report_of(replace(data, added=8, inferred=200)), "stage1.missed")
    accepted = one(report_of(data), "stage1.acceptance").value
    assert accepted is not None
    assert found.value == pytest.approx(8 / (8 + 200 * accepted))
    assert found.value is not None
    assert found.value < 0.07
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < found.value < found.high < 0.3
    # With all of it judged only the count is uncertain.
    whole = one(report_of(replace(data, added=8, inferred=10)), "stage1.missed")
    assert whole.value == pytest.approx(8 / (8 + 10 * accepted))
    none = one(report_of(replace(data, added=0, inferred=200)), "stage1.missed")
    assert (none.value, none.low) == (0.0, 0.0)


def test_reasons_are_shares_of_everything_that_was_wrong() -> None:
    data = simulated()
    modes = [None if i % 2 else mode for i, mode in enumerate(data.attributes.failure_mode)]
    report = report_of(replace(data, attributes=replace(data.attributes, failure_mode=modes)))
    shares = [f for f in report.figures if f.key.startswith("stage1.failure.")]
    wrong = one(report, "stage1.problems").sentence.split(" ", 1)[0]
    assert {str(f.n) for f in shares} == {wrong}
    assert sum(f.value or 0.0 for f in shares) == pytest.approx(1.0)
    none = one(report, "stage1.failure.none").value
    assert none is not None
    assert none > 0.3


def test_attributes_are_rated_as_in_the_study() -> None:
    data = simulated(0, 0, 0, 60)
    draw = np.random.default_rng(3)
    ratings: list[Mapping[str, int]] = [
        {f"a{k}": int(draw.integers(1, 6)) for k in range(4)} for _ in range(60)
    ]
    responses_ = replace(data.responses, attribute_ratings=ratings)
    report = report_of(replace(data, responses=responses_))
    values = [v for pair in ratings for v in pair.values()]
    rating, no_better = (one(report, f"stage3.attribute_{key}") for key in ("rating", "no_better"))
    assert rating.value == pytest.approx(np.mean(values))
    assert no_better.value == pytest.approx(np.mean([v <= 3 for v in values]))
    assert rating.n == no_better.n == 240
    assert rating.study == study.ATTRIBUTE_RATING
    assert [value.label for value in one(report, "stage3.rating").study] == ["humans, by attribute"]


def test_ratings_of_one_pair_count_as_alike() -> None:
    data = simulated(0, 0, 0, 30)
    alike: list[Mapping[str, int]] = [{f"a{k}": 1 + i % 5 for k in range(10)} for i in range(30)]
    free: list[Mapping[str, int]] = [
        {f"a{k}": 1 + (i + k) % 5 for k in range(10)} for i in range(30)
    ]
    wide, narrow = (
        one(
            report_of(replace(data, responses=replace(data.responses, attribute_ratings=given))),
            "stage3.attribute_rating",
        )
        for given in (alike, free)
    )
    assert wide.high is not None
    assert wide.low is not None
    assert narrow.high is not None
    assert narrow.low is not None
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_mention_that_nobody_looked_for_is_none() -> None:
    data = simulated(0, 0, 0, 60)
    mentions = [True] * 20 + [False] * 20 + [None] * 20
    rating: list[int | None] = [*([4] * 20), *([2] * 20), *([5] * 20)]
    c = replace(data.responses, explicit_mention=mentions, rating=rating)
    m = replace(data.models, mean=[float(v or 0) for v in rating])
    report = report_of(replace(data, responses=c, models=m))
    for key in ("stage3.mention", "stage3.mention[judge]"):
        assert (one(report, key).value, one(report, key).n) == (2.0, 40)


def test_judges_are_taken_by_what_they_expect_not_by_what_is_rounded() -> None:
    data = simulated(0, 0, 0, 60)
    m = data.models
    expected: list[float | None] = [float(v or 0) + 0.25 for v in m.rating]
    before = one(report_of(data), "stage3.inflation[judge]").value
    after = one(
        report_of(replace(data, models=replace(m, mean=expected))), "stage3.inflation[judge]"
    )
    assert before is not None
    assert after.value == pytest.approx(before + 0.25)


def test_wins_ties_and_losses_are_all_there_is(full: Report) -> None:
    shares = [one(full, f"stage3.{key}").value or 0.0 for key in ("win", "tie", "loss")]
    assert sum(shares) == pytest.approx(1.0)


def test_the_position_of_the_study_is_on_the_same_scale() -> None:
    (value,) = study.POSITION
    assert value.value == pytest.approx(0.449 - 0.25)
    assert "minus chance" in value.label


def test_the_study_has_what_the_protocol_says() -> None:
    grpo = "Qwen3-4B + GRPO"
    assert [v.value for v in study.PRECISION if v.label == grpo] == [0.611]
    assert [v.value for v in study.RECALL if v.label == grpo] == [0.674]
    assert [v.value for v in study.JUDGE_RATING] == [3.428, 3.523, 4.019, 3.487, 3.409]
    assert [v.value for v in study.SPEARMAN] == [0.362, 0.312, 0.376, 0.182, 0.111, 0.325]
    assert min(v.value for v in study.JUDGE_RATING) - 3.176 == pytest.approx(0.23, abs=0.01)


# --- what cannot be computed yet -----------------------------------------------------------------


def test_an_empty_report_names_every_figure_and_what_is_missing() -> None:
    report = report_of(empty())
    keys = [figure.key for figure in report.figures]
    assert len(keys) == len(set(keys))
    assert {
        "combined.acceptance", "combined.yes_rate", "combined.rating",
        "stage2.model_yes_rate", "stage2.over_selection", "stage2.precision", "stage2.recall",
        "stage2.f1", "stage2.kappa", "stage2.ac1",
        "stage3.inflation", "stage3.judge_rating", "stage3.spearman", "stage3.quadratic",
        "stage3.flips", "stage3.judge_mention", "stage3.attribute_rating",
        "stage1.verifier", "stage1.verifier.precision", "stage1.verifier.recall",
        "stage1.verifier.f2",
    } <= set(keys)  # fmt: skip
    assert all(figure.missing for figure in report.figures)


def test_where_a_model_judged_no_more_than_the_person_that_is_what_is_missing(full: Report) -> None:
    assert "judge --all" in (one(full, "combined.rating").missing or "")


def test_halves_are_rounded_so_that_shares_make_a_hundred() -> None:
    for k in range(1, 200):
        yes, no = number(k / 200, "share", whole=True), number(1 - k / 200, "share", whole=True)
        assert int(yes) + int(no) == 100, k


def test_no_number_has_a_hyphen_for_a_minus() -> None:
    data = simulated(120, 20, 20, 60)
    m = replace(data.models, mean=[v and 6.0 - v for v in data.models.rating])
    said = as_text(report_of(replace(data, models=m)), method=True)
    assert "\N{MINUS SIGN}" in said
    import re

    assert not re.search(r"(?<![\w-])-\d", said)


def test_a_model_is_named_once() -> None:
    report = report_of(with_baselines(simulated()))
    titles = [title_of(one) for one in report.figures if one.model_tag == "embedding:minilm"]
    assert titles
    assert all(title.count("minilm") == 1 for title in titles)


def test_what_is_missing_is_counted_in_words() -> None:
    missing = one(report_of(empty()), "stage3.attribute_rating").missing
    assert missing == "5 more attribute ratings"
