"""Measure the personal verifier: ``python -m benchmarks.verifier`` prints two tables.

``data/verifier_set.txt``: 252 attributes of 36 invented conversations with the words they rest on, each
labelled ok, unsure or bad, and why, by its writer; shares as in the study (arXiv 2606.06614). One reader's
labels of invented words: what a figure says of real people's is not known.

Every figure is of conversations that neither the model nor its threshold had seen (five folds, nested);
intervals are of a bootstrap over conversations. *By F2* and *by F1* say what the threshold was chosen for.
``--no-model`` leaves out what the starter model says. ``data/extraction_labels.jsonl`` (what the starter
model really wrote: entailed or not) is the second set.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._table import middle, show
from models.embeddings import MiniLmEmbedder
from models.learned import verifier
from models.learned.base import best_threshold, expected_threshold, grouped_folds
from persona_tui.report.ranks import auroc
from persona_tui.stages.extraction.agreement import agreement
from persona_tui.stages.extraction.gate import probabilities
from persona_tui.stages.verification import features, reasons
from persona_tui.stages.verification.entailment import ask
from persona_tui.stages.verification.features import Said, Subject

DATA = Path(__file__).parent / "data"
SIZES = (20, 50, 100, 200)
REPEATS = 10
RESAMPLES = 2000
STUDY = "The study: its verifier F1 0.726, its best zero-shot LLM 0.630 (other data, three raters)."
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rated:
    """A set in columns."""

    subjects: list[Subject]
    labels: NDArray[np.bool_]
    """True: unsure or bad."""
    groups: list[str]
    modes: list[str]


def written() -> Rated:
    """Our own set. ``# 3`` begins a conversation, ``> `` a message; the rest is label and reason,
    attribute, quote."""
    subjects, labels, groups, modes = [], [], [], []
    group, said = "", list[str]()
    for line in (DATA / "verifier_set.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            group, said = line[2:], []
        elif line.startswith("> "):
            said.append(line[2:])
        else:
            label, text, quote = line.split("\t")
            message = next(one for one in said if quote in one)
            spot = Said(quote, message, message.index(quote), group)
            subjects.append(Subject(text, (spot,)))
            labels.append(not label.startswith("ok"))
            groups.append(group)
            modes.append(label.partition(" ")[2])
    return Rated(subjects, np.array(labels), groups, modes)


def extracted() -> Rated:
    """What the starter model wrote: problematic if its evidence does not entail it."""
    lines = (DATA / "extraction_labels.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    subjects = [
        Subject(row["attribute"], (Said(row["evidence"], row["evidence"], 0, row["evidence"]),))
        for row in rows
    ]
    labels = np.array([not row["entailed"] for row in rows])
    return Rated(subjects, labels, [row["evidence"] for row in rows], [""] * len(rows))


async def inputs(rated: Rated, asked: bool) -> tuple[Floats, Floats]:
    """Signs and embeddings, as the app makes them."""
    subjects = rated.subjects
    if asked:
        from models.llama import LlamaBackend
        from models.starter import STARTER_NAME, starter_path

        backend = LlamaBackend(starter_path(), name=STARTER_NAME, log_file=None)
        try:
            answers = await ask(backend, subjects)
        finally:
            await backend.close()
        subjects = [replace(s, entailment=a) for s, a in zip(subjects, answers, strict=True)]
    embedder = MiniLmEmbedder()
    said = [one.said[0].quote for one in subjects]
    texts = (await embedder.embed([one.text for one in subjects])).vectors
    quotes = (await embedder.embed(said)).vectors
    gated = await probabilities(said, embedder)
    subjects = [
        replace(one, confidence=confidence(one, gated[i], float(texts[i] @ quotes[i])))
        for i, one in enumerate(subjects)
    ]
    similarity, nearest = features.nearest(texts, quotes, range(len(subjects)))
    scalars = features.scalars(subjects, [float(one) for one in similarity])
    return scalars, np.hstack([texts.astype(np.float64), nearest])


def confidence(subject: Subject, gated: float, cosine: float) -> float:
    """As the grounded strategy has it: does the writer speak of themselves, and is it what they say?"""
    kept = agreement(subject.said[0].quote, subject.text).recall
    return gated * (1 + kept + max(0.0, cosine)) / 3


def flags(
    score: Floats,
    labels: NDArray[np.bool_],
    fold: NDArray[np.int64],
    beta: float,
    *,
    probable: bool = False,
) -> NDArray[np.bool_]:
    """Flagged by the threshold that was best on the other folds; of probabilities (``probable``) by that
    which is expected to be, as the verifier does."""
    found = np.zeros(len(labels), dtype=bool)
    for one in np.unique(fold):
        rest, here = fold != one, fold == one
        found[here] = score[here] >= (
            expected_threshold(score[rest], beta)
            if probable
            else best_threshold(labels[rest], score[rest], beta)
        )
    return found


def figures(labels: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> dict[str, float]:
    """Precision, recall, F1, F2 for problematic."""
    hits = int((labels & flagged).sum())
    precision, recall = hits / max(1, int(flagged.sum())), hits / max(1, int(labels.sum()))

    def f(beta: float) -> float:
        below = beta**2 * precision + recall
        return (1 + beta**2) * precision * recall / below if below else 0.0

    return {"precision": precision, "recall": recall, "F1": f(1.0), "F2": f(2.0)}


def row(name: str, rated: Rated, flagged: NDArray[np.bool_], score: Floats) -> dict[str, object]:
    """One line of the table, intervals by resampling conversations."""
    here = figures(rated.labels, flagged)
    names, group = np.unique(rated.groups, return_inverse=True)
    members = [np.flatnonzero(group == i) for i in range(len(names))]
    draw = np.random.default_rng(0)
    rows = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([members[i] for i in draw.integers(0, len(names), len(names))])
        rows.append(list(figures(rated.labels[chosen], flagged[chosen]).values()))
    low, high = np.quantile(rows, (0.025, 0.975), axis=0)
    cells = {
        key: f"{value:.3f} ({low[i]:.2f}–{high[i]:.2f})"
        for i, (key, value) in enumerate(here.items())
    }
    area = auroc(rated.labels, score, group.astype(np.int64)).value if np.ptp(score) else 0.5
    return {"who flags": name, "flags": f"{flagged.mean():.0%}", **cells, "AUROC": f"{area:.3f}"}


def table(rated: Rated, scalars: Floats, vectors: Floats) -> list[dict[str, object]]:
    """The verifier beside the baselines, all on the same folds."""
    y = rated.labels
    column = {name: scalars[:, i] for i, name in enumerate(features.NAMES)}
    prior = reasons.PRIOR
    fold = grouped_folds(rated.groups, y)
    scores: dict[str, Floats] = {
        "confidence": -column["confidence"],
        "cosine with the evidence": -column["similarity"],
        "word overlap": -column["overlap"],
        "the fixed rule, no labels": verifier.by_prior(scalars, features.NAMES, prior),
    }
    if not np.isnan(column["entailment"]).any():
        scores["starter model asked, zero-shot"] = -column["entailment"]
    for name, v in (("verifier, signs only", None), ("verifier", vectors)):
        learned = verifier.fit(scalars, v, y, rated.groups, names=features.NAMES, prior=prior)
        assert (learned.fold == fold).all()
        scores[name] = learned.held_out
    rows = [row("all flagged", rated, np.ones(len(y), dtype=bool), np.zeros(len(y)))]
    for name, score in scores.items():
        rows += [
            row(
                f"{name}, by F{beta:.0f}",
                rated,
                flags(score, y, fold, beta, probable=name.startswith("verifier")),
                score,
            )
            for beta in (1.0, 2.0)
        ]
    if "starter model asked, zero-shot" in scores:
        score = scores["starter model asked, zero-shot"]
        rows.append(row("starter model says no", rated, score > 0, score))
    return rows


def curve(rated: Rated, scalars: Floats, vectors: Floats) -> list[dict[str, object]]:
    """Learned from whole conversations drawn until there are enough labels, measured on all others."""
    names = sorted(set(rated.groups))
    group = np.array([names.index(one) for one in rated.groups])
    rows: list[dict[str, object]] = []
    for size in SIZES:
        found = []
        for seed in range(REPEATS):
            order = np.random.default_rng(seed).permutation(len(names))
            counts = np.cumsum([int((group == i).sum()) for i in order])
            chosen = order[: int(np.searchsorted(counts, size)) + 1]
            train = np.flatnonzero(np.isin(group, chosen))
            rest = np.flatnonzero(~np.isin(group, chosen))
            learned = verifier.fit(
                scalars[train], vectors[train], rated.labels[train],
                [rated.groups[i] for i in train], names=features.NAMES, prior=reasons.PRIOR,
            )  # fmt: skip
            said = verifier.predict(learned.coefficients, scalars[rest], vectors[rest])
            truth = rated.labels[rest]
            one = figures(truth, said >= learned.coefficients["threshold"])
            one["F1, flagging all"] = figures(truth, np.ones(len(truth), dtype=bool))["F1"]
            one["AUROC"] = auroc(truth, said, group[rest].astype(np.int64)).value
            found.append(one)
        means = {key: float(np.mean([one[key] for one in found])) for key in found[0]}
        spread = float(np.std([one["AUROC"] for one in found]))
        rows.append({"labels": size, **means, "± AUROC": spread})
    return rows


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, the median of three: other programs on the machine do not count."""
    taken = []
    for _ in range(3):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return middle(taken)


def fit_time(rated: Rated, scalars: Floats, vectors: Floats) -> float:
    """Processor seconds for 500 labels: the set twice, a little shaken, as other conversations."""
    draw = np.random.default_rng(0)
    twice = np.tile(np.arange(len(rated.labels)), 2)[:500]
    x = scalars[twice] + draw.normal(0, 0.05, (500, scalars.shape[1]))
    v = vectors[twice] + draw.normal(0, 0.005, (500, vectors.shape[1]))
    groups = [f"{rated.groups[i]}/{n // len(rated.labels)}" for n, i in enumerate(twice)]
    y = rated.labels[twice]
    return seconds(lambda: verifier.fit(x, v, y, groups, names=features.NAMES, prior=reasons.PRIOR))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for title, rated in (("Own set", written()), ("Extracted by the starter model", extracted())):
        scalars, vectors = asyncio.run(inputs(rated, not options.no_model))
        share = f"{len(rated.labels)} attributes, {rated.labels.mean():.0%} problematic"
        groups = f"{len(set(rated.groups))} conversations"
        note = STUDY if title == "Own set" else ""
        heading = f"{title}: {share}, {groups}"
        show(heading, table(rated, scalars, vectors), as_json=options.json, note=note)
        if title == "Own set":
            taken = fit_time(rated, scalars, vectors)
            show(
                f"Learning curve, mean of {REPEATS} draws of conversations",
                curve(rated, scalars, vectors), as_json=options.json,
                note=f"Fitting 500 labels takes {taken:.2f} of the second of processor time that it may take.",
            )  # fmt: skip


if __name__ == "__main__":
    main()
