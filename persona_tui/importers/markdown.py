"""Transcripts in Markdown or plain text: a heading that names the speaker, then what was said.

Known headings: ``## User``, ``**User:**``, ``User:``, ``### You (2024-05-01 10:00)``, with or
without an emoji, in several languages. The first heading settles the style: in a file with
``## User`` headings a line ``You: …`` is text. Nothing inside a fenced block is a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from persona_tui.importers.base import (
    MAX_CONVERSATION_CHARS,
    MAX_MESSAGE_CHARS,
    SYNTHETIC_LINE,
    SYNTHETIC_SKIPPED,
    Read,
    Sample,
    Skipped,
)
from persona_tui.importers.drafts import Building, Identities, finish, first_exchange
from persona_tui.importers.source import Opened, ReadError, TextStream
from persona_tui.importers.values import TooLongError, time_of
from store.records import Role, Source

_WORDS: dict[Role, str] = {
    "user": "user|you|human|me|prompt|question|q|you said|utilisateur|usuario|usuário|benutzer|"
    "nutzer|ich|vous|du|sie|tú|utente|пользователь|用户|使用者|ユーザー|あなた|사용자|مستخدم|"
    "المستخدم|उपयोगकर्ता",
    "assistant": "assistant|chatgpt|gpt(?:-[\\w.]+)?|claude(?: [\\w.]+)*|gemini|copilot|bard|llama|"
    "mistral|deepseek|ai|bot|model|response|answer|a|chatgpt said|claude said|asistente|assistent|"
    "assistente|ассистент|助手|助理|アシスタント|어시스턴트|المساعد|सहायक",
    "system": "system|developer",
    "tool": "tool|function",
}
_ROLE_OF_WORD = {role: re.compile(rf"(?:{words})", re.IGNORECASE) for role, words in _WORDS.items()}
# Longer words first, so that "you said" is not "you"; the pattern below ignores plain spaces.
_ANY_WORD = "|".join(sorted("|".join(_WORDS.values()).split("|"), key=len, reverse=True))
_ANY_WORD = _ANY_WORD.replace(" ", "[ ]")
_HEADING = re.compile(
    rf"""
    [ ]{{0,3}}
    (?P<hashes>\#{{1,6}}[ \t]+)?
    (?:[^\w\s*_\#`>|\[({{<"'-]{{1,4}}[ \t]*)?          # an emoji
    (?P<bold>\*\*|__)?
    (?P<word>{_ANY_WORD})(?!\w)
    (?:[ \t]*[(\[](?P<time>[^)\]\n]{{0,60}})[)\]])?
    (?P<colon>[ \t]*[::])?
    (?(bold)(?:\*\*|__))
    (?P<late>[ \t]*[::])?
    [ \t]*(?P<rest>.*)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})(.*)")
_TITLE = re.compile(r"#\s+(.{1,300})")
_LINE_LIMIT = MAX_MESSAGE_CHARS + 1
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that names who speaks."""

    role: Role
    style: str
    time: str
    rest: str


def heading_of(line: str) -> Heading | None:
    """What a line says as a heading; None if it is none."""
    found = _HEADING.fullmatch(line) if len(line) < 100_000 else None
    if found is None:
        return None
    colon = bool(found["colon"] or found["late"])
    rest = found["rest"].strip()
    if found["hashes"]:
        style = "#" * found["hashes"].count("#")
        if rest and not colon:
            return None  # "## User interface" is no speaker
    elif found["bold"]:
        style = "bold"
        if rest and not colon:
            return None
    elif colon:
        style = "colon"
    else:
        return None
    word = found["word"]
    for role, words in _ROLE_OF_WORD.items():
        if words.fullmatch(word):
            return Heading(role, style, found["time"] or "", rest)
    return None


def lines(text: TextStream) -> Iterator[tuple[str, int]]:
    """The lines and their full lengths; a line over the limit comes without its text."""
    held: list[str] = []
    size = 0
    carriage = False
    while chunk := text.read(_CHUNK):
        if carriage and chunk.startswith("\n"):
            chunk = chunk[1:]
        carriage = chunk.endswith("\r")
        pieces = chunk.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for number, piece in enumerate(pieces):
            if number:
                yield ("".join(held), size)
                held, size = [], 0
            size += len(piece)
            if size > _LINE_LIMIT:
                held = []
            elif piece:
                held.append(piece)
    if size:
        yield ("".join(held), size)


class MarkdownImporter:
    """Reads one transcript: one file is one conversation."""

    name: Source = "markdown"

    def __init__(self, identities: Identities | None = None) -> None:
        self._ids = identities or Identities()

    def sniff(self, sample: Sample) -> float:
        if sample.text.lstrip()[:1] in ("{", "[", "") or "\x00" in sample.text:
            return 0.0
        headings = [h for line in sample.text.splitlines() if (h := heading_of(line))]
        roles = {heading.role for heading in headings if heading.style == headings[0].style}
        if {"user", "assistant"} <= roles:
            return 0.7
        return 0.3 if "user" in roles else 0.0

    def read(self, opened: Opened) -> Iterator[Read]:
        building = Building(opened.name)
        transcript = _Transcript(building)
        try:
            with opened.stream() as stream:
                for line, size in lines(TextStream(stream, opened.encoding())):
                    transcript.line(line, size)
                    if building.dropped or transcript.synthetic:
                        break
        except ReadError as error:
            building.skip(f"line {transcript.number}", f"reading stopped here: {error}")
        transcript.flush()
        if transcript.synthetic:
            yield Skipped(opened.name, SYNTHETIC_SKIPPED)
            return
        if not transcript.style:
            yield Skipped(
                opened.name,
                "no heading says who speaks; write '## User' and '## Assistant' above the messages",
            )
            return
        yield from finish(
            building,
            "markdown",
            self._ids.numbered(first_exchange(building.messages)),
            title=transcript.title or PurePath(opened.name).stem,
        )


class _Transcript:
    """Takes lines, puts messages into a :class:`Building`."""

    def __init__(self, building: Building) -> None:
        self.style = ""
        self.title = ""
        self.synthetic = False
        """It says that a model played the user."""
        self.number = 0
        self._building = building
        self._heading: Heading | None = None
        self._start = 1
        self._text: list[str] = []
        self._size = 0
        self._fence = ""

    def line(self, line: str, size: int) -> None:
        self.number += 1
        # Also further down: several conversations in one file cannot be told apart.
        self.synthetic |= not self._fence and line.strip() == SYNTHETIC_LINE
        heading = None if self._fence else heading_of(line)
        if heading is not None and self.style in ("", heading.style):
            self.flush()
            self.style = heading.style
            self._heading = heading
            self._start = self.number
            line, size = heading.rest, len(heading.rest)
            if not line:
                return
        elif self._heading is None:
            if not self.title and (found := _TITLE.match(line)):
                self.title = found[1]
            return
        self._follow_fence(line)
        self._size += size + 1
        if self._size > MAX_CONVERSATION_CHARS or size > len(line):
            self._text.clear()
            self._size = max(self._size, MAX_MESSAGE_CHARS + 2)
        elif self._size <= MAX_MESSAGE_CHARS + 1:
            self._text.append(line)

    def _follow_fence(self, line: str) -> None:
        found = _FENCE.match(line)
        if found is None:
            return
        mark, info = found[1], found[2].strip()
        if not self._fence:
            self._fence = mark
        elif mark[0] == self._fence[0] and len(mark) >= len(self._fence) and not info:
            self._fence = ""

    def flush(self) -> None:
        """End the message that is being read."""
        heading = self._heading
        if heading is None:
            return
        where = f"line {self._start}"
        if self._size - 1 > MAX_MESSAGE_CHARS:
            self._building.skip(where, str(TooLongError(self._size - 1)))
        else:
            while self._text and self._text[-1].strip() in ("", "---", "***", "___"):
                self._text.pop()
            text = "\n".join(self._text).strip("\n")
            self._building.add(where, heading.role, text, created_at=time_of(heading.time))
        self._heading = None
        self._text = []
        self._size = 0
        self._fence = ""
