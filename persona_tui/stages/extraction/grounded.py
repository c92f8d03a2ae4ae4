"""Grounded extraction: one sentence at a time, with the sentence itself as the evidence.

No quote can be invented, because the model never gives one. What it can do wrong is to say more
than the sentence does; so its words are kept only if they agree with the sentence
(:mod:`.agreement`), else the sentence is restated by rule (:mod:`.rewriting`), else dropped. In
other languages than English a small model's words cannot be checked like that and are seldom
right: there the sentence is reported as said, in a frame of the chat's or the chosen language.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from models.protocol import Backend, ChatMessage, Embedder, Finished, Sampling, TextDelta
from persona_tui.stages.extraction import prompts
from persona_tui.stages.extraction.agreement import agreement, content
from persona_tui.stages.extraction.gate import Gated, gate
from persona_tui.stages.extraction.languages import language_of, reported
from persona_tui.stages.extraction.rewriting import rewrite, states_nothing
from persona_tui.stages.extraction.settings import ExtractionSettings
from persona_tui.stages.extraction.statements import statement
from persona_tui.stages.extraction.structure import Structure
from store.records import Candidate, Evidence, Message

SAMPLING = Sampling(temperature=0.0, top_p=1.0, max_tokens=40, seed=0, stop=("\n",))
Way = Literal["model", "rule", "reported"]

CONFIDENCE = (
    "gate probability that the sentence speaks of its writer, times (1 + r + c) / 3: "
    "r the share of the sentence's content words that the statement keeps, c the cosine of the two "
    "embeddings; a reported sentence has r = c = 0.75"
)
"""How the number on a grounded attribute is had; stored with the run."""
_REPORTED_SUPPORT = 0.75


@dataclass(frozen=True, slots=True)
class Made:
    """A statement and how it was come by."""

    text: str
    way: Way
    recall: float


async def from_message(
    message: Message,
    structure: Structure,
    backend: Backend,
    embedder: Embedder,
    settings: ExtractionSettings,
    run_id: str | None,
) -> list[Candidate]:
    """The candidates of one message of the user; ``structure`` is of its text.

    Raises :class:`models.errors.ModelError` from the back end or the embedder.
    """
    found: list[Candidate] = []
    said_in = language_of(message.text)
    for gated in await gate(structure, embedder):
        if gated.probability < settings.gate_threshold:
            continue
        quote = gated.focus.of(message.text)
        made = await restate(quote, said_in, backend, settings)
        if made is None:
            continue
        support = _REPORTED_SUPPORT
        if made.way != "reported":
            pair = (await embedder.embed([quote, made.text])).vectors
            cosine = max(0.0, float(pair[0] @ pair[1]))
            support = (made.recall + cosine) / 2
        confidence = gated.probability * (1 + 2 * support) / 3
        if confidence < settings.min_confidence:
            continue
        found.append(
            Candidate(
                candidate_id="",
                conversation_id=message.conversation_id,
                text=made.text,
                confidence=round(min(1.0, confidence), 4),
                strategy="grounded",
                run_id=run_id,
                evidence=(_evidence(message, gated),),
                reason=made.way,
            )
        )
    return found


def _evidence(message: Message, gated: Gated) -> Evidence:
    start, end = gated.focus.start, gated.focus.end
    return Evidence(
        message.conversation_id, message.message_id, start, end, message.text[start:end]
    )


async def restate(
    quote: str, said_in: str, backend: Backend, settings: ExtractionSettings
) -> Made | None:
    """What a sentence says about its writer, and no more; ``None`` where nothing can be said.
    ``said_in`` is the language around it. Raises :class:`models.errors.ModelError`."""
    language = language_of(quote, default=said_in)
    wanted = settings.language or language
    if language != "en" or wanted != "en":
        text = statement(reported(quote, wanted))
        return Made(text, "reported", 1.0) if text else None
    if states_nothing(quote):
        return None
    answer = await first_sentence(prompts.grounded(quote), backend)
    if answer is not None:
        agreed = agreement(quote, answer)
        if agreed.ok:
            return Made(answer, "model", agreed.recall)
    ruled = statement(rewrite(quote) or "")
    if ruled is None or "user" not in ruled.lower():
        return None
    return Made(ruled, "rule", _recall(quote, ruled))


async def first_sentence(messages: Sequence[ChatMessage], backend: Backend) -> str | None:
    """The model's first sentence about the user, cleaned; ``None`` if it did not finish one. The
    prompt ends with the forced beginning."""
    text, finished = "", False
    async with aclosing(backend.chat(messages, sampling=SAMPLING, lane="background")) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                text += event.text
                if len(text) > 1000:
                    break
            elif isinstance(event, Finished):
                finished = event.reason == "stop"
    text = text.split("\n", 1)[0]
    if text.startswith(prompts.BEGINNING):  # a back end that cannot be forced repeats it
        text = text.removeprefix(prompts.BEGINNING)
    if not finished and not text.rstrip().endswith("."):
        return None
    joint = "" if text.startswith(("'", "’", " ")) else " "
    return statement(prompts.BEGINNING + joint + text)


def _recall(quote: str, text: str) -> float:
    said = set(content(quote))
    return len(said & set(content(text))) / len(said) if said else 1.0
