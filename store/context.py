"""How an item was asked, as columns: the same at the end of every table of judgments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from store.records import JudgmentContext
from store.text import from_json, to_json

NAMES = """guideline_sha256, app_version, shown, model_hidden, sampling, inclusion_prob,
    latency_ms, repeat_of"""
MARKS = "?, ?, ?, ?, ?, ?, ?, ?"


def values(context: JudgmentContext) -> tuple[object, ...]:
    """As :data:`NAMES`."""
    return (
        context.guideline_sha256,
        context.app_version,
        to_json(context.shown),
        context.model_hidden,
        context.sampling,
        context.inclusion_prob,
        context.latency_ms,
        context.repeat_of,
    )


def from_values(row: Sequence[Any]) -> JudgmentContext:
    """The context in columns of :data:`NAMES`."""
    guideline, version, shown, hidden, sampling, probability, latency, repeat = row
    return JudgmentContext(
        guideline, version, from_json(shown), bool(hidden), sampling, probability, latency, repeat
    )


def of_retraction(taken: JudgmentContext) -> JudgmentContext:
    """For the row that takes back a judgment given in ``taken``."""
    return JudgmentContext(
        taken.guideline_sha256,
        taken.app_version,
        sampling=taken.sampling,
        inclusion_prob=taken.inclusion_prob,
        repeat_of=taken.repeat_of,
    )
