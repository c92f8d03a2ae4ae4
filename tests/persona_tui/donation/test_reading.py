"""A stranger's bundle: forged, broken, too large or hostile ones are refused with one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_tui.donation import reading
from persona_tui.donation.bundle import name, write, zip_bytes
from persona_tui.donation.reading import BundleError, Limits, open_tables, read_bundle
from persona_tui.donation.serialize import document, line
from tests.persona_tui.donation import given_data

Files = dict[str, bytes]
GOOD = given_data.bundle("texts")


def _write(files: Files, root: Path) -> Path:
    """``files`` as a directory, whatever is in them."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def _zipped(files: Files, target: Path) -> Path:
    target.write_bytes(zip_bytes(files))
    return target


def _signed(content: Files, **manifest: object) -> Files:
    """``files`` with a manifest that fits them: what somebody makes who knows the format."""
    files = dict(content)
    about = {**json.loads(GOOD["manifest.json"]), **manifest}
    if "files" not in manifest:
        about["files"] = {}
        for path in sorted(set(files) - {"manifest.json"}):
            raw = files[path]
            entry: dict[str, object] = {
                "sha256": hashlib.sha256(raw).hexdigest(),
                "bytes": len(raw),
            }
            if path.startswith("data/"):
                rows = files.get(path.replace("parquet", "jsonl"), b"")
                entry["rows"] = rows.count(b"\n")
            about["files"][path] = entry
    return {**files, "manifest.json": document(about)}


def _refused(path: Path, **options: Any) -> str:
    with pytest.raises(BundleError) as refused:
        read_bundle(path, **options)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert refused.value.exit_code == 1
    return sentence


def _rows(table: str, change: Callable[[list[dict[str, Any]]], object]) -> Files:
    path = f"data/{table}.jsonl"
    rows = [json.loads(raw) for raw in GOOD[path].splitlines()]
    change(rows)
    return _signed({**GOOD, path: b"".join(line(row) for row in rows)})


def _first(table: str, **changes: object) -> Files:
    return _rows(table, lambda rows: rows[0].update(changes))


def test_the_signing_of_these_tests_is_the_programs(tmp_path: Path) -> None:
    assert _signed(GOOD) == GOOD
    with read_bundle(_write(GOOD, tmp_path / "good")) as found:
        assert found.counts["attributes"] == 7


NEVER = "Marlene-secret-value"
FORGED: dict[str, Callable[[], Files]] = {
    "wrong type": lambda: _first("attribute_judgments", accurate=1),
    "bool as int": lambda: _first("response_judgments", raw_rating=True),
    "number as text": lambda: _first("attributes", confidence="0.5"),
    "unknown word": lambda: _first("attributes", category=NEVER),
    "unknown field": lambda: _first("attributes", diary=NEVER),
    "missing field": lambda: _rows("attributes", lambda rows: rows[0].pop("reason")),
    "empty text": lambda: _first("attributes", attribute=""),
    "formula =": lambda: _first("attributes", attribute='=HYPERLINK("http://x.example")'),
    "formula +": lambda: _first("attributes", reason="+1+cmd|' /C calc'!A0"),
    "formula -": lambda: _first("attribute_judgments", corrected_text="-2+3"),
    "formula @": lambda: _first("relevance_judgments", prompt_text=" @SUM(1)"),
    "formula in a list": lambda: _first("attributes", original_attributes=["fine", "\t=1"]),
    "formula in a quote": lambda: _first(
        "attributes", evidence=[{"conv_idx": 0, "turn_idxs": None, "quote": "=1"}]
    ),
    "control characters": lambda: _first("attributes", attribute="a\x1b[31m"),
    "turned round": lambda: _first("attributes", attribute="a\u202eb"),
    "exact number": lambda: _first("attributes", confidence=0.5123),
    "exact length": lambda: _first("response_judgments", len_generic=1234),
    "exact time": lambda: _first("attribute_judgments", judged_month="2026-11-25"),
    "too long": lambda: _first("attributes", attribute="x" * 200_001),
    "duplicate id": lambda: _rows("attributes", lambda rows: rows.append(rows[0])),
    "duplicate judgment": lambda: _rows("attribute_judgments", lambda rows: rows.append(rows[0])),
    "two contributors": lambda: _rows("contributors", lambda rows: rows.append(rows[0])),
    "no contributor": lambda: _rows("contributors", lambda rows: rows.clear()),
    "dangling attribute": lambda: _rows("attributes", lambda rows: rows.pop()),
    "dangling judgment": lambda: _first("model_judgments", target_judgment_id="j_" + "0" * 32),
    "rating does not fit": lambda: _rows(
        "response_judgments", lambda rows: rows[0].update(rating=6 - rows[0]["rating"])
    ),
    "another contributor": lambda: _first("contributors", contributor_id="c_" + "0" * 32),
    "another month": lambda: _first("contributors", donated_month="2026-10"),
    "another licence": lambda: _first("contributors", license="CC0-1.0"),
    "another version of the rows": lambda: _first("contributors", schema_version="2"),
    "unknown version": lambda: _signed(GOOD, schema="persona-tui/donation/2"),
    "no version": lambda: _signed(GOOD, schema=None),
    "manifest with more": lambda: _signed(GOOD, diary=NEVER),
    "manifest with control characters": lambda: _signed(GOOD, canary="a\x1b"),
    "manifest lists nothing": lambda: _signed(GOOD, files={}),
    "manifest lists a path": lambda: _signed(
        GOOD, files={**json.loads(GOOD["manifest.json"])["files"], "../x": {"sha256": "0" * 64}}
    ),
    "manifest is a list": lambda: {**GOOD, "manifest.json": b"[]\n"},
    "manifest is deep": lambda: {**GOOD, "manifest.json": b"[" * 500_000},
    "manifest twice the key": lambda: {
        **GOOD, "manifest.json": GOOD["manifest.json"].replace(b"{", b'{"schema": "x",', 1),
    },
    "wrong hash": lambda: {
        **GOOD, "data/attributes.jsonl": GOOD["data/attributes.jsonl"].replace(b"nurse", b"nurze"),
    },
    "wrong size": lambda: {**GOOD, "data/attributes.jsonl": GOOD["data/attributes.jsonl"] + b"\n"},
    "wrong hash of Parquet": lambda: {
        **GOOD,
        "data/attributes.parquet": GOOD["data/attributes.parquet"][:-1] + b"2",
    },
    "other count": lambda: _signed(
        GOOD,
        files={
            path: {**entry, **({"rows": 99} if "rows" in entry else {})}
            for path, entry in json.loads(GOOD["manifest.json"])["files"].items()
        },
    ),
    "consent changed": lambda: _signed(
        {**GOOD, "consent.json": GOOD["consent.json"].replace(b"voluntary", b"mandatory", 1)}
    ),
    "consent not whole": lambda: _signed({**GOOD, "consent.json": document(
        {**json.loads(GOOD["consent.json"]), "agreed": []})}),
    "consent of strange types": lambda: _signed({**GOOD, "consent.json": document(
        {**json.loads(GOOD["consent.json"]), "agreed": [[]], "license": {}})}),
    "consent for labels only": lambda: _signed(
        {**GOOD, "consent.json": given_data.bundle("labels")["consent.json"]}
    ),
    "unknown consent": lambda: _signed({**GOOD, "consent.json": document(
        {**json.loads(GOOD["consent.json"]), "consent_version": "9.9"})}),
    "not UTF-8": lambda: _signed({**GOOD, "data/attributes.jsonl": b'{"a":"\xff"}\n'}),
    "card not UTF-8": lambda: _signed({**GOOD, "README.md": b"\xff\xfe"}),
    "not a number": lambda: _signed({**GOOD, "data/attributes.jsonl": re.sub(
        rb'"confidence":[\d.]+', b'"confidence":NaN', GOOD["data/attributes.jsonl"])}),
    "infinite": lambda: _signed({**GOOD, "data/attributes.jsonl": re.sub(
        rb'"confidence":[\d.]+', b'"confidence":1e999', GOOD["data/attributes.jsonl"])}),
    "a huge number": lambda: _signed({**GOOD, "data/response_judgments.jsonl": re.sub(
        rb'"len_generic":\d+', b'"len_generic":' + b"9" * 5000,
        GOOD["data/response_judgments.jsonl"])}),
    "white space": lambda: _signed({**GOOD, "data/attributes.jsonl":
        GOOD["data/attributes.jsonl"].replace(b'":"', b'": "', 1)}),
    "a key twice": lambda: _signed({**GOOD, "data/attributes.jsonl":
        GOOD["data/attributes.jsonl"].replace(b"{", b'{"category":"work",', 1)}),
    "an empty line": lambda: _signed(
        {**GOOD, "data/attributes.jsonl": GOOD["data/attributes.jsonl"] + b"\n"}
    ),
    "no line end": lambda: _signed(
        {**GOOD, "data/attributes.jsonl": GOOD["data/attributes.jsonl"].rstrip(b"\n")}
    ),
    "an empty table": lambda: _signed({**GOOD, "data/model_judgments.jsonl": b""}),
    "zeros": lambda: _signed({**GOOD, "data/attributes.jsonl": b"\0" * 100_000}),
    "nesting": lambda: _signed({**GOOD, "data/attributes.jsonl": b"[" * 900_000}),
    "an extra file": lambda: _signed({**GOOD, "data/diary.jsonl": b"{}\n"}),
    "an executable": lambda: _signed({**GOOD, "setup.py": b"print()\n"}),
    "a script for datasets": lambda: _signed({**GOOD, "dataset_infos.json": b"{}\n"}),
    "a zip within": lambda: _signed({**GOOD, "data/attributes.zip": zip_bytes(GOOD)}),
    "no card": lambda: _signed({k: v for k, v in GOOD.items() if k != "README.md"}),
    "no consent": lambda: _signed({k: v for k, v in GOOD.items() if k != "consent.json"}),
    "no manifest": lambda: {k: v for k, v in GOOD.items() if k != "manifest.json"},
    "Parquet only": lambda: _signed({k: v for k, v in GOOD.items() if k != "data/attributes.jsonl"}),
    "nothing": dict,
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.parametrize("zipped", [False, True])
def test_what_is_forged_or_broken_is_refused(tmp_path: Path, what: str, zipped: bool) -> None:
    files = FORGED[what]()
    root = tmp_path / "given"
    root.mkdir()
    path = _zipped(files, tmp_path / "given.zip") if zipped else _write(files, root)
    before = sorted(tmp_path.rglob("*"))
    sentence = _refused(path, workdir=tmp_path)
    assert NEVER not in sentence
    assert sorted(tmp_path.rglob("*")) == before  # nothing was unpacked that stayed


def test_the_sentence_says_what_and_why(tmp_path: Path) -> None:
    root = tmp_path / "given"
    sentence = _refused(_write(FORGED["formula ="](), root))
    assert sentence == (
        "given is refused as a donation, because line 1 of attributes is not allowed "
        "(attributes.attribute: begins like a formula of a spreadsheet); ask for a new copy."
    )
    assert "is not there" in _refused(tmp_path / "gone")
    assert "persona-tui/donation/1" in _refused(_write(FORGED["unknown version"](), root))


def test_nothing_is_read_after_the_first_thing_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong hash is found before a row is read, a wrong name before a byte is."""
    root = _write(FORGED["wrong hash"](), tmp_path / "given")
    monkeypatch.setattr(reading, "parse", lambda *a: pytest.fail("a row was read"))
    _refused(root)
    opened: list[str] = []
    monkeypatch.setattr(os, "open", lambda *a, **k: opened.append(str(a[0])))
    _refused(_write(FORGED["an executable"](), tmp_path / "other"))
    assert opened == []


# --- directories --------------------------------------------------------------------------------


def test_links_and_other_things_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(GOOD["data/attributes.jsonl"])
    root = _write(GOOD, tmp_path / "given")
    place = root / "data" / "attributes.jsonl"
    place.unlink()
    place.symlink_to(outside)
    assert "not a plain file" in _refused(root)
    place.unlink()
    os.mkfifo(place)
    assert "not a plain file" in _refused(root)
    place.unlink()
    place.mkdir()
    assert "not a plain file" in _refused(root)
    place.rmdir()
    place.write_bytes(GOOD["data/attributes.jsonl"])
    data = root / "data"
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    assert "not a directory" in _refused(root)


def test_a_sparse_file_of_ten_gigabytes_is_not_read(tmp_path: Path) -> None:
    root = _write(GOOD, tmp_path / "given")
    with (root / "data" / "attributes.jsonl").open("r+b") as out:
        out.truncate(10_000_000_000)
    tracemalloc.start()
    assert "too large" in _refused(root)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_long_line_is_not_taken_into_memory(tmp_path: Path) -> None:
    files = _signed({**GOOD, "data/attributes.jsonl": b"\0" * 60_000_000})
    root = _write(files, tmp_path / "given")
    del files
    tracemalloc.start()
    assert "too long" in _refused(root)
    assert tracemalloc.get_traced_memory()[1] < 25_000_000
    tracemalloc.stop()


def test_limits_are_kept(tmp_path: Path) -> None:
    root = _write(GOOD, tmp_path / "given")
    assert "too many rows" in _refused(root, limits=Limits(rows=20))
    assert "too large" in _refused(root, limits=Limits(total_bytes=20_000))
    assert "too large" in _refused(root, limits=Limits(file_bytes=1_000))
    assert "too large" in _refused(root, limits=Limits(small_bytes=1_000))
    assert "too long" in _refused(root, limits=Limits(line_bytes=100))


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "given"
    for content in (b"", b"PK", b"\0" * 100_000, b"PK\3\4" + b"\0" * 500, os.urandom(5000)):
        path.write_bytes(content)
        _refused(path)
    path.unlink()
    os.mkfifo(path)
    _refused(path)


# --- zips ---------------------------------------------------------------------------------------


def _zip(
    entries: list[tuple[zipfile.ZipInfo | str, bytes]], how: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "bad",
    ["../evil", "/etc/passwd", "data/../../evil", "C:\\evil", "data\\attributes.jsonl", "README.md/",
     "data/", "./README.md", "README.md\1txt", "data/attributes.jsonl.zip", "readme.md", "a" * 60_000],
)  # fmt: skip
def test_names_in_a_zip_are_from_a_list(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "given.zip"
    # A name that ends early for who does not look at all of it.
    path.write_bytes(_zip([*GOOD.items(), (bad, b"x")]).replace(b"\1txt", b"\0txt"))
    _refused(path, workdir=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"given.zip", "home"}
    assert not (tmp_path.parent / "evil").exists()


def test_ten_gigabytes_of_zeros_are_not_unpacked(tmp_path: Path) -> None:
    """In the same few bytes of zip that a smaller bomb has, and with a size that lies."""
    zeros = zipfile.ZipInfo("data/attributes.jsonl")
    zeros.compress_type = zipfile.ZIP_DEFLATED
    others = [(k, v) for k, v in GOOD.items() if k != "data/attributes.jsonl"]
    made = _zip([*others, (zeros, b"\0" * 30_000_000)])
    path = tmp_path / "given.zip"
    path.write_bytes(made)
    assert "far more" in _refused(path, workdir=tmp_path)
    ten = (10_000_000_000 & 0xFFFFFFFF).to_bytes(4, "little")
    path.write_bytes(made.replace((30_000_000).to_bytes(4, "little"), ten))
    _refused(path, workdir=tmp_path)
    # It says that it is small, and goes on.
    path.write_bytes(
        made.replace((30_000_000).to_bytes(4, "little"), (3_000).to_bytes(4, "little"))
    )
    tracemalloc.start()
    _refused(path, workdir=tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
    assert {p.name for p in tmp_path.iterdir()} == {"given.zip", "home"}


def test_a_zip_of_many_names_is_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(_zip([(f"data/{i}", b"") for i in range(30_000)]))
    tracemalloc.start()
    _refused(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("README.md")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    others = [(k, v) for k, v in GOOD.items() if k != "README.md"]
    path = tmp_path / "given.zip"
    path.write_bytes(_zip([*others, (link, b"/etc/passwd")]))
    assert "not a plain file" in _refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_other_tricks_of_zips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "given.zip"
    without_parquet = {k: v for k, v in GOOD.items() if not k.endswith("parquet")}
    good = zip_bytes(GOOD)
    start = good.rindex(b"PK\1\2")
    flag = bytearray(good)
    flag[start + 8] |= 1
    tricks = [
        _zip([*without_parquet.items(), ("README.md", GOOD["README.md"])]),
        _zip(list(GOOD.items()), zipfile.ZIP_BZIP2),
        _zip(list(GOOD.items()), zipfile.ZIP_LZMA),
        b"MZ hidden before" + good,
        good + b"hidden after",
        good + good,
        bytes(flag),
        _zip([("given.zip", good)]),
    ]
    reasons = [
        _refused(path, workdir=tmp_path) for made in tricks if path.write_bytes(made) is not None
    ]
    words = [
        "twice",
        "compressed",
        "compressed",
        *["as a donation is one"] * 3,
        "encrypted",
        "file that",
    ]
    for reason, word in zip(reasons, words, strict=True):
        assert word in reason
    assert {p.name for p in tmp_path.iterdir()} == {"given.zip", "home"}


def test_a_stored_zip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(_zip(list(GOOD.items()), zipfile.ZIP_STORED))
    with open_tables(path, workdir=tmp_path) as found:
        assert found.contributor["license"] == "CC-BY-4.0"
        assert all(stat.S_IMODE(p.parent.stat().st_mode) == 0o700 for p in found.tables.values())


# --- whatever happens to the bytes --------------------------------------------------------------


def _content(path: Path, workdir: Path) -> list[object] | None:
    """What was read, or ``None`` if it was refused; any other error is one."""
    try:
        with read_bundle(path, workdir=workdir) as found:
            rows = [list(found.rows(table)) for table in found.tables]
            return [found.manifest, found.consent, rows]
    except BundleError:
        return None


def _mutated(raw: bytes, rng: random.Random) -> bytes:
    made = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 30))):
        if not made:
            break
        at = rng.randrange(len(made))
        how = rng.randrange(7)
        if how == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            made[at] = rng.choice((0, 255, 34, 44, 58, 91, 123, 10))
        elif how == 2:
            del made[at:]
        elif how == 3:
            del made[at : at + rng.randrange(1, 40)]
        elif how == 4:
            made[at:at] = rng.randbytes(rng.randrange(1, 20))
        elif how == 5:
            to = rng.randrange(len(made))
            made[at : at + 16], made[to : to + 16] = made[to : to + 16], made[at : at + 16]
        else:
            made[at:at] = made[at : at + rng.randrange(1, 200)]
    return bytes(made)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_mutated_zip_is_refused_or_the_same(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(zip_bytes(GOOD))
    wanted = _content(path, tmp_path)
    assert wanted is not None
    path.write_bytes(_mutated(zip_bytes(GOOD), random.Random(seed)))
    assert _content(path, tmp_path) in (None, wanted)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), signed=st.booleans())
def test_a_mutated_file_is_refused_or_the_same(tmp_path: Path, seed: int, signed: bool) -> None:
    """Signed anew, a change can be a valid other bundle; it is never another error, and what is
    read is what a donation would write."""
    rng = random.Random(seed)
    root = tmp_path / "given"
    victim = rng.choice(sorted(GOOD))
    files = {**GOOD, victim: _mutated(GOOD[victim], rng)}
    _write(_signed(files) if signed and victim != "manifest.json" else files, root)
    found = _content(root, tmp_path)
    if found is not None and not (signed and victim != "manifest.json"):
        assert files == GOOD


def test_files_that_change_places_are_refused(tmp_path: Path) -> None:
    names = sorted(set(GOOD) - {"manifest.json", "README.md", "croissant.json"})
    for one, other in pairwise(names):
        if one.endswith("parquet") and other.endswith("parquet"):
            continue
        _write(_signed({**GOOD, one: GOOD[other], other: GOOD[one]}), tmp_path / "given")
        _refused(tmp_path / "given")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_large_bundle_is_read_in_bounded_memory(tmp_path: Path, zipped: bool) -> None:
    files = given_data.bundle("labels", n=3000, with_parquet=False)
    path = write(files, tmp_path / name(files), zipped=zipped)
    total = sum(len(content) for content in files.values())
    del files
    tracemalloc.start()
    with read_bundle(path, workdir=tmp_path) as found:
        rows = sum(found.counts.values())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows > 15_000
    assert peak < max(8_000_000, total)
