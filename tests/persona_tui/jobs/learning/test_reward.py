"""What a person likes in answers, learned from a real journal of pairs that they rated."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.learned import reward
from persona_tui.db import StoreThread
from persona_tui.jobs.learning.reward import TRAINER, RewardFeatures
from persona_tui.jobs.learning.trainer import Lacking, Tools
from store import response_judgments, responses, user_prompts
from store.audit import Response, ResponseJudgment, Side, reoriented
from store.db import Store, utc_now
from store.records import JudgmentContext, Sampling
from tests.persona_tui.review_data import seed

SHORT, LONG = "Lentil soup. ", "Lentil soup keeps well, costs little, and cooks while you rest. "


class Hashed:
    """Vectors that a hash of the text fixes: a stand-in for the cached embedder."""

    name = "by hash"

    async def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
            row = np.random.default_rng(number).normal(size=8)
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32).reshape(-1, 8)


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    db = StoreThread(tmp_path / "journal.db")
    await db.open()
    yield Tools(db, Hashed())  # type: ignore[arg-type]
    await db.close()


def fill(
    store: Store, count: int, *, judged: int, active: Sequence[int] = (), identical: int = -1
) -> None:
    """``count`` pairs, of which the first ``judged`` are rated by somebody who likes short answers."""
    attribute = seed(store, 1)[0].attribute_id
    for n in range(count):
        prompt = user_prompts.add(store, f"What shall I cook on day {n}?")
        is_long = n % 2 == 0
        one = Response("", prompt.prompt_id, False, "m", utc_now(), 3 * (SHORT + LONG)[: 40 + n])
        text = (LONG * (3 + n % 5)) if is_long else SHORT * (1 + n % 3)
        two = Response("", prompt.prompt_id, True, "m", utc_now(), text, attribute_ids=(attribute,))
        left: Side = "generic" if n % 3 else "personalized"
        pair = responses.add_pair(
            store, prompt.prompt_id, one, one if n == identical else two, arm="relevant",
            shown_left=left, sampling="catch" if n == identical else "random",
        )  # fmt: skip
        if n >= judged:
            continue
        rating = 1 + n % 2 if is_long else 4 + n % 3 // 2
        how: Sampling = "active" if n in active else pair.sampling
        context = JudgmentContext(
            "0" * 64, "0", {"finished": True}, sampling=how,
            inclusion_prob=None if n in active else 1.0,
        )  # fmt: skip
        raw = reoriented(rating, left)
        response_judgments.save(
            store,
            ResponseJudgment("", pair.pair_id, utc_now(), context, left, raw, rating),
        )


async def test_too_few_pairs(tools: Tools) -> None:
    await tools.db.run(fill, 25, judged=19)
    with pytest.raises(Lacking, match="1 more"):
        await TRAINER.material(tools)


async def test_a_taste_for_short_answers_is_learned_and_said(tools: Tools) -> None:
    await tools.db.run(lambda store: fill(store, 60, judged=42, active=(3, 8), identical=5))
    material = await TRAINER.material(tools)
    own: RewardFeatures = material.features
    assert len(material.items) == 41  # not the planted one
    assert int(material.random.sum()) == 39
    assert len(own.unrated_ids) == 18
    assert (len(own.headline), len(own.beside)) == (39, 2)
    fitted = TRAINER.fit(material)
    found = fitted.metrics["spearman"]
    assert found.n == 39
    assert found.low > 0
    together, alone = fitted.metrics["rating_combined"], fitted.metrics["rating_alone"]
    assert alone.n == 39
    assert together.n == 59
    words = TRAINER.words(fitted.coefficients, material)
    assert any("shorter answers" in line for line in words)
    told = TRAINER.predict(fitted.coefficients, material)
    assert np.corrcoef(told, material.labels)[0, 1] > 0.5
    with pytest.raises(ValueError, match="cannot be read"):
        TRAINER.predict({"embedder": Hashed.name}, material)
    with pytest.raises(ValueError, match="other embeddings"):
        TRAINER.predict({**fitted.coefficients, "embedder": "another"}, material)


async def test_the_whole_way_is_antisymmetric(tools: Tools) -> None:
    """From the texts on: features of a pair the other way around give the negative."""
    await tools.db.run(lambda store: fill(store, 30, judged=30))
    material = await TRAINER.material(tools)
    fitted = TRAINER.fit(material)
    pairs = material.features.rated
    there = reward.predict(fitted.coefficients, pairs.scalars, pairs.vectors)
    back = reward.predict(fitted.coefficients, -pairs.scalars, -pairs.vectors)
    assert np.array_equal(there, -back)
