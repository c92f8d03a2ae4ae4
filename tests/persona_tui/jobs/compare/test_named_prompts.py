"""Prompts that the person names out of their turn are no random draws: no inclusion probability."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.config import CompareConfig, JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.compare.orders import orders
from persona_tui.jobs.compare.responding import make_ahead
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.reporting import report_now
from persona_tui.paths import Paths
from persona_tui.plain.relevance import PlainRelevance
from store import relevance, user_prompts
from store.audit import ResponsePair
from store.db import Store, open_store
from tests.persona_tui.audit_data import audit

CONFIG = JudgingConfig(repeat_share=0.0, catch_share=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "persona.db") as opened:
        yield opened


def answer(store: Store, session: RelevanceSession, times: int) -> None:
    for _ in range(times):
        change = session.answer(True)
        assert change is not None
        write(store, change)


def probabilities(store: Store) -> dict[str, set[float | None]]:
    found: dict[str, set[float | None]] = {}
    for row in relevance.in_force(store):
        found.setdefault(row.prompt_id, set()).add(row.context.inclusion_prob)
    return found


def load(store: Store, **named: object) -> RelevanceSession:
    return RelevanceSession.load(store, CONFIG, surface="screen", **named)  # type: ignore[arg-type]


def later_prompt(session: RelevanceSession) -> str:
    assert session.sheet is not None
    return next(key for key in session._sheets if key != session.sheet.key)


def test_what_is_typed_in_and_taken_up_at_once_is_not_drawn(store: Store) -> None:
    audit(store)
    session = load(store)
    assert session.sheet is not None
    first = session.sheet.key
    answer(store, session, 2)
    typed = user_prompts.add(store, "What shall I wear?")
    session.add_prompt(typed)
    answer(store, session, 2)
    # What is left of it later, in another sitting, was not drawn either; the one before was.
    answer(store, load(store, prompt_id=typed.prompt_id), 3)
    answer(store, load(store), 3)
    assert probabilities(store) == {first: {1.0}, typed.prompt_id: {None}}
    data = report_now(store).get("stage2.yes_rate")
    assert data is not None
    assert data.n == 5


def test_a_prompt_named_before_its_first_answer_stays_named(store: Store) -> None:
    audit(store)
    session = load(store)
    typed = user_prompts.add(store, "What shall I wear?")
    session.add_prompt(typed)
    again = load(store, prompt_id=typed.prompt_id, chosen=session.material.chosen)
    answer(store, again, 1)
    assert probabilities(store) == {typed.prompt_id: {None}}


def test_line_by_line_too(store: Store) -> None:
    audit(store)
    named = later_prompt(load(store))
    PlainRelevance(
        store, CONFIG, io.StringIO("y\ny\n"), io.StringIO(), prompt=False, prompt_id=named
    ).run()
    assert probabilities(store) == {named: {None}}


def test_the_prompt_whose_turn_it_is_may_be_named(store: Store) -> None:
    audit(store)
    session = load(store)
    assert session.sheet is not None
    session.choose(session.sheet.key)
    answer(store, session, 1)
    begun = session.sheet.key
    session.choose(later_prompt(session))
    session.choose(begun)  # under way: its other answers were drawn
    answer(store, session, 1)
    assert probabilities(store) == {begun: {1.0}}


async def pair(db: StoreThread, prompt_id: str | None) -> ResponsePair:
    backend = ScriptedBackend(lambda _: "Rice.")
    settings = Settings(judging=CONFIG, compare=CompareConfig())
    steps = make_ahead(
        db, settings, backend=backend, other=None, embedder=HashedEmbedder(), count=1, arm="all",
        prompt_id=prompt_id,
    )  # fmt: skip
    async with aclosing(steps):
        made = [step.pair async for step in steps if step.pair is not None]
    return made[0]


async def test_a_pair_for_a_named_prompt_is_not_drawn(paths: Paths) -> None:
    async with StoreThread(paths.database) as db:
        _, prompts = await db.run(audit)
        assert (await pair(db, prompts[1].prompt_id)).inclusion_prob is None
        assert (await pair(db, None)).inclusion_prob == 1.0


def test_pairs_of_prompts_that_were_judged_out_of_turn_are_not_drawn(store: Store) -> None:
    audit(store)
    session = load(store)
    named = later_prompt(session)
    session.choose(named)
    answer(store, session, 5)
    session.next_prompt()
    answer(store, session, 5)
    made = orders(store, CONFIG, CompareConfig())
    assert {one.prompt.prompt_id == named for one in made if one.named} == {True}
    assert [one.named for one in made].count(False) == 1
