"""In the command palette: conversations (type part of a title, press Enter, be there), themes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.theme import ThemeProvider

from persona_tui.screens.base import HostApp
from store import conversations
from widgets.safe import counted, shorten

FOUND_AT_MOST = 30
FOUND_IN_MESSAGES = 0.1
"""Score of a conversation whose title does not match, but whose messages do."""
OPEN = "Open: "


class ConversationsProvider(Provider):
    """Finds conversations by title and words; none that a model played (they stand in Conversations,
    with their source)."""

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    async def discover(self) -> Hits:
        host = self._host
        if host.ready.is_set():
            for found in await host.db.run(conversations.list_all, synthetic=False, limit=5):
                title = OPEN + shorten(found.title, 60)
                yield DiscoveryHit(
                    # Content, not str: a title is not to be read as markup.
                    Content(title),
                    partial(host.open_conversation, found.conversation_id),
                    text=title,
                    help="A recent conversation",
                )

    async def search(self, query: str) -> Hits:
        host = self._host
        if not host.ready.is_set():
            return
        rows = await host.db.run(
            conversations.list_all, query=query, synthetic=False, limit=FOUND_AT_MOST
        )
        matcher = self.matcher(query)
        for found in rows:
            title = OPEN + shorten(found.title, 60)
            yield Hit(
                max(matcher.match(title), FOUND_IN_MESSAGES),
                Content(title),
                partial(host.open_conversation, found.conversation_id),
                text=title,
                help=f"{counted(found.messages, 'message')} · {found.updated_at:%d %b %Y}",
            )


class KeptThemes(ThemeProvider):
    """The themes; the one that is chosen is there again at the next start."""

    @property
    def commands(self) -> list[tuple[str, Callable[[], None]]]:
        host = cast("HostApp", self.app)
        return [(name, partial(host.keep_theme, name)) for name in sorted(host.available_themes)]
