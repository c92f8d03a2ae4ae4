"""What is true of a synthetic user is known: verdicts on attributes without asking anybody.

An inferred attribute is compared with the persona's facts by its words, as extraction compares a
statement with its sentence (:mod:`persona_tui.stages.extraction.agreement`); likeness of meaning alone
takes "works day shifts" for "works night shifts". It is

- *ok* if a fact states or implies all of it (:mod:`persona_tui.stages.foil.lexicon`);
- *bad* if it turns a fact around (negation, opposites, numbers, order), says of the user what a fact
  says of somebody else, takes an aim for done, names another of a kind (shellfish for peanuts), or is
  far in meaning from all facts: the persona is the whole truth, so what it does not state is not so;
- undecided otherwise. Acceptance is told with its bounds: as if all undecided were right, or wrong.

How often the decided ones are right: ``benchmarks/foil_truth.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_tui.stages.foil.lexicon import ACHIEVING, CONSUMING
from persona_tui.stages.foil.personas import Persona
from persona_tui.stages.foil.statement import Statement, order_turned, parsed, parts
from store.records import Verdict

if TYPE_CHECKING:
    from models.protocol import Embedder

TRUTH_VERSION = "2"
FOREIGN = 0.45
"""Cosine with the nearest fact below which a statement is about something else altogether."""
NEAR = 0.50
"""Cosine from which shared words are about the same thing, not there by chance."""
_OTHER_SCRIPT = re.compile(r"[^\x00-\u024f\u2000-\u206f]")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the persona says of one attribute."""

    verdict: Verdict | None
    """``None``: undecided."""
    fact: int | None
    """The fact that states it, or that it contradicts; ``None``: no single one."""
    score: float
    """Cosine with the nearest fact."""
    why: str = ""
    """A few words, for benchmarks and tests."""


async def known(persona: Persona, attributes: Sequence[str], embedder: Embedder) -> list[Truth]:
    """One :class:`Truth` for each attribute, in order. Raises :class:`models.errors.ModelError`."""
    if not attributes or not persona.facts:
        return [Truth(None, None, 0.0, "no facts") for _ in attributes]
    facts = (await embedder.embed([fact.text for fact in persona.facts])).vectors
    errands = (await embedder.embed(list(persona.errands))).vectors
    rows = (await embedder.embed(list(attributes))).vectors
    errand_words = frozenset[str]().union(*(parsed(one).words for one in persona.errands))
    parsed_facts = [parsed(fact.text) for fact in persona.facts]
    found = []
    for text, row in zip(attributes, rows, strict=True):
        cosines = [float(one) for one in row @ facts.T]
        errand = float((row @ errands.T).max())
        asked = errand >= FOREIGN or bool(parsed(text).words & errand_words)
        found.append(_of(text, parsed_facts, cosines, asked=asked, whole=persona.whole))
    return found


def _of(
    text: str,
    facts: Sequence[Statement],
    cosines: Sequence[float],
    *,
    asked: bool,
    whole: bool,
) -> Truth:
    """One attribute; a sentence of two statements is right if both are, wrong if one is. ``asked``: it
    is about what they turn to an assistant with, which is no fact and not false for that."""
    nearest = max(range(len(facts)), key=lambda at: cosines[at])
    score = cosines[nearest]
    if _OTHER_SCRIPT.search(text):
        return Truth(None, None, score, "not English")
    single = _single(parsed(text), facts, cosines)
    if not whole:
        # Another number or another of a kind may be true as well, where the facts are not all there is.
        sure = single.verdict != "bad" or single.why in ("negation", "the contrary")
        return single if sure else Truth(None, None, score, "not all is known")
    if single.verdict is not None:
        return single
    pieces = parts(text)
    if len(pieces) > 1:
        each = [_single(parsed(piece), facts, cosines) for piece in pieces]
        if any(one.verdict == "bad" for one in each):
            return Truth("bad", None, score, "one part is wrong")
        if all(one.verdict == "ok" for one in each):
            return Truth("ok", each[0].fact, score, "each part is stated")
    if score < FOREIGN and not asked:
        return Truth("bad", None, score, "nothing like it is stated")
    return single


def _single(said: Statement, facts: Sequence[Statement], cosines: Sequence[float]) -> Truth:
    """The first fact, from the nearest on, that decides."""
    places = sorted(range(len(facts)), key=lambda at: -cosines[at])
    everything = frozenset[str]().union(*(one.implied for one in facts))
    decisions = [(at, *_against(said, facts[at], everything, cosines[at])) for at in places]
    for wanted in ("ok", "bad"):
        for at, verdict, why in decisions:
            if verdict == wanted:
                return Truth(verdict, at, cosines[places[0]], why)
    return Truth(None, None, cosines[places[0]], "undecided")


def _against(
    said: Statement, fact: Statement, everything: frozenset[str], cosine: float
) -> tuple[Verdict | None, str]:
    """What one fact says of a statement. ``everything``: what all facts state or imply."""
    if not said.words:
        return None, "says nothing"
    if said.words & fact.denied and said.words - fact.denied <= CONSUMING | fact.implied:
        return ("ok", "not, as it implies") if said.negated else ("bad", "implies the contrary")
    added = said.adds_to(fact)
    if said.counts_otherwise(fact):
        return "bad", "another unit"
    if said.numbers and fact.numbers and not said.numbers <= fact.numbers and _close(said, fact):
        return "bad", "another number"
    if added and added <= ACHIEVING and fact.aim_is_open and said.achieved and not said.aims:
        return "bad", "an aim taken for done"
    (only, *more) = added or ("",)
    if only and not more and fact.opposes(only) and _close(said, fact) and not said.negated:
        return "bad", "the contrary"
    if added & everything:
        # Part of it is another fact's business.
        return None, "of several facts"
    # One word of many may be there for another reason: "save for something big".
    mostly = 2 * len(added) <= len(said.words) or len(added) == 1
    if mostly and any(fact.opposes(word) for word in added) and (
        len(added) == 1 or _close(said, fact)
    ):  # fmt: skip
        return (None, "the contrary denied") if said.negated else ("bad", "the contrary")
    if mostly and any(fact.excludes(word) for word in added) and not said.negated:
        return "bad", "another of its kind"
    if added or said.numbers - fact.numbers or cosine < NEAR - 0.2:
        return None, "says more"
    return _covered(said, fact)


def _close(said: Statement, fact: Statement) -> bool:
    """Whether a statement shares what the fact is about."""
    return bool(said.words & fact.words)


def _covered(said: Statement, fact: Statement) -> tuple[Verdict | None, str]:
    """Every word of it is in the fact: does it say the same of the same one?"""
    if said.negated != fact.negated:
        if fact.aims and not said.aims:
            return None, "an aim denied"
        return "bad", "negation"
    if order_turned(said, fact):
        return "bad", "the other way round"
    if said.others(fact):
        return "bad", "true of somebody else"
    if fact.aims and not said.aims:
        if fact.aim_is_open and said.achieved:
            return "bad", "an aim taken for done"
        if not said.words & fact.before_aim:
            return None, "an aim"
    if said.aims and not fact.aims:
        return None, "a fact taken for an aim"
    if said.past and not fact.past:
        return None, "tense"
    return "ok", "stated"


def relevant(persona: Persona, fact: int, topic: str, *, personal: bool) -> bool | None:
    """Whether a fact should change the answer to a bank prompt of ``topic``; ``None`` if the persona
    does not say (one's own profile)."""
    topics = persona.facts[fact].topics
    if not persona.whole:
        return None
    return personal and topic in topics
