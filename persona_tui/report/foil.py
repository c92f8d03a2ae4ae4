"""The person beside synthetic users: does the same model look better on them?"""

from __future__ import annotations

import numpy as np

from persona_tui.report.intervals import Estimate, codes, difference, share
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import figure, percent, plural
from persona_tui.report.stage2 import mine_of
from store.audit import AuditData

PRIORITY = {"person": 0, "truth": 1}
MISSING = "no synthetic user was played yet (persona-tui foil run)"


def build(data: AuditData) -> tuple[list[Figure], list[Plot]]:
    """Figures of the foil: synthetic, and real minus synthetic."""
    s = data.synthetic
    verdicts: dict[str, tuple[int, str, str, str | None]] = {}
    for i in range(len(s.attribute_id)):
        verdict = s.verdict[i]
        if s.prompt_key[i] is None and verdict and s.rater[i] in PRIORITY:
            new = (PRIORITY[s.rater[i]], verdict, s.conversation_id[i], s.failure_mode[i])
            old = verdicts.get(s.attribute_id[i])
            if old is None or new[0] < old[0]:  # the person's word before the persona's
                verdicts[s.attribute_id[i]] = new
    rows = list(verdicts.values())
    ok = np.array([row[1] == "ok" for row in rows], dtype=bool)
    fake = share(ok, codes([row[2] for row in rows]))
    real = _real(data)
    figures = [
        figure(
            "foil.acceptance", "foil", "What is right about synthetic users", "share", fake,
            f"Of {plural(len(rows), 'attribute')} inferred about synthetic users "
            f"{int(ok.sum())} were right.",
            "By what the persona states, or by you where you judged; Wilson by conversation.",
            missing=None if len(s.attribute_id) else MISSING, what="synthetic attribute",
        ),
        _difference(
            "foil.acceptance_gap", "Right about you minus right about synthetic users", real, fake,
            study=True,
        ),
    ]  # fmt: skip
    figures += _failures(data, rows)
    figures += _relevance(data)
    figures += _judges(data, verdicts)
    plots = []
    if real.is_known and fake.is_known and fake.n >= 5 and real.n >= 5:
        plots.append(
            Plot(
                "foil.acceptance", "foil", "intervals", "Right about you, and about synthetic users",
                "share that is right", "",
                (Series("", (real.value, fake.value), (0.0, 1.0), (real.low, fake.low),
                        (real.high, fake.high)),),
                ("you", "synthetic"),
                description="Acceptance for you and for synthetic users, with intervals.",
            )
        )  # fmt: skip
    return figures, plots


def _real(data: AuditData) -> Estimate:
    a = data.attributes
    rows = [i for i in range(len(a.verdict)) if a.sampling[i] == "random" and a.inclusion_prob[i]]
    ok = np.array([a.verdict[i] == "ok" for i in rows], dtype=bool)
    return share(ok, codes([a.conversation_id[i] for i in rows]))


def _difference(
    key: str, title: str, real: Estimate, fake: Estimate, *, study: bool = False
) -> Figure:
    enough = real.n >= 5 and fake.n >= 5 and real.is_known and fake.is_known
    gap = difference(real, fake) if enough else Estimate(float("nan"), 0, 0, 0)
    from persona_tui.report.study import PROBLEM_GAP

    return figure(
        key, "foil", title, "points", gap,
        f"{percent(real.value)} for you, {percent(fake.value)} for synthetic users."
        if enough else "",
        "Difference of two independent shares; Newcombe's square-and-add interval.",
        study=PROBLEM_GAP if study else (),
        missing=None if enough else "both you and synthetic users need at least 5 judgments",
        tells="Whether synthetic users make the model look better than it is for you.",
    )  # fmt: skip


def _failures(data: AuditData, rows: list[tuple[int, str, str, str | None]]) -> list[Figure]:
    """The most frequent failure of each, real against synthetic."""
    from persona_tui.report.intervals import wilson
    from persona_tui.report.stage1 import LABELS

    a = data.attributes
    mine = [
        mode
        for mode, verdict, how in zip(a.failure_mode, a.verdict, a.sampling, strict=True)
        if mode and verdict != "ok" and how == "random"
    ]
    theirs = [mode for _, verdict, _, mode in rows if mode and verdict != "ok"]
    found = []
    for mode, label in LABELS.items():
        if mode in mine or mode in theirs:
            found.append(
                _difference(
                    f"foil.failure.{mode}", f"Wrong because {label}: you minus synthetic",
                    wilson(mine.count(mode), len(mine)), wilson(theirs.count(mode), len(theirs)),
                )
            )  # fmt: skip
    return found


def _relevance(data: AuditData) -> list[Figure]:
    """Yes rates: the persona's and the judge's against the person's."""
    s = data.synthetic
    mine = mine_of(data)
    real = share(mine.yes, mine.prompt, mine.weight)
    found = []
    for key, title, rater in (
        ("foil.yes_rate_gap", "Relevant for you minus relevant for synthetic users", "truth"),
        ("foil.judge_yes_rate_gap", "The same, as a model judges synthetic users", "model"),
    ):
        chosen = [
            i for i in range(len(s.relevant)) if s.rater[i] == rater and s.relevant[i] is not None
        ]
        yes = np.array([s.relevant[i] for i in chosen], dtype=bool)
        if rater == "model" and not chosen:
            continue
        found.append(
            _difference(key, title, real, share(yes, codes([s.conversation_id[i] for i in chosen])))
        )
    return found


def _judges(data: AuditData, verdicts: dict[str, tuple[int, str, str, str | None]]) -> list[Figure]:
    """How often a judge agrees: with the person on the person, with the truth on synthetic users."""
    s, a, m = data.synthetic, data.attributes, data.models
    mine = {
        key: verdict
        for key, verdict, how in zip(a.attribute_id, a.verdict, a.sampling, strict=True)
        if how == "random"
    }
    found = []
    tags = sorted({t for t, r in zip(s.model_tag, s.rater, strict=True) if r == "model" and t})
    for tag in tags:
        fake = [
            (s.verdict[i] == "ok") == (verdicts[s.attribute_id[i]][1] == "ok")
            for i in range(len(s.verdict))
            if s.model_tag[i] == tag and s.verdict[i] and s.attribute_id[i] in verdicts
        ]
        real = [
            (verdict == "ok") == (mine[key] == "ok")
            for kind, name, key, verdict in zip(
                m.kind, m.model_tag, m.attribute_id, m.verdict, strict=True
            )
            if kind == "attribute" and name == tag and verdict and key in mine
        ]
        found.append(
            _difference(
                f"foil.judge_agreement_gap[{tag}]",
                f"{tag} agrees: with you minus with the truth of synthetic users",
                share(np.array(real, dtype=bool)), share(np.array(fake, dtype=bool)),
            )
        )  # fmt: skip
    return found
