"""Measure extraction with the starter model: ``python benchmarks/extraction.py`` prints one table.

``--set NAME`` measures one set; ``--unlabelled`` prints the attributes that have no label yet.

- The sets: ``extraction_set`` was written before anything was tuned, but its errors were looked at;
  so were those of ``round2`` and ``round3``. ``extraction_unseen`` was written when rules and
  weights were done: its figures are the ones to believe (``data/README.md`` says what was changed
  since). None of them was trained on (``train_gate.py`` and a test refuse a shared sentence).
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
SETS = ("extraction_set", "extraction_round2", "extraction_round3", "extraction_unseen")
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


async def gate_rows(name: str, embedder: Embedder) -> tuple[list[tuple[str, str]], list[str]]:
    """The table's rows about the gate on one set, and the sentences that it got wrong."""
    rows = _read(DATA / f"{name}.jsonl")
    english, others = await measure_gate(rows, embedder)
    hits, false, missed, over = (
        a + b for a, b in zip(counts(english), counts(others), strict=True)
    )
    every = Tally(hits, false, missed, over)
    table = [(name, f"{len(rows)} messages, {sum(counts(every))} sentences")]
    for part, tally in (("all", every), ("English", english), ("other languages", others)):
        found = f"{tally.hits} hits, {tally.false} false, {tally.missed} missed"
        shares = f"precision {tally.precision:.3f}, recall {tally.recall:.3f}"
        table.append((f"  gate, {part}", f"{shares} ({found})"))
    return table, english.wrong + others.wrong


async def attribute_rows(
    name: str, embedder: Embedder, *, show_unlabelled: bool
) -> list[tuple[str, str]]:
    """The table's rows about the attributes that the starter model makes of one set."""
    rows = _read(DATA / f"{name}.jsonl")
    backend = LlamaBackend(starter_path(), name=STARTER_NAME, log_file=None, parameters_b=0.135)
    await backend.start()
    try:
        made, seconds = await measure_attributes(rows, backend, embedder)
    finally:
        await backend.close()
    known = labels()
    verdicts = [(known.get((c.evidence[0].quote, c.text)), c.reason or "") for _, c in made]
    judged = [verdict for verdict, _ in verdicts if verdict is not None]
    ways = Counter(way for _, way in verdicts).most_common()
    share = f" = {sum(judged) / len(judged):.3f}" if judged else ""
    table = [
        (f"{name}, {STARTER_NAME}", f"{len(made)} attributes"),
        ("  stated by", ", ".join(f"{n} {way}" for way, n in ways)),
        ("  entailed by their evidence", f"{sum(judged)} of {len(judged)} labelled{share}"),
    ]
    for way, _ in ways:
        part = [v for v, w in verdicts if w == way and v is not None]
        table.append((f"    of those by {way}", f"{sum(part)} of {len(part)}"))
    table += [
        ("  without a label", str(len(verdicts) - len(judged))),
        ("  invented quotes", str(_invented(made))),
        ("  seconds a message", f"{seconds / len(rows):.3f}"),
    ]
    for _, candidate in made if show_unlabelled else ():
        key = (candidate.evidence[0].quote, candidate.text)
        if key not in known:
            row = {"evidence": key[0], "attribute": key[1], "way": candidate.reason}
            print(json.dumps(row, ensure_ascii=False))
    return table


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS)
    parser.add_argument("--unlabelled", action="store_true")
    parser.add_argument("--gate-only", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print the gate's mistakes")
    args = parser.parse_args()
    embedder = MiniLmEmbedder()
    about = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table: list[tuple[str, str]] = [("machine", about)]
    wrong: list[str] = []
    for name in [args.set] if args.set else SETS:
        rows, mistakes = await gate_rows(name, embedder)
        table += rows
        wrong += mistakes
    for name in [args.set] if args.set else ("extraction_set", "extraction_unseen"):
        if not args.gate_only:
            table += await attribute_rows(name, embedder, show_unlabelled=args.unlabelled)
    width = max(len(name) for name, _ in table)
    for name, value in table:
        print(f"{name:<{width}}  {value}")
    for line in wrong if args.wrong else ():
        print(line)


def counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.hits, tally.false, tally.missed, tally.passed_over


if __name__ == "__main__":
    asyncio.run(main())
