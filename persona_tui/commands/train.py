"""``persona-tui train``: let small models of your own learn from your judgments."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.errors import UsageError, UserError
from store.learned_records import KINDS, LearnedKind

if TYPE_CHECKING:
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.learning.training import Result, TrainStep
    from store.db import Store
    from store.learned_records import LearnedModel


@click.command("train")
@click.argument(
    "kinds", nargs=-1, type=click.Choice(KINDS), metavar="[verifier|relevance|reward]..."
)
@click.option("--explain", is_flag=True, help="Say what was learned, in words; nothing is trained.")
@click.option("--history", is_flag=True, help="List the versions; nothing is trained.")
@click.option("--use", "version", type=click.IntRange(min=1), metavar="VERSION",
              help="Put a version of one kind in use; nothing is trained.")  # fmt: skip
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, a kind or version each."
)
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    kinds: tuple[LearnedKind, ...],
    explain: bool,
    history: bool,
    version: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Let small models of your own learn from your judgments, on this machine.

    verifier tells which inferred attributes you would call unsure or bad, relevance which of them
    matter for a prompt, reward which of two answers you would prefer. A new version is compared with
    the one in use on the same judgments, which neither has seen, and used unless it is worse by more
    than chance explains. Without a name all three are trained, as far as there is enough to learn
    from; one that you name and that has too little is a failure (exit code 1). Ctrl+C keeps nothing of
    the one under way. Forgetting anything forgets what was learned; it is then learned anew from what
    stays.
    """
    if sum((explain, history, version is not None)) > 1:
        raise UsageError("Choose one of --explain, --history and --use.")
    if version is not None:
        if len(kinds) != 1:
            raise UsageError("Say of which model, such as: persona-tui train verifier --use 2")
        _use(kinds[0], version, as_json=as_json)
    elif explain or history:
        _show(kinds or KINDS, history=history, as_json=as_json)
    else:
        try:
            results = asyncio.run(_train(kinds or KINDS, shown=not quiet and sys.stderr.isatty()))
        except KeyboardInterrupt:
            click.echo("\nStopped. Nothing half learned was kept.", err=True)
            raise click.exceptions.Exit(130) from None
        _tell(results, as_json=as_json)
        bad = {"failed", "forgotten"} | ({"lacking"} if kinds else set())
        if any(one.outcome in bad for one in results):
            raise click.exceptions.Exit(1)


# --- training -------------------------------------------------------------------------------------


def learned_kinds(store: Store) -> tuple[LearnedKind, ...]:
    """What was learned: it goes along, whatever is forgotten."""
    from store.learned import list_all

    return tuple(dict.fromkeys(model.kind for model in list_all(store)))


def learn_again(kinds: tuple[LearnedKind, ...]) -> None:
    """Learn ``kinds`` anew from what stays after something was forgotten, and say how that went on
    standard error. Failing, or stopped, it is left to ``train`` and to the app's next start: what was
    to be forgotten is forgotten."""
    from models.errors import ModelError
    from persona_tui.jobs.learning.using import NAMES
    from store.errors import StoreError

    if not kinds:
        return
    try:
        results = asyncio.run(_train(kinds, shown=sys.stderr.isatty()))
    except (KeyboardInterrupt, ModelError, StoreError, UserError):
        results = []
    again = {one.kind for one in results if one.outcome == "used"}
    for kind in kinds:
        how = "learned again from what stays"
        if kind not in again:
            how = "has not learned again yet: 'persona-tui train' says why"
        click.echo(f"Your {NAMES[kind]} went along, and {how}.", err=True)


async def _train(kinds: tuple[LearnedKind, ...], *, shown: bool) -> list[Result]:
    from persona_tui.config import load_settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.paths import default_paths

    paths = default_paths()
    settings = load_settings(paths)
    db = StoreThread(paths.database)
    await db.open()
    backends = Backends(settings, paths)
    try:
        return await learn(db, backends, kinds, anew=True, shown=shown)
    finally:
        await backends.close()
        await db.close()


async def learn(
    db: StoreThread,
    backends: Backends,
    kinds: tuple[LearnedKind, ...],
    *,
    anew: bool,
    shown: bool,
) -> list[Result]:
    """Train ``kinds``, with a line of progress on standard error if ``shown``."""
    from persona_tui.jobs.learning.after import run_order

    results = []
    try:
        async with aclosing(run_order(db, backends, kinds, anew, asyncio.Event())) as steps:
            async for step in steps:
                if step.result is not None:
                    results.append(step.result)
                if shown:
                    click.echo(f"\r\x1b[K{_progress(step)}", err=True, nl=False)
    finally:
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)
    return results


def _progress(step: TrainStep) -> str:
    import shutil

    from persona_tui.jobs.learning.using import NAMES
    from persona_tui.jobs.progress import time_text
    from widgets.safe import shorten

    at = step.progress
    parts = [f"Your {NAMES[step.kind]}: {at.note}"]
    if at.total and at.total > 1:
        parts.append(f"{at.done} of {at.total}")
    parts.append(time_text(at.seconds_left))
    # Of a line that wraps only the last row is wiped: what came before would stay.
    width = shutil.get_terminal_size().columns - 1
    return shorten(" · ".join(part for part in parts if part), max(1, min(100, width)))


def _tell(results: list[Result], *, as_json: bool) -> None:
    from persona_tui.jobs.learning import telling
    from persona_tui.jobs.learning.using import to_tell

    for number, result in enumerate(results):
        if as_json:
            emit(_as_json(result))
            continue
        if number:
            click.echo()
        click.echo(_wrapped(visible(telling.result_text(result))))
        if result.model is not None:
            _figures(result.model)
    for sentence in to_tell():
        click.echo(visible(sentence), err=True)


def _as_json(result: Result) -> dict[str, Any]:
    lacking = result.lacking
    return {
        "kind": result.kind,
        "outcome": result.outcome,
        "seconds": round(result.seconds, 3),
        "model": None if result.model is None else _model_json(result.model),
        "missing": None
        if lacking is None
        else {"more": lacking.missing, "needed": lacking.needed, "have": lacking.have,
              "what": lacking.what},
        "error": result.error or None,
    }  # fmt: skip


# --- looking --------------------------------------------------------------------------------------


def _models(kinds: tuple[LearnedKind, ...]) -> dict[LearnedKind, list[LearnedModel]]:
    from store import learned

    with journal() as store:
        return {kind: learned.list_all(store, kind) for kind in kinds}


def _show(kinds: tuple[LearnedKind, ...], *, history: bool, as_json: bool) -> None:
    from persona_tui.jobs.learning import telling
    from persona_tui.jobs.learning.using import NAMES

    for number, (kind, models) in enumerate(_models(kinds).items()):
        chosen = models if history else [one for one in models if one.in_use]
        if as_json:
            for model in chosen:
                emit(_model_json(model))
            continue
        if number:
            click.echo()
        if not chosen:
            click.echo(_wrapped(telling.not_trained(kind)))
        elif history:
            click.echo(f"{NAMES[kind].capitalize()}:")
            for model in chosen:
                click.echo(_version(model))
        else:
            click.echo(_wrapped(telling.summary(chosen[0])))
            for line in telling.words(chosen[0]):
                click.echo(_wrapped(visible(line), "  - ", "    "))
            _figures(chosen[0])


def _version(model: LearnedModel) -> str:
    from persona_tui.jobs.learning import telling

    mark = "*" if model.in_use else " "
    when = f"{model.created_at.astimezone():%Y-%m-%d %H:%M}"
    count = telling.number(model.trained_on, "judgments")
    head = f"{mark} {model.version:>3}  {when}  {count:,} judgments"
    return f"{head}\n{_wrapped(telling.verdict(model), ' ' * 7, ' ' * 7)}"


def _figures(model: LearnedModel) -> None:
    from persona_tui.jobs.learning.telling import figure_lines

    for line in figure_lines(model):
        beside = f", in the study: {line.study}" if line.study else ""
        click.echo(_wrapped(f"{line.title}: {line.value}, n = {line.n:,}{beside}", "  ", "    "))


def _model_json(model: LearnedModel) -> dict[str, Any]:
    from persona_tui.jobs.learning.telling import words

    on = model.trained_on
    return {
        "kind": model.kind,
        "version": model.version,
        "in_use": model.in_use,
        "created_at": model.created_at,
        "app_version": model.app_version,
        "judgments": on.get("judgments"),
        "random": on.get("random"),
        "sha256": on.get("sha256"),
        "seed": on.get("seed"),
        "embedder": on.get("embedder"),
        "model": on.get("model"),
        "metrics": {
            name: {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
            for name, one in model.metrics.items()
        },
        "words": words(model),
        "comparison": on.get("comparison"),
    }


def _use(kind: LearnedKind, version: int, *, as_json: bool) -> None:
    from persona_tui.jobs.learning.using import NAMES
    from store import learned

    with journal() as store:
        models = {one.version: one for one in learned.list_all(store, kind)}
        if version not in models:
            raise UserError(
                f"There is no version {version} of your {NAMES[kind]}; "
                f"'persona-tui train {kind} --history' lists those there are."
            )
        made = learned.use(store, models[version].learned_id)
    if as_json:
        emit(_model_json(made))
    else:
        click.echo(f"Version {version} of your {NAMES[kind]} is in use.")


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    import shutil
    import textwrap

    width = max(40, min(100, shutil.get_terminal_size().columns))
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
