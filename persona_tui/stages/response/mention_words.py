"""The words by which an answer speaks of the person, and how far each of them reaches.

A *cue* says that what follows (or stands before it) is about the person: *since you …*, *your …*,
*… like you*. What it reaches is a stretch of the same clause. "As an example, rice keeps well" has a
comma between *as an* and *rice*, so nothing is said of anybody who likes rice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FLAGS = re.IGNORECASE
_ADVICE = (
    "can|could|may|might|must|should|shall|will|would|need|want|ask|asked|find|found|get|see|seen"
    "|look|try|do|if|to|save|please|have to|haven|don|won|wouldn|couldn|cannot|buy|take|go|add|set"
    "|choose|pick|pay|start|order|decide|visit|notice|know"
)
_ADVERB = r"(?:(?:already|currently|really|now|both|often|usually|also|still)\s+)*"
_REFUSE = r"(?:can['’]t|cannot|don['’]t|do not)\s+(?:eat|have|drink|drive|like|own|use|want)\b"

REASON = re.compile(
    r"\b(?:since|because|as|given that|knowing that|knowing|considering(?: that)?|now that|while"
    r"|seeing that|seeing as|you mentioned(?: that)?|you said(?: that)?|you told me(?: that)?"
    r"|i know(?: that)?|i remember(?: that)?|i understand(?: that)?)"
    r"\s+(?=you(?:['’](?:re|ve|d))?\b|your\b)"
    r"|\bi (?:know|remember|understand)\b(?=[^,;.]*\byou)"
    r"|\b(?:given|considering|knowing)\s+(?=your|the\b)"
    r"|\b(?:da|weil)\s+(?=du\b|sie\b|dein|ihr)"
    r"|\b(?:puisque|comme|étant donné que)\s+(?=(?:tu|vous|vos|votre)\b)"
    r"|\b(?:como|ya que|dado que|puesto que)\s+(?=(?:usted|te|eres|tienes|vives|trabajas|estudias"
    r"|hablas|juegas|aprendes|comes|tú|su|tu)\b)",
    _FLAGS,
)
"""A reason taken from the person. Its clause is about them, in whatever words."""
ROLE = re.compile(
    r"\b(?:as|being)\s+(?:a|an|someone|somebody)\b|\bfor\s+(?:someone|somebody)\s+(?:who|with)\b"
    r"|\bals\s+(?=[A-ZÄÖÜ])|\ben tant qu[e'’]\s*|^(?:living|working|being|having|studying|playing)\b"
    r"|^at\s+(?=\d)|^with\s+(?:an?|two|three|four|five|\d+)\b(?=[^,]*\byou(?: will|['’]ll| have)\b"
    r"|[^,]*,\s*you(?: will|['’]ll| have)\b)",
    _FLAGS,
)
"""*As a …*: about the person only where the sentence goes on with them."""
OWN = re.compile(
    r"\byour\s+(?:city|town|village|country|job|language|hobby),"
    r"|\b(?:your|dein\w*|votre|vos|ton|tes|tu(?=\s)|tus)\b|(?<!^)(?-i:\bIhr(?:e[mnrs]?)?)\b",
    _FLAGS,
)
"""What belongs to the person: the next words, up to the end of the noun phrase."""
CLAIM = re.compile(
    rf"\b(?:(\w+)\s+)?you(?:['’](?:re|ve)\s+|\s+(?:(?={_REFUSE})|{_ADVERB}"
    rf"(?!(?:{_ADVICE})\b)(?=\w)))|\b(?:du bist|du hast|sie sind|vous êtes|tu es|usted es|eres)\b",
    _FLAGS,
)
"""*You work as …*: no *can*, *should*, *need*: those give advice. Group 1 is the word before."""
_NO_CLAIM_AFTER = _words(
    """if unless that what once when whenever before after until till how where whatever anything
    everything would do did does are were can could will should shall may might have had"""
)
BEFORE = re.compile(
    r"\b(?:like (?:you|yours)|of yours|as yours|wie (?:du|sie|deine\w*)|comme (?:toi|vous)"
    r"|where you (?:live|work|are|study)|(?:version|option|variant|alternative) for you"
    r"|(?:is|are)(?: not|n['’]t)? your (?:thing|passion|hobby|world|favou?rite))\b",
    _FLAGS,
)
"""What stands before it is about the person."""
TO_YOU = re.compile(
    r"\b(?:you|your|yours|yourself|du|dein\w*|dir|dich|tu|ton|tes|toi|vous|votre|vos|te|tú|su|sus"
    r"|usted|tus|eres)\b|(?<!^)(?-i:\b(?:Sie|Ihnen|Ihr\w*))\b",
    _FLAGS,
)
_STOP_AT = re.compile(
    r"[,;:!?–—…]|\.(?=\s|$)|\s-\s"
    r"|\b(?:so|but|then|because|since|which|that|when|where|if|before|until|even)\b"
    r"|\b(?:you|i|we|it|there)\s+(?:can|could|may|might|must|should|will|would|need|want)\b",
    _FLAGS,
)
OWN_REACHES = 5
"""Words of a noun phrase after *your*."""
_OWN_STOP = re.compile(
    r"\b(?:is|are|was|were|can|could|may|might|must|should|will|would|has|have|had|to|in|on|at"
    r"|near|into|by|from|straight|first|and you|or)\b",
    _FLAGS,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = _words(
    """a an and are as at be been but by can do does doing enjoy enjoys enjoying for from get gets
    has have having he her his i in interest interested is it its learn learning learns like likes
    liked live lives living love loves me my no not of on or other own play playing plays prefer
    prefers she so some that the their them they this three to two user users user's use uses using very want wants was were when who with work works
    working would you your often usually currently regularly several many much time times every
    person people old new
    der die das den dem und ist ein eine einen einer einem hat nutzer nutzerin benutzer benutzerin
    mit für von zu im in auf arbeitet als lebt wohnt mag du
    l le la les un une des de du est et a utilisateur utilisatrice aime vit travaille il elle
    el los las una uno es tiene usuario usuaria vive trabaja gusta que"""
)


def _bare(word: str) -> str:
    word = word.casefold().replace("’", "'").removesuffix("'s")
    return word.removeprefix("l'").removeprefix("d'")


def stem(word: str) -> str:
    """A rough stem: enough that *cooking*, *cooks* and *cook* meet."""
    word = _bare(word)
    for ending in ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("y") if len(word) > 3 else word


def content(text: str) -> set[str]:
    """Stems of the words that say something."""
    words = (_bare(match[0]) for match in _WORD.finditer(text))
    return {stem(word) for word in words if word not in _STOP and len(word) > 1} - {""}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a sentence that speaks of the person."""

    text: str
    reason: bool = False
    """Given as a reason: *since you …*."""


def reached(sentence: str) -> list[Stretch]:
    """The stretches of ``sentence`` that speak of the person; empty if none does."""
    reasons = [_clause(sentence, match.end()) for match in REASON.finditer(sentence)]
    found = [
        "you " + _clause(sentence, match.end())
        for match in CLAIM.finditer(sentence)
        if (match[1] or "").casefold() not in _NO_CLAIM_AFTER
    ]
    for match in ROLE.finditer(sentence):
        part = _clause(sentence, match.end())
        you = TO_YOU.search(part)
        part = part[: you.start()] if you else part
        rest = sentence[match.end() + len(part) :]
        if TO_YOU.search(rest[:24]) or match[0].casefold().startswith("for"):
            found.append(part)
    for match in OWN.finditer(sentence):
        part = _clause(sentence, match.end())
        end = _OWN_STOP.search(part)
        words = list(_WORD.finditer(part[: end.start()] if end else part))[:OWN_REACHES]
        found.append("your " + part[: words[-1].end()].strip() if words else "")
    found += [_before(sentence, match.start()) for match in BEFORE.finditer(sentence)]
    # A reason is often a claim as well ("since you play …"): once is enough.
    texts = {" ".join(one.split()): True for one in reasons}
    for one in found:
        texts.setdefault(" ".join(one.split()), False)
    return [Stretch(text, reason) for text, reason in texts.items() if text]


def _clause(sentence: str, start: int) -> str:
    """From ``start`` to the end of the clause."""
    end = _STOP_AT.search(sentence, start)
    return sentence[start : end.start()] if end else sentence[start:]


def _before(sentence: str, end: int) -> str:
    """The clause before ``end``: a comma right before it does not end it."""
    part = sentence[:end].rstrip(" ,")
    starts = [match.end() for match in _STOP_AT.finditer(part)]
    return part[starts[-1] if starts else 0 :]
