"""Preference training of a small language model on relevance: GRPO through TRL, for GPUs.

As in the study (arXiv 2606.06614: Qwen3-4B, F1 0.641 on the majority label): the model is asked
whether an attribute may change the answer to a prompt, several answers are drawn, and those that
agree with the human label are reinforced (Shao et al. 2024). Afterwards the probability of "yes"
against "no" is calibrated, and its threshold chosen, on groups that were not trained on.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.finetune.asking import YesNo, load_language_model, question, reward_of
from models.finetune.decision import Decision, decide, figures
from models.finetune.runtime import Device, model_folder, torch_ready
from models.finetune.splits import validation_rows
from models.finetune.training import HEAVIEST_POSITIVE, Texts

ANSWER_TOKENS = 4


@dataclass(frozen=True, slots=True)
class GrpoSettings:
    """Hyper-parameters; those that the study does not name are TRL's, or say why they differ."""

    epochs: float = 1.0
    batch: int = 8
    """Prompts a step and device; each is answered ``generations`` times."""
    generations: int = 8
    lr: float = 1e-5
    """For LoRA; about 1e-6 if all weights are trained."""
    seed: int = 0
    device: Device = "auto"
    max_tokens: int = 512
    """Of the prompt; of a longer one the end is cut."""
    lora_rank: int = 16
    """0 trains all weights."""
    validation: float = 0.2
    positive_weight: float | None = None
    """Reward of a rightly recognised relevant pair, that of the others being 1; ``None``: negatives ÷
    positives, at most 10. Rewards are not divided by their spread, which would undo this."""


@dataclass(frozen=True, slots=True)
class GrpoProgress:
    """Told after each step."""

    step: int
    steps: int
    reward: float
    """Mean of the step's answers."""
    seconds_left: float


@dataclass(frozen=True, slots=True)
class GrpoFit:
    """A trained model and how it came to be."""

    scorer: YesNo
    rewards: tuple[float, ...]
    """Mean reward of each step."""
    before: dict[str, float]
    held_out: dict[str, float]
    """Figures on the groups that were not trained on, before and after: too high by what the choice of
    the threshold gained."""
    counts: dict[str, int]
    positive_weight: float
    stopped: bool
    seconds: float
    device: str


def fit_grpo(
    texts: Texts,
    labels: Sequence[bool],
    groups: Sequence[str],
    *,
    model_path: Path,
    settings: GrpoSettings,
    on_step: Callable[[GrpoProgress], None] | None = None,
) -> GrpoFit:
    """Train the causal language model at ``model_path`` on n pairs; ``groups`` (n) are never split.

    Ctrl+C ends the training and keeps the weights of the last step; before the first it is raised.
    Raises :class:`~models.finetune.runtime.FinetuneError` as :func:`models.finetune.cross_encoder.fit`.
    """
    folder = model_folder(model_path)
    truth = np.asarray(labels, bool)
    held_out = validation_rows(groups, labels, share=settings.validation, seed=settings.seed)
    learn: list[int] = np.flatnonzero(~held_out).tolist()
    check: list[int] = np.flatnonzero(held_out).tolist()
    positives = int(truth[learn].sum())
    weight = settings.positive_weight or min(
        HEAVIEST_POSITIVE, max(1.0, (len(learn) - positives) / positives)
    )
    torch, device = torch_ready(settings.device, settings.seed)
    model, tokenizer = load_language_model(torch, folder, device)
    plain = Decision(0.0, 1.0, 0.5)
    checked = [texts[i] for i in check]

    def measured(scorer: YesNo) -> tuple[Decision, dict[str, float]]:
        logits = scorer.logits(checked)
        made = decide(logits, truth[check], positive_weight=1.0)
        return made, figures(made.probability(logits), truth[check], made.threshold)

    _, before = measured(YesNo(torch, model, tokenizer, plain, settings.max_tokens))
    rewards: list[float] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="persona-tui-grpo-") as scratch:
        trainer = _trainer(
            model, tokenizer, [(texts[i], bool(truth[i])) for i in learn], settings,
            weight=weight, device=device, scratch=scratch,
            told=_Teller(rewards, on_step, started),
        )  # fmt: skip
        stopped = False
        try:
            trainer.train()
        except KeyboardInterrupt:
            if not rewards:
                raise
            stopped = True
        trained = trainer.accelerator.unwrap_model(trainer.model)
    if settings.lora_rank:
        trained = trained.merge_and_unload()
    scorer = YesNo(torch, trained, tokenizer, plain, settings.max_tokens)
    decision, after = measured(scorer)
    return GrpoFit(
        YesNo(torch, trained, tokenizer, decision, settings.max_tokens),
        tuple(rewards),
        before,
        after,
        {
            "pairs": len(texts),
            "relevant": int(truth.sum()),
            "groups": len(set(groups)),
            "validation_pairs": len(check),
            "validation_relevant": int(truth[check].sum()),
            "validation_groups": len({groups[i] for i in check}),
        },
        weight,
        stopped,
        time.monotonic() - started,
        device,
    )


class _Teller:
    """Takes the mean reward of each step and tells progress."""

    def __init__(
        self,
        rewards: list[float],
        on_step: Callable[[GrpoProgress], None] | None,
        started: float,
    ) -> None:
        self._rewards = rewards
        self._on_step = on_step
        self._started = started

    def __call__(self, step: int, steps: int, reward: float) -> None:
        self._rewards.append(reward)
        if self._on_step is not None:
            left = (time.monotonic() - self._started) / step * (steps - step)
            self._on_step(GrpoProgress(step, steps, reward, left))


def _trainer(
    model: Any,
    tokenizer: Any,
    examples: list[tuple[tuple[str, str], bool]],
    settings: GrpoSettings,
    *,
    weight: float,
    device: str,
    scratch: str,
    told: _Teller,
) -> Any:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    def reward(completions: list[Any], relevant: list[bool], **_: object) -> list[float]:
        answers = [one if isinstance(one, str) else one[0]["content"] for one in completions]
        return [reward_of(answer, label, weight) for answer, label in zip(answers, relevant, strict=True)]  # fmt: skip

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_log(
            self, args: Any, state: Any, control: Any, logs: Any = None, **_: object
        ) -> None:
            if logs and "reward" in logs:
                told(int(state.global_step), int(state.max_steps), float(logs["reward"]))

    rows = [
        {"prompt": question(tokenizer, pair, settings.max_tokens), "relevant": label}
        for pair, label in examples
    ]
    config = GRPOConfig(
        output_dir=scratch,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch * settings.generations,
        num_generations=settings.generations,
        max_completion_length=ANSWER_TOKENS,
        learning_rate=settings.lr,
        warmup_steps=0.05,
        scale_rewards="none",
        temperature=1.0,
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=device == "cpu",
        bf16=device == "cuda",
        activation_checkpointing=device == "cuda",
        chat_template_kwargs={"enable_thinking": False},
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        push_to_hub=False,
        disable_tqdm=True,
    )
    lora = LoraConfig(
        r=settings.lora_rank, lora_alpha=2 * settings.lora_rank, target_modules="all-linear",
        task_type="CAUSAL_LM",
    ) if settings.lora_rank else None  # fmt: skip
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[Told()],
        peft_config=lora,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
