"""``persona-tui models``: list, add, download, test, remove."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import confirm, emit, visible
from persona_tui.errors import UsageError, UserError
from persona_tui.paths import default_paths

if TYPE_CHECKING:
    from models.download import Progress
    from models.recommended import Download
    from persona_tui.config import Settings
    from persona_tui.jobs.models import ModelRow, TestResult

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
_use = click.option(
    "--use",
    type=click.Choice(["chat", "extraction", "both"]),
    help="Use it from now on for chatting, for extraction, or for both.",
)


@click.group("models")
def models() -> None:
    """List, add, download, test and remove models."""


group = models


@models.command("list")
@_json
def list_(as_json: bool) -> None:
    """List the models that are ready, and recommended downloads sorted by what fits here."""
    from models.catalogue import memory
    from persona_tui.config import load_settings
    from persona_tui.jobs.models import rows

    paths = default_paths()
    machine = memory()
    found = rows(load_settings(paths), paths, machine)
    if as_json:
        for row in found:
            emit(row.record())
        return
    from persona_tui.jobs.progress import size_text

    click.echo("Ready")
    for row in found:
        if row.state in ("ready", "missing"):
            click.echo(_ready_line(row))
    click.echo(
        f"\nRecommended downloads ({size_text(machine.available)} of "
        f"{size_text(machine.total)} memory free)"
    )
    for row in found:
        if row.state in ("download", "partial"):
            click.echo(_offer_line(row))
    click.echo("\nDownload one with 'persona-tui models download NAME'.")


def _ready_line(row: ModelRow) -> str:
    from persona_tui.jobs.progress import size_text

    spec = row.spec
    parts = [spec.where]
    if spec.model:
        parts.append(spec.model)
    if spec.size_bytes:
        parts.append(size_text(spec.size_bytes))
    if row.state == "missing":
        parts.append("its file is not there")
    if row.used_for:
        parts.append(f"used for {' and '.join(row.used_for)}")
    name = spec.name if spec.name != spec.ref else ""
    return f"  {visible(spec.ref):<18} {visible(name):<28} {visible(', '.join(parts))}".rstrip()


def _offer_line(row: ModelRow) -> str:
    from persona_tui.jobs.progress import size_text

    fetched = f", {size_text(row.fetched_bytes)} fetched" if row.state == "partial" else ""
    return (
        f"  {row.spec.ref:<18} {row.spec.name:<28} {size_text(row.spec.size_bytes):>8}  "
        f"{row.fit:<9}  {row.spec.licence}{', suggested' if row.suggested else ''}{fetched}"
    )


@models.command("add")
@click.argument("name")
@click.option("--gguf", metavar="PATH", help="A GGUF file on this machine.")
@click.option("--provider", metavar="NAME", help="openai, openrouter, anthropic, ollama, …")
@click.option("--base-url", metavar="URL", help="Any OpenAI-compatible endpoint, up to /v1.")
@click.option("--model", metavar="NAME", help="The model's name at the endpoint.")
@click.option("--key", metavar="KEYNAME", help="Name of the key to use (never the key itself).")
@click.option("--context", "context_tokens", type=click.IntRange(min=1), help="Context in tokens.")
@click.option("--parameters", "parameters_b", type=float, help="Billions of parameters.")
@click.option("--replace", is_flag=True, help="Replace a model of that name.")
@_use
def add(
    name: str,
    gguf: str | None,
    provider: str | None,
    base_url: str | None,
    model: str | None,
    key: str | None,
    context_tokens: int | None,
    parameters_b: float | None,
    replace: bool,
    use: str | None,
) -> None:
    """Add a model of your own under NAME: a GGUF file, a provider's, or any endpoint's."""
    from persona_tui.config import load_settings
    from persona_tui.config_file import set_values
    from persona_tui.config_text import joined
    from persona_tui.jobs.backends import own_spec
    from persona_tui.jobs.models import new_entry

    paths = default_paths()
    entry = new_entry(
        load_settings(paths),
        name,
        gguf=gguf,
        provider=provider,
        base_url=base_url,
        model=model,
        key=key,
        context_tokens=context_tokens,
        parameters_b=parameters_b,
        overwrite=replace,
    )
    settings = set_values(paths, {joined("models", name): entry, **_task_changes(name, use)})
    spec = own_spec(name, settings.models[name])
    click.echo(f"Added {name}. What you write to it goes to: {spec.where}.")
    if spec.key_name:
        from models.secrets import environment_names

        names = " or ".join(reversed(environment_names(spec.key_name)))
        click.echo(f"Its key `{spec.key_name}` is taken from {names}, a helper, or the keyring.")
    click.echo(f"Try it with 'persona-tui models test {name}'.")


def _task_changes(ref: str, use: str | None) -> dict[str, object]:
    tasks = {"chat": ["chat"], "extraction": ["extraction"], "both": ["chat", "extraction"]}
    return {f"{task}.model": ref for task in tasks.get(use or "", [])}


@models.command("download")
@click.argument("name")
@click.option("--endpoint", metavar="URL", help="A mirror of the hub; else $HF_ENDPOINT.")
@_use
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
def download_(name: str, endpoint: str | None, use: str | None, as_json: bool) -> None:
    """Download a recommended model; a download that was stopped goes on where it stopped."""
    from persona_tui.config import load_settings
    from persona_tui.config_file import set_values
    from persona_tui.jobs.models import recommended

    paths = default_paths()
    settings = load_settings(paths)
    entry = recommended(name)
    token = None
    if settings.downloads.key:
        from models.secrets import Secrets

        token = Secrets(settings.keys).get(settings.downloads.key)
    hub = endpoint or settings.downloads.endpoint
    try:
        last = asyncio.run(_download(entry, hub, token, quiet=as_json))
    except KeyboardInterrupt:
        raise UserError(
            f"Stopped; what was fetched is kept, and `persona-tui models download {name}` goes on.",
            exit_code=130,
        ) from None
    if use:
        set_values(paths, _task_changes(name, use))
    if as_json:
        emit({"ref": name, "path": str(last.path), "size_bytes": last.total})
    else:
        click.echo(f"{entry.name} is ready: {last.path}")


async def _download(
    entry: Download, endpoint: str | None, token: str | None, *, quiet: bool
) -> Progress:
    """Fetch ``entry`` under a progress bar on standard error; the last progress."""
    from contextlib import aclosing

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from models.download import download
    from persona_tui.jobs.progress import size_text, time_text

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[sizes]}  {task.fields[left]}", markup=False),
        console=Console(stderr=True),
        disable=quiet,
    )
    last = None
    with bar:
        task = bar.add_task(entry.name, total=entry.size_bytes, sizes="", left="asking the hub")
        async with aclosing(
            download(entry, default_paths().models, endpoint=endpoint, token=token)
        ) as stream:
            async for last in stream:
                bar.update(
                    task,
                    completed=last.done,
                    total=last.total,
                    sizes=f"{size_text(last.done)} of {size_text(last.total)}",
                    left=last.note or time_text(last.seconds_left),
                )
    if last is None or last.path is None:
        raise UserError(f"{entry.name} was not downloaded.")
    return last


@models.command("test")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def test(name: str, as_json: bool) -> None:
    """Load the model NAME, ask it one question, and tell how fast it is."""
    from dataclasses import asdict

    from persona_tui.config import load_settings

    result = asyncio.run(_test(name, load_settings(default_paths()), quiet=as_json))
    if as_json:
        emit({"ref": name, **asdict(result)})
        return
    speed = result.tokens_per_second
    click.echo(
        f"\n\n{visible(result.name)} on {result.where}: ready in {result.load_seconds:.1f} s"
    )
    if result.first_word_seconds is not None:
        click.echo(f"first word after {result.first_word_seconds:.2f} s", nl=False)
        click.echo(f", {speed:.1f} tokens a second" if speed else "")


async def _test(name: str, settings: Settings, *, quiet: bool) -> TestResult:
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.models import QUESTION, TestResult, try_out

    backends = Backends(settings, default_paths())
    try:
        backend = backends.get(name)
        if not quiet:
            click.echo(f"Asking {backend.describe().where}: {QUESTION}\n")
        async for piece in try_out(backend):
            if isinstance(piece, TestResult):
                return piece
            if not quiet:
                click.echo(visible(piece, newlines=True), nl=False)
    finally:
        await backends.close()
    raise UserError(f"{name} gave no answer.")


@models.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Forget a model of your own (its file stays), or delete a downloaded one."""
    from models.catalogue import RECOMMENDED, STARTER, unknown
    from models.download import discard_partial
    from persona_tui.config import load_settings
    from persona_tui.config_file import remove_model

    paths = default_paths()
    settings = load_settings(paths)
    if name == STARTER.ref:
        raise UsageError("The starter model is part of the installation and stays.")
    if name in settings.models:
        remove_model(paths, name)
        click.echo(f"Forgot {name}. Tasks that used it use the starter model now.")
        return
    entry = next((entry for entry in RECOMMENDED if entry.id == name), None)
    if entry is None:
        raise UsageError(unknown(name, settings.models))
    confirm(f"Delete the downloaded file of {entry.name}?", yes=yes)
    (paths.models / entry.filename).unlink(missing_ok=True)
    discard_partial(entry, paths.models)
    remove_model(paths, name)
    click.echo(f"Deleted {entry.name}. Tasks that used it use the starter model now.")
