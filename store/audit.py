"""The nouns of stages 2 and 3: prompts, answers, judgments of both, what models said of the same.

As in :mod:`store.records`: frozen, ids are UUIDv7 strings, times aware UTC. Judgments are
append-only; a *repeat* (``context.sampling == "repeat"``, ``context.repeat_of`` the judgment that
is repeated) stands beside what it repeats and never supersedes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from store.learned_records import LearnedFigures, LearnedKind
from store.records import FailureMode, JudgmentContext, Sampling, Verdict
from store.refined import Refined

PromptOrigin = Literal["bank", "user", "message"]
"""Written for this project; typed in or imported by the person; an opening message of theirs."""
RelevanceLevel = Literal["explicit", "implicit", "optional", "unnecessary", "forbidden"]
RELEVANT_LEVELS: frozenset[RelevanceLevel] = frozenset(("explicit", "implicit", "optional"))
"""Levels that fold to *yes*; the other two fold to *no*."""
Arm = Literal["relevant", "all", "model", "personal", "models"]
"""Whose choice of attributes the personalized answer was given: what the person called relevant, all
accepted ones that are welcome unasked, the model's own choice among those, the personal model's;
``models``: no personalization, two models compared (``generic`` is the first, ``personalized`` the
second)."""
Side = Literal["generic", "personalized"]
Kind = Literal["attribute", "relevance", "response"]
Rater = Literal["truth", "person", "model"]


@dataclass(frozen=True, slots=True)
class UserPrompt:
    """One prompt to ask about."""

    prompt_id: str
    origin: PromptOrigin
    text: str
    created_at: datetime
    topic: str | None = None
    personal: bool | None = None
    """Of the bank only: whether knowing the person should matter for the answer."""
    bank_key: str | None = None
    source_message_id: str | None = None
    language: str | None = None
    removed_at: datetime | None = None
    """Set when the person does not want to be asked about it any more."""


@dataclass(frozen=True, slots=True)
class RelevanceJudgment:
    """Stage 2: should this attribute change the answer to this prompt?"""

    judgment_id: str
    prompt_id: str
    attribute_id: str
    created_at: datetime
    context: JudgmentContext
    relevant: bool | None = None
    """``None`` only in a retracting row."""
    relevance_level: RelevanceLevel | None = None
    note: str | None = None
    supersedes: str | None = None
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """An attribute is openly mentioned in ``response.text[start:end]``, in characters."""

    attribute_id: str
    start: int
    end: int
    how: Literal["lexical", "embedding"]
    score: float
    """Of the detector, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Response:
    """One generated answer."""

    response_id: str
    prompt_id: str
    personalized: bool
    model_tag: str
    created_at: datetime
    text: str
    run_id: str | None = None
    attribute_ids: tuple[str, ...] = ()
    """What it was personalized with, in the order in which the model was told."""
    explicit_mention: bool | None = None
    """Whether any of them is mentioned openly; ``None``: not looked for."""
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponsePair:
    """Two answers to one prompt. ``shown_left`` was drawn when the pair was made and never changes:
    leaving in the middle does not draw again. A planted identical pair has the same response on
    both sides."""

    pair_id: str
    prompt_id: str
    generic: Response
    personalized: Response
    arm: Arm
    shown_left: Side
    created_at: datetime
    sampling: Sampling = "random"
    inclusion_prob: float | None = 1.0

    @property
    def identical(self) -> bool:
        return self.generic.response_id == self.personalized.response_id


@dataclass(frozen=True, slots=True)
class ResponseJudgment:
    """Stage 3: which of two answers is better."""

    judgment_id: str
    pair_id: str
    created_at: datetime
    context: JudgmentContext
    shown_left: Side
    raw_rating: int | None = None
    """1 left much better … 3 no difference … 5 right much better; ``None``: cannot judge."""
    rating: int | None = None
    """Re-oriented: 5 = personalized much better. ``None`` exactly when ``raw_rating`` is."""
    attribute_ratings: Mapping[str, int] = field(default_factory=dict)
    """Per attribute id, re-oriented: as far as this attribute is concerned, 1 to 5. By side they
    are in ``context.shown["attribute_raw"]``."""
    blinded: bool = True
    explicit_mention: bool | None = None
    len_generic: int | None = None
    """Characters."""
    len_personalized: int | None = None
    note: str | None = None
    supersedes: str | None = None
    retracted: bool = False


def reoriented(raw: int, shown_left: Side) -> int:
    """A rating by side (5 = right much better) as one by kind (5 = personalized much better)."""
    return raw if shown_left == "generic" else 6 - raw


@dataclass(frozen=True, slots=True)
class ModelJudgment:
    """What a model (an LLM judge, BM25, embeddings) said to a question of the protocol."""

    judgment_id: str
    kind: Kind
    model_tag: str
    created_at: datetime
    prompt_sha256: str
    """Hash of the wording it was asked with."""
    input_sha256: str
    """Hash of model, wording, parameters and the item's texts: the same is never asked twice."""
    attribute_id: str | None = None
    prompt_id: str | None = None
    pair_id: str | None = None
    verdict: Verdict | None = None
    relevant: bool | None = None
    rating: int | None = None
    """As :attr:`ResponseJudgment.rating`: mean of both orders, rounded; exact ones in ``detail``."""
    probability: float | None = None
    """Of *ok* (attribute), of *yes* (relevance; BM25 and embeddings: their score), of the
    personalized answer being better (response); ``None`` where the back end gives none."""
    flipped: bool | None = None
    """Response only: whether the preference changed with the order."""
    detail: Mapping[str, object] = field(default_factory=dict)
    """Numbers and closed words only (probabilities by option, rating by order, score, threshold)."""
    temperature: float | None = None
    run_id: str | None = None
    target_judgment_id: str | None = None


@dataclass(frozen=True, slots=True)
class SyntheticConversation:
    """What a synthetic conversation (``source == "synthetic"``) came from."""

    conversation_id: str
    persona_key: str
    """Of the bank, or ``own``: played from the person's own corrected profile."""
    persona_sha256: str
    user_model: str
    assistant_model: str
    turns: int
    created_at: datetime
    run_id: str | None = None
    settings_sha256: str | None = None
    """Fingerprint of model and settings of its extraction (read only: it is the run's)."""


@dataclass(frozen=True, slots=True)
class SyntheticAttribute:
    """An attribute inferred from a synthetic conversation: in a table of its own, so that nothing
    about the person ever meets it."""

    attribute_id: str
    conversation_id: str
    text: str
    confidence: float | None
    created_at: datetime
    evidence: tuple[tuple[str, int, int], ...] = ()
    """(message_id, start, end)."""
    model: str | None = None
    run_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SyntheticJudgment:
    """A question of the protocol, answered about a synthetic attribute."""

    judgment_id: str
    attribute_id: str
    rater: Rater
    created_at: datetime
    model_tag: str | None = None
    """Who, where ``rater == "model"``."""
    verdict: Verdict | None = None
    failure_mode: FailureMode | None = None
    prompt_key: str | None = None
    """Stage 2: the bank prompt that it was asked about."""
    relevant: bool | None = None
    probability: float | None = None
    context: JudgmentContext | None = None
    """Where the person answered, or in whose words a model was asked (``guideline_sha256``)."""
    retracted: bool = False


# --- columns, for figures -----------------------------------------------------------------------
# Lists of equal length, one entry a row. Only judgments in force (and repeats in force); never a
# synthetic conversation, never a retracted row. Flags are bool or None.
#
# An answer that was given (or changed) when the person had been told already what models said, or
# which was which, is not theirs alone. ``replaced``: the row in force was such an answer, and here
# stands what they last said before being told, also if they took it back. ``unblinded``: there is none.


@dataclass(frozen=True, slots=True)
class AttributeColumns:
    """Stage 1."""

    judgment_id: list[str]
    attribute_id: list[str]
    conversation_id: list[str | None]
    """Of its first evidence: the cluster."""
    verdict: list[str]
    accurate: list[bool | None]
    supported: list[bool | None]
    failure_mode: list[str | None]
    use: list[str | None]
    confidence: list[float | None]
    strategy: list[str]
    model: list[str | None]
    sampling: list[str]
    inclusion_prob: list[float | None]
    repeat_of: list[str | None]
    latency_ms: list[int | None]
    repeated: list[str | None]
    """Of a repeat: the verdict that was given first, whatever was said since; ``None`` if that was
    taken back or not given blinded."""
    unblinded: list[bool]
    replaced: list[bool]


@dataclass(frozen=True, slots=True)
class RelevanceColumns:
    """Stage 2."""

    judgment_id: list[str]
    prompt_id: list[str]
    attribute_id: list[str]
    relevant: list[bool]
    relevance_level: list[str | None]
    origin: list[str]
    personal: list[bool | None]
    sampling: list[str]
    inclusion_prob: list[float | None]
    repeat_of: list[str | None]
    latency_ms: list[int | None]
    repeated: list[bool | None]
    """As in :class:`AttributeColumns`."""
    unblinded: list[bool]
    replaced: list[bool]


@dataclass(frozen=True, slots=True)
class ResponseColumns:
    """Stage 3."""

    judgment_id: list[str]
    pair_id: list[str]
    prompt_id: list[str]
    arm: list[str]
    identical: list[bool]
    model_generic: list[str]
    model_personalized: list[str]
    shown_left: list[str]
    raw_rating: list[int | None]
    rating: list[int | None]
    attribute_ratings: list[Mapping[str, int]]
    explicit_mention: list[bool | None]
    len_generic: list[int | None]
    len_personalized: list[int | None]
    sampling: list[str]
    inclusion_prob: list[float | None]
    repeat_of: list[str | None]
    latency_ms: list[int | None]
    repeated: list[int | None]
    """As in :class:`AttributeColumns`: the re-oriented rating."""
    unblinded: list[bool]
    replaced: list[bool]


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """What models said, also of items that the person has not judged."""

    kind: list[str]
    model_tag: list[str]
    attribute_id: list[str | None]
    prompt_id: list[str | None]
    pair_id: list[str | None]
    verdict: list[str | None]
    relevant: list[bool | None]
    rating: list[int | None]
    probability: list[float | None]
    flipped: list[bool | None]
    arm: list[str | None]
    """Of the pair."""
    cluster: list[str | None]
    """What items share: the conversation of an attribute's first evidence, else the prompt."""
    mean: list[float | None]
    """Of a pair: the expected rating in both orders, not rounded; of a judge that gives one."""


@dataclass(frozen=True, slots=True)
class SyntheticColumns:
    """The foil: one row a judgment."""

    persona_key: list[str]
    conversation_id: list[str]
    attribute_id: list[str]
    rater: list[str]
    model_tag: list[str | None]
    verdict: list[str | None]
    failure_mode: list[str | None]
    prompt_key: list[str | None]
    relevant: list[bool | None]
    probability: list[float | None]
    extractor: list[str | None]


@dataclass(frozen=True, slots=True)
class SyntheticItems:
    """What was inferred about synthetic users, judged or not: one row an attribute."""

    persona_key: list[str] = field(default_factory=list)
    persona_sha256: list[str] = field(default_factory=list)
    conversation_id: list[str] = field(default_factory=list)
    attribute_id: list[str] = field(default_factory=list)
    user_model: list[str] = field(default_factory=list)
    extractor: list[str | None] = field(default_factory=list)
    settings_sha256: list[str | None] = field(default_factory=list)
    created_at: list[str] = field(default_factory=list)
    """When it was played."""


@dataclass(frozen=True, slots=True)
class CatchColumns:
    """Planted false attributes: what was said of them."""

    key: list[str]
    verdict: list[str]


@dataclass(frozen=True, slots=True)
class AuditData:
    """Everything that the report computes from."""

    attributes: AttributeColumns
    relevance: RelevanceColumns
    responses: ResponseColumns
    models: ModelColumns
    synthetic: SyntheticColumns
    catches: CatchColumns
    added: int
    """Attributes that the person added because the model had missed them."""
    inferred: int
    """Attributes that a model inferred, judged or not, without refined ones."""
    played: SyntheticItems = field(default_factory=SyntheticItems)
    learned: Mapping[LearnedKind, LearnedFigures] = field(default_factory=dict)  # those in use
    refined: Refined = field(default_factory=Refined)
