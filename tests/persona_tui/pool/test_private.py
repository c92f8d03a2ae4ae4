"""Differential privacy: how much noise, of how much budget, and that nothing exact is beside it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.validate import validate
from persona_tui.pool import figures_private, private
from persona_tui.pool.private import GROUPS, Group, bounded, noisy
from persona_tui.pool.sums import Sums, compute
from persona_tui.report.intervals import Floats
from tests.persona_tui.pool.bundles import donor_rows, write_bundle, write_bundles
from tests.persona_tui.pool.conftest import engine_of, run
from tests.persona_tui.pool.test_release import schema
from tests.persona_tui.pool_data import tables


def test_the_noise_is_laplace_of_bound_over_epsilon() -> None:
    cells = 4000
    group = Group("wide", tuple(f"c{i}" for i in range(cells)), bound=30)
    found = noisy(group, np.zeros((3, cells)), 0.5)
    assert found.scale == pytest.approx(60)
    values = np.array(list(found.values.values()))
    # The mean of |x| is the scale; its standard error over 4,000 cells is scale / 63.
    assert np.abs(values).mean() == pytest.approx(60, rel=5 / 63)
    assert abs(values.mean()) < 5 * 60 * 2**0.5 / 63
    assert np.mean(np.abs(values) > 60 * np.log(2)) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("seed", range(20))
def test_one_donor_moves_a_histogram_by_no_more_than_the_bound(seed: int) -> None:
    draw = np.random.default_rng(seed)
    donors = draw.exponential(20, (30, 6)) * draw.integers(0, 2, (30, 6))
    for bound in (1.0, 40.0, 500.0):
        gone = bounded(np.delete(donors, 3, axis=0), bound)
        assert np.abs(bounded(donors, bound) - gone).sum() <= bound * (1 + 1e-9)


def test_the_budget_is_spent_once(tmp_path: Path) -> None:
    with engine_of(tables(20), tmp_path) as engine:
        sums = compute(engine)
    found = private.released(sums, 2.0)
    assert [one.group for one in found] == list(GROUPS)
    spent = sum(one.group.bound / one.scale for one in found)
    assert spent == pytest.approx(2.0)
    assert spent <= 2.0


def test_each_histogram_has_its_cells_once_a_donor(tmp_path: Path) -> None:
    with engine_of(tables(20), tmp_path) as engine:
        found = private.exact(compute(engine))
    for group in GROUPS:
        assert found[group.name].shape[1] == len(group.cells)
        assert len(found[group.name]) <= 20
        assert (found[group.name] >= 0).all()


def test_with_many_donors_private_figures_are_near_the_exact_ones(tmp_path: Path) -> None:
    with engine_of(tables(400, attributes=15, pairs=20, comparisons=15), tmp_path) as engine:
        sums = compute(engine)
    noisy_figures = {
        one.key: one for one in figures_private.build(private.released(sums, 20.0), 5, 20.0)
    }
    for key, truth in (
        ("stage1.acceptance", 0.6), ("stage2.yes_rate", 0.2), ("stage3.rating", 3.27),
        ("stage2.recall", 0.8), ("stage1.failure.overgeneralization", 0.5),
    ):  # fmt: skip
        one = noisy_figures[key]
        assert one.value == pytest.approx(truth, abs=0.12), key
        assert one.low is not None
        assert one.high is not None
        assert one.value is not None
        assert one.low <= one.value <= one.high
    assert noisy_figures["quality.retest.2"].value is not None


def test_no_exact_count_is_written(tmp_path: Path) -> None:
    """73 donors, whose number and the number of whose judgments are in none of the files."""
    donors = donor_rows(73, attributes=6, pairs=8, comparisons=6)
    bundles = write_bundles(donors, tmp_path / "in")
    run(bundles, tmp_path / "out", epsilon=8.0)
    run(bundles, tmp_path / "exact")
    assert {one.name for one in (tmp_path / "out").rglob("*")} == {
        "README.md", "figures.json", "report.html",
    }  # fmt: skip
    made = json.loads((tmp_path / "out/figures.json").read_text("utf-8"))
    validate(made, schema())  # type: ignore[arg-type]
    exact = json.loads((tmp_path / "exact/figures.json").read_text("utf-8"))["figures"]
    assert made["counts"] == {}
    assert made["plots"] == []
    assert all(one.get("donors") is None for one in made["figures"].values())
    secret = {
        73,
        *(pq.read_table(one).num_rows for one in (tmp_path / "exact/data").iterdir()),
        *(one["n"] for one in exact.values() if one.get("n", 0) > 150),
    }
    noise = {str(one.get("n")) for one in made["figures"].values()}
    for name in ("README.md", "figures.json", "report.html"):
        text = (tmp_path / "out" / name).read_text("utf-8").replace(",", "")
        text = re.sub(r"<style>.*</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
        numbers = set(re.findall(r"(?<![\d.])\d+(?![\d.])", text)) - noise
        assert not numbers & {str(one) for one in secret}, name
    exact_values = {
        one["value"] for one in exact.values() if one.get("value") not in (None, 0.0, 1.0)
    }
    assert not exact_values & {one.get("value") for one in made["figures"].values()}
    assert made["privacy"]["epsilon"] == 8.0
    assert "ε = 8" in (tmp_path / "out/README.md").read_text("utf-8")


def test_few_donors_drown_in_noise(tmp_path: Path) -> None:
    run(write_bundles(donor_rows(2), tmp_path / "in"), tmp_path / "out", epsilon=1.0)
    made = json.loads((tmp_path / "out/figures.json").read_text("utf-8"))
    assert sum("missing" in one for one in made["figures"].values()) >= 20


def test_a_bundle_of_copied_rows_changes_nobody_elses_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    donors = donor_rows(6)
    thief = copy.deepcopy(donor_rows(7)[6])
    for table in ("attributes", "attribute_judgments"):
        thief[table] = [row for rows in donors for row in rows[table]]
    for table in ("relevance_judgments", "response_judgments", "model_judgments"):
        del thief[table]  # type: ignore[arg-type]
    seen: list[dict[str, Floats]] = []

    def watched(sums: Mapping[str, Sums]) -> dict[str, Floats]:
        seen.append(exact(sums))
        return seen[-1]

    exact = private.exact
    monkeypatch.setattr(private, "exact", watched)
    bundles = write_bundles(donors, tmp_path / "in")
    first = write_bundle(thief, tmp_path / "first")
    run(bundles, tmp_path / "without", epsilon=2.0)
    run([first, *bundles], tmp_path / "with", epsilon=2.0)
    without, with_it = seen
    for group in GROUPS:
        before = bounded(without[group.name], group.bound)
        after = bounded(with_it[group.name], group.bound)
        assert np.abs(after - before).sum() <= group.bound * (1 + 1e-9), group.name
