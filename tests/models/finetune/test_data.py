"""What is read of files of pairs, what is left out, and what is said about it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.finetune.data import LONGEST_LINE, read
from models.finetune.runtime import FinetuneError
from tests.models.finetune.tiny import lines, write_lines


def test_lines_of_the_benchmark(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gold.jsonl", lines(2, 4))
    found = read([path])
    assert len(found.pairs) == 8
    first = found.pairs[0]
    assert (first.prompt, first.attribute) == ("garden question 0", "likes garden 0")
    assert (first.prompt_id, first.user, first.relevant) == ("p0", "u0", True)
    assert found.notes == ()
    (source,) = found.sources
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source.name, source.pairs, source.relevant) == ("gold.jsonl", 8, 2)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('"text"', "is not a JSON object"),
        ("\ud800", "is not JSON"),
        (json.dumps({"prompt": "a"}), 'has no text in "attribute"'),
        (json.dumps(lines()[0] | {"prompt": " "}), 'has no text in "prompt"'),
        (json.dumps(lines()[0] | {"user": 7}), 'has no text in "user"'),
        (json.dumps(lines()[0] | {"relevant": 1}), 'has neither true nor false in "relevant"'),
        (json.dumps(lines()[0] | {"relevant": None}), 'has no "relevant"'),
    ],
)
def test_a_bad_line_is_left_out_and_told(tmp_path: Path, bad: str, why: str) -> None:
    path = tmp_path / "some.jsonl"
    good = "".join(json.dumps(row) + "\n" for row in lines(2, 4))
    path.write_bytes(f"\n{bad}\n{good}".encode("utf-8", "surrogatepass"))
    found = read([path])
    assert len(found.pairs) == 8
    assert found.notes == (f"{path}: 1 left out; the first: line 2 {why}.",)


def test_a_line_without_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(b"x" * (2 * LONGEST_LINE + 10) + b"\n")
        file.write(json.dumps(lines()[0]).encode())
    found = read([path])
    assert len(found.pairs) == 1
    assert "line 1 is longer" in found.notes[0]
    assert found.sources[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_scoring_needs_no_label(tmp_path: Path) -> None:
    rows = [{name: row[name] for name in row if name != "relevant"} for row in lines(1, 2)]
    path = write_lines(tmp_path / "new.jsonl", rows)
    assert [pair.relevant for pair in read([path], labelled=False).pairs] == [None, None]
    with pytest.raises(FinetuneError, match="holds no usable pair"):
        read([path])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="cannot be read"):
        read([tmp_path / "nothing"])
    with pytest.raises(FinetuneError, match="no release"):
        read([tmp_path])


def _release(folder: Path, *, texts: bool = True) -> Path:
    judgments: list[dict[str, Any]] = [
        {"contributor_id": who, "judgment_id": f"j{who}{n}", "prompt_id": f"p{who}{n}",
         "prompt_text": f"question {n}", "attribute_id": "a1", "relevant": n == 0,
         "sampling": sampling}
        for who in ("c1", "c2")
        for n, sampling in enumerate(("random", "active", "repeat", "catch"))
    ]  # fmt: skip
    judgments.append(judgments[0] | {"judgment_id": "j9", "attribute_id": "a2"})
    judgments.append(judgments[0] | {"judgment_id": "j10", "attribute_id": "a3"})
    attributes: list[dict[str, Any]] = [
        {"contributor_id": "c1", "attribute_id": "a1", "attribute": "likes tea", "source": "grounded"},
        {"contributor_id": "c2", "attribute_id": "a1", "attribute": "likes fog", "source": "holistic"},
        {"contributor_id": "c1", "attribute_id": "a2", "attribute": "is a king", "source": "planted"},
        {"contributor_id": "c1", "attribute_id": "a3", "attribute": None, "source": "user"},
    ]  # fmt: skip
    for table, rows in (("relevance_judgments", judgments), ("attributes", attributes)):
        if not texts:
            rows = [{k: v for k, v in row.items() if k not in ("prompt_text", "attribute")} for row in rows]  # fmt: skip
        (folder / "data" / table).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / "data" / table / "part-0.parquet")
    return folder


def test_a_release_of_pooling(tmp_path: Path) -> None:
    """Repeats and planted attributes check the person; the same words are the same prompt."""
    found = read([_release(tmp_path / "of[1]")])
    assert [(pair.user, pair.attribute, pair.relevant) for pair in found.pairs] == [
        ("c1", "likes tea", True),
        ("c1", "likes tea", False),
        ("c2", "likes fog", True),
        ("c2", "likes fog", False),
    ]
    assert found.pairs[0].prompt_id == found.pairs[2].prompt_id != found.pairs[1].prompt_id
    assert found.notes == (
        f'{tmp_path / "of[1]"}: 1 left out; the first: judgment j10 has no text in "attribute".',
    )


def test_a_release_without_texts(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="--texts"):
        read([_release(tmp_path / "bare", texts=False)])
