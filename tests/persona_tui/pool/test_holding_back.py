"""Nothing that fewer than k donors share is released, nor what would give it away."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.pool.coarse import COARSE
from persona_tui.pool.combinations import FIELDS, Row, blanked
from persona_tui.pool.withhold import shown
from tests.persona_tui.pool.bundles import donor_rows, write_bundles
from tests.persona_tui.pool.conftest import run

K = 5


@given(
    st.dictionaries(
        st.tuples(*[st.sampled_from(["a", "b", "c", None])] * 3),
        st.integers(1, 12),
        min_size=1,
    )
)
def test_combinations_are_shared_by_k_or_blank(counts: dict[Row, int]) -> None:
    becomes = blanked(counts, K)
    after: Counter[Row] = Counter()
    for row, count in counts.items():
        released = becomes[row]
        assert all(new in (old, None) for old, new in zip(row, released, strict=True))
        after[released] += count
    for row, count in after.items():
        # Fewer than k share it only if they are fewer than k in all.
        assert count >= K or sum(counts.values()) < K or row == (None,) * 3, (row, count)


@given(st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 20)), max_size=6))
def test_what_is_held_back_cannot_be_subtracted(cells: dict[int, set[int]]) -> None:
    visible = shown(cells, K)
    hidden: set[int] = set().union(*(who for cell, who in cells.items() if cell not in visible))
    assert all(len(cells[cell]) >= K or not cells[cell] for cell in visible)
    others = [cell for cell in visible if cells[cell]]
    assert not hidden or len(hidden) >= K or not others


def test_rare_values_are_null_in_the_tables(tmp_path: Path) -> None:
    donors = donor_rows(14, languages=("en",))
    for rows in donors[:2]:
        rows["contributors"][0]["language"] = "pl"
        for row in rows["attributes"]:
            row["category"] = "health"
    for rows in donors:
        for row in rows["attributes"]:
            if row["category"] == "health" and rows not in donors[:2]:
                row["category"] = "food"
    donors[3]["response_judgments"][0]["model_tag"] = "grok"
    run(write_bundles(donors, tmp_path / "in"), tmp_path / "out")
    data = tmp_path / "out/data"
    languages = Counter(pq.read_table(data / "contributors")["language"].to_pylist())
    assert set(languages) <= {"en", None}
    assert languages[None] >= K  # the two, and enough others that null says nothing
    assert "health" not in pq.read_table(data / "attributes")["category"].to_pylist()
    for table, fields in COARSE.items():
        rows = pq.read_table(data / table)
        for field in fields:
            donors_of: dict[object, set[str]] = {}
            pairs = zip(rows[field].to_pylist(), rows["contributor_id"].to_pylist(), strict=True)
            for value, who in pairs:
                donors_of.setdefault(value, set()).add(who)
            assert all(len(who) >= K for who in donors_of.values()), (table, field)
    combined = pq.read_table(data / "contributors").select(list(FIELDS)).to_pylist()
    assert min(Counter(tuple(row.values()) for row in combined).values()) >= K
    assert b"grok" not in b"".join(
        one.read_bytes()
        for one in (tmp_path / "out").rglob("*")
        if one.suffix in (".json", ".html")
    )


def test_figures_of_few_donors_are_reasons(tmp_path: Path) -> None:
    donors = donor_rows(15)
    for number, rows in enumerate(donors):
        for row in rows["attributes"]:
            if row["source"] == "grounded":
                row["extractor_model"] = "grok" if number < 3 else ("gpt", "claude")[number % 2]
    run(write_bundles(donors, tmp_path / "in"), tmp_path / "out")
    made = json.loads((tmp_path / "out/figures.json").read_text("utf-8"))
    found = made["figures"]
    assert "fewer than 5 donors share it" in found["stage1.acceptance[grok]"]["missing"]
    # The total minus both others would be the three: the smaller of the others is gone, too.
    assert "tell about fewer than 5 donors" in (
        found["stage1.acceptance[claude]"].get("missing", "")
        + found["stage1.acceptance[gpt]"].get("missing", "")
    )
    assert found["stage1.acceptance"]["donors"] == 15


def test_one_donor_alone_is_held_back_with_a_sentence(tmp_path: Path) -> None:
    done = run(write_bundles(donor_rows(1), tmp_path / "in"), tmp_path / "out")
    assert done.all_held_back
    made = json.loads((tmp_path / "out/figures.json").read_text("utf-8"))
    assert all("missing" in one for one in made["figures"].values())
    assert made["counts"] == {}
    assert "Fewer than 5 donors" in made["notes"][0]
    assert not (tmp_path / "out/data").exists()
    assert "every table and every figure is held back" in (tmp_path / "out/README.md").read_text(
        "utf-8"
    ).replace("\n", " ")


def test_k_is_a_choice(tmp_path: Path) -> None:
    bundles = write_bundles(donor_rows(4), tmp_path / "in")
    run(bundles, tmp_path / "three", k=3)
    run(bundles, tmp_path / "five", k=5)
    three, five = (
        json.loads((tmp_path / name / "figures.json").read_text("utf-8"))["figures"]
        for name in ("three", "five")
    )
    assert "value" in three["stage1.acceptance"]
    assert "value" not in five["stage1.acceptance"]
