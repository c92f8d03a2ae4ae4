"""What an answer means, and how it is told in words."""

from __future__ import annotations

from persona_tui.stages.judging.guideline import GUIDELINE
from persona_tui.stages.judging.queue import ReviewFilter
from store.records import Attribute, AttributeJudgment, Use

_NEXT_USE: dict[Use | None, Use | None] = {
    None: "never",
    "never": "ask",
    "ask": "welcome",
    "welcome": None,
}
_NEXT_ANSWER: dict[bool | None, bool | None] = {None: True, True: False, False: None}

_USE_WORDS: dict[Use, str] = {
    "welcome": "welcome to use",
    "ask": "use only when I ask",
    "never": "never use",
}


def next_use(use: Use | None) -> Use | None:
    """What the use key makes of ``use``: not said → never → only when I ask → welcome → not said."""
    return _NEXT_USE[use]


def next_answer(answer: bool | None) -> bool | None:
    """What a yes/no key makes of ``answer``: not said → yes → no → not said."""
    return _NEXT_ANSWER[answer]


def is_judged(judgment: AttributeJudgment | None) -> bool:
    """Whether a verdict is in force. An answer to another question alone does not finish an item."""
    return judgment is not None and not judgment.retracted and judgment.verdict is not None


def matches(attribute: Attribute, judgment: AttributeJudgment | None, wanted: ReviewFilter) -> bool:
    """Whether ``attribute`` with ``judgment`` in force belongs under the filter ``wanted``."""
    if wanted.conversation_id is not None and all(
        evidence.conversation_id != wanted.conversation_id for evidence in attribute.evidence
    ):
        return False
    if wanted.query and not all(
        word in attribute.text.casefold() for word in wanted.query.casefold().split()
    ):
        return False
    if wanted.status == "all":
        return True
    if wanted.status == "unjudged":
        return not is_judged(judgment)
    if judgment is None or judgment.retracted:
        return False
    if wanted.status == "never":
        return judgment.use == "never"
    return judgment.verdict == wanted.status


def describe(judgment: AttributeJudgment | None, *, verdict: bool = True) -> str:
    """The judgment in a few words: ``bad, too general · true · never use``; empty if there is none.

    With ``verdict=False`` only the answers beside the verdict.
    """
    if judgment is None or judgment.retracted:
        return ""
    parts: list[str] = []
    if verdict and judgment.verdict is not None:
        why = f", {GUIDELINE.failure_label(judgment.failure_mode)}" if judgment.failure_mode else ""
        parts.append(judgment.verdict + why)
    if judgment.accurate is not None:
        parts.append("true" if judgment.accurate else "not true")
    if judgment.supported is not None:
        parts.append("my words show it" if judgment.supported else "my words do not show it")
    if judgment.use is not None:
        parts.append(_USE_WORDS[judgment.use])
    if judgment.corrected_attribute_id is not None:
        parts.append("corrected")
    if judgment.note is not None:
        parts.append("with a note")
    return " · ".join(parts)
