"""The session against a plain model of what it should do, on a real journal."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from persona_tui.config import JudgingConfig
from persona_tui.jobs.review.changes import Change, OvertakenError, Written
from persona_tui.jobs.review.evidence import read_passage, read_quotes
from persona_tui.jobs.review.queue import count_attributes, read_attributes
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.stages.judging import GUIDELINE, ReviewFilter, is_judged
from store import attributes, judgments, prompts
from store.db import Store, open_store
from store.records import AttributeJudgment, Verdict
from tests.persona_tui.review_data import seed


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "j.db")


ALONE = JudgingConfig(catch_share=0.0)
"""No planted items; what lies beside the attributes is in test_review_drawing."""


def begin(store: Store, count: int = 5) -> ReviewSession:
    seed(store, count)
    return ReviewSession.load(store, surface="plain", config=ALONE)


def write(store: Store, session: ReviewSession, change: Change | None) -> Written:
    assert change is not None
    written = change.write(store)
    session.done(change, written)
    return written


def test_ok_goes_on_and_is_kept(store: Store) -> None:
    session = begin(store)
    first, second = session.current, session.upcoming
    assert first is not None
    change = session.judge("ok")
    assert session.current == second
    write(store, session, change)
    kept = judgments.current(store, first.attribute_id)
    assert kept is not None
    assert (kept.verdict, kept.failure_mode) == ("ok", None)
    assert session.standing.left == 4
    assert session.last is not None
    assert session.last[0] == first


def test_bad_is_kept_before_the_reason_is(store: Store) -> None:
    session = begin(store)
    key = session.current_id
    assert key is not None
    write(store, session, session.judge("bad"))
    assert session.current_id == key
    assert session.phase == "why"
    assert session.evidence_open
    without = judgments.current(store, key)
    assert without is not None
    assert (without.verdict, without.failure_mode) == ("bad", None)
    write(store, session, session.why("outdated"))
    assert session.current_id != key
    rows = judgments.history(store, key)
    assert [row.failure_mode for row in rows] == [None, "outdated"]
    assert rows[1].supersedes == rows[0].judgment_id
    assert rows[1].context.shown["evidence_open_at_verdict"] is False
    assert rows[1].context.latency_ms == rows[0].context.latency_ms


def test_how_it_was_asked_is_kept(store: Store) -> None:
    session = begin(store)
    current = session.current
    assert current is not None
    session.toggle_evidence()
    write(store, session, session.judge("ok"))
    kept = judgments.current(store, current.attribute_id)
    assert kept is not None
    context = kept.context
    assert context.guideline_sha256 == GUIDELINE.sha256
    assert prompts.text(store, context.guideline_sha256) == GUIDELINE.text
    assert context.model_hidden
    assert (context.sampling, context.inclusion_prob) == ("random", 1.0)
    assert context.latency_ms is not None
    assert context.shown["attribute"] == current.text
    span = current.evidence[0]
    assert context.shown["evidence"] == [[span.message_id, span.start, span.end]]
    assert span.quote not in str(context.shown)


def test_the_guideline_is_there_with_each_judgment_also_after_forgetting(store: Store) -> None:
    from store import forgetting

    session = begin(store, 2)
    write(store, session, session.judge("ok"))
    forgetting.forget_everything(store)  # as another window does it
    seed(store, 2, title="Another")
    assert session.refresh(read_attributes(store), session.version)
    key = session.current_id or ""
    write(store, session, session.judge("ok"))
    kept = judgments.current(store, key)
    assert kept is not None
    assert prompts.text(store, kept.context.guideline_sha256) == GUIDELINE.text


def test_a_change_of_mind_after_the_model_was_told_says_so(store: Store) -> None:
    session = begin(store)
    key = session.current_id or ""
    write(store, session, session.judge("ok"))
    assert session.back()
    assert session.current_id == key
    write(store, session, session.judge("bad"))
    hidden = [row.context.model_hidden for row in judgments.history(store, key)]
    assert hidden == [True, False]
    assert session.judged_now == 1


def test_what_the_person_picked_has_no_probability(store: Store) -> None:
    session = begin(store)
    session.set_filter(ReviewFilter("all", query="short answers"))
    assert session.current is not None
    assert "short answers" in session.current.text
    row = session.judge("ok")
    assert row is not None
    assert row.after is not None
    assert row.after.context.inclusion_prob is None


def test_nobody_answers_unseen_whether_their_words_show_it(store: Store) -> None:
    session = begin(store)
    assert session.toggle_supported() is None
    assert session.evidence_open
    answers = []
    for _ in range(3):
        change = session.toggle_supported()
        assert change is not None
        assert change.after is not None
        answers.append(change.after.supported)
    assert answers == [True, False, None]


def test_answers_without_a_verdict_leave_the_item_in_the_queue(store: Store) -> None:
    session = begin(store)
    key = session.current_id
    write(store, session, session.toggle_use())
    assert session.current_id == key
    assert session.standing.left == 5
    again = ReviewSession.load(store, surface="plain")
    assert again.current_id == key
    assert again.judgment is not None
    assert again.judgment.use == "never"


def test_it_resumes_where_it_was_left_in_the_same_order(store: Store) -> None:
    session = begin(store, 12)
    order: list[str] = []
    for _ in range(4):
        order.append(session.current_id or "")
        write(store, session, session.judge("ok"))
    upcoming = session.current_id
    again = ReviewSession.load(store, surface="screen", config=ALONE)
    assert again.current_id == upcoming
    assert again.standing.left == 8
    assert again.standing.total == 12
    assert again.current_id not in order


def test_the_order_does_not_follow_confidence(store: Store) -> None:
    session = begin(store, 40)
    seen: list[float] = []
    while session.current is not None:
        seen.append(session.current.confidence or 0)
        session.judge("ok")
    assert seen != sorted(seen)
    assert seen != sorted(seen, reverse=True)
    assert len(seen) == 40


def test_skipped_items_come_again_and_the_last_one_stays(store: Store) -> None:
    session = begin(store, 3)
    skipped = session.current_id
    assert session.skip()
    session.judge("ok")
    session.judge("ok")
    assert session.current_id == skipped
    assert not session.skip()
    session.judge("ok")
    assert session.phase == "done"
    assert session.back()


def test_a_correction_is_the_persons_own_and_the_verdict_still_asked(store: Store) -> None:
    session = begin(store)
    key = session.current_id or ""
    written = write(store, session, session.correct("  The user works nights. "))
    assert written.added is not None
    assert (written.added.text, written.added.strategy) == ("The user works nights.", "user")
    assert written.added.corrects == key
    assert session.current_id == key
    assert session.correction == "The user works nights."
    assert not is_judged(session.judgment)
    write(store, session, session.judge("ok"))
    kept = judgments.current(store, key)
    assert kept is not None
    assert kept.corrected_attribute_id == written.added.attribute_id
    assert key in {row.attribute_id for row in attributes.list_all(store)}
    # Own sentences are not asked about.
    assert (
        written.added.attribute_id
        not in ReviewSession.load(store, surface="plain").queue.attributes
    )


def test_undo_of_a_correction_hides_it(store: Store) -> None:
    session = begin(store)
    session_key = session.current_id
    written = write(store, session, session.correct("Better."))
    assert written.added is not None
    write(store, session, session.undo())
    assert session.correction is None
    assert session.current_id == session_key
    assert written.added.attribute_id not in {
        row.attribute_id for row in attributes.list_all(store)
    }


def test_what_was_added_can_be_taken_back_now_and_later(store: Store) -> None:
    from persona_tui.stages.profile import build_profile

    session = begin(store)
    write(store, session, session.add("I sing."))
    write(store, session, session.judge("ok"))
    assert "I sing." in str(build_profile(attributes.list_all(store)))
    write(store, session, session.undo())
    write(store, session, session.undo())
    assert "I sing." not in str(build_profile(attributes.list_all(store)))
    assert attributes.list_all(store, query="sing") == []
    assert session.standing.left == 5
    write(store, session, session.add("I dance."))
    later = ReviewSession.load(store, surface="plain")
    written = write(store, later, later.undo())
    assert written.added is None
    assert "I dance." not in str(build_profile(attributes.list_all(store)))


def test_undo_goes_back_into_earlier_sittings_until_nothing_stands(store: Store) -> None:
    session = begin(store)
    first = session.current_id
    write(store, session, session.judge("bad"))
    write(store, session, session.why("other"))
    write(store, session, session.judge("ok"))
    later = ReviewSession.load(store, surface="plain")
    write(store, later, later.undo())
    assert later.standing.left == 4
    write(store, later, later.undo())
    assert later.current_id == first
    assert later.phase == "why"
    write(store, later, later.undo())
    assert later.standing.left == 5
    assert later.current_id == first
    assert write(store, later, later.undo()).attribute_id is None


def test_what_could_not_be_saved_comes_back(store: Store) -> None:
    session = begin(store)
    first = session.current_id
    bad, why = session.judge("bad"), session.why("other")
    second = session.current_id
    fine = session.judge("ok")
    assert bad is not None
    assert why is not None
    assert second != first
    session.failed(bad)
    assert session.current_id == first
    assert session.judgment is None
    session.failed(why)
    assert session.judgment is None
    write(store, session, fine)
    assert session.standing.left == 4
    assert session.judged_now == 1
    # What is undone next is the step that was saved.
    undone = session.undo()
    assert undone.attribute_id == second
    session.failed(undone)
    assert session.standing.left == 4
    write(store, session, session.undo())
    assert session.standing.left == 5


def test_two_windows_judge_at_once_and_each_undoes_its_own(store: Store) -> None:
    session = begin(store)
    other = ReviewSession.load(store, surface="plain")
    first = session.current_id or ""
    write(store, session, session.judge("ok"))
    write(store, other, other.judge("unsure"))  # the same one: both windows began with it
    write(store, other, other.why("outdated"))
    write(store, session, session.judge("ok"))
    second = session._steps[-1].attribute_id
    write(store, other, other.judge("bad"))  # this one too, after it was judged here
    rows = [row.verdict for row in judgments.history(store, second)]
    assert rows == ["ok", "bad"]  # neither is lost
    write(store, session, session.judge("ok"))
    third = session._steps[-1].attribute_id
    assert judgments.current(store, third) is not None
    write(store, session, session.undo())  # its own newest, whatever came in elsewhere since
    assert judgments.current(store, third) is None
    for key in (second, first):
        overtaken = session.undo()
        with pytest.raises(OvertakenError, match="Another window"):
            overtaken.write(store)
        session.failed(overtaken, OvertakenError("as above"))
        kept = judgments.current(store, key)
        assert kept is not None
        assert kept.verdict in ("bad", "unsure")
    assert session.undo().undone is None  # none of them stands in the way for ever
    assert count_attributes(store) != session.queue.counts
    assert session.refresh(read_attributes(store), session.version)
    assert count_attributes(store) == session.queue.counts


def test_what_was_told_stays_told_when_it_is_taken_back(store: Store) -> None:
    session = begin(store, 1)
    key = session.current_id or ""
    write(store, session, session.judge("ok"))  # now the model's confidence was shown
    write(store, session, session.undo())
    later = ReviewSession.load(store, surface="plain")
    assert not is_judged(later.judgment)
    write(store, later, later.judge("bad"))
    kept = judgments.current(store, key)
    assert kept is not None
    assert kept.context.model_hidden is False


def test_what_happened_elsewhere_is_taken_over(store: Store) -> None:
    session = begin(store, 3)
    here = session.current_id
    version = session.version
    seed(store, 2, title="Another")
    assert session.refresh(read_attributes(store), version)
    assert session.current_id == here
    assert session.standing.total == 5
    stale = session.version
    session.judge("ok")
    assert not session.refresh([], stale)
    assert session.standing.total == 5


def test_latency_is_of_the_verdict_alone(store: Store) -> None:
    seed(store, 3)
    now = [100.0]
    session = ReviewSession(attributes.list_all(store), surface="screen", clock=lambda: now[0])
    now[0] += 3
    session.painted()
    now[0] += 2
    session.watch.pause("screen")
    now[0] += 60
    session.watch.resume("screen")
    change = session.judge("bad")
    now[0] += 5
    why = session.why("other")
    assert change is not None
    assert change.after is not None
    assert why is not None
    assert why.after is not None
    assert change.after.context.latency_ms == 2000
    assert why.after.context.latency_ms == 2000


def test_evidence_is_read_in_its_place(store: Store) -> None:
    seed(store)
    nurse = next(row for row in attributes.list_all(store) if "nurse" in row.text)
    (quote,) = read_quotes(store, nurse)
    assert quote.text == "I work as a nurse on night shifts"
    assert quote.before.endswith("in Lisbon? ")
    assert quote.after.startswith(", so I sleep")
    passage = read_passage(store, nurse.evidence[0])
    assert not passage.edited
    from store import messages

    messages.supersede_from(store, passage.conversation.conversation_id, 0)
    messages.append(store, passage.conversation.conversation_id, "user", "Another one")
    passage = read_passage(store, nurse.evidence[0])
    assert passage.edited
    assert [message.message_id for message in passage.messages] == [nurse.evidence[0].message_id]


# --- undo against a model -------------------------------------------------------------------------


@dataclass
class Model:
    """What a person thinks is in force: a list of steps, each with the state before it."""

    answers: dict[str, tuple[object, ...]] = field(default_factory=dict)
    before: list[dict[str, tuple[object, ...]]] = field(default_factory=list)

    def step(self, key: str, row: AttributeJudgment | None) -> None:
        self.before.append(dict(self.answers))
        assert row is not None
        self.answers[key] = told(row)

    def undo(self) -> None:
        if self.before:
            self.answers = self.before.pop()


def told(row: AttributeJudgment) -> tuple[object, ...]:
    return (row.verdict, row.failure_mode, row.accurate, row.supported, row.use, row.note)


class Sitting(RuleBasedStateMachine):
    """Keys in any order, restarts between them; the store always says what the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name) / "j.db")
        seed(self.store, 3)
        self.session = ReviewSession.load(self.store, surface="plain")
        self.model = Model()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def take(self, key: str | None, change: Change | None) -> None:
        if change is None or key is None:
            return
        self.model.step(key, change.after)
        self.session.done(change, change.write(self.store))

    @rule(verdict=st.sampled_from(["ok", "unsure", "bad"]))
    def judge(self, verdict: Verdict) -> None:
        self.take(self.session.current_id, self.session.judge(verdict))

    @rule()
    def why(self) -> None:
        self.take(self.session.current_id, self.session.why("other"))

    @rule()
    def accurate(self) -> None:
        self.take(self.session.current_id, self.session.toggle_accurate())

    @rule()
    def supported(self) -> None:
        self.take(self.session.current_id, self.session.toggle_supported())

    @rule()
    def use(self) -> None:
        self.take(self.session.current_id, self.session.toggle_use())

    @rule(text=st.sampled_from(["", "so"]))
    def note(self, text: str) -> None:
        self.take(self.session.current_id, self.session.note(text))

    @rule()
    def skip(self) -> None:
        self.session.skip()

    @rule()
    def back(self) -> None:
        self.session.back()

    @rule()
    def undo(self) -> None:
        change = self.session.undo()
        self.session.done(change, change.write(self.store))
        self.model.undo()

    @precondition(lambda self: self.model.before)
    @rule()
    def restart(self) -> None:
        self.session = ReviewSession.load(self.store, surface="plain")

    @invariant()
    def all_agree(self) -> None:
        stored = {
            row.attribute_id: told(row.judgment)
            for row in attributes.list_all(self.store)
            if row.judgment is not None
        }
        assert stored == self.model.answers
        assert {key: told(row) for key, row in self.session.queue.judgments.items()} == stored
        left = sum(1 for answer in stored.values() if answer[0] is None) + 3 - len(stored)
        queue = self.session.queue
        assert sum(not is_judged(queue.judgments.get(key)) for key in queue.attributes) == left


Sitting.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSitting = Sitting.TestCase
