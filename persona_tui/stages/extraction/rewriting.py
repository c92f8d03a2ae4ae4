"""A sentence of the user, restated by rule: what is used where the model's words do not hold.

English only, and only where the grammar is plain: the first *I* becomes *the user* and its verb is
put in the third person, later ones become *they*. Where a rule does not fit there is no statement.
"""

from __future__ import annotations

import re

from persona_tui.stages.extraction.agreement import is_past_form

_LEAD = re.compile(
    r"^\W*(?:(?:and|but|so|also|well|ok(?:ay)?|hi|hello|hey|thanks|thank you|honestly|actually|anyway"
    r"|as you know|btw|by the way|fyi|oh|yes|no|look|basically)\b[\s,!.:–—-]*)+",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"[?]|\b(?:you|your|yours|please|let's|lets)\b", re.IGNORECASE)
_AS_A = re.compile(
    r"^\W*(?:speaking )?as (an? (?:(?!\b(?:i|we|my)\b)[\w' -]){3,60})(?:,|$)", re.IGNORECASE
)
_CONDITION = re.compile(
    r"^\W*(?:and |but |so )?(?:if|unless|whether|suppose|imagine)\b", re.IGNORECASE
)
_FOR = {
    "am": "is", "'m": " is", "are": "is", "'re": " is", "have": "has", "'ve": " has", "do": "does",
    "'d": " would", "'ll": " will", "was": "was", "were": "was", "had": "had", "don't": "doesn't",
    "dont": "doesn't", "haven't": "hasn't", "aren't": "isn't", "go": "goes",
}  # fmt: skip
_SAME = frozenset(
    re.findall(
        r"\S+",
        """was had did would will could should might must may can can't cannot couldn't won't wouldn't
        didn't hadn't wasn't shouldn't used quit put cut set let read hurt cost""",
    )
)
_THEY = {
    "'m": " are",
    "'ve": " have",
    "'re": " are",
    "'d": " would",
    "'ll": " will",
    "am": "are",
    "was": "were",
}
_ADVERB = re.compile(
    r"(?:\w+ly|also|always|still|never|just|often|now|once|already|both|then|sometimes|usually|not|mostly"
    r"|even|ever|no|longer|rather|quite|actually)$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(I|we)(?:['’](m|ve|d|ll|re))?(?=\W|$)|\b(im|ive)\b|\b(my|our|me|us|mine|ours|myself|ourselves)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:(?:currently|now|still|just|recently) )?(?:learning|working|living|studying|trying|training|saving"
    r"|planning|writing|building|preparing|thinking|recovering|raising|running|moving|teaching|looking"
    r"|between jobs|(been))\b(?!.*\b(?:is|are|was|were|i|we|me)\b)",
    re.IGNORECASE,
)
"""Notes without a subject: "Currently learning Rust"."""
_COUPLE = re.compile(
    r"^(?:my|our) ((?:\w+ )?\w+) and i\b(?!['’])|^i and my ((?:\w+ )?\w+)\b", re.IGNORECASE
)
_IMPERATIVE = re.compile(
    r"^(?:suggest|recommend|find|plan|write|give|make|tell|show|help|explain|draft|create|list|name|choose|pick"
    r"|design|describe|compare|translate|summari[sz]e|keep|add|imagine|remember|record|note|let)\b",
    re.IGNORECASE,
)


def states_nothing(sentence: str) -> bool:
    """True for an English order or a bare condition: whatever is made of it would be made up."""
    return bool(_CONDITION.match(sentence) or _IMPERATIVE.match(_LEAD.sub("", sentence.strip())))


def rewrite(sentence: str) -> str | None:
    """The sentence as a statement about the user, or ``None`` where no rule is safe."""
    role = _AS_A.match(sentence)
    if role:
        return f"The user is {role.group(1)}."
    text = _LEAD.sub("", sentence.strip()).strip(" ,;–—-")
    if not text or _UNSAFE.search(text) or _IMPERATIVE.match(text):
        return None
    text = text.replace("’", "'")
    out, at, named = "", 0, False
    bare, couple = _BARE.match(text), _COUPLE.match(text)
    if bare:
        out, named, text = f"The user {'has' if bare.group(1) else 'is'} ", True, _lower(text)
    elif couple:
        out, named = f"The user and their {couple.group(1) or couple.group(2)}", True
        at = couple.end()
    elif _PRONOUN.search(text) is None:
        return None
    for match in _PRONOUN.finditer(text):
        if match.start() < at:
            continue
        subject, short, run_in, other = match.groups()
        out += text[at : match.start()]
        at = match.end()
        if run_in:
            subject, short = "I", "m" if run_in.lower() == "im" else "ve"
        if subject and not named:
            clause, at = _first_subject(text, at, short)
            out += clause
        elif subject:
            clause, at = _later_subject(text, at, short)
            out += clause
        else:
            out += _possessive(other.lower(), named=named)
        named = True
    out += text[at:]
    return _sentence(out)


def _first_subject(text: str, at: int, short: str | None) -> tuple[str, int]:
    """``the user`` and its verb in the third person; the place after what was used up."""
    if short:
        return "the user" + _FOR["'" + short], at
    used, verb, end = _verb(text, at)
    if verb is None:
        return "the user", at
    return f"the user{used}{_third_person(verb)}", end


def _later_subject(text: str, at: int, short: str | None) -> tuple[str, int]:
    if short:
        return "they" + _THEY["'" + short], at
    used, verb, end = _verb(text, at)
    if verb is not None and verb.lower() in _THEY:
        return f"they{used}{_THEY[verb.lower()]}", end
    return "they", at


def _verb(text: str, at: int) -> tuple[str, str | None, int]:
    """Blanks and adverbs after ``at``, the verb, and the place after it."""
    used = ""
    for match in re.compile(r"(\s+)([\w'-]+)").finditer(text, at):
        if match.start() != at:
            break
        at = match.end()
        if not _ADVERB.match(match.group(2)):
            return used + match.group(1), match.group(2), at
        used += match.group()
    return used, None, at


def _third_person(verb: str) -> str:
    low = verb.lower()
    if low in _FOR:
        return _FOR[low]
    if low in _SAME or is_past_form(low):
        return low
    if re.search(r"(?:s|sh|ch|x|z|o)$", low):
        return low + "es"
    if re.search(r"[^aeiou]y$", low):
        return low[:-1] + "ies"
    return low + "s"


def _possessive(word: str, *, named: bool) -> str:
    if word in ("my", "our"):
        return "their" if named else "the user's"
    if word in ("me", "us"):
        return "them" if named else "the user"
    return "theirs" if word in ("mine", "ours") else "themselves"


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(" ,;:!.…")
    return text[:1].upper() + text[1:] + "."
