"""Render a chat template so that what people wrote can never act as a template.

Imported chats contain text such as ``<|im_end|>``; were it tokenised together with the template,
it would end the turn. A template is therefore rendered with a placeholder for each content, and
the contents are put in afterwards, known as such (:class:`Span`).

Tokenising span by span would be simplest, but tokens that a model was trained with cross the
borders ("user\\n" + "\\n\\nHi" has one token for three line breaks, and SentencePiece adds a space
to each piece). So :func:`segments` keeps everything in one piece, which gives exactly the tokens
of the full prompt, and cuts only where a content holds the spelling of a special token; those
spellings are cut in themselves, so that they stay ordinary letters.

The price of placeholders: a template that looks into a content (Qwen3 removes ``<think>`` parts
of earlier answers) does not see it. Trimming is seen and repeated here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.errors import ModelError
from models.protocol import ChatMessage

Template = Callable[[list[dict[str, str]]], str]
"""Renders role/content dictionaries and opens the answer's turn; raises if it refuses them."""

_PAD = "\u2003"  # an em space: every trim removes it, no template writes it


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a rendered prompt; ``content`` if it was not written by the template."""

    text: str
    content: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt and what had to be changed to suit the template, if anything."""

    spans: tuple[Span, ...]
    note: str | None = None


def render(messages: Sequence[ChatMessage], template: Template) -> Rendered:
    """Render ``messages``; a last message of role assistant is continued, not closed.

    Templates differ in what they take. Tried in this order: the messages as they are; the system
    message as the beginning of the first user message; besides, neighbours of one role joined.
    Raises :class:`ModelError` if the template refuses or drops a message all the same.
    """
    if not messages:
        raise ModelError("There is nothing to answer because the prompt is empty.")
    beginning = messages[-1].content if messages[-1].role == "assistant" else ""
    turns = list(messages[:-1] if messages[-1].role == "assistant" else messages)
    folded = _fold_system(turns)
    refusal: Exception | None = None
    for variant, note in (
        (turns, None),
        (folded, "system message put before the first user message: the template has no such role"),
        (_join_neighbours(folded), "neighbouring messages of one role joined for the template"),
    ):
        try:
            spans = list(_fill(variant, template))
        except Exception as error:  # noqa: BLE001  a template is a stranger's program
            refusal = error
            continue
        if unthought := _no_thoughts(spans):
            spans.append(Span(unthought, content=False))
        if beginning:
            spans.append(Span(beginning, content=True))
        notes = (note, "thinking was closed before it began" if unthought else None)
        return Rendered(tuple(spans), "; ".join(filter(None, notes)) or None)
    raise ModelError(
        f"The model's chat template refuses this conversation ({refusal}); "
        "begin with a user message and alternate, or choose another model."
    ) from refusal


def segments(spans: Sequence[Span], special: re.Pattern[str] | None) -> Iterator[tuple[str, bool]]:
    """Cut a prompt into (text, parse special tokens?) pieces to be tokenised one by one.

    ``special`` matches, by lookahead with one group, every spelling of a special token (longest
    first); see :func:`special_pattern`. Without hostile content there is exactly one piece.
    """
    text = "".join(span.text for span in spans)
    if special is None:
        yield text, True
        return
    hits = [(match.start(), match.end(1)) for match in special.finditer(text)]
    at = done = 0
    for span in spans:
        start, at = at, at + len(span.text)
        if not span.content:
            continue
        hostile = [first for first, last in hits if first < at and last > start]
        if not hostile:
            continue
        if done < start:
            yield text[done:start], True
        cuts = [start, *(first + 1 for first in hostile if start < first + 1 < at), at]
        for left, right in pairwise(cuts):
            if left < right:
                yield text[left:right], False
        done = at
    if done < len(text):
        yield text[done:], True


def special_pattern(spellings: Sequence[str]) -> re.Pattern[str] | None:
    """The pattern for :func:`segments`; ``None`` if there is nothing to look for."""
    known = sorted({one for one in spellings if one}, key=len, reverse=True)
    return re.compile(f"(?=({'|'.join(map(re.escape, known))}))") if known else None


def _fill(turns: Sequence[ChatMessage], template: Template) -> Iterator[Span]:
    nonce = secrets.token_hex(8)
    rendered = template(
        [
            {
                "role": turn.role,
                "content": f"{_PAD}zq{nonce}x{i}xqz{_PAD}" if turn.content else "",
            }
            for i, turn in enumerate(turns)
        ]
    )
    missing = {i for i, turn in enumerate(turns) if turn.content}
    at = 0
    for match in re.finditer(f"({_PAD}?)zq{nonce}x(\\d+)xqz({_PAD}?)", rendered):
        if match.start() > at:
            yield Span(rendered[at : match.start()], content=False)
        content = turns[int(match[2])].content
        content = content if match[1] else content.lstrip()
        content = content if match[3] else content.rstrip()
        if content:
            yield Span(content, content=True)
        missing.discard(int(match[2]))
        at = match.end()
    if at < len(rendered):
        yield Span(rendered[at:], content=False)
    if missing:
        raise ValueError(f"it drops messages of role {turns[min(missing)].role}")


_UNTHOUGHT = (
    (re.compile(r"<think>\Z"), "\n\n</think>\n\n"),  # DeepSeek R1, QwQ: no switch in the template
    (re.compile(r"<think>\s+\Z"), "\n</think>\n\n"),
    (re.compile(r"<\|start\|>assistant\Z"), "<|channel|>final<|message|>"),  # gpt-oss
)


def _no_thoughts(spans: Sequence[Span]) -> str:
    """What makes a model that would think aloud begin its answer at once, if it is such a model.

    Thoughts would take the place of the answer that is scored, constrained or begun for it.
    """
    opened = spans[-1].text if spans and not spans[-1].content else ""
    return next((closing for opening, closing in _UNTHOUGHT if opening.search(opened)), "")


def _fold_system(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    if system and rest and rest[0].role == "user":
        rest[0] = ChatMessage("user", f"{system}\n\n{rest[0].content}")
    elif system:
        rest.insert(0, ChatMessage("user", system))
    return rest


def _join_neighbours(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    joined: list[ChatMessage] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = ChatMessage(turn.role, f"{joined[-1].content}\n\n{turn.content}")
        else:
            joined.append(turn)
    return joined
