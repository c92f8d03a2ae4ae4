"""``persona-tui profile``: what an assistant may know about you, as text."""

from __future__ import annotations

import json
from pathlib import Path

import click

from persona_tui.commands._common import journal


@click.command("profile")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A new file, not stdout."
)
@click.option(
    "--with-never",
    is_flag=True,
    help="Also list what must never be used. Do not paste that list: it tells what it forbids.",
)
def command(as_json: bool, out: Path | None, with_never: bool) -> None:
    """Print your corrected profile, to paste into an assistant's custom instructions.

    In it is what you judged ok, with your corrections and your own sentences. What you have not
    judged, or judged unsure or bad, is not in it; what you said must never be used is not either.
    """
    from persona_tui.stages.profile import as_record, as_text, build_profile
    from store import attributes
    from widgets.safe import plain

    with journal() as store:
        profile = build_profile(attributes.list_all(store))
    if as_json:
        text = json.dumps(as_record(profile, with_never=with_never), ensure_ascii=False) + "\n"
    else:
        text = plain(as_text(profile, with_never=with_never))
    if out is None:
        click.echo(text, nl=False)
    else:
        from persona_tui.errors import UserError
        from persona_tui.paths import write_new_private

        try:
            write_new_private(out, [text.encode("utf-8", "backslashreplace")])
        except FileExistsError as error:
            raise UserError(
                f"{out} exists already and was left as it is; name another file."
            ) from error
        except OSError as error:
            raise UserError(f"{out} cannot be written: {error.strerror}.") from error
        click.echo(
            f"Wrote {len(profile.welcome) + len(profile.ask)} statements to {out}.", err=True
        )
    if profile.unjudged:
        click.echo(
            f"{profile.unjudged} attributes are not judged yet and not in it: "
            "'persona-tui review --plain' asks about them.",
            err=True,
        )
    elif not (profile.welcome or profile.ask):
        click.echo(
            "Nothing is in your profile yet: import or chat, then 'persona-tui extract' and "
            "'persona-tui review'.",
            err=True,
        )
