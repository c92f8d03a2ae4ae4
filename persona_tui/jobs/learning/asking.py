"""What to ask next, worked out with what was just learned (:mod:`persona_tui.stages.judging.active`).

After learning, for each kind whose model in use is new: what waits in the pool of its stage is ranked by
how unsure the model is and how unlike it is to what was judged. Ids are kept, nothing else. Nothing is
asked of the local model for it: it may not be what keeps the person waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from persona_tui.jobs import picks
from persona_tui.jobs.learning import relevance, reward, verifier
from persona_tui.jobs.learning.using import model_in_use, safely
from persona_tui.jobs.relevance.queue import (
    Material,
    fresh_sheet,
    read_material,
    stored_seed,
    subset,
)
from persona_tui.stages.judging import active
from persona_tui.stages.relevance import features
from store.learned_records import KINDS, LearnedKind, LearnedModel

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from persona_tui.jobs.learning.trainer import Tools
    from store.audit import ResponsePair
    from store.db import Store
    from store.records import Attribute

Floats = NDArray[np.float64]
MOST_WAITING = 2000
"""Items that are looked at: embedding more would take minutes."""
MOST_PROMPTS = 40
"""Prompts whose sheets are looked at."""
MOST_PAIRS = 16_000
"""Prompts × attributes that are looked at: their vectors, three layers each, take 150 MB."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was worked out."""

    ranked: list[str]
    sheets: Mapping[str, Sequence[str]]


async def rank(
    tools: Tools,
    share: float,
    judging: JudgingConfig,
    kinds: Iterable[LearnedKind] = KINDS,
) -> list[LearnedKind]:
    """Work out what to ask next of ``kinds`` that have a model in use; those for which it was done.

    Args:
        share: of what is asked; at 0 nothing is picked, and nothing is worked out.

    Raises:
        ModelError: the embedder failed.
        StoreError: the journal cannot be read or written.
    """
    quick = replace(tools, backend=None)
    done: list[LearnedKind] = []
    for kind in kinds:
        if share == 0:
            await tools.db.run(picks.stop, picks.STAGE[kind])
            continue
        model = await model_in_use(tools.db, kind)
        stage = picks.STAGE[kind]
        if model is None:
            continue
        if kind != "reward" and await tools.db.run(
            picks.is_fresh, stage, model.learned_id, share
        ):  # pairs are made all the time
            continue
        if kind == "verifier":
            found = await _attributes(quick, model, share)
        elif kind == "relevance":
            found = await _prompts(quick, model, share, judging)
        else:
            found = await _pairs(quick, model, share)
        if found is not None:
            await tools.db.run(
                partial(
                    picks.keep, stage=stage, learned_id=model.learned_id, share=share,
                    ranked=found.ranked, sheets=found.sheets,
                )
            )  # fmt: skip
            done.append(kind)
    return done


def _pool(share: float, before: float) -> active.Picks:
    """The pool as it will be: it never shrinks."""
    return active.Picks(share, max(share, before))


# --- Review ---------------------------------------------------------------------------------------


async def _attributes(tools: Tools, model: LearnedModel, share: float) -> _Found | None:
    def read(store: Store) -> tuple[list[Attribute], list[str]]:
        from store import attributes

        pool = _pool(share, picks.read(store, "review").picks.pool)
        seed = stored_seed(store, "review.seed")
        waiting: list[Attribute] = []
        judged: list[str] = []
        for one in attributes.list_all(store):
            row = one.judgment
            if one.strategy == "user":
                continue
            if row is not None and not row.retracted and row.verdict is not None:
                judged.append(one.text)
            elif pool.has(seed, one.attribute_id) and len(waiting) < MOST_WAITING:
                waiting.append(one)
        return waiting, judged

    waiting, judged = await tools.db.run(read)
    # Without the local model's opinion: thousands may wait, and it would take hours for an order.
    scored = await verifier.score(replace(tools, backend=None), waiting, model)
    if scored is None:
        return None
    threshold = float(model.coefficients.get("threshold", 0.5))
    unsure = active.uncertainty(np.array([one.probability for one in scored]), threshold)
    order = await _ranked(tools, unsure, [one.text for one in waiting], judged)
    return _Found([waiting[at].attribute_id for at in order], {})


async def _ranked(
    tools: Tools, unsure: Floats, waiting: Sequence[str], judged: Sequence[str]
) -> list[int]:
    if not waiting:
        return []
    vectors = await tools.embed([*waiting, *judged])
    count = len(waiting)
    return await asyncio.to_thread(active.ranked, unsure, vectors[:count], vectors[count:])


# --- Relevance ------------------------------------------------------------------------------------


async def _prompts(
    tools: Tools, model: LearnedModel, share: float, judging: JudgingConfig
) -> _Found | None:
    """The pool's prompts, by the mean uncertainty of their sheets; and, where there are more attributes
    than are asked about, those of each waiting prompt that are most uncertain."""
    most = judging.attributes_per_prompt

    def read(store: Store) -> tuple[Material, relevance.Known]:
        return read_material(store), relevance.read(store)

    material, known = await tools.db.run(read)
    pool = _pool(share, material.asked.picks.pool)
    begun = {row.prompt_id for row in material.judgments}
    waiting = [one for one in material.prompts if one.prompt_id not in begun]
    in_pool = [one for one in waiting if pool.has(material.seed, one.prompt_id)]
    plain = replace(material, asked=picks.Asked())  # sheets as they are without picks
    many = len(material.accepted) > most
    chosen = in_pool[:MOST_PROMPTS]
    if many:
        chosen += [one for one in waiting if one not in chosen][: MOST_PROMPTS - len(chosen)]
        chosen = chosen[: max(1, MOST_PAIRS // min(MOST_WAITING, len(material.accepted)))]
    pairs: list[tuple[str, str]] = []
    for prompt in chosen:
        keys = (
            list(material.accepted)[:MOST_WAITING]
            if many
            else [draw.item_id for draw in fresh_sheet(prompt, plain, most).items]
        )
        pairs += [(prompt.prompt_id, key) for key in keys]
    if not pairs:
        return _Found([], {})
    inputs = await _inputs(tools, known, pairs)
    embedder = tools.embed.name

    def said(coefficients: Mapping[str, object]) -> Floats:
        return relevance.predicted(coefficients, inputs, embedder)

    chances = await asyncio.to_thread(safely, model, said)
    if chances is None:
        return None
    threshold = float(model.coefficients.get("threshold", 0.5))
    unsure = active.uncertainty(chances, threshold)
    judged = [known.prompts[key] for key in begun if key in known.prompts]
    of = np.array([prompt for prompt, _ in pairs], dtype=object)
    ranking = [one for one in in_pool if one in chosen]
    mean = np.array([float(unsure[of == one.prompt_id].mean()) for one in ranking])
    order = await _ranked(tools, mean, [one.text for one in ranking], judged)

    def picked() -> dict[str, list[str]]:
        sheets: dict[str, list[str]] = {}
        for prompt in chosen if many else ():
            room = round(most * share)
            first, _ = subset(prompt.prompt_id, material.accepted, material.seed, most - room)
            here = np.flatnonzero(of == prompt.prompt_id)
            rows = [at for at in here if pairs[at][1] not in first]
            texts = relevance.units(inputs.attributes[rows])
            best = active.ranked(unsure[rows], texts, texts[:0], room)
            sheets[prompt.prompt_id] = [pairs[rows[at]][1] for at in best]
        return sheets

    sheets = await asyncio.to_thread(picked)
    return _Found([ranking[at].prompt_id for at in order], sheets)


async def _inputs(
    tools: Tools, known: relevance.Known, pairs: Sequence[tuple[str, str]]
) -> relevance.Inputs:
    tag = relevance.model_tag(known, tools) or ""
    made = [
        features.Pair(
            known.prompts[prompt],
            known.attributes[key].text,
            known.attributes[key].confidence,
            known.said.get((tag, prompt, key)),
        )
        for prompt, key in pairs
    ]
    prompts = await tools.embed.layers([one.prompt for one in made])
    texts = await tools.embed.layers([one.attribute for one in made])
    return await asyncio.to_thread(relevance.make_inputs, made, prompts, texts)


# --- Compare --------------------------------------------------------------------------------------


async def _pairs(tools: Tools, model: LearnedModel, share: float) -> _Found | None:
    """Pairs that are made and wait. What is unlike is unlike in how its two answers differ."""

    def read(store: Store) -> tuple[list[ResponsePair], list[ResponsePair], dict[str, str]]:
        from store import attributes, responses

        pool = _pool(share, picks.read(store, "compare").picks.pool)
        seed = stored_seed(store, "compare.seed")
        waiting = [
            one
            for one in responses.pairs(store, judged=False)
            if one.sampling == "random"
            and one.inclusion_prob is not None
            and pool.has(seed, one.pair_id)
        ]
        texts = {one.attribute_id: one.text for one in attributes.list_all(store)}
        return waiting[:MOST_WAITING], responses.pairs(store, judged=True), texts

    waiting, judged, texts = await tools.db.run(read)
    if not waiting:
        return _Found([], {})
    found = await reward.pair_features(tools, [*waiting, *judged], texts)
    count = len(waiting)

    new = reward.Pairs(found.scalars[:count], found.vectors[:count])
    embedder = tools.embed.name

    def said(coefficients: Mapping[str, object]) -> Floats:
        return reward.preferred(coefficients, new, embedder)

    preference = await asyncio.to_thread(safely, model, said)
    if preference is None:
        return None
    unsure = np.clip(1 - np.abs(preference) / 2, 0.0, 1.0)
    scale = np.sqrt((found.scalars**2).mean(axis=0)) + 1e-9
    ways = found.scalars / scale
    ways /= np.linalg.norm(ways, axis=1, keepdims=True) + 1e-9
    apart = np.asarray(ways, dtype=np.float32)
    order = await asyncio.to_thread(active.ranked, unsure, apart[:count], apart[count:])
    return _Found([waiting[at].pair_id for at in order], {})
