"""``persona-tui conversations``: list, show, search, export, rename."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.transcripts import as_jsonl, as_markdown, as_record
from store.records import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.records import Conversation, Message

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group("conversations")
def group() -> None:
    """List, show, search and export conversations."""


def conversation_record(conversation: Conversation) -> dict[str, object]:
    """The documented JSON form of a conversation."""
    return {
        "conversation_id": conversation.conversation_id,
        "title": conversation.title,
        "messages": conversation.messages,
        "source": conversation.source,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "model": conversation.model,
    }


def message_record(message: Message) -> dict[str, object]:
    """The documented JSON form of a message."""
    return {
        "message_id": message.message_id,
        "position": message.position,
        "role": message.role,
        "text": message.text,
        "status": message.status,
        "model": message.model,
        "created_at": message.created_at,
    }


@group.command("list")
@click.option("--query", help="Only titles that contain this.")
@click.option("--source", type=click.Choice(get_args(Source)), help="Only this source.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@_json
def list_(query: str | None, source: Source | None, limit: int | None, as_json: bool) -> None:
    """List conversations, the newest first."""
    from store import conversations

    with journal() as store:
        rows = conversations.list_all(store, query=query, source=source, limit=limit)
    if as_json:
        for row in rows:
            emit(conversation_record(row))
        return
    if not rows:
        click.echo("No conversations yet. Start one with 'persona-tui', or import your history.")
    for row in rows:
        click.echo(
            f"{row.conversation_id}  {row.updated_at:%Y-%m-%d}  "
            f"{row.messages:>5}  {row.source:<9} {visible(row.title)}"
        )


@group.command("show")
@click.argument("conversation_id")
@click.option("--json", "as_json", is_flag=True, help="The conversation as one JSON object.")
def show(conversation_id: str, as_json: bool) -> None:
    """Print one conversation. The beginning of an id is enough where it is unique."""
    from store import conversations, messages

    with journal() as store:
        conversation = conversations.get(store, conversation_id)
        rows = messages.active(store, conversation.conversation_id)
    if as_json:
        emit(
            {
                **conversation_record(conversation),
                "messages": [message_record(row) for row in rows],
            }
        )
        return
    click.echo(visible(as_markdown(conversation, rows), newlines=True))


@group.command("search")
@click.argument("text")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--synthetic", is_flag=True, help="Also in what a model played (persona-tui foil).")
@_json
def search(text: str, limit: int, synthetic: bool, as_json: bool) -> None:
    """Search the words of messages and attributes."""
    from store.search import search as find

    with journal() as store:
        hits = find(store, text, limit=limit, synthetic=synthetic)
    for hit in hits:
        if as_json:
            emit(
                {
                    "kind": hit.kind,
                    "id": hit.id,
                    "conversation_id": hit.conversation_id,
                    "title": hit.title,
                    "snippet": hit.snippet,
                    "marks": [list(mark) for mark in hit.marks],
                    "synthetic": hit.synthetic,
                }
            )
        else:
            place = hit.conversation_id or hit.id
            mark = "[synthetic] " if hit.synthetic else ""
            click.echo(
                f"{place}  {hit.kind:<9} {mark}{visible(hit.title)}\n    {visible(hit.snippet)}"
            )
    if not hits and not as_json:
        click.echo("Nothing found.")


@group.command("rename")
@click.argument("conversation_id")
@click.argument("title")
def rename(conversation_id: str, title: str) -> None:
    """Give a conversation another title."""
    from store import conversations

    with journal() as store:
        conversation = conversations.get(store, conversation_id)
        conversations.rename(store, conversation.conversation_id, title)


@group.command("export")
@click.argument("conversation_ids", nargs=-1)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "jsonl"]),
    default="markdown",
    show_default=True,
    help="jsonl is OpenAI-style and can be imported again.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, not stdout.")
@click.option("--synthetic", is_flag=True,
              help="Where none is named, also those that a model played.")  # fmt: skip
def export(
    conversation_ids: tuple[str, ...], format_: str, out: Path | None, synthetic: bool
) -> None:
    """Print conversations, all of them or those named. A file is readable by you only.

    What a model played (persona-tui foil) is left out unless you ask for it or name it; it is marked
    as synthetic, and importing skips it.
    """
    from store import conversations, messages

    with journal() as store:
        chosen = (
            [conversations.get(store, name) for name in conversation_ids]
            if conversation_ids
            else conversations.list_all(store, synthetic=synthetic)
        )
        read = ((each, messages.active(store, each.conversation_id)) for each in chosen)
        if out is not None:
            as_text = as_markdown if format_ == "markdown" else as_jsonl
            _write(out, (as_text(*found) + "\n" for found in read), len(chosen))
            return
        for found in read:
            if format_ == "markdown":
                click.echo(visible(as_markdown(*found), newlines=True))
            else:
                emit(as_record(*found))


def _write(out: Path, texts: Iterator[str], count: int) -> None:
    from persona_tui.errors import UserError
    from persona_tui.paths import write_new_private

    try:
        write_new_private(out, (text.encode() for text in texts))
    except FileExistsError as error:
        raise click.UsageError(f"{out} exists already; name another file.") from error
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(f"Wrote {count} conversations to {out}.", err=True)
