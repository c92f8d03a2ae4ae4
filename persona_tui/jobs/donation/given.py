"""From what was read and redacted to what a bundle is assembled from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from persona_tui.donation.given import (
    Given,
    GivenAttribute,
    GivenAttributeJudgment,
    GivenEvidence,
    GivenModelJudgment,
    GivenRelevanceJudgment,
    GivenResponseJudgment,
)
from persona_tui.jobs.donation.material import Material
from persona_tui.jobs.donation.texts import Redacted
from store.audit import ModelJudgment
from store.donations import ItemKind, Level
from store.records import Attribute

if TYPE_CHECKING:
    from persona_tui.donation.identity import IdMap
    from persona_tui.donation.rows import Rows
    from persona_tui.donation.schema import Table


def given_of(material: Material, texts: Sequence[Redacted]) -> Given:
    """Records beside texts already redacted. A text that was held back is absent."""
    words = {one.text.place: one.given for one in texts if not one.stale}
    pairs = material.pairs
    return Given(
        attributes=tuple(_attribute(material, one, words) for one in material.attributes.values()),
        attribute_judgments=tuple(
            GivenAttributeJudgment(
                row,
                level := _level(material, "attribute", row.attribute_id),
                corrected_text=words.get(
                    f"attribute:{row.attribute_id}:corrected:{row.corrected_attribute_id}"
                )
                if level == "texts"
                else None,
            )
            for row in material.judgments
        ),
        relevance_judgments=tuple(
            GivenRelevanceJudgment(
                row,
                material.prompts[row.prompt_id],
                _level(material, "relevance", row.prompt_id),
                words.get(f"relevance:{row.prompt_id}:prompt"),
            )
            for row in material.relevance
        ),
        response_judgments=tuple(
            GivenResponseJudgment(
                row,
                pair := pairs[row.pair_id],
                material.prompts[pair.prompt_id],
                _level(material, "response", row.pair_id),
                words.get(f"response:{row.pair_id}:prompt"),
                generic := words.get(f"response:{row.pair_id}:generic"),
                generic if pair.identical else words.get(f"response:{row.pair_id}:personalized"),
            )
            for row in material.responses
        ),
        model_judgments=tuple(_models(material)),
        conversation_sources=material.sources,
        published_sha256=published(),
        remote_models=material.remote_models,
        language=material.donation.language,
    )


def _level(material: Material, kind: ItemKind, key: str) -> Level:
    return material.level(kind, key) or "labels"


def _attribute(
    material: Material, attribute: Attribute, words: Mapping[str, str]
) -> GivenAttribute:
    key = attribute.attribute_id
    level = _level(material, "attribute", key)
    originals = [
        words.get(f"attribute:{key}:original:{one.candidate_id}") for one in attribute.sources
    ]
    reasons = [words.get(f"attribute:{key}:reason:{one.candidate_id}") for one in attribute.sources]
    return GivenAttribute(
        attribute,
        level,
        text=words.get(f"attribute:{key}:text"),
        # One for each source, or none: a list with gaps would say which one was held back.
        originals=tuple(text for text in originals if text is not None)
        if None not in originals
        else (),
        reason=next((text for text in reasons if text is not None), None),
        evidence=tuple(
            GivenEvidence(
                span,
                material.positions.get(span.message_id),
                words.get(f"attribute:{key}:evidence:{span.message_id}:{span.start}-{span.end}"),
            )
            for span in attribute.evidence
        ),
        prompt_sha256=material.templates.get(attribute.run_id or ""),
    )


def _models(material: Material) -> Iterable[GivenModelJudgment]:
    """What models said of the very items that the person judged, by the judgment in force."""
    by_item: dict[tuple[object, ...], str] = {}
    for row in material.judgments:
        if row.context.sampling not in ("repeat", "catch"):
            by_item["attribute", row.attribute_id] = row.judgment_id
    for answer in material.relevance:
        if answer.context.sampling != "repeat":
            by_item["relevance", answer.prompt_id, answer.attribute_id] = answer.judgment_id
    for judged in material.responses:
        if judged.context.sampling != "repeat":
            by_item["response", judged.pair_id] = judged.judgment_id
    for said in material.models:
        target = by_item.get(_item(said))
        if target is not None:
            yield GivenModelJudgment(said, target)


def _item(said: ModelJudgment) -> tuple[object, ...]:
    if said.kind == "attribute":
        return ("attribute", said.attribute_id)
    if said.kind == "relevance":
        return ("relevance", said.prompt_id, said.attribute_id)
    return ("response", said.pair_id)


def published() -> frozenset[str]:
    """Hashes of this version's own guidelines and templates: the same for everybody."""
    from persona_tui.stages.extraction.prompts import template_sha256
    from persona_tui.stages.judges.questions import wording_sha256 as judge_sha256
    from persona_tui.stages.judging import GUIDELINE
    from persona_tui.stages.judging.questions import RELEVANCE, RESPONSE
    from persona_tui.stages.relevance.verdicts import NO_TEMPLATE_SHA256, wording_sha256
    from persona_tui.stages.verification.refine_prompts import template_sha256 as refined_sha256

    return frozenset(
        (
            GUIDELINE.sha256,
            RELEVANCE.sha256,
            RESPONSE.sha256,
            NO_TEMPLATE_SHA256,
            wording_sha256(),
            *(template_sha256(strategy) for strategy in ("grounded", "holistic")),
            *(refined_sha256(strategy) for strategy in ("grounded", "holistic")),
            *(judge_sha256(kind) for kind in ("attribute", "relevance", "response")),
        )
    )


def row_items(ids: IdMap, rows: Rows) -> dict[str, str]:
    """Of each row that the person can take out again: its random id → what it was made of."""
    made: dict[str, str] = {}
    originals = ids.originals()
    tables: tuple[tuple[Table, str, str], ...] = (
        ("attributes", "attribute_id", "attribute"),
        ("attribute_judgments", "judgment_id", "judgment"),
        ("relevance_judgments", "judgment_id", "judgment"),
        ("response_judgments", "judgment_id", "judgment"),
    )
    for table, column, what in tables:
        for row in rows.get(table, ()):
            key = str(row[column])
            if key in originals:
                made[key] = f"{what}:{originals[key]}"
    return made
