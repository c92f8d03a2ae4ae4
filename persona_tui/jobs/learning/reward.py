"""Stage 3: which of two answers the person prefers, learned from the pairs that they rated.

It is weak, and shown as that: its held-out rank correlation stands beside the study's and the person's own
test–retest. It replaces no judgment. It narrows the interval of the mean of randomly drawn ratings, if it
agrees with them: prediction-powered inference, no pair predicted by a model that was trained on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.learned import reward
from models.learned.base import TooFewError
from persona_tui.jobs.learning.trainer import Fitted, Lacking, Material, Metric
from persona_tui.report import ppi, stage3
from persona_tui.report.intervals import Estimate, codes, mean
from persona_tui.report.parts import drawn
from persona_tui.report.ranks import out_of_fold, paired
from persona_tui.stages.response import reward_features as features
from store.audit import AuditData, ResponsePair

if TYPE_CHECKING:
    from persona_tui.jobs.learning.trainer import Tools
    from store.db import Store
    from store.learned_records import LearnedKind

Floats = NDArray[np.float64]
WHAT = "rated pairs of answers"
WORTH_SAYING = 0.1
"""Points of rating below which a feature is not told in words."""
SPEARMAN, TOGETHER, ALONE = "spearman", "rating_combined", "rating_alone"
"""Metrics: rank correlation of ``held_out`` with the ratings; mean rating of all pairs from both (``n``:
judged and not judged), and from the person's ratings alone."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Features of n pairs."""

    scalars: Floats
    """(n, k): personalized minus generic, in the order of ``reward_features.NAMES``."""
    vectors: Floats
    """(n, d) difference of the embeddings of both answers."""


@dataclass(frozen=True, slots=True)
class RewardFeatures:
    """Of the rated pairs, and of what else there is."""

    rated: Pairs
    arms: tuple[str, ...]
    """(n,)"""
    unrated: Pairs
    """Pairs that nobody judged yet, drawn as the judged ones were, in the arm of the headline."""
    unrated_groups: tuple[str, ...]
    unrated_ids: tuple[str, ...] = ()
    headline: frozenset[int] = frozenset()
    """Places of the rated pairs that the report's mean rating rests on."""
    beside: frozenset[int] = frozenset()
    """Places of rated pairs of that arm that were drawn as what to learn most from: for the mean of all
    pairs they count like unrated ones, or those that are left would not be all."""


class RewardTrainer:
    """See the module. Labels are ratings, 1 to 5, 5 = personalized (or the second model) much better."""

    kind: LearnedKind = "reward"

    async def material(self, tools: Tools) -> Material:
        """Rated pairs, without planted ones and repeats, with the features of both answers.

        :raises Lacking: fewer than 20 are rated.
        """
        data, pairs, texts = await tools.db.run(_read)
        rows = usable(data, pairs)
        if len(rows) < reward.FEWEST:
            raise Lacking(reward.FEWEST, len(rows), WHAT)
        r = data.responses
        arm, of_headline = next(iter(stage3.by_arm(data).items()))
        waiting = _unrated(data, pairs, arm)
        rated = [pairs[r.pair_id[i]] for i in rows]
        found = await pair_features(tools, [*rated, *waiting], texts)
        count = len(rated)
        random = set(drawn(r))
        places = {i: place for place, i in enumerate(rows)}
        about = {"features": list(features.NAMES), "embedder": tools.embed.name}
        return Material(
            items=tuple(r.judgment_id[i] for i in rows),
            labels=np.array([r.rating[i] for i in rows], dtype=np.float64),
            groups=tuple(r.prompt_id[i] for i in rows),
            features=RewardFeatures(
                Pairs(found.scalars[:count], found.vectors[:count]),
                tuple(r.arm[i] for i in rows),
                Pairs(found.scalars[count:], found.vectors[count:]),
                tuple(pair.prompt_id for pair in waiting),
                tuple(pair.pair_id for pair in waiting),
                frozenset(places[i] for i in of_headline if i in places),
                frozenset(
                    place
                    for i, place in places.items()
                    if r.arm[i] == arm and r.sampling[i] == "active"
                ),
            ),
            weights=np.array([1.0 / p if (p := r.inclusion_prob[i]) else 1.0 for i in rows]),
            random=np.array([i in random for i in rows], dtype=bool),
            about={**about, "unrated": len(waiting)},
            asked=tuple(r.pair_id[i] for i in rows),
        )

    def fit(self, material: Material) -> Fitted:
        """:raises Lacking: too few pairs or prompts, or all rated alike."""
        own: RewardFeatures = material.features
        try:
            learned = reward.fit(
                own.rated.scalars, own.rated.vectors, material.labels, material.groups,
                names=features.NAMES, constant=features.CONSTANT, weights=material.weights,
            )  # fmt: skip
        except TooFewError as error:
            raise Lacking(error.needed, error.have, error.what) from None
        except ValueError:
            alike = len(material.labels)
            raise Lacking(alike + 1, alike, "pairs that you rate differently") from None
        held_out = reward.MIDDLE + learned.held_out
        ranked = reward.held_out_without(
            learned, own.rated.scalars, (features.CONSTANT, features.SIDE)
        )
        metrics = {
            name: Metric(one.value, one.low, one.high, one.n)
            for name, one in (
                (SPEARMAN, _spearman(material, own, ranked, len(learned.coefficients["folds"]))),
                *_together(material, own, held_out, learned.coefficients),
            )
            if one.is_known
        }
        made = {**learned.coefficients, "embedder": material.about["embedder"]}
        return Fitted(made, held_out, metrics)

    def predict(self, coefficients: Mapping[str, Any], material: Material) -> Floats:
        """(n,) expected ratings, not rounded."""
        rated: Pairs = material.features.rated
        return reward.MIDDLE + preferred(coefficients, rated, str(material.about["embedder"]))

    def words(self, coefficients: Mapping[str, Any], material: Material) -> Sequence[str]:
        """What the person seems to prefer, and how much."""
        said = []
        for one in reward.explain(coefficients):
            likes, dislikes = features.WORDS[one.name]
            if abs(one.value) >= WORTH_SAYING:
                liked = likes if one.value > 0 else dislikes
                said.append(f"You seem to prefer {liked} ({abs(one.value):.1f} points of 5).")
        return said or ["Nothing that it looks at tells which answer you will prefer."]


TRAINER = RewardTrainer()


def preferred(coefficients: Mapping[str, Any], pairs: Pairs, embedder: str) -> Floats:
    """(n,) how much the personalized answer is preferred, in points of rating; 0 is no difference.

    :raises ValueError: these are no coefficients of a reward model, or it learned from other embeddings:
        also how near an answer is to what it was told is on a scale of theirs.
    """
    if coefficients.get("embedder") != embedder:
        raise ValueError("this reward model was learned with other embeddings")
    try:
        return _of(coefficients, pairs, reward.predict)
    except (KeyError, TypeError) as error:
        raise ValueError(f"this reward model cannot be read: {error!r}") from error


# --- reading --------------------------------------------------------------------------------------


def _read(store: Store) -> tuple[AuditData, dict[str, ResponsePair], dict[str, str]]:
    from store import attributes, figures, responses

    pairs = {pair.pair_id: pair for pair in responses.pairs(store)}
    return figures.read(store), pairs, {a.attribute_id: a.text for a in attributes.list_all(store)}


def usable(data: AuditData, pairs: Mapping[str, ResponsePair]) -> list[int]:
    """Rows to learn from: rated blind, neither planted nor asked again."""
    r = data.responses
    return [
        i
        for i, how in enumerate(r.sampling)
        if how in ("random", "active")
        and r.rating[i] is not None
        and not r.identical[i]
        and not r.unblinded[i]
        and r.pair_id[i] in pairs
    ]


def _unrated(data: AuditData, pairs: Mapping[str, ResponsePair], arm: str) -> list[ResponsePair]:
    judged = set(data.responses.pair_id)
    return [
        pair
        for pair in pairs.values()
        if pair.arm == arm
        and pair.pair_id not in judged
        and pair.sampling == "random"
        and pair.inclusion_prob is not None
        and not pair.identical
    ]


async def pair_features(
    tools: Tools, pairs: Sequence[ResponsePair], texts: Mapping[str, str]
) -> Pairs:
    """Features of pairs; ``texts`` are attributes by id."""
    answers = list(dict.fromkeys(t for p in pairs for t in (p.generic.text, p.personalized.text)))
    used = [key for p in pairs for key in p.personalized.attribute_ids if key in texts]
    words = list(dict.fromkeys(texts[key] for key in used))
    vectors = await tools.embed([*answers, *words])
    # Some milliseconds a pair: in a thread, or the interface would stand still for hundreds of them.
    return await asyncio.to_thread(_features, pairs, texts, vectors, answers, words)


def _features(
    pairs: Sequence[ResponsePair],
    texts: Mapping[str, str],
    vectors: NDArray[np.float32],
    answers: Sequence[str],
    words: Sequence[str],
) -> Pairs:
    """Processor time only. ``vectors`` are those of ``answers`` and after them of ``words``."""
    row = {text: at for at, text in enumerate(answers)}
    meant = {text: len(answers) + at for at, text in enumerate(words)}
    scalars, apart = [], []
    for pair in pairs:
        one, two = (vectors[row[side.text]] for side in (pair.generic, pair.personalized))
        keys = pair.personalized.attribute_ids if pair.arm != "models" else ()
        about = vectors[[meant[texts[key]] for key in keys if key in texts]]
        sides = []
        for response, vector in ((pair.generic, one), (pair.personalized, two)):
            near = float((about @ vector).mean()) if len(about) else 0.0
            told = response is pair.personalized and pair.arm != "models"
            sides.append(
                features.of_answer(
                    response.text,
                    features.told(keys if told else (), response.mentions if told else (), near),
                    right=(pair.shown_left == "generic") == (response is pair.personalized),
                )
            )
        scalars.append(features.difference(sides[0], sides[1]))
        apart.append((two - one).astype(np.float64))
    shape = (0, vectors.shape[1] if vectors.ndim == 2 else 0)
    return Pairs(
        np.array(scalars).reshape(-1, len(features.NAMES)),
        np.array(apart) if apart else np.zeros(shape),
    )


# --- figures --------------------------------------------------------------------------------------


def _of(coefficients: Mapping[str, Any], pairs: Pairs, how: Any) -> Floats:
    vectors = pairs.vectors if reward.uses_vectors(coefficients) else None
    return np.asarray(how(coefficients, pairs.scalars, vectors), dtype=np.float64)


def _spearman(material: Material, own: RewardFeatures, ranked: Floats, folds: int) -> Estimate:
    """Over randomly drawn pairs with one personalized answer; of two models where there are no others."""
    personalized = np.array([arm != "models" for arm in own.arms], dtype=bool)
    chosen = material.random & personalized
    if not chosen.any():
        chosen = material.random
    prompts = [group for group, yes in zip(material.groups, chosen, strict=True) if yes]
    found = paired(SPEARMAN, material.labels[chosen], ranked[chosen], codes(prompts))
    return out_of_fold(found, folds)


def _together(
    material: Material, own: RewardFeatures, held_out: Floats, coefficients: Mapping[str, Any]
) -> list[tuple[str, Estimate]]:
    """The mean rating of all pairs of the headline's arm: with the reward model, and without it."""
    judged, beside = sorted(own.headline), sorted(own.beside)
    elsewhere = held_out[beside]
    if len(own.unrated.scalars):
        more = reward.MIDDLE + _of(coefficients, own.unrated, reward.predict_folds)
        elsewhere = np.concatenate([elsewhere, more])
    group = codes([material.groups[i] for i in judged])
    others = codes([*(material.groups[i] for i in beside), *own.unrated_groups])
    mine = material.labels[judged]
    return [
        (
            TOGETHER,
            ppi.mean(
                mine, held_out[judged], elsewhere, group, others, within=stage3.SCALE, crossed=True
            ),
        ),
        (ALONE, mean(mine, group, within=stage3.SCALE)),
    ]
