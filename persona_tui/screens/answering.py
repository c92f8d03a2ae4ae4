"""Shows an answer while it is being written: from a chat session's updates to widgets."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from textual.timer import Timer

from persona_tui.jobs.chat.chatting import ChatSession
from persona_tui.jobs.chat.updates import (
    Asked,
    Began,
    ChatUpdate,
    Ended,
    Line,
    Piece,
    Saved,
    Told,
)
from store.records import Conversation, Message
from widgets.context_meter import ContextMeter
from widgets.message import MessageView
from widgets.transcript import Transcript

if TYPE_CHECKING:
    from persona_tui.jobs.learning.choosing import Choice

DRAW_EVERY = 0.1
"""Seconds between two drawings of an answer that is being written: fast models write 60 pieces a
second, and nobody reads that fast."""
LENGTH = (
    "The answer reached the length limit of {limit} tokens. Ask to go on, or raise "
    "chat.max_tokens in Settings (F9)."
)
TRIMMED = (
    "From here on the model sees only the last {sees} of {total} messages: the earlier ones no "
    "longer fit into its context of {context} tokens. They are kept here. For a longer memory "
    "choose another model (F8), or begin anew (Ctrl+N)."
)


class AnswerPlayer:
    """Plays one session's updates into a transcript and a meter."""

    def __init__(
        self,
        transcript: Transcript,
        meter: ContextMeter,
        *,
        on_saved: Callable[[Conversation], None] = lambda _conversation: None,
        on_told: Callable[[Message, Choice], None] = lambda _answer, _choice: None,
    ) -> None:
        self.transcript = transcript
        self.meter = meter
        self._on_saved = on_saved
        self._on_told = on_told
        self._choice: Choice | None = None
        self._view: MessageView | None = None
        self._timer: Timer | None = None
        self._since = 0.0
        self._undrawn = ""
        self._drawn_at = 0.0
        self._first = 0
        """Where the prompt of the last answer began: told when it moves."""

    async def play(
        self, session: ChatSession, updates: AsyncGenerator[ChatUpdate, None]
    ) -> Ended | None:
        """Show everything until the end; returns it."""
        self._since, self._choice = time.monotonic(), None
        self._timer = self.meter.set_interval(0.5, self._tick)
        await self._tick()
        ended: Ended | None = None
        try:
            async with aclosing(updates) as stream:
                async for update in stream:
                    await self._take(session, update)
                    if isinstance(update, Ended):
                        ended = update
        finally:
            self._timer.stop()
            self.meter.set(doing="")
            view, self._view = self._view, None
            if view is not None and view.streaming and session.messages:
                await view.end(session.messages[-1])
        return ended

    async def _tick(self) -> None:
        await self._draw()
        seconds = int(time.monotonic() - self._since)
        doing = "Writing" if self._view is not None else "The model is reading"
        self.meter.set(doing=f"{doing} … {seconds} s · Esc stops")

    async def _take(self, session: ChatSession, update: ChatUpdate) -> None:
        transcript, meter = self.transcript, self.meter
        if isinstance(update, Saved):
            await self._clear_from(update.message.position)
            await transcript.append(update.message)
            self._on_saved(update.conversation)
        elif isinstance(update, Told):
            self._choice = update.choice
        elif isinstance(update, Asked):
            prompt = update.prompt
            meter.set(
                used=prompt.tokens,
                context=prompt.context_tokens,
                sees=prompt.sees,
                total=prompt.total,
            )
            if prompt.first > self._first:
                context = f"{prompt.context_tokens:,}" if prompt.context_tokens else "unknown size"
                await transcript.say(
                    TRIMMED.format(sees=prompt.sees, total=prompt.total, context=context)
                )
            self._first = prompt.first
        elif isinstance(update, Began):
            await self._clear_from(update.message.position)
            self._view = await transcript.append(update.message)
            await self._view.begin(update.message)
            if self._choice is not None:
                self._on_told(update.message, self._choice)
        elif isinstance(update, Piece):
            self._undrawn += update.text
            if time.monotonic() - self._drawn_at >= DRAW_EVERY:
                await self._draw()
        elif isinstance(update, Line):
            await transcript.say(update.text)
        else:
            await self._end(session, update)

    async def _draw(self) -> None:
        """Draw what has come since the last time. Each drawing lays the screen out anew."""
        if self._view is not None and self._undrawn:
            piece, self._undrawn = self._undrawn, ""
            await self._view.add(piece)
            self._drawn_at = time.monotonic()

    async def _clear_from(self, position: int) -> None:
        for index, record in enumerate(self.transcript.records):
            if record.position >= position:
                self.transcript.superseded.add(position)
                await self.transcript.cut(index)
                return

    async def _end(self, session: ChatSession, update: Ended) -> None:
        view, self._view = self._view, None
        self._undrawn = ""  # the whole is drawn once more
        if view is not None and update.message is not None:
            await view.end(update.message)
            self.transcript.replace(update.message)
        used, context = self.meter.state.used, self.meter.state.context
        if used is not None and update.usage.completion_tokens is not None:
            used += update.usage.completion_tokens
        elif update.usage.prompt_tokens is not None:
            used = update.usage.prompt_tokens + (update.usage.completion_tokens or 0)
        self.meter.set(used=used, context=context, speed=update.tokens_per_second)
        if update.note:
            await self.transcript.say(update.note, warning=True)
        elif update.reason == "length":
            await self.transcript.say(LENGTH.format(limit=f"{session.sampling.max_tokens:,}"))
