"""Giving what was signed: as a file, as a pull request; and writing the request that withdraws it.

Whatever leaves is entered in the ledger before, and stays there where it left in spite of an error.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.leaving import arrived, failed, leave, stayed
from persona_tui.paths import private_dir, write_new_private
from store.donations import Donation

if TYPE_CHECKING:
    from models.secrets import Secret, Secrets
    from persona_tui.db import StoreThread
    from persona_tui.donation.publish import Plan, Progress, Published

MOST_COPIES = 1000


def place_of(folder: Path, donation: Donation) -> Path:
    """Where a donation is written if nothing else is said: a file that is not there yet."""
    name = donation.bundle_name or "persona-donation"
    return _free(folder, name, ".zip")


def _free(folder: Path, name: str, suffix: str) -> Path:
    for number in range(1, MOST_COPIES):
        path = folder / (f"{name}{suffix}" if number == 1 else f"{name}-{number}{suffix}")
        if not path.exists():
            return path
    raise UserError(f"There are too many copies in {folder}; remove some.")


def target_of(typed: str, donation: Donation) -> Path:
    """The file meant by what was typed: a directory takes the donation's own name."""
    path = Path(typed).expanduser()
    return place_of(path, donation) if path.is_dir() else path


async def write_file(db: StoreThread, donation_id: str, target: Path, own: Path) -> Path:
    """Write what was signed as one zip file, and enter it in the ledger. ``own``: the program's own
    directory for donations, which is made where it is meant.

    Raises :class:`UserError`: it cools off still, or cannot be written there.
    """
    from persona_tui.donation import bundle

    leaving = await db.run(leave, donation_id, f"a file: {target.name}")

    def write() -> Path:
        if target.parent == own:
            private_dir(own)
        return bundle.write(leaving.files, target.absolute(), zipped=True)

    try:
        return await asyncio.to_thread(write)
    except (UserError, OSError):
        await db.run(stayed, leaving)
        raise


async def write_request(db: StoreThread, donation_id: str, folder: Path) -> tuple[Donation, Path]:
    """Withdraw a donation: a new file in ``folder`` with the request."""
    donation, request = await db.run(donating.withdraw, donation_id)
    path = _free(folder, f"withdraw-{donation.bundle_name}", ".json")

    def write() -> None:
        private_dir(folder)
        write_new_private(path, [request])

    try:
        await asyncio.to_thread(write)
    except OSError as error:
        raise UserError(
            f"It is withdrawn here, but {path} could not be written ({error.strerror}); make room "
            "and write the request again."
        ) from error
    return donation, path


# --- publishing ---------------------------------------------------------------------------------


def plan_for(
    files: Mapping[str, bytes], donation: Donation, repo: str, endpoint: str | None
) -> Plan:
    """What a pull request would hold. Opens no connection. Raises :class:`UsageError`."""
    from persona_tui.donation import publish

    folder = publish.folder_of(donation.bundle_name or "not-prepared")
    return publish.plan(files, repo=repo, path_in_repo=folder, endpoint=endpoint)


def key_from(secrets: Secrets, name: str | None) -> Secret | None:
    """The hub key of that name, if there is one. May wait for a keyring or a helper."""
    from models.secrets import Secret

    found = secrets.get(name) if name is not None else None
    return Secret(found) if found else None


async def publish(
    db: StoreThread,
    donation: Donation,
    plan: Plan,
    key: Secret,
    *,
    account: str,
    stop: threading.Event,
    on_progress: Callable[[Progress], None],
) -> Published:
    """Open the pull request with the very bytes that were signed, and enter it in the ledger.

    Raises :class:`UserError`, whose sentence says whether there is a pull request.
    """
    from persona_tui.donation import publish as hub

    leaving = await db.run(leave, donation.donation_id, f"a pull request to {plan.repo}")
    work = partial(
        hub.publish,
        leaving.files,
        repo=plan.repo,
        path_in_repo=plan.folder,
        token=key,
        endpoint=plan.hub,
        account=account,
        stop=stop,
        on_progress=on_progress,
    )
    try:
        done = await asyncio.to_thread(work)
    except UserError as error:
        await db.run(failed, leaving, error)
        raise
    if done.url:
        await db.run(arrived, leaving, done.url)
    return done
