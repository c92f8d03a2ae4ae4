"""What can go wrong with a pull request, in one sentence each: what, in what state it leaves things,
what to do."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from persona_tui.errors import UserError

Reason = Literal[
    "key", "read_only", "other_account", "no_repo", "no_requests", "forbidden", "taken", "already",
    "elsewhere", "insecure", "unreachable", "cut", "silent", "busy", "down", "refused", "ignored",
    "odd", "incomplete", "stopped", "died",
]  # fmt: skip
"""Why nothing more was done."""
Stage = Literal["start", "account", "looking", "requests", "sending", "opening", "checking"]
"""What is being done, in order. From ``sending`` on contents leave the machine (the first call has
a sample of each file); a pull request can be there only from ``opening`` on."""
State = Literal["nothing sent", "not opened", "open", "unknown"]
"""What the hub has: nothing of the files; some or all of their bytes, but no pull request; the pull
request; or one or the other."""


class PublishError(UserError):
    """Publishing did not come to its end. The sentence says in which :attr:`state` things are."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        state: State,
        url: str | None = None,
        exit_code: int | None = None,
    ) -> None:
        super().__init__(message, exit_code=exit_code)
        self.reason: Reason = reason
        self.state: State = state
        self.url = url
        """The pull request, if it is known to be there."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Everything that a sentence needs."""

    reason: Reason
    stage: Stage
    hub: str
    repo: str
    definite: bool = True
    """Whether the request that failed was certainly not carried out."""
    status: int = 0
    message: str = ""
    host: str = ""
    seconds: int = 0
    url: str | None = None


def state_of(trouble: Trouble) -> State:
    """What the hub has after ``trouble``."""
    if trouble.url is not None and trouble.reason != "already":
        return "open"
    if trouble.stage == "checking":
        return "open"
    if trouble.stage == "opening":
        return "not opened" if trouble.definite else "unknown"
    return "not opened" if trouble.stage == "sending" else "nothing sent"


def error_of(trouble: Trouble) -> PublishError:
    """The exception with its sentence."""
    state = state_of(trouble)
    what, remedy = _what(trouble)
    message = f"{what}, so {_STATES[state].format(**_names(trouble))}; {remedy}."
    return PublishError(
        message,
        reason=trouble.reason,
        state=state,
        url=trouble.url if trouble.reason != "already" else None,
        exit_code=130 if trouble.reason == "stopped" else None,
    )


_STATES: dict[State, str] = {
    "nothing sent": "nothing of the files was sent",
    "not opened": "no pull request was opened, although {host} may have got bytes of the files",
    "unknown": "it is not known whether a pull request was opened",
    "open": "the pull request stands as it is ({url})",
}


def _names(trouble: Trouble) -> dict[str, str]:
    return {"host": host_of(trouble.hub), "url": trouble.url or requests_page(trouble)}


def requests_page(trouble: Trouble) -> str:
    """Where the repository's pull requests are listed."""
    return f"{trouble.hub}/datasets/{trouble.repo}/discussions"


def _what(trouble: Trouble) -> tuple[str, str]:
    hub, repo, host = host_of(trouble.hub), trouble.repo, trouble.host or host_of(trouble.hub)
    again = "try again later"
    if state_of(trouble) in ("unknown", "open"):
        again = f"look at {trouble.url or requests_page(trouble)} before you try again"
    said = f" ({trouble.status}: {trouble.message})" if trouble.message else f" ({trouble.status})"
    match trouble.reason:
        case "key":
            return f"{hub} did not accept the key", "make a new one there and try again"
        case "read_only":
            return "The key may only read", f"make one with the right to write at {hub}"
        case "other_account":
            return (
                "The key belongs to another account than the one that was shown",
                "begin again, and look whose name becomes public",
            )
        case "no_repo":
            return (
                f"{hub} has no dataset repository {repo}, or does not show it to this account",
                "check the name",
            )
        case "no_requests":
            return f"{repo} takes no pull requests{said}", "ask its owners how to hand over"
        case "forbidden":
            return (
                f"{hub} does not let this key open a pull request at {repo}{said}",
                "make a key with the right to write, or ask the owners whether they take them",
            )
        case "taken":
            return f"{repo} already has a folder of that name", "ask its owners whether they got it"
        case "already":
            return (
                f"This donation is already in a pull request ({trouble.url})",
                "close that one first if you want to send it again",
            )
        case "elsewhere":
            return f"{host} answered with another address, which is not followed", (
                f"check whether {repo} has moved"
            )
        case "insecure":
            return f"{hub} wanted the files at {host} without encryption", "tell those who run it"
        case "unreachable":
            return f"{host} cannot be reached", f"check the connection and {again}"
        case "cut":
            return f"The connection to {host} was cut", again
        case "silent":
            return f"{host} did not answer in time", again
        case "busy":
            wait = f"in {trouble.seconds} seconds" if trouble.seconds else "later"
            return f"{host} takes no more requests for now ({trouble.status})", f"try again {wait}"
        case "down":
            return f"{host} is out of order ({trouble.status})", again
        case "refused":
            return f"{host} refused{said}", "ask the owners of the repository what they take"
        case "ignored":
            return f"{repo} would leave out some of the files", "ask its owners to take them"
        case "incomplete":
            return (
                "The hub does not show every file as it was sent",
                "close the pull request and try again",
            )
        case "odd":
            return f"{host} answered with something that is not understood", again
        case "stopped":
            return "Stopped", "publish again when you like" if again == "try again later" else again
        case "died":
            return "The process that sends ended by itself", again


def host_of(address: str) -> str:
    """Host and port of an address: the name in sentences."""
    return address.split("://", 1)[-1].split("/", 1)[0]


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine: plain http is allowed there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
