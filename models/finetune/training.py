"""The training loop of the cross-encoder: weighted loss, best epoch kept, deterministic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.finetune.decision import Floats, average_precision
from models.finetune.runtime import Device, FinetuneError

HEAVIEST_POSITIVE = 10.0
CHARACTERS_A_TOKEN = 64
"""No more characters than this a token are given to the tokenizer, which else takes minutes over a
pasted file of 100 MB."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Hyper-parameters; the defaults are the study's for roberta-base where it names them."""

    epochs: int = 10
    batch: int = 16
    lr: float = 2e-5
    seed: int = 0
    device: Device = "auto"
    max_tokens: int = 256
    """Of prompt and attribute together; of the longer one the end is cut."""
    patience: int = 3
    """Stop after so many epochs without a better average precision."""
    validation: float = 0.2
    """Share of the pairs, in whole groups, that chooses epoch, temperature and threshold."""
    positive_weight: float | None = None
    """Of a relevant pair in the loss; ``None``: negatives ÷ positives, at most 10."""
    warmup: float = 0.06
    """Share of the steps in which the learning rate rises; then it falls linearly to 0."""
    weight_decay: float = 0.01


@dataclass(frozen=True, slots=True)
class Progress:
    """Told after each step."""

    epoch: int
    step: int
    steps: int
    """Of all epochs."""
    loss: float
    seconds_left: float
    """If every epoch is done."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to."""

    epoch: int
    loss: float
    """Mean over its steps, positives weighted."""
    average_precision: float
    """On the held-out groups."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The run; the model holds the weights of ``best``."""

    epochs: tuple[Epoch, ...]
    best: int
    positive_weight: float
    stopped: bool
    """Whether Ctrl+C ended it early."""
    seconds: float


Texts = Sequence[tuple[str, str]]
"""(prompt, attribute) pairs."""


def encode(tokenizer: Any, texts: Texts, max_tokens: int) -> list[dict[str, list[int]]]:
    """Token ids (and types, where the model has them) of each pair; no padding."""
    if not texts:
        return []
    head = max_tokens * CHARACTERS_A_TOKEN
    clean = [[encodable(text[:head]) for text in pair] for pair in texts]
    made = tokenizer(
        [first for first, _ in clean],
        [second for _, second in clean],
        truncation="longest_first",
        max_length=max_tokens,
        padding=False,
    )
    names = [name for name in made if name in ("input_ids", "attention_mask", "token_type_ids")]
    return [{name: made[name][row] for name in names} for row in range(len(texts))]


def encodable(text: str) -> str:
    """``text`` without lone surrogates, which tokenizers refuse."""
    return text.encode("utf-8", "replace").decode("utf-8")


def forward(model: Any, tokenizer: Any, rows: Sequence[dict[str, list[int]]]) -> Any:
    """Logits (rows,) as a tensor on the model's device."""
    padded = tokenizer.pad(list(rows), padding=True, return_tensors="pt")
    return model(**{name: value.to(model.device) for name, value in padded.items()}).logits[:, 0]


def logits_of(
    torch: Any, model: Any, tokenizer: Any, encoded: Sequence[dict[str, list[int]]], batch: int
) -> Floats:
    """Logits (n,) in the order given, without gradients; neighbours in length share a batch."""
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]["input_ids"]))
    found = np.zeros(len(encoded))
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            made = forward(model, tokenizer, [encoded[i] for i in rows])
            found[rows] = made.double().cpu().numpy()
    model.train(was_training)
    return found


def train(
    torch: Any,
    model: Any,
    tokenizer: Any,
    texts: Texts,
    labels: NDArray[np.bool_],
    held_out: NDArray[np.bool_],
    settings: Settings,
    *,
    on_step: Callable[[Progress], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Trained:
    """Train ``model`` (one logit) on the rows that are not ``held_out`` and leave in it the weights of
    the epoch with the highest average precision on those that are.

    Ctrl+C ends the training and keeps the best epoch so far; before the first one ends it is raised.
    Raises :class:`FinetuneError` if the loss is not a number.
    """
    encoded = encode(tokenizer, texts, settings.max_tokens)
    learn, check = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    positives = int(labels[learn].sum())
    weight = settings.positive_weight or min(
        HEAVIEST_POSITIVE, max(1.0, (len(learn) - positives) / max(1, positives))
    )
    criterion = torch.nn.BCEWithLogitsLoss(
        pos_weight=torch.tensor(weight, dtype=torch.float32, device=model.device)
    )
    steps = settings.epochs * -(-len(learn) // settings.batch)
    optimizer = torch.optim.AdamW(_parameters(model, settings.weight_decay), lr=settings.lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, steps, settings.warmup)
    )
    rng = np.random.default_rng(settings.seed)
    started, done, best_state, best, history = time.monotonic(), 0, None, -1, list[Epoch]()
    stopped = False
    try:
        for number in range(1, settings.epochs + 1):
            model.train()
            losses = []
            for rows in _batches(learn, encoded, settings.batch, rng):
                truth = torch.tensor(labels[rows], dtype=torch.float32, device=model.device)
                loss = criterion(forward(model, tokenizer, [encoded[i] for i in rows]), truth)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(float(loss.detach()))
                done += 1
                if not np.isfinite(losses[-1]):
                    raise FinetuneError(
                        "The loss is no longer a number: choose a smaller learning rate (--lr)."
                    )
                if on_step is not None:
                    left = (time.monotonic() - started) / done * (steps - done)
                    on_step(Progress(number, done, steps, losses[-1], left))
            held = logits_of(torch, model, tokenizer, [encoded[i] for i in check], 64)
            ended = Epoch(number, float(np.mean(losses)), average_precision(held, labels[check]))
            history.append(ended)
            if best < 0 or ended.average_precision > history[best].average_precision:
                best = number - 1
                best_state = {
                    name: value.detach().cpu().clone() for name, value in model.state_dict().items()
                }
            if on_epoch is not None:
                on_epoch(ended)
            if number - 1 - best >= settings.patience:
                break
    except KeyboardInterrupt:
        if best_state is None:
            raise
        stopped = True
    if best_state is not None:
        model.load_state_dict(best_state)
    model.eval()
    return Trained(tuple(history), best + 1, weight, stopped, time.monotonic() - started)


def _parameters(model: Any, decay: float) -> list[dict[str, Any]]:
    """Biases and norms are not decayed, as in BERT."""
    named = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
    return [
        {"params": [one for _, one in named if one.ndim > 1], "weight_decay": decay},
        {"params": [one for _, one in named if one.ndim <= 1], "weight_decay": 0.0},
    ]


def _rate(step: int, steps: int, warmup: float) -> float:
    rising = max(1, int(steps * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / (steps - rising + 1))


def _batches(
    rows: NDArray[np.int64],
    encoded: Sequence[dict[str, list[int]]],
    batch: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """All rows once, in a random order in which neighbours in length share a batch: padding costs
    half of the time else."""
    shuffled = rng.permutation(rows)
    chunk = batch * 16
    made: list[NDArray[np.int64]] = []
    for first in range(0, len(shuffled), chunk):
        part = shuffled[first : first + chunk]
        part = part[np.argsort([len(encoded[i]["input_ids"]) for i in part], kind="stable")]
        made += [part[start : start + batch] for start in range(0, len(part), batch)]
    return [made[i] for i in rng.permutation(len(made))]
