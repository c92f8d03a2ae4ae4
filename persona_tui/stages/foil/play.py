"""A model plays a synthetic user, another (or the same) answers: one conversation, turn by turn.

The user's part is asked for one message at a time, with the fact and the errand that it is to bring
up: a very small model left alone with a whole persona forgets that it is a person, and what it then
says is no test of anything. Facts and errands go round in an order that the seed fixes.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from models.fingerprint import prompt_sha256
from models.protocol import (
    Backend,
    ChatMessage,
    Description,
    Finished,
    Sampling,
    TextDelta,
    Usage,
)
from persona_tui.stages.extraction.languages import REPORTED
from persona_tui.stages.foil.personas import Persona
from persona_tui.stages.foil.voice import first_person

PLAY_VERSION = "2"
USER = Sampling(temperature=0.8, top_p=0.95, max_tokens=90, repeat_penalty=1.1)
ASSISTANT = Sampling(temperature=0.7, top_p=0.95, max_tokens=160, repeat_penalty=1.1)
SYSTEM = """\
You play a person who chats with an assistant. Write only the person's next message: one to three \
sentences, first person, everyday words, never as the assistant. The person's voice: {voice}.
What is true of the person:
{facts}
Say nothing else about the person."""
SMALL_ASK = "About: {errand}\nTrue of me: {fact}"
ASK = "Write the person's next message. It is about {errand}. In it they say in their own words: {fact}"
EXAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        "a cake for Saturday",
        "I am a carpenter.",
        "I'm a carpenter and no great baker. Can you help me with a cake for Saturday?",
    ),
    (
        "cheap running shoes",
        "I have weak ankles.",
        "I have weak ankles, so I need shoes that hold them. What would be cheap and good?",
    ),
    (
        "a birthday card",
        "I work for the post office.",
        "I work for the post office, and a colleague turns fifty. What could I write on the card?",
    ),
)
"""Errand, fact, message: for small models, which do not understand the instruction alone."""
SMALL_MODEL_B = 3.0
CHARACTERS_A_TOKEN = 4.0
"""Where the back end does not count."""
BEFORE = 2
"""Earlier turns that the player sees: enough to go on, little enough for a small context."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the play."""

    role: Literal["user", "assistant"]
    text: str
    fact: int | None = None
    """Which fact of the persona the message was to bring up."""
    sent: int = 0
    """Tokens that the model was sent for it: as it counts them, else estimated."""
    written: int = 0


def spoken(fact: str) -> str:
    """A fact in the words in which the model is told it: in the first person where that is sure; of a
    sentence that was kept as it was said, the words; else as it stands. Never half turned."""
    told = first_person(fact)
    if told is not None:
        return told
    for frame in REPORTED.values():
        before, after = frame.split("{}")
        if fact.startswith(before) and fact.rstrip(".").endswith(after.strip()):
            return fact.removeprefix(before).rstrip(".").removesuffix(after.strip()).strip()
    return fact


def template_text() -> str:
    """What is asked, as one text to be kept under its hash."""
    return (
        f"Synthetic user, version {PLAY_VERSION}\n\n{SYSTEM}\n\n{ASK}\n\n{SMALL_ASK}\n{EXAMPLES}\n"
    )


def template_sha256() -> str:
    """Hash of :func:`template_text`."""
    return prompt_sha256([ChatMessage("user", template_text())])


def player_prompt(
    persona: Persona, fact: str, errand: str, said: Sequence[Turn], *, small: bool
) -> list[ChatMessage]:
    """What the model is told that writes the user's next message. A small model is shown how it is
    done, sees no earlier turns and is given the first word (where the fact begins with it); a capable
    one knows the whole persona."""
    told = spoken(fact)
    if small:
        prompt = [ChatMessage("system", "You write one short chat message in the first person.")]
        for about, true, message in EXAMPLES:
            prompt.append(ChatMessage("user", SMALL_ASK.format(errand=about, fact=true)))
            prompt.append(ChatMessage("assistant", message))
        prompt.append(ChatMessage("user", SMALL_ASK.format(errand=errand, fact=told)))
        if told.startswith("I "):
            prompt.append(ChatMessage("assistant", "I"))
        return prompt
    facts = "\n".join(f"- {spoken(one.text)}" for one in persona.facts)
    prompt = [ChatMessage("system", SYSTEM.format(voice=persona.voice, facts=facts))]
    heard = "".join(
        f"{'Person' if turn.role == 'user' else 'Assistant'}: {turn.text}\n"
        for turn in said[-2 * BEFORE :]
    )
    so_far = f"The conversation so far:\n{heard}\n" if heard else ""
    prompt.append(ChatMessage("user", so_far + ASK.format(errand=errand, fact=told)))
    return prompt


def is_small(model: Description) -> bool:
    """Whether a model needs to be shown how a message is written."""
    size = model.parameters_b
    return size < SMALL_MODEL_B if size is not None else model.backend == "llama.cpp"


async def play(
    persona: Persona,
    user: Backend,
    assistant: Backend,
    *,
    turns: int,
    seed: int,
) -> AsyncGenerator[Turn, None]:
    """``turns`` messages of the user, each answered. Yields each message when it is whole.

    Raises :class:`models.errors.ModelError`.
    """
    draw = random.Random(seed)
    facts = list(range(len(persona.facts)))
    draw.shuffle(facts)
    errands = list(persona.errands)
    draw.shuffle(errands)
    said: list[Turn] = []
    small = is_small(user.describe())
    for number in range(turns):
        fact = facts[number % len(facts)]
        errand = errands[number % len(errands)]
        prompt = player_prompt(persona, persona.facts[fact].text, errand, said, small=small)
        text, sent, wrote = await _written(user, prompt, replace(USER, seed=draw.getrandbits(31)))
        if prompt[-1].role == "assistant" and text:  # it goes on after the first word
            text = f"I{text}" if text[0] in "'’" else f"I {text}"
        text = _only_the_message(text)
        if not text:
            continue
        said.append(Turn("user", text, fact, sent, wrote))
        yield said[-1]
        chat = [ChatMessage(turn.role, turn.text) for turn in said[-2 * BEFORE - 1 :]]
        while chat and chat[0].role != "user":
            chat.pop(0)
        sampling = replace(ASSISTANT, seed=draw.getrandbits(31))
        answer, sent, wrote = await _written(assistant, chat, sampling)
        said.append(Turn("assistant", answer or "…", None, sent, wrote))
        yield said[-1]


async def _written(
    backend: Backend, prompt: Sequence[ChatMessage], sampling: Sampling
) -> tuple[str, int, int]:
    """The text, and the tokens sent and written."""
    parts: list[str] = []
    usage = Usage()
    async with aclosing(backend.chat(prompt, sampling=sampling, lane="background")) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                parts.append(event.text)
            elif isinstance(event, Finished):
                usage = event.usage
                break
    text = "".join(parts).strip()
    size = sum(len(one.content) for one in prompt)
    sent, wrote = usage.prompt_tokens, usage.completion_tokens
    return (
        text,
        round(size / CHARACTERS_A_TOKEN) if sent is None else sent,
        round(len(text) / CHARACTERS_A_TOKEN) if wrote is None else wrote,
    )


def tokens_of(persona: Persona, turns: int) -> tuple[int, int]:
    """About how many tokens playing a persona sends and writes at most."""
    told = len(SYSTEM) + sum(len(one.text) for one in persona.facts)
    written = (USER.max_tokens + ASSISTANT.max_tokens) * turns
    heard = written * BEFORE
    return round(turns * (told + len(ASK)) / CHARACTERS_A_TOKEN) + heard, written


def _only_the_message(text: str) -> str:
    """Without a label, quotes around it, or the assistant's answer that some models add."""
    for label in ("Person:", "User:", "Me:"):
        text = text.removeprefix(label).strip()
    for label in ("\nAssistant:", "\nPerson:", "\nUser:"):
        text = text.split(label, 1)[0]
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text.split("\n\n", 1)[0].strip()
