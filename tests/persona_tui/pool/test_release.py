"""What is written: Parquet, figures.json, report.html, the card."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from models.validate import validate
from persona_tui.errors import UserError
from tests.persona_tui.pool.bundles import donor_rows, write_bundle, write_bundles
from tests.persona_tui.pool.conftest import near, run
from tests.persona_tui.report.test_renderings import Checker

ROOT = Path(__file__).resolve().parents[3]


def schema() -> object:
    return json.loads((ROOT / "docs" / "pooling.schema.json").read_text("utf-8"))


def test_the_json_is_what_is_documented(release: Path) -> None:
    made = json.loads((release / "figures.json").read_text("utf-8"))
    validate(made, schema())  # type: ignore[arg-type]
    assert made["schema"] == "persona-tui/pool/1"
    assert made["generated_at"] == "2026-11-25"
    assert made["privacy"] is None
    assert set(made["about"]) == set(made["figures"])


def test_the_html_is_well_formed_and_speaks_of_donors(release: Path) -> None:
    page = (release / "report.html").read_text("utf-8")
    checker = Checker()
    checker.feed(page)
    assert not checker.bad
    assert not checker.open
    assert "<h1>Pooled donations</h1>" in page
    assert "What is relevant" in page
    assert "arXiv 2606.06614" in page
    for word in (" you ", " your ", "Your "):
        assert word not in page.partition("<main>")[2], word


def test_the_tables_are_whole_and_name_their_contributor(release: Path) -> None:
    contributors = pq.read_table(release / "data" / "contributors")
    ids = set(contributors["contributor_id"].to_pylist())
    assert len(ids) == 40
    for table in ("attributes", "attribute_judgments", "relevance_judgments", "model_judgments"):
        rows = pq.read_table(release / "data" / table)
        assert set(rows["contributor_id"].to_pylist()) == ids
        assert "donor" not in rows.column_names


def test_the_card_names_every_table_for_the_hub(release: Path) -> None:
    card = (release / "README.md").read_text("utf-8")
    front = card.split("---")[1]
    assert "license: cc-by-4.0" in front
    files = re.findall(r"data_files: (\S+)", front)
    assert len(files) == 6
    assert all(list(release.glob(one)) for one in files)
    said = (release / "README.md").read_text("utf-8")
    assert "pseudonymised" in said
    assert "anonym" not in said.replace("pseudonym", "")


def test_nothing_but_the_release_is_left(release: Path) -> None:
    assert {one.name for one in release.iterdir()} == {
        "README.md", "data", "figures.json", "report.html",
    }  # fmt: skip
    assert [one.name for one in release.parent.iterdir() if one.name.startswith(".")] == []


def test_texts_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    donors = donor_rows(6, seed=4)
    for number, rows in enumerate(donors):
        for row in rows["attributes"]:
            row["attribute"] = f"Grows [NAME_1]'s tomatoes, {number}."
            row["evidence"] = [{"conv_idx": 3, "turn_idxs": [1], "quote": "my tomatoes"}]
    bundles = [write_bundle(rows, tmp_path / "in", level="texts") for rows in donors]
    run(bundles, tmp_path / "without")
    run(bundles, tmp_path / "with", texts=True)
    whole = {
        name: b"".join(one.read_bytes() for one in (tmp_path / name).rglob("*") if one.is_file())
        for name in ("without", "with")
    }
    assert (
        "attribute"
        not in pq.read_schema(tmp_path / "without" / "data" / "attributes" / "part-0.parquet").names
    )
    given = pq.read_table(tmp_path / "with" / "data" / "attributes")
    assert given["evidence"].to_pylist()[0] == [
        {"conv_idx": 3, "turn_idxs": [1], "quote": "my tomatoes"}
    ]
    assert b"Texts and quotes are left out" in whole["without"]
    assert b"A text can be unique" in whole["with"]


def test_the_same_bundles_give_the_same_figures(tmp_path: Path) -> None:
    bundles = write_bundles(donor_rows(6), tmp_path / "in")
    run(bundles, tmp_path / "one")
    run(bundles, tmp_path / "two")
    one, two = (
        json.loads((tmp_path / name / "figures.json").read_text("utf-8")) for name in ("one", "two")
    )
    assert near(one, two)


@pytest.mark.parametrize("name", ["of[1]", "a*b", "it's"])
def test_a_place_that_is_called_like_a_pattern(tmp_path: Path, name: str) -> None:
    bundles = write_bundles(donor_rows(6), tmp_path / "in")
    other = tmp_path / "aXb"
    assert run(bundles[:5], other / "out").donors == 5
    assert run(bundles, tmp_path / name / "out").donors == 6
    rows = pq.read_table(tmp_path / name / "out" / "data" / "contributors")
    assert rows.num_rows == 6


def test_a_link_to_nowhere_is_not_written_over(tmp_path: Path) -> None:
    bundles = write_bundles(donor_rows(6), tmp_path / "in")
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match="is there already"):
        run(bundles, tmp_path / "out")
    assert not (tmp_path / "nowhere").exists()
