"""Chat."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from persona_tui.screens.base import PersonaScreen


class ChatScreen(PersonaScreen):
    """Talk with a model."""

    MODE = "chat"
    NAME = "Chat"
    HELP = "Talk with a model."

    def compose_body(self) -> ComposeResult:
        yield Static("chat")

    def open(self, conversation_id: str, message_id: str | None = None) -> None:
        """Show a conversation."""
