"""What of a conversation is sent to a model, so that it fits and the person knows what was left out.

Dropping one old turn at every new one would change the beginning of each prompt, and with it throw
away the model's cached prefix. So when a conversation outgrows the context, it is cut to
``KEPT_SHARE`` of the room at once and then grows again for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import ContextOverflowError
from models.protocol import Backend, ChatMessage
from store.records import Message

KEPT_SHARE = 0.6
CHARACTERS_A_TOKEN = 16
"""More characters than this for each token of room cannot fit: they are not even counted."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent. ``sees`` of ``total`` messages are in it, the newest ones."""

    messages: tuple[ChatMessage, ...]
    first: int
    """Index of the oldest message that is in it."""
    sees: int
    total: int
    tokens: int | None
    """Tokens of the rendered prompt; None where the back end cannot count."""
    context_tokens: int | None


def as_chat(messages: Sequence[Message], system_prompt: str | None) -> tuple[ChatMessage, ...]:
    """Turns as a back end wants them: no empty ones, no tools, neighbours of one role put together
    (several chat templates refuse two turns of one role in a row)."""
    turns: list[ChatMessage] = []
    if system_prompt:
        turns.append(ChatMessage("system", system_prompt))
    for message in messages:
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        role: str = turns[-1].role if turns else ""
        if role == message.role:
            turns[-1] = ChatMessage(turns[-1].role, f"{turns[-1].content}\n\n{message.text}")
        elif message.role == "user":
            turns.append(ChatMessage("user", message.text))
        else:
            turns.append(ChatMessage("assistant", message.text))
    return tuple(turns)


def room_for_answer(max_tokens: int, context_tokens: int) -> int:
    """Tokens kept free for the answer: what was asked for, at most a quarter of the context."""
    return min(max_tokens, context_tokens // 4)


def starts(messages: Sequence[Message], after: int = 0) -> list[int]:
    """Where a prompt may begin: at the person's own messages, from index ``after`` on."""
    return [i for i in range(after, len(messages)) if messages[i].role == "user"]


async def fit(
    backend: Backend,
    messages: Sequence[Message],
    *,
    system_prompt: str | None,
    max_tokens: int,
    first: int = 0,
) -> Prompt:
    """The longest recent part of ``messages`` that fits, not reaching back before ``first``.

    Where the back end cannot count tokens, everything from ``first`` on is taken: if it refuses,
    :func:`shorter` gives the next attempt.

    Raises:
        ContextOverflowError: the newest message alone does not fit.
    """
    context = backend.describe().context_tokens

    def prompt(start: int, tokens: int | None) -> Prompt:
        sent = as_chat(messages[start:], system_prompt)
        sees = sum(1 for message in messages[start:] if message.role in ("user", "assistant"))
        total = sum(1 for message in messages if message.role in ("user", "assistant"))
        return Prompt(sent, start, sees, total, tokens, context)

    if context is None:
        return prompt(first, None)
    room = context - room_for_answer(max_tokens, context)
    first = _not_hopeless(messages, first, room * CHARACTERS_A_TOKEN)
    tokens = await backend.count_tokens(as_chat(messages[first:], system_prompt))
    if tokens is None or tokens <= room:
        return prompt(first, tokens)

    candidates = starts(messages, first + 1)
    low, high = 0, len(candidates)
    counted: dict[int, int] = {}
    while low < high:  # the earliest start whose prompt is within the share that is kept
        middle = (low + high) // 2
        count = await backend.count_tokens(as_chat(messages[candidates[middle] :], system_prompt))
        counted[middle] = count or 0
        if counted[middle] <= room * KEPT_SHARE:
            high = middle
        else:
            low = middle + 1
    best = min(low, len(candidates) - 1)
    if best >= 0:
        count = counted.get(best)
        if count is None:
            count = await backend.count_tokens(as_chat(messages[candidates[best] :], system_prompt))
        if count is not None and count <= room:
            return prompt(candidates[best], count)
        tokens = count if count is not None else tokens
    raise ContextOverflowError(too_long(tokens, room, context))


def shorter(messages: Sequence[Message], prompt: Prompt) -> int | None:
    """Where the next attempt begins when ``prompt`` was refused as too long: about half of it."""
    candidates = starts(messages, prompt.first + 1)
    return candidates[len(candidates) // 2] if candidates else None


def too_long(tokens: int, room: int, context: int) -> str:
    """The sentence for a message that does not fit, with what can be done."""
    return (
        f"This message needs {tokens:,} tokens and only {room:,} of the model's {context:,} are "
        "free for it: edit it to be shorter, or choose a model with a longer context (F8)."
    )


def _not_hopeless(messages: Sequence[Message], first: int, characters: int) -> int:
    """Skip what is certainly too long, without asking the model to count it."""
    total = 0
    for index in range(len(messages) - 1, first - 1, -1):
        total += len(messages[index].text)
        if total > characters:
            later = starts(messages, index + 1)
            return later[0] if later else max(first, index)
    return first
