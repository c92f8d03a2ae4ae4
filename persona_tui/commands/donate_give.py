"""``donate sign``, ``cancel``, ``bundle``, ``publish``, ``withdraw``, ``ledger``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from persona_tui.commands._common import confirm, emit, journal, visible
from persona_tui.commands._donate import donation_config, pick, state


@click.command("sign")
@click.option("--agree", multiple=True, type=int, metavar="N",
              help="Agree to statement N without being asked.")  # fmt: skip
def sign_command(agree: tuple[int, ...]) -> None:
    """Read the consent, agree to each statement, sign. Nothing leaves before the cooling-off time."""
    from persona_tui.donation import consent
    from persona_tui.errors import UserError
    from persona_tui.jobs.donation import donating
    from persona_tui.jobs.donation.desk import level_of

    config = donation_config()
    with journal() as store:
        found = pick(store, None)
        asked = consent.statements(level_of(store, found))
        click.echo(consent.text_of())
        click.echo(f"Licence: {consent.LICENSE_NAMES[found.license]}\n")
        ticked = []
        for number, statement in enumerate(asked, 1):
            click.echo(f"{number}. {statement}")
            if number in agree or (
                sys.stdin.isatty() and click.confirm("   Do you agree?", default=False, err=True)
            ):
                ticked.append(statement)
        if len(ticked) < len(asked):
            missing = len(asked) - len(ticked)
            raise UserError(
                f"Not signed: {missing} of {len(asked)} statements were not agreed to; nothing "
                "is given."
            )
        done = donating.sign(store, found.donation_id, ticked, config, seen=found.manifest_sha256)
    click.echo(f"\nS{state(done)[1:]}; 'donate cancel' takes it back.")


@click.command("cancel")
def cancel_command() -> None:
    """Take the signature back. What you chose stays in the draft."""
    from persona_tui.jobs.donation import donating

    with journal() as store:
        donating.cancel(store, pick(store, None).donation_id)
    click.echo("Cancelled. Nothing was given; what you chose is still in the draft.")


@click.command("bundle")
@click.argument("donation_id", required=False, metavar="[ID]")
@click.option("--out", type=click.Path(path_type=Path), help="A new file, or directory.")
@click.option("--folder", is_flag=True, help="A directory instead of one zip file.")
def bundle_command(donation_id: str | None, out: Path | None, folder: bool) -> None:
    """Write what you signed as a file to hand over, and enter it in the ledger."""
    from persona_tui.donation import bundle as bundles
    from persona_tui.errors import UserError
    from persona_tui.jobs.donation.leaving import leave, stayed

    with journal() as store:
        found = pick(store, donation_id)
        target = out or Path(f"{found.bundle_name}{'' if folder else '.zip'}")
        leaving = leave(store, found.donation_id, f"a file: {target.name}")
        try:
            written = bundles.write(leaving.files, target.expanduser(), zipped=not folder)
        except UserError:
            stayed(store, leaving)
            raise
    click.echo(f"Written to {visible(str(written))}: hand it over to whom you chose.")
    click.echo(f"'persona-tui donate withdraw {found.donation_id}' takes it back.", err=True)


@click.command("publish")
@click.argument("donation_id", required=False, metavar="[ID]")
@click.option("--repo", metavar="OWNER/NAME", help="The dataset repository.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; open no connection.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def publish_command(donation_id: str | None, repo: str | None, dry_run: bool, yes: bool) -> None:
    """Open a pull request with what you signed. Your account's name is public with it."""
    from persona_tui.commands.donate_publish import run_publish

    run_publish(donation_id, repo, dry_run=dry_run, yes=yes)


@click.command("withdraw")
@click.argument("donation_id", metavar="ID")
@click.option("--out", type=click.Path(path_type=Path), help="Where the request is written.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def withdraw_command(donation_id: str, out: Path | None, yes: bool) -> None:
    """Withdraw a donation: writes the request that those who hold it can verify."""
    from persona_tui.errors import UserError
    from persona_tui.jobs.donation import donating
    from persona_tui.paths import write_new_private

    with journal() as store:
        found = pick(store, donation_id)
        confirm(f"Withdraw the donation {state(found)}?", yes=yes)
        target = out or Path(f"withdraw-{found.bundle_name}.json")
        made, request = donating.withdraw(store, found.donation_id)
        try:
            write_new_private(target, [request])
        except FileExistsError as error:
            raise UserError(f"{target} exists already; name another file with --out.") from error
        except OSError as error:
            # Withdrawn it is: what is missing is the request, and the same verb writes it.
            raise UserError(
                f"The request could not be written to {target} ({error.strerror}), and without it "
                "nobody knows of the withdrawal: name another file with --out."
            ) from error
    click.echo(f"Written to {visible(str(target))}.")
    click.echo(
        f"Send it to those who hold the donation ({visible(made.destination or '?')}): only it proves "
        "that you gave it. Copies that others made cannot be recalled."
    )


@click.command("ledger")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; never the token.")
def ledger_command(as_json: bool) -> None:
    """List your donations: drafts, signed, given, withdrawn."""
    from store import donations

    with journal() as store:
        found = donations.list_all(store)
    for one in found:
        if as_json:
            emit(
                {
                    "donation_id": one.donation_id, "status": one.status, "license": one.license,
                    "bundle": one.bundle_name, "counts": dict(one.counts),
                    "signed_at": one.signed_at, "release_at": one.release_at,
                    "given_at": one.given_at, "destination": one.destination,
                    "withdrawn_at": one.withdrawn_at, "manifest_sha256": one.manifest_sha256,
                }
            )  # fmt: skip
        else:
            rows = sum(one.counts.values())
            click.echo(f"{one.donation_id}  {rows:>6,} rows  {state(one)}")
    if not found and not as_json:
        click.echo("You have given nothing, and nothing is under way.", err=True)
