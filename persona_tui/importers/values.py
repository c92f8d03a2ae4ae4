"""From values of any type to clean text, times, roles and titles. Nothing here raises."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from persona_tui.importers.base import MAX_MESSAGE_CHARS
from store.records import Role

OVERSIZED = "\x00oversized:"
"""What the record reader leaves in place of a string too long to keep, followed by its length."""

_BAD = re.compile("[\x00\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_TICKS = re.compile("`{3,}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_FIRST_SECOND = _EARLIEST.timestamp()
_LAST_SECOND = _LATEST.timestamp()

_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "claude": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "gemini": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
    "function_call": "tool",
    "function_response": "tool",
    "observation": "tool",
    "ipython": "tool",
}


class TooLongError(Exception):
    """A message is longer than the limit; ``str(error)`` is the reason to report."""

    def __init__(self, chars: int) -> None:
        super().__init__(
            f"the message has {chars:,} characters; the limit is {MAX_MESSAGE_CHARS:,}"
        )


def mapping(value: object) -> dict[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[object]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """The value if it is a string, else the empty one."""
    return value if isinstance(value, str) else ""


def identifier(value: object) -> str | None:
    """An id as clean text: strings and integers count, anything else and emptiness do not."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else None
    if isinstance(value, str):
        text = scrub(value.strip())
        return text if 0 < len(text) <= 512 else None
    return None


def scrub(text: str) -> str:
    """The text with NUL bytes and lone surrogates as U+FFFD and line ends as ``\\n``.

    Both are legal in JSON strings, but neither survives UTF-8 and SQLite.
    """
    if text.isascii():
        if "\x00" in text:
            text = text.replace("\x00", "\ufffd")
    else:
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _BAD.sub("\ufffd", text)
        else:
            if "\x00" in text:
                text = text.replace("\x00", "\ufffd")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def message_text(value: str) -> str:
    """The text of one message, clean; raises :class:`TooLongError` over the limit."""
    if value.startswith(OVERSIZED):
        digits = value[len(OVERSIZED) :]
        raise TooLongError(int(digits) if digits.isdecimal() and len(digits) < 20 else 0)
    if len(value) > MAX_MESSAGE_CHARS:
        raise TooLongError(len(value))
    return scrub(value)


def join_texts(parts: Iterable[str]) -> str:
    """Several parts of one message as one text; raises :class:`TooLongError` over the limit."""
    texts = [part for part in parts if part and not part.isspace()]
    if len(texts) == 1:
        return message_text(texts[0])
    return message_text("\n\n".join(message_text(part) for part in texts))


def role_of(value: object) -> Role | None:
    """The role that a format's own word for it means; None for a word that is not known."""
    return _ROLES.get(value.strip().lower()) if isinstance(value, str) else None


def time_of(value: object) -> datetime | None:
    """A time in UTC from seconds, milli- or microseconds since 1970, or from ISO 8601 text.

    None for anything else and for years outside 2000-2199: NaN, infinities and clocks that were
    never set are not times.
    """
    kind = type(value)
    if value is None or kind is bool:
        return None
    if kind is float or kind is int:
        return _time_from_number(value)  # type: ignore[arg-type]
    if isinstance(value, dict):  # MongoDB's extended JSON
        value = value.get("$date")
    if isinstance(value, str):
        return _time_from_text(value)
    return _checked(value) if isinstance(value, datetime) else None


def _checked(value: datetime) -> datetime | None:
    try:
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return aware if _EARLIEST <= aware < _LATEST else None


def _time_from_number(value: float) -> datetime | None:
    # NaN fails every comparison; comparing an int of any size with a float never overflows.
    for scale in (1, 1000, 1_000_000):
        if _FIRST_SECOND * scale <= value < _LAST_SECOND * scale:
            return datetime.fromtimestamp(value / scale, UTC)
    return None


def _time_from_text(value: str) -> datetime | None:
    text = value.strip()
    if not 8 <= len(text) <= 64:
        return None
    try:
        return _checked(datetime.fromisoformat(text))
    except ValueError:
        pass
    try:
        return _time_from_number(float(text))
    except ValueError:
        return None


def title_of(value: object, texts: Iterable[str]) -> str:
    """A title in one line: the export's own, else the beginning of the first text."""
    own = _SPACE.sub(" ", scrub(string(value)[:2000])).strip()
    if own and not own.startswith("\ufffdoversized:"):
        return own if len(own) <= 200 else own[:199] + "…"
    for text in texts:
        line = _SPACE.sub(" ", text[:400]).strip()
        if line:
            return line if len(line) <= 60 else line[:59] + "…"
    return "Untitled"


def pasted(name: object, content: str) -> str:
    """Text that came along with a message but was not typed by its author.

    It goes into a fenced block whose first line names it. The rule for readers (extraction leaves
    such text out): nothing inside a fence is the person speaking. The fence is longer than any in
    the content, so the content cannot close it.
    """
    longest = max((len(run) for run in _TICKS.findall(content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{attachment_line(name)}\n{content}\n{fence}"


def attachment_line(name: object) -> str:
    """The line that stands for an attachment: ``[attachment: notes.txt]``."""
    label = _SPACE.sub(" ", scrub(string(name)[:300])).replace("[", "(").replace("]", ")")
    return f"[attachment: {label.replace('`', chr(39)).strip() or 'unnamed'}]"
