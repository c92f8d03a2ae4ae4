"""What the app remembers between two starts: where the person was, and how they like it laid out.

A convenience, never data: a missing, damaged or read-only file is the same as a first start.

Unsent drafts are the person's words, so forgetting takes them too, also when a verb forgets while
the app is open: what was forgotten is written here, and every later save obeys it.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from persona_tui.paths import write_private

MAX_DRAFT = 200_000
"""Characters of one unsent draft that are kept."""
MAX_FORGOTTEN = 1000
"""Ids of forgotten conversations that are kept: for apps that are open meanwhile."""


@dataclass
class UiState:
    """The remembered state. ``values`` holds what single screens keep (``review.filter`` …)."""

    mode: str = "chat"
    conversation_id: str | None = None
    welcomed: bool = False
    side_panel: bool = True
    side_width: int = 36
    drafts: dict[str, str] = field(default_factory=dict)
    """Unsent text by conversation id; ``""`` is the conversation that does not exist yet."""
    values: dict[str, str] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    """Conversations whose drafts must not be kept any more."""
    wiped: int = 0
    """How often everything was forgotten."""

    def set_draft(self, conversation_id: str | None, text: str) -> bool:
        """Keep (or, if empty, drop) a draft; returns whether anything changed."""
        key, text = conversation_id or "", text[:MAX_DRAFT]
        if key in self.forgotten or self.drafts.get(key, "") == text:
            return False
        if text:
            self.drafts[key] = text
        else:
            del self.drafts[key]
        return True

    def forget(self, conversation_id: str | None) -> None:
        """Drop, for good, every word kept about a conversation that was deleted, or (``None``) about
        all; how the person likes the screen laid out stays."""
        if conversation_id is None:
            self.drafts.clear()
            self.values.clear()
            self.forgotten = []
            self.conversation_id = None
            self.wiped += 1
            return
        self.drafts.pop(conversation_id, None)
        if conversation_id not in self.forgotten:
            self.forgotten = [*self.forgotten, conversation_id][-MAX_FORGOTTEN:]
        if self.conversation_id == conversation_id:
            self.conversation_id = None

    def obey(self, other: UiState) -> None:
        """Drop here what was forgotten there."""
        if other.wiped > self.wiped:
            self.forget(None)
            self.wiped = other.wiped
        for conversation_id in other.forgotten:
            self.forget(conversation_id)


def load_state(path: Path) -> UiState:
    """Read the state; whatever in it is not of the expected type is left at its default."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return UiState()
    state = UiState()
    if not isinstance(data, dict):
        return state
    for item in dataclasses.fields(UiState):
        value = data.get(item.name)
        default = getattr(state, item.name)
        if isinstance(default, dict):
            if isinstance(value, dict):
                strings = {k: v for k, v in value.items() if isinstance(v, str)}
                setattr(state, item.name, strings)
        elif isinstance(default, list):
            if isinstance(value, list):
                setattr(state, item.name, [v for v in value if isinstance(v, str)])
        elif default is None:
            if isinstance(value, str):
                setattr(state, item.name, value)
        elif type(value) is type(default):
            setattr(state, item.name, value)
    return state


def forget_in_file(path: Path, conversation_id: str | None) -> None:
    """:meth:`UiState.forget` for a verb; an app that is open obeys it at its next save.

    Raises:
        OSError: the file cannot be written.
    """
    for part in path.parent.glob(f".{path.name}.*.part"):  # of an app that was killed
        part.unlink(missing_ok=True)
    state = load_state(path)
    state.forget(conversation_id)
    save_state(path, state)


def save_state(path: Path, state: UiState) -> None:
    """Write the state atomically, readable by its owner only; first drop from it what another
    process forgot since it was read.

    Raises:
        OSError: the file cannot be written.
    """
    state.obey(load_state(path))
    text = json.dumps(dataclasses.asdict(state), ensure_ascii=True, indent=1)
    write_private(path, text.encode())
