"""Taking out of texts what could tell who wrote them: reduced risk, no promise.

``seed_known`` collects what to look for, ``Redactor.find`` finds it and what has a tell-tale form,
``with_edits`` gives the person the last word, ``Placeholders.text`` writes the result, ``diff``
shows it, and ``FinalCheck`` looks at the bytes that would leave.
"""

from __future__ import annotations

from persona_tui.donation.redaction.display import diff
from persona_tui.donation.redaction.final_check import FinalCheck
from persona_tui.donation.redaction.finding import Edit, Finding, Kind, Known, with_edits
from persona_tui.donation.redaction.placeholders import Placeholders
from persona_tui.donation.redaction.redactor import Redactor
from persona_tui.donation.redaction.seeds import seed_known, with_found

__all__ = [
    "Edit", "FinalCheck", "Finding", "Kind", "Known", "Placeholders", "Redactor", "diff", "seed_known",
    "with_edits", "with_found",
]  # fmt: skip
