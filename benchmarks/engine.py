"""The scoring engine: attributes × prompts through ``choose``, against what else could be done.

For each prompt in turn, so that the machine cancels out: all attributes by the engine; the same one
row after the other (a lane with one sequence); a random sample of them naively, each prompt read
from its first token (``naive``); a sample by ``llama_cpp.server``, driven by 1, 4 and 8 clients
through our endpoint back end. Pairs a second; ratios are medians over the prompts. *Ideal* is naive
time × (tokens that must be evaluated at least ÷ tokens of all rows): in each row at least what
follows the longest beginning that it shares with another, the template's end included.

Then, in the same run, extraction (grounded, and holistic with the same small model: what it finds
is worthless, only the speed counts). First of all the endpoint against a server that answers after a known
delay (``benchmarks.waiting``), which ``--endpoint`` does alone.

    python -m benchmarks.engine [--quick] [--endpoint] [--attributes 200] [--prompts 20] [--model GGUF] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Literal

from benchmarks._table import middle, show
from benchmarks.choose import fresh
from benchmarks.engine_servers import KEY, llama_server
from benchmarks.waiting import bare, waiting_server
from models.embeddings import MiniLmEmbedder
from models.endpoint import EndpointBackend
from models.errors import ModelError
from models.llama import LlamaBackend
from models.protocol import Backend, ChatMessage, Choice
from models.sizing import default_threads
from models.starter import starter_path
from persona_tui.stages.extraction import ExtractionSettings, extract
from persona_tui.stages.relevance.verdicts import question
from store.records import Conversation, Message

OPTIONS = ["yes", "no"]
CLIENTS = (1, 4, 8)
SEED = 7
DELAYS = (0.05, 0.2, 1.0)
ROUNDS = {0.05: 40, 0.2: 20, 1.0: 6}
"""Requests for each one at once: 2 to 6 seconds."""
DATA = Path(__file__).parent / "data"
VERBS = [
    "likes",
    "studies",
    "teaches",
    "sells",
    "avoids",
    "collects",
    "repairs",
    "paints",
    "photographs",
    "writes about",
]
THINGS = [
    "old clocks",
    "sea birds",
    "Portuguese wine",
    "model railways",
    "jazz records",
    "mountain bikes",
    "wild mushrooms",
    "chess openings",
    "baroque music",
    "solar panels",
    "rescue dogs",
    "medieval maps",
    "street food",
    "board games",
    "sourdough bread",
    "ham radio",
    "orchids",
    "short stories",
    "folk dances",
    "steam engines",
]
TOPICS = [
    "a week of dinners",
    "a train journey",
    "a birthday speech",
    "a job interview",
    "a small garden",
    "a budget",
    "a first marathon",
    "a letter to a landlord",
    "a bedtime story",
    "a language course",
    "a used car",
    "a home office",
    "a science project",
    "a wedding gift",
    "a day in Lisbon",
    "a blog post",
    "a study plan",
    "a difficult talk with a friend",
    "a book list",
    "a winter coat",
]


def attributes(count: int) -> list[str]:
    """Different short statements about a person, in random order."""
    every = [f"The user {verb} {thing}." for verb in VERBS for thing in THINGS]
    return random.Random(SEED).sample(every, count)


def prompts(count: int) -> list[str]:
    """Requests of 40 to 60 words."""
    return [
        f"Please help me with {topic}. I have little time this week and not much money, and I would "
        "like to do it well all the same. Say what I should think of first, what can wait, and what "
        "people in my place usually forget. Keep it short and friendly."
        for topic in TOPICS[:count]
    ]


async def timed(
    backend: Backend,
    prompt: str,
    rows: list[str],
    *,
    prefix: list[ChatMessage] | None = None,
    **more: Any,
) -> tuple[float, Choice]:
    """Seconds, and the answer to all ``rows`` in one call; ``prefix`` in place of the prompt's own."""
    own, continuations = question(prompt, rows)
    prefix = own if prefix is None else prefix
    started = time.perf_counter()
    choice = await backend.choose(prefix, continuations, OPTIONS, **more)
    return time.perf_counter() - started, choice


async def scoring(
    backend: LlamaBackend, base_url: str, known: list[str], asked: list[str], sample: int
) -> list[dict[str, object]]:
    """The table about ``choose``."""
    draw = random.Random(SEED)
    servers = {
        n: EndpointBackend(
            base_url, "starter", api_key=lambda: KEY, max_concurrency=n + 1, timeout=600
        )
        for n in CLIENTS
    }
    rates: dict[str, list[float]] = {}
    ideal, shares, moved, flips, how = [], [], 0.0, 0, ""
    for prompt in asked:
        first = fresh(question(prompt, [])[0])
        seconds, choice = await timed(backend, prompt, known, prefix=first)
        used = choice.usage
        ours = len(known) / seconds
        shares.append((used.prompt_seconds or 0.0) / seconds)
        alone_seconds, alone = await timed(backend, prompt, known, prefix=first, lane="chat")
        for row, other in zip(choice.logprobs, alone.logprobs, strict=True):
            moved = max(moved, abs(row[0] - row[1] - other[0] + other[1]))
            flips += (row[0] > row[1]) != (other[0] > other[1])
        naive = 0.0
        few = draw.sample(known, sample)
        for one in few:
            naive += (await timed(backend, prompt, [one], prefix=fresh(first)))[0]
        naive_rate = sample / naive
        least = 1 - (used.cached_tokens or 0) / max(1, used.prompt_tokens or 1)
        ideal.append(ours / (naive_rate / least))
        found = {"engine": ours, "one row after the other": len(known) / alone_seconds}
        found["naive"] = naive_rate
        for clients, server in servers.items():
            part = draw.sample(known, min(len(known), 2 * clients + 6))
            seconds, said = await timed(server, prompt, part)
            found[f"llama_cpp.server, {clients} clients"] = len(part) / seconds
            how = said.provenance.note or "by log-probabilities"
        for name, rate in found.items():
            rates.setdefault(name, []).append(rate)
    for server in servers.values():
        await server.close()
    table: list[dict[str, object]] = [
        {
            "what": name,
            "pairs a second": middle(every),
            "engine ÷ it": middle([a / b for a, b in zip(rates["engine"], every, strict=True)]),
        }
        for name, every in rates.items()
    ]
    table.append({"what": "ideal by tokens", "pairs a second": "", "engine ÷ it": middle(ideal)})
    facts = {
        "share of evaluating in the engine's time": middle(shares),
        "largest move of the log-odds, together against one by one": moved,
        "verdicts that differ": flips,
        f"the server answered: {how[:60]}": "",
    }
    return table + [{"what": k, "pairs a second": "", "engine ÷ it": v} for k, v in facts.items()]


async def extraction(backend: LlamaBackend, count: int) -> list[dict[str, object]]:
    """Conversations of one message a minute, by both strategies."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    lines = (DATA / "extraction_set.jsonl").read_text().splitlines()[:count]
    embedder = MiniLmEmbedder()
    rates, failed = {}, 0
    strategies: tuple[Literal["grounded", "holistic"], ...] = ("grounded", "holistic")
    for strategy in strategies:
        started = time.perf_counter()
        for n, line in enumerate(lines):
            chat = Conversation(f"c{n}", "synthetic", f"c{n}", now, now)
            said = [Message(f"m{n}", f"c{n}", 0, "user", json.loads(line)["text"], now)]
            settings = ExtractionSettings(strategy=strategy)
            try:
                async for _ in extract(chat, said, said, backend, embedder, settings):
                    pass
            except ModelError:
                failed += 1  # a small model's JSON may be refused twice; its time counts
        rates[strategy] = 60 * len(lines) / (time.perf_counter() - started)
    return [
        {
            "what": name,
            "conversations a minute": rate,
            "÷ holistic": rate / rates["holistic"],
            "refused": failed,
        }
        for name, rate in rates.items()
    ]


async def waiting(repeats: int) -> list[dict[str, object]]:
    """Requests a second ÷ what delay and concurrency allow, by our endpoint back end and by bare
    sockets; the server's own limit, without delay; and what a request costs this process."""
    table: list[dict[str, object]] = []
    prefix, (row,) = question("A prompt", ["row 0"])
    sent = json.dumps({"messages": [{"role": "user", "content": prefix[-1].content + row}]})
    with waiting_server() as address:
        for delay, bound in product(DELAYS, (1, 8, 32)):
            ms, rounds = round(delay * 1000), ROUNDS[delay]
            shares, costs, plain, most = [], [], [], []
            for _ in range(repeats):
                most.append(await bare(address, 0, bound, sent, 0.5))
                asked = await bare(address, ms, bound, sent, rounds * delay)
                plain.append(asked * delay / bound)
                # One place more is kept for the chat.
                places = bound + (bound > 1)
                backend = EndpointBackend(f"{address}/{ms}/v1", "waits", max_concurrency=places)
                await timed(backend, "warm up", ["x"] * bound)
                count, used = rounds * bound, time.process_time()
                seconds, _ = await timed(backend, "A prompt", [f"row {n}" for n in range(count)])
                costs.append((time.process_time() - used) / count * 1000)
                # The first goes alone, to leave the prefix in the server's cache.
                shares.append((1 + (count - 1) / bound) * delay / seconds)
                await backend.close()
            table.append(
                {
                    "delay ms": ms,
                    "concurrency": bound,
                    "of what it allows": middle(shares),
                    "bare sockets": middle(plain),
                    "÷ bare sockets": middle([a / b for a, b in zip(shares, plain, strict=True)]),
                    "processor ms a request": middle(costs),
                    "server's most a second": round(middle(most)),
                    "aim": "≥ 0.95",
                }
            )
    return table


async def main(given: argparse.Namespace) -> None:
    title = "endpoint: a server that answers after a while"
    show(title, await waiting(3), as_json=given.json)
    if given.endpoint:
        return
    known, asked = attributes(given.attributes), prompts(given.prompts)
    path = given.model or starter_path()
    threads = default_threads()
    backend = LlamaBackend(path, name=path.stem, log_file=None, n_ctx=2048, parameters_b=0.135)
    print_: Callable[..., None] = show
    with llama_server(path, threads) as base_url:
        table = await scoring(backend, base_url, known, asked, given.sample)
    title = f"choose: {len(known)} attributes × {len(asked)} prompts, {path.stem}"
    print_(title, table, as_json=given.json, note=f"naive: {given.sample} random rows a prompt")
    found = await extraction(backend, given.messages)
    print_("extraction, one message a conversation", found, as_json=given.json)
    await backend.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributes", type=int, default=200)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--sample", type=int, default=4, help="naive rows a prompt")
    parser.add_argument("--messages", type=int, default=40, help="conversations to extract from")
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--quick", action="store_true", help="40 attributes, 4 prompts")
    parser.add_argument("--endpoint", action="store_true", help="the endpoint alone")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.attributes, options.prompts, options.messages = 40, 4, 10
    asyncio.run(main(options))
