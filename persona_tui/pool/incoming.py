"""Which bundles are taken: verified ones, each once, none that was withdrawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from persona_tui.donation.reading import BundleError, ReadBundle, open_tables
from persona_tui.errors import UserError
from persona_tui.pool.withdrawals import Requests

MANIFEST = "manifest.json"


@dataclass(slots=True)
class Incoming:
    """Goes through bundles once and keeps account. What was left out is told to whoever runs it and
    is counted nowhere in the release."""

    requests: Requests
    workdir: Path
    refused: list[str] = field(default_factory=list)
    """One sentence for each bundle that is not as it must be."""
    withdrawn: int = 0
    duplicates: int = 0
    warnings: list[str] = field(default_factory=list)
    _seen: dict[str, str] = field(default_factory=dict)

    def accepted(self, paths: Iterable[Path]) -> Iterator[ReadBundle]:
        """The bundles to take, in the order given; each is closed when the next is asked for. Of two
        with one ``contributor_id`` the first is kept."""
        for path in find_bundles(paths):
            try:
                bundle = open_tables(path, workdir=self.workdir)
            except BundleError as error:
                self.refused.append(str(error))
                continue
            with bundle:
                if self._is_wanted(bundle):
                    yield bundle

    def _is_wanted(self, bundle: ReadBundle) -> bool:
        who = str(bundle.contributor["contributor_id"])
        if self.requests.covers(bundle.contributor):
            self.withdrawn += 1
            return False
        if who in self._seen:
            self.duplicates += 1
            if self._seen[who] != _digest(bundle):
                self.warnings.append(
                    f"Two different bundles are of {who}: the first was kept, one of them was changed "
                    "by somebody."
                )
            return False
        if self.requests.forged(bundle.contributor):
            self.warnings.append(
                f"A withdrawal request for {who} does not hold the token of the donation: it was not "
                "followed."
            )
        self._seen[who] = _digest(bundle)
        return True


def find_bundles(paths: Iterable[Path]) -> Iterator[Path]:
    """Bundles themselves, and what lies in a directory of them (not deeper): each zip and each
    directory is taken for one, and refused if it is none."""
    for path in paths:
        if not path.exists():
            raise UserError(f"There is no bundle at {path}: check the name.")
        if not path.is_dir() or (path / MANIFEST).exists():
            yield path
            continue
        inside = [
            one
            for one in sorted(path.iterdir())
            if one.suffix == ".zip" or (one.is_dir() and not one.name.startswith("."))
        ]
        if not inside:
            raise UserError(
                f"{path} is no bundle and holds none: a bundle has a {MANIFEST}, or is a .zip."
            )
        yield from inside


def _digest(bundle: ReadBundle) -> str:
    """The same for a directory and a zip of the same files."""
    files = json.dumps(bundle.manifest["files"], sort_keys=True)
    return hashlib.sha256(files.encode()).hexdigest()
