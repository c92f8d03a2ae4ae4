"""What each sign means, in words: for the extractor that is asked to look again, and for the person.

``PRIOR`` is what is expected of people in general, before one person's labels say otherwise: the study's
annotators rejected most what was generalized from one remark, what the words did not show, and what was
the task rather than the person (arXiv 2606.06614). Its sizes are cautious guesses; with some hundred
labels they hardly matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.learned.base import Weight


@dataclass(frozen=True, slots=True)
class Sign:
    """One column of :mod:`persona_tui.stages.verification.features`."""

    prior: float
    """Log-odds of *problematic* for one standard deviation."""
    much: str
    """To the extractor, where there is much of it and that accuses; empty: says nothing."""
    little: str
    """Likewise where there is little of it."""
    who: str
    """To the person: ``attributes that …``, of those that have much of it."""
    who_not: str
    """Of those that have little."""


SIGNS: dict[str, Sign] = {
    "overlap": Sign(-0.4, "", "it uses words that the user's words do not have",
                    "stay close to your words", "use other words than you did"),
    "kept": Sign(-0.1, "it repeats a request or a text word for word", "it leaves out most of what was said",
                 "keep most of what you said", "leave out most of what you said"),
    "similarity": Sign(-0.4, "", "it means something else than the user's words",
                       "mean the same as your words", "are far from your words"),
    "entailment": Sign(-0.3, "", "the words do not show it", "the model finds shown by your words",
                       "the model does not find shown by your words"),
    "confidence": Sign(-0.3, "", "the model was not sure of it", "the model was sure of",
                       "the model was unsure of"),
    "sources": Sign(-0.3, "", "it rests on a single remark", "rest on many remarks",
                    "rest on a single remark"),
    "conversations": Sign(-0.3, "", "it comes from one conversation only", "come from many conversations",
                          "come from a single conversation"),
    "days": Sign(-0.1, "", "it was said on one day only", "were said over a long time",
                 "were said on a single day"),
    "repeated": Sign(-0.1, "it was said again and again in one conversation", "", "were said again and again",
                     "were said once in a conversation"),
    "request": Sign(0.4, "it rests on a request, which is a task and not the user", "",
                    "rest on a request", "rest on no request"),
    "question": Sign(0.2, "it rests on a question", "", "rest on a question", "rest on statements"),
    "other_voice": Sign(0.4, "the words are quoted, pasted or dictated, and not the user's own", "",
                        "rest on quoted or pasted text", "rest on your own words"),
    "play": Sign(0.4, "the words belong to a role or to a case that is only imagined", "",
                 "rest on role-play or on what is only imagined", "rest on what you said in earnest"),
    "no_first_person": Sign(0.3, "the user does not speak of themselves there", "",
                            "rest on words in which you do not speak of yourself",
                            "rest on words about yourself"),
    "wish": Sign(0.1, "it is a wish or a plan, not a fact", "", "rest on a wish or a plan",
                 "rest on facts"),
    "once": Sign(0.2, "it was so once or at that moment, not in general", "",
                 "rest on what was so once", "rest on what is so in general"),
    "hedged": Sign(0.1, "it is guessed (may, seems, likely)", "it is said as if it were certain",
                   "are guesses (may, seems, likely)", "are said as if they were certain"),
    "sweeping": Sign(0.3, "it is too sweeping (always, very, passionate, expert)", "",
                     "are sweeping (always, very, passionate)", "are not sweeping"),
    "trait": Sign(0.2, "it makes a taste or a trait out of what was said", "",
                  "make a taste or a trait out of it", "state a plain fact"),
    "task": Sign(0.4, "it describes what the user wanted done, not the user", "",
                 "describe what you wanted done", "describe you and no task"),
    "pointing": Sign(0.2, "it cannot be understood without the conversation", "",
                     "cannot be understood alone", "can be understood alone"),
    "length": Sign(0.1, "it says too much at once", "it says too little to mean anything",
                   "are long", "are short"),
    "mismatch": Sign(0.2, "it has another time, mood or negation than the words", "",
                     "change the time, the mood or the negation of your words",
                     "keep the time and the mood of your words"),
}  # fmt: skip
PRIOR: Mapping[str, float] = {name: sign.prior for name, sign in SIGNS.items()}
STATED = 0.15
"""Log-odds below which a sign is not worth a sentence."""
UNNAMED = "it resembles what the user rejected before"


def reasons(parts: Sequence[Weight], values: Mapping[str, float]) -> tuple[str, ...]:
    """Why an attribute is doubted, in sentences for the extractor, the strongest first; at least one.

    Args:
        parts: what each sign adds to its log-odds, the most accusing first.
        values: how much of each sign it has, in standard deviations from the middle.
    """
    found: list[str] = []
    for part in parts:
        sign = SIGNS.get(part.name)
        if sign is None or part.value < STATED:
            continue
        said = sign.much if values.get(part.name, 0.0) > 0 else sign.little
        if said and said not in found:
            found.append(said)
    return tuple(f"{said[:1].upper()}{said[1:]}." for said in found or [UNNAMED])


def words(weights: Sequence[Weight], most: int = 6) -> list[str]:
    """What was learned, in sentences for the person; the strongest first."""
    found = []
    for one in weights:
        sign = SIGNS.get(one.name)
        if sign is None or abs(one.value) < STATED:
            continue
        rejected, accepted = (sign.who, sign.who_not) if one.value > 0 else (sign.who_not, sign.who)
        found.append(
            f"You reject attributes that {rejected} more often than those that {accepted}."
        )
    return found[:most] or ["No sign by itself tells yet what you reject."]
