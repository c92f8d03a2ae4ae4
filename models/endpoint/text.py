"""Reading what an endpoint says: nothing in it is trusted to have the promised shape.

Pure functions and one small state machine; no network, no SDK.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Sequence

_TAG = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^<>]{0,300}>", re.IGNORECASE | re.DOTALL)
_LOOKS_LIKE_KEY = re.compile(
    r"\bBearer\s+\S+|\b(?:sk|pk|rk|gsk|hf|xai|AIza|key)[-_][A-Za-z0-9_*.-]{6,}", re.IGNORECASE
)
_THINKING = re.compile(r"\A.*?</think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_LONGEST_READ = 20_000
_MOST_STARTS = 16


def plain(text: object, limit: int = 200, *, secret: str | None = None) -> str:
    """``text`` as one short line that is safe to show: no markup, no control, direction-changing or
    invisible characters, no key (``secret``, or whatever looks like one), at most ``limit``
    characters. Anything but a string gives the empty string."""
    if not isinstance(text, str):
        return ""
    text = text[:_LONGEST_READ]
    if secret:
        text = text.replace(secret, "[key]")
    text = _LOOKS_LIKE_KEY.sub("[key]", text)
    text = _TAG.sub(" ", text)
    text = "".join(
        " " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c
        for c in text
        if unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"}
    )
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def dig(value: object, *path: str | int) -> object:
    """``value[path[0]][path[1]]…`` in decoded JSON, or ``None`` where the shape is another."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def count(value: object) -> int | None:
    """A number of tokens as a server gives it, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def content_of(choice: object) -> str | None:
    """The text in one choice of a completion or of a chunk of one; ``None`` where there is none.

    Raises ``ValueError`` where something that is not text stands in its place.
    """
    for holder in ("delta", "message"):
        content = dig(choice, holder, "content")
        if content is None:
            continue
        if isinstance(content, list):  # parts, as some servers stream them
            parts = [dig(part, "text") for part in content]
            content = "".join(part for part in parts if isinstance(part, str))
        if not isinstance(content, str):
            raise ValueError("content is not text")
        # A lone surrogate from a \ud800 escape cannot be stored or shown.
        return content.encode("utf-8", "replace").decode("utf-8")
    return None


def thought_aloud(choice: object) -> bool:
    """Whether a chunk holds thoughts apart from the answer, as DeepSeek, vLLM, llama-server
    (``reasoning_content``), OpenRouter and Ollama (``reasoning``) send them."""
    return any(dig(choice, "delta", key) for key in ("reasoning_content", "reasoning"))


def error_text(body: object) -> str:
    """What an error body says, in the several shapes that servers use (still to be made plain)."""
    if isinstance(body, str):
        return body
    for path in (
        ("error", "message"),
        ("message",),
        ("error",),
        ("detail",),
        ("detail", 0, "msg"),
    ):
        text = dig(body, *path)
        if isinstance(text, str) and text.strip():
            return text
    return ""


def without_thinking(text: str) -> str:
    """An answer less what stands before ``</think>``, where the tag that opens it was part of the
    prompt; whole parts were left out while they arrived."""
    return _THINKING.sub("", text, count=1).strip()


def parse_json(text: str) -> object:
    """The one JSON value in an answer that may have a fence or words around it.

    Raises ``ValueError`` if there is none.
    """
    text = without_thinking(text)
    fenced = _FENCE.search(text)
    for candidate in (text, fenced.group(1) if fenced else ""):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    decoder = json.JSONDecoder()
    starts = re.finditer(r"[{\[]", text[:_LONGEST_READ])
    for match in itertools.islice(starts, _MOST_STARTS):  # "[[[[…" costs a recursion at each
        try:
            value: object = decoder.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue
        return value
    raise ValueError("there is no JSON in it")


def pick_option(text: str, options: Sequence[str]) -> int | None:
    """Which of ``options`` an answer names: the one it begins with, else the only one in it."""
    said = without_thinking(text).strip(" \t\n\"'*`.,:;!()[]").casefold()
    wanted = [option.strip().casefold() for option in options]
    starts = [
        i
        for i, w in enumerate(wanted)
        if w and said.startswith(w) and not said[len(w) :][:1].isalnum()
    ]
    if starts:
        return max(starts, key=lambda i: len(wanted[i]))
    inside = [
        i for i, w in enumerate(wanted) if w and re.search(rf"(?<!\w){re.escape(w)}(?!\w)", said)
    ]
    return inside[0] if len(inside) == 1 else None


class Beginning:
    """Takes a forced beginning off a streamed answer that repeats it.

    Text is held back only as long as it may still turn out to be the beginning.
    """

    def __init__(self, beginning: str) -> None:
        self._wanted = beginning.strip().casefold()
        self._held = ""
        self._open = bool(self._wanted)
        self.repeated = False
        """True once the beginning was found and taken off."""

    def feed(self, text: str) -> str:
        """What can be passed on of the answer so far."""
        if not self._open:
            return text
        self._held += text
        said = self._held.lstrip(" \t\r\n\"'*“”")
        folded = said.casefold()
        if len(folded) < len(self._wanted) and self._wanted.startswith(folded):
            return ""
        self._open = False
        if folded.startswith(self._wanted):
            self.repeated = True
            # Cut by the unfolded length; folding changes it in rare cases only (ß → ss).
            cut = next(
                n for n in range(len(said) + 1) if len(said[:n].casefold()) >= len(self._wanted)
            )
            return said[cut:]
        return self._held

    def end(self) -> str:
        """What was still held back when the answer ended."""
        if not self._open:
            return ""
        self._open = False
        return self._held
