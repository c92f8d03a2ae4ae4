"""Model verdicts on the relevance of attributes to one prompt, each with its score.

- *BM25* (Robertson and Zaragoza 2009): the prompt is the query, the attributes are the documents.
- *Embeddings*: cosine of the sentence embeddings of prompt and attribute.
- *LLM*: the probability of *yes* to the protocol's question, after contextual calibration (Zhao et al.
  2021, arXiv 2102.09690): the log-odds that the model gives to attributes without content are taken
  off, so that a model that likes to say yes does not say it to everything.

Thresholds are fixed beforehand, never fitted to the person: ``benchmarks/study_table.py`` shows what
they are worth against the human majority.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from persona_tui.stages.judging.questions import RELEVANCE
from store.audit import ModelJudgment
from store.db import new_id, utc_now

if TYPE_CHECKING:
    from models.protocol import Backend, ChatMessage, Embedder

BM25_TAG = "bm25"
BM25_THRESHOLD = 0.0
"""Any word in common, other than stop words: the lexical baseline at its simplest."""
COSINE_THRESHOLD = 0.10
"""The best single threshold on the study's human labels is at 0.05 to 0.10 (F1 0.33)."""
WORDING_VERSION = "1"
CONTENT_FREE = ("The user is a person.", "The user sometimes writes messages.", "N/A")
"""Attributes that are relevant to nothing."""
CALIBRATION = "contextual"
NO_TEMPLATE_SHA256 = hashlib.sha256(b"").hexdigest()
STOP_WORDS = frozenset(["user", "users", "the", "he", "she", "they", "his", "her", "their"])


def embedding_tag(embedder: Embedder) -> str:
    """``embedding:all-MiniLM-L6-v2``."""
    return f"embedding:{embedder.describe().name.split(' ', 1)[0]}"


def llm_tag(backend: Backend) -> str:
    """``SmolLM2 … (calibrated)``: another judge than the same model's plain answer."""
    return f"{backend.describe().name} ({CALIBRATION} calibration)"


def wording() -> str:
    """What an LLM is asked with, as one text to be kept under its hash."""
    return (
        f"{RELEVANCE.question}\n  yes: {RELEVANCE.yes}\n  no: {RELEVANCE.no}\n"
        "Answer with one word: yes or no.\n\nPrompt:\n{prompt}\n\nAttribute: {attribute}\nAnswer:"
    )


def wording_sha256() -> str:
    """Hash of :func:`wording`."""
    return hashlib.sha256(wording().encode()).hexdigest()


def question(prompt: str, attributes: Sequence[str]) -> tuple[list[ChatMessage], list[str]]:
    """Prefix and continuations for ``choose``: instructions and prompt first, the attribute last, so
    that everything before it is evaluated once."""
    from models.protocol import ChatMessage

    # Split, not formatted: a person's prompt may hold braces.
    head, rest = wording().split("{prompt}")
    before, after = rest.split("{attribute}")
    prefix = [ChatMessage("user", head + prompt + before)]
    return prefix, [attribute + after for attribute in attributes]


def input_sha256(model: str, prompt: str, attribute: str, how: str) -> str:
    """What makes two questions the same one."""
    parts = [model, how, wording_sha256(), prompt, attribute]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def lexical_scores(prompt: str, attributes: Sequence[str]) -> list[float]:
    """BM25 of each attribute for the prompt; 0 where no word is shared."""
    import bm25s

    corpus = bm25s.tokenize(list(attributes), stopwords="en", show_progress=False, return_ids=False)
    query = bm25s.tokenize([prompt], stopwords="en", show_progress=False, return_ids=False)[0]
    corpus = [[word for word in words if word not in STOP_WORDS] for words in corpus]
    if not query or not any(corpus):
        return [0.0] * len(attributes)
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    known = [word for word in query if word in index.vocab_dict]
    if not known:
        return [0.0] * len(attributes)
    return [float(score) for score in index.get_scores(known)]


async def cosines(prompt: str, attributes: Sequence[str], embedder: Embedder) -> list[float]:
    """Cosine of each attribute with the prompt. Raises :class:`models.errors.ModelError`."""
    vectors = (await embedder.embed([prompt, *attributes])).vectors
    return [float(value) for value in vectors[1:] @ vectors[0]]


def calibrated(log_odds: float, content_free: Sequence[float]) -> float:
    """Probability of *yes* after the mean log-odds of content-free attributes are taken off."""
    shift = sum(content_free) / len(content_free) if content_free else 0.0
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, log_odds - shift))))


async def zero_shot(
    prompt: str, attributes: Sequence[str], backend: Backend
) -> list[tuple[float, float]]:
    """(raw, calibrated) probability of *yes* for each attribute.

    Raises :class:`models.errors.ModelError`.
    """
    odds = await _log_odds(prompt, [*CONTENT_FREE, *attributes], backend)
    free, rest = odds[: len(CONTENT_FREE)], odds[len(CONTENT_FREE) :]
    return [(calibrated(one, ()), calibrated(one, free)) for one in rest]


async def _log_odds(prompt: str, attributes: Sequence[str], backend: Backend) -> list[float]:
    prefix, rows = question(prompt, attributes)
    choice = await backend.choose(prefix, rows, ["yes", "no"])
    return [yes - no for yes, no in choice.logprobs]


async def judge(
    prompt_id: str,
    prompt: str,
    attributes: Sequence[tuple[str, str]],
    *,
    embedder: Embedder,
    backend: Backend | None = None,
    known: frozenset[str] = frozenset(),
    block: int = 8,
) -> AsyncGenerator[list[ModelJudgment], None]:
    """Verdicts on ``attributes``, (id, text), for one prompt: BM25, embeddings, then the LLM in
    blocks. ``known`` are input hashes that need not be asked again.

    Raises :class:`models.errors.ModelError`.
    """
    texts = [text for _, text in attributes]
    if not texts:
        return

    def made(
        tag: str, place: int, score: float, threshold: float, detail: dict[str, object], how: str
    ) -> ModelJudgment:
        key, text = attributes[place]
        is_llm = how == CALIBRATION
        return ModelJudgment(
            new_id(),
            "relevance",
            tag,
            utc_now(),
            wording_sha256() if is_llm else NO_TEMPLATE_SHA256,
            input_sha256(tag, prompt, text, how),
            attribute_id=key,
            prompt_id=prompt_id,
            relevant=score >= threshold if threshold > 0 else score > 0,
            probability=round(score, 6),
            detail={"threshold": threshold, **detail},
        )

    def new(rows: list[ModelJudgment]) -> list[ModelJudgment]:
        return [row for row in rows if row.input_sha256 not in known]

    # BM25 depends on all attributes together: their texts are a part of the input.
    corpus = hashlib.sha256(json.dumps(sorted(texts)).encode()).hexdigest()
    scores = lexical_scores(prompt, texts)
    how = f"corpus {corpus}"
    yield new([made(BM25_TAG, i, s, BM25_THRESHOLD, {}, how) for i, s in enumerate(scores)])
    tag = embedding_tag(embedder)
    similar = await cosines(prompt, texts, embedder)
    yield new([made(tag, i, s, COSINE_THRESHOLD, {}, "cosine") for i, s in enumerate(similar)])
    if backend is None:
        return
    name = llm_tag(backend)
    todo = [
        i
        for i, text in enumerate(texts)
        if input_sha256(name, prompt, text, CALIBRATION) not in known
    ]
    free: list[float] = []  # what has no content is asked about once a prompt
    for first in range(0, len(todo), block):
        part = todo[first : first + block]
        new_rows = [] if free else list(CONTENT_FREE)
        odds = await _log_odds(prompt, [*new_rows, *(texts[i] for i in part)], backend)
        free = free or odds[: len(new_rows)]
        answers = [(calibrated(one, ()), calibrated(one, free)) for one in odds[len(new_rows) :]]
        yield [
            made(
                name, i, after, 0.5, {"raw": round(raw, 6), "calibration": CALIBRATION}, CALIBRATION
            )
            for i, (raw, after) in zip(part, answers, strict=True)
        ]
