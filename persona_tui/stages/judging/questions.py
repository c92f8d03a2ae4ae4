"""The words of stages 2 and 3. As in :mod:`persona_tui.stages.judging.guideline`: the person, in
both front ends, and every LLM judge are asked with these, and each judgment names them by hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from store.audit import RelevanceLevel


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class RelevanceGuideline:
    """Stage 2: one attribute, one prompt."""

    version: str
    question: str
    yes: str
    no: str
    scale: str
    levels: tuple[tuple[RelevanceLevel, str, str], ...]
    """Level, short label (all five stand in one line of 76 columns), meaning; the place in the tuple
    is the digit (1, 2, …)."""

    @cached_property
    def text(self) -> str:
        lines = [f"Relevance guideline, version {self.version}", "", self.question]
        lines += [f"  yes: {self.yes}", f"  no: {self.no}", "", self.scale]
        lines += [
            f"  {digit} {label}: {meaning}"
            for digit, (_, label, meaning) in enumerate(self.levels, 1)
        ]
        return "\n".join(lines) + "\n"

    @cached_property
    def sha256(self) -> str:
        return _sha256(self.text)


@dataclass(frozen=True)
class ResponseGuideline:
    """Stage 3: two answers to one prompt."""

    version: str
    question: str
    scale: tuple[str, str, str, str, str]
    """What 1 to 5 mean, by side."""
    cannot: str
    attribute_question: str
    """Asked for each attribute after the overall preference, on the same scale."""

    @cached_property
    def text(self) -> str:
        lines = [f"Comparison guideline, version {self.version}", "", self.question]
        lines += [f"  {digit} {meaning}" for digit, meaning in enumerate(self.scale, 1)]
        lines += [f"  0 {self.cannot}", "", self.attribute_question]
        return "\n".join(lines) + "\n"

    @cached_property
    def sha256(self) -> str:
        return _sha256(self.text)


RELEVANCE = RelevanceGuideline(
    version="2",
    question=(
        "Should this change the answer to this prompt in any way, openly or silently "
        "(tone, vocabulary, examples, depth)?"
    ),
    yes="the answer should be different because of it",
    no="the answer should be the same with or without it",
    scale="Finer, for the curious:",
    levels=(
        ("explicit", "say it", "the answer should take it up openly"),
        ("implicit", "shape it", "it should shape the answer without being mentioned"),
        ("optional", "may help", "using it would be fine, leaving it out too"),
        ("unnecessary", "not needed", "it has nothing to do with the answer"),
        ("forbidden", "must not", "using it here would be wrong or unwelcome"),
    ),
)
RESPONSE = ResponseGuideline(
    version="1",
    question="Which answer is better for you?",
    scale=(
        "left much better",
        "left better",
        "no difference",
        "right better",
        "right much better",
    ),
    cannot="cannot judge",
    attribute_question="As far as this is concerned, which answer is better?",
)
