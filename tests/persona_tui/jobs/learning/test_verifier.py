"""The personal verifier over a journal: what it learns, says, flags; and what the report makes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.db import StoreThread
from persona_tui.jobs.learning import using
from persona_tui.jobs.learning.trainer import Lacking, Tools, trainers
from persona_tui.jobs.learning.training import train
from persona_tui.jobs.learning.vectors import Vectors
from persona_tui.jobs.learning.verifier import METRICS, TRAINER, make_inputs, rule, score
from persona_tui.paths import Paths
from persona_tui.report import stage1
from persona_tui.stages.verification import features
from persona_tui.stages.verification.features import Said, Subject
from store import attributes, figures, judgments, learned, messages
from store.db import Store, utc_now
from store.learned_records import LearnedModel
from store.records import AttributeJudgment, JudgmentContext
from tests.persona_tui import verifier_data as data


@pytest.fixture
async def db(paths: Paths) -> AsyncIterator[StoreThread]:
    async with StoreThread(paths.database) as thread:
        yield thread


async def tools(db: StoreThread, backend: ScriptedBackend | None = None) -> Tools:
    return Tools(db, await Vectors.open(db, HashedEmbedder()), backend)


async def taught(db: StoreThread) -> LearnedModel:
    await db.run(data.teach)
    steps = train(await tools(db), ["verifier"], known={"verifier": TRAINER})
    results = [step.result async for step in steps if step.result is not None]
    assert results[-1].outcome == "used", results
    model = await db.run(learned.in_use, "verifier")
    assert model is not None
    return model


async def test_it_learns_flags_and_says_why(db: StoreThread) -> None:
    assert trainers()["verifier"] is TRAINER
    model = await taught(db)
    assert json.loads(json.dumps(model.coefficients)) == model.coefficients
    assert set(model.metrics) == {*METRICS, "auroc"}
    assert model.metrics["f2"].value > 0.7
    assert model.metrics["auroc"].value > 0.7
    assert model.metrics["f1"].n == 36
    assert model.metrics["f1"].low < model.metrics["f1"].value <= model.metrics["f1"].high
    assert "request" in " ".join(model.trained_on["words"])
    rows = [
        ("Could you give me a list of boats?", "Could you give me a list of boats?",
         "The user loves boats."),
        ("Hello. I have a daughter in Rome.", "I have a daughter in Rome.",
         "The user has a daughter in Rome."),
    ]  # fmt: skip
    bad, good = await db.run(data.infer, rows)
    scored = await score(await tools(db), [bad, good])
    assert scored is not None
    threshold = float(model.coefficients["threshold"])
    assert scored[0].probability > threshold > scored[1].probability
    assert scored[0].reasons
    assert all(reason.endswith(".") for reason in scored[0].reasons)
    assert await score(await tools(db), []) == []


async def test_the_report_shows_what_it_is_worth(db: StoreThread) -> None:
    keys = {"stage1.verifier", *(f"stage1.verifier.{k}" for k in ("precision", "recall", "f2"))}

    async def shown() -> dict[str, tuple[float | None, str]]:
        built, _ = stage1.build(await db.run(figures.read))
        return {f.key: (f.value, f.missing or "") for f in built if f.key in keys}

    before = await shown()
    assert set(before) == keys
    assert all(value is None and "persona-tui train" in why for value, why in before.values())
    model = await taught(db)
    after = await shown()
    assert after["stage1.verifier"][0] == model.metrics["f1"].value
    assert after["stage1.verifier.f2"][0] == model.metrics["f2"].value


async def test_without_a_model_nothing_is_scored(db: StoreThread) -> None:
    made = await db.run(data.infer, [("I run.", "I run.", "The user runs.")])
    assert await score(await tools(db), made) is None
    with pytest.raises(Lacking) as lacking:
        await TRAINER.material(await tools(db))
    assert str(lacking.value) == "20 more judged attributes"


async def test_one_verdict_only_teaches_nothing(db: StoreThread) -> None:
    def praise(store: Store) -> None:
        for attribute in data.teach(store):
            was = attributes.get(store, attribute.attribute_id).judgment
            assert was is not None
            judgments.save(
                store,
                AttributeJudgment(
                    "", attribute.attribute_id, utc_now(), JudgmentContext("0" * 64, "0"), "ok",
                    supersedes=was.judgment_id,
                ),
            )  # fmt: skip

    await db.run(praise)
    material = await TRAINER.material(await tools(db))
    assert len(material.items) == 36
    with pytest.raises(Lacking, match="unsure or bad"):
        TRAINER.fit(material)


async def test_active_judgments_teach_and_are_not_measured(db: StoreThread) -> None:
    def some_active(store: Store) -> None:
        data.teach(store)
        for attribute in data.infer(store, [("I sing.", "I sing.", "The user sings.")]):
            context = JudgmentContext("0" * 64, "0", sampling="active", inclusion_prob=0.25)
            judgments.save(
                store, AttributeJudgment("", attribute.attribute_id, utc_now(), context, "ok")
            )

    await db.run(some_active)
    material = await TRAINER.material(await tools(db))
    assert len(material.items) == 37
    assert material.random.sum() == 36
    assert material.weights[~material.random].tolist() == [4.0]
    assert TRAINER.fit(material).metrics["f1"].n == 36


async def test_the_local_model_is_asked_if_there_is_one(db: StoreThread) -> None:
    await db.run(data.teach)
    backend = ScriptedBackend(scores=lambda text, option: float(option == "yes"))
    material = await TRAINER.material(await tools(db, backend))
    column = features.NAMES.index("entailment")
    assert (material.features.scalars[:, column] == 1.0).all()
    assert material.about["entailment"] == "scripted"
    bare = await TRAINER.material(await tools(db))
    assert np.isnan(bare.features.scalars[:, column]).all()
    fitted = TRAINER.fit(material)
    assert TRAINER.predict(fitted.coefficients, bare).shape == (36,)


async def test_a_model_too_small_to_know_is_not_asked(db: StoreThread) -> None:
    await db.run(data.teach)
    backend = ScriptedBackend(parameters_b=0.135)
    material = await TRAINER.material(await tools(db, backend))
    assert not backend.calls
    assert "entailment" not in material.about


async def test_an_opinion_on_some_of_them_is_none(
    db: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the same judgments would teach one thing today and another tomorrow."""
    monkeypatch.setattr("persona_tui.jobs.learning.verifier.ASKING_SECONDS", 0.0)
    await db.run(data.teach)
    backend = ScriptedBackend()
    material = await TRAINER.material(await tools(db, backend))
    assert backend.calls
    assert np.isnan(material.features.scalars[:, features.NAMES.index("entailment")]).all()
    assert "entailment" not in material.about


async def test_the_rule_ranks_before_anything_is_learned(db: StoreThread) -> None:
    subjects = [
        Subject(text, (Said(quote, quote, 0),)) for quote, text in (*data.TRUE, *data.FALSE)
    ]
    inputs, _ = await make_inputs(await tools(db), subjects)
    ranked = rule(inputs)
    assert ranked[:3].max() < ranked[3:].min()


async def test_messages_may_be_gone(db: StoreThread) -> None:
    """Evidence whose message cannot be read leaves its signs unknown, and breaks nothing."""
    await taught(db)
    made = await db.run(data.infer, [("I run.", "I run.", "The user runs.")])

    def gone(*_: object) -> None:
        from store.errors import NotFoundError

        raise NotFoundError("gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "get", gone)
        assert await score(await tools(db), made) is not None


async def test_another_models_scale_is_not_taken_for_the_one_learned(db: StoreThread) -> None:
    """Likeness and opinion are signs on the scale of the model that gave them."""
    await db.run(data.teach)
    asked = ScriptedBackend(
        scores=lambda text, option: (option == "yes") * float(len(text) % 7), name="first"
    )
    steps = train(await tools(db, asked), ["verifier"], known={"verifier": TRAINER})
    assert [s.result.outcome async for s in steps if s.result is not None] == ["used"]
    model = await db.run(learned.in_use, "verifier")
    assert model is not None
    found = (await db.run(attributes.list_all))[:4]
    other = ScriptedBackend(scores=lambda _, option: 8.0 * (option == "yes"), name="second")
    with_none = await score(await tools(db), found, model)
    assert await score(await tools(db, other), found, model) == with_none
    assert other.calls == []
    moved = replace(model, learned_id="moved",
                    coefficients={**model.coefficients, "embedder": "another"})  # fmt: skip
    assert await score(await tools(db), found, moved) is None
    assert len(using.to_tell()) == 1
