"""Stage 1: which attributes the person would call unsure or bad, learned from those that they judged."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.learned import verifier
from models.learned.base import Learned, TooFewError, expected_threshold
from persona_tui.jobs.kept_choices import KeptChoices
from persona_tui.jobs.learning.trainer import Fitted, Lacking, Material, Metric
from persona_tui.jobs.learning.using import model_in_use, safely
from persona_tui.report.agreement import by_cluster, table
from persona_tui.report.intervals import CONVERSATION, codes
from persona_tui.report.parts import drawn
from persona_tui.report.ranks import auroc
from persona_tui.stages.verification import features, reasons
from persona_tui.stages.verification.entailment import ask
from persona_tui.stages.verification.features import Said, Subject
from store.records import Attribute

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.jobs.learning.trainer import Tools
    from store.audit import AuditData
    from store.db import Store
    from store.learned_records import LearnedKind, LearnedModel

Floats = NDArray[np.float64]
PROBLEMS = ("unsure", "bad")
METRICS = ("precision", "recall", "f1", "f2")
ASKING_SECONDS = 4.0
"""What the local model may take in one run of learning: one sign of many is not worth the person's waiting.
Answers are kept, so the next run goes on with others, until there is one of each."""
FEWEST_PARAMETERS_B = 0.3
"""Billions, below which a model is not asked: on labelled attributes (benchmarks.verifier) what the starter
(0.135) says is worse than a coin (AUROC .39), and as one sign of many it costs (.855 to .846)."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Features of n attributes."""

    scalars: Floats
    """(n, ``features.NAMES``)"""
    vectors: Floats
    """(n, 2d): the attribute's embedding beside that of its nearest quote."""


class VerifierTrainer:
    """See the module. Labels are 1 (unsure or bad) and 0 (ok); predictions are probabilities of 1."""

    kind: LearnedKind = "verifier"

    async def material(self, tools: Tools) -> Material:
        """Every verdict in force on what a model inferred, as it was given blinded.

        :raises Lacking: fewer than 20.
        """
        data, subjects = await tools.db.run(_read)
        a = data.attributes
        rows = [
            i
            for i, how in enumerate(a.sampling)
            if how in ("random", "active")
            and not a.unblinded[i]
            and a.verdict[i] in ("ok", *PROBLEMS)
            and a.attribute_id[i] in subjects
        ]
        if len(rows) < verifier.FEWEST:
            raise Lacking(verifier.FEWEST, len(rows), verifier.WHAT)
        asked = [subjects[a.attribute_id[i]] for i in rows]
        inputs, about = await make_inputs(tools, asked, seconds=ASKING_SECONDS)
        random = set(drawn(a))
        return Material(
            items=tuple(a.judgment_id[i] for i in rows),
            labels=np.array([a.verdict[i] in PROBLEMS for i in rows], dtype=np.float64),
            groups=tuple(a.conversation_id[i] or a.attribute_id[i] for i in rows),
            features=inputs,
            weights=np.array([1.0 / p if (p := a.inclusion_prob[i]) else 1.0 for i in rows]),
            random=np.array([i in random for i in rows], dtype=bool),
            about=about,
            asked=tuple(a.attribute_id[i] for i in rows),
        )

    def fit(self, material: Material) -> Fitted:
        """:raises Lacking: too few of one verdict, or all from one conversation."""
        own: Inputs = material.features
        try:
            learned = verifier.fit(
                own.scalars, own.vectors, material.labels, material.groups,
                names=features.NAMES, prior=reasons.PRIOR, weights=material.weights,
            )  # fmt: skip
        except TooFewError as error:
            raise Lacking(error.needed, error.have, error.what) from None
        whose = {name: material.about.get(name) for name in ("embedder", "entailment")}
        return Fitted(
            {**learned.coefficients, **whose}, learned.held_out, _metrics(material, learned)
        )

    def predict(self, coefficients: Mapping[str, Any], material: Material) -> Floats:
        """(n,) probability of *unsure* or *bad*."""
        own: Inputs = material.features
        _same_embedder(coefficients, str(material.about["embedder"]))
        return verifier.predict(coefficients, own.scalars, own.vectors)

    def words(self, coefficients: Mapping[str, Any], material: Material) -> Sequence[str]:
        """What the person rejects, in words."""
        return reasons.words(verifier.explain(coefficients))


TRAINER = VerifierTrainer()


# --- using it -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """What the verifier says of one attribute."""

    probability: float
    """That it is problematic."""
    reasons: tuple[str, ...]
    """Why, in sentences for the extractor, the strongest first; at least one."""


async def score(
    tools: Tools, attributes: Sequence[Attribute], model: LearnedModel | None = None
) -> list[Scored] | None:
    """What ``model`` (by default the verifier in use) says of ``attributes``; ``None`` if there is none,
    or it cannot be read.

    Raises :class:`models.errors.ModelError`.
    """
    chosen = model or await model_in_use(tools.db, "verifier")
    if chosen is None:
        return None
    return await doubt(tools, chosen, await tools.db.run(_subjects, list(attributes)))


async def doubt(
    tools: Tools, model: LearnedModel, subjects: Sequence[Subject]
) -> list[Scored] | None:
    """Likewise of subjects, which need not be in the journal; ``None`` if the model cannot be read."""
    if not subjects:
        return []
    asked = tools.backend
    if asked is not None and asked.describe().name != model.coefficients.get("entailment"):
        asked = None  # another model is sure of other things: better no opinion than its
    inputs, _ = await make_inputs(replace(tools, backend=asked), subjects)

    def said(coefficients: Mapping[str, Any]) -> list[Scored]:
        _same_embedder(coefficients, tools.embed.name)
        chances = verifier.predict(coefficients, inputs.scalars, inputs.vectors)
        parts = verifier.contributions(coefficients, inputs.scalars)
        values = verifier.standardised(coefficients, inputs.scalars)
        return [
            Scored(
                float(chance), reasons.reasons(part, dict(zip(features.NAMES, row, strict=True)))
            )
            for chance, part, row in zip(chances, parts, values.tolist(), strict=True)
        ]

    return await asyncio.to_thread(safely, model, said)


def _same_embedder(coefficients: Mapping[str, Any], embedder: str) -> None:
    """Likeness is a sign whose scale is the embedder's.

    :raises ValueError: it was learned with another one.
    """
    if coefficients.get("embedder") != embedder:
        raise ValueError("this verifier was learned with other embeddings")


def rule(inputs: Inputs) -> Floats:
    """(n,) a ranking before anything was learned: what is expected of people in general. It may order
    what is asked; it flags nothing."""
    return verifier.by_prior(inputs.scalars, features.NAMES, reasons.PRIOR)


# --- features -------------------------------------------------------------------------------------


def worth_asking(backend: Backend) -> bool:
    """Whether the model's opinion may be a feature: where its size is not known, it may."""
    size = backend.describe().parameters_b
    return size is None or size >= FEWEST_PARAMETERS_B


async def make_inputs(
    tools: Tools, subjects: Sequence[Subject], *, seconds: float = math.inf
) -> tuple[Inputs, dict[str, Any]]:
    """Features, and where they come from. The local model's opinion is one of them if it has one of all
    ``subjects`` after about ``seconds``. Raises :class:`models.errors.ModelError`."""
    tools.progress("embedding attributes and their evidence", 0, len(subjects))
    quotes = [s.quote for one in subjects for s in one.said[: features.MOST_EVIDENCE]]
    owner = [i for i, one in enumerate(subjects) for _ in one.said[: features.MOST_EVIDENCE]]
    texts = await tools.embed([one.text for one in subjects])
    evidence = await tools.embed(quotes)
    tools.progress("embedding attributes and their evidence", len(subjects), len(subjects))
    about: dict[str, Any] = {"features": list(features.NAMES), "embedder": tools.embed.name}
    if tools.backend is not None and worth_asking(tools.backend):
        note = "asking whether the words show it"
        tools.progress(note, 0, len(subjects))
        kept = KeptChoices(tools.db, tools.backend, tools.embed.begun)  # nothing is asked twice
        answers = await ask(
            kept, subjects, seconds=seconds,
            on_step=lambda done: tools.progress(note, done, len(subjects)),
        )  # fmt: skip
        # Of all or of none: with some of them the same judgments would teach something else tomorrow.
        if len(answers) == len(subjects):
            subjects = [
                replace(one, entailment=said) for one, said in zip(subjects, answers, strict=True)
            ]
            about["entailment"] = tools.backend.describe().name

    def computed() -> Inputs:
        similarity, nearest = features.nearest(texts, evidence, owner)
        scalars = features.scalars(subjects, [float(one) for one in similarity])
        return Inputs(scalars, np.hstack([texts.astype(np.float64), nearest]))

    return await asyncio.to_thread(computed), about


def _read(store: Store) -> tuple[AuditData, dict[str, Subject]]:
    from store import attributes, figures

    data = figures.read(store)
    judged = set(data.attributes.attribute_id)
    rows = [one for one in attributes.list_all(store) if one.attribute_id in judged]
    return data, dict(zip((one.attribute_id for one in rows), _subjects(store, rows), strict=True))


def _subjects(store: Store, rows: Sequence[Attribute]) -> list[Subject]:
    """Attributes with what their evidence says, and where it stands."""
    from store import messages
    from store.errors import NotFoundError

    texts: dict[str, tuple[str, int]] = {}

    def where(message_id: str) -> tuple[str, int]:
        if message_id not in texts:
            try:
                found = messages.get(store, message_id)
                texts[message_id] = found.text, found.created_at.toordinal()
            except NotFoundError:
                texts[message_id] = "", 0
        return texts[message_id]

    subjects = []
    for one in rows:
        said = []
        for e in one.evidence[: features.MOST_EVIDENCE]:
            text, day = where(e.message_id)
            first = max(0, e.start - features.MOST_CHARACTERS)
            part = text[first : e.end + features.MOST_CHARACTERS]
            said.append(Said(e.quote, part, e.start - first, e.conversation_id, day))
        subjects.append(Subject(one.text, tuple(said), one.confidence, max(1, len(one.sources))))
    return subjects


# --- figures --------------------------------------------------------------------------------------


def _metrics(material: Material, learned: Learned) -> dict[str, Metric]:
    """Of randomly drawn items, each flagged or not by a model and a threshold that did not see it."""
    chosen = material.random
    truth = material.labels[chosen] > 0.5
    if not truth.any() or truth.all():
        return {}
    flagged = np.zeros(len(material.labels), dtype=bool)
    for one in np.unique(learned.fold):
        rest, here = learned.fold != one, learned.fold == one
        threshold = expected_threshold(learned.held_out[rest], verifier.BETA)
        flagged[here] = learned.held_out[here] >= threshold
    group = codes([g for g, yes in zip(material.groups, chosen, strict=True) if yes])
    count = int(chosen.sum())
    cells = table(truth, flagged[chosen], group)
    found = {name: by_cluster(name, cells, count, alike=CONVERSATION) for name in METRICS}
    found["auroc"] = auroc(truth, learned.held_out[chosen], group, alike=CONVERSATION)
    return {
        name: Metric(one.value, one.low, one.high, one.n)
        for name, one in found.items()
        if one.is_known and not math.isnan(one.low)
    }
