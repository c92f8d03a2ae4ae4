"""Stage 2: which attributes matter for which prompt, learned from what the person answered.

:data:`TRAINER` learns; choosing with what was learned is :mod:`persona_tui.jobs.learning.choosing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.learned import relevance as learner
from models.learned.base import TooFewError, expected_threshold
from persona_tui.jobs.learning.trainer import Fitted, Lacking, Material, Metric
from persona_tui.report import agreement
from persona_tui.report.intervals import Estimate, codes, on_scale
from persona_tui.report.parts import drawn, weights_of
from persona_tui.stages.relevance import features, verdicts
from store import attributes, figures, model_judgments, relevance, user_prompts
from store.audit import RelevanceJudgment

if TYPE_CHECKING:
    from persona_tui.jobs.learning.trainer import Tools
    from store.db import Store
    from store.learned_records import LearnedKind
    from store.records import Attribute

Floats = NDArray[np.float64]
WHAT, WHAT_PROMPTS = "judgments of relevance", "prompts with such a judgment"
FEWEST, FEWEST_PROMPTS = 50, 3
"""Judgments and prompts below which the rule does as well as anything that could be learned: on the
study's labels (benchmarks/relevance_gold.py) 30 of one's own give no better F1 than the cosine."""
RANKED = "average_precision"
FIGURES = ("precision", "recall", "f1", RANKED)
"""Names of the metrics."""
WORTH_SAYING = 0.15
"""Change of the log-odds below which a weight is not told in words."""
MOST_WORDS = 6
AT_ONCE = 1000
"""Pairs that are predicted at once: what is computed on the way takes 30 kB each."""
CALIBRATED = f"({verdicts.CALIBRATION} calibration)"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Of n pairs, what :mod:`models.learned.relevance` takes."""

    prompts: NDArray[np.float32]
    attributes: NDArray[np.float32]
    """(n, layers, d), the last layer first."""
    scalars: Floats
    """(n, ``features.NAMES``)."""

    def cosines(self) -> list[float]:
        """(n,)"""
        return cosines(self.prompts, self.attributes)


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the journal about stage 2."""

    rows: list[RelevanceJudgment]
    """In force, of prompts and attributes that are there."""
    prompts: Mapping[str, str]
    """Text by id."""
    attributes: Mapping[str, Attribute]
    said: Mapping[tuple[str, str, str], float]
    """(model tag, prompt, attribute) → calibrated probability of *yes*."""


def read(store: Store) -> Known:
    """Everything that is learned from."""
    prompts = {one.prompt_id: one.text for one in user_prompts.list_all(store, removed=True)}
    there = {one.attribute_id: one for one in attributes.list_all(store)}
    said = {
        (one.model_tag, one.prompt_id, one.attribute_id): one.probability
        for one in model_judgments.list_all(store, kind="relevance")
        if one.model_tag.endswith(CALIBRATED)
        and one.prompt_id is not None
        and one.attribute_id is not None
        and one.probability is not None
    }
    rows = [
        row
        for row in relevance.in_force(store)
        if row.prompt_id in prompts and row.attribute_id in there and row.relevant is not None
    ]
    return Known(rows, prompts, there, said)


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer that held-out figures count."""

    yes: bool
    weight: float
    """1 / inclusion probability."""


def counting(store: Store) -> dict[tuple[str, str], Counted]:
    """What the report's figures of stage 2 rest on, by prompt and attribute: drawn at random, as it was
    answered before anything was told."""
    r = figures.relevance(store)
    rows = drawn(r)
    weights = weights_of([r.inclusion_prob[i] for i in rows])
    return {
        (r.prompt_id[i], r.attribute_id[i]): Counted(bool(r.relevant[i]), float(weight))
        for i, weight in zip(rows, weights, strict=True)
    }


def make_inputs(
    pairs: Sequence[features.Pair],
    prompts: NDArray[np.float32],
    texts: NDArray[np.float32],
    corpus: Sequence[str] = (),
) -> Inputs:
    """``prompts`` and ``texts`` are (n, layers, d). Processor time only: call it in a thread."""
    return Inputs(prompts, texts, features.scalars(pairs, cosines(prompts, texts), corpus))


def units(states: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """(n, d) sentence embeddings of norm 1: the last of (n, layers, d)."""
    last = np.asarray(states[:, 0], dtype=np.float32)
    norms = np.maximum(np.linalg.norm(last, axis=1, keepdims=True), np.float32(1e-9))
    return np.asarray(last / norms, dtype=np.float32)


def cosines(prompts: NDArray[np.float32], attributes: NDArray[np.float32]) -> list[float]:
    """(n,) of each row's sentence embeddings."""
    return [float(one) for one in (units(prompts) * units(attributes)).sum(axis=1)]


class RelevanceTrainer:
    """See the module. Labels are 1 (yes) and 0; predictions are probabilities of yes."""

    kind: LearnedKind = "relevance"

    async def material(self, tools: Tools) -> Material:
        """Every judgment in force, also a *do not use this here* of the chat (which was not drawn, and
        counts in no figure). Where that came after an answer that was drawn, the no is learned from, and
        what is learned is measured against the answer, as the report does.

        :raises Lacking: too few judgments, or of too few prompts.
        """
        import asyncio

        known, counted = await tools.db.run(lambda store: (read(store), counting(store)))
        rows = known.rows
        if len(rows) < FEWEST:
            raise Lacking(FEWEST, len(rows), WHAT)
        groups = tuple(row.prompt_id for row in rows)
        if len(set(groups)) < FEWEST_PROMPTS:
            raise Lacking(FEWEST_PROMPTS, len(set(groups)), WHAT_PROMPTS)
        tag = model_tag(known, tools)
        tools.progress("embedding prompts and attributes", 0, len(rows))
        pairs = [
            features.Pair(
                known.prompts[row.prompt_id],
                known.attributes[row.attribute_id].text,
                known.attributes[row.attribute_id].confidence,
                known.said.get((tag or "", row.prompt_id, row.attribute_id)),
            )
            for row in rows
        ]
        prompts = await tools.embed.layers([one.prompt for one in pairs])
        texts = await tools.embed.layers([one.attribute for one in pairs])
        inputs = await asyncio.to_thread(make_inputs, pairs, prompts, texts)
        tools.progress("embedding prompts and attributes", len(rows), len(rows))
        blind = [counted.get((row.prompt_id, row.attribute_id)) for row in rows]
        return Material(
            items=tuple(row.judgment_id for row in rows),
            labels=np.array([float(bool(row.relevant)) for row in rows]),
            groups=groups,
            features=inputs,
            weights=np.array([1.0 if one is None else one.weight for one in blind]),
            random=np.array([one is not None for one in blind], dtype=bool),
            about={
                "features": features.VERSION,
                "model_tag": tag,
                "wording": verdicts.wording_sha256(),
                "embedder": tools.embed.name,
            },
            asked=tuple(f"{row.prompt_id} {row.attribute_id}" for row in rows),
            blind=np.array(
                [
                    float(bool(row.relevant) if one is None else one.yes)
                    for row, one in zip(rows, blind, strict=True)
                ]
            ),
        )

    def fit(self, material: Material) -> Fitted:
        """:raises Lacking: too few of one answer."""
        own: Inputs = material.features
        # Unweighted: what is learned is a probability given the features, whatever was drawn; weights
        # would only make it noisier. They count in the figures.
        try:
            learned = learner.fit(
                own.prompts.astype(np.float64), own.attributes.astype(np.float64), own.scalars,
                material.labels, material.groups,
                names=features.NAMES, importance=features.IMPORTANCE,
            )  # fmt: skip
        except TooFewError as error:
            raise Lacking(error.needed, error.have, error.what) from None
        said_yes = decided(learned.held_out, learned.fold)
        metrics = {
            name: Metric(one.value, one.low, one.high, one.n)
            for name, one in _figures(material, learned.held_out, said_yes).items()
            if one.is_known
        }
        return Fitted({**learned.coefficients, **material.about}, learned.held_out, metrics)

    def predict(self, coefficients: Mapping[str, Any], material: Material) -> Floats:
        """(n,) probabilities of yes."""
        return predicted(coefficients, material.features, str(material.about["embedder"]))

    def words(self, coefficients: Mapping[str, Any], material: Material) -> Sequence[str]:
        """The base rate, and what moves it most."""
        asked = material.random if material.random.any() else np.ones(len(material.items), bool)
        rate = float(np.average(material.truth[asked], weights=material.weights[asked]))
        lines = [f"You say yes to {100 * rate:.0f} % of the attributes that you are asked about."]
        known = set(features.NAMES)
        for one in learner.explain(coefficients):
            if one.name in known and abs(one.value) >= WORTH_SAYING and len(lines) <= MOST_WORDS:
                lines.append(features.weight_words(one.name, one.value))
        return lines


TRAINER = RelevanceTrainer()


def predicted(coefficients: Mapping[str, Any], inputs: Inputs, embedder: str) -> Floats:
    """(n,) probabilities of yes.

    :raises ValueError: learned from other features, or with another embedding model.
    """
    if coefficients.get("features") != features.VERSION:
        raise ValueError("this relevance model was learned from other features")
    if coefficients.get("embedder") != embedder:
        raise ValueError("this relevance model was learned with other embeddings")
    parts = [slice(at, at + AT_ONCE) for at in range(0, max(1, len(inputs.scalars)), AT_ONCE)]
    try:
        return np.concatenate(
            [
                learner.predict(
                    coefficients,
                    inputs.prompts[here].astype(np.float64),
                    inputs.attributes[here].astype(np.float64),
                    inputs.scalars[here],
                )
                for here in parts
            ]
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"this relevance model cannot be read: {error!r}") from error


def model_tag(known: Known, tools: Tools) -> str | None:
    """Whose probability is a feature: that of the model at hand, else of the one that said most."""
    counts = Counter(tag for tag, _, _ in known.said)
    if tools.backend is not None and (tag := verdicts.llm_tag(tools.backend)) in counts:
        return tag
    return max(counts, key=lambda one: (counts[one], one)) if counts else None


def decided(held_out: Floats, fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) yes or no of each item, the threshold of a fold from what was predicted in the others: chosen as
    that of the model in use is, by the expected F1."""
    yes = np.zeros(len(held_out), dtype=bool)
    for one in np.unique(fold):
        inside = fold == one
        yes[inside] = held_out[inside] >= expected_threshold(held_out[~inside], 1.0)
    return yes


def _figures(
    material: Material, held_out: Floats, said_yes: NDArray[np.bool_]
) -> dict[str, Estimate]:
    """Against the person, on randomly drawn judgments, by prompt."""
    rows = np.flatnonzero(material.random)
    if not len(rows):
        return {}
    truth = material.truth[rows] > 0.5
    groups = codes([material.groups[at] for at in rows])
    weights = material.weights[rows]
    cells = agreement.table(truth, said_yes[rows], groups, weights)
    found = {name: agreement.by_cluster(name, cells, len(rows)) for name in FIGURES[:3]}
    found[RANKED] = ranked(truth, held_out[rows], groups, weights)
    return found


def ranked(truth: NDArray[np.bool_], score: Floats, groups: Any, weights: Floats) -> Estimate:
    """Average precision (the area under precision and recall) over all pairs; delete-one-prompt
    jackknife on the logit scale, Student's t."""
    from sklearn.metrics import average_precision_score

    def of(rows: NDArray[np.bool_]) -> float:
        if not truth[rows].any():
            return float("nan")
        return float(average_precision_score(truth[rows], score[rows], sample_weight=weights[rows]))

    count = int(groups.max()) + 1
    everything = np.ones(len(truth), dtype=bool)
    value = of(everything)
    left_out = np.array([of(groups != one) for one in range(count)])
    known = 0.0 < value < 1.0 and np.isfinite(left_out).all()
    if count < 2 or not known or not ((left_out > 0) & (left_out < 1)).all():
        return Estimate(value, float("nan"), float("nan"), len(truth))
    logit = np.log(left_out / (1 - left_out))
    variance = (count - 1) / count * float(((logit - logit.mean()) ** 2).sum())
    return on_scale(value, variance, count - 1.0, "logit", len(truth))
