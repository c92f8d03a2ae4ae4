"""The record reader: broken, large and strange JSON, with places that are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from persona_tui.importers import records, slim
from persona_tui.importers.base import Record, Skipped
from persona_tui.importers.records import Records
from persona_tui.importers.source import Opened
from persona_tui.importers.values import OVERSIZED


def _read(path: Path) -> list[Record | Skipped]:
    opened = Opened(path.name, path.stat().st_size, lambda: path.open("rb"), path)
    return list(Records(opened, lambda value: isinstance(value, dict) and "m" in value))


def _write(tmp_path: Path, data: bytes | str) -> Path:
    path = tmp_path / "a.json"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _values(items: list[Record | Skipped]) -> list[object]:
    return [item.value for item in items if isinstance(item, Record)]


def _skips(items: list[Record | Skipped]) -> list[Skipped]:
    return [item for item in items if isinstance(item, Skipped)]


@pytest.fixture(autouse=True, params=[3, 64, 1 << 18], ids=lambda size: f"chunk{size}")
def _chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records lie across the window's end in every way."""
    monkeypatch.setattr(records, "CHUNK", request.param)


def test_a_broken_record_is_skipped_and_its_place_is_right(tmp_path: Path) -> None:
    text = '[{"m": "é🙂"},\n {"m": "broken "quote", "x": [1]},\n {"m": 3}, {"m": {"a": [{}]}}]'
    items = _read(_write(tmp_path, text))
    assert _values(items) == [{"m": "é🙂"}, {"m": 3}, {"m": {"a": [{}]}}]
    (skipped,) = _skips(items)
    assert skipped.reason.startswith("not valid JSON")
    found = re.fullmatch(r"record 2 at byte (\d+)", skipped.position)
    assert found
    assert text.encode()[int(found[1]) :].startswith(b'{"m": "broken')


def test_after_a_broken_record_only_a_conversation_will_do(tmp_path: Path) -> None:
    text = '[{"m": [{"a": 1}, {"b": 2}, {"c": 3} , {"d" 4}], "x": 1}, {"m": 5}]'
    items = _read(_write(tmp_path, text))
    assert _values(items) == [{"m": 5}]
    assert len(_skips(items)) == 1


def test_an_array_that_is_cut_off(tmp_path: Path) -> None:
    for text, values, reason in [
        ('[{"m": 1}, {"m": "cut he', [{"m": 1}], "middle of this record"),
        ('[{"m": 1}, {"m": 2}', [{"m": 1}, {"m": 2}], "no end"),
        ('[{"m": 1},', [{"m": 1}], "no end"),
        ('[{"m": 1}] trailing', [{"m": 1}], "after the end"),
        ("[", [], "no end"),
    ]:
        items = _read(_write(tmp_path, text))
        assert _values(items) == values
        assert reason in _skips(items)[-1].reason


def test_lines(tmp_path: Path) -> None:
    lines = ['{"m": 1}', "rubbish", "", '{"m": "tab\there"}', '{"m": [1, 2', '{"m": 4}', "7"]
    items = _read(_write(tmp_path, "\r\n".join(lines)))
    assert _values(items) == [{"m": 1}, {"m": "tab\there"}, {"m": 4}, 7]
    assert [item.position for item in _skips(items)] == ["line 2", "line 5"]


def test_pretty_printed_objects_one_after_another(tmp_path: Path) -> None:
    text = json.dumps({"m": [1, {"a": 2}]}, indent=2) + "\n" + json.dumps({"m": 2}, indent=2)
    assert _values(_read(_write(tmp_path, text))) == [{"m": [1, {"a": 2}]}, {"m": 2}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    data = '[{"m": "größer 🙂"}, {"m": 2}, 3}]'.encode(encoding)
    items = _read(_write(tmp_path, data))
    assert _values(items)[:2] == [{"m": "größer 🙂"}, {"m": 2}]
    assert _skips(items)


def test_numbers_that_are_none(tmp_path: Path) -> None:
    text = '[{"m": NaN, "a": -Infinity, "b": 1e999}, {"m": ' + "9" * 5000 + '}, {"m": 1}]'
    values = _values(_read(_write(tmp_path, text)))
    assert len(values) == 3
    assert values[1] == {"m": float("inf")}


def test_deep_nesting(tmp_path: Path) -> None:
    deep = '{"m":' * 50_000 + "1" + "}" * 50_000
    items = _read(_write(tmp_path, f'[{{"m": 1}}, {deep}, {{"m": 2}}]'))
    assert {"m": 2} in _values(items)
    assert "nested too deeply" in _skips(items)[0].reason


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    items = _read(_write(tmp_path, b'[{"m": "a\xff\xfeb"}, {"m": "\\ud800"}, {"m": "\\u0000"}]'))
    assert [value["m"] for value in _values(items) if isinstance(value, dict)] == [
        "a\udcff\udcfeb",
        "\ud800",
        "\x00",
    ]


def test_a_large_record_loses_its_long_strings_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "SLIM_FROM", 100)
    monkeypatch.setattr(records, "CHUNK", min(records.CHUNK, 64))
    monkeypatch.setattr(slim, "MAX_STRING_CHARS", 50)
    long = 'x"\\y' * 40
    value = {"m": [long, "short", {"a": 'q"\\'}], long: 1}
    items = _read(_write(tmp_path, json.dumps([value, {"m": 2}])))
    mark = f"{OVERSIZED}{len(json.dumps(long)) - 2}"
    assert _values(items) == [{"m": [mark, "short", {"a": 'q"\\'}], mark: 1}, {"m": 2}]
    assert _skips(items) == []


def test_a_record_over_the_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "SLIM_FROM", 100)
    monkeypatch.setattr(records, "CHUNK", min(records.CHUNK, 64))
    monkeypatch.setattr(slim, "MAX_CONVERSATION_CHARS", 1000)
    items = _read(_write(tmp_path, json.dumps([{"m": ["short"] * 1000}, {"m": 2}])))
    assert _values(items) == [{"m": 2}]
    assert "9,007 characters; the limit is" in _skips(items)[0].reason


@pytest.mark.parametrize("word", ["row", "ru\u0308der", "漕ぐ"])
def test_a_file_full_of_errors_keeps_its_places(tmp_path: Path, word: str) -> None:
    """The window is dropped after each error, or errors would cost the square of the file."""
    good = json.dumps({"m": word * 30}, ensure_ascii=False)
    parts = [good if n % 3 else good[:-2] + "!}" for n in range(900)]
    places, at = [], 1
    for part in parts:
        places.append(at)
        at += len(part.encode()) + 1
    path = _write(tmp_path, "[" + ",".join(parts) + "]")
    opened = Opened(path.name, path.stat().st_size, lambda: path.open("rb"), path)
    reader = Records(opened, lambda value: isinstance(value, dict) and "m" in value)
    found = []
    for number, item in enumerate(reader):
        found.append(item.position)
        assert isinstance(item, Skipped) == (number % 3 == 0)
        assert reader._at < 20_000
    assert found == [f"record {n} at byte {place}" for n, place in enumerate(places, 1)]
