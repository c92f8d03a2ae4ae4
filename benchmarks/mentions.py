"""The detector of open mentions against sentences labelled by hand.

    .venv/bin/python -m benchmarks.mentions

``data/mentions.tsv``: set (``main``, ``unseen``), label (1: mentions the attribute openly), attribute,
sentence. The main set was looked at while the detector was written; the unseen set was scored once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from models.embeddings import MiniLmEmbedder
from persona_tui.report.intervals import wilson
from persona_tui.stages.response.mentions import find

DATA = Path(__file__).parent / "data" / "mentions.tsv"


async def main() -> None:
    """Print precision, recall and F1 of both sets, and the errors of the main one."""
    rows = [line.split("\t") for line in DATA.read_text("utf-8").splitlines() if line.strip()]
    embedder = MiniLmEmbedder()
    for wanted in ("main", "unseen"):
        hits = misses = false = right = 0
        for which, label, attribute, sentence in rows:
            if which != wanted:
                continue
            said = bool(await find(sentence, [("a", attribute)], embedder))
            hits += said and label == "1"
            misses += not said and label == "1"
            false += said and label == "0"
            right += not said and label == "0"
            if wanted == "main" and said != (label == "1"):
                print(f"   {'false' if said else 'missed'}: {attribute} | {sentence}")
        precision, recall = wilson(hits, hits + false), wilson(hits, hits + misses)
        f1 = 2 * hits / (2 * hits + false + misses)
        print(
            f"{wanted}: {hits + misses + false + right} sentences, precision {precision.value:.2f} "
            f"({precision.low:.2f}–{precision.high:.2f}), recall {recall.value:.2f} "
            f"({recall.low:.2f}–{recall.high:.2f}), F1 {f1:.2f}"
        )


if __name__ == "__main__":
    asyncio.run(main())
