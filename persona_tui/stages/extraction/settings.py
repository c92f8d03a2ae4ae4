"""What an extraction can be told, and the fingerprint by which it is never done twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from models.protocol import Description

StrategyChoice = Literal["auto", "grounded", "holistic"]

EXTRACTION_VERSION = 1
"""Raised when rules change so much that conversations should be read again."""
SMALL_MODEL_B = 3.0
"""Billions of parameters. Below this, models asked for a list over a whole conversation return
empty or invented ones (measured with 0.1 and 0.5 B)."""


@dataclass(frozen=True, slots=True)
class ExtractionSettings:
    """Parameters of an extraction. Defaults follow the study where it gives one."""

    strategy: StrategyChoice = "auto"
    """``grounded``: sentence by sentence. ``holistic``: whole conversation. ``auto``: by the
    model's size."""
    min_confidence: float = 0.4
    """Attributes below are not kept (the study's value)."""
    gate_threshold: float = 0.5
    """Probability from which a sentence counts as the user speaking of themselves."""
    merge_threshold: float = 0.7
    """Cosine from which two attributes are one (the study's value)."""
    linkage: Literal["average", "complete"] = "average"
    """How the similarity of two groups is had. The study does not say; average is usual."""
    language: str | None = None
    """Language of the attributes (ISO 639-1); ``None`` is that of the chat."""

    def resolve(self, model: Description) -> Literal["grounded", "holistic"]:
        """The strategy for this model. A model of unknown size is taken for a capable one, unless
        it runs on this machine from a file whose size we could not read."""
        if self.strategy != "auto":
            return self.strategy
        size = model.parameters_b
        if size is None:
            return "grounded" if model.backend == "llama.cpp" else "holistic"
        return "grounded" if size < SMALL_MODEL_B else "holistic"

    def sha256(self, model: Description) -> str:
        """Fingerprint of everything that decides what is extracted from a message. Merging is not
        part of it: it is done afterwards and again."""
        from persona_tui.stages.extraction.gate import weights_sha256
        from persona_tui.stages.extraction.prompts import PROMPTS_SHA256

        parts = asdict(self)
        for later in ("merge_threshold", "linkage", "strategy"):
            del parts[later]
        parts |= {
            "version": EXTRACTION_VERSION,
            "strategy": self.resolve(model),
            "model": model.name,
            "backend": model.backend,
            "prompts": PROMPTS_SHA256,
            "gate": weights_sha256(),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
