"""Stage 3: LLM judges beside the person, on the same pairs."""

from __future__ import annotations

import numpy as np

from persona_tui.report import study
from persona_tui.report.intervals import Floats, Ints, codes, mean, share
from persona_tui.report.model import Figure
from persona_tui.report.parts import (
    KAPPA_FROM,
    KAPPA_SURE_FROM,
    MODELS_MISSING,
    PROVISIONAL_BELOW,
    RANKS_FROM,
    Ceilings,
    count_of,
    decimal,
    figure,
    lacking,
    signed,
)
from persona_tui.report.ranks import paired
from persona_tui.report.stage3 import MENTION_EFFECT, SCALE, mention_effect
from store.audit import AuditData

_MEAN = "score interval with Student's t, by prompt."
_FISHER = "Jackknife by prompt on Fisher's z."
_EXPECTED = "A judge's rating is the one it expects over both orders, not rounded. "
_RANKS, _KAPPA = "Rank correlation with you", "Agreement with you (quadratic κ)"


_Said = tuple[float, float, bool | None]
"""What a judge said of a pair: the expected rating over both orders (the rounded one where there is no
other), the rounded one, whether it turned with the order."""


def judges(data: AuditData, rows: list[int], ceilings: Ceilings) -> list[Figure]:
    """Figures of every judge on the pairs in ``rows``, or what there will be of one."""
    m, r = data.models, data.responses
    said: dict[str, dict[str, _Said]] = {}
    for kind, tag, pair, value, expected, flipped in zip(
        m.kind, m.model_tag, m.pair_id, m.rating, m.mean, m.flipped, strict=True
    ):
        if kind == "response" and value is not None and pair:
            said.setdefault(tag, {})[pair] = (
                value if expected is None else expected,
                value,
                flipped,
            )
    if not said:
        return _nobody()
    found = []
    for tag in sorted(said):
        both = [(i, said[tag][r.pair_id[i]]) for i in rows if r.pair_id[i] in said[tag]]
        found += _judge(data, tag, both, ceilings)
    return found


def _judge(
    data: AuditData, tag: str, both: list[tuple[int, _Said]], ceilings: Ceilings
) -> list[Figure]:
    r = data.responses
    mine = np.array([r.rating[i] for i, _ in both], dtype=float)
    theirs = np.array([expected for _, (expected, _, _) in both], dtype=float)
    rounded = np.array([value for _, (_, value, _) in both], dtype=float)
    prompts = [r.prompt_id[i] for i, _ in both]
    group = codes(prompts)
    own = mean(theirs, group, within=SCALE)
    inflation = mean(theirs - mine, group, within=(-4.0, 4.0), step=1.0)
    effect = mention_effect(theirs, [r.explicit_mention[i] for i, _ in both], prompts)
    return [
        figure(
            f"stage3.inflation[{tag}]", "3", f"How much kinder {tag} judges", "points", inflation,
            f"{tag}'s own opinion was {abs(inflation.value):.1f} "
            f"{'higher' if inflation.value >= 0 else 'lower'} than yours.",
            f"{_EXPECTED}Mean of (judge − you) on the same pairs; {_MEAN}",
            study=study.INFLATION, model_tag=tag, headline=True, what="comparison",
            clusters=count_of(group),
        ),
        figure(
            f"stage3.judge_rating[{tag}]", "3", f"How {tag} rates personalized answers", "rating",
            own, f"{tag} gave personalized answers {own.value:.2f} on average.",
            f"{_EXPECTED}Mean over the pairs that you rated; {_MEAN}", study=study.JUDGE_RATING,
            model_tag=tag, what="comparison",
        ),
        *_agreement(tag, mine, theirs, rounded, group, ceilings),
        _flips(tag, [flipped for _, (_, _, flipped) in both], prompts),
        figure(
            f"stage3.mention[{tag}]", "3", f"What open mention does to {tag}'s rating", "points",
            effect, f"{signed(effect.value)} with open mention." if effect.is_known else "",
            f"{_EXPECTED}{MENTION_EFFECT}", study=study.JUDGE_MENTION, need=RANKS_FROM,
            model_tag=tag, what="comparison",
        ),
    ]  # fmt: skip


def _agreement(
    tag: str, mine: Floats, expected: Floats, rounded: Floats, group: Ints, ceilings: Ceilings
) -> list[Figure]:
    found = []
    for key, title, theirs, of, values in (
        ("spearman", _RANKS, expected, "quality.retest.3.spearman", study.SPEARMAN),
        ("quadratic", _KAPPA, rounded, "quality.retest.3", ()),
    ):
        one = paired(key, mine, theirs, group)
        is_kappa = key == "quadratic"
        found.append(
            figure(
                f"stage3.{key}[{tag}]", "3", f"{title}: {tag}", "correlation", one,
                f"{title} of {tag}: {decimal(one.value)}." if one.is_known else "",
                f"{'' if is_kappa else _EXPECTED}{_FISHER}", study=values,
                need=KAPPA_FROM if is_kappa else RANKS_FROM,
                sure_from=KAPPA_SURE_FROM if is_kappa else PROVISIONAL_BELOW,
                model_tag=tag, what="comparison", ceiling=ceilings.get(of), ceiling_of=of,
            )
        )  # fmt: skip
    return found


def _flips(tag: str, flipped: list[bool | None], prompts: list[str]) -> Figure:
    known = [k for k, one in enumerate(flipped) if one is not None]
    turned = np.array([flipped[k] for k in known], dtype=bool)
    return figure(
        f"stage3.flips[{tag}]", "3", f"How often {tag} changes its mind with the order",
        "share", share(turned, codes([prompts[k] for k in known])),
        f"{tag} preferred the other answer when the sides were exchanged in "
        f"{int(turned.sum())} of {len(turned)}.",
        "Share of pairs judged in both orders; Wilson interval by prompt.", model_tag=tag,
        what="comparison",
    )  # fmt: skip


def _nobody() -> list[Figure]:
    """What there will be of each judge."""
    return [
        lacking(
            "stage3.inflation", "3", "How much kinder LLM judges are", "points", MODELS_MISSING,
            "Mean of (judge − you) on the same pairs.", study=study.INFLATION, headline=True,
            tells="Whether models applaud where you do not.",
        ),
        lacking(
            "stage3.judge_rating", "3", "How LLM judges rate personalized answers", "rating",
            MODELS_MISSING, f"Mean over the pairs that you rated; {_MEAN}",
            study=study.JUDGE_RATING,
        ),
        lacking(
            "stage3.spearman", "3", f"{_RANKS} of LLM judges", "correlation", MODELS_MISSING,
            _FISHER, study=study.SPEARMAN, ceiling_of="quality.retest.3.spearman",
            tells="Whether models order answers as you do.",
        ),
        lacking(
            "stage3.quadratic", "3", f"{_KAPPA} of LLM judges", "correlation", MODELS_MISSING,
            _FISHER, ceiling_of="quality.retest.3",
        ),
        lacking(
            "stage3.flips", "3", "How often LLM judges change their mind with the order", "share",
            MODELS_MISSING, "Share of pairs judged in both orders; Wilson interval by prompt.",
        ),
        lacking(
            "stage3.judge_mention", "3", "What open mention does to the rating of LLM judges",
            "points", MODELS_MISSING, MENTION_EFFECT, study=study.JUDGE_MENTION,
            tells="Whether models reward or punish open mention of you.",
        ),
    ]  # fmt: skip
