"""Text that is not ours, made safe to show.

A terminal obeys control characters and reorders text on bidirectional controls; a model or an
imported file may hold either. Nothing here changes what is stored, only what is drawn.
"""

from __future__ import annotations

import re
import unicodedata

TAB = "    "

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONE = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile("[\u2028\u2029\u200b\u2060\ufeff\U000e0000-\U000e007f]")
_NEEDS_CARE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ␀ … ␟: the Unicode pictures of control characters
    return "␡" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"


def plain(text: str, *, one_line: bool = False) -> str:
    """``text`` with nothing in it that a terminal would obey.

    Control characters become visible pictures (ESC is ``␛``), tabs become spaces, CR LF becomes
    LF, lone surrogates become ``\N{REPLACEMENT CHARACTER}``. Bidirectional *controls* and
    invisible characters (zero-width space, byte order mark, tag characters) are dropped: the
    terminal orders right-to-left letters by their own direction, and a control that is never
    closed would turn the rest of the screen around. Zero-width joiners stay: emoji and several
    scripts need them. With ``one_line`` runs of white space become one space.
    """
    if _NEEDS_CARE.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", TAB)
        text = _INVISIBLE.sub(lambda m: "\n" if m[0] in "\u2028\u2029" else "", text)
        text = _BIDI.sub("", text)
        text = _CONTROL.sub(_picture, text)
        text = _LONE.sub("\N{REPLACEMENT CHARACTER}", text)
    if one_line:
        text = " ".join(text.split())
    return text


def counted(number: int, noun: str) -> str:
    """``1 message``, ``1,200 messages``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shorten(text: str, cells: int) -> str:
    """One line of at most ``cells`` terminal cells, with an ellipsis where something is missing.

    Wide characters count two and combining ones none; a grapheme is never cut in two where a
    combining mark or joiner would be left alone.
    """
    from rich.cells import cell_len, set_cell_size

    line = plain(text, one_line=True)
    if cells <= 0:
        return ""
    if cell_len(line) <= cells:
        return line
    cut = set_cell_size(line, cells - 1).rstrip()
    while cut and (cut[-1] == "\u200d" or unicodedata.combining(cut[-1])):
        cut = cut[:-1]
    return cut + "…"
