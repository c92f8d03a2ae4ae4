"""``donate words``, ``redact``, ``preview``: what is blacked out, and the exact bytes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import journal, visible
from persona_tui.commands._donate import donation_config, pick

if TYPE_CHECKING:
    from persona_tui.jobs.donation.texts import Redacted


@click.command("words")
@click.option("--add", multiple=True, metavar="WORDS", help="Never give these words; '-' asks.")
@click.option("--remove", multiple=True, metavar="WORDS", help="Take words off the list.")
def words_command(add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Show and change your own list of words that are blacked out wherever they stand.

    Words given as arguments stay in your shell's history: '-' reads them from standard input, one a
    line.
    """
    from store import donations

    with journal() as store:
        for text in add:
            for one in sys.stdin.read().splitlines() if text == "-" else [text]:
                if one.strip():
                    donations.add_entry(store, one)
        for text in remove:
            if not donations.remove_entry(store, text):
                click.echo(f"Not on the list: {visible(text)}", err=True)
        for text, _ in donations.entries(store):
            click.echo(visible(text))


@click.command("redact")
@click.argument("place", required=False)
@click.option("--keep", multiple=True, metavar="WORDS", help="Do not black these words out.")
@click.option("--hide", multiple=True, metavar="WORDS", help="Black these words out, too.")
@click.option("--reset", is_flag=True, help="Take back what you said of this text.")
@click.option("--changed", is_flag=True, help="Only texts in which something is blacked out.")
def redact_command(
    place: str | None, keep: tuple[str, ...], hide: tuple[str, ...], reset: bool, changed: bool
) -> None:
    """Show the texts that would be given, and what is blacked out: [-gone-]{+instead+}.

    With PLACE (the first word of a line) and --keep or --hide you have the last word on one text.
    """
    from persona_tui.errors import UsageError
    from persona_tui.jobs.donation.donating import redaction
    from persona_tui.jobs.donation.edits import keep_words, reset_edits
    from persona_tui.jobs.donation.material import read_material

    config = donation_config()
    with journal() as store:
        found = pick(store, None)
        if place is not None and reset:
            reset_edits(store, found.donation_id, place)
        if place is not None and (keep or hide):
            material = read_material(store, found)
            keep_words(store, material, place, keep=keep, hide=hide)
        elif keep or hide:
            raise UsageError("Name the text: PLACE is the first word of its line.")
        texts = redaction(read_material(store, pick(store, found.donation_id)), config).texts
    shown = [one for one in texts if place in (None, one.text.place)]
    for one in shown:
        if changed and not one.changed:
            continue
        click.echo(f"{one.text.place}  ({one.text.title})")
        click.echo("  " + visible(_marked(one), newlines=True).replace("\n", "\n  "))
        if one.others:
            click.echo(f"  may speak of others: {visible(', '.join(one.others))}")
        if one.stale:
            click.echo("  held back: it reads otherwise than when you edited it; --reset it")
    if not shown:
        click.echo("No text would be given: the items are chosen at the level 'labels'.", err=True)


def _marked(one: Redacted) -> str:
    """With the very placeholders that would be given."""
    from persona_tui.jobs.donation.spans import pieces_of, stops_of

    signs = {"same": "{}", "kept": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    pieces = pieces_of(one.text.original, stops_of(one, ()))
    return "".join(signs[piece.look].format(piece.text) for piece in pieces)


@click.command("preview")
@click.argument("file", required=False)
@click.option("--find", metavar="TEXT", help="Lines of all files that hold this.")
@click.option("--delete-row", multiple=True, metavar="ROW", help="Take a row out, by its id.")
@click.option("--again", is_flag=True, help="Prepare anew: new random ids, new order.")
def preview_command(
    file: str | None, find: str | None, delete_row: tuple[str, ...], again: bool
) -> None:
    """Prepare the exact bytes and show them: the list of files, or one file as it is.

    Nothing is sent. What was signed is shown as it was signed.
    """
    from persona_tui.errors import UsageError
    from persona_tui.jobs.donation import donating
    from store import donations

    config = donation_config()
    with journal() as store:
        found = pick(store, None)
        for row in delete_row:
            if not donating.delete_row(store, found.donation_id, row):
                raise UsageError(f"There is no row {row!a} that can be taken out.")
        files = {} if again or delete_row else donations.files(store, found.donation_id)
        if not files:
            if found.status == "signed" and (again or delete_row):
                found = donations.unprepare(store, found.donation_id)
            found = donations.get(store, found.donation_id)
            prepared = donating.prepare(store, found, config)
            files = dict(prepared.files)
            for place in prepared.held_back:
                click.echo(f"Held back, it changed since you edited it: {place}", err=True)
            if not prepared.uses_ner and any(one.text for one in prepared.texts):
                click.echo(
                    "Names are found by rules and by your list only: the extra 'ner' finds more.",
                    err=True,
                )
    if find is not None:
        for path, data in files.items():
            if path.endswith(".parquet"):
                continue
            for number, line in enumerate(data.decode("utf-8").splitlines(), 1):
                if find.casefold() in line.casefold():
                    click.echo(f"{path}:{number}: {visible(line)}")
        return
    if file is not None:
        if file not in files:
            raise UsageError(f"There is no file {file!a} in it; without a name they are listed.")
        click.echo(files[file], nl=False)
        return
    for path, data in files.items():
        click.echo(f"{len(data):>9,} bytes  {path}")
