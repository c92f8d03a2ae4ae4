"""A sentence about a user, as words that can be compared: stems, what they imply, whom they concern."""

from __future__ import annotations

import re
from dataclasses import dataclass

from persona_tui.stages.extraction.agreement import content, stem
from persona_tui.stages.foil.lexicon import (
    AIMING,
    CLASSES,
    IMPLIES,
    IMPLIES_NOT,
    KIN,
    NEUTRAL,
    OPPOSITES,
    POLARITY,
    SAME,
    UNITS,
)

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nothing|cannot|without|neither|nor|unable|avoids?|skips?|free"
    r"|no longer)\b|n['’]t\b",
    re.IGNORECASE,
)
_NUMBERS = {
    word: str(value)
    for value, words in {
        0.5: "half", 1: "one first", 2: "two twice second", 3: "three third thrice",
        4: "four fourth", 5: "five fifth", 6: "six sixth", 7: "seven seventh", 8: "eight eighth",
        9: "nine ninth", 10: "ten tenth", 11: "eleven", 12: "twelve dozen", 13: "thirteen",
        14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen",
        19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty",
        70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred", 1000: "thousand",
    }.items()
    for word in words.split()
}  # fmt: skip
_DIGITS = re.compile(r"\d[\d,.]*\d|\d")
_TENS = re.compile(
    r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-"
    r"(one|two|three|four|five|six|seven|eight|nine)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"^the user (?:used to|was|were|had|formerly|previously|once)\b|\b(?:former|ex-|retired)\b",
    re.IGNORECASE,
)
_ACHIEVED = re.compile(
    r"^the user (?:already |now |just |recently )*(?:owns?|has|have|had|bought|opened|lives?|moved|is|runs"
    r"|finished|completed|paid|did)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:wants? to|plans? to|hopes? to|saving for|to save for|expecting|engaged to|studying for"
    r"|paying back)\b",
    re.IGNORECASE,
)
"""What is aimed at is not so yet."""
_IS_A = re.compile(r"^the user is (?:now |also |a good |an? )*an? ", re.IGNORECASE)
_TURNS = re.compile(
    r"\b(?:more than|less than|rather than|from|prefers? .* to|instead of|than)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:who|whose|married to)\b|\b(?:to|with|for|after|about|from) (?:an? |his |her |the |two )?"
    r"(?:\w+ )?(?:wife|husband|partner|mother|father|parents?|son|daughter|brother|sister|grandson"
    r"|granddaughter|friends?|boss|colleagues?)\b",
    re.IGNORECASE,
)
"""After it other people are spoken of."""
_ONES_OWN = frozenset(
    ("own", "name", "age", "job", "work", "home", "diet", "favourite", "favorite")
)
"""What is said of these is said of the user."""
_OBJECT = re.compile(r"\b(?:with|to|for|after|from|of)\b", re.IGNORECASE)
_AND = re.compile(r",? (?:and|but|who also) (?:also )?(?=(?:is|has|works?|lives?|\w+s)\b)")
_SUBJECT = re.compile(r"^the user(?:['’]s)?\s+", re.IGNORECASE)


def canonical(word: str) -> str:
    """The stem that stands for a stem's group."""
    return SAME.get(word, word)


def _kin_to(first: str, second: str) -> bool:
    """Whether two stems come from one word: *allergy*, *allergic*; *emigrate*, *emigration*."""
    short, long = sorted((first, second), key=len)
    return len(short) >= 4 and long.startswith(short[: max(4, len(short) - 1)]) and (
        len(long) - len(short) <= 4
    )  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """One sentence, taken apart."""

    text: str
    words: frozenset[str]
    """Canonical stems that carry meaning, without numbers and words that add nothing."""
    order: tuple[str, ...]
    implied: frozenset[str]
    """``words`` and what they imply."""
    denied: frozenset[str]
    numbers: frozenset[str]
    negated: bool
    past: bool
    aims: bool
    aim_is_open: bool
    achieved: bool
    before_aim: frozenset[str]
    """Words that stand before the aim: so already."""

    def adds_to(self, fact: Statement) -> frozenset[str]:
        """Words that ``fact`` neither has nor implies, nor has in another form (*allergy* for
        *allergic*; *driver* only for who drives)."""
        head = _SUBJECT.sub("", fact.text).split(" ")[0]
        makers = bool(_IS_A.match(self.text)) or "works as" in self.text

        def there(word: str) -> bool:
            if word in fact.implied:
                return True
            if word.endswith(("er", "or", "ist")):
                return makers and _kin_to(canonical(stem(head)), word)
            return any(_kin_to(word, other) for other in fact.words)

        return frozenset(word for word in self.words if not there(word))

    def counts_otherwise(self, fact: Statement) -> bool:
        """Whether the same number is of another unit."""
        units, theirs = self.words & UNITS, fact.words & UNITS
        same = bool(self.numbers & fact.numbers)
        return same and bool(units) and bool(theirs) and not units & theirs

    def opposes(self, word: str) -> bool:
        """Whether a word is the opposite of one of these."""
        return any(word in pair and (pair - {word}) & self.words for pair in OPPOSITES)

    def excludes(self, word: str) -> bool:
        """Whether a word is another of a kind of which these name one."""
        return any(word in kind and (kind - {word}) & self.words for kind in CLASSES)

    def others(self, fact: Statement) -> bool:
        """Whether this says of the user what ``fact`` says of somebody else, or the reverse."""
        mark = _OTHERS.search(fact.text)
        belongs = re.match(r"the user['’]s (\w+)", self.text, re.IGNORECASE)
        if belongs and belongs[1].lower() not in _ONES_OWN and not KIN & fact.words:
            return True
        if _IS_A.match(self.text):
            before = {canonical(word) for word in content(_OBJECT.split(fact.text, maxsplit=1)[0])}
            if self.words <= fact.words and not self.words & before:
                return True  # "works with refugees" is no refugee
        if mark is None:
            return False
        after = {canonical(word) for word in content(fact.text[mark.end() :])}
        about = self.words & after
        relation = (KIN & fact.words) | {"marry", "married", stem("married")}
        return bool(about) and self.words <= after | NEUTRAL and not self.words & relation


def numbers_of(text: str) -> frozenset[str]:
    """Numbers in digits or words, as digits: ``six-year-old`` has a 6."""
    found = set()
    for tens in _TENS.finditer(text):
        found.add(str(int(_NUMBERS[tens[1].lower()]) + int(_NUMBERS[tens[2].lower()])))
    rest = _TENS.sub(" ", text)
    found |= {one.replace(",", "") for one in _DIGITS.findall(rest)}
    found |= {_NUMBERS[one] for one in re.findall(r"[a-z]+", rest.lower()) if one in _NUMBERS}
    return frozenset(found)


def parsed(text: str) -> Statement:
    """Take a sentence apart."""
    stems = [
        canonical(word)
        for piece in content(text.replace("-", " "))
        if (word := piece) and not word[0].isdigit()
    ]
    number_words = {stem(word) for word in _NUMBERS}
    order = tuple(word for word in stems if word not in number_words)
    words = frozenset(word for word in order if word not in NEUTRAL | POLARITY)
    implied = set(words)
    for word in list(words):
        implied |= {canonical(one) for one in IMPLIES.get(word, ())}
    denied = {canonical(no) for word in words for no in IMPLIES_NOT.get(word, ())}
    aim = next((at for at, word in enumerate(order) if word in AIMING), None)
    return Statement(
        text, words, order, frozenset(implied), frozenset(denied), numbers_of(text),
        bool(_NEGATION.search(text)), bool(_PAST.search(text)), aim is not None,
        bool(_OPEN.search(text)), bool(_ACHIEVED.match(text)),
        frozenset(order[:aim]) if aim is not None else frozenset(),
    )  # fmt: skip


def parts(text: str) -> list[str]:
    """Statements joined by *and* or *but*, each about the user."""
    pieces = _AND.split(text.rstrip("."))
    if len(pieces) < 2:
        return [text]
    return [pieces[0], *[f"The user {piece}" for piece in pieces[1:]]]


def order_turned(said: Statement, fact: Statement) -> bool:
    """Whether what is compared (*more than*, *from … to*) stands the other way round."""
    if not (_TURNS.search(fact.text) and _TURNS.search(said.text)):
        return False
    mine = [word for word in said.order if word in fact.words]
    theirs = [word for word in fact.order if word in said.words]
    return mine != theirs and sorted(mine) == sorted(theirs)
