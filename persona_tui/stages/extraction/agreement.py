"""Does a statement say no more than its sentence? Checked by words, for English.

A small model asked to restate a sentence sometimes invents ("a dentist", "loves trains" from its
examples), drops a negation, or makes the past present. Each of these is caught by a plain
comparison of words; what is not caught is measured in ``benchmarks/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MIN_RECALL = 0.6
"""Share of the sentence's content words that the statement must keep: "I run a youth football
team" is not "The user is a football team"."""

_WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTION = _words(
    """a about after all also am an and are as at be because been before being both but by currently
    d did do does doing during each for from had has have having he her hers herself him himself his
    how however i if in into is it its itself ll m me mine more most my myself of off on or our ours
    ourselves out over own re s she should since so some still such than that the their theirs them
    themselves then there these they this those though to too under up us user users very ve was we
    were what when where whether which while who whom why will with would you your yours yourself
    really just actually honestly well hi hello thanks thank you please now person people describe
    someone t ever even quite rather today whose"""
)
_IRREGULAR: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        """went:go gone:go goes:go grew:grow grown:grow ate:eat eaten:eat lost:lose bought:buy
        left:leave taught:teach wrote:write written:write ran:run made:make came:come met:meet
        felt:feel slept:sleep spent:spend began:begin begun:begin drove:drive driven:drive
        spoke:speak spoken:speak took:take taken:take gave:give given:give broke:break
        broken:break knew:know known:know got:get children:child kids:kid wives:wife lives:live
        built:build sold:sell paid:pay said:say told:tell thought:think won:win became:become
        studies:study studied:study swam:swim drank:drink""",
    )
)
_PAST = _words(
    """was were had did used went grew ate lost bought left taught wrote ran made came met felt slept
    spent began drove spoke took gave broke knew got built sold paid told thought won became swam
    drank quit served sang fell found held kept sent stood understood wore"""
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nothing|cannot|without|nobody|neither|nor|stopped|quit|unable|hates?|dislikes?"
    r"|stand|no longer|gave up|given up|hardly|barely)\b|n['’]t\b|\b(?:dont|cant|isnt|wont|doesnt|didnt|havent|arent)\b",
    re.IGNORECASE,
)
_ADVERBS = (
    r"(?:also|always|still|usually|often|never|just|really|only|currently|now|recently|once|already"
    r"|barely|mostly|finally|sometimes|both|then)"
)
_FIRST_VERB = re.compile(rf"\b(?:I|we)(?:['’](\w+))?\s+(?:{_ADVERBS}\s+)*(\w+)", re.IGNORECASE)
_USER_VERB = re.compile(rf"^the user(?:['’](\w+))?\s+(?:{_ADVERBS}\s+)*(\w+)", re.IGNORECASE)
_KIN = re.compile(r"^\W*(?:and |but |so )?(?:my|our)\s+(?:\w+\s+)?(\w+)\s+(?:and|is|are|was|were|has|have|still"
    r"|also|never|always|\w+s|\w+ed)\b", re.IGNORECASE)  # fmt: skip


_OWNING = re.compile(r"\b(?:my|our|mine|ours)\b", re.IGNORECASE)
WISH = re.compile(
    r"\b(?:want|wanna|would|hop|plan|try|tri|wish|dream|think|consider|might|maybe|perhaps|could|should|almost"
    r"|nearly|going to|gonna|want|goal)(?:s|e|es|ed|ing|ning|ned|ed|ies)?\b|['’]d\b",
    re.IGNORECASE,
)
"""Not (yet) a fact: "would like to retire" is not "is retiring"."""
_MODAL = _words("can can't cannot could couldn't will won't would wouldn't should may might must")


@dataclass(frozen=True, slots=True)
class Agreement:
    """``ok`` if nothing was added; ``recall`` is the share of content words that was kept."""

    ok: bool
    recall: float
    reason: str = ""


def stem(word: str) -> str:
    """A crude English stem: enough to see that *works* is *work*."""
    word = word.lower().replace("’", "'").removesuffix("'s").strip("'")
    word = _IRREGULAR.get(word, word)
    for ending, put in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def content(text: str) -> list[str]:
    """The stems of the words that carry meaning, numbers and names among them."""
    words = [w.lower().replace("’", "'") for w in _WORD.findall(text)]
    kept = [w for w in words if re.sub(r"'(?:s|m|re|ve|ll|d|t)$", "", w) not in _FUNCTION]
    return [stem(w) for w in kept if not re.fullmatch(r"\w+n't|dont|cant|im|ive", w)]


def agreement(sentence: str, statement: str) -> Agreement:
    """Compare an English sentence with what a model made of it."""
    said, made = content(sentence), content(statement)
    if not made:
        return Agreement(False, 0.0, "empty")
    # "'m a left-handed guitarist" may be said as "has": function words are free, nothing else is.
    added = [word for word in made if word not in said]
    recall = len(set(said) & set(made)) / max(1, len(set(said)))
    if added:
        return Agreement(False, recall, f"adds {added[0]}")
    if bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(statement)):
        return Agreement(False, recall, "negation")
    if _is_past(_FIRST_VERB.search(sentence)) != _is_past(_USER_VERB.search(statement)):
        return Agreement(False, recall, "tense")
    if bool(WISH.search(sentence)) != bool(WISH.search(statement)):
        return Agreement(False, recall, "mood")
    if _aspects(sentence) & {(s, not done) for s, done in _aspects(statement)}:
        return Agreement(False, recall, "aspect")
    if statement.lower().startswith("the user's") and not _OWNING.search(sentence):
        return Agreement(False, recall, "possession")
    verb = _USER_VERB.search(statement)
    if verb and not verb.group(1) and _third_person_missing(verb.group(2)):
        return Agreement(False, recall, "grammar")
    kin = _KIN.match(sentence)
    if kin and stem(kin.group(1)) not in made:
        return Agreement(False, recall, "subject")
    if recall < MIN_RECALL:
        return Agreement(False, recall, "too little")
    return Agreement(True, recall)


def _aspects(text: str) -> set[tuple[str, bool]]:
    """(stem, is it done?) of words in -ing and -ed: "learning" is not "has learned"."""
    words = [w.lower() for w in _WORD.findall(text)]
    return {(stem(w), w.endswith("ed")) for w in words if w.endswith(("ing", "ed")) and len(w) > 4}


def is_past_form(word: str) -> bool:
    """True for English past forms, as far as form tells."""
    word = word.lower()
    return word in _PAST or (
        word.endswith("ed") and len(word) > 4 and word not in ("need", "breed")
    )


def _third_person_missing(verb: str) -> bool:
    verb = verb.lower().replace("’", "'")
    fine = verb in _MODAL or is_past_form(verb) or verb in _FUNCTION
    return not fine and not verb.endswith(("s", "n't", "and"))


def _is_past(match: re.Match[str] | None) -> bool:
    if match is None or match.group(1):  # no subject to compare; 'm, 've, 's are present
        return False
    return is_past_form(match.group(2))
