"""What importers share: the things that they yield and the limits that they keep.

An importer turns one opened file into a stream of conversation drafts. What it cannot read it
yields as :class:`Skipped`, with the place and the reason, and goes on: bad input never raises.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from store.records import ConversationDraft, Source

MAX_MESSAGE_CHARS = 1_000_000
"""A longer message is left out and reported, never cut short."""

MAX_CONVERSATION_CHARS = 32_000_000
"""A conversation with more text or JSON than this is left out and reported."""

MAX_CONVERSATION_MESSAGES = 200_000

SYNTHETIC = "synthetic"
"""As ``source`` of a record: a model played the user."""
SYNTHETIC_LINE = "*Synthetic conversation: a model played the user, so nobody wrote this.*"
"""The same in a transcript: a line above the first message."""
SYNTHETIC_SKIPPED = "a synthetic conversation: a model played the user, so nothing in it is yours"

FORMATS: tuple[Source, ...] = (
    "chatgpt",
    "claude",
    "wildchat",
    "sharegpt",
    "openai",
    "llm",
    "markdown",
)
"""The names that ``--format`` takes."""

FORMAT_HELP = (
    "chatgpt (conversations.json, its folder or zip), claude (the same), wildchat (JSONL, Parquet), "
    "sharegpt (JSON, JSONL), openai (JSONL with messages), llm (logs.db), "
    "markdown (a transcript with User and Assistant headings)"
)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not imported: where it stood and why not."""

    position: str
    """A place a person can find: ``record 12 at byte 3456``, ``line 7``, ``…, message 3``."""
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """One decoded JSON value and where it stood."""

    value: object
    position: str


Read = ConversationDraft | Skipped


@dataclass(slots=True)
class Sample:
    """What detection looks at: the first bytes and the first few records of a file."""

    name: str
    head: bytes
    text: str
    """The head, decoded; empty for a binary file."""
    records: list[object] = field(default_factory=list)
