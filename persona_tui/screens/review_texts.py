"""What the Review screen says, made from where the session is. No widgets."""

from __future__ import annotations

from collections.abc import Callable

from persona_tui.jobs.review.evidence import Quote
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.stages.judging import GUIDELINE, STATUSES, describe, is_judged
from widgets.evidence_list import EvidenceLine
from widgets.safe import shorten
from widgets.verdict_bar import Choice

NEEDS_ITEM = frozenset(
    {
        "verdict",
        "accurate",
        "supported",
        "use",
        "correct",
        "note",
        "evidence",
        "conversation",
        "skip",
        "copy",
        "scroll",
    }
)
"""Actions that there must be an item for."""

HELP = f"""\
One attribute at a time. First read the sentence alone; **e** shows the words it rests on.
One key is a verdict, saved at once; **z** takes back one after the other, without limit.

{"".join(f"- **{verdict}**: {meaning}" + chr(10) for verdict, meaning in GUIDELINE.verdicts)}
After *unsure* and *bad*, a digit says what is wrong with it; **Esc** leaves that open:

{"".join(f"- **{n} {label}**: {text}" + chr(10) for n, (_, label, text) in enumerate(GUIDELINE.failures, 1))}
If you like, before the verdict: **t** {GUIDELINE.accurate} **s** {GUIDELINE.supported}
**n** how it may be used: {"; ".join(meaning for _, meaning in GUIDELINE.uses)}.
**c** {GUIDELINE.correct} **+** {GUIDELINE.missed}

How sure the model was stays hidden until you have judged. The order is random and stays the same,
so you can stop at any time and go on later. Some come again after a week, and some are planted: what
an item was is said once you have judged it.
"""


def standing(session: ReviewSession) -> str:
    """``37 of 112 left · about 8 min · 12 judged now``."""
    found = session.standing
    if session.phase == "empty":
        return "Review"
    if session.queue.filter.status == "unjudged":
        parts = [f"{found.left:,} of {found.total:,} left"]
        if found.seconds_left is not None and found.left:
            parts.append(f"about {_duration(found.seconds_left)}")
    else:
        place = session.queue.place(session.current_id)
        parts = [f"{place or '–'} of {found.total:,}"]
    if found.judged_now:
        parts.append(f"{found.judged_now:,} judged now")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 1:
        return "a minute"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def filtered(session: ReviewSession) -> str:
    """What is looked at, if that is not the whole queue."""
    wanted = session.queue.filter
    if not wanted.chosen:
        return ""
    parts = [next(name for status, name in STATUSES if status == wanted.status)]
    if wanted.conversation_id is not None:
        parts.append("one conversation")
    if wanted.query:
        parts.append(f"“{shorten(wanted.query, 20)}”")
    return " · ".join(parts) + " · Esc: queue"


def last(session: ReviewSession, width: int) -> str:
    """Of the item judged last, what was said and what the model thought."""
    found = session.last
    if found is None:
        return ""
    attribute, judgment = found
    parts = [f"you: {describe(judgment)}", *session.told]
    text = " · ".join(parts)
    room = width - len(text) - 5
    return f"{text} · “{shorten(attribute.text, room)}”" if room >= 16 else shorten(text, width)


def facts(session: ReviewSession) -> str:
    """What was said of the current item so far; the other answers stand in the bar."""
    judgment = session.judgment
    if judgment is None:
        return ""
    note = f"your note: {shorten(judgment.note, 200)}" if judgment.note else ""
    said = f"you: {describe(judgment)}" if is_judged(judgment) and session.phase != "why" else ""
    return "\n".join(part for part in (said, note) if part)


Keys = Callable[[str, str], str]
"""The key as shown for (id of a binding, key it has by itself)."""


def by_itself(_binding: str, key: str) -> str:
    """:data:`Keys` where none was changed."""
    return key


def hint(session: ReviewSession, key: Keys = by_itself) -> str:
    """What stands in place of the evidence."""
    current = session.current
    if current is None or session.evidence_open:
        return ""
    count = len(current.evidence)
    shows = key("review.evidence", "e")
    return f"{shows}  shows your words ({count} quote{'' if count == 1 else 's'})" if count else ""


def line(quote: Quote) -> EvidenceLine:
    return EvidenceLine(
        quote.before,
        quote.text,
        quote.after,
        f"{quote.when:%d %b %Y} · {shorten(quote.title, 60)} · message {quote.position + 1}",
        quote.missing,
    )


def nothing(session: ReviewSession) -> str:
    """The headline where there is nothing to judge."""
    if session.phase == "empty":
        return "Nothing has been inferred about you yet."
    if session.queue.filter.chosen:
        return "Nothing more here."
    total = session.standing.total
    return f"All {total:,} are judged." if not session.standing.left else "That was the last one."


def what_next(session: ReviewSession) -> str:
    if session.phase == "empty":
        return (
            "F2  chat, and see what is inferred as you talk\n"
            "i  import your ChatGPT or Claude history\n"
            "g  infer from what was not read yet\n\n"
            "From a shell: persona-tui import PATH, then persona-tui extract"
        )
    if session.queue.filter.chosen:
        return "Esc  back to the queue\nf  look at others\nz  undo"
    return (
        "f  look again at what you said\n"
        "+  add what the model missed\n"
        "z  undo\n\n"
        "From a shell: persona-tui profile prints your corrected profile"
    )


def choices(
    session: ReviewSession, key: Keys = by_itself
) -> tuple[str, list[Choice], list[Choice]]:
    """The bar: question, first and second line."""
    if session.current is None:
        return "", [Choice(key("review.add", "+"), "missed one", "screen.add")], []
    if session.phase == "why":
        options = [
            Choice(
                key(f"review.why{n}", str(n)),
                label,
                f"screen.why({n})",
                chosen=_is_mode(session, mode),
            )
            for n, (mode, label, _) in enumerate(GUIDELINE.failures, 1)
        ]
        verdict = session.judgment.verdict if session.judgment else ""
        return f"{verdict}, saved. {GUIDELINE.why} (Esc: no reason)", options[:3], options[3:]
    judgment = session.judgment
    verdict = judgment.verdict if judgment else None
    first = [
        Choice(key("review.ok", "a"), "ok", "screen.verdict('ok')", chosen=verdict == "ok"),
        Choice(
            key("review.unsure", "u"),
            "unsure",
            "screen.verdict('unsure')",
            chosen=verdict == "unsure",
        ),
        Choice(
            key("review.bad", "x"), "bad → why", "screen.verdict('bad')", chosen=verdict == "bad"
        ),
        Choice(key("review.correct", "c"), "correct", "screen.correct"),
        Choice(key("review.add", "+"), "missed one", "screen.add"),
    ]
    uses = {None: "", "never": "never", "ask": "when I ask", "welcome": "welcome"}
    second = [
        Choice(
            key("review.accurate", "t"),
            "true of me?",
            "screen.accurate",
            _yes(judgment.accurate if judgment else None),
        ),
        Choice(
            key("review.supported", "s"),
            "my words show it?",
            "screen.supported",
            _yes(judgment.supported if judgment else None),
        ),
        Choice(
            key("review.use", "n"),
            "use:" if judgment and judgment.use else "never use",
            "screen.use",
            uses[judgment.use if judgment else None],
        ),
    ]
    return GUIDELINE.question, first, second


def _is_mode(session: ReviewSession, mode: str) -> bool:
    return session.judgment is not None and session.judgment.failure_mode == mode


def _yes(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"
