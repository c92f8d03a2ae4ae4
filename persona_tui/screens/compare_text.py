"""What the Compare screen says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persona_tui.jobs.compare_queue import Item
from persona_tui.jobs.compare_session import CompareSession
from persona_tui.jobs.pairs_ahead import PairsState
from persona_tui.stages.judging.questions import RESPONSE
from store.audit import Response
from widgets.verdict_bar import Choice

HELP = f"""\
Two answers to one prompt. One of them knew something about you. Which one is hidden, the side was
drawn at random, and both were written by the same model in the same way.

- {RESPONSE.question} **1** left much better … **3** no difference … **5** right much better,
  **0** cannot judge.
- Then, for each attribute that one of them was told: the same scale. **0** leaves one unanswered,
  **Esc** the rest.
- Then it is told which was which, and where something about you was mentioned openly.
- **z** takes back without limit, **space** leaves a pair for later, **t** scrolls the two apart or
  together, **m** writes a note, **y** copies the prompt.

Some pairs come again after a week with the sides exchanged, and some are planted.
"""


def heading(session: CompareSession) -> str:
    """``Compare · 4 of 12 · blinded``."""
    place, of = session.place()
    if session.phase in ("done", "empty"):
        return "Compare"
    state = "unmasked" if session.phase == "unmasked" else "blinded"
    return f"Compare · {place} of {of} · {state}"


def work(state: PairsState) -> str:
    """What is being written meanwhile."""
    if not state.running:
        return ""
    return f"writing the next pair … {state.characters:,} characters"


def nothing(session: CompareSession, state: PairsState) -> str:
    """What stands where there is no pair."""
    if state.error:
        return f"{state.error}\n\nModels are in F8; which one writes is in Settings (F9)."
    if state.running:
        return "The first pair is being written; it comes by itself."
    if session.phase == "done":
        return (
            "You have judged every pair.\n\nFinish another prompt in Relevance (F4) with at least "
            "one yes, or see the report (F6)."
        )
    return (
        "There is no pair to compare yet.\n\nFinish a prompt in Relevance (F4) with at least one "
        "yes: then two answers to it are written, one that knows what you called relevant."
    )


def choices(
    session: CompareSession, key: Callable[[str, str], str]
) -> tuple[str, Sequence[Choice], Sequence[Choice]]:
    """Question and keys for the bar."""
    item = session.current
    undo = Choice(key("compare.undo", "z"), "undo", "screen.undo")
    if item is None:
        return "", [undo], []
    if session.phase == "unmasked":
        return "", [Choice(key("compare.next", "enter"), "next pair", "screen.next"), undo], []
    scale = [
        Choice(str(n), words, f"screen.rate({n})")
        for n, words in enumerate(
            ("left much better", "left", "same", "right", "right much better"), 1
        )
    ]
    if session.phase == "attribute":
        asked = item.attributes.get(session.asked or "", "")
        rest = [
            Choice("0", "leave it", "screen.rate(0)"),
            Choice("esc", "leave the rest", "screen.finish"),
            undo,
        ]
        return f"{RESPONSE.attribute_question}  {asked}", scale, rest
    rest = [
        Choice("0", RESPONSE.cannot, "screen.rate(0)"),
        Choice(key("compare.skip", "space"), "later", "screen.skip"),
        undo,
    ]
    return RESPONSE.question, scale, rest


def identity(item: Item, response: Response, *, is_left: bool) -> str:
    """What a side turned out to be."""
    if item.pair.identical:
        return "the same answer"
    if item.pair.arm == "models":
        return response.model_tag
    is_generic = (item.shown_left == "generic") == is_left
    return "generic" if is_generic else "personalized"


def told(item: Item) -> str:
    """After unmasking: what it was about."""
    if item.pair.identical:
        return "This was a planted pair: both answers were the same. Thank you for reading closely."
    if item.pair.arm == "models":
        return "Two models wrote these, knowing nothing about you."
    side = "right" if item.shown_left == "generic" else "left"
    known = (
        "; ".join(text.rstrip(".") for text in item.attributes.values())
        or "nothing that still exists"
    )
    count = len(item.pair.personalized.mentions)
    times = "once" if count == 1 else f"{count} times"
    mention = f"Mentioned openly {times} (marked)." if count else "Nothing was mentioned openly."
    return f"The {side} one was personalized. It knew: {known}.\n{mention}"
