"""A text of a donation as the Redact step shows it: its parts, what is said above and below."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from persona_tui.jobs.donation.material import Choice
from persona_tui.jobs.donation.redacting import ONLY, Redacting
from persona_tui.jobs.donation.spans import WHY, pieces_of
from widgets.marked_text import Part
from widgets.safe import counted, shorten
from widgets.verdict_bar import Choice as Key

Keys = Callable[[str, str], str]


def parts(session: Redacting) -> list[Part]:
    """The text that is looked at."""
    one = session.current
    if one is None:
        return []
    pieces = pieces_of(one.text.original, session.stops)
    return [Part(piece.text, piece.look, piece.start, piece.stop) for piece in pieces]


def heading(session: Redacting) -> str:
    """``Text 3 of 41 · your words``."""
    one = session.current
    if one is None:
        return ""
    return f"Text {session.number:,} of {len(session.shown):,} · {one.text.title}"


def origin(session: Redacting, choices: Mapping[tuple[str, str], Choice], width: int) -> str:
    """What the text belongs to."""
    one = session.current
    if one is None:
        return ""
    item = choices.get((one.text.kind, one.text.item_id))
    what = {
        "attribute": "of the attribute",
        "relevance": "of the prompt",
        "response": "of the pair",
    }
    words = item.text if item is not None else ""
    return shorten(f"{what[one.text.kind]} “{words}”", width)


def told(session: Redacting) -> str:
    """The stretch that the keys are about."""
    one, stop = session.current, session.at_stop
    if one is None:
        return ""
    if session.selection is not None:
        span = session.span() or (0, 0)
        return f"Black out: “{shorten(one.text.original[slice(*span)], 50)}”?"
    if one.stale:
        return "It reads otherwise than when you edited it: not given until you reset it."
    if stop is None:
        return "Nothing is blacked out here."
    number, count = session.stop + 1, len(session.stops)
    if stop.kept:
        return f"{number} of {count}: left standing by you"
    return f"{number} of {count}: {stop.kind}, found {WHY[stop.by]}"


def keys(session: Redacting, key: Keys) -> tuple[list[Key], list[Key]]:
    """Two lines of keys for the bar."""

    def one(name: str, default: str, label: str) -> Key:
        return Key(key(f"donate_redact.{name}", default), label, f"screen.pane('{name}')")

    if session.selection is not None:
        first = [Key("← →", "word", ""), Key("⇧← ⇧→", "wider", ""), Key("↑ ↓", "line", "")]
        return first, [
            one("accept", "enter", "black out"),
            one("word", "w", "everywhere"),
            one("leave", "esc", "leave it"),
        ]
    stop = session.at_stop
    undone = "black out again" if stop is not None and stop.kept else "keep"
    first = [
        one("keep", "k", undone), one("select", "b", "black out"), one("type", "t", "type words"),
        one("word", "w", "everywhere"), one("undo", "z", "undo"),
    ]  # fmt: skip
    second = [
        one("labels", "d", "labels only"), one("drop", "x", "take out"), one("reset", "r", "begin anew"),
        one("words", "l", "list"), one("only", "f", "show"),
    ]  # fmt: skip
    return first, second


def count_line(session: Redacting) -> str:
    """Which texts are gone through, or how much is blacked out in all of them together."""
    if session.only:
        return dict(ONLY)[session.only]
    changed = sum(one.changed for one in session.redaction.texts)
    return f"blacked out in {counted(changed, 'text')}"
