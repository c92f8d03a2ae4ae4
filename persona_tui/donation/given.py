"""What a person chose to give, in memory: records of the journal beside texts already redacted.

The job layer fills these in; :func:`persona_tui.donation.rows.assemble` makes rows of them. Of a
record only coarse things are taken: no text of a record is ever written. A text is written only if
it stands in a field of a ``Given*`` itself, and that only where ``level`` is ``"texts"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from store.audit import (
    ModelJudgment,
    RelevanceJudgment,
    ResponseJudgment,
    ResponsePair,
    UserPrompt,
)
from store.records import Attribute, AttributeJudgment, Evidence, Source

Level = Literal["labels", "texts"]
"""``labels``: closed words and coarse numbers only; ``texts``: with redacted text, too."""


class GivenError(ValueError):
    """What was put together must not be given: names what is wrong, never a value."""


@dataclass(frozen=True, slots=True)
class GivenEvidence:
    """One span. ``turn``: position of its message. The quote of ``evidence`` itself is never read."""

    evidence: Evidence
    turn: int | None = None
    quote: str | None = None
    """Redacted; level ``texts`` only."""


@dataclass(frozen=True, slots=True)
class GivenAttribute:
    """An attribute. Each one that a judgment names must be here; planted ones are added by
    themselves."""

    attribute: Attribute
    level: Level = "labels"
    text: str | None = None
    """Redacted, as ``originals`` and ``reason``."""
    originals: tuple[str, ...] = ()
    """What its sources said, one for each of ``attribute.sources`` or none."""
    reason: str | None = None
    evidence: tuple[GivenEvidence, ...] = ()
    prompt_sha256: str | None = None
    """Of the run that inferred it."""


@dataclass(frozen=True, slots=True)
class GivenAttributeJudgment:
    """A judgment of stage 1; of a planted item where ``attribute_id`` is ``catch:KEY``."""

    judgment: AttributeJudgment
    level: Level = "labels"
    corrected_text: str | None = None
    """Redacted."""


@dataclass(frozen=True, slots=True)
class GivenRelevanceJudgment:
    """A judgment of stage 2. The prompt's own text is never read."""

    judgment: RelevanceJudgment
    prompt: UserPrompt
    level: Level = "labels"
    prompt_text: str | None = None
    """Redacted."""


@dataclass(frozen=True, slots=True)
class GivenResponseJudgment:
    """A judgment of stage 3. The texts of prompt and pair are never read."""

    judgment: ResponseJudgment
    pair: ResponsePair
    prompt: UserPrompt
    level: Level = "labels"
    prompt_text: str | None = None
    """Redacted, as the answers."""
    response_generic: str | None = None
    response_personalized: str | None = None


@dataclass(frozen=True, slots=True)
class GivenModelJudgment:
    """What a model said of an item; ``target``: the person's judgment of the same item, which must
    be given, too."""

    judgment: ModelJudgment
    target: str


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that goes into one bundle."""

    attributes: tuple[GivenAttribute, ...] = ()
    attribute_judgments: tuple[GivenAttributeJudgment, ...] = ()
    relevance_judgments: tuple[GivenRelevanceJudgment, ...] = ()
    response_judgments: tuple[GivenResponseJudgment, ...] = ()
    model_judgments: tuple[GivenModelJudgment, ...] = ()
    conversation_sources: Mapping[str, Source] = field(default_factory=dict)
    """Where each conversation that is evidence came from: one that is not named here, or is
    synthetic, is refused."""
    published_sha256: frozenset[str] = frozenset()
    """Hashes of the program's own guidelines and templates: any other hash becomes null."""
    remote_models: frozenset[str] = frozenset()
    """Names of models that were not on this machine: tells ``other-remote`` from ``other-local``."""
    language: str | None = None
    """ISO 639-1 code, or null where the person would rather not say."""
