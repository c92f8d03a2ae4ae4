"""What may become an attribute: one clean, short, standalone statement about the user.

Model output is hostile until it passed here: it may hold markup, control characters, another
prompt, or nothing.
"""

from __future__ import annotations

import re
import unicodedata

MAX_STATEMENT = 240
"""Characters. Longer ones are refused, not cut: a cut statement may say the opposite."""
MAX_RAW = 2000
"""Characters with the markup: what is longer is not even looked at, so that no text is slow."""
MIN_LETTERS = 4

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<\||\|>|```|\[/?[a-z#@][^\]\n]*\]|\*\*|__|`|\{\{|\}\}")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules?)\b|\bsystem prompt\b"
    r"|\b(?:as an ai|language model|i cannot|i can't help|the assistant)\b|https?://|\"confidence\"",
    re.IGNORECASE,
)
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_JOINERS = "\u200c\u200d"
_LOOSE = re.compile(rf"(?<![^\x00-\u02ff])[{_JOINERS}]+|[{_JOINERS}]+(?![^\x00-\u02ff])")
"""A joiner that has not a sign beyond Latin on both sides."""
_QUOTES = '"“”„«»'
_EMPTY = re.compile(
    r"^(?:the )?user(?:'s)?\s*(?:is|has|said|says|asks?|asked|wants?|needs?|requests?|requested)?"
    r"\s*(?:nothing|something|anything|a question|help|unknown|n/?a|none|information)?\W*$",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """``text`` on one line, without markup, escapes, control, format or private-use characters.

    Joiners between two signs stay: emoji, Persian and Indian scripts are not right without them.
    """
    text = _ESCAPES.sub("", text)
    text = "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
    )
    before = ""
    while before != text:  # what is left when markup is taken out may be markup again
        before, text = text, _MARKUP.sub("", text)
    return " ".join(_LOOSE.sub("", text).split())


def statement(text: str) -> str | None:
    """The cleaned statement, or ``None`` if it is none: empty, too long, a question, an order to
    some model, or about nobody."""
    if len(text) > MAX_RAW:
        return None
    text = clean(text).strip(" \t-–•*")
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if not text or len(text) > MAX_STATEMENT:
        return None
    if sum(c.isalpha() for c in text) < MIN_LETTERS or text.endswith(("?", "？", "؟", ":")):
        return None
    if _ORDERS.search(text) or _EMPTY.match(text):
        return None
    return text if text.endswith((".", "!", "。", "”", "»", "“", "」", "।")) else text + "."
