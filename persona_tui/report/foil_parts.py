"""What the figures of the foil share: rows about the person that are alike, and differences."""

from __future__ import annotations

import numpy as np

from persona_tui.report.foil_data import Played
from persona_tui.report.intervals import Estimate, codes, difference
from persona_tui.report.model import Figure
from persona_tui.report.parts import FEWEST, drawn, figure, more, percent, weights_of
from persona_tui.report.stage2 import Mine
from persona_tui.report.study import PROBLEM_GAP
from store.audit import AuditData

Wanted = tuple[str, str]
"""What is lacking: the noun, and the rest of the phrase."""
MISSING = "no synthetic user was played yet (persona-tui foil run)"


def real_rows(data: AuditData, played: Played) -> list[int]:
    """Randomly drawn judgments of stage 1, given blinded, on what the same model inferred, no repeats."""
    a = data.attributes
    return [i for i in drawn(a) if not played.conversation or a.model[i] == played.extractor]


def mine_on_bank(data: AuditData) -> Mine:
    """Randomly drawn judgments of stage 2, given blinded, on prompts of the bank, no repeats."""
    r = data.relevance
    rows = [i for i in drawn(r) if r.origin[i] == "bank"]
    return Mine(
        [(r.prompt_id[i], r.attribute_id[i]) for i in rows],
        np.array([r.relevant[i] for i in rows], dtype=bool),
        codes([r.prompt_id[i] for i in rows]),
        weights_of([r.inclusion_prob[i] for i in rows]),
    )


def gap(
    key: str,
    title: str,
    real: Estimate,
    fake: Estimate,
    *,
    study: bool = False,
    of_you: Wanted = ("judgment", "about you"),
    of_them: Wanted = ("judgment", "about synthetic users"),
    method: str = "",
    more_said: str = "",
    model_tag: str | None = None,
    tells: str = "Whether synthetic users make the model look better than it is for you.",
) -> Figure:
    """real − synthetic, or what is lacking on which side."""
    lacking = [
        f"{left} {rest}"
        for estimate, (noun, rest) in ((real, of_you), (fake, of_them))
        if (left := more(estimate.n, FEWEST, noun))
    ]
    enough = not lacking and real.is_known and fake.is_known
    nothing = Estimate(float("nan"), float("nan"), float("nan"), real.n + fake.n)
    return figure(
        key, "foil", title, "points", difference(real, fake) if enough else nothing,
        f"{percent(real.value)} for you, {percent(fake.value)} for synthetic users.{more_said}"
        if enough else "",
        f"{method}Difference of two independent shares; Newcombe's square-and-add interval.",
        study=PROBLEM_GAP if study else (), missing=" and ".join(lacking) or None, tells=tells,
        model_tag=model_tag,
    )  # fmt: skip
