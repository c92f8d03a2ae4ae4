"""Files, folders, zips: what is opened, and what is refused in a sentence."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from persona_tui.errors import UserError
from persona_tui.importers import source
from persona_tui.importers.detect import Import
from tests.persona_tui.importers.helpers import FIXTURES, chatgpt_conversation, read, write_json

EXPORT = (FIXTURES / "chatgpt.json").read_bytes()


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _shards(count: int) -> dict[str, bytes]:
    return {
        f"conversations-{n:03d}.json": json.dumps([chatgpt_conversation(n, ["a", "b"])]).encode()
        for n in range(count)
    }


def test_the_exports_zip_is_read_without_unpacking(tmp_path: Path) -> None:
    path = _zip(tmp_path / "export.zip", {"chat.html": b"<html>", "conversations.json": EXPORT})
    found = Import(path)
    assert found.format == "chatgpt"
    assert len(list(found)) == 2
    assert found.bytes_done == found.bytes_total == len(EXPORT)
    assert {entry.name for entry in tmp_path.iterdir()} == {"export.zip", "home"}


def test_shards_in_a_zip_and_in_a_folder(tmp_path: Path) -> None:
    path = _zip(tmp_path / "export.zip", {"user.json": b"{}", **_shards(3)})
    assert [draft.title for draft in read(path)[0]] == ["Talk 0", "Talk 1", "Talk 2"]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in {"user.json": b"{}", **_shards(3)}.items():
        (folder / name).write_bytes(data)
    drafts, skipped = read(folder)
    assert [draft.title for draft in drafts] == ["Talk 0", "Talk 1", "Talk 2"]
    assert skipped == []


def test_a_position_names_the_file_where_there_are_several(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in _shards(2).items():
        (folder / name).write_bytes(data)
    (folder / "conversations-001.json").write_bytes(b'[{"mapping": {}}, 7]')
    _, skipped = read(folder)
    assert [item.position for item in skipped] == [
        "conversations-001.json, record 1 at byte 1",
        "conversations-001.json, record 2 at byte 18",
    ]


def test_claude_zip_in_a_folder(tmp_path: Path) -> None:
    data = (FIXTURES / "claude.json").read_bytes()
    _zip(tmp_path / "data-2025.zip", {"data/conversations.json": data, "users.json": b"[]"})
    assert Import(tmp_path).format == "claude"


def test_names_that_lead_out_of_the_zip(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip",
        {"../../conversations.json": EXPORT, "/conversations.json": EXPORT,
         "..\\conversations.json": EXPORT, "conversations.json": EXPORT},
    )  # fmt: skip
    drafts, skipped = read(path)
    assert len(drafts) == 2
    assert [item.reason for item in skipped] == ["its name leads out of the zip"] * 3


def test_a_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "RATIO_FROM_BYTES", 100_000)
    path = _zip(tmp_path / "bomb.zip", {"conversations.json": b"[" + b" " * 5_000_000})
    with pytest.raises(UserError, match=r"conversations.json: it would unpack from .* 300 times"):
        read(path)
    monkeypatch.setattr(source, "RATIO_FROM_BYTES", 10**9)
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(UserError, match="would unpack to more than"):
        read(path)


def test_a_nested_zip_is_not_opened(tmp_path: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", {"conversations.json": EXPORT}).read_bytes()
    path = _zip(tmp_path / "outer.zip", {"export.zip": inner})
    with pytest.raises(UserError, match=r"holds no conversations\.json"):
        read(path)


def test_damaged_zips(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        talks = [chatgpt_conversation(n, ["a" * 1000, "b"]) for n in range(1000)]
        archive.writestr("conversations.json", json.dumps(talks))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="not a whole zip file"):
        read(path)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1  # the checksum no longer fits
    path.write_bytes(flipped)
    drafts, skipped = read(path)
    assert len(drafts) > 500
    assert any("reading stopped here" in item.reason for item in skipped)


def test_a_member_without_a_name_or_of_unknown_packing(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"x.bin": b"x", "conversations.json": EXPORT})
    path.write_bytes(path.read_bytes().replace(b"x.bin", b"\0.bin"))
    assert len(read(path)[0]) == 2
    data = bytearray(_zip(path, {"conversations.json": EXPORT}).read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[8:10] = data[entry + 10 : entry + 12] = b"\x63\x00"
    path.write_bytes(data)
    with pytest.raises(UserError, match="compression method is not supported"):
        read(path)


@pytest.mark.parametrize("declared", [10, 10**6])
def test_a_member_of_another_size_than_declared(tmp_path: Path, declared: int) -> None:
    path = _zip(tmp_path / "a.zip", {"conversations.json": EXPORT * 5})
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = declared.to_bytes(4, "little")
    path.write_bytes(data)
    try:
        drafts, skipped = read(path)
    except UserError as error:
        assert "cannot be read: Bad CRC" in str(error)  # noqa: PT017 - either is right
    else:
        assert len(drafts) + len(skipped) > 0


def test_the_directory_of_a_zip_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real export holds thousands of pictures; reading their names per shard took half a minute."""
    opened: list[object] = []
    original = zipfile.ZipFile.__init__

    def counted(self: zipfile.ZipFile, *args: Any, **how: Any) -> None:
        opened.append(args)
        original(self, *args, **how)

    path = _zip(tmp_path / "a.zip", _shards(5))
    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    assert len(read(path)[0]) == 5
    assert len(opened) == 1


def test_a_folder_of_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures do not push the export out, and files over the limit are told."""
    monkeypatch.setattr(source, "FOLDER_LIMIT", 3)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(9):
        (folder / f"a{number}.png").touch()
        (folder / f"{number}.md").write_text(f"## User\nI have {number} cats.\n")
    drafts, (skipped,) = read(folder)
    assert [draft.title for draft in drafts] == ["0", "1", "2"]
    assert skipped.position == "3.md"
    assert skipped.reason.startswith("6 files over the limit")
    (folder / "conversations.json").write_bytes(EXPORT)
    assert len(read(folder)[0]) == 2


@pytest.mark.parametrize("name", [None, "chatgpt"])
def test_looking_at_a_file_is_no_progress(tmp_path: Path, name: str | None) -> None:
    for number, shard in enumerate(_shards(3).values()):
        (tmp_path / f"conversations-{number}.json").write_bytes(shard)
    found = Import(tmp_path, name)
    done = [found.bytes_done, *(found.bytes_done for _ in found), found.bytes_done]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == found.bytes_total


def test_an_encrypted_member(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"conversations.json": EXPORT})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="locked with a password"):
        read(path)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"   \n\n", "holds no conversations"),
        (b"[]", "holds no conversations"),
        (b"\xef\xbb\xbf[]", "holds no conversations"),
        (b'{"a": 1}', "no format that can be imported"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no format that can be imported"),
        (b"PK\x03\x04 not a zip", "not a whole zip file"),
    ],
)
def test_files_that_are_no_export(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(UserError, match=sentence):
        read(path)


def test_places_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        read(tmp_path / "missing.json")
    with pytest.raises(UserError, match="holds no export"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="neither a file nor a folder"):
        read(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", [])
    path.chmod(0)
    with pytest.raises(UserError, match="permissions"):
        read(path)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", [chatgpt_conversation(n, ["a"]) for n in range(3)])
    seen = []
    for item in Import(path):
        seen.append(item)
        with path.open("ab") as file:
            file.write(b" ")
    assert "changed while it was read" in str(seen[-1])


def test_one_bad_file_of_a_folder_does_not_stop_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.db").write_bytes(b"SQLite format 3\x00" + bytes(100))
    (folder / "b.jsonl").write_bytes((FIXTURES / "openai.jsonl").read_bytes())
    (folder / "notes.txt").write_text("nothing here")
    assert Import(folder).format == "mixed"
    drafts, skipped = read(folder)
    assert len(drafts) == 2
    assert [item.position for item in skipped] == ["a.db"]
