"""What a judge is asked: the person's own guideline, and the item as the person could see it.

First the headline question of each stage; then what is wrong with an attribute that it does not
accept, and for each attribute that an answer may have used, which answer is better there. Whether an
attribute is true of the person today is not asked: nobody but the person knows.

A judge stands in for the user. For a pair it is told what the person called relevant (*for you* means
nothing else to a model), never which answer was personalized, and never what the person said.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.protocol import ChatMessage
from persona_tui.stages.judging.guideline import GUIDELINE
from persona_tui.stages.judging.questions import RELEVANCE, RESPONSE
from store.audit import Kind, ModelJudgment
from store.db import new_id, utc_now
from store.records import Verdict

VERSION = "1"
FAILURES = tuple(str(number) for number in range(1, len(GUIDELINE.failures) + 1))
ASKED_AT_MOST = 8
"""Attributes that are asked about one by one for a pair."""
VERDICTS: tuple[Verdict, ...] = ("ok", "unsure", "bad")
RATINGS = ("1", "2", "3", "4", "5")
_ASK: dict[Kind, str] = {
    "attribute": "Answer with one word: ok, unsure or bad.",
    "relevance": "Answer with one word: yes or no.",
    "response": "Answer with one number, 1 to 5.",
}
_TEXT: dict[Kind, str] = {
    "attribute": GUIDELINE.text,
    "relevance": RELEVANCE.text,
    "response": RESPONSE.text,
}


def wording(kind: Kind, ask: str | None = None) -> str:
    """Everything that stands before the item, as one text to be kept under its hash."""
    ask = ask or _ASK[kind]
    return f"You stand in for the user. Judge as the user would.\n\n{_TEXT[kind]}\n{ask}\n"


def wording_sha256(kind: Kind) -> str:
    """Hash of :func:`wording`, under which that is remembered."""
    return hashlib.sha256(wording(kind).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Question:
    """One call of ``choose``: its rows are judged with one shared prefix."""

    prefix: tuple[ChatMessage, ...]
    continuations: tuple[str, ...]
    options: tuple[str, ...]

    @property
    def characters(self) -> int:
        """What is sent, the prefix once."""
        return sum(len(m.content) for m in self.prefix) + sum(len(c) for c in self.continuations)


def _question(
    kind: Kind, before: str, rows: Sequence[str], options: Sequence[str], ask: str | None = None
) -> Question:
    prefix = (ChatMessage("user", f"{wording(kind, ask)}\n{before}"),)
    return Question(prefix, tuple(rows), tuple(options))


@dataclass(frozen=True, slots=True)
class AttributeItem:
    """Stage 1: an attribute with the words that it rests on."""

    attribute_id: str
    text: str
    quotes: tuple[str, ...] = ()

    def question(self) -> Question:
        return _question("attribute", self._before, [f"{self.text}\nAnswer:"], VERDICTS)

    def why(self, verdict: Verdict) -> Question:
        """What is wrong with it, where it was not accepted."""
        row = f"{self.text}\nYour judgment: {verdict}\n{GUIDELINE.why}\nAnswer:"
        ask = f"Answer with one number, 1 to {len(FAILURES)}."
        return _question("attribute", self._before, [row], FAILURES, ask)

    @property
    def _before(self) -> str:
        said = "\n".join(f'"{quote}"' for quote in self.quotes) or "(nothing)"
        return f"What you said:\n{said}\n\n{GUIDELINE.question}\nStatement: "


@dataclass(frozen=True, slots=True)
class RelevanceItem:
    """Stage 2: one prompt with some attributes, (id, text)."""

    prompt_id: str
    prompt: str
    attributes: tuple[tuple[str, str], ...]

    def question(self) -> Question:
        before = f"Prompt:\n{self.prompt}\n\n{RELEVANCE.question}\nAttribute: "
        rows = [f"{text}\nAnswer:" for _, text in self.attributes]
        return _question("relevance", before, rows, ["yes", "no"])


@dataclass(frozen=True, slots=True)
class PairItem:
    """Stage 3: two answers, with what the person called relevant."""

    pair_id: str
    prompt: str
    generic: str
    personalized: str
    known: tuple[str, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    """(id, text) of what is asked about one by one, as the person is."""

    def questions(self) -> tuple[Question, Question]:
        """In both orders, generic left and generic right: the overall preference, then one row for
        each of ``asked``."""
        first = self._ordered(self.generic, self.personalized)
        return first, self._ordered(self.personalized, self.generic)

    def _ordered(self, left: str, right: str) -> Question:
        about = "\n".join(f"- {one}" for one in self.known)
        known = f"What is known about you:\n{about}\n\n" if about else ""
        before = (
            f"{known}Prompt:\n{self.prompt}\n\n=== Left ===\n{left}\n\n=== Right ===\n{right}\n\n"
        )
        rows = [f"{RESPONSE.question}\nAnswer:"]
        rows += [f"{RESPONSE.attribute_question}\n{text}\nAnswer:" for _, text in self.asked]
        return _question("response", before, rows, RATINGS)


Item = AttributeItem | RelevanceItem | PairItem


def input_sha256(model: str, question: Question, row: int = 0) -> str:
    """What makes two questions the same one: model, wording and item."""
    parts = [model, VERSION, [m.content for m in question.prefix], question.continuations[row]]
    return hashlib.sha256(json.dumps([*parts, question.options]).encode()).hexdigest()


def probabilities(row: Sequence[float]) -> list[float]:
    """Log-probabilities as probabilities."""
    return [math.exp(one) for one in row]


def likeliest(row: Sequence[float]) -> int:
    """The place of the likeliest option."""
    return max(range(len(row)), key=lambda k: row[k])


def attribute_verdict(
    item: AttributeItem,
    model: str,
    row: Sequence[float],
    why: Sequence[float] | None = None,
    *,
    native: bool,
) -> ModelJudgment:
    """The answer to stage 1; ``why`` is that to :meth:`AttributeItem.why`, if it was asked."""
    p = probabilities(row)
    best = VERDICTS[likeliest(row)]
    wrong: dict[str, object] = {}
    if why is not None:
        mode = likeliest(why)
        wrong["failure_mode"] = GUIDELINE.failures[mode][0]
        if native:
            wrong["failure_probability"] = round(math.exp(why[mode]), 6)
    return ModelJudgment(
        new_id(), "attribute", model, utc_now(), wording_sha256("attribute"),
        input_sha256(model, item.question()), item.attribute_id, verdict=best,
        probability=round(p[0], 6) if native else None,
        detail={**({one: round(x, 6) for one, x in zip(VERDICTS, p, strict=True)}
                if native else {"probabilities": "no"}), **wrong},
        temperature=0.0,
    )  # fmt: skip


def relevance_verdict(
    item: RelevanceItem, place: int, model: str, row: Sequence[float], *, native: bool
) -> ModelJudgment:
    """The answer to stage 2 for one attribute."""
    yes = probabilities(row)[0]
    return ModelJudgment(
        new_id(), "relevance", model, utc_now(), wording_sha256("relevance"),
        input_sha256(model, item.question(), place), item.attributes[place][0], item.prompt_id,
        relevant=yes >= 0.5, probability=round(yes, 6) if native else None,
        detail={} if native else {"probabilities": "no"}, temperature=0.0,
    )  # fmt: skip


def pair_verdict(
    item: PairItem,
    model: str,
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
    *,
    native: bool,
) -> ModelJudgment:
    """The answer to stage 3 from both orders, each with its rows: the overall preference, then those
    on ``item.asked``. ``first`` has the generic answer on the left; the second order is turned around
    before the two are averaged, and ``attributes`` in the detail are re-oriented likewise (5: the
    personalized answer is much better as far as this is concerned)."""
    one, two = probabilities(first[0]), list(reversed(probabilities(second[0])))
    both = [(a + b) / 2 for a, b in zip(one, two, strict=True)]
    means = [_mean(of) for of in (one, two, both)]
    best = [likeliest(of) + 1 for of in (one, two)]
    flipped = (best[0] - 3) * (best[1] - 3) < 0
    rating = min(5, max(1, round(means[2])))
    better = both[3] + both[4] + both[2] / 2
    asked = {
        key: round((_mean(probabilities(left)) + 6 - _mean(probabilities(right))) / 2, 4)
        for (key, _), left, right in zip(item.asked, first[1:], second[1:], strict=True)
    }
    return ModelJudgment(
        new_id(), "response", model, utc_now(), wording_sha256("response"),
        input_sha256(model, item.questions()[0]), pair_id=item.pair_id, rating=rating,
        probability=round(better, 6) if native else None, flipped=flipped,
        detail={"generic_left": best[0], "generic_right": best[1],
                "mean": round(means[2], 4), "mean_generic_left": round(means[0], 4),
                "mean_generic_right": round(means[1], 4),
                **({"attributes": asked} if asked else {}),
                **({} if native else {"probabilities": "no"})}, temperature=0.0,
    )  # fmt: skip


def _mean(p: Sequence[float]) -> float:
    """Of the ratings 1 to 5, with these probabilities."""
    return sum(k * x for k, x in enumerate(p, 1))
