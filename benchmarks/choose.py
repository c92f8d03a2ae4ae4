"""``choose`` on M attributes ÷ naive re-prefill, and ÷ what the token counts promise.

The prompt is that of the relevance stage: instructions and the person's prompt first, one attribute
last. Naive: each row is evaluated from its first token (a number before the prefix keeps it from every cache). Ideal:
naive time × (tokens that must be evaluated at least ÷ tokens of all rows). Both are measured in
turns with the starter model; "of ideal" is ideal time ÷ our time.

    python benchmarks/choose.py [--attributes 12] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks._table import middle, show
from models.llama import LlamaBackend
from models.protocol import ChatMessage
from models.starter import starter_path

OPTIONS = ["Yes", "No"]
PREFIX = [
    ChatMessage(
        "system",
        "You decide whether something that is known about a person should change the answer to "
        "what they ask, in any way: openly, or silently in tone, vocabulary, examples or depth. "
        "Answer Yes or No. " * 3,
    ),
    ChatMessage(
        "user",
        "They ask: Can you help me plan a week of dinners for my family? We have little time on "
        "weekdays, one oven and a small budget, and I would like to cook things that can be kept "
        "for the next day. Please write a shopping list, too, and say what can be prepared on "
        "Sunday. It should not be the same thing twice. " * 2 + "\n\nThis is known about them: ",
    ),
]
ATTRIBUTES = [
    "The user works night shifts as a nurse.",
    "The user is vegetarian.",
    "The user has two children under ten.",
    "The user is learning Python.",
    "The user lives in Lisbon.",
    "The user prefers short answers with bullet points.",
    "The user is allergic to peanuts.",
    "The user rides a bicycle to work.",
    "The user plays the cello in an amateur orchestra.",
    "The user is writing a novel about the sea.",
    "The user has a small garden with tomatoes.",
    "The user dislikes spicy food.",
]


_NUMBERS = itertools.count(1)


def fresh(prefix: Sequence[ChatMessage]) -> list[ChatMessage]:
    """``prefix`` as nobody has read it yet: a number goes before it, so that nothing of it can be had
    from a cache, whatever is kept there."""
    first = prefix[0]
    return [replace(first, content=f"{next(_NUMBERS)}. {first.content}"), *prefix[1:]]


async def timed(backend: LlamaBackend, rows: list[str]) -> tuple[float, int, int]:
    """Seconds, tokens of the rows, and tokens of them that were in the cache."""
    prefix = fresh(PREFIX)
    started = time.perf_counter()
    choice = await backend.choose(prefix, rows, OPTIONS)
    seconds = time.perf_counter() - started
    return seconds, choice.usage.prompt_tokens or 0, choice.usage.cached_tokens or 0


async def main(count: int, rounds: int, *, as_json: bool) -> None:
    backend = LlamaBackend(starter_path(), name="starter", log_file=None, n_ctx=2048)
    rows = [f"{ATTRIBUTES[i % len(ATTRIBUTES)]} ({i + 1})" for i in range(count)]
    await timed(backend, rows[:1])  # loads the model
    shared, naive, ideal, evaluated, total = [], [], [], 0, 0
    for _ in range(rounds):
        seconds, total, cached = await timed(backend, rows)
        evaluated = total - cached
        shared.append(seconds)
        alone = 0.0
        for row in rows:
            alone += (await timed(backend, [row]))[0]
        naive.append(alone)
        ideal.append(alone * evaluated / total)
    await backend.close()
    show(
        "choose: shared prefix against naive re-prefill",
        [
            {
                "attributes": count,
                "tokens, all rows": total,
                "tokens evaluated": evaluated,
                "naive s": middle(naive),
                "ours s": middle(shared),
                "naive ÷ ours": middle([a / b for a, b in zip(naive, shared, strict=True)]),
                "token ratio": total / evaluated,
                "of ideal": middle([a / b for a, b in zip(ideal, shared, strict=True)]),
                "aim": "≥ 0.9 of ideal",
            }
        ],
        as_json=as_json,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributes", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.attributes, given.rounds, as_json=given.json))
