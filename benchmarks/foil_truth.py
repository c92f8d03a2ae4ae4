"""How right the truth about synthetic users is: statements labelled by hand.

    .venv/bin/python -m benchmarks.foil_truth [--dev] [--errors]

``data/foil_truth.tsv``: set (``dev``, ``unseen``), label (``ok``: follows from the persona, ``bad``: does
not), persona, attribute. Precision and recall of *bad*, how many of the decided verdicts are right, and
the share that is left undecided, each with its 95 % Wilson interval; the cosine rule that stood here
before (0.72 and above right, below 0.50 wrong) beside it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from models.embeddings import MiniLmEmbedder
from persona_tui.report.intervals import wilson
from persona_tui.stages.foil.personas import find
from persona_tui.stages.foil.truth import known

DATA = Path(__file__).parent / "data" / "foil_truth.tsv"


def told(name: str, labels: list[str], verdicts: list[str | None]) -> str:
    """One line of figures."""
    pairs = list(zip(labels, verdicts, strict=True))
    decided = [(label, verdict) for label, verdict in pairs if verdict is not None]
    right = sum(label == verdict for label, verdict in decided)
    parts = [f"{name}: {len(pairs)} statements", _share("decided rightly", right, len(decided))]
    for kind in ("ok", "bad"):
        said = [label for label, verdict in decided if verdict == kind]
        there = [verdict for label, verdict in pairs if label == kind]
        parts.append(_share(f"{kind} precision", said.count(kind), len(said)))
        parts.append(_share(f"{kind} recall", there.count(kind), len(there)))
    parts.append(_share("undecided", len(pairs) - len(decided), len(pairs)))
    ok = sum(verdict == "ok" for _, verdict in decided)
    true = labels.count("ok") / len(labels)
    parts.append(
        f"acceptance {true:.2f} by label, {ok / max(1, len(decided)):.2f} of the decided, bounds "
        f"{ok / len(pairs):.2f} to {(ok + len(pairs) - len(decided)) / len(pairs):.2f}"
    )
    return "\n   ".join(parts)


def _share(what: str, hits: int, n: int) -> str:
    one = wilson(hits, n)
    return f"{what} {one.value:.2f} ({one.low:.2f}–{one.high:.2f}), {hits} of {n}"


async def main() -> None:
    """Print the figures; ``--errors`` lists what went wrong in the half that may be looked at."""
    rows = [line.split("\t") for line in DATA.read_text("utf-8").splitlines() if line.strip()]
    embedder = MiniLmEmbedder()
    for wanted in ("dev",) if "--dev" in sys.argv else ("dev", "unseen"):
        labels: list[str] = []
        new: list[str | None] = []
        old: list[str | None] = []
        for which, label, key, attribute in rows:
            persona = find(key)
            if which != wanted or persona is None:
                continue
            (truth,) = await known(persona, [attribute], embedder)
            labels.append(label)
            new.append(truth.verdict)
            old.append("ok" if truth.score >= 0.72 else "bad" if truth.score < 0.5 else None)
            if "--errors" in sys.argv and wanted == "dev" and truth.verdict != label:
                print(f"   {label} → {truth.verdict} ({truth.why}, {truth.score:.2f}): {attribute}")
        print(told(f"{wanted}, by words", labels, new))
        print(told(f"{wanted}, by cosine as before", labels, old))


if __name__ == "__main__":
    asyncio.run(main())
