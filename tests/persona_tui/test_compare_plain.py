"""Comparing line by line, on a real journal."""

from __future__ import annotations

import io

from persona_tui.config import JudgingConfig
from persona_tui.paths import Paths
from persona_tui.plain.compare import PlainCompare
from store import response_judgments
from store.audit import Side
from store.db import open_store
from tests.persona_tui.jobs.compare.test_compare_session import fill
from tests.persona_tui.screens.test_compare_reading import with_many


def sitting(paths: Paths, answers: str) -> str:
    out = io.StringIO()
    with open_store(paths.database) as store:
        PlainCompare(store, JudgingConfig(), io.StringIO(answers), out, prompt=False).run()
    return out.getvalue()


def seeded(paths: Paths, left: Side) -> None:
    with open_store(paths.database) as store:
        fill(store, left)


def test_the_end_of_the_input_in_mid_pair_keeps_all_and_tells_nothing(paths: Paths) -> None:
    seeded(paths, "personalized")
    first = sitting(paths, "4\n")
    assert "Left answer:\nLentil soup" in first
    assert "Saved." in first
    second = sitting(paths, "5\n")
    assert "Left answer:\nLentil soup" in second
    for told in (first, second):
        assert "personalized" not in told
        assert "generic" not in told
    assert "The left answer was the personalized one" in sitting(paths, "e\n")
    with open_store(paths.database) as store:
        (row,) = response_judgments.in_force(store)
    assert (row.raw_rating, row.rating, row.blinded) == (4, 2, True)
    assert list(row.attribute_ratings.values()) == [1]


def test_nothing_to_compare_says_what_to_do(paths: Paths) -> None:
    open_store(paths.database).close()
    assert "Judge relevance for a prompt first" in sitting(paths, "")


def test_each_mention_names_its_attribute(paths: Paths) -> None:
    texts = with_many(paths, 3)
    told = sitting(paths, "4\ne\n")
    assert f"1. {texts[-1]}\n" in told
    assert f"2. {texts[-2]}\n" in told
    assert "It mentions 1: “You know.”" in told
    assert "It mentions 2: “You see it.”" in told
