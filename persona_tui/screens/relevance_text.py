"""What the Relevance screen says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persona_tui.jobs.progress import time_text
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.relevance.summary import ModelLine, model_sentence, own_line
from persona_tui.stages.judging.questions import RELEVANCE
from widgets.verdict_bar import Choice

LEVELS = "\n".join(
    f"  {digit}. *{label}*: {meaning}."
    for digit, (_, label, meaning) in enumerate(RELEVANCE.levels, 1)
)
HELP = f"""\
A prompt, and one after the other the attributes that you accepted. {RELEVANCE.question}

- **y** yes, **n** no. Space or → skips, ← goes back, **z** takes back without limit. A prompt of which
  all is answered or skipped is done; **t** takes up again what was skipped.
- **p** another prompt (this one comes again), **+** a prompt of your own, **d** not this prompt again.
- **v** switches to five levels that fold to yes (1 to 3) and no (4 and 5):

{LEVELS}

Nothing is answered beforehand, and the order is drawn at random. What models say of the same is
computed meanwhile and shown when you have finished a prompt, never before. Some items come again
after a week: that shows how consistent your answers are.
"""


def standing(session: RelevanceSession) -> str:
    """``Prompt 4 of 12 · 7 of 24 · about 3 min left``: the time is for this prompt."""
    where = session.standing
    prompt = f"Prompt {where.prompt} of {where.prompts}"
    if session.phase == "summary":
        return f"{prompt} is done"
    if session.phase != "ask":
        return "Relevance"
    left = time_text(where.seconds_left)
    return f"{prompt} · {where.place} of {where.of}" + (f" · {left}" if left else "")


def forgetting(prompt: str) -> str:
    """What is asked before a prompt is forgotten."""
    words = prompt if len(prompt) <= 300 else prompt[:299] + "…"
    return (
        f"{words}\n\nYour judgments on it, its answers and their comparisons go along, and what models "
        "of your own learned, which they learn again from what stays. There is no undo. To keep them, but not be asked about it again, press d instead."
    )


def origin(session: RelevanceSession) -> str:
    """Where the prompt comes from."""
    if session.sheet is None:
        return ""
    return {"bank": "an everyday prompt", "user": "your prompt", "message": "from your chats"}[
        session.sheet.prompt.origin
    ]


def nothing(session: RelevanceSession) -> tuple[str, str]:
    """What stands where nothing can be asked: a line, and what to do."""
    if session.phase == "no_attributes":
        return (
            "There is nothing to ask about yet.",
            "Relevance is asked about attributes that you accepted: judge some in Review (F3).",
        )
    if session.phase == "no_prompts":
        return "There is no prompt yet.", "Type one in with +."
    if session.skipped:
        return (
            f"You have gone through everything, and skipped {session.skipped}.",
            "Take up what you skipped with t, add a prompt with +, or compare answers (F5).",
        )
    return (
        "You have judged everything.",
        "Add a prompt with +, compare answers (F5), or see the report (F6).",
    )


def choices(
    session: RelevanceSession, key: Callable[[str, str], str]
) -> tuple[str, Sequence[Choice], Sequence[Choice]]:
    """Question and keys for the bar."""
    again = [
        Choice(
            key("relevance.take_up", "t"),
            f"take up the {session.skipped} skipped",
            "screen.take_up",
        )
    ] * bool(session.skipped)
    if session.phase == "summary":
        return (
            "",
            [
                Choice(key("relevance.next", "enter"), "next prompt", "screen.next"),
                *again,
                Choice(key("relevance.undo", "z"), "undo", "screen.undo"),
                Choice(key("relevance.back", "←"), "look again", "screen.back"),
            ],
            [],
        )
    if session.phase != "ask":
        return (
            "",
            [*again, Choice(key("relevance.add", "+"), "a prompt of yours", "screen.add")],
            [],
        )
    item = session.item
    given = None if item is None else session.answer_to(item)
    rest = [
        Choice(key("relevance.undo", "z"), "undo", "screen.undo"),
        Choice(key("relevance.skip", "space"), "skip", "screen.skip"),
        Choice(key("relevance.other", "p"), "another prompt", "screen.other"),
    ]
    if session.five:
        levels = [
            Choice(
                str(digit),
                label,
                f"screen.level({digit})",
                chosen=given is not None and given.relevance_level == level,
            )
            for digit, (level, label, _) in enumerate(RELEVANCE.levels, 1)
        ]
        return "", levels, [Choice("v", "yes and no", "screen.scale"), *rest]
    yes_no = [
        Choice("y", "yes", "screen.answer(True)", chosen=bool(given and given.relevant)),
        Choice(
            "n", "no", "screen.answer(False)", chosen=given is not None and given.relevant is False
        ),
        Choice("v", "finer scale", "screen.scale"),
    ]
    return f"yes: {RELEVANCE.yes}", yes_no, rest


def summary(session: RelevanceSession, lines: Sequence[ModelLine], note: str) -> str:
    """What the person said of this prompt and then what models said, as plain lines."""
    parts = [own_line(session), ""]
    if not lines:
        parts.append(
            note or "Models are still judging this prompt: what they say comes here by itself."
        )
    parts += [model_sentence(line) for line in lines]
    last = lines[-1] if lines else None
    if last is not None and last.only_model:
        parts += ["", f"{last.name} would also use:"]
        parts += [f"  · {text}" for text in last.only_model[:6]]
        if len(last.only_model) > 6:
            parts.append(f"  … and {len(last.only_model) - 6} more")
    if last is not None and last.only_person:
        who = "and" if last.only_model else last.name
        parts += ["", f"{who} would leave out:"]
        parts += [f"  · {text}" for text in last.only_person[:6]]
    if note and lines:
        parts += ["", note]
    return "\n".join(parts)
