"""Importing a file, folder or zip into the store: batch by batch, with progress, stoppable.

Each batch is one transaction. Between two batches the caller may stop (by closing the generator):
what was reported so far is in the store, and importing again goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from persona_tui.errors import UserError
from persona_tui.importers.base import Skipped
from persona_tui.importers.detect import Import
from store.db import Store
from store.imports import upsert
from store.records import ConversationDraft, ImportCounts

BATCH_MESSAGES = 4_000
BATCH_CHARS = 4_000_000
"""A batch ends at whichever of the two comes first: bounded memory, and a stop within a second."""
MAX_SKIPPED = 1_000
"""So many skipped things are listed one by one; beyond it they are counted."""
_TELL_EVERY = 0.1
_WARM_UP = 0.5


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    format: str
    """A name from ``importers.base.FORMATS``, or ``mixed`` for a folder of several."""
    counts: ImportCounts
    skipped: tuple[Skipped, ...]
    skipped_more: int = 0
    """How many more were skipped than are listed."""
    seconds: float = 0.0

    @property
    def skipped_total(self) -> int:
        return len(self.skipped) + self.skipped_more

    @property
    def handled(self) -> int:
        """How many conversations were readable."""
        return self.counts.added + self.counts.updated + self.counts.unchanged

    def as_json(self) -> dict[str, object]:
        """The stable form that ``import --json`` prints."""
        return {
            "format": self.format,
            "conversations": {
                "added": self.counts.added,
                "updated": self.counts.updated,
                "unchanged": self.counts.unchanged,
            },
            "messages": {"added": self.counts.messages_added},
            "skipped": [
                {"position": item.position, "reason": item.reason} for item in self.skipped
            ],
            "skipped_total": self.skipped_total,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is. ``report`` is set on the last one only."""

    done: int
    """Bytes read."""
    total: int
    format: str
    file: str
    """The file that is being read."""
    counts: ImportCounts
    skipped: int
    seconds_left: float | None = None
    report: ImportReport | None = None


def import_path(
    store: Store,
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the name of the option
) -> Iterator[ImportProgress]:
    """Import everything at ``path``, yielding progress after every batch and now and then between.

    The last value carries the :class:`ImportReport`. Closing the generator stops the import;
    everything counted in the last progress is kept.

    Args:
        format: one of ``importers.base.FORMATS``; None to detect it.

    Raises:
        UserError: nothing is there, it cannot be read, or its format is not known.
        StoreError: the store cannot be written; batches reported before are kept.
    """
    return _Job(store, path, format).run()


class _Job:
    def __init__(self, store: Store, path: Path, name: str | None) -> None:
        self._store = store
        self._path = path
        self._name = name
        self._counts = ImportCounts()
        self._skipped: list[Skipped] = []
        self._more = 0
        self._batch: list[ConversationDraft] = []
        self._messages = 0
        self._chars = 0

    def run(self) -> Iterator[ImportProgress]:
        self._started = self._told = time.monotonic()
        self._source = Import(self._path, self._name)
        yield self._progress()
        for item in self._source:
            if isinstance(item, Skipped):
                self._skip(item)
            else:
                self._take(item)
            if self._messages >= BATCH_MESSAGES or self._chars >= BATCH_CHARS:
                self._save()
                yield self._progress()
            elif (now := time.monotonic()) - self._told > _TELL_EVERY:
                self._told = now
                yield self._progress()
        self._save()
        report = ImportReport(
            self._source.format,
            self._counts,
            tuple(self._skipped),
            self._more,
            time.monotonic() - self._started,
        )
        if not report.handled and not report.skipped_total:
            raise UserError(f"{self._path} holds no conversations; export your chats again.")
        yield self._progress(report)

    def _skip(self, item: Skipped) -> None:
        if len(self._skipped) < MAX_SKIPPED:
            self._skipped.append(item)
        else:
            self._more += 1

    def _take(self, draft: ConversationDraft) -> None:
        self._batch.append(draft)
        self._messages += len(draft.messages)
        self._chars += sum(len(message.text) for message in draft.messages)

    def _save(self) -> None:
        if self._batch:
            self._counts += upsert(self._store, self._batch)
        self._batch = []
        self._messages = self._chars = 0

    def _progress(self, report: ImportReport | None = None) -> ImportProgress:
        done, total = self._source.bytes_done, self._source.bytes_total
        passed = time.monotonic() - self._started
        left: float | None = None
        if report is not None:
            left = 0.0
        elif passed > _WARM_UP and done > 0:
            left = max(0.0, passed * (total - done) / done)
        return ImportProgress(
            done=min(done, total),
            total=total,
            format=self._source.format,
            file=self._source.current,
            counts=self._counts,
            skipped=len(self._skipped) + self._more,
            seconds_left=left,
            report=report,
        )
