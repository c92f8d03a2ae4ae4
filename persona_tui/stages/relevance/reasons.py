"""Why an attribute was chosen for a prompt, in words that are true of the person's own answers.

A reason is something that was observed (a shared word, a yes to a similar pair), never an account of
what moved a model: the probability does not decompose into sentences. Each has a ``code``, a closed word
that can be kept where no words of anybody may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from persona_tui.categories import category
from persona_tui.stages.relevance.features import CATEGORY_WORDS, shared_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Code = Literal["own_yes", "shared_words", "similar", "again", "habit", "topic", "meaning", "model"]
GENERIC: dict[Code, str] = {
    "own_yes": "you called it relevant for these very words",
    "shared_words": "it shared words with what you wrote",
    "similar": "you had said yes to similar ones",
    "again": "you had said yes to it for other prompts",
    "habit": "you mostly wanted such attributes used for this topic",
    "topic": "it was about the topic of what you wrote",
    "meaning": "it was close in meaning to what you wrote",
    "model": "your relevance model thought that you would say yes",
}
"""The reason where its words are not known any more: a conversation that was opened again."""
SIMILAR = 0.6
"""Cosine of attributes, and of prompts a half of it, from which a judged pair is called similar."""
SIMILAR_PROMPT = 0.35
CLOSE = 0.25
"""Cosine of prompt and attribute from which closeness of meaning is worth a word."""
FEWEST_FOR_HABIT = 3
MOST = 3
"""Reasons that are told of one attribute."""
_QUOTED = 60
"""Characters of a quoted attribute or prompt."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: Code
    words: str
    """What speaks for it: a clause without its full stop."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the person said of a prompt and an attribute."""

    prompt: str
    attribute: str
    attribute_id: str
    relevant: bool


class Past:
    """The person's answers, for finding reasons in them. Make one for a run: it counts once.

    ``prompts`` and ``attributes`` are (judged, d) unit vectors of what was judged, in its order.
    """

    def __init__(
        self,
        judged: Sequence[Judged],
        prompts: NDArray[np.float32],
        attributes: NDArray[np.float32],
    ) -> None:
        self.judged = judged
        self.prompts, self.attributes = prompts, attributes
        self._habits: dict[tuple[str, str], list[int]] = {}
        self._again: dict[str, list[tuple[str, bool]]] = {}
        topics = {text: category(text) for text in {one.prompt for one in judged}}
        kinds = {text: category(text) for text in {one.attribute for one in judged}}
        for one in judged:
            count = self._habits.setdefault((kinds[one.attribute], topics[one.prompt]), [0, 0])
            count[0] += one.relevant
            count[1] += 1
            self._again.setdefault(one.attribute_id, []).append((one.prompt, one.relevant))

    def habit(self, kind: str, topic: str) -> tuple[int, int]:
        """(yes, answers) to attributes of one category for prompts of another (or the same)."""
        yes, asked = self._habits.get((kind, topic), (0, 0))
        return yes, asked

    def again(self, attribute_id: str, prompt: str) -> tuple[int, int]:
        """(yes, answers) to this very attribute for other prompts."""
        said = [yes for text, yes in self._again.get(attribute_id, ()) if text != prompt]
        return sum(said), len(said)

    def similar(
        self, prompt: NDArray[np.float32], attribute: NDArray[np.float32], not_for: str
    ) -> tuple[Judged, bool] | None:
        """The judged pair nearest to this one, for another prompt, and whether a *yes* was said to
        most of those that are near; ``None``: none is near enough."""
        if not len(self.judged):
            return None
        of_prompt, of_attribute = self.prompts @ prompt, self.attributes @ attribute
        near = [
            (float(of_prompt[at] + of_attribute[at]), at)
            for at in range(len(self.judged))
            if of_prompt[at] >= SIMILAR_PROMPT
            and of_attribute[at] >= SIMILAR
            and self.judged[at].prompt != not_for
        ]
        if not near:
            return None
        yes = [at for _, at in near if self.judged[at].relevant]
        best = max((score, -at) for score, at in near if not yes or at in yes)
        return self.judged[-best[1]], 2 * len(yes) > len(near)


def reasons(
    prompt: str,
    attribute: str,
    attribute_id: str,
    cosine: float,
    past: Past | None = None,
    vectors: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
    probability: float | None = None,
) -> tuple[Reason, ...]:
    """Up to :data:`MOST` reasons for using ``attribute`` for ``prompt``, the plainest first.

    ``vectors`` are the unit vectors of both, ``probability`` the personal model's (``None``: the rule
    chose). There is always at least one.
    """
    found: list[Reason] = []
    words = shared_words(prompt, attribute)
    if words:
        quoted = " and ".join(f"“{word}”" for word in words[:2])
        found.append(Reason("shared_words", f"it shares {quoted} with what you wrote"))
    if past is not None:
        yes, asked = past.again(attribute_id, prompt)
        if yes and 2 * yes > asked:
            for_prompts = "another prompt" if asked == 1 else f"{yes} of {asked} other prompts"
            found.append(Reason("again", f"you said yes to it for {for_prompts}"))
        near = past.similar(*vectors, prompt) if vectors is not None else None
        if near is not None and near[1] and near[0].attribute_id != attribute_id:
            said = f"“{_short(near[0].attribute)}” for “{_short(near[0].prompt)}”"
            found.append(Reason("similar", f"you said yes to similar ones: {said}"))
    kind, topic = category(attribute), category(prompt)
    if past is not None and kind != "other" and topic != "other":
        yes, asked = past.habit(kind, topic)
        if asked >= FEWEST_FOR_HABIT and 2 * yes > asked:
            found.append(
                Reason(
                    "habit",
                    f"you mostly want what is about {CATEGORY_WORDS[kind]} used for prompts about "
                    f"{CATEGORY_WORDS[topic]} ({yes} of {asked})",
                )
            )
    if kind == topic != "other" and not any(one.code == "habit" for one in found):
        found.append(Reason("topic", f"both are about {CATEGORY_WORDS[kind]}"))
    if cosine >= CLOSE or not (found or probability is not None):
        found.append(Reason("meaning", f"its meaning is near what you wrote (cosine {cosine:.2f})"))
    if not found and probability is not None:
        found.append(Reason("model", "your relevance model thinks that you would say yes"))
    return tuple(found[:MOST])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "…"
