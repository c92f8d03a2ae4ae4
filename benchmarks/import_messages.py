"""Import of synthetic exports: seconds, messages a second, peak memory. Is it linear?

    python benchmarks/import_messages.py [--sizes 10000,100000,1000000] [--formats chatgpt,openai]

Each import runs in a process of its own into a fresh journal, end to end: reading, hashing, rows,
full-text index, commits. Texts are random words with a natural distribution, 5 to 120 words long,
20 messages a conversation. Peak memory is the process's maximum resident set.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PER_CONVERSATION = 20
_CHILD = """
import json, resource, sys
from pathlib import Path
from persona_tui.jobs.importing import import_path
from store.db import open_store
with open_store(Path(sys.argv[2])) as store:
    for progress in import_path(store, Path(sys.argv[1])):
        pass
report = progress.report
scale = 1 if sys.platform == "darwin" else 1024
print(json.dumps({
    "seconds": report.seconds,
    "messages": report.counts.messages_added,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale,
    "skipped": report.skipped_total,
}))
"""


def words(rng: random.Random) -> list[str]:
    """A vocabulary of 20,000 words, of which the first are used most."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(rng.choices(letters, k=rng.randint(2, 10))) for _ in range(20_000)]


def texts(rng: random.Random) -> Iterator[str]:
    """Message texts without end."""
    vocabulary = words(rng)
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    while True:
        pool = rng.choices(vocabulary, weights, k=50_000)
        at = 0
        while at < len(pool) - 120:
            size = rng.randint(5, 120)
            yield " ".join(pool[at : at + size])
            at += size


def chatgpt(index: int, said: Iterator[str]) -> object:
    """One conversation as ChatGPT exports it."""
    start = 1_700_000_000 + index * 1000
    nodes: dict[str, object] = {"root": {"id": "root", "parent": None, "message": None}}
    parent = "root"
    for number in range(PER_CONVERSATION):
        node = f"{index:08x}-0000-4000-8000-{number:012x}"
        nodes[node] = {
            "id": node,
            "parent": parent,
            "children": [],
            "message": {
                "id": node,
                "author": {"role": "user" if number % 2 == 0 else "assistant", "metadata": {}},
                "create_time": start + number * 10.5,
                "content": {"content_type": "text", "parts": [next(said)]},
                "status": "finished_successfully",
                "weight": 1.0,
                "metadata": {"model_slug": "gpt-4o"} if number % 2 else {},
                "recipient": "all",
            },
        }
        parent = node
    return {
        "title": f"Conversation {index}",
        "create_time": start,
        "update_time": start + 500.0,
        "mapping": nodes,
        "current_node": parent,
        "conversation_id": f"{index:08x}-1111-4111-8111-111111111111",
        "default_model_slug": "gpt-4o",
    }


def openai(index: int, said: Iterator[str]) -> object:
    """One conversation as an OpenAI-style record."""
    del index
    roles = ("user", "assistant") * (PER_CONVERSATION // 2)
    return {"messages": [{"role": role, "content": next(said)} for role in roles]}


def write(path: Path, kind: str, messages: int) -> None:
    """Write an export of that many messages."""
    rng = random.Random(7)
    said = texts(rng)
    make, joint = (chatgpt, ",\n") if kind == "chatgpt" else (openai, "\n")
    with path.open("w") as file:
        file.write("[" if kind == "chatgpt" else "")
        for index in range(messages // PER_CONVERSATION):
            file.write(joint if index else "")
            file.write(json.dumps(make(index, said)))
        file.write("]" if kind == "chatgpt" else "\n")


def measure(path: Path, journal: Path) -> dict[str, float]:
    """Import ``path`` in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), str(journal)],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--formats", default="chatgpt,openai")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(
        "| format | messages | file MB | seconds | messages/s | µs a message | again, s "
        "| peak MB | journal MB |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for kind in options.formats.split(","):
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                suffix = "json" if kind == "chatgpt" else "jsonl"
                path = Path(folder) / f"export.{suffix}"
                journal = Path(folder) / "persona.db"
                write(path, kind, size)
                first = measure(path, journal)
                second = measure(path, journal)
                count = int(first["messages"])
                assert second["messages"] == 0, "importing twice must add nothing"
                peak = max(first["peak"], second["peak"])
                print(
                    f"| {kind} | {count:,} | {path.stat().st_size / 1e6:.0f} "
                    f"| {first['seconds']:.1f} | {count / first['seconds']:,.0f} "
                    f"| {first['seconds'] / count * 1e6:.1f} | {second['seconds']:.1f} "
                    f"| {peak / 1e6:.0f} | {journal.stat().st_size / 1e6:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"\nTook {time.monotonic() - started:.0f} s.", file=sys.stderr)
