"""The personal verifier in use, as refining needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import tools_for
from persona_tui.jobs.learning.using import model_in_use, unreadable

if TYPE_CHECKING:
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.learning.refining import Verifier
    from persona_tui.jobs.learning.trainer import Tools
    from persona_tui.stages.verification.refine import Doubt
    from store.learned_records import LearnedModel
    from store.records import Attribute

CHANCE = 0.5
"""AUROC of a coin. A verifier whose interval holds it may be guessing, and with a threshold that prefers
recall it then flags nearly everything: models would rewrite what nothing is wrong with."""
GUESSING = (
    "Nothing is flagged, for your verifier may still be guessing: on attributes that it had not seen it is "
    "not surely better than chance. Judge more of them ('persona-tui review'), then 'persona-tui train'."
)
MOST_REASONS = 2
"""Reasons that the extractor is told: the strongest ones."""


@dataclass(frozen=True, slots=True)
class PersonalVerifier:
    """See :class:`persona_tui.jobs.learning.refining.Verifier`."""

    model: LearnedModel
    tools: Tools

    @property
    def learned_id(self) -> str:
        return self.model.learned_id

    @property
    def threshold(self) -> float:
        value = self.model.coefficients.get("threshold")
        return float(value) if isinstance(value, int | float) else 0.5

    async def doubts(self, found: Sequence[Attribute]) -> list[Doubt]:
        from persona_tui.jobs.learning.verifier import score
        from persona_tui.stages.verification.refine import Doubt

        scored = await score(self.tools, found, self.model)
        if scored is None:
            raise UserError(unreadable(self.model))
        return [Doubt(one.probability, " ".join(one.reasons[:MOST_REASONS])) for one in scored]


async def load(db: StoreThread, backends: Backends, explain: bool = True) -> Verifier:
    """The verifier in use, with the model on this machine whose opinion it may weigh.

    Raises:
        UserError: none is trained; with ``explain``, how many judgments are missing, if any are.
    """
    from models.errors import ModelError
    from persona_tui.jobs.relevance.scoring import local_judge

    model = await model_in_use(db, "verifier")
    if model is None and not explain:
        raise UserError("Your verifier is not trained yet: run 'persona-tui train' first.")
    # In a thread: numpy and scipy take half a second, in which the interface would stand still.
    await asyncio.to_thread(import_module, "persona_tui.jobs.learning.verifier")
    try:
        backend = local_judge(backends)
    except ModelError:  # it is not there: its opinion is only one feature of many
        backend = None
    tools = await tools_for(db, backends.embedder, backend)
    if model is None:
        raise UserError(await _missing(tools))
    ranks = model.metrics.get("auroc")
    if ranks is None or ranks.low <= CHANCE:
        raise UserError(GUESSING)
    return PersonalVerifier(model, tools)


async def _missing(tools: Tools) -> str:
    """Why nothing can be flagged yet, in a sentence."""
    from persona_tui.jobs.learning.verifier import TRAINER

    begin = "Nothing can be flagged, for your verifier is not trained yet"
    try:
        await TRAINER.material(tools)
    except Lacking as lacking:
        return f"{begin}: {lacking} are needed ('persona-tui review', then 'persona-tui train')."
    return f"{begin}: 'persona-tui train' trains it, or says what is missing."
