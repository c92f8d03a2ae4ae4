"""The nouns: what is kept, as frozen dataclasses.

Ids are UUIDv7 strings (sortable by time of creation). Times are aware UTC datetimes. Everything a
model generated carries ``run_id``, which leads to a :class:`ModelRun` with its provenance.
Judgments are append-only: undo and change of mind add a row whose ``supersedes`` names the row it
replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]
MessageStatus = Literal["complete", "interrupted"]
Source = Literal[
    "chat", "chatgpt", "claude", "wildchat", "sharegpt", "openai", "llm", "markdown", "synthetic"
]
Strategy = Literal["grounded", "holistic", "user"]
Verdict = Literal["ok", "unsure", "bad"]
Use = Literal["welcome", "ask", "never"]
FailureMode = Literal[
    "overgeneralization",
    "missing_evidence",
    "task_context_confusion",
    "not_standalone",
    "outdated",
    "other",
]
Sampling = Literal["random", "active", "repeat", "catch"]


# --- conversations ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, chatted here or imported."""

    conversation_id: str
    source: Source
    title: str
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    """The id in the export it came from; unique together with ``source``."""
    content_sha256: str | None = None
    """Hash of the imported content: equal means nothing changed since the last import."""
    model: str | None = None
    """The model that answered, as the export or the catalogue names it."""
    language: str | None = None
    messages: int = 0
    """How many active messages it has (read only)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``superseded_at`` is set on earlier versions left behind by edit or retry."""

    message_id: str
    conversation_id: str
    position: int
    """0, 1, … along the active path."""
    role: Role
    text: str
    created_at: datetime
    status: MessageStatus = "complete"
    model: str | None = None
    external_id: str | None = None
    run_id: str | None = None
    superseded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message as an importer read it, before it has an id of ours."""

    role: Role
    text: str
    created_at: datetime | None = None
    model: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationDraft:
    """A conversation as an importer read it. ``position`` says where in the file it stood."""

    source: Source
    external_id: str
    """The export's own id or, where it has none, a hash of the first message and the position-free
    content that stays the same when the conversation grows."""
    title: str
    messages: tuple[MessageDraft, ...]
    created_at: datetime | None = None
    updated_at: datetime | None = None
    model: str | None = None
    language: str | None = None
    position: str = ""


# --- what models did ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelRun:
    """Provenance of something generated: which model, asked what, with which parameters."""

    run_id: str
    purpose: Literal["chat", "extract", "choose", "embed", "respond", "judge"]
    model: str
    backend: str
    prompt_sha256: str
    parameters: Mapping[str, object]
    app_version: str
    started_at: datetime
    finished_at: datetime | None = None
    strategy: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    status: Literal["running", "complete", "cancelled", "interrupted", "failed"] = "complete"
    note: str | None = None
    """What an implementation could not do natively and did by the next best means."""


# --- attributes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of a message. ``quote == message.text[start:end]``, in characters."""

    conversation_id: str
    message_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One attribute as one extraction step stated it, before merging."""

    candidate_id: str
    conversation_id: str
    text: str
    confidence: float
    """The model's own confidence, 0 to 1 (how it was had is in the run's parameters)."""
    strategy: Strategy
    run_id: str | None
    evidence: tuple[Evidence, ...]
    """At least one span: a candidate without evidence is never stored."""
    reason: str | None = None
    attribute_id: str | None = None
    """The attribute that it was merged into, once it was."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A statement about the person, with every source it rests on."""

    attribute_id: str
    text: str
    confidence: float | None
    strategy: Strategy
    created_at: datetime
    model: str | None = None
    run_id: str | None = None
    language: str | None = None
    category: str | None = None
    corrects: str | None = None
    """The attribute that this user-authored one corrects."""
    refines: str | None = None
    """The attribute that this one was made of, because the verifier flagged it. Never told before
    both are judged."""
    evidence: tuple[Evidence, ...] = ()
    sources: tuple[Candidate, ...] = ()
    judgment: AttributeJudgment | None = None
    """The judgment in force (not superseded, not retracted), if there is one."""


# --- judgments: stage 1 -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JudgmentContext:
    """How an item was asked: on every judgment of every stage."""

    guideline_sha256: str
    """Hash of the guideline text that was on the screen."""
    app_version: str
    shown: Mapping[str, object] = field(default_factory=dict)
    """Exactly what was shown: texts, order, which side was left."""
    model_hidden: bool = True
    sampling: Sampling = "random"
    inclusion_prob: float | None = 1.0
    latency_ms: int | None = None
    repeat_of: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeJudgment:
    """Stage 1: what the person says of one attribute.

    A row with ``retracted`` set says that the superseded judgment was taken back (undo).
    """

    judgment_id: str
    attribute_id: str
    created_at: datetime
    context: JudgmentContext
    verdict: Verdict | None = None
    accurate: bool | None = None
    supported: bool | None = None
    failure_mode: FailureMode | None = None
    use: Use | None = None
    note: str | None = None
    corrected_attribute_id: str | None = None
    supersedes: str | None = None
    retracted: bool = False


# --- search -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One full-text hit. ``snippet`` is plain text; ``marks`` are the spans of it that matched."""

    kind: Literal["message", "attribute"]
    id: str
    conversation_id: str | None
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    synthetic: bool = False
    """A message of a conversation that a model played."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What one batch of drafts did to the store."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    messages_added: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.messages_added + other.messages_added,
        )
