"""A whole run: pairs in, a directory with model, tokenizer and metadata out; and opening it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from models.finetune import artefact
from models.finetune.asking import YesNo, load_yes_no
from models.finetune.cross_encoder import CrossEncoder, fit, load
from models.finetune.data import Pair, Reading
from models.finetune.decision import Decision
from models.finetune.grpo import GrpoProgress, GrpoSettings, fit_grpo
from models.finetune.runtime import GRPO, Device, FinetuneError, model_folder, versions
from models.finetune.training import Epoch, Progress, Settings

Grouping = Literal["prompt", "user"]


def train_cross_encoder(
    reading: Reading,
    *,
    encoder: Path,
    out: Path,
    group: Grouping,
    settings: Settings,
    now: datetime,
    app_version: str,
    on_step: Callable[[Progress], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> dict[str, Any]:
    """Train, save at ``out``, and give the metadata back.

    Raises :class:`~models.finetune.runtime.FinetuneError`; ``out`` is there afterwards or not at all.
    """
    artefact.check_free(out)
    texts, labels, groups = _arrays(reading, group)
    made = fit(
        texts, labels, groups, encoder=encoder, settings=settings, on_step=on_step, on_epoch=on_epoch
    )  # fmt: skip
    metadata = artefact.provenance(
        "cross-encoder",
        base=encoder,
        reading=reading,
        settings=asdict(settings),
        versions=versions(),
        device=made.device,
        now=now,
        app_version=app_version,
    ) | {
        "group": group,
        "counts": made.counts,
        "positive_weight": made.trained.positive_weight,
        "max_tokens": made.encoder.max_tokens,
        "decision": asdict(made.encoder.decision),
        "validation": made.held_out,
        "epochs": [asdict(one) for one in made.trained.epochs],
        "best_epoch": made.trained.best,
        "stopped": made.trained.stopped,
        "seconds": round(made.trained.seconds, 1),
    }
    artefact.save(out, metadata, _writer(made.encoder))
    return metadata


def train_grpo(
    reading: Reading,
    *,
    model: Path,
    out: Path,
    group: Grouping,
    settings: GrpoSettings,
    now: datetime,
    app_version: str,
    on_step: Callable[[GrpoProgress], None] | None = None,
) -> dict[str, Any]:
    """As :func:`train_cross_encoder`, for a language model."""
    artefact.check_free(out)
    texts, labels, groups = _arrays(reading, group)
    made = fit_grpo(texts, labels, groups, model_path=model, settings=settings, on_step=on_step)
    metadata = artefact.provenance(
        "grpo",
        base=model,
        reading=reading,
        settings=asdict(settings),
        versions=versions(GRPO),
        device=made.device,
        now=now,
        app_version=app_version,
    ) | {
        "group": group,
        "counts": made.counts,
        "positive_weight": made.positive_weight,
        "max_tokens": made.scorer.max_tokens,
        "decision": asdict(made.scorer.decision),
        "before": made.before,
        "validation": made.held_out,
        "rewards": [round(one, 4) for one in made.rewards],
        "stopped": made.stopped,
        "seconds": round(made.seconds, 1),
    }
    artefact.save(out, metadata, _writer(made.scorer))
    return metadata


def open_model(folder: Path, *, device: Device) -> CrossEncoder | YesNo:
    """What was saved, ready to score. Raises :class:`~models.finetune.runtime.FinetuneError`."""
    metadata = artefact.read_metadata(folder)
    try:
        decision = Decision(**{name: float(metadata["decision"][name])
                               for name in ("shift", "temperature", "threshold")})  # fmt: skip
        kind, max_tokens = metadata["kind"], int(metadata["max_tokens"])
    except (KeyError, TypeError, ValueError) as error:
        raise FinetuneError(
            f"{folder / artefact.METADATA} is damaged: train again, or copy the directory again."
        ) from error
    model_folder(folder)
    opened = load_yes_no if kind == "grpo" else load
    return opened(folder, decision, max_tokens=max_tokens, device=device)


def pair_texts(pairs: tuple[Pair, ...]) -> list[tuple[str, str]]:
    """(prompt, attribute) of each pair."""
    return [(pair.prompt, pair.attribute) for pair in pairs]


def _arrays(
    reading: Reading, group: Grouping
) -> tuple[list[tuple[str, str]], list[bool], list[str]]:
    return (
        pair_texts(reading.pairs),
        [pair.relevant is True for pair in reading.pairs],
        [pair.prompt_id if group == "prompt" else pair.user for pair in reading.pairs],
    )


def _writer(scorer: CrossEncoder | YesNo) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        scorer.model.save_pretrained(str(folder), safe_serialization=True)
        scorer.tokenizer.save_pretrained(str(folder))

    return write
