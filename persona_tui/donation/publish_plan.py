"""What a pull request would hold, made without a connection: the dry run.

huggingface_hub is not even imported here: its own first call already sends a sample of each file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from models.download import hub_address
from persona_tui.donation.publish_words import is_loopback
from persona_tui.errors import UsageError

MOST_FILES = 100
MOST_BYTES = 500_000_000

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_FOLDER = re.compile(r"data/[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """One file as it would lie in the repository."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would be sent, apart from the key. Made without a connection."""

    hub: str
    """Address of the hub."""
    repo: str
    folder: str
    title: str
    description: str
    items: tuple[Item, ...]

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(item.bytes for item in self.items)


def folder_of(bundle_name: str) -> str:
    """Where a bundle lies in the repository."""
    return f"data/{bundle_name}"


def plan(
    files: Mapping[str, bytes], *, repo: str, path_in_repo: str, endpoint: str | None = None
) -> Plan:
    """What :func:`publish` would send. Opens no connection. :class:`UsageError` if a name will not
    do."""
    hub = checked_hub(endpoint)
    if not _REPO.fullmatch(repo) or len(repo) > 96 or "--" in repo or ".." in repo:
        raise UsageError(
            f"{repo!r} is not the name of a dataset repository; it looks like owner/name."
        )
    if not _FOLDER.fullmatch(path_in_repo) or ".." in path_in_repo:
        raise UsageError(
            f"{path_in_repo!r} is not a folder for a donation; it looks like data/name-of-bundle."
        )
    for path in files:
        if not all(_PART.fullmatch(part) for part in path.split("/")):
            raise UsageError(f"A donation cannot hold a file named {path!r}; build it again.")
    total = sum(map(len, files.values()))
    if not files or len(files) > MOST_FILES or total > MOST_BYTES:
        raise UsageError(
            f"A donation is between 1 and {MOST_FILES} files and at most {MOST_BYTES // 10**6} MB, "
            f"and this has {len(files)} files and {total // 10**6} MB; give it in parts."
        )
    if len({path.lower() for path in files}) < len(files):
        raise UsageError("Two files differ only in upper and lower case; build the bundle again.")
    items = tuple(
        Item(f"{path_in_repo}/{path}", len(content), hashlib.sha256(content).hexdigest())
        for path, content in sorted(files.items())
    )
    name = path_in_repo.rsplit("/", 1)[1]
    description = (
        "One person's judgments about what language models inferred about them, given to research. "
        "Pseudonymised, reduced risk; licence and consent are in `consent.json`.\n\n"
        f"Adds {len(items)} files under `{path_in_repo}/` and changes nothing else."
    )
    manifest = next((one.sha256 for one in items if one.path.endswith("/manifest.json")), None)
    if manifest:
        description += f"\n\nSHA-256 of `manifest.json`: `{manifest}`"
    return Plan(hub, repo, path_in_repo, f"Donation {name}", description, items)


def checked_hub(endpoint: str | None) -> str:
    """The address of the hub, if a key may be sent there."""
    address = hub_address(endpoint)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = bool(address.isascii() and address.isprintable() and " " not in address)
    if not host or not plain or parts.scheme not in ("http", "https"):
        raise UsageError("The address of the hub is not an https:// address; see HF_ENDPOINT.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "The address of the hub holds a login or a query; give the bare address (HF_ENDPOINT)."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"A donation is not sent to {host} over plain http, where others can read the key; use "
            "https (HF_ENDPOINT)."
        )
    return address
