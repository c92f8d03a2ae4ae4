"""The detector of open mentions against sentences labelled by hand.

    .venv/bin/python -m benchmarks.mentions [--errors SET]

``data/mentions.tsv``: set, label (1: mentions the attribute openly), attribute, sentence. ``main`` was
looked at while the first detector was written, ``unseen`` scored once; ``hard`` (shared words without
a mention) was looked at while the second one was written; ``round2`` was written before it and scored
only when it was done.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from models.embeddings import MiniLmEmbedder
from persona_tui.report.intervals import wilson
from persona_tui.stages.response.mentions import find

DATA = Path(__file__).parent / "data" / "mentions.tsv"
SETS = ("main", "unseen", "hard", "round2")


async def main(errors: str | None) -> None:
    """Print precision, recall and F1 of each set, and the errors of one."""
    rows = [line.split("\t") for line in DATA.read_text("utf-8").splitlines() if line.strip()]
    embedder = MiniLmEmbedder()
    for wanted in SETS:
        hits = misses = false = right = 0
        for which, label, attribute, sentence in rows:
            if which != wanted:
                continue
            said = bool(await find(sentence, [("a", attribute)], embedder))
            hits += said and label == "1"
            misses += not said and label == "1"
            false += said and label == "0"
            right += not said and label == "0"
            if wanted == errors and said != (label == "1"):
                print(f"   {'false' if said else 'missed'}: {attribute} | {sentence}")
        precision, recall = wilson(hits, hits + false), wilson(hits, hits + misses)
        f1 = 2 * hits / (2 * hits + false + misses)
        print(
            f"{wanted}: {hits + misses + false + right} sentences, precision {precision.value:.2f} "
            f"({precision.low:.2f}–{precision.high:.2f}), recall {recall.value:.2f} "
            f"({recall.low:.2f}–{recall.high:.2f}), F1 {f1:.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", choices=SETS, help="print the errors of this set")
    asyncio.run(main(parser.parse_args().errors))
