"""A chat with a model: every word of it is in the store before anything can go wrong with it.

The person's message is saved before the model is asked. The answer is saved with its first piece,
then at least once a second, always as *interrupted*; only the end of the stream makes it
*complete*. So a killed app, a dead worker and a cancelled answer all leave the same honest trace.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import ContextOverflowError, ModelError
from models.fingerprint import prompt_sha256
from models.protocol import Backend, Finished, Notice, Sampling, TextDelta, Usage
from persona_tui import __version__
from persona_tui.db import StoreThread
from persona_tui.jobs.chat import personalizing
from persona_tui.jobs.chat.answers import (
    AnswerWriter,
    EventStream,
    StoppedError,
    first_message,
    replace_from,
)
from persona_tui.jobs.chat.prompting import Prompt, fit, shorter
from persona_tui.jobs.chat.updates import (
    NO_USAGE,
    Asked,
    Began,
    ChatUpdate,
    Ended,
    EndReason,
    Line,
    Piece,
    Saved,
    Told,
)
from store import messages
from store.db import Store, new_id, utc_now
from store.errors import NotFoundError, StoreError
from store.records import Conversation, Message, ModelRun

if TYPE_CHECKING:
    from persona_tui.jobs.chat.personalizing import Choose
    from persona_tui.jobs.learning.choosing import Choice

NOTHING = "The model ended without a word: try again (Ctrl+R), or ask in another way."
NOTHING_TO_ANSWER = "There is no message of yours here to answer: write one."
GONE = "This conversation was forgotten while it was being answered; the answer is not kept."
NOT_SAVED = "{error} What came last is not saved; saving is tried again while the answer goes on."
LOST = "The end of this answer is on the screen only: {error} Copy it if you need it."
NOT_TOLD = "{error} The model is told nothing about you this time."
T = TypeVar("T")


class ChatSession:
    """One conversation being talked in. One request at a time; used from one event loop."""

    def __init__(
        self,
        db: StoreThread,
        backend: Backend,
        conversation: Conversation | None = None,
        *,
        system_prompt: str | None = None,
        sampling: Sampling | None = None,
        personalize: Choose | None = None,
    ) -> None:
        self.db = db
        self.backend = backend
        self.conversation = conversation
        """None until the first message makes one."""
        self.system_prompt = system_prompt
        self.sampling = sampling or Sampling(max_tokens=1024)
        self.personalize = personalize
        """Chooses what each answer's model is told about the person; ``None``: it is told nothing."""
        self._choice: Choice | None = None
        self.messages: list[Message] = []
        """The active messages, as far as this session knows them."""
        self._first = 0
        self._stream: EventStream | None = None
        self._stop = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def busy(self) -> bool:
        """Whether an answer is under way."""
        return not self._idle.is_set()

    async def wait_idle(self) -> None:
        """Wait until no answer is under way."""
        await self._idle.wait()

    async def load(self) -> list[Message]:
        """Read the active messages."""
        if self.conversation is not None:
            self.messages = await self.db.run(messages.active, self.conversation.conversation_id)
        return self.messages

    async def send(self, text: str) -> AsyncGenerator[ChatUpdate, None]:
        """Save ``text`` as the person's next message and stream the answer."""
        with self._request():
            if self.conversation is None:
                name = self.backend.describe().name
                begun, message = await self.db.run(first_message, text, name)
                self.conversation = begun
            else:
                conversation_id = self.conversation.conversation_id
                message = await self.db.run(messages.append, conversation_id, "user", text)
            self.messages.append(message)
            yield Saved(message, self.conversation)
            async with aclosing(self._answer(len(self.messages))) as updates:
                async for update in updates:
                    yield update

    async def retry(self, index: int | None = None) -> AsyncGenerator[ChatUpdate, None]:
        """Ask again for the answer at ``index`` of :attr:`messages` (the last one by default).

        The earlier answer, and what followed it, is superseded when the new one begins: if the
        model does not answer, nothing has changed. At one of the person's own messages it is the
        answer to that one which is asked for again.
        """
        if index is None:
            index = len(self.messages)
        elif self.messages[index].role == "user":
            index += 1
        while index > 0 and self.messages[index - 1].role != "user":
            index -= 1
        with self._request():
            if index == 0:
                yield Ended(None, "failed", NOTHING_TO_ANSWER)
                return
            async with aclosing(self._answer(index)) as updates:
                async for update in updates:
                    yield update

    async def edit(self, index: int, text: str) -> AsyncGenerator[ChatUpdate, None]:
        """Replace the person's message at ``index`` and everything after it, and stream the answer.

        The earlier version stays in the store, superseded.
        """
        if self.conversation is None:
            return
        conversation = self.conversation
        with self._request():
            message = await self.db.run(replace_from, self.messages[index], text)
            self.messages[index:] = [message]
            yield Saved(message, conversation)
            async with aclosing(self._answer(len(self.messages))) as updates:
                async for update in updates:
                    yield update

    async def stop(self) -> None:
        """End the answer under way; its part is kept. The generator ends with ``Ended``."""
        self._stop.set()
        if self._stream is not None:
            self._stream.stop()

    async def prompt(self) -> Prompt | None:
        """What would be sent now, for the context meter; None if it would not fit."""
        try:
            return await self._fit(self.messages)
        except ModelError:
            return None

    # --- one answer -------------------------------------------------------------------------

    @contextmanager
    def _request(self) -> Iterator[None]:
        """Busy from the first save on: what is stopped or closed meanwhile waits for its end."""
        if self.busy:
            raise RuntimeError("one request at a time")
        self._idle.clear()
        self._stop.clear()
        try:
            yield
        finally:
            self._stream = None
            self._idle.set()

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for ``work``, at most until the person stops. Raises :class:`StoppedError` then."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise StoppedError
            return await task
        finally:
            task.cancel()
            stop.cancel()

    async def _fit(self, history: list[Message]) -> Prompt:
        # A shorter conversation than the one that was cut (an early message was edited, or asked
        # for again) is looked at as a whole: what was left out may fit again.
        return await fit(
            self.backend,
            history,
            system_prompt=personalizing.system_prompt(self.system_prompt, self._choice),
            max_tokens=self.sampling.max_tokens,
            first=self._first if self._first < len(history) else 0,
        )

    async def _answer(self, index: int) -> AsyncGenerator[ChatUpdate, None]:
        """Stream the answer that becomes message ``index``."""
        try:
            history = self.messages[:index]
            async for update in self._choose(history):
                yield update
            if self.backend.describe().context_tokens is None:
                # Only a loaded model knows its context.
                await self._unless_stopped(self.backend.start())
            prompt = await self._unless_stopped(self._fit(history))
            while True:
                self._first = prompt.first
                yield Asked(prompt)
                try:
                    async with aclosing(self._ask(index, prompt)) as updates:
                        async for update in updates:
                            yield update
                    return
                except ContextOverflowError:
                    start = shorter(history, prompt)
                    if start is None:
                        raise
                    self._first = start
                    prompt = await self._unless_stopped(self._fit(history))
        except StoppedError:
            yield Ended(None, "stopped")
        except NotFoundError:
            yield Ended(None, "failed", GONE)
        except (ModelError, StoreError) as error:
            yield Ended(None, "failed", str(error))

    async def _choose(self, history: list[Message]) -> AsyncGenerator[ChatUpdate, None]:
        """Decide what the model is told about the person. What hinders that does not hinder the
        answer: it is then told nothing."""
        self._choice = None
        if self.personalize is None:
            return
        try:
            choice = await self._unless_stopped(
                self._chosen(self.personalize, personalizing.latest(history))
            )
            await self.db.run(personalizing.remember_template)
        except (ModelError, StoreError) as error:
            yield Line(NOT_TOLD.format(error=error))
            return
        self._choice = choice
        yield Told(choice)

    async def _chosen(self, choose: Choose, text: str) -> Choice:
        return await choose(text)

    async def _ask(self, index: int, prompt: Prompt) -> AsyncGenerator[ChatUpdate, None]:
        """One attempt. Raises :class:`ModelError` only if nothing of the answer came."""
        if self.conversation is None:
            raise RuntimeError("an answer without a conversation")
        sampling = self.sampling
        if prompt.tokens is not None and prompt.context_tokens is not None:
            free = max(1, prompt.context_tokens - prompt.tokens)
            sampling = replace(sampling, max_tokens=min(sampling.max_tokens, free))
        writer = AnswerWriter(
            self.db,
            self.conversation.conversation_id,
            self._run(prompt, sampling),
            self.messages[index] if index < len(self.messages) else None,
        )
        stream = self._stream = EventStream(
            self.backend.chat(prompt.messages, sampling=sampling, lane="chat")
        )
        if self._stop.is_set():
            stream.stop()
        told = False
        try:
            while True:
                event = await stream.next(writer.due_in())
                if event is None:
                    await writer.save("interrupted")
                elif isinstance(event, TextDelta):
                    if await writer.add(event.text) and writer.message is not None:
                        self.messages[index:] = [writer.message]
                        yield Began(writer.message)
                    yield Piece(event.text)
                elif isinstance(event, Notice):
                    yield Line(event.text)
                elif isinstance(event, Finished):
                    usage = event.usage
                    await writer.finish(
                        "complete",
                        prompt_tokens=usage.prompt_tokens,
                        completion_tokens=usage.completion_tokens,
                    )
                    yield self._ended(index, writer, event.reason, usage=usage)
                    return
                elif isinstance(event, StoppedError):
                    await writer.finish("cancelled")
                    yield self._ended(index, writer, "stopped")
                    return
                elif isinstance(event, ModelError) and writer.message is not None:
                    await writer.finish("interrupted")
                    yield self._ended(index, writer, "interrupted", note=str(event))
                    return
                else:
                    raise event
                if writer.trouble is not None and not told:
                    told = True
                    yield Line(NOT_SAVED.format(error=writer.trouble))
        finally:
            # Also when our reader went away in mid-answer: what came is kept. And whatever becomes
            # of that, the model stops.
            try:
                await asyncio.shield(writer.finish("interrupted"))
            finally:
                await stream.close()

    def _ended(
        self,
        index: int,
        writer: AnswerWriter,
        reason: EndReason,
        *,
        usage: Usage | None = None,
        note: str | None = None,
    ) -> Ended:
        if writer.message is None:
            if reason == "stopped":
                return Ended(None, "stopped")
            return Ended(None, "failed", note or NOTHING)
        self.messages[index:] = [writer.message]
        if writer.trouble is not None:
            reason, note = "interrupted", LOST.format(error=writer.trouble)
        usage = usage or NO_USAGE
        seconds = usage.completion_seconds or (time.monotonic() - writer.began)
        tokens = usage.completion_tokens or writer.pieces
        speed = tokens / seconds if seconds > 0 and writer.pieces > 1 else None
        return Ended(writer.message, reason, note, usage, speed)

    def _run(self, prompt: Prompt, sampling: Sampling) -> ModelRun:
        description = self.backend.describe()
        return ModelRun(
            run_id=new_id(),
            purpose="chat",
            model=description.name,
            backend=description.backend,
            prompt_sha256=prompt_sha256(prompt.messages),
            parameters={
                **sampling.as_parameters(),
                "messages_seen": prompt.sees,
                "messages_total": prompt.total,
                **personalizing.as_parameters(self._choice),
            },
            app_version=__version__,
            started_at=utc_now(),
            prompt_tokens=prompt.tokens,
            status="running",
        )


def earlier_versions(store: Store, conversation_id: str, positions: Sequence[int]) -> set[int]:
    """Those of ``positions`` at which there are superseded messages too."""
    return {
        position
        for position in positions
        if len(messages.versions(store, conversation_id, position)) > 1
    }
