"""A person with known tastes, and models with known faults, for the whole audit.

Each answer is a function of who answers, what was read and for the how-manieth time: the same person
gives the same answers on any front end and in any order. What the figures of the report should come
to is worked out here from the same constants, by going through all cases: nothing is sampled.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from store.audit import Side
from store.records import FailureMode, Verdict

# --- stage 1: what is right -----------------------------------------------------------------------
ACCEPTANCE = 0.6
ACCEPTED_OF_A_TALK = (0.45, 0.75)
"""Of conversations in turn: attributes of one are alike. Their mean is :data:`ACCEPTANCE`."""
UNSURE = 0.4
"""Of what is not accepted; the rest is *bad*."""
CHANGED_MIND = 0.15
"""Share of readings at which an attribute is judged as if for another one: κ of two readings is the
square of the rest."""
CAUGHT = 0.85
"""Of planted attributes; the others are called *unsure*."""
REASONS: Mapping[FailureMode, float] = {
    "overgeneralization": 0.45,
    "missing_evidence": 0.25,
    "task_context_confusion": 0.15,
    "not_standalone": 0.05,
    "outdated": 0.05,
    "other": 0.05,
}

# --- stage 2: what is relevant ----------------------------------------------------------------------
TOPICS = ("food", "work", "health", "travel", "money", "code", "letters", "stars")
MATTERS_FOR: Mapping[str, tuple[str, str]] = {
    "cooking": ("food", "work"),
    "nursing": ("food", "health"),
    "hiking": ("food", "travel"),
    "saving": ("food", "money"),
    "lifting": ("work", "health"),
    "sailing": ("work", "travel"),
    "biking": ("health", "code"),
    "trading": ("travel", "letters"),
}
"""Kind of attribute → topics of prompts. Each kind matters for two topics of eight, whatever is
accepted; topics differ."""
MATTERS = 2 / len(TOPICS)
MISREAD = 0.06
"""Share of readings that say the opposite."""
FINDS, ADDS = 0.9, 0.4
"""The judge says yes to so much of what matters, and of what does not."""

# --- stage 3: what is better ------------------------------------------------------------------------
GAIN: Mapping[int, float] = {-2: 0.06, -1: 0.2, 0: 0.24, 1: 0.32, 2: 0.18}
"""How much better the personalized answer of a pair really is, in steps of the scale."""
NOISE = 0.2
"""Share of readings one step off, either way."""
BIAS = 0.3
"""Share of comparisons in which the left one is preferred, whatever it says."""
APPLAUDS = 0.5
"""Share of pairs that the judge finds one step better for the personalized answer than they are."""

_SENTENCE = re.compile(r"The user likes (\w+), said in talk (\d+) \((\d+)\)\.")
_PROMPT = re.compile(r"A question about (\w+), number \d+\?")
_POINTS = re.compile(r"(\d+) good points")


def sentence(kind: str, talk: int, number: int) -> str:
    """An attribute as it is inferred."""
    return f"The user likes {kind}, said in talk {talk} ({number})."


def question(topic: str, number: int) -> str:
    """A prompt."""
    return f"A question about {topic}, number {number}?"


def matters(prompt: str, attribute: str) -> bool:
    """The rule: attribute × topic. Of prompts on no topic nothing does."""
    kind, topic = _SENTENCE.search(attribute), _PROMPT.search(prompt)
    assert kind is not None
    return topic is not None and topic[1] in MATTERS_FOR[kind[1]]


def points(answer: str) -> int:
    """What an answer is worth."""
    found = _POINTS.search(answer)
    assert found is not None
    return int(found[1])


T = TypeVar("T")


class Chance:
    """Numbers in [0, 1) that only ``number`` and what is asked about fix."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, *about: object) -> float:
        said = "\0".join(str(one) for one in (self._number, *about))
        return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=7).digest(), "big") / 2**56

    def pick(self, shares: Mapping[T, float], *about: object) -> T:
        """One of the keys, as often as its share says."""
        at = self(*about)
        for one, share in shares.items():
            at -= share
            if at < 0:
                return one
        return list(shares)[-1]


class Person:
    """See the module. ``bias`` is how often the left answer is taken unread."""

    def __init__(self, number: int, *, bias: float = BIAS) -> None:
        self._chance = Chance(number)
        self._bias = bias
        self._read: Counter[tuple[str, ...]] = Counter()

    def _again(self, *item: str) -> int:
        """How often this was read before."""
        self._read[item] += 1
        return self._read[item] - 1

    def verdict(self, attribute: str) -> Verdict:
        time = self._again("verdict", attribute)
        found = _SENTENCE.fullmatch(attribute)
        if found is None:  # nothing that was ever said: planted
            return "bad" if self._chance("planted", attribute, time) < CAUGHT else "unsure"
        accepted = ACCEPTED_OF_A_TALK[int(found[2]) % 2]
        about: tuple[object, ...] = ("opinion", attribute)
        if self._chance("mind", attribute, time) < CHANGED_MIND:
            accepted, about = ACCEPTANCE, ("anew", attribute, time)
        likes, unsure = self._chance(*about), self._chance("unsure", *about)
        return "ok" if likes < accepted else "unsure" if unsure < UNSURE else "bad"

    def reason(self, attribute: str) -> FailureMode:
        """Why not, of what was just not accepted."""
        return self._chance.pick(REASONS, "why", attribute, self._again("why", attribute))

    def relevant(self, prompt: str, attribute: str) -> bool:
        time = self._again("relevant", prompt, attribute)
        misread = self._chance("misread", prompt, attribute, time) < MISREAD
        return matters(prompt, attribute) != misread

    def rating(self, prompt: str, left: str, right: str) -> int:
        """1 to 5 by side. Nothing but the two texts is looked at."""
        time = self._again("rating", prompt)
        if self._chance("side", prompt, time) < self._bias:
            return 2
        step = 0
        noise = self._chance("noise", prompt, time)
        if noise < NOISE:
            step = 1 if noise < NOISE / 2 else -1
        return 3 + max(-2, min(2, points(right) - points(left) + step))


def writer(number: int) -> ScriptedBackend:
    """Writes answers; the personalized one is better by :data:`GAIN`."""
    chance = Chance(number)

    def write(messages: Sequence[ChatMessage]) -> str:
        prompt = messages[-1].content
        if "What is known about the user" not in messages[0].content:
            return "There are 5 good points."
        return f"There are {5 + chance.pick(GAIN, 'gain', prompt)} good points, and it is personal."

    return ScriptedBackend(write, name="writer")


def judge(number: int) -> ScriptedBackend:
    """Says yes too often, and applauds what is personalized."""
    chance = Chance(number)

    def yes(text: str) -> bool:
        prompt, _, attribute = text.rpartition("Attribute: ")
        rate = FINDS if matters(prompt, attribute) else ADDS
        return chance("judge", prompt, attribute) < rate

    def rating(text: str) -> int:
        left, right = text.split("=== Left ===")[1].split("=== Right ===")
        step = points(right) - points(left)
        found = _PROMPT.search(text)
        if chance("applause", "" if found is None else found[0]) < APPLAUDS:
            step += ("personal" in right) - ("personal" in left)
        return 3 + max(-2, min(2, step))

    def scores(text: str, option: str) -> float:
        said = str(rating(text)) if "=== Left ===" in text else "yes" if yes(text) else "no"
        return 0.0 if option == said else -9.0

    return ScriptedBackend((), scores=scores, name="judge")


# --- the truth --------------------------------------------------------------------------------------


def _raw(gain: int, left: Side, bias: float) -> np.ndarray:
    """Probability of each rating by side, 1 to 5, of a pair read once."""
    p = np.zeros(5)
    for step, share in ((0, 1 - NOISE), (1, NOISE / 2), (-1, NOISE / 2)):
        apart = gain if left == "generic" else -gain
        p[2 + max(-2, min(2, apart + step))] += share * (1 - bias)
    p[1] += bias
    return p


def _cases() -> Iterator[tuple[int, float, Side, Side]]:
    sides: tuple[tuple[Side, Side], ...] = (
        ("generic", "personalized"),
        ("personalized", "generic"),
    )
    for gain, share in GAIN.items():
        for side, other in sides:
            yield gain, share / 2, side, other


def _tau(twice: np.ndarray) -> float:
    """Kendall's τ-b of two readings, from the probability of each pair of ratings."""
    order = sum(
        twice[i, j] * (twice[i + 1 :, j + 1 :].sum() - twice[i + 1 :, :j].sum())
        for i in range(5)
        for j in range(5)
    )
    ties = [1 - float((twice.sum(axis=axis) ** 2).sum()) for axis in (0, 1)]
    return float(2 * order / np.sqrt(ties[0] * ties[1]))


def truths(bias: float = BIAS) -> dict[str, float]:
    """Figure → what it should come to."""
    yes = MATTERS * (1 - MISREAD) + (1 - MATTERS) * MISREAD
    model_yes = MATTERS * FINDS + (1 - MATTERS) * ADDS
    steps = np.arange(1, 6)
    raw, rating, twice, kinder = np.zeros(5), np.zeros(5), np.zeros((5, 5)), 0.0
    for gain, share, side, other in _cases():
        first, again = _raw(gain, side, bias), _raw(gain, other, bias)
        raw += share * first
        mine, then = (first, again[::-1]) if side == "generic" else (first[::-1], again)
        rating += share * mine
        twice += share * np.outer(mine, then)
        for more, how_often in ((1, APPLAUDS), (0, 1 - APPLAUDS)):
            kinder += share * how_often * (3 + max(-2, min(2, gain + more)))
    average = float(rating @ steps)
    verdicts = (ACCEPTANCE, (1 - ACCEPTANCE) * UNSURE, (1 - ACCEPTANCE) * (1 - UNSURE))
    kept = (1 - CHANGED_MIND) ** 2
    left, right = float(raw[:2].sum()), float(raw[3:].sum())
    found = {f"stage1.failure.{mode}": share for mode, share in REASONS.items()}
    return {
        **found,
        "stage1.acceptance": ACCEPTANCE,
        "stage1.problems": 1 - ACCEPTANCE,
        "stage2.yes_rate": yes,
        "stage2.model_yes_rate[judge]": model_yes,
        "stage2.over_selection[judge]": model_yes / yes,
        "stage3.rating": average,
        "stage3.no_better": float(rating[:3].sum()),
        "stage3.wins": float(rating[3:].sum() / (rating.sum() - rating[2])),
        "stage3.inflation[judge]": kinder - average,
        "quality.retest.1": kept,
        "quality.retest.1.same": kept + (1 - kept) * sum(p**2 for p in verdicts),
        "quality.retest.2": MATTERS * (1 - MATTERS) * (1 - 2 * MISREAD) ** 2 / (yes * (1 - yes)),
        "quality.retest.2.same": MISREAD**2 + (1 - MISREAD) ** 2,
        "quality.retest.3.same": float(np.trace(twice)),
        "quality.retest.3.tau": _tau(twice),
        "quality.retest.3.distance": float((twice * abs(steps[:, None] - steps)).sum()),
        "quality.position": left / (left + right) - 0.5,
        "quality.planted": CAUGHT,
        "quality.identical": (1 - NOISE) * (1 - bias),
    }
