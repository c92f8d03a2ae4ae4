"""The foil as a job: whole personas or nothing, never twice, never among the person's figures."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.embeddings import MiniLmEmbedder
from models.scripted import ScriptedBackend
from persona_tui.commands.foil import group
from persona_tui.config import Settings, validated
from persona_tui.db import StoreThread
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.costs import Price
from persona_tui.jobs.foil.judging import FoilJudgeStep, expected, judge_plan, judge_played
from persona_tui.jobs.foil.playing import FoilStep, offered_prompts, plan, run_foil
from persona_tui.jobs.foil.truth import refresh
from persona_tui.paths import Paths
from persona_tui.plain.foil import FoilReview
from persona_tui.stages.foil.personas import OWN, own
from persona_tui.stages.judges.questions import AttributeItem, wording, wording_sha256
from store import attributes, conversations, figures, synthetic, user_prompts
from store.audit import (
    SyntheticAttribute,
    SyntheticConversation,
    SyntheticJudgment,
)
from store.db import Store, new_id, open_store, utc_now
from store.records import Conversation, Message
from tests.persona_tui.review_data import seed
from tests.persona_tui.stages.extraction.helpers import Stub
from tests.store.conftest import judge

EMBEDDER = MiniLmEmbedder()
GROUNDED = validated({"extraction": {"strategy": "grounded"}}, where="the test")


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    thread = StoreThread(paths.database)
    await thread.open()
    yield thread
    await thread.close()


def sayings() -> ScriptedBackend:
    return ScriptedBackend(lambda _: "I work night shifts as a nurse.")


async def run(
    db: StoreThread, count: int, stop_at: int | None = None, settings: Settings = GROUNDED
) -> list[FoilStep]:
    model = sayings()
    todo = await plan(db, model, model, Stub(), settings, turns=2, count=count)
    steps = run_foil(
        db, todo, user=model, assistant=model, extractor=Stub(), embedder=EMBEDDER,
        settings=settings,
    )  # fmt: skip
    seen = []
    async with aclosing(steps):
        async for step in steps:
            seen.append(step)
            if stop_at is not None and len(seen) >= stop_at:
                break
    return seen


async def judged(
    db: StoreThread, judge: ScriptedBackend, max_tokens: int | None = None
) -> list[FoilJudgeStep]:
    todo = await judge_plan(db, judge)
    steps = judge_played(db, judge, todo, price=Price(1.0, 1.0), max_tokens=max_tokens)
    async with aclosing(steps):
        return [step async for step in steps]


async def test_a_persona_is_whole_or_not_there(db: StoreThread) -> None:
    await run(db, 2, stop_at=3)
    assert await db.run(synthetic.conversations) == []
    steps = await run(db, 2)
    assert [step.persona for step in steps if step.done] == ["night-nurse", "retired-teacher"]
    assert steps[-1].sent > 0
    assert len(await db.run(synthetic.conversations)) == 2
    assert not any(step.done for step in await run(db, 2))
    assert sum(step.done for step in await run(db, 3)) == 1


async def test_another_extraction_is_another_run(db: StoreThread) -> None:
    await run(db, 1)
    other = validated(
        {"extraction": {"strategy": "grounded", "min_confidence": 0.6}}, where="the test"
    )
    assert sum(step.done for step in await run(db, 1, settings=other)) == 1
    assert not any(step.done for step in await run(db, 1, settings=other))
    columns = (await db.run(figures.read)).played
    assert len(set(columns.settings_sha256)) == 2
    assert None not in columns.settings_sha256


async def test_nothing_of_it_is_the_persons_and_relevance_is_asked_for(db: StoreThread) -> None:
    """Relevance was never opened, so the bank of prompts is not in the journal before."""
    assert await db.run(user_prompts.list_all) == []
    await run(db, 1)
    data = await db.run(figures.read)
    assert await db.run(attributes.list_all) == []
    assert (data.inferred, data.attributes.verdict) == (0, [])
    (played,) = await db.run(conversations.list_all, source="synthetic")
    assert played.title.startswith("Synthetic: ")
    of_truth = [verdict for verdict in data.synthetic.verdict if verdict]
    assert of_truth == ["ok"]
    asked = [key for key in data.synthetic.prompt_key if key]
    assert len(asked) == 4
    assert set(asked) <= {one.bank_key for one in await db.run(offered_prompts)}
    assert True in data.synthetic.relevant
    assert False in data.synthetic.relevant
    assert data.synthetic.failure_mode == [None] * 5


async def test_a_judge_may_come_later_and_is_asked_as_about_the_person(db: StoreThread) -> None:
    await run(db, 1)
    first = ScriptedBackend(name="first", scores=lambda _, option: float(option in ("ok", "yes")))
    plan_ = await judge_plan(db, first)
    assert (plan_.questions, plan_.known) == (5, 0)
    assert plan_.tokens > 0
    assert expected(2, 4, first) == (24, expected(2, 4, first)[1])
    steps = await judged(db, first)
    assert steps[-1].progress.done == 5
    assert steps[-1].cost is not None
    (about, *relevance) = [call for call in first.calls if call.method == "choose"]
    rows = await db.run(synthetic.attributes)
    quote = "I work night shifts as a nurse."
    same = AttributeItem("x", rows[0].text, (quote,)).question()
    # Not a word otherwise than for an attribute of the person's.
    assert about.messages[0].content.startswith(wording("attribute"))
    assert (about.messages, about.continuations, about.options) == (
        same.prefix, same.continuations, same.options
    )  # fmt: skip
    assert all(call.messages[0].content.startswith(wording("relevance")) for call in relevance)
    data = (await db.run(figures.read)).synthetic
    said = [i for i, tag in enumerate(data.model_tag) if tag == "first"]
    assert [data.verdict[i] for i in said if data.verdict[i]] == ["ok"]
    assert [data.relevant[i] for i in said if data.prompt_key[i]] == [True] * 4
    assert await judged(db, first) == []
    assert (await judge_plan(db, first)).known == 5
    assert (await judge_plan(db, ScriptedBackend(name="second"))).questions == 5
    asked = await db.run(synthetic.asked, "first", [wording_sha256("attribute")])
    assert len(asked) == 1


async def test_a_judge_stops_before_its_budget(db: StoreThread) -> None:
    await run(db, 1)
    judge = ScriptedBackend(name="judge")
    (last,) = await judged(db, judge, max_tokens=10)
    assert (last.stopped, last.sent, judge.calls) == ("budget", 0, [])
    enough = await judged(db, judge, max_tokens=1_000_000)
    assert enough[-1].stopped is None
    assert 0 < enough[-1].sent < 1_000_000


def played(store: Store, persona: str, sha256: str, *texts: str) -> list[str]:
    """A played conversation with attributes; their ids."""
    key, now = new_id(), utc_now()
    said = [Message(new_id(), key, 0, "user", "I sing in a choir.", now)]
    about = SyntheticConversation(key, persona, sha256, "m", "m", 1, now)
    synthetic.add_conversation(store, about, Conversation(key, "synthetic", "S", now, now), said)
    found = [
        SyntheticAttribute(
            new_id(), key, text, 0.9, now, ((said[0].message_id, 0, 6),), "x"
        )
        for text in texts
    ]  # fmt: skip
    synthetic.add_attributes(store, found)
    return [one.attribute_id for one in found]


async def test_truth_is_brought_up_to_date(db: StoreThread) -> None:
    mine = own(("The user sings.", "The user is vegan."))

    def old(store: Store) -> list[str]:
        ids = played(store, OWN, mine.sha256, "The user sings.", "The user collects stamps.")
        ids += played(store, OWN, "1" * 64, "The user sings.")
        rows = [
            SyntheticJudgment("", one, "truth", utc_now(), verdict="bad",
                              failure_mode="missing_evidence")
            for one in ids
        ]  # fmt: skip
        synthetic.judge(store, rows)
        return ids

    ids = await db.run(old)
    prompts = await db.run(offered_prompts)
    statements = tuple(fact.text for fact in mine.facts)
    assert await refresh(db, EMBEDDER, prompts, statements) == 3
    left = {one.attribute_id: one for one in await db.run(synthetic.judgments)}
    # What the profile does not state is undecided; an earlier profile says nothing any more.
    assert set(left) == {ids[0]}
    assert (left[ids[0]].verdict, left[ids[0]].failure_mode) == ("ok", None)
    assert await refresh(db, EMBEDDER, prompts, statements) == 0


# --- the person's part --------------------------------------------------------------------------


class Clock:
    """A second and a half passes each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.5
        return self.now


@pytest.fixture
def store(paths: Paths) -> Iterator[Store]:
    with open_store(paths.database) as opened:
        yield opened


NUMBERS = [f"The user owns {number} books." for number in range(8)]


def review(store: Store, keys: str, limit: int | None = None) -> str:
    out = io.StringIO()
    FoilReview(store, io.StringIO(keys), out, Clock()).run(limit=limit)
    return out.getvalue()


def mine_of(store: Store) -> dict[str, SyntheticJudgment]:
    return {one.attribute_id: one for one in synthetic.judgments(store) if one.rater == "person"}


def shown(told: str) -> list[str]:
    """The statements in the order in which they were asked about."""
    return re.findall(r"The user owns \d books\.", told)


def test_review_asks_in_random_order_and_keeps_how_long_it_took(store: Store) -> None:
    played(store, "night-nurse", "0" * 64, *NUMBERS)
    asked = shown(review(store, "\n" * 8))
    assert sorted(asked) == NUMBERS
    assert asked != NUMBERS
    assert shown(review(store, "\n" * 8)) == asked
    told = review(store, "a\n", limit=1)
    assert "[synthetic] night-nurse" in told
    assert "- The user is allergic to peanuts." in told
    (row,) = store.conn.execute(
        "SELECT json_extract(context, '$.latency_ms') FROM synthetic_judgments"
    ).fetchall()
    assert row[0] == 1500


def test_review_asks_why_and_shows_what_it_rests_on(store: Store) -> None:
    played(store, "night-nurse", "0" * 64, *NUMBERS[:2])
    told = review(store, "e\nx\n9\n3\nu\n\n")
    assert '"I sing"' in told
    assert "What is wrong with it?" in told
    assert "3 task, not me:" in told
    found = sorted((str(one.verdict), one.failure_mode) for one in mine_of(store).values())
    assert found == [("bad", "task_context_confusion"), ("unsure", None)]
    assert "You judged 2 now" in told


def test_undo_goes_back_as_far_as_one_likes_and_asks_again(store: Store) -> None:
    played(store, "night-nurse", "0" * 64, *NUMBERS)
    told = review(store, "a\nx\n1\na\nz\nz\nz\nz\nu\n\n")
    asked = shown(told)
    # Three were judged and a fourth was on the screen; back they come, the last first.
    assert asked[4:7] == asked[2::-1]
    first = asked[0]
    assert "There is nothing to undo." in told
    (given,) = mine_of(store).values()
    text = {one.attribute_id: one.text for one in synthetic.attributes(store)}[given.attribute_id]
    assert (text, given.verdict) == (first, "unsure")
    assert [one.verdict for one in mine_of(store).values()] == ["unsure"]


def test_undo_takes_a_verdict_back_while_its_reason_is_asked_for(store: Store) -> None:
    played(store, "night-nurse", "0" * 64, *NUMBERS[:1])
    review(store, "x\nz\na\n")
    (given,) = mine_of(store).values()
    assert (given.verdict, given.failure_mode) == ("ok", None)


def test_review_shows_ones_own_facts(store: Store) -> None:
    for one in seed(store, 1):
        judge(store, one.attribute_id, "ok")
    statement = "The user works night shifts as a nurse."
    played(store, OWN, own((statement,)).sha256, "The user sings.")
    assert f"   - {statement}" in review(store, "")
    played(store, OWN, "1" * 64, "The user dances.")
    assert "it has changed since" in review(store, "\n\n")


def test_nothing_is_told_before_the_person_has_judged(store: Store) -> None:
    ids = played(store, "night-nurse", "0" * 64, *NUMBERS[:2])
    synthetic.judge(
        store,
        [
            SyntheticJudgment("", one, "truth", utc_now(), verdict="bad") for one in ids
        ] + [SyntheticJudgment("", ids[0], "model", utc_now(), "judge", "ok")],
    )  # fmt: skip
    told = CliRunner().invoke(group, ["list"]).output
    assert "[synthetic] night-nurse: 2 attributes" in told
    assert "bad" not in told
    assert "judge:" not in told
    assert "Of 2 more, verdicts are told once you have judged them" in told
    synthetic.judge(store, [SyntheticJudgment("", ids[0], "person", utc_now(), verdict="ok")])
    told = CliRunner().invoke(group, ["list"]).output
    assert told.count("truth: bad") == 1
    assert "judge: ok" in told
    assert "person: ok" in told


# --- the verb -----------------------------------------------------------------------------------


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """Every model is this one, somewhere else."""
    model = replace(sayings(), local=False, parameters_b=0.1)
    monkeypatch.setattr(Backends, "get", lambda *_: model)
    monkeypatch.setattr(Backends, "embedder", EMBEDDER)
    return model


def test_an_estimate_asks_nothing(scripted: ScriptedBackend, home: Path) -> None:
    told = CliRunner().invoke(
        group, ["run", "--count", "2", "--judge", "j", "--price-in", "2", "--estimate"]
    )
    assert told.exit_code == 0, told.output
    assert "2 synthetic users to play (played before: 0): 16 messages" in told.output
    assert "about 24 on what is to be played" in told.output
    assert "$0.0" in told.output
    told = CliRunner().invoke(group, ["run", "--count", "1", "--estimate"])
    assert "1 synthetic user to play (played before: 0): 8 messages" in told.output
    assert scripted.calls == []


def test_a_budget_needs_a_price_and_a_judge(scripted: ScriptedBackend, home: Path) -> None:
    told = CliRunner().invoke(group, ["run", "--judge", "j", "--max-usd", "1"])
    assert "What j costs is not known" in str(told.exception)
    told = CliRunner().invoke(group, ["run", "--max-usd", "1"])
    assert "name one with --judge" in str(told.exception)
    assert scripted.calls == []


def test_what_was_played_of_the_profile_goes_to_no_remote_judge_unasked(
    scripted: ScriptedBackend, store: Store
) -> None:
    played(store, OWN, "1" * 64, "The user sings.")
    told = CliRunner().invoke(group, ["run", "--count", "0", "--judge", "j"])
    assert "Your profile would be sent to scripted.example" in str(told.exception)
    assert scripted.calls == []
    told = CliRunner().invoke(group, ["run", "--count", "0", "--judge", "j", "--yes"])
    assert told.exit_code == 0, told.output
    assert "1 of 1 verdicts" in told.output


def test_an_unknown_persona_is_a_usage_error(home: Path) -> None:
    told = CliRunner().invoke(group, ["run", "--persona", "nobody"])
    assert "There is no persona 'nobody'" in str(told.exception)


@pytest.mark.model
@pytest.mark.timeout(900)  # a minute on two free cores
async def test_the_starter_model_plays_a_user(db: StoreThread, paths: Paths) -> None:
    backends = Backends(Settings(), paths)
    try:
        model = backends.get("starter")
        todo = await plan(db, model, model, model, Settings(), turns=2, keys=("night-nurse",))
        steps = run_foil(
            db, todo, user=model, assistant=model, extractor=model, embedder=backends.embedder,
            settings=Settings(),
        )  # fmt: skip
        said = [step.turn async for step in steps if step.turn is not None]
        async with aclosing(judge_played(db, model, await judge_plan(db, model))) as verdicts:
            async for _ in verdicts:
                pass
    finally:
        await backends.close()
    assert [turn.role for turn in said] == ["user", "assistant"] * 2
    assert all(turn.text.startswith(("I ", "I'")) for turn in said[::2])
    data = await db.run(figures.read)
    assert "SmolLM2" in str(data.synthetic.model_tag) or not data.synthetic.rater
