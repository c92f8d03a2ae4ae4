"""The arithmetic of the benchmarks that is theirs alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import report_speed, study_table
from benchmarks.study_table import brier, calibration_error


def test_how_far_a_probability_can_be_believed() -> None:
    truth = np.array([True, False, True, False])
    assert brier(truth, np.array([1.0, 0.0, 1.0, 0.0])) == 0
    assert brier(truth, np.full(4, 0.5)) == 0.25
    # One bin, mean probability 0.55, half of them true; then each alone and wrong by 0.9.
    assert calibration_error(truth, np.array([0.51, 0.53, 0.57, 0.59])) == pytest.approx(0.05)
    assert calibration_error(truth, np.array([0.1, 0.9, 0.1, 0.9])) == pytest.approx(0.9)
    # What is right in one bin does not make up for what is wrong in another.
    assert calibration_error(truth, np.array([0.05, 0.05, 0.95, 0.95])) == pytest.approx(0.45)
    assert calibration_error(np.array([True]), np.array([1.0])) == 0


def labels(path: Path) -> Path:
    """Three prompts, four attributes each; one model agrees with the humans, one says yes to all."""
    rows = [
        {
            "prompt_id": f"p{prompt}", "user": "u", "prompt": f"What shall I cook on day {prompt}?",
            "attribute": text, "relevant": k < 2, "llm": {"wise": k < 2, "eager": True},
        }
        for prompt in range(3)
        for k, text in enumerate(
            ("The user likes to cook.", "The user eats no meat.", "The user owns a boat.",
             "The user lives in Oslo.")
        )
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_the_studys_table_of_a_file_of_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = labels(tmp_path / "labels.jsonl")
    monkeypatch.setattr("sys.argv", ["study_table", str(path), "--no-llm", "--json"])
    study_table.main()
    said = json.loads(capsys.readouterr().out)
    assert (said["pairs"], said["prompts"]) == (12, 3)
    models = said["models"]
    assert {"human majority", "wise", "eager", "bm25"} <= set(models)
    assert models["human majority"]["yes"]["value"] == 0.5
    assert models["eager"]["precision"]["value"] == 0.5
    assert models["eager"]["recall"]["value"] == 1.0
    assert models["eager"]["kappa"]["low"] is None  # of one who always says the same there is no κ
    for name in ("precision", "recall", "f1", "kappa", "ac1"):
        found = models["wise"][name]
        assert found["value"] == 1.0
        assert found["low"] < 0.9  # six items are not certain
    monkeypatch.setattr("sys.argv", ["study_table", str(path), "--no-llm", "--prompts", "2"])
    study_table.main()
    assert capsys.readouterr().out.startswith("8 pairs, 2 prompts")


def test_how_long_a_report_takes(capsys: pytest.CaptureFixture[str]) -> None:
    report_speed.main(["--thousands", "2"])
    said = capsys.readouterr().out
    assert "2,000 judgments and 3,000 of models" in said
    assert "of the limit" in said
    data = report_speed.of(1)
    tags = {
        tag
        for tag, kind in zip(data.models.model_tag, data.models.kind, strict=True)
        if kind == "relevance"
    }
    assert len(tags) == 3
    judged = (data.attributes, data.relevance, data.responses)
    assert sum(one.sampling.count("random") for one in judged) == 1000
