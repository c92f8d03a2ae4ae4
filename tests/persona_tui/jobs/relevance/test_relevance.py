"""Judging relevance: the session, the line mode, what models say beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from models.embeddings import HashedEmbedder, MiniLmEmbedder
from models.errors import UnavailableError
from models.protocol import Backend
from models.scripted import ScriptedBackend
from persona_tui.config import CompareConfig, JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.compare.orders import orders
from persona_tui.jobs.relevance import skips as relevance_skips
from persona_tui.jobs.relevance.beside import Beside
from persona_tui.jobs.relevance.changes import Change, write
from persona_tui.jobs.relevance.scoring import score_prompt
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.relevance.summary import model_lines, own_line
from persona_tui.paths import Paths
from persona_tui.plain.relevance import PlainRelevance
from persona_tui.stages.judging.questions import RELEVANCE
from persona_tui.stages.prompts.bank import BANK
from persona_tui.stages.relevance.verdicts import llm_tag
from store import model_judgments, prompts, relevance, user_prompts
from store.db import Store, open_store, utc_now
from store.errors import StoreError
from tests.persona_tui.audit_data import audit

CONFIG = JudgingConfig()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "persona.db") as opened:
        yield opened


def later(days: float) -> datetime:
    return utc_now() + timedelta(days=days)


def put(store: Store, change: Change | None) -> None:
    assert change is not None
    assert (write(store, change) is None) == (change.kind in ("skip", "take_up"))


def finish(store: Store, session: RelevanceSession, *, yes: int = 1) -> None:
    """Answer the rest of this sheet: ``yes`` times yes, then no."""
    place = 0
    while session.phase == "ask":
        put(store, session.answer(place < yes))
        place += 1


def load(store: Store, config: JudgingConfig = CONFIG, days: float = 0) -> RelevanceSession:
    return RelevanceSession.load(store, config, surface="screen", now=lambda: later(days))


def test_a_prompt_is_gone_through_and_resumed(store: Store) -> None:
    accepted, _ = audit(store)
    session = load(store)
    assert session.sheet is not None
    assert {draw.item_id for draw in session.sheet.items} == {a.attribute_id for a in accepted}
    assert session.standing.of == 5
    put(store, session.answer(True))
    put(store, session.answer(False))
    again = load(store)
    assert again.sheet == session.sheet
    assert (again.place, again.attribute) == (session.place, session.attribute)
    finish(store, again, yes=0)
    assert again.phase == "summary"
    assert own_line(again) == "You said yes to 1 of 5."
    again.next_prompt()
    assert again.sheet is not None
    assert again.sheet.key != session.sheet.key
    row = relevance.in_force(store)[0]
    assert row.context.model_hidden
    assert row.context.inclusion_prob == 1.0
    assert prompts.text(store, row.context.guideline_sha256).startswith("Relevance guideline")


def test_never_ones_are_never_asked_about(store: Store) -> None:
    audit(store, 2, extra=3)
    session = load(store)
    assert len(session.material.accepted) == 2
    assert RelevanceSession.load(
        open_store(store.path.parent / "empty.db"), CONFIG, surface="plain"
    ).phase == "no_attributes"  # fmt: skip


def test_of_many_a_random_subset_is_asked_about(store: Store) -> None:
    audit(store, 12, extra=0)
    session = load(store, changed(CONFIG, attributes_per_prompt=3))
    subsets = {frozenset(d.item_id for d in sheet.items) for sheet in session._sheets.values()}
    assert len(subsets) > 1
    assert session.item is not None
    assert session.item.inclusion_prob == 0.25


def test_undo_goes_back_over_sittings(store: Store) -> None:
    audit(store)
    session = load(store)
    put(store, session.answer(True))
    put(store, session.answer(False))
    session = load(store)
    put(store, session.answer(True))
    put(store, session.undo())
    assert session.standing.judged_now == 0
    assert len(relevance.in_force(store)) == 2
    change = session.undo()
    assert change.kind == "undo_earlier"
    assert write(store, change) is not None
    assert len(relevance.in_force(store)) == 1
    assert write(store, session.undo()) is not None
    assert write(store, session.undo()) is None


def test_a_change_of_mind_supersedes_and_comes_back_by_undo(store: Store) -> None:
    audit(store)
    session = load(store)
    put(store, session.answer(True))
    assert session.back()
    put(store, session.answer(False))
    (row,) = relevance.in_force(store)
    assert row.relevant is False
    put(store, session.undo())
    (row,) = relevance.in_force(store)
    assert row.relevant is True


def test_what_is_skipped_closes_the_prompt_and_can_be_taken_up_again(store: Store) -> None:
    audit(store, 3, prompts=("What shall I cook tonight?",))
    session = load(store)
    first = session.attribute
    put(store, session.skip())
    put(store, session.answer(True))
    put(store, session.answer(True))
    assert session.phase == "summary"
    assert own_line(session) == "You said yes to 2 of 2, and skipped 1."
    session = load(store)  # another sitting
    assert (session.phase, session.skipped) == ("done", 1)
    put(store, session.take_up())
    assert (session.phase, session.attribute, session.skipped) == ("ask", first, 0)
    assert load(store).attribute == first
    put(store, session.answer(False))
    assert session.phase == "summary"
    assert session.take_up() is None
    assert relevance_skips.read(store) == set()
    assert len(relevance.in_force(store)) == 3


def test_a_skipped_one_does_not_hold_up_the_pair(store: Store) -> None:
    audit(store, 3, prompts=("What shall I cook tonight?",))
    session = load(store)
    put(store, session.answer(True))
    put(store, session.answer(True))
    assert orders(store, CONFIG, CompareConfig()) == []
    put(store, session.skip())
    (order,) = orders(store, CONFIG, CompareConfig())
    assert len(order.attributes) == 2
    put(store, session.take_up())
    assert orders(store, CONFIG, CompareConfig()) == []


def test_a_skip_can_be_taken_back_and_a_failed_one_is_none(store: Store) -> None:
    audit(store, 2)
    session = load(store)
    first = session.attribute
    put(store, session.skip())
    put(store, session.undo())
    assert session.attribute == first
    assert relevance_skips.read(store) == set()
    change = session.skip()
    assert change is not None
    session.failed(change)
    assert (session.attribute, session.skipped) == (first, 0)
    put(store, session.skip())
    assert session.back()
    assert session.attribute == first
    assert session.skip() is None  # it is skipped already
    put(store, session.answer(True))
    assert session.phase == "summary"
    change = session.undo()
    assert change.row is not None
    put(store, change)
    put(store, session.skip())
    change = session.take_up()
    assert change is not None
    session.failed(change)
    assert session.skipped == 2


def test_progress_counts_prompts_done_at_any_time(store: Store) -> None:
    audit(store, 2)
    session = load(store)
    assert (session.standing.prompt, session.standing.prompts) == (1, 3)
    finish(store, session)
    assert session.standing.prompt == 1
    session.next_prompt()
    assert session.standing.prompt == 2
    session = load(store)
    assert (session.standing.prompt, session.standing.prompts) == (2, 3)


def test_all_five_levels_fit_into_a_line_of_eighty_columns() -> None:
    line = "    ".join(f"{n} {label}" for n, (_, label, _) in enumerate(RELEVANCE.levels, 1))
    assert len("✓ " + line) <= 76


def test_levels_fold(store: Store) -> None:
    audit(store)
    session = load(store)
    for digit in (1, 2, 3, 4, 5):
        put(store, session.answer_level(digit))
    assert [row.relevant for row in relevance.in_force(store)] == [True, True, True, False, False]
    assert session.answer_level(9) is None


def test_some_come_again_after_a_week_and_look_like_any_other(store: Store) -> None:
    audit(store, 5, prompts=("What shall I cook tonight?",))
    config = changed(CONFIG, repeat_share=1.0)
    finish(store, load(store, config))
    assert load(store, config, days=6.9).phase == "done"
    session = load(store, config, days=7.1)
    assert session.sheet is not None
    assert len(session.sheet.items) == 5
    finish(store, session, yes=5)
    assert len(relevance.in_force(store)) == len(relevance.repeats(store)) == 5
    assert all(row.context.inclusion_prob == 1.0 for row in relevance.repeats(store))
    assert load(store, config, days=30).phase == "done"


def test_what_cannot_be_written_is_asked_again(store: Store) -> None:
    audit(store)
    session = load(store)
    first = session.attribute
    change = session.answer(True)
    assert change is not None
    session.failed(change)
    assert session.attribute == first
    assert session.standing.judged_now == 0


def test_a_prompt_can_be_left_added_and_dropped(store: Store) -> None:
    audit(store)
    session = load(store)
    assert session.sheet is not None
    first = session.sheet.key
    session.next_prompt()
    assert session.sheet.key != first
    session.add_prompt(user_prompts.add(store, "Something new?"))
    assert session.sheet.prompt.text == "Something new?"
    dropped = session.drop_prompt()
    assert dropped is not None
    assert dropped not in session._sheets


async def test_models_judge_beside_and_are_told_afterwards(tmp_path: Path) -> None:
    async with StoreThread(tmp_path / "p.db") as db:
        _, (prompt, *_) = await db.run(audit)
        session = await db.run(load)
        attributes = list(session.material.accepted.items())
        model = ScriptedBackend(scores=lambda _, option: 0.0 if option == "yes" else -1.0)

        async def score() -> int:
            steps = score_prompt(db, model, MiniLmEmbedder(), prompt, attributes)
            async with aclosing(steps):
                return [step.done async for step in steps][-1]

        assert await score() == 15
        assert await score() == 0
        rows = await db.run(model_judgments.list_all, prompt_id=prompt.prompt_id)
        mine = [row for row in rows if row.model_tag == llm_tag(model)]
        # It says yes to everything, also to what has no content: calibrated it says nothing.
        assert {row.probability for row in mine} == {0.5}
        assert {row.detail["raw"] for row in mine} == {0.731059}
        assert model_lines(session, rows) == []
        session.go_to(prompt.prompt_id)
        while session.phase == "ask":
            await db.run(put, session.answer(False))
        lines = model_lines(session, rows)
        assert [line.tag for line in lines][:2] == ["bm25", "embedding:all-MiniLM-L6-v2"]
        assert lines[-1].yes == 5
        assert session.told() == prompt.prompt_id
        assert session.told() is None


def test_line_by_line(store: Store) -> None:
    audit(store, 2, prompts=("What shall I cook tonight?",))
    out = io.StringIO()
    said = "?\nwhat\ny\nz\n3\nn\n"
    PlainRelevance(store, CONFIG, io.StringIO(said), out, prompt=False).run()
    text = out.getvalue()
    assert "Prompt 1 of 1: What shall I cook tonight?" in text
    assert "'what' is no answer" in text
    assert "You said yes to 1 of 2." in text
    assert "Nothing is left to ask." in text
    assert [row.relevant for row in relevance.in_force(store)] == [True, False]
    out = io.StringIO()
    PlainRelevance(store, CONFIG, io.StringIO("+ A new one?\ny\ny\nz\n"), out, prompt=False).run()
    assert "Nothing is left" in out.getvalue()


def test_line_mode_takes_up_what_was_skipped(store: Store) -> None:
    audit(store, 2, prompts=("What shall I cook tonight?",))
    out = io.StringIO()
    said = "t\ns\ny\nt\nn\n"
    PlainRelevance(store, CONFIG, io.StringIO(said), out, prompt=False).run()
    text = out.getvalue()
    assert text.count("There is nothing that you skipped.") == 1
    assert "and skipped 1." in text
    assert "but 1 that you skipped: t takes them up" in text
    assert "Nothing is left to ask. You judged 2 now." in text
    assert [row.relevant for row in relevance.in_force(store)] == [True, False]


def test_the_limit_and_the_end_of_input(store: Store) -> None:
    audit(store)
    PlainRelevance(store, CONFIG, io.StringIO("y\ny\ny\n"), io.StringIO()).run(limit=2)
    assert len(relevance.in_force(store)) == 2
    PlainRelevance(store, CONFIG, io.StringIO("z\n"), io.StringIO()).run()
    assert len(relevance.in_force(store)) == 1


def test_a_repeat_that_is_taken_back_comes_again_as_a_repeat(store: Store) -> None:
    audit(store, 5, prompts=("What shall I cook tonight?",))
    config = changed(CONFIG, repeat_share=1.0)
    finish(store, load(store, config))
    session = load(store, config, days=8)
    taken = session.attribute
    put(store, session.answer(True))
    row = write(store, load(store, config, days=8).undo())
    assert row is not None
    session = load(store, config, days=8)
    session.return_to(row)
    assert session.phase == "ask"
    assert not session.may_tell
    assert session.attribute == taken
    put(store, session.answer(True))
    assert len(relevance.repeats(store)) == 1


def test_a_change_of_mind_does_not_finish_a_prompt_twice(store: Store) -> None:
    audit(store, 2)
    session = load(store)
    finish(store, session)
    assert session.back()
    put(store, session.answer(True))
    assert session.standing.prompts_done == 1
    put(store, session.undo())
    assert session.standing.prompts_done == 1
    put(store, session.undo())
    assert session.standing.prompts_done == 0


def test_the_scale_that_is_kept_is_the_one_answered_on(store: Store) -> None:
    audit(store)
    session = load(store)
    put(store, session.answer_level(2))
    session.five = True
    put(store, session.answer(True))
    rows = relevance.in_force(store)
    assert [row.context.shown["scale"] for row in rows] == ["five", "yes_no"]


def test_what_is_under_way_stays_first_when_a_prompt_joins(store: Store) -> None:
    audit(store)
    put(store, load(store).answer(True))
    session = load(store)
    assert session.sheet is not None
    first = session.sheet.key
    for number in range(20):
        session.join_prompt(user_prompts.add(store, f"Number {number}?"))
    assert next(iter(session._sheets)) == first


def test_a_prompt_that_joins_when_all_is_done_is_asked_about(store: Store) -> None:
    audit(store, 2, prompts=("What shall I cook tonight?",))
    session = load(store)
    finish(store, session)
    session.next_prompt()
    assert session.phase == "done"
    session.join_prompt(user_prompts.add(store, "Something new?"))
    assert session.item is not None


@pytest.mark.parametrize("said", ["y\nz\n", "z\n"])
def test_an_undo_that_failed_is_not_called_done(
    store: Store, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    audit(store)
    put(store, load(store).answer(True))
    standing = len(relevance.in_force(store))

    def full(store: Store, change: Change) -> object:
        if change.kind != "answer":
            raise StoreError("The disk is full.")
        return write(store, change)

    monkeypatch.setattr("persona_tui.plain.relevance.write", full)
    out = io.StringIO()
    PlainRelevance(store, CONFIG, io.StringIO(said), out, prompt=False).run()
    assert "The disk is full." in out.getvalue()
    assert "Taken back" not in out.getvalue()
    assert "nothing to undo" not in out.getvalue()
    assert len(relevance.in_force(store)) == standing + said.count("y")


def beside_of(paths: Paths, model: Backend) -> Beside:
    def open_backends() -> Backends:
        return Backends(Settings(), paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)

    return Beside(paths.database, CONFIG, open_backends)


def yes_sayer(*, local: bool = True) -> ScriptedBackend:
    return ScriptedBackend(scores=lambda _, option: 0.0 if option == "yes" else -1.0, local=local)


def test_line_mode_tells_what_models_said_when_a_prompt_is_done_and_not_before(
    paths: Paths,
) -> None:
    with open_store(paths.database) as store:
        audit(store, 2, prompts=("What shall I cook tonight?",))
        out = io.StringIO()
        with beside_of(paths, yes_sayer()) as beside:
            beside.prepare()
            session = RelevanceSession.load(store, CONFIG, surface="plain")
            assert len(session._sheets) == 1 + len(BANK)
            (mine,) = user_prompts.list_all(store, origin="user")
            PlainRelevance(
                store, CONFIG, io.StringIO("y\nn\n"), out, prompt=False, prompt_id=mine.prompt_id,
                beside=beside,
            ).run(limit=2)  # fmt: skip
    before, after = out.getvalue().split("You said yes to 1 of 2.")
    assert "stand in no figure" in before
    assert "would use" not in before
    assert after.count("would use") == 3


def test_what_was_judged_and_not_scored_is_scored_afterwards(paths: Paths) -> None:
    model = yes_sayer()
    with open_store(paths.database) as store:
        audit(store, 3)
        put(store, load(store).answer(True))  # left early, in a window without models
        with beside_of(paths, model) as beside:
            assert beside.finish() is None
            rows = model_judgments.list_all(store)
            assert len({row.prompt_id for row in rows}) == 1
            assert len(rows) == 3 * 3
            asked = len(model.calls)
            assert beside.finish() is None
    assert len(model.calls) == asked


def test_words_go_to_no_remote_model_beside(paths: Paths) -> None:
    model = yes_sayer(local=False)
    with open_store(paths.database) as store:
        audit(store, 3)
        put(store, load(store).answer(True))
        with beside_of(paths, model) as beside:
            assert beside.finish() is None
        assert len(model_judgments.list_all(store)) == 2 * 3
    assert model.calls == []


def test_a_model_that_fails_is_told_and_holds_up_nothing(paths: Paths) -> None:
    model = yes_sayer()
    model.fail = UnavailableError("The model is gone.")
    out = io.StringIO()
    with open_store(paths.database) as store:
        audit(store, 1, prompts=("What shall I cook tonight?",))
        with beside_of(paths, model) as beside:
            PlainRelevance(
                store, CONFIG, io.StringIO("y\n"), out, prompt=False, beside=beside
            ).run()
            assert beside.finish() == "The model could not be asked: The model is gone."
    assert "The model could not be asked: The model is gone." in out.getvalue()
    assert out.getvalue().count("would use") == 2
