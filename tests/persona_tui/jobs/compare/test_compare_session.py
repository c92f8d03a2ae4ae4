"""Comparing: what each key does, on a real journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from persona_tui.config import JudgingConfig
from persona_tui.jobs.compare.changes import Change
from persona_tui.jobs.compare.session import CompareSession
from store import response_judgments, responses, user_prompts
from store.audit import Response, Side
from store.db import Store, open_store, utc_now
from tests.persona_tui.review_data import seed

ALL_AGAIN = JudgingConfig(repeat_share=1.0, repeat_after_days=7)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "journal.db") as opened:
        yield opened


def fill(store: Store, left: Side, *, told: int = 2) -> str:
    keys = tuple(row.attribute_id for row in seed(store, 2))[:told]
    prompt = user_prompts.add(store, "What shall I cook tonight?")
    made = [
        Response("", prompt.prompt_id, own, "m", utc_now(), text, attribute_ids=keys if own else ())
        for own, text in ((False, "Soup."), (True, "Lentil soup, quickly."))
    ]
    return responses.add_pair(
        store, prompt.prompt_id, *made, arm="relevant", shown_left=left
    ).pair_id


def sitting(store: Store, days: float = 0) -> CompareSession:
    return CompareSession.load(
        store, ALL_AGAIN, surface="plain", now=lambda: utc_now() + timedelta(days=days)
    )


def do(store: Store, session: CompareSession, change: Change | None) -> None:
    assert change is not None
    session.done(change, change.write(store))


@pytest.mark.parametrize(("left", "rating"), [("generic", 4), ("personalized", 2)])
def test_raw_and_reoriented_are_kept(store: Store, left: Side, rating: int) -> None:
    fill(store, left)
    session = sitting(store)
    do(store, session, session.rate(4))
    asked = session.asked
    assert asked is not None
    assert session.phase == "attribute"
    do(store, session, session.rate(5))
    do(store, session, session.rate(None))
    assert session.unmasked is not None
    (row,) = response_judgments.in_force(store)
    assert (row.raw_rating, row.rating, row.shown_left, row.blinded) == (4, rating, left, True)
    assert row.attribute_ratings == {asked: 5 if left == "generic" else 1}
    raw = row.context.shown["attribute_raw"]
    assert isinstance(raw, dict)
    assert sorted(raw.values(), key=str) == [5, None]


def test_quitting_in_mid_pair_keeps_the_preference_and_stays_blinded(store: Store) -> None:
    fill(store, "generic")
    session = sitting(store)
    do(store, session, session.rate(2))
    do(store, session, session.rate(3))
    again = sitting(store)
    assert again.phase == "attribute"
    assert again.unmasked is None
    assert again.asked == session.asked
    assert again.current == session.current
    do(store, again, again.finish())
    (row,) = response_judgments.in_force(store)
    assert (row.raw_rating, row.blinded, len(row.attribute_ratings)) == (2, True, 1)


def test_cannot_judge_is_not_a_three(store: Store) -> None:
    fill(store, "generic")
    session = sitting(store)
    do(store, session, session.rate(None))
    assert session.unmasked is not None
    (row,) = response_judgments.in_force(store)
    assert (row.raw_rating, row.rating) == (None, None)
    assert sitting(store, 8).queue.left == []


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_said_after_unmasking_is_not_blinded(store: Store, restart: bool) -> None:
    fill(store, "generic", told=0)
    session = sitting(store)
    do(store, session, session.rate(5))
    if restart:
        session = sitting(store)
        assert session.phase == "done"
    do(store, session, session.undo())
    assert session.phase == "overall"
    assert response_judgments.in_force(store) == []
    if restart:
        session = sitting(store)
    do(store, session, session.rate(3))
    (row,) = response_judgments.in_force(store)
    assert (row.blinded, row.context.model_hidden) == (False, False)


def test_undo_step_by_step(store: Store) -> None:
    fill(store, "generic")
    session = sitting(store)
    for raw in (2, 4):
        do(store, session, session.rate(raw))
    do(store, session, session.undo())
    (row,) = response_judgments.in_force(store)
    assert (row.raw_rating, dict(row.attribute_ratings)) == (2, {})
    do(store, session, session.undo())
    assert response_judgments.in_force(store) == []
    assert session.undo().write(store).pair_id is None
    # The attributes were seen, the sides were not: what is said now is blinded still.
    do(store, session, session.rate(5))
    (row,) = response_judgments.in_force(store)
    assert (row.blinded, row.context.model_hidden) == (True, True)


def test_a_repeat_comes_after_a_week_on_other_sides(store: Store) -> None:
    fill(store, "generic", told=0)
    session = sitting(store)
    do(store, session, session.rate(5))
    assert sitting(store, 6).phase == "done"
    later = sitting(store, 8)
    assert later.current is not None
    assert later.current.shown_left == "personalized"
    assert later.unmasked is None
    do(store, later, later.rate(1))
    (first,), (again,) = response_judgments.in_force(store), response_judgments.repeats(store)
    assert (again.rating, again.shown_left, again.blinded) == (5, "personalized", True)
    assert (again.context.sampling, again.context.repeat_of) == ("repeat", first.judgment_id)
    assert sitting(store, 30).phase == "done"


def test_a_step_that_cannot_be_written_is_taken_back(store: Store) -> None:
    fill(store, "generic")
    session = sitting(store)
    change = session.rate(1)
    assert change is not None
    session.failed(change, OSError())
    assert session.phase == "overall"
    assert session.judgment is None
