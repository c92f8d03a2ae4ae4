"""The bundle: the same bytes every time, readable by others, and nothing that links two of them."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from persona_tui.donation import parquet
from persona_tui.donation.bundle import build, name, write, zip_bytes
from persona_tui.donation.card import describe_type
from persona_tui.donation.consent import ConsentError, agree, statements, text_of
from persona_tui.donation.croissant import croissant
from persona_tui.donation.describe import COLUMN_MEANING, TABLE_MEANING
from persona_tui.donation.reading import read_bundle
from persona_tui.donation.schema import COLUMNS, TABLE_NAMES, TABLES, SchemaError, Table
from persona_tui.errors import UserError
from tests.persona_tui.donation import given_data
from tests.persona_tui.donation.given_data import MONTH, SECRET, TOKEN

LEVELS = ["labels", "texts"]


@pytest.mark.parametrize("level", LEVELS)
def test_the_same_choice_and_draw_give_the_same_bytes(level: Any) -> None:
    first, second = given_data.bundle(level), given_data.bundle(level)
    assert list(first) == list(second)
    assert first == second
    assert zip_bytes(first) == zip_bytes(dict(reversed(second.items())))


def test_the_bytes_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    """Another process, hash seed, locale, time zone and directory: the same zip."""
    code = (
        "import hashlib; from tests.persona_tui.donation import given_data as g;"
        "from persona_tui.donation.bundle import zip_bytes;"
        "print(hashlib.sha256(zip_bytes(g.bundle('texts'))).hexdigest())"
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False,
        env={"PYTHONPATH": root, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C",
             "HOME": str(tmp_path)}, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == hashlib.sha256(zip_bytes(given_data.bundle("texts"))).hexdigest()


# --- two bundles of one person ------------------------------------------------------------------


def _tokens(content: bytes) -> set[str]:
    """Words of more than 6 characters, and numbers of more than two significant digits."""
    text = content.decode("utf-8", "replace")
    numbers = re.findall(r"(?<![\w.])\d[\d.]*(?!\w)", text)  # not the digits within a random id
    return {
        *re.findall(r"[\w+-]{7,}", text),
        *(n for n in numbers if len(n.strip("0.").replace(".", "")) > 2),
    }


def _without_sizes(path: str, content: bytes) -> bytes:
    """How many bytes a file has follows from the rows in it, and is there for whoever verifies."""
    if path == "manifest.json":
        return re.sub(rb'"bytes": \d+', b"", content)
    return re.sub(rb'"contentSize": "\d+ B"', b"", content) if path == "croissant.json" else content


def _runs(content: bytes) -> bytes:
    """Of a Parquet file: the words in it. Months stand next to each other without a gap; numbers
    are in binary, and the same ones are in the JSONL."""
    runs = b"\n".join(re.findall(rb"[\x20-\x7e]{7,}", content))
    runs = re.sub(rb"(20\d\d-\d\d)(?=\d{4}-|\d\d\b)", rb"\1\n", runs)
    return b"\n".join(one for one in runs.split(b"\n") if re.search(rb"[a-z]{3}", one))


def _all_tokens(files: dict[str, bytes]) -> set[str]:
    return {
        token
        for path, content in files.items()
        for token in _tokens(
            _runs(content) if path.endswith("parquet") else _without_sizes(path, content)
        )
    }


def _values(files: dict[str, bytes]) -> set[str]:
    """The coarse values that were chosen to be given: closed words, months, redacted words, hashes
    of the program's own texts. Not the ids, nor the token's hash."""
    kept = [
        json.dumps(value, ensure_ascii=False)
        for path, content in files.items()
        if path.endswith(".jsonl")
        for raw in content.decode().splitlines()
        for key, value in json.loads(raw).items()
        if not key.endswith("_id") and key not in ("repeat_of", "withdrawal_token_sha256")
    ]
    # Ratings name attributes: the ids in them are no values.
    return _tokens(re.sub(r"[a-z]_[0-9a-f]{32}", "", " ".join(kept)).encode())


def _program(level: Any) -> set[str]:
    """What is in every bundle because it is the program's."""
    empty: dict[Table, list[dict[str, object]]] = {
        "contributors": given_data.rows(level, None)["contributors"]
    }
    contributor = str(empty["contributors"][0]["contributor_id"])
    files = build(empty, given_data.consent(level), month=MONTH, contributor_id=contributor)
    words = [*COLUMN_MEANING.values(), *TABLE_MEANING.values(), *TABLES]
    words += ["sc:Boolean", "sc:Integer", "element", "float64"]  # names of types
    words += [f"{t} {f.name} {' '.join(f.choices)}" for t in TABLES for f in TABLES[t]]
    words += [describe_type(field) for fields in TABLES.values() for field in fields]
    return _all_tokens(files) | _tokens(" ".join(words).encode())


@pytest.mark.parametrize("level", LEVELS)
def test_two_bundles_of_one_choice_share_nothing_that_names_the_person(level: Any) -> None:
    """Every word and every number of both is compared. What they share is the program's, or a value
    that was chosen: no id, hash, time, path, name or exact number links them."""
    first, second = given_data.bundle(level, None), given_data.bundle(level, None)
    shared = _all_tokens(first) & _all_tokens(second)
    assert len(shared) > 100  # the comparison sees something
    left = shared - _program(level) - _values(first)
    assert not left, left


def test_the_comparison_finds_what_would_link() -> None:
    """The same token given twice, an id that was kept, an exact length: each one is found."""
    first, second = given_data.bundle("labels", None), given_data.bundle("labels", None)
    for leak in (
        b"c_0123456789abcdef0123456789abcdef",
        b"2026-11-25T16:15:52",
        b"1234",
        b"/home/mqxyzzy",
    ):
        both = [dict(files) for files in (first, second)]
        for files in both:
            files["README.md"] += leak
        found = _all_tokens(both[0]) & _all_tokens(both[1])
        assert found - _program("labels") - _values(first)


@pytest.mark.parametrize("level", LEVELS)
def test_two_bundles_share_no_id_no_hash_and_no_order(level: Any) -> None:
    first, second = given_data.bundle(level, None), given_data.bundle(level, None)
    pattern = rb"[a-z]_[0-9a-f]{32}"
    for path in first:
        ids = [set(re.findall(pattern, files[path])) for files in (first, second)]
        assert not ids[0] & ids[1]
    assert name(first) != name(second)
    manifests = [json.loads(files["manifest.json"]) for files in (first, second)]
    own = [{e["sha256"] for p, e in m["files"].items() if p != "consent.json"} for m in manifests]
    assert not own[0] & own[1]
    assert manifests[0]["canary"] != manifests[1]["canary"]
    assert manifests[0]["contributor_id"] != manifests[1]["contributor_id"]


def test_the_order_of_rows_tells_nothing_of_when() -> None:
    """Over many bundles the first judgment stands anywhere, and no pair keeps its order."""
    places, kept = [], 0
    for seed in range(60):
        rows = given_data.rows("texts", seed=1000 + seed, n=8)
        # The redacted text numbers the attributes in the order in which they were made.
        order = [
            int(match[1])
            for row in rows["attributes"]
            if (match := re.search(r"\((\d)\)", str(row["attribute"])))
        ]
        places.append(order.index(0))
        kept += order.index(0) < order.index(1)
    assert len(set(places)) >= 7
    assert 15 <= kept <= 45


def test_conversations_are_numbered_anew() -> None:
    numbers = {
        tuple(
            sorted(
                (str(row["attribute"]), span["conv_idx"])
                for row in given_data.rows("texts", seed=seed)["attributes"]
                if isinstance(row["evidence"], list)
                for span in row["evidence"]
            )
        )
        for seed in range(30)
    }
    assert len(numbers) == 6  # every order of three


# --- what is in it ------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_the_journal_or_machine_is_in_any_file(level: Any) -> None:
    files = given_data.bundle(level, None)
    raw = b"\n".join([*files.values(), zip_bytes(files)]).lower()
    for never in (SECRET.lower(), TOKEN, "/home", "pyarrow", "parquet-cpp", "pandas", "arrow:schema",
                  "-original-", "python", sys.platform, "zlib"):  # fmt: skip
        assert never.encode() not in raw, never


def test_the_token_is_not_in_the_bundle_but_its_hash_is() -> None:
    files = given_data.bundle()
    assert all(TOKEN.encode() not in content for content in files.values())
    assert hashlib.sha256(TOKEN.encode()).hexdigest().encode() in files["data/contributors.jsonl"]


def test_the_manifest_lists_every_other_file() -> None:
    files = given_data.bundle()
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["files"]) == set(files) - {"manifest.json"}
    for path, entry in manifest["files"].items():
        assert entry["sha256"] == hashlib.sha256(files[path]).hexdigest()
        assert entry["bytes"] == len(files[path])
    assert name(files) == f"persona-donation-{MONTH}-{manifest['contributor_id'][2:10]}"


def test_words_are_those_of_reduced_risk() -> None:
    for content in given_data.bundle("texts").values():
        assert b"anonym" not in content.lower()


def test_without_pyarrow_the_bundle_is_jsonl_and_says_so() -> None:
    files = given_data.bundle(with_parquet=False)
    assert not any(path.endswith(".parquet") for path in files)
    assert b"JSONL only" in files["README.md"]


def test_pyarrow_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "available", lambda: False)
    rows = given_data.rows()
    made = build(
        rows, given_data.consent(), month=MONTH,
        contributor_id=str(rows["contributors"][0]["contributor_id"]),
    )  # fmt: skip
    assert "data/attributes.parquet" not in made


def test_texts_are_not_built_where_labels_were_agreed_to() -> None:
    rows = given_data.rows("texts")
    contributor = str(rows["contributors"][0]["contributor_id"])
    with pytest.raises(SchemaError):
        build(rows, given_data.consent("labels"), month=MONTH, contributor_id=contributor)


def test_consent_must_be_whole() -> None:
    for ticked in ((), statements("labels")[:-1]):
        with pytest.raises(ConsentError):
            agree("CC0-1.0", "labels", ticked)
    with pytest.raises(ConsentError):
        agree("CC0-1.0", "texts", statements("labels"))
    with pytest.raises(ConsentError):
        agree("MIT", "labels", statements("labels"))
    text = text_of()
    for word in ("18 or over", "voluntary", "Purpose", "Recipients", "Licence", "recalled", "TEMPLATE",
                 "review board", "No approval", "reduced risk"):  # fmt: skip
        assert word in text


# --- Parquet, card, Croissant, datasets ---------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_parquet_holds_the_same_rows(level: Any) -> None:
    import pyarrow.parquet as pq

    files = given_data.bundle(level)
    for table in TABLE_NAMES:
        lines = files[f"data/{table}.jsonl"].decode().splitlines()
        source = pq.ParquetFile(io.BytesIO(files[f"data/{table}.parquet"]))
        assert source.metadata.created_by == "persona-tui"
        assert source.metadata.metadata is None
        assert source.schema_arrow.names == list(COLUMNS[table])
        assert source.read().to_pylist() == [json.loads(one) for one in lines]


def test_the_schema_of_parquet_is_fixed() -> None:
    import pyarrow.parquet as pq

    full = given_data.bundle("texts", n=6)
    little = given_data.bundle("labels", n=3)
    for table in TABLE_NAMES:
        path = f"data/{table}.parquet"
        schemas = [pq.read_schema(io.BytesIO(files[path])) for files in (full, little)]
        assert schemas[0].equals(schemas[1])


def _front_matter(files: dict[str, bytes]) -> dict[str, Any]:
    text = files["README.md"].decode()
    assert text.startswith("---\n")
    loaded = yaml.safe_load(text[4 : text.index("\n---\n", 4)])
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("license_", ["CC-BY-4.0", "CC0-1.0"])
def test_the_card_is_one_that_the_hub_reads(license_: str) -> None:
    from huggingface_hub import DatasetCard

    rows = given_data.rows()
    for row in rows["contributors"]:
        row["license"] = license_
    contributor = str(rows["contributors"][0]["contributor_id"])
    files = build(
        rows, given_data.consent(license_=license_), month=MONTH, contributor_id=contributor
    )
    about = _front_matter(files)
    assert about["license"] == license_.lower()
    assert about["language"] == ["de"]
    assert [one["config_name"] for one in about["configs"]] == list(TABLE_NAMES)
    assert sum("default" in one for one in about["configs"]) == 1
    for one in about["configs"]:
        assert one["data_files"][0]["path"] in files
    for one in about["dataset_info"]:
        assert [f["name"] for f in one["features"]] == list(COLUMNS[one["config_name"]])
    made: Any = DatasetCard(files["README.md"].decode())
    assert made.data.pretty_name == "A persona-tui donation"


@pytest.mark.parametrize("level", LEVELS)
def test_croissant_validates(tmp_path: Path, level: Any) -> None:
    import mlcroissant

    files = given_data.bundle(level)
    where = write(files, tmp_path / name(files), zipped=False)
    dataset = mlcroissant.Dataset(jsonld=where / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    found = {record_set.name for record_set in dataset.metadata.record_sets}
    assert found == set(TABLE_NAMES)
    for table in TABLE_NAMES:
        wanted = [json.loads(raw) for raw in files[f"data/{table}.jsonl"].splitlines()]
        key = COLUMNS[table][0]
        got = [record[f"{table}/{key}"].decode() for record in dataset.records(table)]
        assert got == [row[key] for row in wanted]


def test_croissant_lists_only_what_is_there() -> None:
    files = given_data.bundle(with_parquet=False)
    made = json.dumps(croissant(files, given_data.consent(), month=MONTH))
    assert "parquet" not in made


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("with_parquet", [True, False])
def test_datasets_reads_every_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: Any, with_parquet: bool
) -> None:
    """Offline (sockets are refused here): types from the card, rows as they were written."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    files = given_data.bundle(level, with_parquet=with_parquet)
    where = write(files, tmp_path / name(files), zipped=False)
    for table in TABLE_NAMES:
        loaded = load_dataset(str(where), table, cache_dir=str(tmp_path / "cache"))
        assert list(loaded) == ["train"]
        rows = loaded["train"]
        assert rows.column_names == list(COLUMNS[table])
        wanted = [json.loads(raw) for raw in files[f"data/{table}.jsonl"].splitlines()]
        assert list(rows) == wanted
        for field in TABLES[table]:
            kind = str(rows.features[field.name])
            assert "null" not in kind, (table, field.name, kind)


# --- writing ------------------------------------------------------------------------------------


def test_what_is_written_is_for_the_owner_only(tmp_path: Path) -> None:
    files = given_data.bundle()
    where = write(files, tmp_path / "given", zipped=False)
    for path in [where, *where.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert {str(p.relative_to(where)) for p in where.rglob("*") if p.is_file()} == set(files)
    packed = write(files, tmp_path / "given.zip", zipped=True)
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    assert packed.read_bytes() == zip_bytes(files)
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(files)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize("zipped", [True, False])
def test_what_exists_is_not_overwritten(tmp_path: Path, zipped: bool) -> None:
    files = given_data.bundle()
    for target in (tmp_path / "file", tmp_path / "folder", tmp_path / "link"):
        if target.name == "file":
            target.write_text("mine")
        elif target.name == "folder":
            target.mkdir()
        else:
            target.symlink_to(tmp_path / "nowhere")
        with pytest.raises(UserError, match="exists already"):
            write(files, target, zipped=zipped)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("zipped", [True, False])
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("persona_tui.donation.bundle.os.fsync", full)
    with pytest.raises(UserError, match="No space left"):
        write(given_data.bundle(), tmp_path / "given", zipped=zipped)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("zipped", [True, False])
def test_what_is_written_is_read_back(tmp_path: Path, level: Any, zipped: bool) -> None:
    files = given_data.bundle(level)
    where = write(files, tmp_path / "given", zipped=zipped)
    with read_bundle(where, workdir=tmp_path) as found:
        rows = given_data.rows(level)
        assert found.counts == {table: len(kept) for table, kept in rows.items()}
        assert found.contributor == rows["contributors"][0]
        for table, kept in rows.items():
            assert list(found.rows(table)) == kept
            assert found.tables[table].read_bytes() == files[f"data/{table}.jsonl"]
    assert {p.name for p in tmp_path.iterdir()} == {"given", "home"}


def test_the_rng_draws_the_canary() -> None:
    rows = given_data.rows()
    contributor = str(rows["contributors"][0]["contributor_id"])
    made = [
        build(
            rows,
            given_data.consent(),
            month=MONTH,
            contributor_id=contributor,
            rng=random.Random(i),
        )
        for i in (1, 1, 2)
    ]
    assert made[0] == made[1] != made[2]


def test_a_table_without_rows_has_no_file() -> None:
    rows: dict[Table, list[dict[str, object]]] = {
        "contributors": given_data.rows()["contributors"], "attributes": [],
    }  # fmt: skip
    contributor = str(rows["contributors"][0]["contributor_id"])
    files = build(rows, given_data.consent(), month=MONTH, contributor_id=contributor)
    assert [path for path in files if path.endswith("jsonl")] == ["data/contributors.jsonl"]
