"""From columns to the report."""

from __future__ import annotations

from datetime import datetime

from persona_tui.report import (
    combined,
    foil,
    quality,
    stage1,
    stage2,
    stage3,
    stage3_judges,
    stage3_reward,
)
from persona_tui.report.model import Report
from store.audit import AuditData


def build_report(data: AuditData, *, now: datetime, app_version: str) -> Report:
    """Every figure of PROTOCOL §3, each with its interval or with what is missing for it."""
    own, ceilings, notes = quality.build(data)
    mine, said, arms = stage2.mine_of(data), stage2.said_by_models(data), stage3.by_arm(data)
    first, plots1 = stage1.build(data)
    second, plots2 = stage2.build(data, mine, said, ceilings)
    third, plots3 = stage3.build(data, arms, ceilings)
    judged = stage3_judges.judges(data, next(iter(arms.values())), ceilings)
    learned = stage3_reward.build(data, ceilings)
    together = combined.build(data, mine, said, arms)
    last, plots4 = foil.build(data)
    figures = (*first, *second, *third, *judged, *learned, *own, *together, *last)
    return Report(
        generated_at=now,
        app_version=app_version,
        figures=figures,
        plots=(*plots1, *plots2, *plots3, *plots4),
        counts=_counts(data),
        notes=tuple(notes),
    )


def _counts(data: AuditData) -> dict[str, int]:
    r = data.relevance
    return {
        "attributes_inferred": data.inferred,
        "attributes_judged": sum(how != "repeat" for how in data.attributes.sampling),
        "attributes_added": data.added,
        "relevance_judged": sum(how != "repeat" for how in r.sampling),
        "prompts_judged": len(
            {p for p, how in zip(r.prompt_id, r.sampling, strict=True) if how != "repeat"}
        ),
        "pairs_judged": sum(how != "repeat" for how in data.responses.sampling),
        "repeats": sum(
            columns.sampling.count("repeat") for columns in (data.attributes, r, data.responses)
        ),
        "model_judgments": len(data.models.kind),
        "synthetic_judgments": len(data.synthetic.rater),
    }
