"""What to ask next: worked out with a model in use, asked in all three stages, told by nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from models.embeddings import HashedEmbedder
from persona_tui.config import CompareConfig, JudgingConfig
from persona_tui.db import StoreThread
from persona_tui.jobs import picks
from persona_tui.jobs.compare.orders import orders
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.jobs.learning import asking
from persona_tui.jobs.learning.trainer import Tools
from persona_tui.jobs.learning.training import train
from persona_tui.jobs.learning.vectors import Vectors
from persona_tui.jobs.picks import AskedIn
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.report.parts import drawn
from persona_tui.stages.judging.active import Picks
from persona_tui.stages.response import reward_features
from store import (
    attributes,
    caches,
    figures,
    forgetting,
    learned,
    relevance,
    responses,
    user_prompts,
)
from store.audit import Response
from store.db import Store, open_store, utc_now
from store.learned_records import LearnedKind
from store.records import AttributeJudgment
from tests.persona_tui.audit_data import audit, judge
from tests.persona_tui.review_data import seed

ALONE = JudgingConfig(repeat_share=0.0, catch_share=0.0, attributes_per_prompt=8)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "persona.db") as opened:
        yield opened


def use(store: Store, kind: LearnedKind, coefficients: dict[str, object] | None = None) -> str:
    """Put some model of ``kind`` in use."""
    made = learned.save(
        store, kind, app_version="0", trained_on={}, metrics={},
        coefficients=coefficients or {"form": "none"}, use=True, begun=caches.generation(store),
    )  # fmt: skip
    assert made is not None
    return made.learned_id


def told(
    store: Store, stage: AskedIn, ranked: list[str], share: float = 0.5, **sheets: list[str]
) -> None:
    kind = picks.KIND[stage]
    picks.keep(store, stage, learned_id=use(store, kind), share=share, ranked=ranked, sheets=sheets)


def review(store: Store, count: int) -> list[str]:
    """Judge ``count`` attributes; the order."""
    session = ReviewSession.load(store, surface="plain", config=ALONE)
    asked = []
    for _ in range(count):
        assert session.current_id is not None
        asked.append(session.current_id)
        change = session.judge("ok")
        assert change is not None
        session.done(change, change.write(store))
    return asked


def given(store: Store) -> list[AttributeJudgment]:
    rows = [one.judgment for one in attributes.list_all(store)]
    return [row for row in rows if row is not None]


# --- Review ---------------------------------------------------------------------------------------


def test_review_asks_what_is_picked_and_counts_only_the_random_stream(store: Store) -> None:
    keys = [one.attribute_id for one in seed(store, 60)]
    random = review(store, 10)
    told(store, "review", ranked=sorted(keys, reverse=True))
    now = picks.read(store, "review").picks
    stream = ReviewSession.load(store, surface="plain", config=ALONE).queue.seed
    asked = review(store, 15) + review(store, 15)
    rows = {row.attribute_id: row.context for row in given(store)}
    picked = [key for key in asked if now.has(stream, key)]
    assert 5 < len(picked) < 25
    assert picked == sorted(picked, reverse=True)  # as they were ranked, over the restart
    for key in asked:
        expected = ("active", None) if key in picked else ("random", 1.0)
        assert (rows[key].sampling, rows[key].inclusion_prob) == expected
    # Judged before there was a model: drawn at random, wherever it lies now.
    assert all(rows[key].sampling == "random" for key in random)
    columns = figures.read(store).attributes
    counted = {columns.attribute_id[i] for i in drawn(columns)}
    assert counted == {*random, *asked} - set(picked)


def test_nothing_shown_or_said_tells_what_was_picked(store: Store) -> None:
    keys = [one.attribute_id for one in seed(store, 40)]
    told(store, "review", ranked=keys)
    review(store, 30)
    shown = {row.context.sampling: set(row.context.shown) for row in given(store)}
    assert shown["active"] == shown["random"]


def test_without_a_model_in_use_or_at_a_share_of_nothing_all_is_random(store: Store) -> None:
    keys = [one.attribute_id for one in seed(store, 40)]
    assert picks.read(store, "review") == picks.Asked()
    told(store, "review", ranked=keys)
    assert picks.read(store, "review", 0.1).picks.share == 0.1
    assert picks.read(store, "review", 0.0).picks == Picks(0.0, 0.5)
    # A newer model: what the older one would ask is not asked.
    use(store, "verifier")
    assert picks.read(store, "review").picks.ranked == ()
    # And what lay in the pool stays out of the random stream.
    assert picks.read(store, "review").picks.pool == 0.5


def test_forgetting_forgets_what_would_be_asked(store: Store) -> None:
    rows = seed(store, 30)
    told(store, "review", ranked=[one.attribute_id for one in rows])
    forgetting.forget_attribute(store, rows[0].attribute_id)
    assert picks.read(store, "review").picks == Picks(0.0, 0.5)
    kept = store.conn.execute("SELECT count(*) FROM settings_kv WHERE key LIKE 'ranked.%'")
    assert kept.fetchone() == (0,)


# --- Relevance ------------------------------------------------------------------------------------


def answer_all(store: Store, session: RelevanceSession) -> None:
    while session.phase == "ask":
        change = session.answer(True)
        assert change is not None
        write(store, change)


def test_a_sheet_has_picked_attributes_of_known_kind_and_stays_done(store: Store) -> None:
    # Of two prompts both are in the pool once in sixteen times; of twelve, never.
    found, prompts = audit(
        store, 30, prompts=tuple(f"What shall I do on day {n}?" for n in range(12))
    )
    keys = [one.attribute_id for one in found]
    told(store, "relevance", [], 0.25, **{one.prompt_id: keys for one in prompts})
    chosen = next(
        one
        for one in prompts
        if not picks.read(store, "relevance").picks.has(
            RelevanceSession.load(store, ALONE, surface="plain").material.seed, one.prompt_id
        )
    )
    session = RelevanceSession.load(store, ALONE, surface="plain", prompt_id=chosen.prompt_id)
    assert session.sheet is not None
    assert len(session.sheet.items) == 8
    for _ in range(3):  # and left in the middle
        change = session.answer(True)
        assert change is not None
        write(store, change)
    again = RelevanceSession.load(store, ALONE, surface="plain", prompt_id=chosen.prompt_id)
    assert again.sheet is not None
    assert [d.item_id for d in again.sheet.items] == [d.item_id for d in session.sheet.items]
    answer_all(store, again)
    rows = relevance.in_force(store)
    drawn_how = [(row.context.sampling, row.context.inclusion_prob) for row in rows]
    assert drawn_how.count(("active", None)) == 2
    assert drawn_how.count(("random", 6 / 30)) == 6
    # With a newer model, another share, or none, the prompt stays done, and has its pair.
    for share in (0.25, 0.75, 0.0):
        told(store, "relevance", [], share, **{one.prompt_id: keys[::-1] for one in prompts})
        later = RelevanceSession.load(store, ALONE, surface="plain", prompt_id=chosen.prompt_id)
        assert later.phase == "summary"
        (order,) = orders(store, ALONE, CompareConfig(arm="relevant"))
        assert (order.prompt.prompt_id, order.named) == (chosen.prompt_id, False)


def test_a_picked_prompt_counts_in_no_figure_and_neither_does_its_pair(store: Store) -> None:
    _, prompts = audit(store, 5, prompts=tuple(f"What shall I do on day {n}?" for n in range(24)))
    told(store, "relevance", [one.prompt_id for one in prompts])
    now = picks.read(store, "relevance").picks
    session = RelevanceSession.load(store, ALONE, surface="plain")
    for _ in range(10):
        answer_all(store, session)
        session.next_prompt()
    picked = {one.prompt_id for one in prompts if now.has(session.material.seed, one.prompt_id)}
    how = {row.prompt_id: row.context for row in relevance.in_force(store)}
    assert len(how) == 10
    assert 1 <= len(picked & set(how)) <= 9
    for key, context in how.items():
        expected = ("active", None) if key in picked else ("random", 1.0)
        assert (context.sampling, context.inclusion_prob) == expected
    made = orders(store, ALONE, CompareConfig(arm="relevant"))
    assert {one.prompt.prompt_id for one in made if one.named} == picked & set(how)


# --- Compare --------------------------------------------------------------------------------------


def pairs(store: Store, count: int) -> list[str]:
    found = []
    for n in range(count):
        prompt = user_prompts.add(store, f"What shall I cook on day {n}?")
        made = [
            Response("", prompt.prompt_id, own, "m", utc_now(), "Soup. " * (1 + own * (n + 1)))
            for own in (False, True)
        ]
        found.append(
            responses.add_pair(
                store, prompt.prompt_id, *made, arm="relevant", shown_left="generic",
                sampling="catch" if n == 3 else "random",
                inclusion_prob=None if n == 4 else 1.0,
            ).pair_id
        )  # fmt: skip
    return found


def test_compare_asks_for_picked_pairs(store: Store) -> None:
    keys = pairs(store, 30)
    told(store, "compare", ranked=keys[::-1])
    session = CompareSession.load(store, ALONE, surface="plain")
    now = picks.read(store, "compare").picks
    items = session.queue.items
    picked = [key for key in items if items[key].draw.sampling == "active"]
    assert picked == sorted(picked, reverse=True)
    assert 5 < len(picked) < 25
    assert set(picked) == {
        key for n, key in enumerate(keys) if n not in (3, 4) and now.has(session.queue.seed, key)
    }
    assert items[keys[3]].draw.sampling == "catch"
    assert (items[keys[4]].draw.sampling, items[keys[4]].draw.inclusion_prob) == ("random", None)


# --- working it out -------------------------------------------------------------------------------


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    async with StoreThread(tmp_path / "persona.db") as db:
        yield Tools(db, await Vectors.open(db, HashedEmbedder()))


async def test_pairs_are_ranked_by_what_the_reward_model_does_not_know(tools: Tools) -> None:
    def fill(store: Store) -> list[str]:
        weights = [0.0] * len(reward_features.NAMES)
        weights[reward_features.NAMES.index("length")] = 1.0
        one = {"weights": weights, "vectors": None}
        use(store, "reward", {"form": "ridge", "names": list(reward_features.NAMES), **one,
                              "folds": [one], "embedder": tools.embed.name})  # fmt: skip
        return pairs(store, 30)

    keys = await tools.db.run(fill)
    assert await asking.rank(tools, 0.5, ALONE, ("reward", "relevance")) == ["reward"]
    asked = await tools.db.run(picks.read, "compare")
    assert asked.picks.share == 0.5
    assert 0 < len(asked.picks.ranked) < 28
    # The shorter the second answer, the less is known: 2 and more points apart is certain.
    assert keys.index(asked.picks.ranked[0]) < keys.index(asked.picks.ranked[-1])
    assert await asking.rank(tools, 0.0, ALONE, ("reward",)) == []
    assert (await tools.db.run(picks.read, "compare")).picks.share == 0.0


async def test_a_model_that_cannot_be_read_picks_nothing(tools: Tools) -> None:
    def fill(store: Store) -> None:
        audit(store, 12)
        seed(store, 12, title="not judged")
        pairs(store, 12)
        for kind in ("verifier", "relevance", "reward"):
            use(store, kind)

    await tools.db.run(fill)
    assert await asking.rank(tools, 0.9, ALONE) == []


async def test_after_learning_the_pools_are_ranked(tools: Tools) -> None:
    """From judgments to what is asked next, with the models that the program trains."""

    def fill(store: Store) -> None:
        audit(store, 40, prompts=tuple(f"Where is town {n}?" for n in range(30)))
        for part in range(3):
            for n, one in enumerate(seed(store, 30, title=f"chat {part}")):
                if n < 15:
                    judge(store, one.attribute_id, "bad" if n % 3 else "ok")
        session = RelevanceSession.load(store, ALONE, surface="plain")
        for place in range(12 * 8):
            if session.phase == "summary":
                session.next_prompt()
            change = session.answer(place % 5 == 0)
            assert change is not None
            write(store, change)

    await tools.db.run(fill)
    async with aclosing(train(tools, ("verifier", "relevance"))) as steps:
        outcomes = [step.result.outcome async for step in steps if step.result is not None]
    assert outcomes == ["used", "used"]
    assert await asking.rank(tools, 0.5, ALONE, ("verifier", "relevance")) == [
        "verifier",
        "relevance",
    ]
    # Nothing new was learned since: nothing to do.
    assert await asking.rank(tools, 0.5, ALONE, ("verifier", "relevance")) == []

    def check(store: Store) -> None:
        asked, kept = picks.read(store, "review").picks, picks.read(store, "relevance")
        session = ReviewSession.load(store, surface="plain", config=ALONE)
        waiting = {one for one in session.queue.left if asked.has(session.queue.seed, one)}
        assert set(asked.ranked) == waiting
        assert 8 < len(waiting) < 40
        material = RelevanceSession.load(store, ALONE, surface="plain").material
        begun = {row.prompt_id for row in relevance.in_force(store)}
        rest = [one.prompt_id for one in material.prompts if one.prompt_id not in begun]
        picked = {one for one in rest if kept.picks.has(material.seed, one)}
        assert set(kept.picks.ranked) == picked
        assert 2 < len(picked) < 17
        assert set(kept.sheets) == set(rest)
        assert {len(one) for one in kept.sheets.values()} == {4}  # half of a sheet

    await tools.db.run(check)
