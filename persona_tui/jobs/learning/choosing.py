"""Choosing attributes for a prompt with what was learned, or with the rule before anything was.

Only accepted attributes that are welcome unasked are ever chosen: the journal is read anew each time, so
that what was just refused (*never*, *only when I ask*) is out at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from persona_tui.jobs.learning.relevance import Inputs, Known, make_inputs, predicted, read, units
from persona_tui.jobs.learning.using import model_in_use, safely
from persona_tui.jobs.relevance.queue import welcome_attributes
from persona_tui.stages.relevance import features, personal
from persona_tui.stages.relevance.personal import Candidate, Chosen
from persona_tui.stages.relevance.reasons import Judged, Past, Reason, reasons
from store import relevance, user_prompts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from persona_tui.jobs.learning.trainer import Tools
    from store.db import Store
    from store.learned_records import LearnedModel


@dataclass(frozen=True, slots=True)
class Choice:
    """What is used for a prompt, the most probable first."""

    chosen: tuple[Chosen, ...]
    considered: int
    """Attributes that might have been used."""
    learned_id: str | None = None
    """The version of the personal model that chose; ``None``: the rule."""
    threshold: float = personal.RULE_COSINE
    """Of its probability, or of the rule's cosine."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What choosing needs of the journal."""

    candidates: list[Candidate]
    known: Known
    said: dict[str, bool]
    """What the person said for these very words."""
    prompt_id: str | None


async def choose_attributes(
    tools: Tools, prompt_text: str, candidates: Iterable[str] | None = None
) -> list[Chosen]:
    """The attributes to use for ``prompt_text``, each with why. See :func:`choose`."""
    return list((await choose(tools, prompt_text, candidates)).chosen)


async def choose(
    tools: Tools,
    prompt_text: str,
    candidates: Iterable[str] | None = None,
    *,
    obey: bool = True,
    most: int = personal.MOST,
    need_model: bool = False,
) -> Choice:
    """Choose among ``candidates``, ids of attributes (``None``: all that may be used).

    Args:
        obey: what the person said for these very words goes before the model.
        need_model: choose nothing without a personal model, rather than by the rule.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    wanted = None if candidates is None else frozenset(candidates)
    asked = await tools.db.run(_read, prompt_text, wanted)
    model = await model_in_use(tools.db, "relevance")
    if not asked.candidates or not prompt_text.strip() or (need_model and model is None):
        return Choice((), len(asked.candidates))
    known = asked.known
    judged = [
        Judged(
            known.prompts[row.prompt_id],
            known.attributes[row.attribute_id].text,
            row.attribute_id,
            bool(row.relevant),
        )
        for row in known.rows
    ]
    texts = [one.text for one in asked.candidates]
    vectors = await tools.embed.layers([prompt_text, *texts])
    # Layers here too, though only the last is compared: learning has kept them of what was judged.
    prompts = await tools.embed.layers([one.prompt for one in judged])
    attributes = await tools.embed.layers([one.attribute for one in judged])
    work = _Work(
        tools.embed.name, prompt_text, asked, model, vectors, judged, (prompts, attributes)
    )
    return await asyncio.to_thread(work.choice, obey=obey, most=most, need_model=need_model)


def _read(store: Store, prompt_text: str, wanted: frozenset[str] | None) -> _Asked:
    known = read(store)
    allowed = welcome_attributes(store)
    prompt = user_prompts.find(store, prompt_text)
    candidates = [
        Candidate(key, text, known.attributes[key].confidence)
        for key, text in allowed.items()
        if key in known.attributes and (wanted is None or key in wanted)
    ]
    said = {}
    if prompt is not None:
        rows = relevance.in_force(store, prompt_id=prompt.prompt_id)
        said = {row.attribute_id: bool(row.relevant) for row in rows}
    return _Asked(candidates, known, said, None if prompt is None else prompt.prompt_id)


@dataclass(frozen=True, slots=True)
class _Work:
    """Processor time only."""

    embedder: str
    prompt: str
    asked: _Asked
    model: LearnedModel | None
    vectors: NDArray[np.float32]
    """(1 + candidates, layers, d): the prompt first."""
    judged: Sequence[Judged]
    judged_vectors: tuple[NDArray[np.float32], NDArray[np.float32]]
    """(judged, layers, d) of their prompts and of their attributes."""

    def choice(self, *, obey: bool, most: int, need_model: bool) -> Choice:
        candidates = self.asked.candidates
        inputs = self._inputs()
        cosines = inputs.cosines()
        found = (
            None if self.model is None
            else safely(self.model, lambda it: _scores(it, inputs, self.embedder))
        )  # fmt: skip
        if found is None and need_model:
            return Choice((), len(candidates))
        scores, threshold = (cosines, personal.RULE_COSINE) if found is None else found
        said: Mapping[str, bool] = self.asked.said if obey else {}
        keys = [one.attribute_id for one in candidates]
        past = Past(self.judged, *(units(one) for one in self.judged_vectors))
        near = units(self.vectors)
        chosen = []
        for at in personal.picked(scores, threshold, keys, said, most):
            one = candidates[at]
            own = said.get(one.attribute_id, False)
            probability = None if found is None or own else float(scores[at])
            why: tuple[Reason, ...] = (
                (Reason("own_yes", "you called it relevant for these very words"),) if own
                else reasons(
                    self.prompt, one.text, one.attribute_id, cosines[at], past,
                    (near[0], near[1 + at]), probability,
                )
            )  # fmt: skip
            chosen.append(Chosen(one.attribute_id, one.text, probability, why))
        learned_id = None if found is None or self.model is None else self.model.learned_id
        return Choice(tuple(chosen), len(candidates), learned_id, threshold)

    def _inputs(self) -> Inputs:
        # What the local model said of these very words in Relevance, else unknown (the learner's mean): asking
        # it now would hold up the answer by seconds (docs/decisions.md). Its kept answers hold no more:
        # each was saved as a verdict on a prompt.
        known, prompt_id = self.asked.known, self.asked.prompt_id or ""
        tag = str(self.model.coefficients.get("model_tag") or "") if self.model else ""
        pairs = [
            features.Pair(
                self.prompt,
                one.text,
                one.confidence,
                known.said.get((tag, prompt_id, one.attribute_id)),
            )
            for one in self.asked.candidates
        ]
        prompts = np.repeat(self.vectors[:1], len(pairs), axis=0)
        corpus = [one.attribute for one in self.judged]
        return make_inputs(pairs, prompts, self.vectors[1:], corpus)


def _scores(
    coefficients: Mapping[str, object], inputs: Inputs, embedder: str
) -> tuple[list[float], float]:
    """Probabilities and the threshold. Raises whatever damaged coefficients raise."""
    found = predicted(coefficients, inputs, embedder)
    if not np.isfinite(found).all():
        raise ValueError("probabilities that are no numbers")
    return [float(one) for one in found], float(str(coefficients["threshold"]))
