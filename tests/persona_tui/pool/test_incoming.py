"""Which bundles are taken: withdrawn, doubled and hostile ones are not."""

from __future__ import annotations

import copy
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from persona_tui.donation import withdrawal
from persona_tui.errors import UserError
from tests.persona_tui.pool.bundles import donor_rows, token_of, write_bundle, write_bundles
from tests.persona_tui.pool.conftest import near, run


def contributors(out: Path) -> list[str]:
    return list(pq.read_table(out / "data" / "contributors")["contributor_id"].to_pylist())


def test_a_withdrawn_donation_is_left_out_by_its_token_only(tmp_path: Path) -> None:
    donors = donor_rows(8)
    bundles = write_bundles(donors, tmp_path / "in")
    ids = [str(rows["contributors"][0]["contributor_id"]) for rows in donors]
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests/right.json").write_bytes(withdrawal.request(token_of(2), ids[2]))
    (tmp_path / "requests/forged.json").write_bytes(withdrawal.request(token_of(99), ids[3]))
    done = run(bundles, tmp_path / "out", withdrawn=[tmp_path / "requests"])
    assert done.withdrawn == 1
    assert any(ids[3] in one and "token" in one for one in done.warnings)
    assert set(contributors(tmp_path / "out")) == set(ids) - {ids[2]}
    everything = b"".join(
        one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file()
    )
    assert ids[2].encode() not in everything
    assert token_of(2).encode() not in everything
    assert b'withdrawn":' not in everything


@pytest.mark.parametrize("name", ["2026/11/mine.json", "MINE.JSON"])
def test_requests_are_found_wherever_they_lie_in_their_directory(tmp_path: Path, name: str) -> None:
    donors = donor_rows(8)
    bundles = write_bundles(donors, tmp_path / "in")
    file = tmp_path / "requests" / name
    file.parent.mkdir(parents=True)
    who = str(donors[2]["contributors"][0]["contributor_id"])
    file.write_bytes(withdrawal.request(token_of(2), who))
    done = run(bundles, tmp_path / "out", withdrawn=[tmp_path / "requests"])
    assert (done.withdrawn, done.donors) == (1, 7)


def test_a_request_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    bundles = write_bundles(donor_rows(6), tmp_path / "in")
    broken = tmp_path / "request.json"
    broken.write_text("{")
    with pytest.raises(UserError, match="request"):
        run(bundles, tmp_path / "out", withdrawn=[broken])
    assert not (tmp_path / "out").exists()


def test_a_bundle_given_twice_counts_once(tmp_path: Path) -> None:
    donors = donor_rows(6)
    bundles = write_bundles(donors, tmp_path / "in")
    again = write_bundle(donors[0], tmp_path / "again", zipped=True)
    done = run([*bundles, again, bundles[1]], tmp_path / "out")
    assert (done.donors, done.duplicates, done.warnings) == (6, 2, ())


def test_of_two_bundles_with_one_contributor_the_first_is_kept(tmp_path: Path) -> None:
    donors = donor_rows(6)
    bundles = write_bundles(donors, tmp_path / "in")
    changed = copy.deepcopy(donors[0])
    changed["attribute_judgments"] = [
        row for row in changed["attribute_judgments"] if row["repeat_of"] is None
    ][:1]
    changed = {key: changed[key] for key in ("contributors", "attributes", "attribute_judgments")}
    done = run([*bundles, write_bundle(changed, tmp_path / "x")], tmp_path / "out")
    assert done.donors == 6
    assert "first was kept" in done.warnings[0]


def test_rows_that_stand_in_two_bundles_count_once(tmp_path: Path) -> None:
    donors = donor_rows(7)
    copied = copy.deepcopy(donors[1])
    copied["contributors"][0]["contributor_id"] = "c_" + "7" * 32
    bundles = write_bundles(donors, tmp_path / "in")
    done = run([*bundles, write_bundle(copied, tmp_path / "copy")], tmp_path / "out")
    plain = run(bundles, tmp_path / "plain")
    assert done.dropped_rows == sum(
        len(rows)
        for table, rows in copied.items()
        if table not in ("contributors", "model_judgments")
    )
    assert plain.dropped_rows == 0
    assert "c_" + "7" * 32 not in contributors(tmp_path / "out")
    one, two = (
        json.loads((tmp_path / name / "figures.json").read_text("utf-8"))
        for name in ("out", "plain")
    )
    assert near(one, two)


def hostile(folder: Path, good: Path) -> list[Path]:
    """Bundles that somebody tampered with."""
    import shutil

    made = []

    def copied(name: str) -> Path:
        shutil.copytree(good, folder / name)
        made.append(folder / name)
        return folder / name

    table = copied("changed") / "data" / "attribute_judgments.jsonl"
    table.write_text(table.read_text("utf-8").replace('"bad"', '"ok"'), "utf-8")
    (copied("without") / "manifest.json").unlink()
    (copied("extra") / "data" / "more.jsonl").write_text("{}\n")
    manifest = copied("version") / "manifest.json"
    manifest.write_text(manifest.read_text().replace("donation/1", "donation/9"))
    with zipfile.ZipFile(folder / "climbs.zip", "w") as archive:
        archive.writestr("../../out.txt", "x")
    made.append(folder / "climbs.zip")
    with zipfile.ZipFile(folder / "zeros.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"\0" * 50_000_000)
    made.append(folder / "zeros.zip")
    (folder / "noise.zip").write_bytes(b"PK\3\4" + bytes(range(256)) * 20)
    made.append(folder / "noise.zip")
    return made


def test_hostile_bundles_are_refused_one_by_one(tmp_path: Path) -> None:
    donors = donor_rows(8)
    bundles = write_bundles(donors[:7], tmp_path / "all")
    good = write_bundle(donors[7], tmp_path / "good")
    bad = hostile(tmp_path / "all", good)
    done = run([tmp_path / "all"], tmp_path / "out")
    assert done.donors == len(bundles)
    assert len(done.refused) == len(bad)
    assert all(one.endswith(".") and "\n" not in one for one in done.refused)
    assert not list(tmp_path.rglob("out.txt"))


def test_only_hostile_bundles_are_no_release(tmp_path: Path) -> None:
    good = write_bundle(donor_rows(1)[0], tmp_path / "good")
    (tmp_path / "bad").mkdir()
    with pytest.raises(UserError, match="None of the bundles could be taken; 7 were refused"):
        run(hostile(tmp_path / "bad", good), tmp_path / "out")
    (tmp_path / "one").write_bytes(b"no donation")
    with pytest.raises(UserError, match="There is nothing to pool: one is refused as a donation"):
        run([tmp_path / "one"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".out")]


def test_empty_input_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="holds none"):
        run([tmp_path / "nothing"], tmp_path / "out")
    with pytest.raises(UserError, match="There is no bundle at"):
        run([tmp_path / "missing"], tmp_path / "out")
    donors = donor_rows(1)
    bundle = write_bundle(donors[0], tmp_path / "in")
    request = tmp_path / "request.json"
    who = str(donors[0]["contributors"][0]["contributor_id"])
    request.write_bytes(withdrawal.request(token_of(0), who))
    with pytest.raises(UserError, match="All bundles were withdrawn"):
        run([bundle], tmp_path / "out", withdrawn=[request])


def test_an_output_that_is_there_is_not_touched(tmp_path: Path) -> None:
    bundle = write_bundle(donor_rows(1)[0], tmp_path / "in")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("x")
    with pytest.raises(UserError, match="is there already"):
        run([bundle], tmp_path / "out")
    assert (tmp_path / "out/mine").read_text() == "x"


def test_a_bundle_with_nothing_but_a_contributor_is_taken(tmp_path: Path) -> None:
    donors = [{"contributors": rows["contributors"]} for rows in donor_rows(6)]
    run(write_bundles(donors, tmp_path / "in"), tmp_path / "out")  # type: ignore[arg-type]
    made = json.loads((tmp_path / "out/figures.json").read_text("utf-8"))
    assert all("missing" in one for one in made["figures"].values())
    assert (tmp_path / "out/data/contributors").exists()
