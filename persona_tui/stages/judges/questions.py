"""What a judge is asked: the person's own guideline, and the item as the person could see it.

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


def wording(kind: Kind) -> str:
    """Everything that stands before the item, as one text to be kept under its hash."""
    return f"You stand in for the user. Judge as the user would.\n\n{_TEXT[kind]}\n{_ASK[kind]}\n"


def wording_sha256(kind: Kind) -> str:
    """Hash of :func:`wording`."""
    return hashlib.sha256(f"{VERSION}\n{wording(kind)}".encode()).hexdigest()


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


def _question(kind: Kind, before: str, rows: Sequence[str], options: Sequence[str]) -> Question:
    prefix = (ChatMessage("user", f"{wording(kind)}\n{before}"),)
    return Question(prefix, tuple(rows), tuple(options))


@dataclass(frozen=True, slots=True)
class AttributeItem:
    """Stage 1: an attribute with the words that it rests on."""

    attribute_id: str
    text: str
    quotes: tuple[str, ...] = ()

    def question(self) -> Question:
        said = "\n".join(f'"{quote}"' for quote in self.quotes) or "(nothing)"
        before = f"What you said:\n{said}\n\n{GUIDELINE.question}\nStatement: "
        return _question("attribute", before, [f"{self.text}\nAnswer:"], VERDICTS)


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

    def questions(self) -> tuple[Question, Question]:
        """In both orders: generic left, generic right."""
        first = self._ordered(self.generic, self.personalized)
        return first, self._ordered(self.personalized, self.generic)

    def _ordered(self, left: str, right: str) -> Question:
        about = "\n".join(f"- {one}" for one in self.known)
        known = f"What is known about you:\n{about}\n\n" if about else ""
        before = (
            f"{known}Prompt:\n{self.prompt}\n\n=== Left ===\n{left}\n\n=== Right ===\n{right}\n\n"
        )
        return _question("response", before, [f"{RESPONSE.question}\nAnswer:"], RATINGS)


Item = AttributeItem | RelevanceItem | PairItem


def input_sha256(model: str, question: Question, row: int = 0) -> str:
    """What makes two questions the same one: model, wording and item."""
    parts = [model, VERSION, [m.content for m in question.prefix], question.continuations[row]]
    return hashlib.sha256(json.dumps([*parts, question.options]).encode()).hexdigest()


def probabilities(row: Sequence[float]) -> list[float]:
    """Log-probabilities as probabilities."""
    return [math.exp(one) for one in row]


def attribute_verdict(
    item: AttributeItem, model: str, row: Sequence[float], *, native: bool
) -> ModelJudgment:
    """The answer to stage 1."""
    p = probabilities(row)
    best = VERDICTS[max(range(3), key=lambda k: p[k])]
    return ModelJudgment(
        new_id(), "attribute", model, utc_now(), wording_sha256("attribute"),
        input_sha256(model, item.question()), item.attribute_id, verdict=best,
        probability=round(p[0], 6) if native else None,
        detail={one: round(x, 6) for one, x in zip(VERDICTS, p, strict=True)}
        if native else {"probabilities": "no"},
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
    item: PairItem, model: str, first: Sequence[float], second: Sequence[float], *, native: bool
) -> ModelJudgment:
    """The answer to stage 3 from both orders. ``first`` has the generic answer on the left; the
    second order is turned around before the two are averaged."""
    one, two = probabilities(first), list(reversed(probabilities(second)))
    both = [(a + b) / 2 for a, b in zip(one, two, strict=True)]
    means = [sum(k * p for k, p in enumerate(of, 1)) for of in (one, two, both)]
    best = [max(range(5), key=lambda k, of=of: of[k]) + 1 for of in (one, two)]  # type: ignore[misc]
    flipped = (best[0] - 3) * (best[1] - 3) < 0
    rating = min(5, max(1, round(means[2])))
    better = both[3] + both[4] + both[2] / 2
    return ModelJudgment(
        new_id(), "response", model, utc_now(), wording_sha256("response"),
        input_sha256(model, item.questions()[0]), pair_id=item.pair_id, rating=rating,
        probability=round(better, 6) if native else None, flipped=flipped,
        detail={"generic_left": best[0], "generic_right": best[1],
                "mean": round(means[2], 4), "mean_generic_left": round(means[0], 4),
                "mean_generic_right": round(means[1], 4),
                **({} if native else {"probabilities": "no"})}, temperature=0.0,
    )  # fmt: skip
