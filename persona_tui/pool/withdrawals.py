"""Requests to be left out: only who knows the token of a donation can withdraw it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from persona_tui.donation.withdrawal import SIZE_LIMIT, Withdrawal, parse, verify
from persona_tui.errors import UserError


@dataclass(frozen=True, slots=True)
class Requests:
    """Withdrawal requests by the contributor whom they name."""

    by_contributor: Mapping[str, Sequence[bytes]]

    def covers(self, contributor: Mapping[str, object]) -> bool:
        """Whether a request for this contributor holds the right token."""
        asked = self.by_contributor.get(str(contributor["contributor_id"]), ())
        return any(verify(one, contributor) for one in asked)

    def forged(self, contributor: Mapping[str, object]) -> bool:
        """Whether a request names this contributor and none has the right token."""
        return str(contributor["contributor_id"]) in self.by_contributor and not self.covers(
            contributor
        )


def read_requests(paths: Iterable[Path]) -> Requests:
    """Read request files, and all ``*.json`` of directories and of what lies in them.

    A request that cannot be read stops the run: to pass it over would release what its giver took
    back. Raises :class:`~persona_tui.errors.UserError`.
    """
    found: dict[str, list[bytes]] = {}
    for path in _files(paths):
        try:
            with path.open("rb") as file:
                data = file.read(SIZE_LIMIT + 1)
            asked: Withdrawal = parse(data)
        except OSError as error:
            raise UserError(
                f"The withdrawal request {path} cannot be read ({error.strerror}): mend or remove it."
            ) from error
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
        found.setdefault(asked.contributor_id, []).append(data)
    return Requests(found)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*"))
            yield from (one for one in inside if one.suffix.lower() == ".json" and not one.is_dir())
        else:
            yield path
