"""A conversation as a scrolling column, of which only a window is mounted.

A message costs several widgets, so 5,000 of them cannot be mounted at once. A window of the
messages is; scrolling to an edge of it mounts more on that side and drops as much on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.message import Message as Event

from widgets.message import MessageView, SystemLine

if TYPE_CHECKING:
    from store.records import Message

FIRST = 16
"""Messages mounted when a conversation is opened."""
STEP = 6
"""Messages mounted when the reader comes near an edge."""
MOST = 60
"""Messages mounted at once."""
NEAR = 6
"""Lines from an edge at which more are mounted."""
STREAMED = 4
"""Newest messages that stay as they were streamed; older ones are drawn by one widget each."""
AT_ONCE = 2
"""Messages mounted between two turns of the event loop, so that keys are not kept waiting."""


class Transcript(VerticalScroll, can_focus=False):
    """The messages of one conversation."""

    DEFAULT_CSS = """
    Transcript {
        padding: 1 1 0 1;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        background: $background;
    }
    """

    class Shown(Event):
        """Another part of the conversation is mounted."""

        def __init__(self, first: int, last: int, total: int) -> None:
            super().__init__()
            self.first, self.last, self.total = first, last, total

    def __init__(
        self,
        *,
        author: Callable[[Message], str],
        shown: Callable[[Message], bool] = lambda message: message.role in ("user", "assistant"),
    ) -> None:
        super().__init__()
        self.records: list[Message] = []
        self.superseded: set[int] = set()
        """Positions at which there are earlier versions."""
        self._author = author
        self._is_shown = shown
        self._low = 0
        self._high = 0
        self._moving = False

    # --- reading ----------------------------------------------------------------------------

    def views(self) -> list[MessageView]:
        """The mounted messages, in order."""
        return list(self.query_children(MessageView))

    def view_of(self, message_id: str) -> MessageView | None:
        """The mounted view of a message."""
        for view in self.views():
            if view.record.message_id == message_id:
                return view
        return None

    def index_of(self, message_id: str) -> int | None:
        """Where in :attr:`records` a message stands."""
        for index, record in enumerate(self.records):
            if record.message_id == message_id:
                return index
        return None

    # --- whole conversations ----------------------------------------------------------------

    async def show(
        self,
        messages: Sequence[Message],
        *,
        at: int | None = None,
        superseded: set[int] | None = None,
    ) -> None:
        """Show a conversation, at its end or with message ``at`` in the window."""
        self.records = [message for message in messages if self._is_shown(message)]
        self.superseded = superseded or set()
        self._moving = True
        try:
            await self.remove_children()
            count = len(self.records)
            end = count if at is None else min(count, at + FIRST // 2)
            self._low = self._high = max(0, end - FIRST)
            if at is None:
                self.anchor()
            await self._mount_below(FIRST)
        finally:
            self._moving = False
        self._report()

    async def reveal(self, index: int) -> MessageView | None:
        """Mount message ``index`` if need be and scroll to it; None if there is no such one."""
        if not 0 <= index < len(self.records):
            return None
        message_id = self.records[index].message_id
        view = self.view_of(message_id)
        if view is None:
            await self.show(self.records, at=index, superseded=self.superseded)
            view = self.view_of(message_id)
        if view is not None:
            self.release_anchor()
            self.scroll_to_widget(view, animate=False, top=True)
        return view

    async def go_end(self) -> None:
        """Show the newest messages and follow them."""
        if self._high < len(self.records):
            await self.show(self.records, superseded=self.superseded)
        self.anchor()

    # --- single messages --------------------------------------------------------------------

    async def append(self, message: Message) -> MessageView:
        """Add a message at the end and show it."""
        await self.go_end()
        self.records.append(message)
        # Before the pause in which it is mounted: scrolling would mount it once more.
        self._high = len(self.records)
        view = self._view(message)
        await self.mount(view)
        await self._prune_top()
        for older in self.views()[-1 - STREAMED : -STREAMED]:
            await older.settle()
        return view

    async def cut(self, index: int) -> None:
        """Take message ``index`` and everything after it away."""
        gone = {record.message_id for record in self.records[index:]}
        del self.records[index:]
        self._high = min(self._high, len(self.records))
        self._low = min(self._low, self._high)
        found = False
        doomed = []
        for child in self.children:
            if isinstance(child, MessageView) and child.record.message_id in gone:
                found = True
            if found:  # lines of ours that stood behind it go with it
                doomed.append(child)
        await self.remove_children(doomed)
        if self._low == self._high and self._low > 0:
            await self.show(self.records, superseded=self.superseded)

    def replace(self, message: Message) -> None:
        """Take over the stored state of a message that is shown."""
        index = self.index_of(message.message_id)
        if index is not None:
            self.records[index] = message

    async def say(self, text: str, *, warning: bool = False) -> None:
        """Add one line of ours at the end."""
        await self.mount(SystemLine(text, warning=warning))

    # --- the window -------------------------------------------------------------------------

    def _view(self, message: Message) -> MessageView:
        return MessageView(
            message,
            name=self._author(message),
            versions=message.position in self.superseded,
        )

    async def _mount_below(self, count: int) -> None:
        until = min(len(self.records), self._high + count)
        while self._high < until:
            part = self.records[self._high : min(until, self._high + AT_ONCE)]
            self._high += len(part)
            await self.mount(*(self._view(message) for message in part))

    async def _prune_top(self) -> None:
        excess = self.views()[: max(0, self._high - self._low - MOST)]
        if excess:
            await self.remove_children(excess)
            self._low += len(excess)

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if new != old:
            self.want(-1 if new < old else 1)

    def want(self, direction: int) -> None:
        """Mount more in this direction if the reader is near that edge."""
        if self._moving or not self.records:
            return
        below = self.max_scroll_y - self.scroll_y
        if direction < 0 and self.scroll_y <= NEAR and self._low > 0:
            self._moving = True
            self.run_worker(self._earlier(), group="window", exit_on_error=False)
        elif direction > 0 and below <= NEAR and self._high < len(self.records):
            self._moving = True
            self.run_worker(self._later(), group="window", exit_on_error=False)

    async def _earlier(self) -> None:
        """Mount earlier messages above without moving what is being read."""
        try:
            views = self.views()
            if not views:
                return
            keep, first = views[0], max(0, self._low - STEP)
            part = self.records[first : self._low]
            offset = keep.virtual_region.y - self.scroll_y
            await self.mount(*(self._view(message) for message in part), before=keep)
            self._low = first
            await self._stay(keep, offset)
            excess = self.views()[MOST:]
            if excess:
                await self.remove_children(excess)
                self._high -= len(excess)
        finally:
            self._moving = False
        self._report()

    async def _later(self) -> None:
        """Mount later messages below, and drop as many above."""
        try:
            await self._mount_below(STEP)
            views = self.views()
            excess = views[: max(0, len(views) - MOST)]
            if excess:
                keep = views[len(excess)]
                offset = keep.virtual_region.y - self.scroll_y
                await self.remove_children(excess)
                self._low += len(excess)
                await self._stay(keep, offset)
        finally:
            self._moving = False
        self._report()

    async def _stay(self, keep: MessageView, offset: float) -> None:
        """Keep ``keep`` at the same place of the screen, once the new layout is known."""
        await self._settle()
        self.scroll_to(y=keep.virtual_region.y - offset, animate=False, force=True, immediate=True)

    async def _settle(self) -> None:
        """Wait until what was mounted has its size."""
        import asyncio

        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()

    def _report(self) -> None:
        self.post_message(self.Shown(self._low, self._high, len(self.records)))
