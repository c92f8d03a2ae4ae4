"""Holistic extraction: the conversation as a whole, for models that can follow a JSON schema.

The conversation is cut into as few parts as the context allows, at turns. The model names turns and
quotes words; both are checked here. A quote that is not in a user's turn, or not in the user's own
voice there (:mod:`.structure`), is dropped, and with its last quote the attribute.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import ContextOverflowError, InvalidOutputError
from models.protocol import Backend, ChatMessage, Sampling
from persona_tui.stages.extraction import prompts
from persona_tui.stages.extraction.languages import language_of
from persona_tui.stages.extraction.locate import locate
from persona_tui.stages.extraction.settings import ExtractionSettings
from persona_tui.stages.extraction.statements import statement
from persona_tui.stages.extraction.structure import Structure, analyse
from store.records import Candidate, Evidence, Message

SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=2048, seed=0)
CONFIDENCE = "the model's own, as asked for in the schema"
ANSWER_TOKENS = 2048
DEFAULT_CONTEXT = 8192
ASSISTANT_CHARS = 1200
"""Of an assistant's turn this much is shown: it is there to understand the user by."""
MIN_TURN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Part:
    """What one call reads: some turns, and what of them was left out."""

    turns: tuple[tuple[int, Message, str], ...]
    """(number from 1, message, the text shown)."""
    pending: tuple[Message, ...]
    left_out: int
    """Characters of the user's turns that no call reads."""


@dataclass(frozen=True, slots=True)
class Read:
    """The outcome of one part."""

    messages: tuple[Message, ...]
    candidates: tuple[Candidate, ...]
    note: str | None


async def read(
    context: Sequence[Message],
    pending: Sequence[Message],
    backend: Backend,
    settings: ExtractionSettings,
    run_id: str | None,
) -> AsyncGenerator[Read, None]:
    """One result for each part of the conversation that has pending messages of the user.

    An answer that is no valid JSON gives a result without candidates and a note: the messages count
    as read, because the same question would get the same answer. Other
    :class:`models.errors.ModelError`\\ s are raised.
    """
    limit = await _budget(backend)
    queue = [part async for part in _parts(context, pending, backend, limit)]
    while queue:
        part = queue.pop(0)
        mark = secrets.token_hex(8)
        messages = _messages(part, mark, settings)
        try:
            answer = await backend.structured(
                messages, prompts.HOLISTIC_SCHEMA, sampling=SAMPLING, lane="background"
            )
        except ContextOverflowError:
            smaller = _halves(part)
            if smaller is None:
                raise
            queue[:0] = smaller
            continue
        except InvalidOutputError:
            yield Read(part.pending, (), "the model's answer could not be read")
            continue
        candidates = located(answer.value, part.turns, part.pending, settings, run_id)
        note = f"{part.left_out:,} characters of long messages were left out"
        yield Read(part.pending, tuple(candidates), note if part.left_out else None)


def located(
    value: object,
    turns: Sequence[tuple[int, Message, str]],
    pending: Sequence[Message],
    settings: ExtractionSettings,
    run_id: str | None,
) -> list[Candidate]:
    """What of a model's answer stands: statements with evidence in the user's own words.

    ``value`` may be anything; nothing in it is trusted. At least one quote must lie in a pending
    message, so that nothing is said twice.
    """
    rows = value.get("attributes") if isinstance(value, Mapping) else None
    by_number = {n: message for n, message, _ in turns if message.role == "user"}
    fresh = {message.message_id for message in pending}
    structures: dict[str, Structure] = {}
    found: list[Candidate] = []
    seen: set[str] = set()
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str | bytes) else ():
        if not isinstance(row, Mapping):
            continue
        text = statement(row["attribute"]) if isinstance(row.get("attribute"), str) else None
        confidence = _number(row.get("confidence"))
        if text is None or confidence is None or confidence < settings.min_confidence:
            continue
        evidence = _evidence(row.get("evidence"), by_number, structures)
        if not any(e.message_id in fresh for e in evidence) or text.casefold() in seen:
            continue
        seen.add(text.casefold())
        found.append(
            Candidate(
                candidate_id="",
                conversation_id=evidence[0].conversation_id,
                text=text,
                confidence=confidence,
                strategy="holistic",
                run_id=run_id,
                evidence=tuple(evidence),
            )
        )
    return found


def _evidence(
    rows: object, by_number: Mapping[int, Message], structures: dict[str, Structure]
) -> list[Evidence]:
    found: list[Evidence] = []
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str | bytes) else ():
        if not isinstance(row, Mapping) or not isinstance(row.get("quote"), str):
            continue
        named = by_number.get(row["turn"]) if isinstance(row.get("turn"), int) else None
        # Models miscount turns more often than they misquote: the quote decides.
        others = [m for m in by_number.values() if m is not named]
        for message in [named, *others] if named else others:
            span = locate(row["quote"], message.text)
            if span is None:
                continue
            if message.message_id not in structures:
                structures[message.message_id] = analyse(message.text)
            if _own_words(structures[message.message_id], span.start, span.end):
                evidence = Evidence(
                    message.conversation_id, message.message_id, span.start, span.end,
                    span.of(message.text),
                )  # fmt: skip
                if evidence not in found:
                    found.append(evidence)
            break
    return found


def _own_words(structure: Structure, start: int, end: int) -> bool:
    """True if at least half of the quoted stretch is in the user's own voice."""
    own = sum(
        max(0, min(end, s.end) - max(start, s.start))
        for s in structure.sentences
        if s.voice == "own"
    )
    return own * 2 >= end - start


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _messages(part: Part, mark: str, settings: ExtractionSettings) -> list[ChatMessage]:
    said = " ".join(message.text[:500] for message in part.pending)
    language = settings.language or language_of(said)
    lines = [
        # JSON strings: no line break, no mark and no role of the conversation's own making.
        f"[{number}] {message.role}: {json.dumps(shown, ensure_ascii=False)}"
        for number, message, shown in part.turns
    ]
    return prompts.holistic(lines, mark, language)


async def _budget(backend: Backend) -> int:
    description = backend.describe()
    if description.context_tokens is None:
        description = await backend.start()
    return (description.context_tokens or DEFAULT_CONTEXT) - ANSWER_TOKENS


async def _parts(
    context: Sequence[Message], pending: Sequence[Message], backend: Backend, limit: int
) -> AsyncGenerator[Part, None]:
    """Consecutive turns that fit into ``limit`` tokens together, where any of them is pending."""
    waiting = {message.message_id for message in pending}
    room = max(400, limit - await _tokens(backend, prompts.holistic([], "0" * 16, None)))
    turns: list[tuple[int, Message, str]] = []
    used, left_out = 0, 0
    for number, message in enumerate(context, start=1):
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        shown, lost = await _fitted(message, backend, room)
        size = await _tokens(backend, [ChatMessage("user", shown)]) + 8
        if turns and used + size > room:
            yield _part(turns, waiting, left_out)
            turns, used, left_out = turns[-1:] if turns[-1][1].role == "assistant" else [], 0, 0
            used = sum(len(t) for *_, t in turns) // 2
        turns.append((number, message, shown))
        used += size
        left_out += lost
    if turns:
        yield _part(turns, waiting, left_out)


def _part(turns: Sequence[tuple[int, Message, str]], waiting: set[str], left_out: int) -> Part:
    return Part(
        tuple(turns),
        tuple(m for _, m, _ in turns if m.role == "user" and m.message_id in waiting),
        left_out,
    )


async def _fitted(message: Message, backend: Backend, room: int) -> tuple[str, int]:
    """The turn's text as shown, and how many characters of a user's turn are not."""
    text = message.text
    if message.role == "assistant" and len(text) > ASSISTANT_CHARS:
        return text[:ASSISTANT_CHARS] + " […]", 0
    length = min(len(text), room * 8)
    while length > MIN_TURN_CHARS:
        size = await _tokens(backend, [ChatMessage("user", text[:length])])
        if size + 8 <= room:
            break
        length = max(MIN_TURN_CHARS, min(length - 1, int(length * room / (size + 8) * 0.95)))
    return text[:length], len(text) - length


async def _tokens(backend: Backend, messages: Sequence[ChatMessage]) -> int:
    """Exact where the back end can count; else two characters a token, which is too many for most
    scripts: parts get smaller, never too large."""
    counted = await backend.count_tokens(messages)
    if counted is not None:
        return counted
    return sum(len(m.content.encode()) // 3 + 4 for m in messages)


def _halves(part: Part) -> list[Part] | None:
    if len(part.turns) < 2:
        return None
    middle = len(part.turns) // 2
    waiting = {m.message_id for m in part.pending}
    return [
        p
        for p in (
            _part(part.turns[:middle], waiting, part.left_out),
            _part(part.turns[middle:], waiting, 0),
        )
        if p.pending
    ]


def parameters() -> dict[str, Any]:
    """As stored with a run."""
    return {**SAMPLING.as_parameters(), "confidence": CONFIDENCE}
