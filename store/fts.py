"""What goes into the full-text index, and what a person's words ask of it.

FTS5's ``unicode61`` takes a run of letters as one word, so words in scripts written without spaces
(Chinese, Japanese, Thai ...) and emoji would never be found. Here each such character is set apart
before indexing and in queries alike: a word of them becomes a phrase. That finds one character as
well as ten, where the ``trigram`` tokenizer needs three and makes an index several times as large.

The index is contentless: it keeps no second copy of the text. Its rows are written only here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import Literal

Index = Literal["messages_fts", "attributes_fts"]

MAX_INDEXED = 1_000_000
"""Characters of one message that are indexed: a pasted book stays findable by its beginning."""

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u2600-\u27bf"  # symbols that are emoji
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff"  # CJK radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"  # CJK ideographs, half-width kana
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"  # emoji, rare ideographs
)
_ONE = re.compile(f"([{_UNSPACED}])")
_ANY = re.compile(f"[{_UNSPACED}]")


def segment(text: str) -> str:
    """``text`` as it is indexed: characters of unspaced scripts stand alone."""
    if len(text) > MAX_INDEXED:
        text = text[:MAX_INDEXED]
    if text.isascii() or _ANY.search(text) is None:
        return text
    return _ONE.sub(r" \1 ", text)


def is_unspaced(character: str) -> bool:
    """Whether the character is a word of its own in the index."""
    return _ANY.match(character) is not None


def add(conn: sqlite3.Connection, index: Index, rows: Iterable[tuple[int, str]]) -> None:
    """Index ``(n, text)`` rows."""
    conn.executemany(
        f"INSERT INTO {index} (rowid, text) VALUES (?, ?)",  # noqa: S608
        ((n, segment(text)) for n, text in rows),
    )


def remove(conn: sqlite3.Connection, index: Index, rows: Iterable[tuple[int, str]]) -> None:
    """Take ``(n, text)`` rows out. ``text`` must be what was indexed: the index has no copy."""
    conn.executemany(
        f"INSERT INTO {index} ({index}, rowid, text) VALUES ('delete', ?, ?)",  # noqa: S608
        ((n, segment(text)) for n, text in rows),
    )


def query(text: str) -> str | None:
    """An FTS5 query: all the words, the last one as a beginning (from three letters on). ``None``: no words in it.

    Every word is quoted, so that nothing in it is an operator.
    """
    words = [word for word in text[:1000].split() if any(map(_is_token, word))][:32]
    if not words:
        return None
    quoted = ['"' + " ".join(segment(word.replace('"', " ")).split()) + '"' for word in words]
    last = "".join(filter(_is_token, words[-1]))
    # A beginning of one or two Latin letters would match half of the index, slowly.
    is_beginning = len(last) > 2 or not last.isascii()
    return " ".join(quoted) + (" *" if is_beginning else "")


def _is_token(character: str) -> bool:
    return character.isalnum() or is_unspaced(character)
