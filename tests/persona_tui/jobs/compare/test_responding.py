"""Pairs: whole or not there, what is sent and what never is, where attributes are mentioned."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import pytest
from msgspec.structs import replace as changed

from models.embeddings import HashedEmbedder
from models.protocol import ChatMessage, Description
from models.scripted import ScriptedBackend
from persona_tui.config import CompareConfig, JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.errors import UserError
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.compare.ahead import PairsAhead
from persona_tui.jobs.compare.orders import orders
from persona_tui.jobs.compare.responding import Making, make_ahead
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.paths import Paths
from persona_tui.stages.response import form
from store import judgments, responses, runs
from store.audit import Arm
from store.db import Store
from store.errors import NotFoundError
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit, judge

PLAIN = Settings(judging=JudgingConfig(catch_share=0.0))


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


def judged(store: Store) -> None:
    """Every prompt finished; to the first attribute of each sheet yes."""
    session = RelevanceSession.load(store, JudgingConfig(), surface="screen")
    while session.phase in ("ask", "summary"):
        if session.phase == "summary":
            session.next_prompt()
            continue
        change = session.answer(session.place == 0)
        assert change is not None
        write(store, change)


def answering() -> tuple[ScriptedBackend, list[Sequence[ChatMessage]]]:
    asked: list[Sequence[ChatMessage]] = []

    def script(messages: Sequence[ChatMessage]) -> str:
        asked.append(messages)
        told = "What is known" in messages[0].content
        return "# Rice\n* As a nurse you need it." if told else "# Beans\n* Good."

    return ScriptedBackend(script, scores=lambda *_: 0.0), asked


async def make(
    db: StoreThread, settings: Settings = PLAIN, arm: Arm | None = None, count: int | None = 1
) -> tuple[list[Making], list[Sequence[ChatMessage]]]:
    (model, asked), (other, also) = answering(), answering()
    steps = make_ahead(
        db, settings, backend=model, other=other, embedder=HashedEmbedder(), count=count, arm=arm
    )
    async with aclosing(steps):
        return [step async for step in steps], [*asked, *also]


async def test_only_finished_prompts_with_a_yes_are_answered(db: StoreThread) -> None:
    await db.run(audit)
    assert (await make(db))[0] == []
    await db.run(judged)
    steps, asked = await make(db)
    pair = steps[-1].pair
    assert pair is not None
    assert pair == (await db.run(responses.pairs))[0]
    assert pair.generic.text == "**Beans**\n\n- Good."
    assert len(pair.personalized.attribute_ids) == 1
    assert [message.role for message in asked[0]] == ["system", "user"]
    assert asked[0][1] == asked[1][1]
    assert asked[1][0].content.startswith(asked[0][0].content)
    run = await db.run(runs.get, pair.generic.run_id or "")
    assert (run.purpose, run.parameters["arm"]) == ("respond", "relevant")
    assert run.parameters["form"] == form.VERSION


async def test_each_prompt_once_and_as_many_as_are_wanted(db: StoreThread) -> None:
    await db.run(audit)
    await db.run(judged)
    await make(db, count=None)
    assert len(await db.run(responses.pairs)) == 2
    await make(db, count=None)
    assert len(await db.run(responses.pairs)) == 2
    await make(db, count=9)
    made = await db.run(responses.pairs)
    assert len({pair.prompt_id for pair in made}) == len(made) == 3


@pytest.mark.parametrize("arm", ["relevant", "all", "model", "models"])
async def test_what_must_not_be_used_is_never_sent(db: StoreThread, arm: Arm) -> None:
    accepted, _ = await db.run(audit)
    await db.run(judged)
    await db.run(judge, accepted[0].attribute_id, "ok", "never")
    await db.run(judge, accepted[1].attribute_id, "ok", "ask")
    _, asked = await make(db, arm=arm, count=9)
    sent = "\n".join(message.content for messages in asked for message in messages)
    assert asked
    assert accepted[0].text not in sent
    assert "I own 5 books" not in sent
    if arm != "relevant":
        assert accepted[1].text not in sent


async def test_stopped_in_the_middle_nothing_is_kept(db: StoreThread) -> None:
    await db.run(audit)
    await db.run(judged)
    model, _ = answering()
    steps = make_ahead(db, PLAIN, backend=model, other=None, embedder=HashedEmbedder(), count=1)
    async with aclosing(steps):
        async for step in steps:
            if step.characters > 20:
                break
    assert await db.run(responses.pairs) == []


async def test_what_is_taken_back_meanwhile_drops_the_pair(db: StoreThread) -> None:
    await db.run(audit)
    await db.run(judged)
    model, _ = answering()
    steps = make_ahead(db, PLAIN, backend=model, other=None, embedder=HashedEmbedder(), count=1)

    async def take_back_meanwhile() -> None:
        async with aclosing(steps):
            async for step in steps:
                await db.run(judge, step.order.attributes[0][0], "bad")

    with pytest.raises(NotFoundError, match="taken back while"):
        await take_back_meanwhile()
    assert await db.run(responses.pairs) == []


async def test_planted_pairs_are_identical_and_sides_are_drawn(db: StoreThread) -> None:
    prompts = tuple(f"Question number {n}?" for n in range(24))
    await db.run(partial(audit, accepted=2, prompts=prompts))
    await db.run(judged)
    settings = changed(PLAIN, judging=JudgingConfig(catch_share=0.3))
    await make(db, settings, count=99)
    made = await db.run(responses.pairs)
    planted = [pair for pair in made if pair.identical]
    assert 0 < len(planted) < 24
    assert all(pair.sampling == "catch" for pair in planted)
    assert {pair.shown_left for pair in made} == {"generic", "personalized"}


async def test_a_model_is_not_compared_with_itself(db: StoreThread) -> None:
    await db.run(audit)
    model, asked = answering()
    for other in (model, None):
        steps = make_ahead(
            db, PLAIN, backend=model, other=other, embedder=HashedEmbedder(), arm="models"
        )
        with pytest.raises(UserError, match="no second one"):
            await anext(steps)
    assert asked == []


async def test_where_the_model_would_use_nothing_there_is_no_pair(db: StoreThread) -> None:
    """Two generic answers would be told as "it knew nothing", and counted."""
    known, _ = await db.run(audit)

    def wants(text: str, option: str) -> float:  # less than it wants of empty words
        return float((option == "no") == any(one.text in text for one in known))

    model = ScriptedBackend(lambda _: "Rice.", scores=wants)
    for _ in range(2):
        steps = make_ahead(
            db, PLAIN, backend=model, other=None, embedder=HashedEmbedder(), count=9, arm="model"
        )
        assert [step async for step in steps] == []
    assert await db.run(responses.pairs) == []
    asked = [call for call in model.calls if call.method == "choose"]
    texts = [call.messages[-1].content for call in asked]
    assert len(texts) == len(set(texts)) > 0  # remembered: not asked again
    assert not [call for call in model.calls if call.method == "chat"]


async def test_what_the_model_chose_is_what_it_is_told(db: StoreThread) -> None:
    (first, *rest), _ = await db.run(audit)

    def wants(text: str, option: str) -> float:
        return float(option == ("no" if any(one.text in text for one in rest) else "yes"))

    model = ScriptedBackend(lambda _: "Rice.", scores=wants)
    steps = make_ahead(
        db, PLAIN, backend=model, other=None, embedder=HashedEmbedder(), count=1, arm="model"
    )
    made = [step async for step in steps][-1].pair
    assert made is not None
    assert made.personalized.attribute_ids == (first.attribute_id,)


@dataclass
class OfKind(ScriptedBackend):
    """A scripted model that says it is of another kind."""

    kind: str = "llama.cpp"

    def describe(self) -> Description:
        return dataclasses.replace(super().describe(), backend=self.kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "penalty"),
    [(("llama.cpp", "llama.cpp"), 1.1), (("llama.cpp", "endpoint"), 1.0),
     (("endpoint", "endpoint"), 1.0)],
)  # fmt: skip
async def test_two_models_write_under_the_same_conditions(
    db: StoreThread, kinds: tuple[str, str], penalty: float
) -> None:
    await db.run(audit)
    one, two = (OfKind(lambda _: "Rice.", kind=kind, name=kind) for kind in kinds)
    steps = make_ahead(
        db, PLAIN, backend=one, other=two, embedder=HashedEmbedder(), count=1, arm="models"
    )
    pair = [step async for step in steps][-1].pair
    assert pair is not None
    kept = [
        dict((await db.run(runs.get, answer.run_id or "")).parameters)
        for answer in (pair.generic, pair.personalized)
    ]
    for parameters in kept:
        parameters.pop("seed")
    assert kept[0] == kept[1]
    assert kept[0]["repeat_penalty"] == penalty
    sent = [model.calls[0].sampling for model in (one, two)]
    assert all(sampling is not None and sampling.repeat_penalty == penalty for sampling in sent)


async def test_the_personal_arm_says_what_is_missing(db: StoreThread) -> None:
    with pytest.raises(UserError, match="no personal relevance model"):
        await db.run(
            partial(orders, judging=JudgingConfig(), compare=CompareConfig(), arm="personal")
        )


async def test_pairs_are_made_ahead_and_an_error_is_a_sentence(db: StoreThread) -> None:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def alone() -> AsyncIterator[None]:
        yield

    await db.run(audit)
    await db.run(judged)
    model, _ = answering()

    def ahead(settings: Settings) -> PairsAhead:
        return PairsAhead(
            lambda: make_ahead(
                db, settings, backend=model, other=None, embedder=HashedEmbedder()
            ),
            lambda _: None,
            alone,
        )  # fmt: skip

    pairs = ahead(PLAIN)
    pairs.start()
    await wait_until(lambda: not pairs.state.running)
    assert (pairs.state.made, pairs.state.error) == (2, None)
    await pairs.stop()
    wrong = ahead(changed(PLAIN, compare=CompareConfig(arm="personal")))
    wrong.start()
    await wait_until(lambda: not wrong.state.running)
    assert "no personal relevance model" in (wrong.state.error or "")


@pytest.mark.model
async def test_the_starter_model_writes_a_pair(db: StoreThread, paths: Paths) -> None:
    await db.run(audit)
    await db.run(judged)
    assert await db.run(judgments.ever_judged)
    settings = changed(PLAIN, compare=CompareConfig(max_tokens=40))
    backends = Backends(settings, paths)
    try:
        steps = make_ahead(
            db, settings, backend=backends.for_task("compare"), other=None,
            embedder=backends.embedder, count=1,
        )  # fmt: skip
        made = [step async for step in steps][-1].pair
    finally:
        await backends.close()
    assert made is not None
    assert made.generic.text
    assert made.generic.text != made.personalized.text
    assert "SmolLM2" in made.generic.model_tag
