"""Who is speaking: which parts of a user's message are the user's own words about now and here.

Quotes, code, pasted text, text to be worked on, role-play frames and hypotheticals are found by
their form, before any classifier sees the sentence. Each rule is conservative in one direction: it
may lose a disclosure, it does not make one up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from persona_tui.stages.extraction import frames
from persona_tui.stages.extraction.segments import Span, sentence_spans

Voice = Literal["own", "quoted", "code", "pasted", "roleplay", "hypothetical", "instruction"]

MAX_MESSAGE = 100_000
"""Characters of one message that are read; what is left out is said by the caller."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})(.*)$", re.DOTALL)
_CODE_LINE = re.compile(
    r"^\s*(?:(?:from\s+[\w.]+\s+)?import\s+[\w.{*]|def \w+\(|class \w+[:(]|return\b.*[;)]?$|#include|"
    r"(?:public|private|static|const|let|var|function)\s+\w+.*[;{(=]|</?\w+[^>]*>|[{}\[\]();]+\s*$|"
    r"SELECT\b.+\bFROM\b|print\(|\w+\s*=\s*[\w\"'\[{(].*;?$|\$ \w+|(?:Error|Traceback|\w+Error)\b:?|"
    r"[{\[]\s*\"\w+\"\s*:)",
)
_TRANSCRIPT = re.compile(
    r"^\s*[\[(<*]*(?:system|assistant|user|human|bot|ai|chatgpt|customer|agent|interviewer|patient)"
    r"[\])>*]*\s*[:：]",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"\"\".*?(?:\"\"\"|\Z)"
    r"|(?:(?<=[\s(:,])|^)\"(?=\S)(?:[^\"\n]|\n(?!\s*\n)){2,4000}?\"(?![\w])"
    r"|“[^”]{2,4000}”|„[^“”]{2,4000}[“”]|«[^»]{2,4000}»|「[^」]{2,4000}」|『[^』]{2,4000}』"
    r"|(?:(?<=[\s(:])|^)[‘'](?=\w)[^\n]{11,400}?[\w.!?][’'](?!\w)",
    re.DOTALL | re.MULTILINE,
)
_COLON = re.compile(r"[:：](?=\s|$|[\"'“„«「]|[^\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a message and whose voice it is."""

    start: int
    end: int
    voice: Voice
    own: str
    """The sentence with what it quotes replaced by ``…``: what the classifier reads."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A message taken apart."""

    sentences: tuple[Sentence, ...]
    opens_role_play: bool
    """The message starts a game that later messages may go on with."""
    ends_role_play: bool
    unread: int
    """Characters beyond :data:`MAX_MESSAGE` that were not looked at."""


def analyse(text: str, *, in_role_play: bool = False) -> Structure:
    """Take ``text`` apart. ``in_role_play``: an earlier message opened a game that still runs."""
    unread = max(0, len(text) - MAX_MESSAGE)
    text = text[:MAX_MESSAGE]
    ends = bool(frames.END_OF_PLAY.search(text))
    masked, blocks = _mask(text)
    sentences: list[Sentence] = []
    rest: Voice | None = "roleplay" if in_role_play and not ends else None
    rest_from, rest_to = 0, len(text)
    opened = False
    for span in sentence_spans(masked):
        raw = masked[span.start : span.end]
        own = _readable(raw)
        if blocks and (voice := _block_voice(blocks, span)):
            sentences.append(Sentence(span.start, span.end, voice, own))
            continue
        if rest and rest_from <= span.start < rest_to:
            sentences.append(Sentence(span.start, span.end, rest, own))
            continue
        if not any(c.isalnum() for c in own.replace("…", "")):
            sentences.append(Sentence(span.start, span.end, "quoted", own))
            continue
        colon = _worked_on(text, raw, span)
        if colon is not None:
            sentences.append(Sentence(span.start, span.end, "instruction", own))
            rest, rest_from, rest_to = "pasted", span.end, colon
            continue
        voice = _own_voice(own)
        sentences.append(Sentence(span.start, span.end, voice, own))
        if frames.OVERRIDE.search(own):
            rest, rest_from, rest_to = "pasted", span.end, len(text)
        elif voice == "roleplay" and frames.LASTING.search(own):
            rest, rest_from, rest_to = "roleplay", span.end, len(text)
            opened = opened or bool(frames.GAME.search(own))
    return Structure(tuple(sentences), opened, ends, unread)


def _own_voice(own: str) -> Voice:
    if frames.INJECTION.search(own):
        return "instruction"
    if frames.ROLE_PLAY.search(own) or frames.LASTING.search(own):
        return "roleplay"
    if frames.REPORTED_SPEECH.search(own):
        return "quoted"
    if frames.HYPOTHETICAL.search(own):
        return "hypothetical"
    return "own"


def _worked_on(text: str, raw: str, span: Span) -> int | None:
    """Where the text that an instruction is about ends, if ``raw`` is such an instruction."""
    colon = _COLON.search(raw)
    if colon:
        before = raw[: colon.start()]
        if not frames.WORK_ON.search(before) or frames.ABOUT_ME.search(before):
            return None
        line_end = text.find("\n", span.end)
        if not raw[colon.end() :].strip() or line_end < 0:
            return len(text)  # "Translate this:" and then a text of any length
        return line_end
    at_line_end = text[span.end : span.end + 1] in ("\n", "\r")
    if at_line_end and frames.WORK_ON_NEXT.search(raw) and text[span.end :].strip():
        return len(text)
    return None


def _mask(text: str) -> tuple[str, list[tuple[int, int, Voice]]]:
    """``text`` with the inside of quotes as ``\\x00`` (same length), and its blocks of other
    people's lines as (start, end, voice)."""
    blocks: list[tuple[int, int, Voice]] = []
    fence: str | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        voice: Voice | None = None
        if fence:
            voice = "code"
            # Only a bare fence of at least the same length closes (CommonMark 4.5).
            if mark and mark.group(1).startswith(fence) and not mark.group(2).strip():
                fence = None
        elif mark:
            fence, voice = mark.group(1), "code"
        elif line.lstrip().startswith((">", "＞")):
            voice = "quoted"
        elif _TRANSCRIPT.match(line):
            voice = "pasted"
        elif _CODE_LINE.match(line):
            voice = "code"
        if voice:
            blocks.append((at, at + len(line), voice))
        at += len(line)
    masked = _QUOTED.sub(lambda m: _hidden(m.group()), text)
    return masked, blocks


def _hidden(quote: str) -> str:
    """The quote's marks stay, its inside goes; line breaks inside go too, so it is one piece."""
    return quote[0] + "\x00" * (len(quote) - 2) + quote[-1]


def _readable(raw: str) -> str:
    return re.sub(r"\x00+", "…", raw)


def _block_voice(blocks: list[tuple[int, int, Voice]], span: Span) -> Voice | None:
    for start, end, voice in blocks:
        if start <= span.start < end:
            return voice
        if start > span.start:
            break
    return None
