"""Measure verify-and-refine with the starter model: ``python -m benchmarks.refine`` prints one table.

``data/refine_set.jsonl``: 52 statements with the words they rest on, as if all had been flagged (with a
probability of 0.7), and what is best done: *keep* (a false alarm), *weaken*, *correct*, *withdraw*. Half
of them (``unseen``) were written before the rules and their errors not looked at. What is written in
their place is right if ``data/refine_labels.jsonl`` says so (one reader's judgment, keyed by words and
text); ``--unlabelled`` prints what has no label yet. ``--model FILE`` uses another GGUF file, and
``--parameters B`` its size; from 3 billion on the holistic way is taken.

An end is right if a statement that should go was withdrawn, and any other was kept where the words show it,
or replaced by a sentence that they do show. *By the model alone*: the action that the
model's choice over all four would be, its liking for each word taken out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from models.embeddings import MiniLmEmbedder
from models.llama import LlamaBackend
from models.starter import STARTER_NAME, starter_path
from persona_tui.report.intervals import wilson
from persona_tui.stages.extraction import ExtractionSettings
from persona_tui.stages.verification import refine as stage
from persona_tui.stages.verification import refine_prompts
from persona_tui.stages.verification.proposal import ACTIONS, Words
from persona_tui.stages.verification.refine import Doubt, Step
from store.db import utc_now
from store.records import Attribute, Evidence

DATA = Path(__file__).parent / "data"
PROBABILITY = 0.7


def rows() -> list[dict[str, str]]:
    """The set."""
    lines = (DATA / "refine_set.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def labels() -> dict[tuple[str, str], bool]:
    """(words, sentence in their place) → do the words show it, of the user?"""
    path = DATA / "refine_labels.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    return {(row["words"], row["attribute"]): row["right"] for row in found}


async def outcome(
    row: dict[str, str], backend: LlamaBackend, embedder: MiniLmEmbedder
) -> list[Step]:
    """The steps of one statement; refined words are not doubted again."""
    message, quote = row["message"], row["quote"]
    start = message.index(quote)
    evidence = Evidence("c", "m", start, start + len(quote), quote)
    attribute = Attribute(
        "a", row["attribute"], 0.7, "holistic", utc_now(), evidence=(evidence,), language="en"
    )

    async def verify(_: str) -> Doubt:
        return Doubt(0.1, "")

    steps = stage.refine(
        attribute, Doubt(PROBABILITY, "Its words may not show it."), [Words(evidence, message)],
        backend, embedder, verify, ExtractionSettings(), threshold=0.5,
    )  # fmt: skip
    return [step async for step in steps]


async def chosen(given: list[dict[str, str]], backend: LlamaBackend) -> list[str]:
    """By the model alone."""
    asked = [refine_prompts.choices(row["quote"], row["attribute"])[0] for row in given]
    neutral = refine_prompts.choices("", "")[1:]
    choice = await backend.choose(refine_prompts.choosing(), [*asked, *neutral], ACTIONS)
    liking = [
        sum(line[j] for line in choice.logprobs[len(asked) :]) / len(neutral)
        for j in range(len(ACTIONS))
    ]
    return [
        max(ACTIONS, key=lambda a: line[ACTIONS.index(a)] - liking[ACTIONS.index(a)])
        for line in choice.logprobs[: len(asked)]
    ]


def is_right(row: dict[str, str], last: Step, known: dict[tuple[str, str], bool]) -> bool | None:
    """``None``: not labelled yet."""
    if last.after is None:
        return row["best"] == "withdraw"
    if last.after == row["attribute"]:
        return row["best"] == "keep"
    return known.get((row["quote"], last.after))


def told(name: str, hits: int, n: int) -> str:
    """A share with its 95 % Wilson interval."""
    if not n:
        return f"{name}: none"
    one = wilson(hits, n)
    return f"{name}: {one.value:.2f} ({one.low:.2f}–{one.high:.2f}), {hits} of {n}"


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--unlabelled", action="store_true")
    parser.add_argument("--set", choices=("dev", "unseen"), help="only this half")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--parameters", type=float, default=0.135)
    options = parser.parse_args()
    path: Any = options.model or starter_path()
    name = STARTER_NAME if options.model is None else path.stem
    backend = LlamaBackend(path, name=name, log_file=None, parameters_b=options.parameters)
    embedder, known = MiniLmEmbedder(), labels()
    await backend.start()
    print(f"{name}, {os.cpu_count()} cores")
    try:
        for wanted in (options.set,) if options.set else ("dev", "unseen"):
            given = [row for row in rows() if row["set"] == wanted]
            ends: Counter[tuple[str, str]] = Counter()
            right: Counter[str] = Counter()
            unlabelled = 0
            for row in given:
                last = (await outcome(row, backend, embedder))[-1]
                verdict = is_right(row, last, known)
                ends[row["best"], last.action] += 1
                right[row["best"]] += verdict is True
                unlabelled += verdict is None
                if options.unlabelled and verdict is None:
                    print(json.dumps({"words": row["quote"], "attribute": last.after,
                                      "right": None}, ensure_ascii=False))  # fmt: skip
            alone = await chosen(given, backend)
            count = Counter(row["best"] for row in given)
            bad = len(given) - count["keep"]
            print(f"\n{wanted}: {len(given)} statements, {unlabelled} ends unlabelled")
            print(told("  problematic ones mended", right.total() - right["keep"], bad))
            for best in ACTIONS:
                print(told(f"    best {best}", right[best], count[best]))
            print("  best → done:", dict(sorted(ends.items())))
            hits = sum(a == row["best"] for a, row in zip(alone, given, strict=True))
            print(told("  action by the model alone", hits, len(given)))
    finally:
        await backend.close()


if __name__ == "__main__":
    asyncio.run(main())
