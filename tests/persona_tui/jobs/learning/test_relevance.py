"""The personal relevance model: what it learns, what it never chooses, and why it says it chose."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator

import numpy as np
import pytest

from persona_tui.db import StoreThread
from persona_tui.jobs.learning import choosing, using
from persona_tui.jobs.learning import relevance as learning_relevance
from persona_tui.jobs.learning.choosing import choose, choose_attributes
from persona_tui.jobs.learning.relevance import FIGURES, TRAINER, decided
from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import train
from persona_tui.paths import Paths
from persona_tui.report.stage2 import mine_of
from persona_tui.stages.relevance.personal import MOST, RULE_COSINE
from store import caches, figures, learned, relevance, user_prompts
from store.audit import RelevanceJudgment
from store.db import Store, utc_now
from store.records import AttributeJudgment, JudgmentContext, Use
from tests.persona_tui import relevance_data as data


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def test_it_learns_what_is_used_for_what(db: StoreThread) -> None:
    keys = await data.learned(db)
    model = await db.run(learned.in_use, "relevance")
    assert model is not None
    assert set(model.metrics) <= set(FIGURES)
    assert model.metrics["f1"].value > 0.8
    assert model.metrics["f1"].n == 96
    assert json.loads(json.dumps(model.coefficients)) == model.coefficients
    assert "You say yes to 50 %" in model.trained_on["words"][0]
    tools = await data.tools(db)
    choice = await choose(tools, "Something to cook with rice, for a week?")
    assert choice.learned_id == model.learned_id
    assert {one.text for one in choice.chosen} <= set(data.FOOD)
    assert choice.chosen
    assert all(one.probability is not None and one.why for one in choice.chosen)
    assert choice.considered == len(keys)
    said = " ".join(reason.words for one in choice.chosen for reason in one.why)
    assert "used for prompts about food (24 of 24)" in said


async def test_too_little_is_said(db: StoreThread) -> None:
    await db.run(lambda store: data.own(store, data.FOOD))
    with pytest.raises(Lacking) as lacking:
        await TRAINER.material(await data.tools(db))
    assert (lacking.value.missing, lacking.value.what) == (50, "judgments of relevance")


async def test_before_anything_was_learned_the_rule_chooses(db: StoreThread) -> None:
    await db.run(lambda store: data.own(store, (*data.FOOD, *data.WORK)))
    choice = await choose(await data.tools(db), "The user is vegetarian, the user cooks rice")
    assert (choice.learned_id, choice.threshold) == (None, RULE_COSINE)
    assert "The user is vegetarian." in [one.text for one in choice.chosen]
    assert all(one.probability is None and one.why for one in choice.chosen)
    assert len(choice.chosen) <= MOST
    assert (await choose(await data.tools(db), "cook", need_model=True)).chosen == ()


async def test_what_must_not_be_used_is_never_chosen(db: StoreThread) -> None:
    """Over random profiles, whatever candidates are asked for: with the rule and with a model."""
    await data.learned(db)
    dice = random.Random(7)
    uses: tuple[Use, ...] = ("welcome", "ask", "never")
    keys = {one.attribute_id for one in await choose_attributes(await data.tools(db), "rice")}

    def profile(store: Store) -> set[str]:
        allowed = set()
        for row in data.own(store, [f"The user cooks rice {dice.random()}" for _ in range(6)]):
            use = dice.choice(uses)
            _judge(store, row, use)
            if use == "welcome":
                allowed.add(row)
        for key in keys:
            _judge(store, key, "never")
        return allowed

    for _ in range(4):
        allowed = await db.run(profile)
        everything = await db.run(_ids)
        for wanted in (None, everything):
            chosen = await choose_attributes(await data.tools(db), "Cook rice with me", wanted)
            refused = await db.run(_refused)
            assert not {one.attribute_id for one in chosen} & refused
        assert allowed or not refused.isdisjoint(everything)


def _judge(store: Store, key: str, use: Use) -> None:
    from store import judgments

    row = AttributeJudgment("", key, utc_now(), data.CONTEXT, verdict="ok", use=use)
    judgments.save(store, row)


def _ids(store: Store) -> set[str]:
    from store import attributes

    return {one.attribute_id for one in attributes.list_all(store)}


def _refused(store: Store) -> set[str]:
    from store import attributes

    return {
        one.attribute_id
        for one in attributes.list_all(store)
        if one.judgment is None or one.judgment.use != "welcome"
    }


async def test_what_the_person_said_of_these_words_is_obeyed(db: StoreThread) -> None:
    keys = await data.learned(db)
    first = (await choose_attributes(await data.tools(db), "Cook rice for six?"))[0]
    work = keys["The user works as a nurse."]

    def say(store: Store) -> None:
        prompt = user_prompts.add(store, "Cook rice for six?", origin="message")
        context = JudgmentContext("0" * 64, "0", {}, False, "active", None)
        for key, yes in ((first.attribute_id, False), (work, True)):
            row = RelevanceJudgment("", prompt.prompt_id, key, utc_now(), context, yes)
            relevance.save(store, row)

    await db.run(say)
    chosen = await choose_attributes(await data.tools(db), "  cook RICE for six?")
    assert first.attribute_id not in [one.attribute_id for one in chosen]
    assert (chosen[0].attribute_id, chosen[0].why[0].code) == (work, "own_yes")
    freely = await choose(await data.tools(db), "Cook rice for six?", obey=False)
    assert first.attribute_id in [one.attribute_id for one in freely.chosen]
    material = await TRAINER.material(await data.tools(db))
    assert (len(material.items), int(material.random.sum())) == (98, 96)


async def test_a_no_in_the_chat_teaches_but_the_blind_answer_is_measured(db: StoreThread) -> None:
    """The learner's held-out figures count just what the report's do."""
    keys = await db.run(data.teach)

    def refuse(store: Store) -> None:
        prompt = user_prompts.find(store, data.COOKING[0])
        assert prompt is not None
        told = JudgmentContext("0" * 64, "0", {}, False, "active", None)
        key = keys["The user is vegetarian."]
        relevance.save(
            store, RelevanceJudgment("", prompt.prompt_id, key, utc_now(), told, relevant=False)
        )

    await db.run(refuse)
    material = await TRAINER.material(await data.tools(db))
    [at] = np.flatnonzero(material.labels != material.truth)
    assert (material.labels[at], material.truth[at]) == (0.0, 1.0)
    mine = mine_of(await db.run(figures.read))
    counted = [tuple(material.asked[i].split()) for i in np.flatnonzero(material.random)]
    assert sorted(counted) == sorted(mine.keys)
    assert TRAINER.fit(material).metrics["f1"].n == len(mine.keys) == 96
    yes = dict(zip(mine.keys, mine.yes.tolist(), strict=True))
    held = zip(counted, material.truth[material.random].tolist(), strict=True)
    assert all(yes[key] == said for key, said in held)  # type: ignore[index]


async def test_a_model_that_cannot_be_read_is_set_aside(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    await data.learned(db)
    assert (await choose(await data.tools(db), "Cook rice")).learned_id is not None

    def broken(*_: object) -> None:
        raise KeyError("dual")

    monkeypatch.setattr(choosing, "predicted", broken)
    assert (await choose(await data.tools(db), "Cook rice")).learned_id is None


async def test_a_model_of_the_form_before_is_set_aside_and_learned_anew(db: StoreThread) -> None:
    await data.learned(db)
    made = await db.run(learned.in_use, "relevance")
    assert made is not None
    gone = ("emphasis", "layers")
    old = {name: value for name, value in made.coefficients.items() if name not in gone}
    old |= {"form": "relevance-kernel-1", "features": "1"}

    def put(store: Store) -> None:
        learned.save(
            store, "relevance", app_version="0", trained_on={**made.trained_on, "sha256": ""},
            metrics=made.metrics, coefficients=old, use=True, begun=caches.generation(store),
        )  # fmt: skip

    await db.run(put)
    using.to_tell()
    choice = await choose(await data.tools(db), "Something to cook with rice?")
    assert (choice.learned_id, choice.threshold) == (None, RULE_COSINE)
    (said,) = using.to_tell()
    assert "(version 2) was learned by another persona-tui and is not used" in said
    steps = [step async for step in train(await data.tools(db), ["relevance"])]
    result = steps[-1].result
    assert result is not None
    assert result.outcome == "used"
    assert (await choose(await data.tools(db), "Cook rice")).learned_id is not None


async def test_predicting_in_parts_gives_the_same(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    await data.learned(db)
    model = await db.run(learned.in_use, "relevance")
    assert model is not None
    material = await TRAINER.material(await data.tools(db))
    whole = TRAINER.predict(model.coefficients, material)
    monkeypatch.setattr(learning_relevance, "AT_ONCE", 7)
    assert np.allclose(TRAINER.predict(model.coefficients, material), whole, atol=1e-12)


def test_thresholds_come_from_the_other_folds() -> None:
    held_out = np.array([0.9, 0.8, 0.2, 0.1, 0.3, 0.25])
    fold = np.array([0, 0, 0, 0, 1, 1])
    # The first is cut at half of the best F1 to be expected in the second, .43 / 2, and that at .85 / 2.
    assert decided(held_out, fold).tolist() == [True, True, False, False, False, False]
