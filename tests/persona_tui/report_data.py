"""Columns as the store gives them, made by a simulated person with known tastes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from store.audit import (
    AttributeColumns,
    AuditData,
    CatchColumns,
    ModelColumns,
    RelevanceColumns,
    ResponseColumns,
    SyntheticColumns,
    SyntheticItems,
)

MODES = ("overgeneralization", "missing_evidence", "task_context_confusion", "other")


def empty() -> AuditData:
    """Nothing was judged."""
    return simulated(0, 0, 0, 0)


def simulated(
    attributes: int = 120,
    prompts: int = 20,
    per_prompt: int = 20,
    pairs: int = 60,
    *,
    seed: int = 1,
    acceptance: float = 0.6,
    yes: float = 0.18,
    over: float = 2.5,
    better: float = 0.35,
    left_bias: float = 0.0,
) -> AuditData:
    """Judgments of one person, a judge that says yes ``over`` times as often and is kinder, repeats of
    a tenth, planted items."""
    draw = np.random.default_rng(seed)
    ok = draw.random(attributes) < acceptance
    confidence = np.clip(draw.normal(0.6 + 0.1 * ok, 0.15), 0, 1)
    ids = [f"a{i}" for i in range(attributes)]
    repeats = list(range(0, attributes, 10))
    verdicts = ["ok" if v else ("bad" if draw.random() < 0.7 else "unsure") for v in ok]
    modes = [None if v == "ok" else str(draw.choice(MODES)) for v in verdicts]
    more = [verdicts[i] if draw.random() < 0.9 else "unsure" for i in repeats]
    n1 = attributes + len(repeats)
    a = AttributeColumns(
        [f"j{i}" for i in range(n1)],
        ids + [ids[i] for i in repeats],
        [*[f"c{i // 3}" for i in range(attributes)], *[f"c{i // 3}" for i in repeats]],
        verdicts + more,
        [v == "ok" or None for v in verdicts + more],
        [None] * n1,
        modes + [None] * len(repeats),
        [None] * n1,
        [*[float(c) for c in confidence], *[float(confidence[i]) for i in repeats]],
        ["grounded"] * n1,
        ["m"] * n1,
        ["random"] * attributes + ["repeat"] * len(repeats),
        [*([1.0] * attributes), *([0.1] * len(repeats))],
        [*([None] * attributes), *[f"j{i}" for i in repeats]],
        [3000] * n1,
        [*([None] * attributes), *[verdicts[i] for i in repeats]],
        [False] * n1,
        [False] * n1,
    )
    total = prompts * per_prompt
    mine = draw.random(total) < yes
    again = list(range(0, total, 10))
    prompt = [f"p{i // per_prompt}" for i in range(total)]
    item = [f"a{i % per_prompt}" for i in range(total)]
    n2 = total + len(again)
    r = RelevanceColumns(
        [f"r{i}" for i in range(n2)],
        prompt + [prompt[i] for i in again],
        item + [item[i] for i in again],
        [bool(v) for v in mine] + [bool(mine[i]) != (draw.random() < 0.05) for i in again],
        [None] * n2,
        ["bank"] * n2,
        [int(p[1:]) % 2 == 0 for p in prompt] + [None] * len(again),
        ["random"] * total + ["repeat"] * len(again),
        [*([0.5] * total), *([0.1] * len(again))],
        [*([None] * total), *[f"r{i}" for i in again]],
        [1500] * n2,
        [*([None] * total), *[bool(mine[i]) for i in again]],
        [False] * n2,
        [False] * n2,
    )
    rating = draw.choice([1, 2, 3, 4, 5], pairs, p=_ratings(better))
    left = draw.choice(["generic", "personalized"], pairs)
    raw = [
        int(v) if side == "generic" else 6 - int(v) for v, side in zip(rating, left, strict=True)
    ]
    biased = draw.random(pairs) < left_bias
    raw = [2 if b else v for b, v in zip(biased, raw, strict=True)]
    rating = np.array([v if s == "generic" else 6 - v for v, s in zip(raw, left, strict=True)])
    c = ResponseColumns(
        [f"s{i}" for i in range(pairs)],
        [f"q{i}" for i in range(pairs)],
        [f"p{i}" for i in range(pairs)],
        ["relevant"] * pairs,
        [False] * pairs,
        ["m"] * pairs,
        ["m"] * pairs,
        [str(s) for s in left],
        [int(v) for v in raw],
        [int(v) for v in rating],
        [{} for _ in range(pairs)],
        [bool(v) for v in draw.random(pairs) < 0.5],
        [int(v) for v in draw.integers(200, 900, pairs)],
        [int(v) for v in draw.integers(200, 900, pairs)],
        ["random"] * pairs,
        [1.0] * pairs,
        [None] * pairs,
        [20000] * pairs,
        [None] * pairs,
        [False] * pairs,
        [False] * pairs,
    )
    theirs = mine | (draw.random(total) < yes * (over - 1) / (1 - yes))
    kinder = np.clip(rating + draw.integers(0, 2, pairs), 1, 5)
    tags = ["judge"] * (total + pairs)
    models = ModelColumns(
        ["relevance"] * total + ["response"] * pairs,
        tags,
        [*item, *([None] * pairs)],
        [*prompt, *([None] * pairs)],
        [*([None] * total), *[f"q{i}" for i in range(pairs)]],
        [None] * (total + pairs),
        [*[bool(v) for v in theirs], *([None] * pairs)],
        [*([None] * total), *[int(v) for v in kinder]],
        [None] * (total + pairs),
        [*([None] * total), *[bool(v) for v in draw.random(pairs) < 0.2]],
        [*([None] * total), *(["relevant"] * pairs)],
        [*prompt, *[f"p{i}" for i in range(pairs)]],
        [*([None] * total), *[float(v) for v in kinder]],
    )
    fake = attributes // 2
    synthetic = SyntheticColumns(
        [f"persona{i // 5}" for i in range(fake)],
        [f"y{i // 5}" for i in range(fake)],
        [f"z{i}" for i in range(fake)],
        ["truth"] * fake,
        [None] * fake,
        ["ok" if v else "bad" for v in draw.random(fake) < 0.8],
        [None] * fake,
        [None] * fake,
        [None] * fake,
        [None] * fake,
        ["m"] * fake,
    )
    played = SyntheticItems(
        [f"persona{i // 5}" for i in range(fake)],
        ["0" * 64] * fake,
        [f"y{i // 5}" for i in range(fake)],
        [f"z{i}" for i in range(fake)],
        ["m"] * fake,
        ["m"] * fake,
        ["s"] * fake,
        ["2026-01-01"] * fake,
    )
    planted = min(5, attributes)
    return AuditData(
        a, r, c, models, synthetic, CatchColumns([f"k{i}" for i in range(planted)], ["bad"] * planted),
        attributes // 20, attributes, played,
    )  # fmt: skip


def _ratings(better: float) -> list[float]:
    rest = 1 - better
    return [rest * 0.1, rest * 0.3, rest * 0.6, better * 0.7, better * 0.3]


def with_baselines(data: AuditData, *, seed: int = 2) -> AuditData:
    """The other two that judge relevance by default: BM25 and embeddings."""
    draw = np.random.default_rng(seed)
    m, r = data.models, data.relevance
    rows = [i for i, how in enumerate(r.sampling) if how == "random"]
    prompt, item = [r.prompt_id[i] for i in rows], [r.attribute_id[i] for i in rows]
    for tag, rate in (("bm25", 0.2), ("embedding:minilm", 0.4)):
        none = [None] * len(rows)
        yes = [bool(v) for v in draw.random(len(rows)) < rate]
        m = ModelColumns(
            [*m.kind, *(["relevance"] * len(rows))], [*m.model_tag, *([tag] * len(rows))],
            [*m.attribute_id, *item], [*m.prompt_id, *prompt], [*m.pair_id, *none],
            [*m.verdict, *none], [*m.relevant, *yes], [*m.rating, *none],
            [*m.probability, *none], [*m.flipped, *none], [*m.arm, *none],
            [*m.cluster, *prompt], [*m.mean, *none],
        )  # fmt: skip
    return replace(data, models=m)
