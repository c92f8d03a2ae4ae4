"""The nouns of what is learned from the person: a model of a kind, its figures, its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

LearnedKind = Literal["verifier", "relevance", "reward"]
"""Which of the person's answers it predicts: *unsure* or *bad* of an attribute, *yes* of a prompt and
an attribute, which of two answers they prefer."""
KINDS: tuple[LearnedKind, ...] = ("verifier", "relevance", "reward")


@dataclass(frozen=True, slots=True)
class LearnedMetric:
    """One held-out figure."""

    value: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    n: int
    """Judgments that it rests on: drawn at random, never trained on by what is measured."""


@dataclass(frozen=True, slots=True)
class LearnedFigures:
    """What the report needs of a model in use."""

    kind: LearnedKind
    version: int
    created_at: datetime
    judgments: int
    """Judgments that it was trained on."""
    metrics: Mapping[str, LearnedMetric]
    """By name, as the trainer of the kind names them."""
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    """See :attr:`LearnedModel.trained_on`."""


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """One version of a model that learned from the person."""

    learned_id: str
    kind: LearnedKind
    version: int
    """1, 2, … within a kind."""
    created_at: datetime
    app_version: str
    trained_on: Mapping[str, Any]
    """Provenance, JSON-able: ``judgments``, ``random`` (of these, drawn at random), ``sha256`` (of
    ids and answers), ``seed``, ``embedder``, ``model``, ``words``, ``comparison`` …"""
    metrics: Mapping[str, LearnedMetric]
    coefficients: Mapping[str, Any]
    """All that predicting needs. Empty where they were not asked for or cannot be read."""
    in_use: bool
