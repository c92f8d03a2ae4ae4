"""A donation as a pull request to a dataset repository on the hub.

:func:`plan` says exactly what would be sent and opens no connection (it does not even import
huggingface_hub, whose own first call already sends a sample of each file); :func:`who_am_i` says
whose name becomes public; :func:`publish` opens the pull request. Only the files that are given are
sent, into one new folder; nothing of the repository is changed or deleted.

These functions block; from an event loop run them in a thread. To stop, set ``stop``.
"""

from __future__ import annotations

import base64
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.secrets import Secret
from models.wire import Frame
from persona_tui.donation.publish_plan import Item, Plan, checked_hub, folder_of, plan
from persona_tui.donation.publish_process import StoppedError, talk
from persona_tui.donation.publish_words import (
    PublishError,
    Reason,
    Stage,
    State,
    Trouble,
    error_of,
)
from persona_tui.errors import UsageError, UserError

__all__ = [
    "Account",
    "Item",
    "Plan",
    "Progress",
    "PublishError",
    "Published",
    "Reason",
    "Stage",
    "State",
    "folder_of",
    "plan",
    "publish",
    "who_am_i",
]

SILENCE = 120.0
"""Seconds without a byte after which the hub counts as silent; a commit may take it a while."""
LOOK_SECONDS = 15.0
"""How long to find out, after a stop, whether the pull request was opened."""
_STAGES: tuple[Stage, ...] = (
    "start", "account", "looking", "requests", "sending", "opening", "checking",
)  # fmt: skip


_KEY = re.compile(r"[!-~]{1,8192}")


@dataclass(frozen=True, slots=True)
class Account:
    """Whose key it is. The name stands beside the pull request, for everybody to see."""

    name: str
    may_write: bool | None
    """Whether the key says that it may write; ``None``: it depends (fine-grained keys)."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the work is; ``done`` of ``total`` bytes of the request under way."""

    stage: Stage
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it."""

    plan: Plan
    url: str | None
    """The pull request; ``None`` after a dry run."""
    commit: str | None
    """The commit in it; ``None`` as well if the hub's answer got lost."""
    account: str | None
    checked: bool
    """Whether the hub was seen to hold every file as it was sent."""


def who_am_i(
    token: str | Secret, endpoint: str | None = None, *, stop: threading.Event | None = None
) -> Account:
    """The account that ``token`` belongs to. Sends the key and nothing else."""
    token = _hidden(token)
    _checked_key(token)
    hub = checked_hub(endpoint)
    _not_offline()
    run = _Run(hub, "", None)
    done = run.carry_out({"op": "who"}, token, stop)
    role = done["role"]
    return Account(done["name"], {"write": True, "read": False}.get(role))


def publish(
    files: Mapping[str, bytes],
    *,
    repo: str,
    path_in_repo: str,
    token: str | Secret,
    endpoint: str | None = None,
    dry_run: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    account: str | None = None,
    stop: threading.Event | None = None,
) -> Published:
    """Open a pull request that adds ``files`` under ``path_in_repo``.

    ``account`` is the name that the person was shown: if the key belongs to another by now, nothing
    is sent. Setting ``stop``, or Ctrl+C, ends it at once.

    Raises :class:`UsageError` (nothing was tried) and :class:`PublishError`, whose sentence and
    ``state`` say whether there is a pull request.
    """
    token = _hidden(token)
    _checked_key(token)
    planned = plan(files, repo=repo, path_in_repo=path_in_repo, endpoint=endpoint)
    if dry_run:
        return Published(planned, None, None, None, checked=False)
    _not_offline()
    order: Frame = {
        "op": "publish",
        "folder": planned.folder,
        "title": planned.title,
        "description": planned.description,
        "account": account,
        "files": {
            f"{path_in_repo}/{path}": base64.b64encode(content).decode("ascii")
            for path, content in files.items()
        },
    }
    run = _Run(planned.hub, repo, on_progress)
    done = run.carry_out(order, token, stop)
    return Published(planned, done["url"], done["commit"], done["account"], checked=done["checked"])


class _Run:
    """One process: how far it came, and what to say if it came no further."""

    def __init__(self, hub: str, repo: str, on_progress: Callable[[Progress], None] | None) -> None:
        self._hub = hub
        self._repo = repo
        self._on_progress = on_progress
        self._stage: Stage = "start"
        self._url: str | None = None

    def carry_out(self, order: Frame, key: Secret, stop: threading.Event | None) -> Frame:
        """The last frame of ``order``, or :class:`PublishError`."""
        full = {**order, "hub": self._hub, "repo": self._repo, "silence": SILENCE}
        reason: Reason = "died"
        try:
            done = talk(full, key, on_frame=self._take, stop=stop)
        except (StoppedError, KeyboardInterrupt):
            done, reason = None, "stopped"
        except OSError as error:
            raise UserError(
                f"The process that sends cannot be started ({error.strerror}); nothing was sent."
            ) from None
        if done is not None and done["event"] == "done":
            return done
        if done is not None:
            facts = {name: value for name, value in done.items() if name != "event"}
            raise error_of(Trouble(hub=self._hub, repo=self._repo, **facts))
        if self._stage == "opening" and self._url is None:
            self._url = self._opened(full, key)
        raise error_of(
            Trouble(reason, self._stage, self._hub, self._repo, definite=False, url=self._url)
        )

    def _opened(self, order: Frame, key: Secret) -> str | None:
        """The pull request that a killed process left behind, as far as can be found out."""
        try:
            found = talk(
                {**order, "op": "find", "files": {}},
                key,
                on_frame=lambda _: None,
                seconds=LOOK_SECONDS,
            )
        except (StoppedError, OSError):
            return None
        return found.get("url") if found is not None else None

    def _take(self, frame: Frame) -> None:
        done = total = 0
        if frame["event"] == "open":
            self._url = frame["url"]
        elif frame["event"] == "stage":
            self._stage = max(self._stage, frame["stage"], key=_STAGES.index)
        else:
            done, total = frame["done"], frame["total"]
        if self._on_progress is not None:
            self._on_progress(Progress(self._stage, done, total))


def _hidden(token: str | Secret) -> Secret:
    """``token`` as something that no traceback with variables in it shows."""
    return token if isinstance(token, Secret) else Secret(token.strip())


def _checked_key(key: Secret) -> None:
    if not _KEY.fullmatch(key.reveal()):
        raise UsageError("The hub key is empty or holds characters that no key has; copy it again.")


def _not_offline() -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            raise UserError(f"{name} is set, so nothing was sent; unset it to publish.")
