"""A tiny random encoder learns which word makes an attribute relevant."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.finetune.cross_encoder import fit, fit_scores
from models.finetune.data import Reading, read
from models.finetune.runs import open_model, pair_texts, train_cross_encoder
from models.finetune.runtime import FinetuneError
from models.finetune.training import Epoch, Progress, Settings
from tests.models.finetune.tiny import lines, needs_extra, tiny_bert, write_lines

pytestmark = needs_extra
NOW = datetime(2026, 11, 25, tzinfo=UTC)
QUICK = Settings(epochs=12, lr=5e-3, device="cpu", patience=12)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert") / "model")


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return read([write_lines(tmp_path / "gold.jsonl", lines())])


def _train(reading: Reading, encoder: Path, out: Path, **more: Any) -> dict[str, Any]:
    return train_cross_encoder(
        reading, encoder=encoder, out=out, group="prompt", now=NOW, app_version="0",
        **({"settings": QUICK} | more),
    )  # fmt: skip


def test_it_learns_is_saved_and_scores_the_same_again(
    tmp_path: Path, encoder: Path, reading: Reading
) -> None:
    epochs: list[Epoch] = []
    steps: list[Progress] = []
    made = _train(
        reading, encoder, tmp_path / "out", on_step=steps.append, on_epoch=epochs.append
    )  # fmt: skip
    assert epochs[-1].loss < epochs[0].loss / 2
    assert made["validation"]["average_precision"] > 0.9
    assert steps[-1].step == steps[-1].steps
    assert steps[0].seconds_left > 0

    folder = tmp_path / "out"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    kept = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    assert kept == made
    assert kept["data"][0]["sha256"] == reading.sources[0].sha256
    assert {"torch", "transformers", "python"} <= set(kept["versions"])
    assert str(tmp_path) not in json.dumps(kept)

    texts = pair_texts(reading.pairs)
    first, second = (open_model(folder, device="cpu").scores(texts) for _ in range(2))
    assert (first == second).all()
    assert np.all((first >= 0) & (first <= 1))
    labels = np.array([pair.relevant for pair in reading.pairs])
    assert ((first >= kept["decision"]["threshold"]) == labels).mean() > 0.9


def test_the_same_seed_gives_the_same_scores(encoder: Path, reading: Reading) -> None:
    texts = pair_texts(reading.pairs)
    labels = [pair.relevant is True for pair in reading.pairs]
    groups = [pair.prompt_id for pair in reading.pairs]

    def scores(seed: int) -> np.ndarray[Any, Any]:
        found, threshold = fit_scores(
            texts[:90], labels[:90], groups[:90], texts[90:], encoder=encoder, seed=seed, epochs=2,
            lr=5e-3, device="cpu",
        )  # fmt: skip
        assert found.shape == (30,)
        assert 0 < threshold < 1
        return found

    assert (scores(3) == scores(3)).all()
    assert (scores(3) != scores(4)).any()


def test_ctrl_c_keeps_the_best_epoch(tmp_path: Path, encoder: Path, reading: Reading) -> None:
    def stop(progress: Progress) -> None:
        if progress.epoch == 3:
            raise KeyboardInterrupt

    made = _train(reading, encoder, tmp_path / "out", on_step=stop)
    assert made["stopped"]
    assert len(made["epochs"]) == 2
    best = max(made["epochs"], key=lambda one: one["average_precision"])
    assert made["best_epoch"] == best["epoch"]
    assert open_model(tmp_path / "out", device="cpu").scores([("garden", "likes garden")]).size == 1


def test_ctrl_c_before_the_first_epoch_saves_nothing(
    tmp_path: Path, encoder: Path, reading: Reading
) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _train(reading, encoder, tmp_path / "out", on_step=stop)
    assert not (tmp_path / "out").exists()


def test_it_stops_when_nothing_gets_better(encoder: Path, reading: Reading) -> None:
    settings = Settings(epochs=50, lr=0.0, device="cpu", patience=2)
    made = fit(
        pair_texts(reading.pairs),
        [pair.relevant is True for pair in reading.pairs],
        [pair.user for pair in reading.pairs],
        encoder=encoder,
        settings=settings,
    )
    assert (made.trained.best, len(made.trained.epochs)) == (1, 3)


def test_odd_texts_are_scored(tmp_path: Path, encoder: Path, reading: Reading) -> None:
    _train(reading, encoder, tmp_path / "out", settings=Settings(epochs=1, device="cpu"))
    odd = [("", ""), ("\ud800", "\x00"), ("music " * 100_000, "likes music"), ("a", "b " * 5_000)]
    model = open_model(tmp_path / "out", device="cpu")
    assert np.isfinite(model.scores(odd)).all()
    assert model.scores([]).shape == (0,)


def test_what_cannot_be_trained(tmp_path: Path, encoder: Path, reading: Reading) -> None:
    import torch

    with pytest.raises(FinetuneError, match="no longer a number"):
        _train(reading, encoder, tmp_path / "a", settings=Settings(epochs=9, lr=1e30, device="cpu"))
    if not torch.cuda.is_available():
        with pytest.raises(FinetuneError, match="no CUDA device"):
            _train(reading, encoder, tmp_path / "b", settings=Settings(device="cuda"))
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in encoder.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(FinetuneError, match="cannot be loaded"):
        _train(reading, broken, tmp_path / "c")
    assert not any((tmp_path / name).exists() for name in "abc")
