"""The study's kind of table for stage 2, from a file of human relevance labels.

    .venv/bin/python -m benchmarks.study_table FILE [--json] [--prompts N] [--no-llm]

``FILE`` has one JSON object a line: ``prompt_id``, ``user``, ``prompt``, ``attribute``, ``relevant`` (the
human majority) and ``llm`` (what models answered). The two recorded LLMs, BM25, embeddings and the local
model through ``choose`` are held against the majority; intervals are delete-one-prompt jackknife.

Of the local model also how far its probability of *yes* can be believed, before and after contextual
calibration: Brier score (mean squared difference, 0 is best; always saying the share of *yes* gives
``share · (1 − share)``) and expected calibration error (Guo et al. 2017, arXiv 1706.04599: ten bins of
equal width, mean distance between what was said and what came true, weighted by the bins' sizes).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from models.embeddings import MiniLmEmbedder
from persona_tui.config import Settings
from persona_tui.jobs.backends import Backends
from persona_tui.paths import default_paths
from persona_tui.report.agreement import by_cluster, table
from persona_tui.report.intervals import codes, share
from persona_tui.stages.relevance.verdicts import (
    BM25_TAG,
    BM25_THRESHOLD,
    COSINE_THRESHOLD,
    cosines,
    embedding_tag,
    lexical_scores,
    zero_shot,
)

NAMES = ("precision", "recall", "f1", "kappa", "ac1")
BINS = 10


def read(path: Path, prompts: int | None) -> list[dict[str, object]]:
    """The rows of the first ``prompts`` prompts (all if ``None``)."""
    if not path.is_file():
        sys.exit(f"{path} is not there: give the path of a file of relevance labels.")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    keep = list(dict.fromkeys(row["prompt_id"] for row in rows))[:prompts]
    return [row for row in rows if row["prompt_id"] in set(keep)]


def brier(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean squared difference between probability and outcome."""
    return float(np.mean((said - truth) ** 2))


def calibration_error(truth: np.ndarray, said: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error (see the module)."""
    place = np.minimum((said * bins).astype(int), bins - 1)
    sums = np.bincount(place, weights=said - truth, minlength=bins)
    return float(np.abs(sums).sum() / len(truth))


async def verdicts(
    rows: list[dict[str, object]], *, llm: bool, model: str
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Model → yes or no for each row; and of the local model → probability of yes."""
    found: dict[str, np.ndarray] = {}
    probable: dict[str, np.ndarray] = {}
    for name in rows[0]["llm"]:  # type: ignore[attr-defined]
        found[str(name)] = np.array([bool(row["llm"][name]) for row in rows])  # type: ignore[index]
    groups: dict[tuple[object, object], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[row["prompt_id"], row["user"]].append(at)
    embedder = MiniLmEmbedder()
    backends = Backends(Settings(), default_paths())
    backend = backends.get(model) if llm else None
    names = [BM25_TAG, embedding_tag(embedder)]
    if backend is not None:
        names += [f"{backend.describe().name}, raw", f"{backend.describe().name}, calibrated"]
    for name in names:
        found[name] = np.zeros(len(rows), dtype=bool)
    for name in names[2:]:
        probable[name] = np.zeros(len(rows))
    try:
        for number, places in enumerate(groups.values(), 1):
            prompt = str(rows[places[0]]["prompt"])
            texts = [str(rows[at]["attribute"]) for at in places]
            found[names[0]][places] = np.array(lexical_scores(prompt, texts)) > BM25_THRESHOLD
            similar = np.array(await cosines(prompt, texts, embedder))
            found[names[1]][places] = similar >= COSINE_THRESHOLD
            if backend is not None:
                for first in range(0, len(texts), 8):
                    part = places[first : first + 8]
                    said = await zero_shot(prompt, texts[first : first + 8], backend)
                    probable[names[2]][part] = [raw for raw, _ in said]
                    probable[names[3]][part] = [after for _, after in said]
                print(f"\r{number} of {len(groups)} prompt–user pairs", end="", file=sys.stderr)
    finally:
        await backends.close()
    if backend is not None:
        print(file=sys.stderr)
    found |= {name: said >= 0.5 for name, said in probable.items()}
    return found, probable


def known(figures: dict[str, float]) -> dict[str, float | None]:
    """JSON has no word for what is not a number (κ of a model that always says the same)."""
    return {name: one if math.isfinite(one) else None for name, one in figures.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--prompts", type=int, help="only the first so many prompts")
    parser.add_argument("--no-llm", action="store_true", help="without the local model (minutes)")
    parser.add_argument("--model", default="starter", help="which local model")
    chosen = parser.parse_args()
    rows = read(chosen.file, chosen.prompts)
    human = np.array([bool(row["relevant"]) for row in rows])
    group = codes([str(row["prompt_id"]) for row in rows])
    found, probable = asyncio.run(verdicts(rows, llm=not chosen.no_llm, model=chosen.model))
    trust = {
        name: {"brier": brier(human, said), "ece": calibration_error(human, said)}
        for name, said in probable.items()
    }
    result: dict[str, dict[str, dict[str, float]]] = {}
    rate = share(human, group)
    result["human majority"] = {"yes": {"value": rate.value, "low": rate.low, "high": rate.high}}
    for name, said in found.items():
        rate = share(said, group)
        line = {"yes": {"value": rate.value, "low": rate.low, "high": rate.high}}
        cells = table(human, said, group)
        for statistic in NAMES:
            one = by_cluster(statistic, cells, len(rows))
            line[statistic] = {"value": one.value, "low": one.low, "high": one.high}
        result[name] = line
    if chosen.json:
        print(
            json.dumps(
                {
                    "pairs": len(rows),
                    "prompts": int(group.max()) + 1,
                    "models": {
                        name: {key: known(one) for key, one in line.items()}
                        for name, line in result.items()
                    },
                    "calibration": trust,
                }
            )
        )
        return
    print(f"{len(rows)} pairs, {int(group.max()) + 1} prompts")
    print(f"{'':44}" + "".join(f"{name:>20}" for name in ("yes", *NAMES)))
    for name, line in result.items():
        cells_text = "".join(
            f"{line[k]['value']:6.3f} ({line[k]['low']:.2f}–{line[k]['high']:.2f})".rjust(20)
            if k in line else " " * 20
            for k in ("yes", *NAMES)
        )  # fmt: skip
        print(f"{name[:43]:44}{cells_text}")
    if trust:
        share_ = float(human.mean())
        print(f"\n{'probability of yes':44}{'Brier':>8}{'ECE':>8}")
        print(f"{'always the share of yes':44}{share_ * (1 - share_):8.3f}{0:8.3f}")
        for name, errors in trust.items():
            print(f"{name[:43]:44}{errors['brier']:8.3f}{errors['ece']:8.3f}")


if __name__ == "__main__":
    main()
