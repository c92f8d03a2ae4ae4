"""What is planted in simulated donors is found again, from bundles to figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from persona_tui.pool.sums import compute
from persona_tui.stages.verification.refine_prompts import template_sha256
from tests.persona_tui.pool.conftest import engine_of
from tests.persona_tui.pool_data import MODELS, MONTHS, Truth, tables

TRUTH = Truth()
YES, RECALL, FALSE = TRUTH.yes, TRUTH.recall, TRUTH.false_yes
MODEL_YES = YES * RECALL + (1 - YES) * FALSE
MEAN = float(np.dot(TRUTH.ratings, np.arange(1, 6)))
PLANTED = {
    "stage1.acceptance": TRUTH.acceptance,
    "stage1.problems": 1 - TRUTH.acceptance,
    "stage1.failure.overgeneralization": TRUTH.modes[0],
    "stage1.failure.missing_evidence": TRUTH.modes[1],
    "stage2.yes_rate": YES,
    "stage2.model_yes_rate[gpt]": MODEL_YES,
    "stage2.over_selection[gpt]": MODEL_YES / YES,
    "stage2.precision[gpt]": YES * RECALL / MODEL_YES,
    "stage2.recall[claude]": RECALL,
    "stage3.rating": MEAN,
    "stage3.no_better": sum(TRUTH.ratings[:3]),
    "stage3.win": sum(TRUTH.ratings[3:]),
    "stage3.tie": TRUTH.ratings[2],
    "stage3.mention": 0.0,
    "quality.position": 0.0,
}


def figures(out: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((out / "figures.json").read_text("utf-8"))[
        "figures"
    ]
    return found


def test_planted_values_lie_in_their_intervals(release: Path) -> None:
    found = figures(release)
    # Of fifteen 95 % intervals one may miss by chance; the seed is fixed.
    missed = [
        key
        for key, truth in PLANTED.items()
        if not found[key]["low"] - 1e-9 <= truth <= found[key]["high"] + 1e-9
    ]
    assert len(missed) <= 1, {key: (PLANTED[key], found[key]) for key in missed}
    for key, truth in PLANTED.items():
        assert abs(found[key]["value"] - truth) < (0.5 if "over" in key else 0.12), key


def test_what_was_drawn_actively_is_weighted(tmp_path: Path) -> None:
    """Half of the donors judge problems twice as often: without weights too few are accepted."""
    with engine_of(tables(150, seed=5), tmp_path) as engine:
        a = compute(engine)["acceptance"]
    assert a.total("ok") / a.total("w") == pytest.approx(TRUTH.acceptance, abs=0.03)
    assert a.total("n_ok") / a.total("n") < TRUTH.acceptance - 0.03


def test_breakdowns_and_the_study_are_there(release: Path) -> None:
    found = figures(release)
    for model in MODELS:
        assert found[f"stage1.acceptance[{model}]"]["donors"] >= 5
        assert found[f"stage3.inflation[{model}]"]["value"] > 0.2
        assert -1 < found[f"stage2.kappa[{model}]"]["value"] < 1
    for month in MONTHS:
        for key in ("stage1.acceptance", "stage2.yes_rate", "stage3.rating"):
            assert found[f"{key}@{month}"]["n"] > 0
    assert found["stage1.acceptance"]["study"][0]["value"] == 0.58
    assert found["stage3.rating"]["study"][0]["value"] == 3.176
    for key in (
        "stage1.confidence_auroc", "stage1.missed", "stage2.ac1[gpt]", "stage3.spearman[gpt]",
        "stage3.mention[gpt]", "stage3.length", "quality.retest.1", "quality.retest.2",
        "quality.retest.3", "quality.planted", "quality.identical",
    ):  # fmt: skip
        assert "value" in found[key], (key, found[key])


def test_repeats_and_planted_items_are_left_out(tmp_path: Path) -> None:
    made = tables(30, seed=2)
    with engine_of(made, tmp_path) as engine:
        sums = compute(engine)
    for name, table in (
        ("acceptance", "attribute_judgments"),
        ("relevance", "relevance_judgments"),
    ):
        how = made[table]["sampling"].to_pylist()  # type: ignore[index]
        assert sums[name].total("n") == how.count("random") + how.count("active")
    assert sums["planted"].total("n") == 30
    assert sums["identical"].total("n") == 30
    assert sums["retest1"].total("n") > 0


def test_sums_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    made = tables(12, seed=9)
    with engine_of(made, tmp_path) as engine:
        sums = compute(engine)
    said = {
        (row["donor"], row["target_judgment_id"]): row
        for row in made["model_judgments"].to_pylist()
    }
    both = mine = weight = 0.0
    for row in made["relevance_judgments"].to_pylist():
        model = said.get((row["donor"], row["judgment_id"]))
        if row["sampling"] in ("random", "active") and model:
            w = 1 / row["inclusion_prob"]
            weight += w
            both += w * (row["relevant"] and model["relevant"])
            mine += w * (row["relevant"] and not model["relevant"])
    a = sums["agreement"]
    assert a.total("w") == pytest.approx(weight)
    assert a.total("both") == pytest.approx(both)
    assert a.total("mine") == pytest.approx(mine)
    ratings: dict[int, float] = {}
    for row in made["response_judgments"].to_pylist():
        if row["sampling"] == "random":
            ratings[row["rating"]] = ratings.get(row["rating"], 0) + 1
    for value, count in ratings.items():
        assert sums["ratings"].total(f"r{value}") == count


def test_what_was_refined_is_another_question(tmp_path: Path) -> None:
    """Refined attributes, told by the hash of their prompt, stand in no acceptance of what was
    extracted; where no hash was given nothing is left out."""
    made = tables(4, attributes=20, pairs=0, comparisons=0)
    rows = made["attributes"].to_pylist()
    for place, row in enumerate(rows):
        row["prompt_sha256"] = template_sha256("grounded") if place % 2 else None
    changed = {**made, "attributes": pa.Table.from_pylist(rows, made["attributes"].schema)}
    with engine_of(made, tmp_path / "all") as engine:
        everything = compute(engine)["acceptance"].total("n")
    with engine_of(changed, tmp_path / "half") as engine:
        assert compute(engine)["acceptance"].total("n") == pytest.approx(everything / 2, abs=20)
        assert 0 < compute(engine)["acceptance"].total("n") < everything
