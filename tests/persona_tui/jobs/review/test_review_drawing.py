"""Repeats and planted items among the attributes of a review, on a real journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from persona_tui.config import JudgingConfig
from persona_tui.jobs.review.changes import Change, Written
from persona_tui.jobs.review.evidence import read_anew
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.report.build import build_report
from persona_tui.stages.judging import ReviewFilter
from persona_tui.stages.judging.drawing import CATCH, REPEAT
from persona_tui.stages.judging.planted import PLANTED
from persona_tui.stages.profile import build_profile
from store import attributes, catches, figures, judgments, search
from store.db import Store, open_store, utc_now
from store.errors import BusyError
from tests.persona_tui.review_data import seed

ALL_AGAIN = JudgingConfig(catch_share=0.0, repeat_share=1.0)
SOME_PLANTED = JudgingConfig(catch_share=0.1, repeat_share=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "j.db") as opened:
        yield opened


def later(days: float = 8.0) -> datetime:
    return utc_now() + timedelta(days=days)


def load(store: Store, config: JudgingConfig, days: float = 0.0) -> ReviewSession:
    return ReviewSession.load(store, surface="plain", config=config, now=lambda: later(days))


def write(store: Store, session: ReviewSession, change: Change | None) -> Written:
    assert change is not None
    written = change.write(store)
    session.done(change, written)
    return written


def judge_all(store: Store, session: ReviewSession) -> list[str]:
    """*ok* to everything; the keys in the order in which they were asked."""
    asked = []
    while session.current_id is not None:
        asked.append(session.current_id)
        write(store, session, session.judge("ok"))
    return asked


def go_to(store: Store, session: ReviewSession, prefix: str) -> str:
    """Skip to the first item of a kind."""
    for _ in range(200):
        if (session.current_id or "").startswith(prefix):
            return session.current_id or ""
        assert session.skip()
    raise AssertionError(f"there is no {prefix} item")


# --- planted items ------------------------------------------------------------------------------


def test_planted_items_lie_among_the_others_and_look_like_them(store: Store) -> None:
    seed(store, 40)
    session = load(store, SOME_PLANTED)
    assert session.standing.total == 44
    order = [session.queue.first() or ""]
    while len(order) < 44:
        order.append(session.queue.after(order[-1]) or "")
    places = [place for place, key in enumerate(order) if key.startswith(CATCH)]
    assert len(places) == 4
    assert places != sorted(range(44))[-4:]  # not at the end
    go_to(store, session, CATCH)
    shown = session.current
    assert shown is not None
    assert shown.text in PLANTED.values()
    assert shown.confidence is not None
    assert (shown.model, shown.strategy, shown.corrects) == ("test-model", "grounded", None)
    reading = read_anew(store, shown)
    assert reading is not None
    assert reading.quotes[0].text  # words of the person's own, from a message of theirs
    assert session.judgment is None


def test_a_planted_item_leaves_no_trace_outside_its_own_table(store: Store) -> None:
    seed(store, 40)
    session = load(store, SOME_PLANTED)
    key = go_to(store, session, CATCH)
    text = session.current.text if session.current else ""
    write(store, session, session.correct("I live in a flat."))
    write(store, session, session.toggle_use())
    write(store, session, session.judge("bad"))
    write(store, session, session.why("missing_evidence"))
    kept = catches.in_force(store)[key.removeprefix(CATCH)]
    assert (kept.verdict, kept.failure_mode, kept.use) == ("bad", "missing_evidence", "never")
    assert kept.context.sampling == "catch"
    assert kept.context.inclusion_prob is None
    assert kept.context.shown["attribute"] == text
    everything = attributes.list_all(store)
    assert len(everything) == 40
    assert not any(row.text in (text, "I live in a flat.") for row in everything)
    assert build_profile(everything).never == ()
    assert not search.search(store, text.split()[-1].strip("."), kinds=("attribute",))
    data = figures.read(store)
    assert data.attributes.judgment_id == []
    assert data.catches.verdict == ["bad"]
    assert data.inferred == 40
    # Told only now, and not asked again.
    assert session.told == ["planted: no model inferred it"]
    again = load(store, SOME_PLANTED)
    assert again.standing.left == session.standing.left == 43
    assert again.standing.total == 44


def test_planted_items_are_taken_back_like_others(store: Store) -> None:
    seed(store, 40)
    session = load(store, SOME_PLANTED)
    key = go_to(store, session, CATCH)
    write(store, session, session.judge("ok"))
    write(store, session, session.undo())
    assert session.current_id == key
    assert session.judgment is None
    assert catches.in_force(store) == {}
    write(store, session, session.judge("ok"))
    again = load(store, SOME_PLANTED)
    write(store, again, again.undo())
    assert again.current_id == key
    assert catches.in_force(store) == {}
    assert again.queue.beside.left.count(key) == 1


def test_none_are_planted_among_few_or_where_nobody_wants_them(store: Store) -> None:
    seed(store, 9)
    assert load(store, SOME_PLANTED).standing.total == 9
    seed(store, 30)
    assert load(store, JudgingConfig(catch_share=0.0)).standing.total == 39
    assert load(store, SOME_PLANTED).standing.total > 39


def test_filters_show_neither_planted_items_nor_repeats(store: Store) -> None:
    seed(store, 30)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, JudgingConfig(catch_share=0.2, repeat_share=1.0), days=8)
    assert session.standing.left == 36
    for wanted in (ReviewFilter("all"), ReviewFilter("ok"), ReviewFilter("unjudged", None, "user")):
        session.set_filter(wanted)
        key = session.queue.first()
        while key is not None:
            assert not key.startswith((CATCH, REPEAT))
            if wanted.status == "unjudged":
                break
            key = session.queue.after(key)
    session.set_filter(ReviewFilter())
    assert session.standing.left == 36


# --- repeats ------------------------------------------------------------------------------------


def test_a_tenth_comes_again_after_a_week_and_stands_beside(store: Store) -> None:
    seed(store, 200)
    config = JudgingConfig(catch_share=0.0)
    judge_all(store, load(store, config))
    assert load(store, config, days=6.9).standing.left == 0
    session = load(store, config, days=7.1)
    assert 8 <= session.standing.left <= 35  # of 200, one in ten by hash
    key = session.current_id or ""
    assert key.startswith(REPEAT)
    shown = session.current
    assert shown is not None
    first = judgments.current(store, shown.attribute_id)
    assert first is not None
    # Blind: nothing of the first answer is shown.
    assert session.judgment is None
    assert session.correction is None
    write(store, session, session.judge("bad"))
    write(store, session, session.why("outdated"))
    assert judgments.current(store, shown.attribute_id) == first
    (repeat,) = judgments.repeats(store)
    assert repeat.context.repeat_of == first.judgment_id
    assert (repeat.context.sampling, repeat.context.inclusion_prob) == ("repeat", 0.1)
    assert not repeat.context.model_hidden  # its confidence was told when it was judged first
    assert session.told[0] == "asked again: your first answer, ok, stays in force"
    # Not a third time, and the place is remembered.
    left = session.standing.left
    again = load(store, config, days=30)
    assert again.standing.left == left
    assert key not in again.queue.left


def test_repeats_are_the_ceiling_in_the_report_and_in_no_headline(store: Store) -> None:
    seed(store, 40)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    while session.current_id is not None:
        key = session.current_id
        write(store, session, session.judge("bad" if key.endswith("0") else "ok"))
        if session.phase == "why":
            session.go_on()
    report = build_report(figures.read(store), now=utc_now(), app_version="0")
    acceptance = report.get("stage1.acceptance")
    retest = report.get("quality.retest.1")
    assert acceptance is not None
    assert retest is not None
    assert (acceptance.n, acceptance.value) == (40, 1.0)
    assert retest.n == 40
    assert report.counts["repeats"] == 40


def test_the_first_verdict_counts_for_consistency_even_when_it_was_changed_since(
    store: Store,
) -> None:
    seed(store, 12)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    judge_all(store, session)
    for attribute in attributes.list_all(store):
        session.set_filter(ReviewFilter("ok"))
        if session.current is not None:
            write(store, session, session.judge("bad"))
        del attribute
    data = figures.read(store)
    first = [
        value
        for value, how in zip(data.attributes.repeated, data.attributes.sampling, strict=True)
        if how == "repeat"
    ]
    assert first == ["ok"] * 12
    # The change of mind came after the model's confidence was told: what was said before counts.
    assert data.attributes.verdict == ["ok"] * 24
    assert data.attributes.replaced.count(True) == 12


def test_never_said_of_a_repeat_holds_at_once_and_undo_lifts_it(store: Store) -> None:
    seed(store, 12)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    shown = session.current
    assert shown is not None
    write(store, session, session.toggle_use())
    assert session.judgment is not None
    assert session.judgment.use == "never"
    in_force = judgments.current(store, shown.attribute_id)
    assert in_force is not None
    assert (in_force.verdict, in_force.use) == ("ok", "never")
    assert in_force.context.sampling == "random"
    assert build_profile(attributes.list_all(store)).never
    assert session.queue.judgments[shown.attribute_id].use == "never"
    write(store, session, session.undo())
    assert not build_profile(attributes.list_all(store)).never
    assert session.queue.judgments[shown.attribute_id].use is None
    assert session.current == shown
    # The same over two sittings.
    write(store, session, session.toggle_use())
    again = load(store, ALL_AGAIN, days=8)
    write(store, again, again.undo())
    assert again.current is not None
    assert again.current.attribute_id == shown.attribute_id
    assert (again.current_id or "").startswith(REPEAT)
    assert not build_profile(attributes.list_all(store)).never
    assert again.queue.judgments[shown.attribute_id].use is None


def test_a_repeat_corrected_is_corrected(store: Store) -> None:
    seed(store, 12)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    shown = session.current
    assert shown is not None
    write(store, session, session.correct("I work days now."))
    assert session.correction == "I work days now."
    own = [row for row in attributes.list_all(store) if row.strategy == "user"]
    assert [(row.text, row.corrects) for row in own] == [("I work days now.", shown.attribute_id)]
    write(store, session, session.judge("ok"))
    write(store, session, session.undo())
    write(store, session, session.undo())
    assert not [row for row in attributes.list_all(store) if row.strategy == "user"]


def test_a_chosen_item_is_not_repeated(store: Store) -> None:
    seed(store, 12)
    session = load(store, ALL_AGAIN)
    session.set_filter(ReviewFilter("all", None, "books"))
    write(store, session, session.judge("ok"))
    assert all(not key.startswith(REPEAT) for key in load(store, ALL_AGAIN, days=8).queue.left)


def test_a_repeat_that_cannot_be_written_comes_back(store: Store) -> None:
    seed(store, 12)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    key, shown = session.current_id, session.current
    assert shown is not None
    never = session.toggle_use()
    verdict = session.judge("ok")
    assert never is not None
    assert verdict is not None
    session.failed(never, BusyError("The journal is locked."))
    session.failed(verdict, BusyError("The journal is locked."))
    assert session.current_id == key
    assert session.judgment is None
    assert session.queue.judgments[shown.attribute_id].use is None
    assert key in session.queue.left


def test_a_forgotten_attribute_takes_its_repeats_along(store: Store) -> None:
    from store import forgetting

    seed(store, 12)
    judge_all(store, load(store, ALL_AGAIN))
    session = load(store, ALL_AGAIN, days=8)
    shown = session.current
    assert shown is not None
    write(store, session, session.judge("bad"))
    forgetting.forget_attribute(store, shown.attribute_id)
    again = load(store, ALL_AGAIN, days=8)
    assert again.standing.left == 11
    assert again.standing.total == 22
    judge_all(store, again)
    with sqlite3.connect(f"file:{store.path}?mode=ro", uri=True) as conn:
        rows = conn.execute(
            "SELECT count(*) FROM attribute_judgments WHERE attribute_id = ?", (shown.attribute_id,)
        ).fetchone()
    assert rows[0] == 0
