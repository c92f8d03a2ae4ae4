"""What a chat session tells whoever shows it, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from models.protocol import Usage
from persona_tui.jobs.chat.prompting import Prompt
from store.records import Conversation, Message

if TYPE_CHECKING:
    from persona_tui.jobs.learning.choosing import Choice

NO_USAGE = Usage()
EndReason = Literal["stop", "length", "stopped", "interrupted", "failed"]
"""``stopped``: by the person; ``interrupted``: by the model; ``failed``: there is no answer."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The person's message is in the store (``replaces`` the active messages from its position)."""

    message: Message
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Asked:
    """The model was asked with this prompt."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Began:
    """The first piece of the answer is in the store; earlier answers there are superseded."""

    message: Message


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the person, from the back end ("retrying in 3 s")."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last update. ``message`` is what was kept (None if nothing came); ``note`` says why the
    answer is not whole, in one sentence."""

    message: Message | None
    reason: EndReason
    note: str | None = None
    usage: Usage = NO_USAGE
    tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the next answer's model is told about the person: an answer of which nothing comes was told
    nothing yet."""

    choice: Choice


ChatUpdate = Saved | Told | Asked | Began | Piece | Line | Ended
