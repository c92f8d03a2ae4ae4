"""Learning relevance, against human labels.

    .venv/bin/python -m benchmarks.relevance_gold FILE… [--test FILE] [--cache FILE] [--json]

``FILE`` has one JSON object a line: ``prompt_id``, ``user``, ``prompt``, ``attribute``, ``relevant`` (the
human majority), and maybe ``confidence`` and ``llm`` (what models answered). Five folds grouped by prompt
(a known person's new prompt) and again by user (a new person), or, with ``--test``, trained on the
``FILE``\\ s and scored on the other. Shape, calibration and threshold are chosen inside the training part.
Intervals: bootstrap over prompts, or over users.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._table import machine, show
from benchmarks.relevance_gold_curves import learning_curve, new_person, seconds_by_size
from benchmarks.relevance_gold_data import Pair, Table, features, local_scores, read
from benchmarks.relevance_gold_figures import figures
from benchmarks.relevance_gold_models import (
    CrossEncoder,
    Outcome,
    cross_validated,
    methods,
    on_another_encoder,
    trained_elsewhere,
)
from benchmarks.relevance_gold_views import encoder_layers, likelihoods
from persona_tui.errors import UserError

FOLDS = 5
PARTS = ("table", "curve", "person", "seconds")


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        _run(chosen)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--test", type=Path, help="score on this file, train on the others")
    parser.add_argument("--cache", type=Path, help="keeps the local model's answers between runs")
    parser.add_argument("--model", default="starter", help="which local model")
    parser.add_argument("--no-local", action="store_true", help="without the local model (minutes)")
    parser.add_argument(
        "--encoder", type=Path, help="fine-tune this encoder, too (extra: finetune)"
    )
    parser.add_argument(
        "--embedder", type=Path, help="the product on this sentence encoder, too (extra: finetune)"
    )
    parser.add_argument("--epochs", type=int, default=3, help="of fine-tuning")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _run(chosen: argparse.Namespace) -> None:
    train = [one for path in chosen.files for one in read(path)]
    test = read(chosen.test) if chosen.test else []
    more = _cross_encoder(chosen)
    table, local, other = _features([*train, *test], chosen)
    whole = {"machine": machine(), "pairs": len(train), "tested": len(test), "parts": {}}
    parts: dict[str, Any] = {}
    wanted = PARTS if chosen.only is None else (chosen.only,)
    if chosen.test:
        rest = np.arange(len(train), len(table))
        first, second = table.part(np.arange(len(train))), table.part(rest)
        shared = (
            len(set(first.prompts) & set(second.prompts)),
            len(set(first.users) & set(second.users)),
        )
        note = f"{shared[0]} prompts and {shared[1]} users are in both."
        for what in ("prompt", "user"):
            outcomes = {
                method.name: trained_elsewhere(method, first, _groups(first, what), second)
                for method in [*methods(table, local), *more]
            }
            if other is not None:
                method = on_another_encoder(chosen.embedder.name)
                parted = other.part(np.arange(len(train))), other.part(rest)
                outcomes[method.name] = trained_elsewhere(
                    method, parted[0], _groups(parted[0], what), parted[1]
                )
            title = f"trained on {len(train)} pairs, scored on {len(test)}; intervals by {what}"
            parts[title] = _rows(outcomes, second, what)
        parts["note"] = note
    else:
        for what in ("prompt", "user"):
            groups = _groups(table, what)
            if "table" in wanted:
                outcomes = {
                    method.name: cross_validated(method, table, groups, FOLDS, chosen.seed)
                    for method in [*methods(table, local), *more]
                }
                if other is not None:
                    method = on_another_encoder(chosen.embedder.name)
                    outcomes[method.name] = cross_validated(
                        method, other, groups, FOLDS, chosen.seed
                    )
                parts[f"{FOLDS} folds by {what}"] = _rows(outcomes, table, what)
            if "curve" in wanted:
                parts[f"learning curve, folds by {what}"] = learning_curve(
                    table, groups, FOLDS, chosen.seed
                )
        if "person" in wanted:
            parts["one new person"] = new_person(table, FOLDS, chosen.seed)
        if "seconds" in wanted:
            parts["seconds of training"] = seconds_by_size(table, chosen.seed)
    if chosen.json:
        print(json.dumps(whole | {"parts": parts}, default=lambda one: one.as_json()))
        return
    note = str(parts.pop("note", ""))
    for title, rows in parts.items():
        show(title, rows)
        print()
    if note:
        print(note)


def _cross_encoder(chosen: argparse.Namespace) -> list[CrossEncoder]:
    if chosen.encoder is None:
        print("No --encoder was given: the fine-tuned cross-encoder is left out.", file=sys.stderr)
        return []
    if not _has_torch("cross-encoder"):
        return []
    name = f"cross-encoder {chosen.encoder.name}, fine-tuned"
    return [CrossEncoder(name, chosen.encoder, chosen.epochs, chosen.seed)]


def _has_torch(what: str) -> bool:
    if all(importlib.util.find_spec(one) for one in ("torch", "transformers")):
        return True
    print(
        f"The {what} is left out: it needs the extra `persona-tui[finetune]`.",
        file=sys.stderr,
    )
    return False


def _features(
    pairs: list[Pair], chosen: argparse.Namespace
) -> tuple[Table, str | None, Table | None]:
    name, local, likelihood = None, None, None
    if not chosen.no_local:
        name, local = local_scores(pairs, chosen.model, chosen.cache)
        beside = chosen.cache.with_suffix(".likelihood.json") if chosen.cache else None
        likelihood = likelihoods(pairs, beside)
    other = None
    if chosen.embedder is not None and _has_torch("other encoder"):
        states = encoder_layers(chosen.embedder)
        other = features(pairs, local=local, likelihood=likelihood, states=states)
    return features(pairs, local=local, likelihood=likelihood), name, other


def _groups(table: Table, what: str) -> Any:
    return table.prompts if what == "prompt" else table.users


def _rows(outcomes: dict[str, Outcome], table: Table, what: str) -> list[dict[str, object]]:
    found = []
    for name, outcome in outcomes.items():
        scores = None if np.isnan(outcome.scores).any() else outcome.scores
        line: dict[str, object] = {"who": name}
        line |= figures(table.labels, outcome.said, scores, _groups(table, what))
        line["yes"] = float(outcome.said.mean())
        line["seconds"] = outcome.seconds
        found.append(line)
    return found


if __name__ == "__main__":
    sys.exit(main())
