"""What is compared: each learns from some rows of the table and answers the others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.relevance_gold_data import LLM, Floats, Table
from models.learned import relevance
from models.learned.base import best_threshold, grouped_folds
from persona_tui.errors import UserError
from persona_tui.stages.relevance import features as product

Rows = NDArray[np.int64]
Groups = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """Of some rows: scores that may be compared between folds, and yes or no."""

    scores: Floats
    said: NDArray[np.bool_]


class Method(Protocol):
    """A row of the benchmark."""

    @property
    def name(self) -> str:
        """In the table."""

    def answer(self, train: Table, rows: Rows, groups: Groups, test: Table, asked: Rows) -> Answers:
        """Learn from ``rows`` of ``train`` (``groups``: one a row of it), answer ``asked`` of ``test``."""


@dataclass(frozen=True, slots=True)
class Score:
    """One column with a threshold."""

    name: str
    column: str

    def answer(self, train: Table, rows: Rows, groups: Groups, test: Table, asked: Rows) -> Answers:
        """Only the threshold is learned."""
        threshold = best_threshold(train.labels[rows], train.column(self.column)[rows], 1.0)
        scores = test.column(self.column)[asked]
        return Answers(scores, scores >= threshold)


LIKELIHOOD = (
    "likelihood_ratio_in_the_list",
    "likelihood_ratio_a_token",
    "likelihood_ratio_a_token_in_the_list",
)


@dataclass(frozen=True, slots=True)
class Learner:
    """:mod:`models.learned.relevance` with some of the columns, and with vectors of the last layer or
    of several."""

    name: str
    columns: tuple[str, ...] = ()
    importance: tuple[float, ...] = ()
    """Of the columns; equal if empty."""
    deep: bool = True

    def arrays(self, table: Table, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """What is learned from, without labels."""
        prompts = table.prompt_layers if self.deep else table.prompt_vectors
        attributes = table.attribute_layers if self.deep else table.attribute_vectors
        return prompts[rows], attributes[rows], table.columns(self.columns)[rows]

    def learn(self, table: Table, rows: Rows, groups: Groups, **more: Any) -> dict[str, Any]:
        """The coefficients."""
        return relevance.learn(
            *self.arrays(table, rows),
            table.labels[rows],
            [str(one) for one in groups[rows]],
            names=self.columns,
            importance=self.importance,
            **more,
        )

    def scores(self, made: dict[str, Any], table: Table, rows: Rows) -> Floats:
        """Probabilities."""
        return relevance.predict(made, *self.arrays(table, rows))

    def answer(self, train: Table, rows: Rows, groups: Groups, test: Table, asked: Rows) -> Answers:
        """Ridge, calibration and threshold come from left-out groups of ``rows``."""
        made = self.learn(train, rows, groups)
        scores = self.scores(made, test, asked)
        return Answers(scores, scores >= made["threshold"])


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an LLM answered, as the file has it: nothing is learned."""

    name: str
    model: str

    def answer(self, train: Table, rows: Rows, groups: Groups, test: Table, asked: Rows) -> Answers:
        """Yes or no, without a score."""
        said = np.array([test.pairs[at].llm[self.model] for at in asked])
        return Answers(np.full(len(asked), np.nan), said)


@dataclass(frozen=True, slots=True)
class CrossEncoder:
    """:mod:`models.finetune.cross_encoder`, an encoder trained anew each time."""

    name: str
    encoder: Path
    epochs: int
    seed: int = 0

    def answer(self, train: Table, rows: Rows, groups: Groups, test: Table, asked: Rows) -> Answers:
        """Epoch, calibration and threshold come from groups among ``rows``."""
        from models.finetune.cross_encoder import fit_scores
        from models.finetune.runtime import FinetuneError

        def texts(table: Table, of: Rows) -> list[tuple[str, str]]:
            return [(table.pairs[at].prompt, table.pairs[at].attribute) for at in of]

        try:
            scores, threshold = fit_scores(
                texts(train, rows),
                [bool(one) for one in train.labels[rows]],
                [str(one) for one in groups[rows]],
                texts(test, asked),
                encoder=self.encoder,
                epochs=self.epochs,
                seed=self.seed,
            )
        except FinetuneError as error:
            raise UserError(str(error)) from error
        return Answers(scores, scores >= threshold)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers to all rows, and what learning cost."""

    scores: Floats
    said: NDArray[np.bool_]
    seconds: float
    """For all training rows of one fold, the mean over folds; answering included."""


def cross_validated(method: Method, table: Table, groups: Groups, folds: int, seed: int) -> Outcome:
    """Every row answered by a model that saw nothing of its group."""
    place = grouped_folds([str(one) for one in groups], table.labels, folds=folds, seed=seed)
    scores = np.empty(len(table))
    said = np.empty(len(table), dtype=bool)
    seconds = []
    for fold in np.unique(place):
        rows, asked = np.flatnonzero(place != fold), np.flatnonzero(place == fold)
        started = time.perf_counter()
        answers = method.answer(table, rows, groups, table, asked)
        seconds.append(time.perf_counter() - started)
        scores[asked], said[asked] = answers.scores, answers.said
    return Outcome(scores, said, float(np.mean(seconds)))


def trained_elsewhere(method: Method, train: Table, groups: Groups, test: Table) -> Outcome:
    """Learned from the one table, scored on the other."""
    started = time.perf_counter()
    answers = method.answer(train, np.arange(len(train)), groups, test, np.arange(len(test)))
    return Outcome(answers.scores, answers.said, time.perf_counter() - started)


def methods(table: Table, local: str | None) -> list[Method]:
    """Rows of the benchmark, without the cross-encoder."""
    found: list[Method] = [Score("cosine", "cosine"), Score("BM25", "bm25")]
    if local is not None:
        found.append(Score(f"{local}, zero-shot", "model_log_odds"))
        found.append(Score(f"{local}, likelihood ratio", "likelihood_ratio_a_token"))
    found += learners()
    llms = [name for name in table.names if name.startswith(LLM)]
    found += [Recorded(name.removeprefix(LLM), name.removeprefix(LLM)) for name in llms]
    if llms:
        more = (*LIKELIHOOD, *llms)
        found.append(
            Learner("+ what the recorded LLMs answered", *_with(more)),
        )
    return found


def learners() -> list[Learner]:
    """What needs no LLM but the local one, each with more than the one before."""
    return [
        Learner("embeddings alone, learned", deep=False),
        Learner("embeddings of three layers, learned"),
        Learner("the product, learned", product.NAMES, product.IMPORTANCE),
        Learner("combination, learned", *_with(LIKELIHOOD)),
    ]


def on_another_encoder(name: str) -> Learner:
    """The combination, of a table whose vectors are another encoder's."""
    return Learner(f"combination on {name}, learned", *_with(LIKELIHOOD))


def _with(more: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The product's columns and more of the same importance as its first."""
    return (*product.NAMES, *more), (*product.IMPORTANCE, *[1.0] * len(more))
