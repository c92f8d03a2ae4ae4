"""What is behind escapes (``%41``, ``\\u0041``, ``&#65;``), base64 and hexadecimal digits."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator

from persona_tui.donation.redaction.folding import Folded, fold

_ESCAPE = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)|\\u(?P<u>[0-9A-Fa-f]{4})|\\x(?P<x>[0-9A-Fa-f]{2})|&(?P<entity>#\d{1,7}|#x[0-9A-Fa-f]{1,6}|[a-z]{2,8});"
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :-]?[0-9A-Fa-f]{2}){4,}(?![0-9A-Za-z])"
)
_LINE_END = re.compile(r"[ \t]{0,8}\r?\n[ \t>]{0,16}")
_PRINTABLE = re.compile(r"[\x20-\x7e]{5,}")


def unescaped(text: str) -> Folded | None:
    """Folded ``text`` with its escapes resolved (also doubled ones); ``None`` if there are none."""
    view = Folded(text, range(len(text)), len(text))
    changed = False
    for _ in range(3):
        after = _once(view)
        if after is None:
            break
        view, changed = after, True
    if not changed:
        return None
    plain = fold(view.text)
    return Folded(plain.text, tuple(view.at[i] for i in plain.at), len(text))


def _once(view: Folded) -> Folded | None:
    out: list[str] = []
    at: list[int] = []
    done = 0
    for match in _ESCAPE.finditer(view.text):
        chars = _meaning(match)
        if not chars:
            continue
        out.append(view.text[done : match.start()])
        at.extend(view.at[done : match.start()])
        out.append("".join(char for char, _ in chars))
        at.extend(view.at[match.start() + offset] for _, offset in chars)
        done = match.end()
    if not done:
        return None
    out.append(view.text[done:])
    at.extend(view.at[done:])
    return Folded("".join(out), tuple(at), view.length)


def _meaning(match: re.Match[str]) -> list[tuple[str, int]]:
    """The characters that an escape stands for, with their offsets in the match."""
    if match["url"]:
        raw = bytes.fromhex(match["url"].replace("%", ""))
        try:
            chars = raw.decode("utf-8")
        except UnicodeDecodeError:
            chars = raw.decode("latin-1")
            return [(char, 3 * index) for index, char in enumerate(chars)]
        out, offset = [], 0
        for char in chars:
            out.append((char, 3 * offset))
            offset += len(char.encode("utf-8"))
        return out
    if match["entity"]:
        char = html.unescape(match[0])
        return [(one, 0) for one in char] if char != match[0] else []
    return [(chr(int(match["u"] or match["x"], 16)), 0)]


def encoded_runs(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Stretches that may be base64 or hexadecimal, with what they may say (only printable text).

    Lines that follow each other are also read as one, as they are where long lines are wrapped.
    """
    for pattern, decode in ((_HEX, _from_hex), (_BASE64, _from_base64)):
        lines: list[re.Match[str]] = []
        for match in pattern.finditer(text):
            yield match.start(), match.end(), decode(match[0])
            if lines and not _LINE_END.fullmatch(text, lines[-1].end(), match.start()):
                yield from _joined(lines, decode)
                lines = []
            lines.append(match)
        yield from _joined(lines, decode)


def _joined(lines: list[re.Match[str]], decode: object) -> Iterator[tuple[int, int, list[str]]]:
    if len(lines) > 1 and callable(decode):
        yield lines[0].start(), lines[-1].end(), decode("".join(line[0] for line in lines))


def _from_base64(run: str) -> list[str]:
    """At each of the four alignments, as words may stand before the code without a break."""
    standard = run.rstrip("=").replace("-", "+").replace("_", "/")
    out: list[str] = []
    for shift in range(4):
        body = standard[shift:]
        body = body[: len(body) - 1] if len(body) % 4 == 1 else body
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4))
        except (binascii.Error, ValueError):
            continue
        out.extend(_texts(raw))
    return out


def _from_hex(run: str) -> list[str]:
    figures = re.sub(r"[^0-9A-Fa-f]", "", run.removeprefix("0x"))
    return _texts(bytes.fromhex(figures[: len(figures) // 2 * 2]))


def _texts(raw: bytes) -> list[str]:
    """What of ``raw`` is text: all of it, or the printable stretches."""
    if raw.count(0) * 3 > len(raw):
        raw = raw.replace(b"\0", b"")  # UTF-16
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _PRINTABLE.findall(raw.decode("latin-1"))
    odd = sum(not (char.isprintable() or char in "\t\r\n") for char in text)
    return [text] if text and odd * 10 <= len(text) else _PRINTABLE.findall(text)
