"""Holistic extraction: the conversation as a whole, for models that can follow a JSON schema.

The conversation is cut into as few parts as the context allows, at turns. The model names turns and
quotes words; both are checked here. A quote that is not in a user's turn, or not in the user's own
voice there (:mod:`.structure`), is dropped, and with its last quote the attribute.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import ContextOverflowError, InvalidOutputError
from models.protocol import Backend, ChatMessage, Sampling
from persona_tui.stages.extraction import frames, prompts
from persona_tui.stages.extraction.agreement import content
from persona_tui.stages.extraction.languages import language_of
from persona_tui.stages.extraction.locate import places
from persona_tui.stages.extraction.segments import sentence_spans
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
MIN_ROOM = 100
"""Tokens for turns, however small the context: what does not fit then is told by the back end."""


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
    structures = await asyncio.to_thread(_structures, context)
    queue = [part async for part in _parts(context, pending, backend, limit)]
    shown = {message.message_id for part in queue for message in part.pending}
    if blank := tuple(m for m in pending if m.message_id not in shown):
        yield Read(blank, (), None)
    while queue:
        part = queue.pop(0)
        mark = secrets.token_hex(8)
        messages = _messages(part, mark, settings)
        try:
            answer = await backend.structured(
                messages, prompts.HOLISTIC_SCHEMA, sampling=SAMPLING, lane="background"
            )
        except ContextOverflowError:
            if smaller := _smaller(part):
                queue[:0] = smaller
            else:  # raising would stop at this message every time, and nothing after it be read
                yield Read(part.pending, (), "a message does not fit into the model's context")
            continue
        except InvalidOutputError:
            yield Read(part.pending, (), "the model's answer could not be read")
            continue
        candidates = await asyncio.to_thread(
            located, answer.value, part.turns, part.pending, structures, settings, run_id
        )
        note = f"{part.left_out:,} characters of long messages were left out"
        yield Read(part.pending, tuple(candidates), note if part.left_out else None)


def located(
    value: object,
    turns: Sequence[tuple[int, Message, str]],
    pending: Sequence[Message],
    structures: Mapping[str, Structure],
    settings: ExtractionSettings,
    run_id: str | None,
) -> list[Candidate]:
    """What of a model's answer stands: statements with evidence in the user's own words.

    ``value`` may be anything; nothing in it is trusted. At least one quote must lie in a pending
    message, so that nothing is said twice. ``structures`` are of the user's messages, by id.
    """
    rows = value.get("attributes") if isinstance(value, Mapping) else None
    by_number = {n: message for n, message, _ in turns if message.role == "user"}
    fresh = {message.message_id for message in pending}
    planted_words = planted(text for *_, text in turns)
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
        if planted_words & (_words(text) - _words(" ".join(e.quote for e in evidence))):
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
    rows: object, by_number: Mapping[int, Message], structures: Mapping[str, Structure]
) -> list[Evidence]:
    found: list[Evidence] = []
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str | bytes) else ():
        if not isinstance(row, Mapping) or not isinstance(row.get("quote"), str):
            continue
        named = by_number.get(row["turn"]) if isinstance(row.get("turn"), int) else None
        # Models miscount turns more often than they misquote: the quote decides.
        others = [m for m in by_number.values() if m is not named]
        for message in [named, *others] if named else others:
            spans = list(places(row["quote"], message.text))
            structure = structures[message.message_id]
            for span in spans:
                if _own_words(structure, span.start, span.end):
                    evidence = Evidence(
                        message.conversation_id, message.message_id, span.start, span.end,
                        span.of(message.text),
                    )  # fmt: skip
                    if evidence not in found:
                        found.append(evidence)
                    break
            if spans:
                break
    return found


def planted(texts: Iterable[str]) -> set[str]:
    """Words by which somebody, whoever it was, tells the extracting model what to say. A statement
    that has one of them and not from its quotes was put into the model's mouth."""
    words: set[str] = set()
    for text in texts:
        if taken_over := frames.OVERRIDE.search(text):
            words |= _words(text[taken_over.start() :])
        elif frames.DICTATED.search(text):
            for span in sentence_spans(text):
                if frames.DICTATED.search(span.of(text)):
                    words |= _words(span.of(text))
    return words


def _words(text: str) -> set[str]:
    return set(content(text)) - {"user"}


def _structures(context: Sequence[Message]) -> dict[str, Structure]:
    """Who speaks in each of the user's messages; a game goes on from one to the next."""
    found: dict[str, Structure] = {}
    played = False
    for message in context:
        if message.role == "user":
            structure = analyse(message.text, in_role_play=played)
            played = (played and not structure.ends_role_play) or structure.opens_role_play
            found[message.message_id] = structure
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
    context = description.context_tokens or DEFAULT_CONTEXT
    return context - min(ANSWER_TOKENS, context // 3)


async def _parts(
    context: Sequence[Message], pending: Sequence[Message], backend: Backend, limit: int
) -> AsyncGenerator[Part, None]:
    """Consecutive turns that fit into ``limit`` tokens together, where any of them is pending."""
    waiting = {message.message_id for message in pending}
    room = max(MIN_ROOM, limit - await _tokens(backend, prompts.holistic([], "0" * 16, None)))
    turns: list[tuple[int, Message, str]] = []
    used, left_out = 0, 0
    for number, message in enumerate(context, start=1):
        if message.role not in ("user", "assistant") or not message.text.strip():
            continue
        shown, lost = await _fitted(message, backend, room)
        size = await _tokens(backend, [ChatMessage("user", shown)]) + 8
        if turns and used + size > room:
            if (part := _part(turns, waiting, left_out)).pending:
                yield part
            turns, used, left_out = turns[-1:] if turns[-1][1].role == "assistant" else [], 0, 0
            used = sum(len(t) for *_, t in turns) // 2
        turns.append((number, message, shown))
        used += size
        left_out += lost
    if turns and (part := _part(turns, waiting, left_out)).pending:
        yield part


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
    """Exact where the back end can count; else three bytes a token, which is too many for most
    texts: parts get smaller, seldom too large."""
    counted = await backend.count_tokens(messages)
    if counted is not None:
        return counted
    return sum(len(m.content.encode()) // 3 + 4 for m in messages)


def _smaller(part: Part) -> list[Part]:
    """The part in two, or its only turn in half; nothing if that gets too short to be of use."""
    waiting = {m.message_id for m in part.pending}
    if len(part.turns) > 1:
        middle = len(part.turns) // 2
        halves = (
            _part(part.turns[:middle], waiting, part.left_out),
            _part(part.turns[middle:], waiting, 0),
        )
        return [half for half in halves if half.pending]
    number, message, shown = part.turns[0]
    half = len(shown) // 2
    if half < MIN_TURN_CHARS:
        return []
    return [_part([(number, message, shown[:half])], waiting, part.left_out + len(shown) - half)]


def parameters() -> dict[str, Any]:
    """As stored with a run."""
    return {**SAMPLING.as_parameters(), "confidence": CONFIDENCE}
