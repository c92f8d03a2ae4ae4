"""What is true of a user, in the words in which that user would say it.

Only sentences that begin "The user …" are turned, and only where English allows no doubt: models copy
the words that they are told, so "I has" or "I My dog is old" would be said. Everything else (a person's
own words, other languages) stays as it is.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IRREGULAR = {"is": "am", "isn't": "am not", "isn’t": "am not", "has": "have", "hasn't": "haven't",
              "does": "do", "doesn't": "don't", "doesn’t": "don’t", "goes": "go", "was": "was",
              "dies": "die", "lies": "lie", "ties": "tie", "focuses": "focus", "undergoes": "undergo",
              "aches": "ache", "suffers": "suffer"}  # fmt: skip
_MODAL = _words(
    "can cannot can't can’t could couldn't will won't would wouldn't should may might must did didn't had "
    "used never always often usually sometimes rarely seldom also still mostly only really currently "
    "recently already just generally typically once now both then not"
)
"""Stand before the verb, or have one form for all persons. Of the former the verb comes next."""
_ADVERBS = _words(
    "never always often usually sometimes rarely seldom also still mostly only really currently recently "
    "already just generally typically once now both then"
)
_COMMON = _words(
    "like love hate dislike prefer want need enjoy live work play eat drink read write own keep speak "
    "run ride drive cook bake sing dance paint travel visit study learn teach practise practice try "
    "plan hope think believe know use make take get give send sell buy build grow collect avoid follow "
    "suffer sleep wake swim walk watch listen care look manage lead coach train volunteer help share "
    "spend save earn pay start stop wear find feel see go do have say tell ask meet invest repair rent "
    "distrust trust fear worry support prefer mention consider treat attend commute garden sew knit "
    "fish hike climb cycle jog surf ski sail fly move return raise rear breed"
)
_WORD = re.compile(r"[\w'’-]+")
_SUBJECT = re.compile(r"^the user\b(?P<own>['’]s)?\s+", re.IGNORECASE)
_OTHERS = re.compile(r"\b(?:he|she|they|him|them|hers|theirs|it's|the user)\b", re.IGNORECASE)
_HER_ALONE = re.compile(
    r"\bher(?=[.,;!]|$| (?:and|or|but|in|on|at|to|with|for|from|by|as|a|the)\b)"
)
"""Not whose, but whom."""
_OWN = {"his": "my", "her": "my", "their": "my", "himself": "myself", "herself": "myself",
        "themselves": "myself", "themself": "myself"}  # fmt: skip
_JOINED = re.compile(
    r"(?P<before>,? (?:and|but|or|who also) (?:also |never |often |still )?)(?P<verb>[\w'’]+)"
)


def base_form(verb: str) -> str | None:
    """*watches* → *watch*, *studies* → *study*; ``None`` for what is no third person."""
    low = verb.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low in _MODAL or low.endswith("ed"):
        return low
    if len(low) < 4 or not low.endswith("s") or low.endswith("ss"):
        return None
    if low.endswith("ies"):
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
        return low[:-2]
    return low[:-1]


_PAST = _words(
    "came became went lost grew left met wrote won made took built bought sold ran "
                  "taught spent found felt held kept moved"
)  # fmt: skip


def first_person(sentence: str) -> str | None:
    """``The user …`` as its user would say it; ``None`` where that cannot be told for sure."""
    found = _SUBJECT.match(sentence)
    if found is None:
        return None
    rest = sentence[found.end() :]
    if _OTHERS.search(rest) or _HER_ALONE.search(rest) or '"' in rest or "“" in rest:
        return None
    if found["own"]:
        # "The user's dog is old": the verb is the dog's.
        return None if re.search(r"\b(?:his|her|their)\b", rest) else f"My {rest}"
    words = rest.split(" ")
    at = 0
    while at < len(words) - 1 and words[at].lower() in _ADVERBS:
        at += 1
    verb = words[at].rstrip(".,;!")
    told = verb.lower() if verb.lower() in _PAST else base_form(verb)
    if told is None:
        return None
    said = " ".join([*words[:at], told + words[at][len(verb) :], *words[at + 1 :]])
    turned = _joined(said)
    return None if turned is None else f"I {_mine(turned)}"


def _joined(said: str) -> str | None:
    """Verbs joined to the first one: "and hates rock". Doubtful ones ("and stuffs") end it."""
    doubt = False

    def one(found: re.Match[str]) -> str:
        nonlocal doubt
        verb = found["verb"]
        base = base_form(verb) if verb.lower() not in _MODAL else None
        if verb.lower() in _IRREGULAR or base in _COMMON:
            after = said[found.end() :].strip(" ,.!")
            if base in _COMMON and verb.lower() not in _IRREGULAR and not after:
                return found[0]  # "likes walks and hikes": the end of a list
            return found["before"] + str(base)
        if base is not None and verb.endswith("s") and _WORD.match(said[found.end() + 1 :]):
            # A verb that is not in the list, or a plural with more to come: not to be guessed.
            doubt = doubt or (base[-1:] != "s" and not _noun_goes_on(said[found.end() :]))
        return found[0]

    turned = _JOINED.sub(one, said)
    return None if doubt else turned


def _noun_goes_on(after: str) -> bool:
    """Whether what follows a word says that it is a noun: a preposition, or the sentence's end."""
    return bool(
        re.match(r"\s*(?:[.,;!]|$|(?:in|on|at|of|for|with|from|to|as|by|when|because|every|a lot|and|or|but)\b)", after)
    )  # fmt: skip


def _mine(text: str) -> str:
    """His and her as my. Other people were sent away before."""
    return re.sub(
        r"\b(his|her|their|himself|herself|themselves|themself)\b",
        lambda found: _OWN[found[0].lower()],
        text,
    )
