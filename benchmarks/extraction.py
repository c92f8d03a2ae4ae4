"""Measure extraction with the starter model: ``python benchmarks/extraction.py`` prints one table.

``--set FILE`` measures another set; ``--unlabelled`` prints the attributes that have no label yet.

- The gate, sentence by sentence: a sentence is a disclosure if it overlaps a stretch that the set
  labels as one; it is let through if its probability is 0.5 or more.
- The attributes: for each, ``data/extraction_labels.jsonl`` says whether its evidence entails it
  (judged by reading, keyed by evidence and attribute, so that a rerun finds them). Those without a
  label are counted as such and are in no share.
- Quotes: each must be its message's text from start to end, in a message of the user.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.embeddings import MiniLmEmbedder
from models.llama import LlamaBackend
from models.protocol import Backend, Embedder
from models.starter import STARTER_NAME, starter_path
from persona_tui.stages.extraction import ExtractionSettings, extract
from persona_tui.stages.extraction.gate import gate
from persona_tui.stages.extraction.structure import analyse
from store.records import Candidate, Conversation, Message

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Tally:
    """Counts of one group of messages."""

    hits: int = 0
    false: int = 0
    missed: int = 0
    passed_over: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def labels() -> dict[tuple[str, str], bool]:
    """(evidence, attribute) → does the one entail the other?"""
    path = DATA / "extraction_labels.jsonl"
    rows = _read(path) if path.exists() else []
    return {(row["evidence"], row["attribute"]): row["entailed"] for row in rows}


async def measure_gate(rows: list[dict[str, Any]], embedder: Embedder) -> tuple[Tally, Tally]:
    """Tallies of English and of all other messages."""
    english, others = Tally(), Tally()
    for row in rows:
        text, tally = row["text"], english if row["language"] == "en" else others
        spans = [(text.index(d), text.index(d) + len(d)) for d in row["discloses"]]
        for gated in await gate(analyse(text), embedder):
            s = gated.sentence
            label = any(s.start < end and start < s.end for start, end in spans)
            through = gated.probability >= ExtractionSettings().gate_threshold
            name = {(1, 1): "hits", (0, 1): "false", (1, 0): "missed", (0, 0): "passed_over"}
            attribute = name[(int(label), int(through))]
            setattr(tally, attribute, getattr(tally, attribute) + 1)
            if label != through:
                tally.wrong.append(f"{row['id']} {attribute}: {text[s.start : s.end]}")
    return english, others


async def measure_attributes(
    rows: list[dict[str, Any]], backend: Backend, embedder: Embedder
) -> tuple[list[tuple[Message, Candidate]], float]:
    """Every candidate with its message, and the seconds that all messages took."""
    found: list[tuple[Message, Candidate]] = []
    started = time.perf_counter()
    for row in rows:
        conversation = Conversation(row["id"], "synthetic", row["id"], NOW, NOW)
        message = Message(f"message-{row['id']}", row["id"], 0, "user", row["text"], NOW)
        stage = extract(conversation, [message], [message], backend, embedder, ExtractionSettings())
        async for item in stage:
            found += [(message, candidate) for candidate in item.candidates]
    return found, time.perf_counter() - started


def _invented(found: list[tuple[Message, Candidate]]) -> int:
    return sum(
        evidence.message_id != message.message_id
        or evidence.quote != message.text[evidence.start : evidence.end]
        for message, candidate in found
        for evidence in candidate.evidence
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, default=DATA / "extraction_set.jsonl")
    parser.add_argument("--unlabelled", action="store_true")
    parser.add_argument("--gate-only", action="store_true")
    args = parser.parse_args()
    rows, embedder = _read(args.set), MiniLmEmbedder()
    english, others = await measure_gate(rows, embedder)
    every = Tally(
        english.hits + others.hits,
        english.false + others.false,
        english.missed + others.missed,
        english.passed_over + others.passed_over,
    )
    table: list[tuple[str, str]] = [
        (
            "machine",
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        ),
        ("set", f"{args.set.name}: {len(rows)} messages, {sum(vars_of(every))} sentences"),
    ]
    for name, tally in (("all", every), ("English", english), ("other languages", others)):
        found = f"{tally.hits} hits, {tally.false} false, {tally.missed} missed"
        shares = f"precision {tally.precision:.3f}, recall {tally.recall:.3f}"
        table.append((f"gate, {name}", f"{shares} ({found})"))
    if not args.gate_only:
        backend = LlamaBackend(starter_path(), name=STARTER_NAME, log_file=None, parameters_b=0.135)
        await backend.start()
        made, seconds = await measure_attributes(rows, backend, embedder)
        await backend.close()
        known = labels()
        verdicts = [(known.get((c.evidence[0].quote, c.text)), c.reason or "") for _, c in made]
        judged = [v for v, _ in verdicts if v is not None]
        table += [
            ("model", STARTER_NAME),
            ("attributes", f"{len(made)}: " + ", ".join(
                f"{n} {way}" for way, n in Counter(w for _, w in verdicts).most_common()
            )),
            ("entailed by their evidence", f"{sum(judged)} of {len(judged)} labelled"
             + (f" = {sum(judged) / len(judged):.3f}" if judged else "")),
        ]  # fmt: skip
        for way in ("model", "rule", "reported"):
            part = [v for v, w in verdicts if w == way and v is not None]
            table.append((f"  of them by {way}", f"{sum(part)} of {len(part)}"))
        table += [
            ("without a label", str(len(verdicts) - len(judged))),
            ("invented quotes", str(_invented(made))),
            ("seconds a message", f"{seconds / len(rows):.3f}"),
        ]
        if args.unlabelled:
            for _, candidate in made:
                key = (candidate.evidence[0].quote, candidate.text)
                if key not in known:
                    row = {"evidence": key[0], "attribute": key[1], "way": candidate.reason}
                    print(json.dumps(row, ensure_ascii=False))
    width = max(len(name) for name, _ in table)
    for name, value in table:
        print(f"{name:<{width}}  {value}")
    for line in english.wrong + others.wrong:
        print(f"  {line}")


def vars_of(tally: Tally) -> tuple[int, int, int, int]:
    return tally.hits, tally.false, tally.missed, tally.passed_over


if __name__ == "__main__":
    asyncio.run(main())
