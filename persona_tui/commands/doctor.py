"""``persona-tui doctor``: does everything work on this machine?"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit
from persona_tui.errors import UserError
from persona_tui.paths import Paths, default_paths
from store.errors import StoreError

if TYPE_CHECKING:
    from store.db import Store

_MIN_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Result:
    """One check: its name, whether it passed, and what was found."""

    name: str
    ok: bool
    detail: str


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: ok and the checks.")
@click.option("--deep", is_flag=True, help="Also load the starter model and ask it one question.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, deep: bool) -> None:
    """Check Python, files and their permissions, the journal, models, keys and the terminal.

    Opens no connection and changes nothing, but completes what 'forget' had to leave undone.
    Exit code 1 if a check fails.
    """
    results = list(run_checks(default_paths(), deep=deep))
    ok = all(result.ok for result in results)
    if as_json:
        emit(
            {
                "ok": ok,
                "checks": [{"name": r.name, "ok": r.ok, "detail": r.detail} for r in results],
            }
        )
    else:
        width = max(len(result.name) for result in results)
        for result in results:
            mark = "ok  " if result.ok else "FAIL"
            click.echo(f"{mark}  {result.name:<{width}}  {result.detail}")
        click.echo("Everything works." if ok else "Something needs attention: see FAIL above.")
    ctx.exit(0 if ok else 1)


def run_checks(paths: Paths, *, deep: bool = False) -> Iterator[Result]:
    """Every check, in the order in which a person would want to know."""
    yield _python()
    yield from _config(paths)
    yield from _permissions(paths)
    yield _free_disk(paths)
    yield from _database(paths)
    yield from _modules()
    yield _starter()
    yield _embeddings()
    yield _keyring()
    yield _terminal()
    if deep:
        yield _ask_starter(paths)


def _python() -> Result:
    version = ".".join(map(str, sys.version_info[:3]))
    return Result("python", sys.version_info >= (3, 11), f"Python {version}")


def _config(paths: Paths) -> Iterator[Result]:
    from persona_tui.config import load_settings

    try:
        load_settings(paths)
    except UserError as error:
        yield Result("config", False, str(error))
    else:
        found = "read" if paths.config.exists() else "defaults, no file yet"
        yield Result("config", True, f"{paths.config}: {found}")


def _permissions(paths: Paths) -> Iterator[Result]:
    loose = [
        path
        for root in (paths.config_dir, paths.data_dir, paths.log_dir)
        for path in (root, *(root.rglob("*") if root.is_dir() else ()))
        if path.exists() and not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    if loose:
        yield Result(
            "permissions",
            False,
            f"others on this machine may read {loose[0]}"
            + (f" and {len(loose) - 1} more" if len(loose) > 1 else "")
            + "; run: chmod -R go-rwx on it",
        )
    else:
        yield Result("permissions", True, "only you can read the program's files")


def _free_disk(paths: Paths) -> Result:
    place = paths.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Result("disk", free > _MIN_FREE_BYTES, f"{free / 1e9:.1f} GB free at {place}")


def _database(paths: Paths) -> Iterator[Result]:
    if not paths.database.exists():
        yield Result("database", True, f"{paths.database}: none yet")
        return
    from store.db import open_store
    from store.health import checks, is_current

    try:
        with open_store(paths.database, as_it_is=True) as store:
            for check in checks(store):
                yield Result(f"database: {check.name}", check.ok, check.detail)
            if is_current(store):  # an older one is migrated when the app opens it
                yield from _learned(store)
    except StoreError as error:
        yield Result("database", False, str(error))


def _learned(store: Store) -> Iterator[Result]:
    """Whether what was learned and is in use can be read by this version."""
    from store import learned
    from store.learned_records import KINDS

    found = [model for kind in KINDS if (model := learned.in_use(store, kind)) is not None]
    if not found:
        return
    from persona_tui.jobs.learning.using import NAMES, is_readable, unreadable

    broken = [model for model in found if not is_readable(model)]
    names = ", ".join(f"{NAMES[model.kind]} {model.version}" for model in found)
    detail = " ".join(map(unreadable, broken)) or f"can be read: {names}"
    yield Result("learned models", not broken, detail)


def _modules() -> Iterator[Result]:
    # find_spec only: importing llama_cpp takes a second, and a broken build could end us.
    for module, what in (("llama_cpp", "local models"), ("openai", "API models")):
        found = importlib.util.find_spec(module) is not None
        yield Result(module, found, f"{what}: {'installed' if found else 'not installed'}")


def _checked(name: str, find: Callable[[], Path], what: str) -> Result:
    from models.errors import ModelError

    try:
        path = find()
    except ModelError as error:
        return Result(name, False, str(error))
    return Result(name, True, f"{what}: {path.stat().st_size / 1e6:.0f} MB")


def _starter() -> Result:
    from models.starter import starter_path

    return _checked("starter model", starter_path, "SmolLM2-135M-Instruct Q4_1")


def _embeddings() -> Result:
    from models.embeddings import HASHED_NOTE, check_files, missing_packages

    if missing := missing_packages():
        detail = f"{HASHED_NOTE} ({', '.join(missing)} cannot be imported)"
        return Result("sentence embeddings", True, detail)  # no failure: not every system has them
    return _checked("sentence embeddings", check_files, "MiniLM-L6-v2 int8, checksum matches")


def _keyring() -> Result:
    from models.secrets import keyring_status

    usable, detail = keyring_status()
    # A missing keyring is no failure: keys can come from the environment or a helper command.
    return Result("keyring", True, detail if usable else f"not used. {detail}")


def _terminal() -> Result:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower()
    good = encoding.replace("-", "") == "utf8"
    detail = f"{size.columns}×{size.lines}, {encoding or 'unknown encoding'}"
    if good and sys.stdout.isatty() and (size.columns < 80 or size.lines < 24):
        detail += "; the app is made for 80×24 and more"
    return Result("terminal", good, detail)


def _ask_starter(paths: Paths) -> Result:
    import asyncio
    import time

    from models.errors import ModelError
    from models.llama import LlamaBackend
    from models.protocol import ChatMessage, Finished, Sampling, TextDelta
    from models.starter import starter_path

    async def ask() -> Result:
        backend = LlamaBackend(starter_path(), name="starter", log_file=paths.worker_log)
        began = time.monotonic()
        text, tokens = "", 0
        try:
            async for event in backend.chat(
                [ChatMessage("user", "Say hello.")], sampling=Sampling(0.0, max_tokens=16)
            ):
                if isinstance(event, TextDelta):
                    text += event.text
                elif isinstance(event, Finished):
                    tokens = event.usage.completion_tokens or 0
        finally:
            await backend.close()
        seconds = time.monotonic() - began
        return Result(
            "starter model answers", bool(text.strip()), f"{tokens} tokens in {seconds:.1f} s"
        )

    try:
        return asyncio.run(ask())
    except ModelError as error:
        return Result("starter model answers", False, str(error))
