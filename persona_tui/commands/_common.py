"""What verbs share: the open journal, JSON lines, questions to the person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from persona_tui.paths import default_paths

if TYPE_CHECKING:
    from store.db import Store


@contextmanager
def journal() -> Iterator[Store]:
    """The person's database, open for the time of one verb."""
    from persona_tui.logs import start_logging
    from store.db import open_store

    start_logging()  # or what is meant for the log would stand between the lines of the terminal
    store = open_store(default_paths().database)
    try:
        yield store
    finally:
        store.close()


def emit(value: object) -> None:
    """Print one JSON value on one line, valid in whatever encoding the terminal or pipe has.

    Only Unicode holds every text as it is; elsewhere JSON's own escapes stand for the rest.
    """
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    click.echo(json.dumps(value, ensure_ascii=not is_unicode, default=_encode))


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def visible(text: str, *, newlines: bool = False) -> str:
    """``text`` with control characters made harmless: a terminal must not obey imported words."""
    from widgets.safe import plain

    return plain(text, one_line=not newlines)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; ``--yes`` answers it; a pipe cannot."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("This cannot be undone: add --yes to do it without being asked.")
    if not click.confirm(question, err=True):
        raise click.exceptions.Exit(1)
