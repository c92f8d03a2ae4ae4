"""What is said about judges: the line about one at work, what one would take, what would be sent."""

from __future__ import annotations

from persona_tui.jobs.costs import money
from persona_tui.jobs.judges.beside import Estimate, JudgeOrder, JudgingState
from persona_tui.jobs.progress import time_text
from store.audit import Kind
from widgets.safe import counted, plain

KEY = "g"
"""The key that starts and stops it."""
STAGES: tuple[tuple[Kind, str], ...] = (
    ("attribute", "validity of attributes"),
    ("relevance", "relevance to prompts"),
    ("response", "comparisons of answers"),
)
SENT = {
    "attribute": "attributes with the words that they rest on",
    "relevance": "prompts and attributes",
    "response": "prompts with both answers",
}


def judging_line(state: JudgingState) -> str:
    """One line, empty if there is nothing to say."""
    if state.order is None:
        return ""
    name, step = plain(state.order.ref, one_line=True), state.step
    if state.running:
        if step is None:
            return f"{name} judges: getting ready …   {KEY} stops"
        total = step.progress.total or 0
        parts = [f"{name} judges: {step.progress.done:,} of {counted(total, 'verdict')}"]
        parts += [text for text in (time_text(step.progress.seconds_left), _spent(state)) if text]
        what = f"stopping …   {KEY} at once" if state.stopping else f"{KEY} stops"
        return f"{' · '.join(parts)}   {what}"
    if state.error:
        return f"{state.error}   {KEY} tries again"
    if step is None:
        return f"{name} was not asked anything." if state.stopped else ""
    parts = [f"{name}: {counted(step.progress.done, 'new verdict')}", _spent(state)]
    if step.skipped:
        parts.append(f"{step.skipped} without an answer that counts")
    if step.stopped == "budget":
        parts.append(f"stopped before the budget was gone over   {KEY} goes on")
    elif state.stopped:
        parts.append(f"stopped   {KEY} goes on")
    return " · ".join(part for part in parts if part)


def _spent(state: JudgingState) -> str:
    if state.step is None:
        return ""
    tokens = f"{state.step.sent + state.step.written:,} tokens"
    cost = money(state.step.cost)
    return f"{tokens}, {cost}" if cost else tokens


def estimate_line(found: Estimate | None, error: str | None = None) -> str:
    """What an order would take."""
    if error is not None:
        return error
    if found is None:
        return "Counting …"
    if not found.plan.items:
        return f"Nothing new to ask: {counted(found.plan.known, 'verdict')} of it are there."
    cost = money(found.cost)
    price = f", about {cost}" if cost else "" if found.local else ", price not known"
    return (
        f"{counted(found.plan.questions, 'verdict')} to ask for ({found.plan.known:,} are there): "
        f"about {found.plan.tokens:,} tokens{price}."
    )


def where_line(found: Estimate | None) -> str:
    """Where the words would go."""
    if found is None:
        return ""
    if found.local:
        return "Nothing leaves this machine."
    return f"Your words would be sent to {found.where}."


def budget_line(order: JudgeOrder) -> str:
    """``$0.50``, ``20,000 tokens`` or ``none``."""
    if order.max_usd is not None:
        return f"${order.max_usd:g}"
    return "none" if order.max_tokens is None else f"{order.max_tokens:,} tokens"


def read_budget(said: str, *, priced: bool) -> tuple[float | None, int | None]:
    """(US dollars, tokens), one of them set; neither if nothing was said.

    Raises :class:`ValueError` if it is no number above 0.
    """
    text = said.strip().lstrip("$").replace(",", "")
    if not text:
        return None, None
    value = float(text)
    if not 0 < value < 1e12:
        raise ValueError(said)
    return (value, None) if priced else (None, max(1, int(value)))


def consent(found: Estimate, order: JudgeOrder) -> str:
    """What is asked before anything leaves the machine."""
    what = "; ".join(SENT[kind] for kind in order.kinds)
    whose = "also of what you have not judged" if order.everything else "of what you have judged"
    budget = budget_line(order)
    limit = "There is no budget" if budget == "none" else f"It stops before {budget} is gone over"
    but = ", but which attributes you called relevant" if "response" in order.kinds else ""
    return (
        f"{found.model} is at {found.where}. Sent would be: {what}; {whose}. Of your judgments "
        f"nothing is sent{but}; nor is what must never be used.\n\n"
        f"{estimate_line(found)} {limit}."
    )
