"""``persona-tui finetune``: train on pooled labels of relevance, and score with what was trained."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from persona_tui.commands._common import emit, visible
from persona_tui.errors import UserError
from persona_tui.extras import how_to_add

if TYPE_CHECKING:
    from models.finetune.data import Reading
    from models.finetune.grpo import GrpoProgress
    from models.finetune.training import Epoch, Progress

FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…")
OUT = click.option("--out", required=True, metavar="DIR", help="Where the model goes; must not exist.")  # fmt: skip
GROUP = click.option("--group", type=click.Choice(["prompt", "user"]), default="prompt",
                     show_default=True, help="What validation never splits.")  # fmt: skip
DEVICE = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
                      show_default=True, help="auto: CUDA where there is one.")  # fmt: skip
SEED = click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the run's metadata as JSON.")
PROGRESS_EVERY = 2.0
"""Seconds between two lines of progress on a terminal."""
PROGRESS_EVERY_PIPED = 30.0


@click.group("finetune")
def group() -> None:
    """Fine-tune a model on relevance, from the labels of many people.

    A FILE holds JSON lines with prompt, attribute, relevant, prompt_id and user, or is a release of
    'persona-tui pool --texts'. Models are given by path; nothing is downloaded. Needs the extra
    [finetune]. See docs/finetuning.md.
    """


@group.command("relevance", short_help="Train a cross-encoder for relevance.")
@FILES
@click.option(
    "--encoder", required=True, metavar="PATH", help="Of an encoder such as roberta-base."
)
@OUT
@click.option("--epochs", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--batch", type=click.IntRange(1, 4096), default=16, show_default=True)
@click.option("--lr", type=click.FloatRange(0, 1, min_open=True), default=2e-5, show_default=True)
@click.option("--max-tokens", type=click.IntRange(8, 8192), default=256, show_default=True,
              help="Of prompt and attribute together.")  # fmt: skip
@GROUP
@DEVICE
@SEED
@JSON
def relevance(
    files: tuple[str, ...],
    encoder: str,
    out: str,
    epochs: int,
    batch: int,
    lr: float,
    max_tokens: int,
    group: str,
    device: Any,
    seed: int,
    as_json: bool,
) -> None:
    """Train a cross-encoder: prompt and attribute in, probability of relevance out.

    Ctrl+C ends the training and keeps the best epoch so far.
    """
    with _told():
        _need_extra(grpo=False)
        from models.finetune.runs import train_cross_encoder
        from models.finetune.training import Settings

        reading = _read(files)
        teller = _Progress()
        made = train_cross_encoder(
            reading,
            encoder=_path(encoder),
            out=_path(out),
            group="user" if group == "user" else "prompt",
            settings=Settings(epochs, batch, lr, seed, device, max_tokens),
            on_step=teller.step,
            on_epoch=teller.epoch,
            **_now(),
        )
        _finish(made, out, as_json)


@group.command("grpo", short_help="Train a small language model by GRPO, on a GPU.")
@FILES
@click.option("--model", required=True, metavar="PATH", help="Of a small LLM such as Qwen3-4B.")
@OUT
@click.option(
    "--epochs", type=click.FloatRange(0, 100, min_open=True), default=1.0, show_default=True
)
@click.option("--batch", type=click.IntRange(1, 512), default=8, show_default=True,
              help="Prompts a step.")  # fmt: skip
@click.option("--generations", type=click.IntRange(2, 128), default=8, show_default=True,
              help="Answers to each prompt.")  # fmt: skip
@click.option("--lr", type=click.FloatRange(0, 1, min_open=True), default=1e-5, show_default=True)
@click.option("--lora-rank", type=click.IntRange(0, 512), default=16, show_default=True,
              help="0 trains all weights.")  # fmt: skip
@GROUP
@DEVICE
@SEED
@JSON
def grpo(
    files: tuple[str, ...],
    model: str,
    out: str,
    epochs: float,
    batch: int,
    generations: int,
    lr: float,
    lora_rank: int,
    group: str,
    device: Any,
    seed: int,
    as_json: bool,
) -> None:
    """Train a small language model by GRPO, on a GPU, as the study did.

    Ctrl+C ends the training and keeps the last step.
    """
    with _told():
        _need_extra(grpo=True)
        from models.finetune.grpo import GrpoSettings
        from models.finetune.runs import train_grpo

        reading = _read(files)
        made = train_grpo(
            reading,
            model=_path(model),
            out=_path(out),
            group="user" if group == "user" else "prompt",
            settings=GrpoSettings(
                epochs, batch, generations, lr, seed, device, lora_rank=lora_rank
            ),
            on_step=_Progress().reward,
            **_now(),
        )
        _finish(made, out, as_json)


@group.command("score", short_help="Print the probability of relevance of each pair.")
@click.argument("file", metavar="FILE")
@click.option("--model", required=True, metavar="DIR", help="What --out named.")
@DEVICE
def score(file: str, model: str, device: Any) -> None:
    """Print the probability of relevance of each pair in FILE, one JSON object a line."""
    with _told():
        from models.finetune.artefact import read_metadata

        kind = read_metadata(_path(model)).get("kind")
        _need_extra(grpo=kind == "grpo")
        from models.finetune.runs import open_model, pair_texts

        pairs = _read((file,), labelled=False).pairs
        opened = open_model(_path(model), device=device)
        for pair, probability in zip(pairs, opened.scores(pair_texts(pairs)), strict=True):
            emit(
                {
                    "prompt_id": pair.prompt_id,
                    "user": pair.user,
                    "prompt": pair.prompt,
                    "attribute": pair.attribute,
                    "probability": round(float(probability), 6),
                    "relevant": bool(probability >= opened.decision.threshold),
                }
            )


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be done, as one sentence."""
    from models.finetune.runtime import FinetuneError

    try:
        yield
    except FinetuneError as error:
        raise UserError(visible(str(error))) from error


def _need_extra(*, grpo: bool) -> None:
    from models.finetune.runtime import CROSS_ENCODER, GRPO, go_offline, missing_packages

    if missing := missing_packages(GRPO if grpo else CROSS_ENCODER):
        raise UserError(
            f"Fine-tuning needs packages that are not installed ({', '.join(missing)}; torch is 1 GB "
            f"and more); {how_to_add('finetune')}"
        )
    go_offline()


def _read(files: tuple[str, ...], *, labelled: bool = True) -> Reading:
    from models.finetune.data import read

    reading = read([_path(one) for one in files], labelled=labelled)
    for note in reading.notes:
        click.echo(f"Note: {visible(note)}", err=True)
    return reading


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _now() -> dict[str, Any]:
    from datetime import UTC, datetime

    from persona_tui import __version__

    return {"now": datetime.now(UTC), "app_version": __version__}


def _finish(made: dict[str, Any], out: str, as_json: bool) -> None:
    held_out = made["validation"]
    click.echo(
        f"{'Stopped; what was best is kept. ' if made['stopped'] else ''}"
        f"On {made['counts']['validation_pairs']:,} held-out pairs: F1 {held_out['f1']:.3f}, precision "
        f"{held_out['precision']:.3f}, recall {held_out['recall']:.3f}, average precision "
        f"{held_out['average_precision']:.3f} (a little too high: the same pairs chose the threshold). "
        f"Written to {visible(out)}.",
        err=True,
    )
    if as_json:
        emit(made)
    if made["stopped"]:
        raise click.exceptions.Exit(130)


class _Progress:
    """Lines of progress on standard error: in place on a terminal, now and then elsewhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._in_place = sys.stderr.isatty()
        self._every = PROGRESS_EVERY if self._in_place else PROGRESS_EVERY_PIPED
        self._next = clock()

    def step(self, progress: Progress) -> None:
        self._say(
            f"Epoch {progress.epoch}, step {progress.step:,} of {progress.steps:,}, "
            f"loss {progress.loss:.3f}, {_duration(progress.seconds_left)} left"
        )

    def reward(self, progress: GrpoProgress) -> None:
        self._say(
            f"Step {progress.step:,} of {progress.steps:,}, reward {progress.reward:.2f}, "
            f"{_duration(progress.seconds_left)} left"
        )

    def epoch(self, epoch: Epoch) -> None:
        self._wipe()
        click.echo(
            f"Epoch {epoch.epoch}: loss {epoch.loss:.3f}, average precision on held-out groups "
            f"{epoch.average_precision:.3f}",
            err=True,
        )

    def _say(self, line: str) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + self._every
        self._wipe()
        click.echo(line, err=True, nl=not self._in_place)

    def _wipe(self) -> None:
        if self._in_place:
            click.echo("\r\x1b[K", err=True, nl=False)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
