"""A tiny random language model is rewarded until it says what people said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.finetune.data import read
from models.finetune.grpo import GrpoProgress, GrpoSettings
from models.finetune.runs import open_model, pair_texts, train_grpo
from tests.models.finetune.tiny import lines, needs_extra, tiny_llama, write_lines

pytestmark = needs_extra
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_reward_rises_and_what_is_saved_scores_the_same_again(
    tmp_path: Path, lora_rank: int
) -> None:
    reading = read([write_lines(tmp_path / "gold.jsonl", lines(12, 4))])
    steps: list[GrpoProgress] = []
    made = train_grpo(
        reading,
        model=tiny_llama(tmp_path / "llama"),
        out=tmp_path / "out",
        group="prompt",
        settings=GrpoSettings(
            epochs=3, batch=4, generations=8, lr=0.05, device="cpu", lora_rank=lora_rank
        ),
        now=NOW,
        app_version="0",
        on_step=steps.append,
    )
    rewards = made["rewards"]
    assert len(rewards) == steps[-1].step == steps[-1].steps
    assert np.mean(rewards[-5:]) > np.mean(rewards[:5]) + 0.3
    texts = pair_texts(reading.pairs)
    first, second = (open_model(tmp_path / "out", device="cpu").scores(texts) for _ in range(2))
    assert (first == second).all()
    assert np.all((first >= 0) & (first <= 1))
    assert {"trl", "peft"} <= set(made["versions"])


def test_ctrl_c_keeps_the_last_step(tmp_path: Path) -> None:
    def stop(progress: GrpoProgress) -> None:
        if progress.step == 2:
            raise KeyboardInterrupt

    made = train_grpo(
        read([write_lines(tmp_path / "gold.jsonl", lines(12, 4))]),
        model=tiny_llama(tmp_path / "llama"),
        out=tmp_path / "out",
        group="user",
        settings=GrpoSettings(batch=2, generations=2, device="cpu", lora_rank=0),
        now=NOW,
        app_version="0",
        on_step=stop,
    )
    assert made["stopped"]
    assert len(made["rewards"]) == 2
    assert open_model(tmp_path / "out", device="cpu").scores([("garden", "likes garden")]).size == 1
