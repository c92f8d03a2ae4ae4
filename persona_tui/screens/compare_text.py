"""What the Compare screen says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from persona_tui.jobs.compare.ahead import PairsState
from persona_tui.jobs.compare.queue import Item, numbers
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.stages.judging.questions import RESPONSE
from store.audit import Arm, Response
from widgets.answer_pane import Mark
from widgets.safe import counted
from widgets.verdict_bar import Choice

ARMS: Mapping[Arm, str] = {
    "relevant": "what you called relevant",
    "all": "everything you accepted",
    "model": "the model's own choice",
    "personal": "your personal model's choice",
    "models": "two models",
}
"""What is compared, in a few words."""
_KNEW: Mapping[Arm, str] = {
    "relevant": "what you called relevant for this prompt",
    "all": (
        "everything you accepted in Review, except what must never be used and what is only for "
        "when you ask"
    ),
    "model": "what the model itself found relevant among what you accepted",
    "personal": (
        "what your personal relevance model found relevant among what you accepted, for a prompt that "
        "it had not learned from"
    ),
}
_KEYS = f"""\
- {RESPONSE.question} **1** left much better … **3** no difference … **5** right much better,
  **0** cannot judge.
{{attributes}}- Then it is told which was which{{mentions}}.
- **z** takes back without limit, **space** leaves a pair for later, **m** writes a note, **y** copies
  the prompt.
- **t** scrolls the two apart or together; together, the longer one goes on alone where the shorter
  one ends. **Tab** goes from one to the other.
- **a** chooses what is compared, and with which second model; **w** has pairs written now.

Some pairs come again after a week with the sides exchanged{{planted}}.
"""
_ATTRIBUTES = """\
- Then, for each attribute that one of them was told: the same scale. **0** leaves one unanswered,
  **Esc** the rest.
"""


def help_of(arm: Arm) -> str:
    """The screen's help, for what is compared now."""
    if arm == "models":
        first = (
            "Two answers to one prompt, by two models that know nothing about you. Which model wrote "
            "which is hidden, the side was drawn at random, and both were asked in the same way."
        )
        rest = _KEYS.format(attributes="", mentions="", planted="")
    else:
        first = (
            f"Two answers to one prompt. One of them knew {_KNEW[arm]}. Which one is hidden, the side "
            "was drawn at random, and both were written by the same model in the same way."
        )
        rest = _KEYS.format(
            attributes=_ATTRIBUTES,
            mentions=", and where something about you was mentioned openly",
            planted=", and some are planted",
        )
    return f"{first}\n\n{rest}"


def heading(session: CompareSession, arm: Arm) -> str:
    """``Compare · 4 of 12 · blinded``."""
    place, of = session.place()
    what = "" if arm == "relevant" else f" · {ARMS[arm]}"
    if session.phase in ("done", "empty"):
        return f"Compare{what}"
    state = "unmasked" if session.phase == "unmasked" else "blinded"
    return f"Compare{what} · {place} of {of} · {state}"


def work(state: PairsState) -> str:
    """What is being written meanwhile."""
    if not state.running:
        return ""
    return f"writing the next pair … {state.characters:,} characters"


def nothing(
    session: CompareSession, state: PairsState, arm: Arm, elsewhere: Sequence[str],
    key: Callable[[str, str], str],
) -> str:  # fmt: skip
    """What stands where there is no pair. ``elsewhere``: the hosts that would be sent to."""
    last = f"{key('compare.arm', 'a')} chooses what is compared."
    if session.queue.other_kinds:
        last = f"{counted(session.queue.other_kinds, 'pair')} of another kind: {last}"
    if state.error:
        where = "Models are in F8; which one writes is in Settings (F9)."
        return f"{state.error}\n\n{where}\n\n{last}"
    if state.running:
        return "The first pair is being written; it comes by itself."
    first = "You have judged every pair." if session.phase == "done" else "There is no pair yet."
    if elsewhere:
        first += (
            f"\n\nAnswers would be written by a model at {' and '.join(elsewhere)}. Nothing is sent "
            f"there unasked: {key('compare.write', 'w')} shows what would be, and asks."
        )
    if arm == "relevant":
        more = (
            "Finish a prompt in Relevance (F4) with at least one yes: then two answers to it can be "
            "written, one that knows what you called relevant."
        )
    elif arm == "models":
        more = "Each prompt of Relevance (F4) is answered once by both models; add a prompt there."
    elif arm == "personal":
        more = (
            "Each prompt that you have not judged in Relevance (F4) can be answered twice, once knowing "
            "what your personal relevance model finds relevant: it learns from what you judged there."
        )
    else:
        more = (
            f"Accept attributes in Review (F3): then each prompt of Relevance (F4) can be answered "
            f"twice, once knowing {_KNEW[arm]}."
        )
    if session.phase == "done":
        last += " What came of it is in the report (F6)."
    return f"{first}\n\n{more}\n\n{last}"


def sent(arm: Arm, hosts: Sequence[str], ahead: int) -> str:
    """Before words leave this machine: what, and where to."""
    where = " and ".join(hosts)
    what = {
        "models": "the prompt; nothing about you",
        "relevant": "the prompt, once alone and once with the attributes that you called relevant",
        "model": "the prompt with each attribute that you accepted, to let the model choose; then "
        "the prompt, once alone and once with what it chose",
        "personal": "the prompt, once alone and once with the attributes that your personal model, on "
        "this machine, chose",
    }.get(arm, "the prompt, once alone and once with every attribute that you accepted")
    return (
        f"To {where}, for each of up to {counted(ahead, 'pair')}: {what}.\n\nWhat must never be used "
        f"is not sent, and what is only for when you ask {'is not either' if arm != 'relevant' else 'only where you called it relevant'}. "
        "Prompts of yours are sent as they stand."
    )


def choices(
    session: CompareSession, key: Callable[[str, str], str]
) -> tuple[str, Sequence[Choice], Sequence[Choice]]:
    """Question and keys for the bar."""
    item = session.current
    undo = Choice(key("compare.undo", "z"), "undo", "screen.undo")
    if item is None:
        rest = [
            Choice(key("compare.write", "w"), "write pairs", "screen.write"),
            Choice(key("compare.arm", "a"), "what is compared", "screen.arm"),
            undo,
        ]
        return "", rest, []
    if session.phase == "unmasked":
        return "", [Choice(key("compare.next", "enter"), "next pair", "screen.next"), undo], []
    scale = [
        Choice(str(n), words, f"screen.rate({n})")
        for n, words in enumerate(
            ("left much better", "left", "same", "right", "right much better"), 1
        )
    ]
    if session.phase == "attribute":
        rest = [
            Choice("0", "leave it", "screen.rate(0)"),
            Choice("esc", "leave the rest", "screen.finish"),
            undo,
        ]
        return RESPONSE.attribute_question, scale, rest
    rest = [
        Choice("0", RESPONSE.cannot, "screen.rate(0)"),
        Choice(key("compare.skip", "space"), "later", "screen.skip"),
        undo,
    ]
    return RESPONSE.question, scale, rest


def asked(session: CompareSession) -> str:
    """The attribute that is asked about now; empty otherwise."""
    item = session.current
    return "" if item is None else item.attributes.get(session.asked or "", "")


def identity(item: Item, response: Response, *, is_left: bool) -> str:
    """What a side turned out to be."""
    if item.pair.identical:
        return "the same answer"
    if item.pair.arm == "models":
        return response.model_tag
    is_generic = (item.shown_left == "generic") == is_left
    return "generic" if is_generic else "personalized"


def marks(item: Item, response: Response) -> list[Mark]:
    """Where ``response`` mentions what it was told, by number."""
    if item.pair.identical:
        return []
    known = numbers(item)
    return [
        Mark(one.start, one.end, str(known[one.attribute_id]))
        for one in response.mentions
        if one.attribute_id in known
    ]


def told(item: Item) -> str:
    """After unmasking: what it was about. How often it was mentioned comes first: the rest may have
    to be scrolled to."""
    if item.pair.identical:
        return "This was a planted pair: both answers were the same. Thank you for reading closely."
    if item.pair.arm == "models":
        return "Two models wrote these, knowing nothing about you."
    side = "right" if item.shown_left == "generic" else "left"
    known = numbers(item)
    mentions = [
        known[one.attribute_id]
        for one in item.pair.personalized.mentions
        if one.attribute_id in known
    ]
    if mentions:
        which = ", ".join(f"[{n}]" for n in sorted(set(mentions)))
        said = f"It mentions {which} openly, where it is marked."
    else:
        said = "It mentions nothing openly."
    first = f"The {side} one was personalized. {said}"
    if not known:
        return f"{first}\nWhat it knew was forgotten since."
    lines = [
        f"[{n}] {item.attributes[key]}" + _times(mentions.count(n)) for key, n in known.items()
    ]
    return "\n".join([first, "It knew:", *lines])


def _times(count: int) -> str:
    if not count:
        return ""
    return " · mentioned once" if count == 1 else f" · mentioned {count} times"
