"""Reading JSON record by record: an array of values, or values one after another (JSONL).

Each record is decoded from a sliding window of text with the C decoder of the standard library, so
memory holds one record and not the file. A broken record is reported with its place; reading goes
on at the next thing that looks like a record. (ijson was not used: it stops at the first broken
byte, gives no positions, and turns lone surrogates into question marks. This is also faster.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Literal

from persona_tui.importers.base import MAX_CONVERSATION_CHARS, Record, Skipped
from persona_tui.importers.slim import Slimmer
from persona_tui.importers.source import Opened, ReadError, TextStream, mark_length

CHUNK = 1 << 18
SLIM_FROM = 8_000_000
"""A record with more characters than this is read by the :class:`Slimmer`."""

_SPACE = re.compile(r"[\s\x00\ufeff]*+")
_BETWEEN = re.compile(r"[\s,]*+")
_NEXT_OBJECT = re.compile(r"\}\s*,\s*(?=\{)")
_NEAR_END = 12
"""An error this close to the window's end may only mean that the rest is still to be read."""
_COMPACT_FROM = 4096
_RESYNC_WORK = 64_000_000
"""Characters decoded at most in search of the next record after a broken one."""

Outcome = Literal["more", "broken"]


def _any_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float("inf")


_STRICT = json.JSONDecoder()
_LENIENT = json.JSONDecoder(strict=False)
_HUGE = json.JSONDecoder(strict=False, parse_int=_any_int)


class Records:
    """The records of one file. Iterate once.

    Args:
        opened: the file.
        is_record: whether a decoded value is a conversation of the format: where to go on after
            a broken record inside an array.
    """

    def __init__(self, opened: Opened, is_record: Callable[[object], bool]) -> None:
        self._opened = opened
        self._is_record = is_record
        self._buffer = ""
        self._at = 0
        self._offset = 0  # bytes before self._buffer[self._mark]
        self._line = 1
        self._mark = 0
        self._index = 0
        self._array = False
        self._why = ""
        self._lost = False

    def __iter__(self) -> Iterator[Record | Skipped]:
        try:
            with self._opened.stream() as stream:
                encoding = self._opened.encoding()
                self._source = TextStream(stream, encoding)
                self._offset = mark_length(self._opened.head())
                self._wide = encoding if encoding != "utf-8-sig" else "utf-8"
                yield from self._all()
        except ReadError as error:
            yield Skipped(self._position(), f"reading stopped here: {error}")

    # --- the window -------------------------------------------------------------------------

    def _fill(self, size: int = 0) -> bool:
        """Drop what was read and add ``size`` characters or a chunk; False at the file's end."""
        self._count()
        more = self._source.read(max(size, CHUNK))
        self._buffer = self._buffer[self._at :] + more
        self._at = self._mark = 0
        return bool(more)

    def _compact(self) -> None:
        """Drop what was read. An error of the decoder counts the lines from the window's beginning,
        so a file full of errors would cost the window each time."""
        if self._at > _COMPACT_FROM:
            self._count()
            self._buffer = self._buffer[self._at :]
            self._at = self._mark = 0

    def _count(self) -> None:
        """Move the mark that byte offset and line number belong to up to ``self._at``."""
        if self._at <= self._mark:
            return
        if self._wide == "utf-8" and self._array and self._buffer.isascii():
            self._offset += self._at - self._mark
        else:
            piece = self._buffer[self._mark : self._at]
            if self._array:
                errors = "surrogateescape" if self._wide == "utf-8" else "replace"
                codec = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(self._wide, self._wide)
                self._offset += len(piece.encode(codec, errors))
            else:
                self._line += piece.count("\n")
        self._mark = self._at

    def _position(self) -> str:
        self._count()
        if self._array:
            return f"record {self._index} at byte {self._offset}"
        return f"line {self._line}"

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Go past what ``pattern`` matches; False at the end of the file."""
        while True:
            found = pattern.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return True
            if not self._fill():
                return False

    # --- the records ------------------------------------------------------------------------

    def _all(self) -> Iterator[Record | Skipped]:
        if not self._skip(_SPACE):
            return
        if self._buffer[self._at] == "[":
            self._array = True
            self._at += 1
            yield from self._in_array()
        else:
            while self._skip(_BETWEEN):
                self._index += 1
                yield from self._one(_STRICT)

    def _in_array(self) -> Iterator[Record | Skipped]:
        while self._skip(_BETWEEN):
            if self._buffer[self._at] == "]":
                self._at += 1
                if self._skip(_SPACE):
                    yield Skipped(self._position(), "there is more after the end of the list")
                return
            self._index += 1
            yield from self._one(_LENIENT)
        if not self._lost:
            yield Skipped(self._position(), "the list has no end: the file may have been cut off")

    def _one(self, decoder: json.JSONDecoder) -> Iterator[Record | Skipped]:
        position = self._position()
        while True:
            outcome = self._decode(decoder)
            if not isinstance(outcome, str):
                value, self._at = outcome
                yield Record(value, position)
                return
            if outcome == "broken":
                break
            if len(self._buffer) - self._at > SLIM_FROM:
                yield from self._large(position)
                return
            # At the end of the file nothing is added, and the next try says "broken".
            self._fill(len(self._buffer) - self._at)
        reason = f"not valid JSON: {self._why}"
        self._compact()
        if not self._array:
            self._next_line()
        elif not self._next_object():
            self._lost = True
            reason += "; no further conversation was found after it"
        yield Skipped(position, reason)

    def _decode(self, decoder: json.JSONDecoder) -> tuple[object, int] | Outcome:
        """The value at the window's beginning and its end, or what stands in the way."""
        final = self._source.ended
        try:
            value, end = decoder.raw_decode(self._buffer, self._at)
        except json.JSONDecodeError as error:
            self._why = f"{error.msg[:1].lower()}{error.msg[1:]}"
            unfinished = error.pos >= len(self._buffer) - _NEAR_END or error.msg.startswith(
                "Unterminated string"
            )
            if unfinished and not final:
                return "more"
            if decoder is _STRICT and error.msg.startswith("Invalid control"):
                return self._decode_line()
            if unfinished:
                self._why = "the file ends in the middle of this record"
            return "broken"
        except RecursionError:
            self._why = "it is nested too deeply"
            return "broken"
        except ValueError:  # an integer with thousands of digits
            if decoder is _HUGE:
                self._why = "it holds a number that cannot be read"
                return "broken"
            return self._decode(_HUGE)
        if end == len(self._buffer) and not final and not isinstance(value, dict | list | str):
            return "more"  # a number may go on
        return value, end

    def _decode_line(self) -> tuple[object, int] | Outcome:
        """A line with raw control characters in its strings: wrong, but readable."""
        end = self._buffer.find("\n", self._at)
        if end < 0:
            if not self._source.ended:
                return "more"
            end = len(self._buffer)
        try:
            return _LENIENT.decode(self._buffer[self._at : end]), end
        except (ValueError, RecursionError):
            return "broken"

    def _large(self, position: str) -> Iterator[Record | Skipped]:
        """A record that is larger than the window may get."""
        slimmer = Slimmer()
        end = slimmer.feed(self._buffer, self._at)
        while end is None:
            self._at = len(self._buffer)
            if not self._fill(4 * CHUNK):
                self._lost = True
                yield Skipped(
                    position, "not valid JSON: the file ends in the middle of this record"
                )
                return
            end = slimmer.feed(self._buffer)
        self._at = end
        if slimmer.overflow:
            yield Skipped(
                position,
                f"the record has {slimmer.size:,} characters; "
                f"the limit is {MAX_CONVERSATION_CHARS:,}",
            )
            return
        try:
            yield Record(_HUGE.decode(slimmer.text()), position)
        except (ValueError, RecursionError) as error:
            yield Skipped(position, f"not valid JSON: {type(error).__name__}")

    # --- after a broken record --------------------------------------------------------------

    def _next_line(self) -> None:
        while True:
            end = self._buffer.find("\n", self._at)
            self._at = end if end >= 0 else len(self._buffer)
            if end >= 0 or not self._fill():
                return

    def _next_object(self) -> bool:
        """Go to the next ``{`` after ``},`` that decodes to a record; False if there is none."""
        work = 0
        self._at += 1
        while True:
            found = _NEXT_OBJECT.search(self._buffer, self._at)
            if found is None:
                # Keep the tail: a separator may lie across the window's end.
                self._at = max(self._at, len(self._buffer) - 64)
                if not self._fill():
                    self._at = len(self._buffer)
                    return False
                continue
            self._at = found.start()
            candidate = found.end()
            try:
                value, end = _LENIENT.raw_decode(self._buffer, candidate)
                work += end - candidate
                if self._is_record(value):
                    self._at = candidate
                    return True
            except json.JSONDecodeError as error:
                work += error.pos - candidate
                unfinished = error.pos >= len(self._buffer) - _NEAR_END or error.msg.startswith(
                    "Unterminated string"
                )
                held = len(self._buffer) - self._at
                if unfinished and held < SLIM_FROM and self._fill(held):
                    continue
            except (ValueError, RecursionError):
                work += len(self._buffer) - candidate
            self._at = candidate
            self._compact()
            if work > _RESYNC_WORK:
                self._at = len(self._buffer)
                while self._fill():
                    self._at = len(self._buffer)
                return False
