"""WildChat as Parquet: files that pyarrow writes, as the dataset's own are."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from persona_tui.errors import UserError
from persona_tui.importers import parquet
from persona_tui.importers.detect import Import
from persona_tui.importers.source import Opened
from store.db import open_store
from tests.persona_tui.importers.helpers import imported, read, turns

WHEN = datetime(2023, 4, 9, 0, 2, 53, 123456, tzinfo=UTC)


def _schema(unit: str = "us", zone: str | None = "UTC") -> pa.Schema:
    """The columns of WildChat that matter here and some that do not."""
    when = pa.timestamp(unit, zone)
    turn = pa.struct(
        [
            ("content", pa.string()),
            ("language", pa.string()),
            ("role", pa.string()),
            ("timestamp", when),
            ("toxic", pa.bool_()),
            ("turn_identifier", pa.int64()),
        ]
    )
    return pa.schema(
        [
            ("conversation_hash", pa.string()),
            ("model", pa.string()),
            ("timestamp", when),
            ("conversation", pa.list_(turn)),
            ("turn", pa.int64()),
            ("language", pa.dictionary(pa.int32(), pa.string())),
            ("detoxify_moderation", pa.list_(pa.struct([("insult", pa.float64())]))),
            ("header", pa.struct([("user-agent", pa.string())])),
        ]
    )


def _row(number: int, when: Any = WHEN) -> dict[str, Any]:
    def turn(role: str, text: str, at: Any) -> dict[str, Any]:
        return {
            "content": text,
            "language": "English",
            "role": role,
            "timestamp": at,
            "toxic": False,
            "turn_identifier": 1000 + number,
        }

    return {
        "conversation_hash": f"{number:032x}",
        "model": "gpt-4-0314",
        "timestamp": when,
        "conversation": [
            turn("user", f"I keep {number} bees 🐝.", None),
            turn("assistant", "How lovely.", when),
        ],
        "turn": 1,
        "language": "English",
        "detoxify_moderation": [{"insult": 0.001}],
        "header": {"user-agent": "browser"},
    }


def _write(
    path: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None, **options: Any
) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema or _schema()), path, **options)
    return path


def test_conversations_are_read_with_their_times_and_models(tmp_path: Path) -> None:
    path = _write(tmp_path / "train-00000.parquet", [_row(1), _row(2)])
    assert Import(path).format == "wildchat"
    drafts, skipped = read(path)
    assert skipped == []
    assert [turns(draft) for draft in drafts] == [
        [("user", f"I keep {number} bees 🐝."), ("assistant", "How lovely.")] for number in (1, 2)
    ]
    first = drafts[0]
    assert first.source == "wildchat"
    assert first.created_at == WHEN
    assert [message.created_at for message in first.messages] == [None, WHEN]
    assert [message.external_id for message in first.messages] == ["1001:user", "1001:assistant"]
    assert first.model == "gpt-4-0314"


def test_it_is_imported_once(tmp_path: Path) -> None:
    path = _write(tmp_path / "train.parquet", [_row(n) for n in range(150)], row_group_size=70)
    with open_store(tmp_path / "journal.db") as store:
        first, second = imported(store, path), imported(store, path)
    assert first.skipped == ()
    assert (first.counts.added, second.counts.added, second.counts.unchanged) == (150, 0, 150)


def test_jsonl_and_parquet_give_the_same(tmp_path: Path) -> None:
    lines = [json.dumps(_row(n), default=datetime.isoformat) for n in range(3)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    table = _write(tmp_path / "a.parquet", [_row(n) for n in range(3)])
    from_lines, from_rows = read(tmp_path / "a.jsonl")[0], read(table)[0]
    assert len(from_rows) == 3
    assert [replace(draft, position="") for draft in from_lines] == [
        replace(draft, position="") for draft in from_rows
    ]


@pytest.mark.parametrize(
    ("unit", "zone", "value"),
    [
        ("ns", "UTC", int(WHEN.timestamp()) * 10**9 + 123_456_789),
        ("ns", None, int(WHEN.timestamp()) * 10**9 + 123_456_789),
        ("us", "America/New_York", WHEN),
        ("us", "+05:30", WHEN),
        ("us", "Nowhere/Known", int(WHEN.timestamp()) * 10**6 + 123_456),
    ],
)
def test_times_of_every_kind(tmp_path: Path, unit: str, zone: str | None, value: Any) -> None:
    path = _write(tmp_path / "t.parquet", [_row(1, value)], _schema(unit, zone))
    drafts, skipped = read(path)
    assert skipped == []
    assert drafts[0].created_at == WHEN
    assert drafts[0].messages[1].created_at == WHEN


def test_a_row_that_cannot_be_decoded_costs_itself_only(tmp_path: Path) -> None:
    far = timedelta(days=4_000_000) // timedelta(microseconds=1)
    rows = [_row(1), _row(2, far), _row(3), _row(4)]
    rows[3]["conversation"][0]["content"] = "@@@@"
    path = _write(tmp_path / "bad.parquet", rows, compression="none", use_dictionary=False)
    data = path.read_bytes()
    assert data.count(b"@@@@") >= 1
    path.write_bytes(data.replace(b"@@@@", b"\xff\xfe\xff\xfe"))
    drafts, skipped = read(path)
    assert [turns(draft)[0][1] for draft in drafts] == ["I keep 1 bees 🐝.", "I keep 3 bees 🐝."]
    assert [item.position for item in skipped] == ["row 2", "row 4"]
    assert all("cannot be decoded" in item.reason for item in skipped)


def test_rows_of_other_shapes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "label": [1, 2]}), path)
    drafts, skipped = read(path)
    assert drafts == []
    assert [item.position for item in skipped] == ["row 1", "row 2"]
    _write(path, [{**_row(1), "conversation": None}, {**_row(2), "conversation": [None]}, _row(3)])
    drafts, skipped = read(path)
    assert len(drafts) == 1
    assert {item.position.split(",")[0] for item in skipped} == {"row 1", "row 2"}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "cut.parquet", [_row(n) for n in range(200)], row_group_size=50)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "reading stopped here" in read(path)[1][0].reason
    path.write_bytes(b"PAR1" + bytes(64) + b"PAR1")
    assert "reading stopped here" in read(path)[1][0].reason


def test_progress_grows_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "train.parquet", [_row(n) for n in range(150)])
    size = path.stat().st_size
    opened = Opened(path.name, size, lambda: path.open("rb"), path)
    seen = [opened.bytes_done for _ in parquet.rows(opened, lambda _value, _position: iter([]))]
    assert seen == []
    assert opened.bytes_done == size
    seen = [source.bytes_done for source in [Import(path)] for _ in source]
    assert seen == sorted(seen)
    assert len(set(seen)) == 150


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "train.parquet", [_row(1)])
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    with pytest.raises(UserError, match=r"pyarrow.*-m pip install -e '\.\[parquet\]'"):
        read(path)


_CHILD = """
import sys
from pathlib import Path
import pyarrow.parquet
from persona_tui.importers.detect import Import
def most() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM"))
before, number = most(), 0
for draft in Import(Path(sys.argv[1])):
    number += 1
print(number, most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_large_row_group_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    rows = [_row(n) for n in range(4000)]
    for number, row in enumerate(rows):
        row["conversation"][1]["content"] = f"{number:08}" * 5000
    _write(path, rows, compression="none", use_dictionary=False, row_group_size=4000)
    assert path.stat().st_size > 150 << 20
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True
    )
    number, megabytes = map(int, done.stdout.split())
    assert number == 4000
    # With all of it in memory: over 300. pyarrow loads pandas where it is installed, and what the
    # statistics are tested against brings it.
    assert megabytes < 200
