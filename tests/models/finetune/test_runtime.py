"""Paths only, no name of a hub; the reward; directories that are private. Needs no extra."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from models.finetune import artefact
from models.finetune.asking import reward_of
from models.finetune.runtime import FinetuneError, missing_packages, model_folder


def test_missing_packages_are_found_without_importing() -> None:
    assert missing_packages(("json", "no_such_package_of_ours")) == ("no_such_package_of_ours",)


def test_a_model_is_a_directory_with_all_its_files(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="There is no directory roberta-base"):
        model_folder(Path("roberta-base"))
    for name, lacks in (
        ("config.json", "config.json"),
        ("model.safetensors", "weights"),
        ("tokenizer.json", "tokenizer"),
    ):
        with pytest.raises(FinetuneError, match=lacks):
            model_folder(tmp_path)
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert model_folder(tmp_path) == tmp_path


@pytest.mark.parametrize(
    ("answer", "relevant", "reward"),
    [
        ("yes", True, 4.0), (" Yes.", True, 4.0), ("**no**", False, 1.0), ("No, because", False, 1.0),
        ("no", True, 0.0), ("yes", False, 0.0), ("", True, -1.0), ("  ", True, -1.0),
        ("maybe", True, -1.0), ("yesterday", True, -1.0),
    ],
)  # fmt: skip
def test_reward(answer: str, relevant: bool, reward: float) -> None:
    assert reward_of(answer, relevant, 4.0) == reward


def test_what_is_saved_is_private_and_whole(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "deeper").mkdir()
        (folder / "deeper" / "weights").write_text("1", encoding="utf-8")

    out = tmp_path / "made" / "model"
    artefact.save(out, {"schema": artefact.SCHEMA}, write)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (out, *out.rglob("*"))}
    assert modes == {"model": 0o700, "deeper": 0o700, "weights": 0o600, "metadata.json": 0o600}
    assert artefact.read_metadata(out) == {"schema": artefact.SCHEMA}
    with pytest.raises(FinetuneError, match="is there already"):
        artefact.save(out, {}, write)


def test_a_run_that_cannot_save_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(FinetuneError, match="No space left"):
        artefact.save(tmp_path / "new" / "model", {}, fail)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_directory_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="holds no model of persona-tui finetune"):
        artefact.read_metadata(tmp_path)
    (tmp_path / "metadata.json").write_text(json.dumps({"schema": "other"}), encoding="utf-8")
    with pytest.raises(FinetuneError, match="holds no model of persona-tui finetune"):
        artefact.read_metadata(tmp_path)
