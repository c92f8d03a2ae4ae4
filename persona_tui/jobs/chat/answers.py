"""One answer while it is being written: the stream it comes from, and the row it goes into."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Literal

from models.errors import InterruptedAnswerError
from models.protocol import ChatEvent, TextDelta
from persona_tui.db import StoreThread
from store import conversations, messages, runs
from store.db import Store
from store.errors import NotFoundError, StoreError
from store.records import Conversation, Message, MessageStatus, ModelRun

SAVE_EVERY = 1.0
"""Seconds within which a streamed piece is on disk."""

TITLE_CHARACTERS = 60

RunStatus = Literal["complete", "cancelled", "interrupted"]


class StoppedError(Exception):
    """The stream was ended by :meth:`EventStream.stop`."""


class EventStream:
    """Reads a back end's stream in a task of its own, so that a slow reader never holds it up and
    pieces that arrive together are handed on together."""

    def __init__(self, source: AsyncGenerator[ChatEvent, None]) -> None:
        self._queue: asyncio.Queue[ChatEvent | BaseException] = asyncio.Queue()
        self._held: ChatEvent | BaseException | None = None
        self._task = asyncio.create_task(self._pump(source))
        self._task.add_done_callback(self._ended)

    async def _pump(self, source: AsyncGenerator[ChatEvent, None]) -> None:
        async with aclosing(source) as events:
            async for event in events:
                self._queue.put_nowait(event)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error: BaseException | None = StoppedError() if task.cancelled() else task.exception()
        self._queue.put_nowait(
            error or InterruptedAnswerError("The model's answer ended without an end.")
        )

    def stop(self) -> None:
        """End the stream: the back end stops working, the next event is :class:`StoppedError`."""
        self._task.cancel()

    async def close(self) -> None:
        """End the stream and wait until the back end has let go. Idempotent."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def next(self, within: float | None) -> ChatEvent | BaseException | None:
        """The next event, or the error that the stream ended with; None if nothing came
        ``within`` seconds."""
        event, self._held = self._held, None
        if event is None:
            try:
                async with asyncio.timeout(within):
                    event = await self._queue.get()
            except TimeoutError:
                return None
        while isinstance(event, TextDelta) and not self._queue.empty():
            following = self._queue.get_nowait()
            if not isinstance(following, TextDelta):
                self._held = following
                break
            event = TextDelta(event.text + following.text)
        return event


class AnswerWriter:
    """Keeps one answer in the store while it grows: *interrupted* until its end is known.

    A disk that is full in mid-answer does not end it: the person reads on, and saving is tried
    again with the next piece. A conversation that was forgotten does: every method then raises
    :class:`store.errors.NotFoundError`, and nothing of the answer is kept.
    """

    def __init__(
        self, db: StoreThread, conversation_id: str, run: ModelRun, replaces: Message | None
    ) -> None:
        self.text = ""
        self.message: Message | None = None
        """The row, once there is a first piece."""
        self.pieces = 0
        self.began = 0.0
        self.trouble: StoreError | None = None
        """Why what came last is not in the store; None while it is, or will be within a second."""
        self._db = db
        self._conversation_id = conversation_id
        self._run = run
        self._replaces = replaces
        self._open = False
        self._saved_text = ""
        self._saved_at = 0.0

    def due_in(self) -> float | None:
        """Seconds until the next save; None if nothing waits for one."""
        if self.message is None or self.text == self._saved_text:
            return None
        return max(0.0, self._saved_at + SAVE_EVERY - time.monotonic())

    async def add(self, piece: str) -> bool:
        """Take a piece; returns whether it was the first one (now there is a row)."""
        self.text += piece
        self.pieces += 1
        if self.message is not None:
            if self.due_in() == 0.0:
                await self.save("interrupted")
            return False
        self.began = time.monotonic()
        self.message = await self._db.run(
            _begin, self._conversation_id, self.text, self._run, self._replaces
        )
        self._open = True
        self._saved_text, self._saved_at = self.text, time.monotonic()
        return True

    async def save(self, status: MessageStatus) -> None:
        """Write the text so far; :attr:`trouble` says whether that worked."""
        if self.message is None:
            return
        text, self._saved_at = self.text, time.monotonic()
        try:
            found = await self._db.run(messages.finish, self.message.message_id, text, status)
        except NotFoundError:
            raise
        except StoreError as error:
            self.trouble = error
            self.message = replace(self.message, text=text, status="interrupted")
        else:
            self.trouble, self.message, self._saved_text = None, found, text

    async def finish(
        self,
        status: RunStatus,
        *,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
    ) -> None:
        """Write the end of the answer and of its run. Only the first call does anything."""
        if not self._open:
            return
        self._open = False
        await self.save("complete" if status == "complete" else "interrupted")
        if self.trouble is None:
            await self._db.run(
                runs.finish,
                self._run.run_id,
                status=status,
                prompt_tokens=prompt_tokens or self._run.prompt_tokens,
                completion_tokens=completion_tokens or self.pieces,
            )


def title_from(text: str) -> str:
    """A title from the first words of a message."""
    words = " ".join(text.split()).lstrip("#>*-` ")
    if len(words) <= TITLE_CHARACTERS:
        return words or "New conversation"
    cut = words[:TITLE_CHARACTERS].rsplit(" ", 1)[0]
    return cut.rstrip(",.;:–-") + "…"


def first_message(store: Store, text: str, model: str) -> tuple[Conversation, Message]:
    """Begin a conversation with the person's first message: both, or neither."""
    with store.write():
        conversation = conversations.create(store, title=title_from(text), model=model)
        return conversation, messages.append(store, conversation.conversation_id, "user", text)


def replace_from(store: Store, old: Message, text: str) -> Message:
    """Supersede the active messages from ``old`` on, and put the person's new one in its place."""
    with store.write():
        messages.supersede_from(store, old.conversation_id, old.position)
        return messages.append(store, old.conversation_id, "user", text)


def _begin(
    store: Store, conversation_id: str, text: str, run: ModelRun, replaces: Message | None
) -> Message:
    with store.write():
        runs.add(store, run)
        if replaces is not None:
            messages.supersede_from(store, conversation_id, replaces.position)
        return messages.append(
            store,
            conversation_id,
            "assistant",
            text,
            status="interrupted",
            model=run.model,
            run_id=run.run_id,
        )
