"""A cross-encoder for relevance: prompt and attribute read together by one encoder, one logit.

The study's second intervention (arXiv 2606.06614: roberta-base, F1 0.606 on the majority label), with
any encoder that lies on this machine. Epoch, temperature and threshold are chosen on whole groups
(prompts or users) that were not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.finetune.decision import Decision, Floats, decide, figures
from models.finetune.runtime import Device, model_folder, torch_ready
from models.finetune.splits import validation_rows
from models.finetune.training import (
    Epoch,
    Progress,
    Settings,
    Texts,
    Trained,
    encode,
    logits_of,
    train,
)


@dataclass(frozen=True, slots=True)
class CrossEncoder:
    """A trained model, ready to score."""

    torch: Any
    model: Any
    tokenizer: Any
    decision: Decision
    max_tokens: int

    def scores(self, texts: Texts, *, batch: int = 64) -> Floats:
        """Calibrated probability of relevance (n,) of each (prompt, attribute)."""
        encoded = encode(self.tokenizer, texts, self.max_tokens)
        return self.decision.probability(
            logits_of(self.torch, self.model, self.tokenizer, encoded, batch)
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A trained cross-encoder and how it came to be."""

    encoder: CrossEncoder
    trained: Trained
    held_out: dict[str, float]
    """F1, precision, recall, average precision on the groups that chose epoch and threshold: too high
    by what the choice gained."""
    counts: dict[str, int]
    device: str


def fit(
    texts: Texts,
    labels: Sequence[bool],
    groups: Sequence[str],
    *,
    encoder: Path,
    settings: Settings,
    on_step: Callable[[Progress], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Fit:
    """Fine-tune the encoder at ``encoder`` on ``texts`` (n pairs); ``groups`` (n) are never split.

    Raises :class:`~models.finetune.runtime.FinetuneError` where the data are too few or of one kind,
    where the directory holds no model, or where the device is not there.
    """
    if not len(texts) == len(labels) == len(groups):
        raise ValueError("texts, labels and groups differ in length")
    folder = model_folder(encoder)
    truth = np.asarray(labels, bool)
    held_out = validation_rows(groups, labels, share=settings.validation, seed=settings.seed)
    torch, device = torch_ready(settings.device, settings.seed)
    model, tokenizer = _load(folder, device)
    max_tokens = min(settings.max_tokens, _longest(model.config, tokenizer))
    settings = _with_tokens(settings, max_tokens)
    trained = train(
        torch, model, tokenizer, texts, truth, held_out, settings, on_step=on_step, on_epoch=on_epoch
    )  # fmt: skip
    rows: list[int] = np.flatnonzero(held_out).tolist()
    encoded = encode(tokenizer, [texts[i] for i in rows], max_tokens)
    logits = logits_of(torch, model, tokenizer, encoded, 64)
    decision = decide(logits, truth[rows], positive_weight=trained.positive_weight)
    probability = decision.probability(logits)
    return Fit(
        CrossEncoder(torch, model, tokenizer, decision, max_tokens),
        trained,
        figures(probability, truth[rows], decision.threshold),
        {
            "pairs": len(texts),
            "relevant": int(truth.sum()),
            "groups": len(set(groups)),
            "validation_pairs": len(rows),
            "validation_relevant": int(truth[rows].sum()),
            "validation_groups": len({groups[i] for i in rows}),
        },
        device,
    )


def fit_scores(
    train_pairs: Texts,
    train_labels: Sequence[bool],
    train_groups: Sequence[str],
    test_pairs: Texts,
    *,
    encoder: Path,
    seed: int = 0,
    epochs: int = 10,
    batch: int = 16,
    lr: float = 2e-5,
    max_tokens: int = 256,
    device: Device = "auto",
    on_step: Callable[[Progress], None] | None = None,
) -> tuple[Floats, float]:
    """Calibrated probabilities (m,) of ``test_pairs`` and the threshold for them, from a cross-encoder
    trained on ``train_pairs`` alone: epoch, temperature and threshold are chosen on groups among them.

    Raises :class:`~models.finetune.runtime.FinetuneError`.
    """
    settings = Settings(epochs, batch, lr, seed, device, max_tokens)
    made = fit(train_pairs, train_labels, train_groups, encoder=encoder, settings=settings,
               on_step=on_step)  # fmt: skip
    return made.encoder.scores(test_pairs), made.encoder.decision.threshold


def load(folder: Path, decision: Decision, *, max_tokens: int, device: Device) -> CrossEncoder:
    """A model that was saved, with the decision of its metadata.

    Raises :class:`~models.finetune.runtime.FinetuneError`.
    """
    torch, place = torch_ready(device, 0)
    model, tokenizer = _load(model_folder(folder), place)
    model.eval()
    return CrossEncoder(torch, model, tokenizer, decision, max_tokens)


def _load(folder: Path, device: str) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from models.finetune.runtime import FinetuneError

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            num_labels=1,
            ignore_mismatched_sizes=True,  # a head for other classes is replaced
            local_files_only=True,
            trust_remote_code=False,
            dtype="float32",
        )
    except Exception as error:  # whatever a file that is no model makes the libraries raise
        reason = " ".join(str(error).split())[:200]
        raise FinetuneError(
            f"The model at {folder} cannot be loaded ({reason}): give an encoder as transformers "
            "saves it, such as roberta-base."
        ) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return model.to(device), tokenizer


def _longest(config: Any, tokenizer: Any) -> int:
    """Tokens that the encoder has positions for. RoBERTa begins to count after its padding token."""
    positions = int(getattr(config, "max_position_embeddings", 0) or 1 << 30)
    if "roberta" in str(getattr(config, "model_type", "")):
        positions -= int(config.pad_token_id or 0) + 1
    return min(positions, int(tokenizer.model_max_length))


def _with_tokens(settings: Settings, max_tokens: int) -> Settings:
    from dataclasses import replace

    return replace(settings, max_tokens=max_tokens)
