"""What is known about the person before any pattern is tried: the deny-list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from persona_tui.donation.redaction import introductions, names, network
from persona_tui.donation.redaction.finding import Finding, Kind, Known, merged
from persona_tui.donation.redaction.folding import Folded, fold
from persona_tui.donation.redaction.lexicon import NOT_NAMES, is_given, is_plain
from persona_tui.donation.redaction.patterns import OTHER_NAMES, OWN_NAMES, every
from persona_tui.donation.redaction.rules import Span, run
from persona_tui.donation.redaction.wordlists import words

_NOBODY = words(
    "root admin administrator user users guest test tester dev developer home default ubuntu debian pi vagrant runner node app "
    "owner me work laptop macbook desktop student public shared nobody daemon service"
)
_OWN = (*OWN_NAMES, *OTHER_NAMES)
_USERS = tuple(one for one in network.RULES if one.kind == "USERNAME")
_PROPER = re.compile(rf"(?<=[a-z,;:] )(?:{names.FULL})")
_PLACE = re.compile(
    r"(?i)\b(?:lives?|living|based|grew up|born|moved|moving|relocated|resides?|home|house|from|near|to|in) (?:in |near |to |at )?$"
)
_JOB = re.compile(
    r"(?i)\b(?:works?|working|worked|employed|job|employer|company|interns?|studies|studied|studying|attends?|attended)(?: is)? (?:at|for|by|with|in)? ?(?:the )?$"
)
_DISTINCTIVE = 6
"""Letters and digits that a date must have to be looked for elsewhere."""


def seed_known(
    *,
    account: str | None,
    home: str | None,
    attributes: Iterable[str],
    messages: Iterable[str],
    entries: Iterable[str],
) -> list[Known]:
    """The deny-list of one person, each entry once, the longest first.

    ``account`` and ``home``: the account's name and home folder on this machine. ``attributes``:
    what was inferred about the person; names and proper nouns in it are taken. ``messages``: what
    they wrote; the names they give themselves and others. ``entries``: their own list, as it is.
    """
    found: dict[tuple[Kind, str], Known] = {}
    for one in (
        *_account(account, home),
        *_entries(entries),
        *_attributes(attributes),
        *_messages(messages),
    ):
        found.setdefault((one.kind, one.text.casefold()), one)
    return sorted(found.values(), key=lambda one: (-len(one.text), one.text, one.kind))


def with_found(
    known: Iterable[Known], found: Iterable[tuple[str, Iterable[Finding]]]
) -> list[Known]:
    """``known`` and what was found in texts: a second search finds it in every other text as well,
    however it is written there. ``found``: each text with its findings."""
    out = {(one.kind, one.text.casefold()): one for one in known}
    for text, findings in found:
        for one in findings:
            value = text[one.start : one.end].strip()
            if one.by != "encoded" and searchable(one.kind, value):
                for more in _name(value) if one.kind == "NAME" else [Known(one.kind, value)]:
                    out.setdefault((more.kind, more.text.casefold()), more)
    return sorted(out.values(), key=lambda one: (-len(one.text), one.text, one.kind))


def searchable(kind: Kind, text: str) -> bool:
    """Whether a finding can be looked for elsewhere: "42" or "3 May" would be met everywhere."""
    letters = sum(char.isalnum() for char in text)
    if kind == "AGE":
        return False
    if kind == "DATE":
        return letters >= _DISTINCTIVE and sum(char.isdigit() for char in text) >= 5
    return letters >= (2 if kind in ("NAME", "CUSTOM") else 3)


def _account(account: str | None, home: str | None) -> Iterator[Known]:
    path = (home or "").rstrip("/\\")
    last = re.split(r"[/\\]", path)[-1]
    for name in dict.fromkeys([account or "", last]):
        if len(name) >= 3 and name.casefold() not in _NOBODY:
            yield Known("USERNAME", name)
            for part in re.split(r"[\W\d_]+", name):
                if len(part) >= 3 and is_given(part):
                    yield Known("NAME", part)
    if len(path) > 3 and last.casefold() not in _NOBODY:
        yield Known("PATH", path)


def _entries(entries: Iterable[str]) -> Iterator[Known]:
    for entry in entries:
        text = entry.strip()
        if not text:
            continue
        plain = fold(text).text
        spans = [Finding(start, end, kind, "pattern") for start, end, kind in every(plain)]
        whole = next((one for one in merged(spans) if one.end - one.start == len(plain)), None)
        if whole and whole.kind == "NAME":
            yield from _name(text)
        else:
            yield Known(whole.kind if whole else "CUSTOM", text)


def _attributes(attributes: Iterable[str]) -> Iterator[Known]:
    for text in attributes:
        view = fold(text)
        yield from _spans(text, view, run((*_OWN, *network.RULES), view.text))
        for match in _PROPER.finditer(view.text):
            words = match[0].split()
            while words and words[0].casefold() in NOT_NAMES:
                words.pop(0)
            while words and words[-1].casefold() in NOT_NAMES:
                words.pop()
            if not words:
                continue
            start = match.start() + match[0].index(words[0])
            end = match.start() + match[0].rindex(words[-1]) + len(words[-1])
            original = text[slice(*view.span(start, end))]
            if is_given(words[0]):
                yield from _name(original)
            else:
                yield Known(_proper(view.text[max(0, start - 40) : start]), original)


def _proper(lead: str) -> Kind:
    if _JOB.search(lead):
        return "ORG"
    return "ADDRESS" if _PLACE.search(lead) else "CUSTOM"


def _messages(messages: Iterable[str]) -> Iterator[Known]:
    for text in messages:
        view = fold(text)
        yield from _spans(text, view, run((*_OWN, *_USERS), view.text))
        yield from _spans(text, view, introductions.introduced(view.text))
        yield from _spans(text, view, introductions.related(view.text))


def _spans(text: str, view: Folded, spans: Iterable[Span]) -> Iterator[Known]:
    for start, end, kind in spans:
        original = text[slice(*view.span(start, end))]
        if kind == "NAME":
            yield from _name(original)
        else:
            yield Known(kind, original.lstrip("@") if kind == "USERNAME" else original)


def _name(name: str) -> Iterator[Known]:
    """A name and each of its parts: people are called by one of them."""
    yield Known("NAME", name)
    parts = name.split()
    if len(parts) > 1:
        for part in parts:
            word = part.strip(".,'’")
            plain = fold(word).text.casefold()
            if (
                len(plain) >= 3
                and plain not in NOT_NAMES
                and (word[:1].isupper() or not is_plain(plain))
            ):
                yield Known("NAME", word)
