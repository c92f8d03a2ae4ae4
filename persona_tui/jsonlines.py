"""The documented JSON form of an attribute: one object a line, the same from every verb.

Field names are stable; further ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping

from store.records import Attribute, AttributeJudgment


def attribute_record(
    attribute: Attribute, corrections: Mapping[str, str] | None = None
) -> dict[str, object]:
    """``attribute`` as a JSON object.

    ``quote`` is the message's text from ``start`` to ``end``, in characters. ``judgment`` is the
    one in force or ``null``. ``corrections`` gives the text of user-authored attributes by id, for
    ``corrected_text``; without it that field is ``null``.
    """
    return {
        "attribute_id": attribute.attribute_id,
        "attribute": attribute.text,
        "confidence": attribute.confidence,
        "strategy": attribute.strategy,
        "model": attribute.model,
        "language": attribute.language,
        "corrects": attribute.corrects,
        "created_at": attribute.created_at.isoformat(),
        "evidence": [
            {
                "conversation_id": evidence.conversation_id,
                "message_id": evidence.message_id,
                "quote": evidence.quote,
                "start": evidence.start,
                "end": evidence.end,
            }
            for evidence in attribute.evidence
        ],
        "judgment": judgment_record(attribute.judgment, corrections),
    }


def judgment_record(
    judgment: AttributeJudgment | None, corrections: Mapping[str, str] | None = None
) -> dict[str, object] | None:
    """``judgment`` as a JSON object; ``None`` where there is none in force."""
    if judgment is None or judgment.retracted:
        return None
    corrected = judgment.corrected_attribute_id
    return {
        "verdict": judgment.verdict,
        "accurate": judgment.accurate,
        "supported": judgment.supported,
        "failure_mode": judgment.failure_mode,
        "use": judgment.use,
        "corrected_text": (corrections or {}).get(corrected) if corrected else None,
        "note": judgment.note,
        "judged_at": judgment.created_at.isoformat(),
    }
