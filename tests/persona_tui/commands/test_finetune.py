"""``persona-tui finetune``: what is said where something is missing, and a run from file to scores."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import click
import pytest

from models.finetune import runtime
from persona_tui.cli import main
from persona_tui.commands.finetune import _duration, _finish
from tests.models.finetune.tiny import lines, needs_extra, tiny_bert, write_lines


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["finetune", *argv])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def gold(tmp_path: Path) -> str:
    return str(write_lines(tmp_path / "gold.jsonl", lines()))


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were there: what comes before torch can be tried without it."""
    monkeypatch.setattr(runtime, "missing_packages", lambda needed=(): ())


@pytest.mark.parametrize("verb", [("relevance", "--encoder"), ("grpo", "--model")])
def test_the_missing_extra_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    gold: str,
    verb: tuple[str, str],
) -> None:
    monkeypatch.setattr(runtime, "missing_packages", lambda needed=(): ("torch", "trl"))
    code, out, err = _run(capsys, verb[0], gold, verb[1], "here", "--out", "there")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "(torch, trl; torch is 1 GB and more); in the clone of persona-tui, run: " in err
    assert "-m pip install -e '.[finetune]'" in err


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (["relevance", "--encoder", "x", "--out", "y"], "Missing argument 'FILE…'"),
        (["relevance", "f", "--out", "y"], "Missing option '--encoder'"),
        (["relevance", "f", "--encoder", "x", "--out", "y", "--epochs", "0"], "--epochs"),
        (["relevance", "f", "--encoder", "x", "--out", "y", "--lr", "0"], "--lr"),
        (["relevance", "f", "--encoder", "x", "--out", "y", "--device", "tpu"], "--device"),
        (["grpo", "f", "--model", "x", "--out", "y", "--generations", "1"], "--generations"),
        (["score", "f"], "Missing option '--model'"),
    ],
)
def test_what_makes_no_sense(capsys: pytest.CaptureFixture[str], argv: list[str], why: str) -> None:
    code, out, err = _run(capsys, *argv)
    assert (code, out) == (2, "")
    assert why in err


def test_names_of_a_hub_are_not_looked_up(
    capsys: pytest.CaptureFixture[str], extra: None, gold: str, tmp_path: Path
) -> None:
    code, _, err = _run(
        capsys, "relevance", gold, "--encoder", "roberta-base", "--out", str(tmp_path / "out")
    )
    assert code == 1
    assert "There is no directory roberta-base" in err
    assert "nothing is downloaded" in err
    assert not (tmp_path / "out").exists()


def test_what_is_wrong_with_the_files(
    capsys: pytest.CaptureFixture[str], extra: None, gold: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{\n", encoding="utf-8")
    code, _, err = _run(capsys, "relevance", str(bad), "--encoder", "x", "--out", "y")
    assert code == 1
    assert "holds no usable pair (line 1 is not JSON)" in err
    (tmp_path / "out").mkdir()
    code, _, err = _run(
        capsys, "relevance", gold, "--encoder", "x", "--out", str(tmp_path / "out")
    )  # fmt: skip
    assert code == 1
    assert "is there already" in err
    code, _, err = _run(capsys, "score", gold, "--model", str(tmp_path / "out"))
    assert code == 1
    assert "holds no model of persona-tui finetune" in err


def test_time_left_in_words() -> None:
    assert [_duration(one) for one in (3, 100, 7300)] == [
        "less than a minute",
        "2 min",
        "2 h 2 min",
    ]


def test_a_stopped_run_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    figures = dict.fromkeys(("f1", "precision", "recall", "average_precision"), 0.5)
    made = {"stopped": True, "validation": figures, "counts": {"validation_pairs": 1200}}
    with pytest.raises(click.exceptions.Exit) as ended:
        _finish(made, "out", as_json=True)
    assert ended.value.exit_code == 130
    said = capsys.readouterr()
    assert said.err.startswith("Stopped; what was best is kept. On 1,200 held-out pairs: F1 0.500")
    assert json.loads(said.out) == made


@needs_extra
def test_from_file_to_scores_without_a_socket(
    capsys: pytest.CaptureFixture[str], gold: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    encoder, out = str(tiny_bert(tmp_path / "bert")), str(tmp_path / "out")
    Path(gold).write_text(f"{{\n{Path(gold).read_text(encoding='utf-8')}", encoding="utf-8")
    code, printed, err = _run(
        capsys, "relevance", gold, "--encoder", encoder, "--out", out, "--epochs", "2",
        "--lr", "0.005", "--device", "cpu", "--group", "user", "--json",
    )  # fmt: skip
    assert code == 0, err
    assert "1 left out; the first: line 1 is not JSON" in err
    assert "held-out pairs: F1" in err
    assert json.loads(printed)["group"] == "user"
    code, printed, err = _run(capsys, "score", gold, "--model", out, "--device", "cpu")
    assert code == 0, err
    scored = [json.loads(line) for line in printed.splitlines()]
    assert [one["attribute"] for one in scored] == [one["attribute"] for one in lines()]
    assert all(0 <= one["probability"] <= 1 for one in scored)
