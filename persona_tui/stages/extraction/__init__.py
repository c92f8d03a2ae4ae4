"""Stage 1: which attributes of the user follow from their messages?

Two strategies, chosen by what the model can do: *grounded* (sentence by sentence, the sentence is
the evidence) and *holistic* (whole conversation, quotes located in code). Then near-duplicates
merge. Nothing here knows the store's inside or a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from persona_tui.stages.extraction.settings import ExtractionSettings

if TYPE_CHECKING:
    from persona_tui.stages.extraction.merging import Merged, merge
    from persona_tui.stages.extraction.stage import Extracted, extract

__all__ = ["Extracted", "ExtractionSettings", "Merged", "extract", "merge"]


def __getattr__(name: str) -> object:
    """The parts that cost something to import come when they are asked for."""
    if name in ("extract", "Extracted"):
        from persona_tui.stages.extraction import stage

        return getattr(stage, name)
    if name in ("merge", "Merged"):
        from persona_tui.stages.extraction import merging

        return getattr(merging, name)
    raise AttributeError(name)
