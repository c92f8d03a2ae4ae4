"""Judgments are append-only; undo has no limit and brings back what was superseded."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from store import attributes, judgments, search
from store.db import Store, open_store, utc_now
from store.errors import NotFoundError
from store.records import AttributeJudgment, JudgmentContext, Verdict
from tests.store.conftest import attribute, claim, judge, say

VERDICTS: list[Verdict] = ["ok", "unsure", "bad"]


class Judging(RuleBasedStateMachine):
    """The store against a plain stack: judge, correct, undo, restart."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "p.db"
        self.store = open_store(self.path)
        self.items = [
            attribute(self.store, claim(self.store, say(self.store, f"I {i}"), f"User {i}."))
            for i in range(3)
        ]
        self.stack: list[tuple[str, Verdict, str | None]] = []
        self.rows = 0

    @rule(item=st.integers(0, 2), verdict=st.sampled_from(VERDICTS), corrected=st.booleans())
    def judge(self, item: int, verdict: Verdict, corrected: bool) -> None:
        words = f"Corrected {self.rows}." if corrected else None
        judge(self.store, self.items[item], verdict, correction=words)
        self.stack.append((self.items[item], verdict, words))
        self.rows += 1

    @rule()
    def undo(self) -> None:
        taken = judgments.undo_last(self.store)
        if not self.stack:
            assert taken is None
            return
        assert taken is not None
        assert taken.retracted
        assert taken.attribute_id == self.stack.pop()[0]
        self.rows += 1

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_store(self.path)

    @invariant()
    def agrees(self) -> None:
        in_force = {item: (verdict, words) for item, verdict, words in self.stack}
        listed = {a.attribute_id: a for a in attributes.list_all(self.store)}
        for item in self.items:
            found = judgments.current(self.store, item)
            assert listed[item].judgment == found
            assert (found.verdict if found else None) == in_force.get(item, (None, None))[0]
        corrections = {a.text for a in listed.values() if a.strategy == "user"}
        assert corrections == {words for _, words in in_force.values() if words is not None}
        kept = self.store.conn.execute("SELECT count(*) FROM attribute_judgments").fetchone()[0]
        assert kept == self.rows

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestJudging = Judging.TestCase
TestJudging.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def _item(store: Store) -> str:
    return attribute(store, claim(store, say(store, "I sing"), "The user sings."))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attribute_judgments SET verdict = 'bad'",
        "DELETE FROM attribute_judgments",
        "INSERT OR REPLACE INTO attribute_judgments SELECT * FROM attribute_judgments",
    ],
)
def test_a_judgment_is_never_changed_or_deleted(store: Store, change: str) -> None:
    item = _item(store)
    judge(store, item, "ok")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store.conn.execute(change)
    assert [j.verdict for j in judgments.history(store, item)] == ["ok"]


def test_everything_about_the_asking_is_kept(store: Store) -> None:
    item = _item(store)
    context = JudgmentContext(
        "guideline", "0.1.0", {"attribute": "The user sings.", "evidence": ["I sing"], "left": None},
        True, "active", 0.25, 1234, "earlier",
    )  # fmt: skip
    given = AttributeJudgment(
        "", item, utc_now(), context, "unsure", True, False, "outdated", "never", "só-só \ud800"
    )
    saved = judgments.save(store, given)
    assert saved.note == "só-só \ufffd"
    assert judgments.current(store, item) == saved
    assert judgments.get(store, saved.judgment_id) == saved
    assert (saved.context, saved.use) == (context, "never")
    assert [a.attribute_id for a in attributes.list_all(store, status="never")] == [item]


def test_a_change_of_mind_supersedes_and_undo_brings_the_first_back(store: Store) -> None:
    item = _item(store)
    first = judge(store, item, "bad", correction="The user hums.")
    second = judge(store, item, "ok")
    assert second.supersedes == first.judgment_id
    assert {a.text for a in attributes.list_all(store)} == {"The user sings."}
    taken = judgments.undo_last(store)
    assert taken is not None
    assert taken.supersedes == second.judgment_id
    assert judgments.current(store, item) == first
    assert {a.text for a in attributes.list_all(store)} == {"The user sings.", "The user hums."}
    assert [j.retracted for j in judgments.history(store, item)] == [False, False, True]
    correction = attributes.get(store, str(first.corrected_attribute_id))
    assert correction.corrects == item


def test_an_attribute_that_came_with_its_judgment_goes_with_it(store: Store) -> None:
    own = attributes.add_by_user(store, "The user sings.")
    context = JudgmentContext("g", "0.1.0")
    added = AttributeJudgment("", own.attribute_id, utc_now(), context, use="welcome")
    judgments.save(store, added)
    judge(store, own.attribute_id, "unsure")
    assert len(attributes.list_all(store)) == 1
    judgments.undo_last(store)
    assert len(attributes.list_all(store)) == 1
    judgments.undo_last(store)
    assert attributes.list_all(store) == []
    assert search.search(store, "sings", kinds=["attribute"]) == []
    assert attributes.counts(store)["user"] == 0
    assert attributes.get(store, own.attribute_id).judgment is None
    judge(store, own.attribute_id, "ok")
    assert len(attributes.list_all(store)) == 1


def test_judging_what_is_gone_is_told_and_leaves_no_correction(store: Store) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        judge(store, "no-such-attribute", "bad", correction="The user hums.")
    assert attributes.list_all(store) == []
