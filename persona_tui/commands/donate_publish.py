"""``persona-tui donate publish``: a pull request with what was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import confirm, journal, visible
from persona_tui.commands._donate import pick

if TYPE_CHECKING:
    from persona_tui.donation.publish import Plan, Progress


def run_publish(donation_id: str | None, repo: str | None, *, dry_run: bool, yes: bool) -> None:
    """Say what would be sent and whose name becomes public; ask; send; enter it in the ledger."""
    from persona_tui.config import load_settings
    from persona_tui.donation import publish
    from persona_tui.errors import UsageError, UserError
    from persona_tui.jobs.donation import donating
    from persona_tui.jobs.donation.leaving import arrived, failed, leave
    from persona_tui.paths import default_paths
    from store import donations

    settings = load_settings(default_paths())
    repo = repo or settings.donation.repository
    if repo is None:
        raise UsageError("Which repository? --repo OWNER/NAME, or the setting donation.repository.")
    with journal() as store:
        found = pick(store, donation_id)
        files = (
            donations.files(store, found.donation_id)
            if dry_run
            else donating.released(store, found.donation_id)
        )
        folder = publish.folder_of(found.bundle_name or "not-prepared")
        endpoint = settings.downloads.endpoint
        show_plan(publish.plan(files, repo=repo, path_in_repo=folder, endpoint=endpoint))
        if dry_run:
            click.echo("Nothing was sent, and no connection was opened.")
            return
        key = hub_key(settings.donation.key)
        account = publish.who_am_i(key, endpoint)
        click.echo(
            f"The pull request will be public under the name of your account: {visible(account.name)}."
        )
        confirm("Open it?", yes=yes)
        leaving = leave(store, found.donation_id, f"a pull request to {repo}")
        try:
            done = publish.publish(
                leaving.files, repo=repo, path_in_repo=folder, token=key, endpoint=endpoint,
                account=account.name, on_progress=_tell,
            )  # fmt: skip
        except UserError as error:
            failed(store, leaving, error)
            raise
        if done.url:
            arrived(store, leaving, done.url)
    click.echo(f"Opened: {done.url}" if done.url else "Opened.")
    if not done.checked:
        click.echo("The hub did not confirm every file; look at the page.", err=True)


def hub_key(name: str | None) -> str:
    """The key to publish with: by its name, else asked for, masked, for this time only."""
    import sys

    from models.secrets import Secrets
    from persona_tui.config import load_settings
    from persona_tui.errors import UserError
    from persona_tui.paths import default_paths

    if name is not None:
        found = Secrets(load_settings(default_paths()).keys).get(name)
        if found:
            return found
    if not sys.stdin.isatty():
        raise UserError(
            "No hub key: name one with the setting donation.key, so that it is found in the "
            "environment, by your helper command or in the keyring."
        )
    return str(click.prompt("Hub key (not shown, not kept)", hide_input=True, err=True))


def show_plan(plan: Plan) -> None:
    """Everything that would be sent."""
    click.echo(f"To {plan.hub}, dataset {plan.repo}, as a pull request:")
    click.echo(f"  {visible(plan.title)}")
    for item in plan.items:
        click.echo(f"  {item.bytes:>9,} bytes  {item.path}  sha256 {item.sha256[:16]}…")


def _tell(progress: Progress) -> None:
    click.echo(f"  {progress.stage} …", err=True)
