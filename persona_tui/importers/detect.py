"""Which format a file is in, and everything in it, as one stream."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from persona_tui.errors import UsageError, UserError
from persona_tui.importers.base import FORMAT_HELP, FORMATS, Read, Record, Sample, Skipped
from persona_tui.importers.chatgpt import ChatGptImporter
from persona_tui.importers.claude import ClaudeImporter
from persona_tui.importers.drafts import Identities
from persona_tui.importers.llm_logs import LlmImporter
from persona_tui.importers.markdown import MarkdownImporter
from persona_tui.importers.records import Records
from persona_tui.importers.source import Opened, ReadError, TextStream, open_source
from persona_tui.importers.turns import OpenAiImporter, ShareGptImporter, WildChatImporter
from store.records import ConversationDraft, Source


class Importer(Protocol):
    """One format."""

    name: Source

    def sniff(self, sample: Sample) -> float:
        """How sure it is that the file is in its format: 0 (no) to 1 (certain)."""
        ...

    def read(self, opened: Opened) -> Iterator[Read]:
        """Yield every conversation, and what had to be skipped, in the file's order.

        Raises:
            UserError: the file as a whole cannot be read (never for one bad record).
        """
        ...


_CLASSES = (
    ChatGptImporter,
    ClaudeImporter,
    WildChatImporter,
    ShareGptImporter,
    OpenAiImporter,
    LlmImporter,
    MarkdownImporter,
)
_SAMPLE_RECORDS = 5
_SAMPLE_TRIES = 20


def importer(name: str, identities: Identities | None = None) -> Importer:
    """The importer of a format; raises :class:`UsageError` for a name that is none."""
    for cls in _CLASSES:
        if cls.name == name:
            return cls(identities)
    raise UsageError(f"There is no format '{name}'; the formats are {', '.join(FORMATS)}.")


def sample_of(opened: Opened) -> Sample:
    """The beginning of a file as detection looks at it; raises ``ReadError``."""
    head = opened.head()
    binary = head.startswith((b"SQLite format 3\x00", b"PAR1"))
    if binary:
        return Sample(opened.name, head, "")
    text = ""
    with contextlib.suppress(UnicodeError), opened.stream() as stream:
        text = TextStream(stream, opened.encoding()).read(len(head))
    sample = Sample(opened.name, head, text)
    if text.lstrip("\ufeff \t\r\n\x00,")[:1] in ("{", "["):
        records = islice(Records(opened, lambda _: True), _SAMPLE_TRIES)
        values = (record.value for record in records if isinstance(record, Record))
        sample.records.extend(islice(values, _SAMPLE_RECORDS))
    opened.bytes_done = 0
    return sample


def detect(opened: Opened, format: str | None = None) -> Importer | None:  # noqa: A002
    """The importer for a file: the one that was asked for, else the one that is surest."""
    if format is not None:
        return importer(format)
    try:
        sample = sample_of(opened)
    except ReadError:
        return None
    if sample.head.startswith(b"PAR1"):
        return WildChatImporter()
    best = max((cls() for cls in _CLASSES), key=lambda one: one.sniff(sample))
    return best if best.sniff(sample) > 0.2 else None


class Import:
    """Everything at a path: iterate it for conversations and for what was skipped.

    Attributes:
        format: the format that was detected or asked for; ``mixed`` if the files differ.
        bytes_done, bytes_total: progress of the reading.

    Raises:
        UserError: nothing is there, it cannot be read, or its format is not known.
        UsageError: ``format`` names none.
    """

    def __init__(self, path: Path, format: str | None = None) -> None:  # noqa: A002
        if format is not None:
            importer(format)
        self._files, self._refused = open_source(path)
        self._chosen: list[tuple[Opened, Importer]] = []
        identities = Identities()
        several = len(self._files) > 1
        for opened in self._files:
            found = detect(opened, format)
            if found is not None:
                self._chosen.append((opened, importer(found.name, identities)))
            elif several and not _loose(opened):
                self._refused.append(Skipped(opened.name, "its format is not known"))
        if not self._chosen:
            raise UserError(_unknown(path, self._files))
        names = {found.name for _, found in self._chosen}
        self.format = names.pop() if len(names) == 1 else "mixed"
        self.bytes_total = sum(opened.bytes_total for opened, _ in self._chosen)
        self.current = self._chosen[0][0].name

    @property
    def bytes_done(self) -> int:
        # A file that grows while it is read is never more than whole.
        return sum(min(opened.bytes_done, opened.bytes_total) for opened, _ in self._chosen)

    def __iter__(self) -> Iterator[Read]:
        yield from self._refused
        several = len(self._chosen) > 1
        for opened, found in self._chosen:
            self.current = opened.name
            before = _state(opened)
            try:
                for item in found.read(opened):
                    yield _named(opened, item) if several else item
            except UserError as error:
                if not several:
                    raise
                yield Skipped(opened.name, str(error))  # the other files go in
            opened.bytes_done = opened.bytes_total
            if _state(opened) != before:
                yield Skipped(
                    opened.name, "the file changed while it was read; import it again to be sure"
                )


def _named(opened: Opened, item: Read) -> Read:
    """With several files a position begins with the file's name."""
    if isinstance(item, ConversationDraft) or item.position.startswith(opened.name):
        return item
    return Skipped(f"{opened.name}, {item.position}", item.reason)


def _loose(opened: Opened) -> bool:
    """Whether the file only happens to lie in the folder."""
    return not opened.name.lower().startswith("conversations")


def _state(opened: Opened) -> tuple[int, int] | None:
    try:
        info = opened.path.stat() if opened.path else None
    except OSError:
        return (-1, -1)
    return (info.st_size, info.st_mtime_ns) if info else None


def _unknown(path: Path, files: list[Opened]) -> str:
    for opened in files:
        try:
            head = opened.head()
        except ReadError as error:
            return f"{path} cannot be read: {error}."
        if head.strip(b"\xef\xbb\xbf\x00 \t\r\n") in (b"[]", b"{}", b""):
            return f"{path} holds no conversations; export your chats again."
    return f"{path} is in no format that can be imported. Formats (--format): {FORMAT_HELP}."
