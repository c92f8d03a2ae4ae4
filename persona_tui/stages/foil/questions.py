"""The protocol's questions about a synthetic attribute, put to a model in the person's own words."""

from __future__ import annotations

from collections.abc import Sequence

from models.protocol import ChatMessage
from persona_tui.stages.judging.guideline import GUIDELINE
from persona_tui.stages.judging.questions import RELEVANCE

Question = tuple[list[ChatMessage], list[str], list[str]]
"""Prefix, continuations, options: what :meth:`models.protocol.Backend.choose` takes."""


def validity_question(attribute: str, quotes: Sequence[str]) -> Question:
    """Stage 1. Options: ok, unsure, bad."""
    shown = "\n".join(f'  "{quote}"' for quote in quotes) or "  (none)"
    text = (
        f"{GUIDELINE.text}\nAnswer with one word: ok, unsure or bad.\n\n"
        "You stand in for the user, who said:\n"
        f"{shown}\n\nStatement: "
    )
    return [ChatMessage("user", text)], [f"{attribute}\nAnswer:"], ["ok", "unsure", "bad"]


def relevance_question(prompt: str, attributes: Sequence[str]) -> Question:
    """Stage 2, one row an attribute. Options: yes, no."""
    text = (
        f"{RELEVANCE.question}\n  yes: {RELEVANCE.yes}\n  no: {RELEVANCE.no}\n"
        f"Answer with one word: yes or no.\n\nPrompt: {prompt}\n\nAttribute: "
    )
    return (
        [ChatMessage("user", text)],
        [f"{attribute}\nAnswer:" for attribute in attributes],
        ["yes", "no"],
    )
