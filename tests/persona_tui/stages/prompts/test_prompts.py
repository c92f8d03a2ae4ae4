"""The bank, the person's own openings, files of prompts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.embeddings import MiniLmEmbedder
from persona_tui.errors import UserError
from persona_tui.stages.prompts.bank import BANK
from persona_tui.stages.prompts.files import read_prompts
from persona_tui.stages.prompts.own import Opening, draw, is_fit


def test_the_bank_is_balanced() -> None:
    assert len(BANK) >= 60
    assert len({one.key for one in BANK}) == len({one.text for one in BANK}) == len(BANK)
    for topic in {one.topic for one in BANK}:
        kinds = Counter(one.personal for one in BANK if one.topic == topic)
        assert kinds[True] == kinds[False]
    assert len({one.topic for one in BANK}) >= 10


async def test_openings_are_drawn_at_random_without_doubles() -> None:
    texts = [
        "How do I grow tomatoes on a balcony?",
        "how do I grow  tomatoes on a balcony?",
        "How can I grow tomatoes on a balcony?",
        "Explain how a fuel cell works.",
        "hi",
        "x" * 5000,
        "请推荐一些适合初学者的吉他教程和练习方法。",
    ]
    openings = [Opening(str(number), text) for number, text in enumerate(texts)]
    drawn = await draw(openings, 10, MiniLmEmbedder(), seed="a")
    assert len(drawn) == 3
    assert await draw(list(reversed(openings)), 10, MiniLmEmbedder(), seed="a") == drawn
    assert len(await draw(openings, 2, MiniLmEmbedder(), seed="a")) == 2
    firsts = {(await draw(openings, 1, MiniLmEmbedder(), seed=str(s)))[0].text for s in range(12)}
    assert len(firsts) > 2
    assert await draw([], 3, MiniLmEmbedder(), seed="a") == []
    assert not is_fit("12345678901234567890")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "One thing?\nOther thing?\nOne thing?\n"),
        ("b.txt", "One thing?\n\nOther thing?\n"),
        ("a.csv", "id,Prompt\n1,One thing?\n2,Other thing?\n"),
        ("a.json", json.dumps(["One thing?", {"text": "Other thing?"}])),
        ("a.jsonl", '{"prompt": "One thing?"}\n\n"Other thing?"\n'),
    ],
)
def test_files_of_every_kind(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_prompts(path) == ["One thing?", "Other thing?"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"", "no prompt"),
        ("a.txt", b"\xff\xfe\x00", "UTF-8"),
        ("a.json", b"{}", "list"),
        ("a.json", b"[1]", "Entry 1"),
        ("a.json", b"[" * 100_000, "not valid JSON"),
        ("a.jsonl", b'"ok"\n{', "not valid JSONL"),
        ("a.csv", b"id,name\n1,b\n", "no column"),
        ("a.txt", b"x" * 30_000, "longer than"),
        ("missing.txt", None, "cannot be read"),
    ],
)
def test_a_bad_file_is_one_sentence(
    tmp_path: Path, name: str, data: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UserError, match=said):
        read_prompts(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400), suffix=st.sampled_from([".txt", ".csv", ".json", ".jsonl"]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_bytes(data)
    try:
        found = read_prompts(path)
    except UserError:
        return
    assert found
    assert all(one.strip() for one in found)
