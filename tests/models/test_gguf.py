"""Headers of GGUF files: real ones, and ones that lie."""

from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.gguf import GgufFacts, read_header
from models.starter import starter_path


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def header(*pairs: tuple[str, int | str], version: int = 3) -> bytes:
    out = b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs))
    for key, value in pairs:
        out += text(key)
        if isinstance(value, str):
            out += struct.pack("<I", 8) + text(value)
        else:
            out += struct.pack("<II", 4, value)
    return out


def read(tmp_path: Path, data: bytes) -> GgufFacts | None:
    path = tmp_path / f"{abs(hash(data))}.gguf"
    path.write_bytes(data)
    return read_header(path)


def test_starter_says_what_it_is() -> None:
    facts = read_header(starter_path())
    assert facts is not None
    assert facts.architecture == "llama"
    assert facts.context_tokens == 8192
    assert facts.kv_bytes_per_token == 30 * 3 * (64 + 64) * 2


def test_sizes_follow_from_width_where_heads_do_not_say(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        header(
            ("general.architecture", "x"),
            ("x.block_count", 10),
            ("x.embedding_length", 512),
            ("x.attention.head_count", 8),
            ("general.license", "mit"),
            ("general.size_label", "360M"),
        ),
    )
    assert facts == GgufFacts("x", None, "mit", None, 10 * 8 * (64 + 64) * 2, 0.36)


def test_what_is_no_gguf_file_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"PK\x03\x04") is None
    assert read(tmp_path, header(version=9)) is None
    assert read(tmp_path, b"GGUF") is None
    assert read_header(tmp_path / "absent.gguf") is None


def test_lengths_that_lie_are_not_believed(tmp_path: Path) -> None:
    good = header(("general.architecture", "x"), ("x.context_length", 77))
    lie = struct.pack("<Q", 1 << 60)
    begin = b"GGUF" + struct.pack("<IQ", 3, 0) + lie
    facts = read(tmp_path, begin + good[24:] + lie)
    assert facts is not None
    assert facts.context_tokens == 77
    assert read(tmp_path, begin + lie) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "a.gguf"
        path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 5) + data)
        found = read_header(path)
    assert found is None or isinstance(found, GgufFacts)
