"""What is known of a prompt and an attribute before anybody says whether one matters for the other.

Numbers for the learner (:mod:`models.learned.relevance`), beside the sentence embeddings of both:
likeness (cosine, BM25, shared words), what the model of this machine answered where it was asked, how
sure the extraction was, the broad category of the attribute, and the kind of prompt. The person's own
base rate is the learner's constant: it is learned, not given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from persona_tui.categories import CATEGORIES, category
from persona_tui.stages.relevance.verdicts import lexical_scores
from persona_tui.stages.response.mention_words import content

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PromptType = Literal["question", "advice", "writing", "code", "request", "statement"]
PROMPT_TYPES: tuple[PromptType, ...] = (
    "question", "advice", "writing", "code", "request", "statement",
)  # fmt: skip
_NAMED = tuple(one for one in CATEGORIES if one != "other")
NAMES: tuple[str, ...] = (
    "cosine",
    "bm25",
    "shared_words",
    "model_log_odds",
    "confidence",
    "same_category",
    "prompt_length",
    "first_person",
    "cosine_in_the_list",
    "model_log_odds_in_the_list",
    *(f"attribute:{one}" for one in _NAMED),
    *(f"prompt:{one}" for one in PROMPT_TYPES),
)
"""Of the columns of :func:`scalars`, in order."""
_PLAIN = (
    "cosine", "bm25", "shared_words", "model_log_odds", "confidence", "same_category", "prompt_length",
    "cosine_in_the_list", "model_log_odds_in_the_list",
)  # fmt: skip
IMPORTANCE: tuple[float, ...] = tuple(1.0 if one in _PLAIN else 0.04 for one in NAMES)
"""Prior variance of a column's weight, up to a factor: of what stands in the words, more is expected than
of categories, of which there are many with few pairs each."""
VERSION = "2"
"""Changes with the meaning of a column: coefficients of another version are not read."""
MOST_CHARACTERS = 4_000
"""Of a prompt that are looked at: a pasted document is no longer question."""
_LONGEST_LOG_ODDS = 12.0

_WRITING = re.compile(
    r"\b(?:writ|rewrit|draft|compos|translat|summari[sz]|paraphras|proofread|edit|schreib|verfass"
    r"|übersetz|formulier|écri|rédig|tradui|résum|escrib|redact|traduc|resum)\w*|\b(?:essay|poem|"
    r"e-?mail|letter|cover letter|blog post|article|speech|caption|story|gedicht|brief|poème|lettre|"
    r"carta|poema)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"```|\b(?:code|python|javascript|typescript|java|sql|regex|function|script|bug|traceback|"
    r"exception|compile\w*|api|html|css|bash|docker|git|dataframe|class method|unit test)\b"
    r"|[{};]\s*$|\bdef \w+\(",
    re.IGNORECASE | re.MULTILINE,
)
_ADVICE = re.compile(
    r"\b(?:recommend\w*|suggest\w*|advice|advise|ideas?|tips?|should i|shall i|what to|best way"
    r"|which one|plan|help me (?:choose|decide|plan|find)|empfiehl|empfehl\w*|vorschl\w*|tipps?|soll ich"
    r"|conseil\w*|recommand\w*|idées?|recomiend\w*|consej\w*|sugier\w*)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\W*(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|can|could|will"
    r"|would|has|have|wer|was|wie|wo|wann|warum|welche\w*|qui|que|quoi|où|quand|comment|pourquoi|quel\w*"
    r"|qué|quién|cómo|cuándo|dónde|por qué|cuál)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^\W*(?:please|give|tell|show|explain|make|create|list|describe|find|help|generate|provide|compare"
    r"|calculate|solve|design|build|bitte|gib|zeig|erklär\w*|donne|montre|explique|dame|muestra|explica)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"\b(?:i|my|me|mine|myself|we|our|ich|mein\w*|mir|mich|je|mon|ma|mes|moi|mi|mis|yo)\b",
    re.IGNORECASE,
)
_EMPTY = content(
    """what how which why where shall should could can will may might best good great better make made
    give given tell need help please way ways thing things some any more most into about over out up
    if then than also just only there here these those such let know think idea ideas tip tips today
    tonight tomorrow now day days week month year write writing different own need needs able likely
    may often has been being one two first last much many someone something possibly related"""
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt and one attribute."""

    prompt: str
    attribute: str
    confidence: float | None = None
    """Of the extraction, 0 to 1."""
    model_probability: float | None = None
    """Calibrated probability of *yes*, where the model of this machine was asked."""
    beside: str = ""
    """Whose list of attributes it stands in, beside that prompt; empty: all of one person."""


def prompt_type(prompt: str) -> PromptType:
    """What kind of prompt it is, by its words: code before writing before advice, the rest by its
    form. A rough label; English first, German, French and Spanish in part."""
    text = prompt[:MOST_CHARACTERS]
    if _CODE.search(text):
        return "code"
    if _WRITING.search(text):
        return "writing"
    if _ADVICE.search(text):
        return "advice"
    if _QUESTION.search(text) or text.rstrip().endswith(("?", "？")):
        return "question"
    return "request" if _REQUEST.search(text) else "statement"


def shared_words(prompt: str, attribute: str) -> list[str]:
    """Words of ``attribute`` that ``prompt`` has too (in another form perhaps), as the attribute
    writes them, in their order; words that say nothing are left out."""
    said = content(prompt[:MOST_CHARACTERS])
    found: dict[str, str] = {}
    for match in re.finditer(r"[^\W_]+(?:['’-][^\W_]+)*", attribute):
        word = match[0]
        stems = content(word)
        if stems and stems <= said and not stems <= _EMPTY:
            found.setdefault("|".join(sorted(stems)), word)
    return list(found.values())


def scalars(
    pairs: Sequence[Pair], cosines: Sequence[float], corpus: Iterable[str] = ()
) -> NDArray[np.float64]:
    """(n, :data:`NAMES`) float64; NaN where something is not known.

    *In the list*: standard scores among the pairs of the same prompt (and list), 0 where all are alike or
    there is one: what is most relevant of a person's attributes may be relevant.

    ``cosines`` are those of the embeddings, one a pair. BM25 weighs words by how many of ``corpus``
    and of the attributes asked about have them.
    """
    import numpy as np

    rows = np.zeros((len(pairs), len(NAMES)), dtype=np.float64)
    if not pairs:
        return rows
    place = {name: at for at, name in enumerate(NAMES)}
    texts = sorted({*corpus, *(one.attribute for one in pairs)})
    at_text = {text: at for at, text in enumerate(texts)}
    of_attribute = {text: category(text) for text in at_text}
    of_prompt: dict[str, tuple[list[float], PromptType, str, float, float]] = {}
    for one in pairs:
        if one.prompt not in of_prompt:
            text = one.prompt[:MOST_CHARACTERS]
            of_prompt[one.prompt] = (
                lexical_scores(text, texts),
                prompt_type(text),
                category(text),
                math.log1p(len(text.split())),
                float(bool(_FIRST_PERSON.search(text))),
            )
    for row, (one, cosine) in enumerate(zip(pairs, cosines, strict=True)):
        lexical, kind, topic, length, own = of_prompt[one.prompt]
        told = of_attribute[one.attribute]
        rows[row, :8] = (
            cosine,
            lexical[at_text[one.attribute]],
            len(shared_words(one.prompt, one.attribute)),
            _log_odds(one.model_probability),
            math.nan if one.confidence is None else one.confidence,
            float(told == topic and told != "other"),
            length,
            own,
        )
        if told != "other":
            rows[row, place[f"attribute:{told}"]] = 1.0
        rows[row, place[f"prompt:{kind}"]] = 1.0
    lists: dict[tuple[str, str], list[int]] = {}
    for row, one in enumerate(pairs):
        lists.setdefault((one.prompt, one.beside), []).append(row)
    for name in ("cosine", "model_log_odds"):
        for members in lists.values():
            rows[members, place[f"{name}_in_the_list"]] = _standing(rows[members, place[name]])
    return rows


def _standing(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) standard scores; NaN where not known."""
    import numpy as np

    known = np.isfinite(values)
    found = np.full(len(values), math.nan)
    if known.any():
        rest = values[known] - values[known].mean()
        spread = float(rest.std())
        found[known] = rest / spread if spread > 1e-9 else 0.0
    return found


def _log_odds(probability: float | None) -> float:
    if probability is None or not 0.0 <= probability <= 1.0:
        return math.nan
    if probability in (0.0, 1.0):
        return _LONGEST_LOG_ODDS * (1 if probability else -1)
    odds = math.log(probability / (1 - probability))
    return max(-_LONGEST_LOG_ODDS, min(_LONGEST_LOG_ODDS, odds))


WORDS_OF: dict[str, str] = {
    "cosine": "are close in meaning to the prompt",
    "bm25": "share rare words with the prompt",
    "shared_words": "share words with the prompt",
    "model_log_odds": "the model of this machine calls relevant",
    "confidence": "the model was sure of",
    "same_category": "are about the prompt's own topic",
    "prompt_length": "are asked about for a long prompt",
    "first_person": "are asked about for a prompt that speaks of you",
    "cosine_in_the_list": "are closer in meaning to the prompt than your others",
    "model_log_odds_in_the_list": "the model of this machine prefers to your others",
}
CATEGORY_WORDS: dict[str, str] = {
    "work": "work", "education": "education", "family_relationships": "family and friends",
    "health": "health", "food": "food", "home_daily_life": "home and daily life", "money": "money",
    "travel_places": "travel and places", "hobbies_sports": "hobbies and sports",
    "arts_media": "arts and media", "technology": "technology",
    "beliefs_values": "beliefs and values", "language_culture": "language and culture",
    "personality": "personality", "answer_preferences": "how you want answers",
    "possessions_pets": "possessions and pets",
}  # fmt: skip
"""A category as it is said in a sentence."""
PROMPT_WORDS: dict[PromptType, str] = {
    "question": "a question",
    "advice": "asking for advice",
    "writing": "having something written",
    "code": "about code",
    "request": "a request",
    "statement": "no question and no request",
}


def weight_words(name: str, value: float) -> str:
    """A standardised weight of :data:`NAMES` as a sentence about the person."""
    more = "You more often" if value > 0 else "You less often"
    if name.startswith("attribute:"):
        about = CATEGORY_WORDS.get(name.split(":", 1)[1], name)
        return f"{more} want attributes about {about} used."
    if name.startswith("prompt:"):
        key = name.split(":", 1)[1]
        kind = next((words for one, words in PROMPT_WORDS.items() if one == key), key)
        return f"{more} want attributes used where the prompt is {kind}."
    return f"{more} say yes to attributes that {WORDS_OF.get(name, name)}."
