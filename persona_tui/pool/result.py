"""What pooling found, and its JSON: ``persona-tui/pool/1``, documented in ``docs/pooling.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from persona_tui.pool.private import Noisy
from persona_tui.pool.release import Released
from persona_tui.report.as_json import as_json
from persona_tui.report.model import Part, Report

SCHEMA = "persona-tui/pool/1"
PARTS: tuple[tuple[Part, str], ...] = (
    ("1", "What was inferred about donors"),
    ("2", "What is relevant"),
    ("3", "Is personalized better?"),
    ("quality", "How consistent are donors?"),
)
TITLE = "Pooled donations"


@dataclass(frozen=True, slots=True)
class Privacy:
    """What an ε was spent on."""

    epsilon: float
    noisy: Sequence[Noisy]


@dataclass(frozen=True, slots=True)
class Pooled:
    """All of one run that is written."""

    report: Report
    donors: Mapping[str, int]
    """Figure → donors; empty with differential privacy."""
    k: int
    licenses: tuple[str, ...]
    """Of the donations, by what was consented to; empty with differential privacy."""
    tables: tuple[Released, ...] = ()
    texts: bool = False
    privacy: Privacy | None = None


def figures_json(pooled: Pooled) -> dict[str, object]:
    """The form of the report's JSON, with ``donors`` beside ``n``, ``k``, and ``privacy``."""
    found = as_json(pooled.report)
    figures = found["figures"]
    assert isinstance(figures, dict)  # noqa: S101 - of as_json, for the types
    for key, figure in figures.items():
        if "value" in figure:
            figure["donors"] = pooled.donors.get(key)
    return {
        **found,
        "schema": SCHEMA,
        "generated_at": f"{pooled.report.generated_at:%Y-%m-%d}",
        "k": pooled.k,
        "privacy": None if pooled.privacy is None else _privacy(pooled.privacy),
    }


def _privacy(privacy: Privacy) -> dict[str, object]:
    return {
        "epsilon": privacy.epsilon,
        "mechanism": "laplace",
        "unit": "one donor (one bundle), added or removed",
        "composition": "basic",
        "groups": [
            {
                "name": one.group.name,
                "bound": one.group.bound,
                "scale": one.scale,
                "epsilon": privacy.epsilon / len(privacy.noisy),
                "cells": dict(one.values),
            }
            for one in privacy.noisy
        ],
    }
