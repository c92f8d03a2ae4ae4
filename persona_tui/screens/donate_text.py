"""What the Donate screen says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content

from persona_tui.jobs.donation.material import Choice
from persona_tui.jobs.progress import time_text
from store.donations import Donation, Level
from widgets.safe import counted, plain, shorten

HELP = """\
Give some of your judgments to research, if you want to. Nothing leaves this machine by itself, and
what is given is pseudonymised, with reduced risk: that is not the same as no risk.

- **1 Choose**: nothing is ticked beforehand. **space** goes from not given to labels to texts; **a**
  ticks all that are shown at labels, **t** with texts, **n** none. What must *never* be used and what
  was given before is in no “all”: it takes its own keypress. **f** shows one kind, **/** searches,
  **c** changes the licence.
- **2 Redact**: one text at a time, ← → go through them, ↑ ↓ or Tab through what is blacked out.
  **k** keeps it, **b** blacks out words (move by word, Shift widens, Enter does it), **t** types
  them, **w** blacks the words out everywhere, **l** shows that list, **d** gives labels only, **x**
  takes the item out, **r** begins the text anew, **z** takes back.
- **3 Preview**: every file, byte by byte. **/** looks in all of them, **n** and **N** go on, **d**
  deletes the row under the cursor, **p** prepares anew: other random ids, another order.
- **4 Sign**: each statement is ticked by you. Then it cools off, and until then **c** takes it back.
- **5 Give**: **f** writes a file to hand over, **p** opens a pull request; **w** withdraws what was
  given: it writes a request that those who hold it can verify.

Labels are closed choices, a broad category and coarse numbers; texts are the words besides. Answers
on relevance go along only for attributes that are chosen, too.
"""
KINDS = {"attribute": "attribute", "relevance": "prompt", "response": "pair"}
"""A kind as it is called in the list."""
SHOWN = (
    ("", "everything"),
    ("attribute", "attributes"),
    ("relevance", "prompts"),
    ("response", "pairs"),
    ("new", "never given yet"),
    ("chosen", "what is chosen"),
)
"""What is listed: key, words."""
BOX = {None: "[ ]       ", "labels": "[x] labels", "texts": "[x] texts "}


def intro(hours: float) -> str:
    """What this is, before anything else."""
    wait = f"wait {hours_text(hours)}" if hours else "give it"
    return (
        "You can give some of your judgments to research on how chatbots personalize, if you want "
        "to. Nothing leaves this machine by itself: you choose each item, black out words, look at "
        f"the exact bytes, sign, {wait}, and can take it back until it is given. What is given is "
        "pseudonymised, with reduced risk: not without risk."
    )


def hours_text(hours: float) -> str:
    """``24 hours``, ``90 minutes``."""
    if hours >= 2:
        return f"{hours:g} hours"
    return counted(round(hours * 60), "minute")


LICENSES = {
    "CC-BY-4.0": "CC BY 4.0: reuse with attribution",
    "CC0-1.0": "CC0 1.0: no rights reserved",
}


def license_name(key: str) -> str:
    """A licence in a few words."""
    return LICENSES.get(key, key)


def flowing(text: str) -> str:
    """``text`` with one line a paragraph, to be wrapped where it is shown; its first paragraph, a
    heading, as it is."""
    head, *rest = text.strip().split("\n\n")
    return "\n\n".join([head, *(" ".join(part.split("\n")) for part in rest)])


# --- choosing -----------------------------------------------------------------------------------


def chosen_line(levels: Iterable[Level | None], shown: int, total: int) -> str:
    """``3 chosen: 2 labels, 1 with texts · 12 of 40 shown``."""
    found = list(levels)
    texts, labels = found.count("texts"), found.count("labels")
    parts = ["nothing chosen"]
    if texts or labels:
        parts = [f"{texts + labels:,} chosen: {labels:,} labels, {texts:,} with texts"]
    if shown != total:
        parts.append(f"{shown:,} of {total:,} shown")
    return " · ".join(parts)


def choice_line(one: Choice, level: Level | None, width: int) -> Content:
    """One thing that can be given."""
    said = 26 if width >= 90 else 14
    marks = [word for word, there in (("never", one.never), ("given before", one.given)) if there]
    mark = f"({', '.join(marks)}) " if marks else ""
    kind = f" {KINDS[one.kind]:<9} "
    room = max(10, width - len(BOX[level]) - len(kind) - said - 2)
    text = shorten(mark + one.text, room)
    from rich.cells import cell_len

    gap = " " * (room - cell_len(text) + 2)
    cut = len(mark) if text.startswith(mark) else 0
    return Content.assemble(
        (BOX[level], "bold $text-success" if level else "dim"),
        (kind, "dim"),
        (text[:cut], "bold $text-warning"),
        text[cut:],
        gap,
        (shorten(one.said, said), "dim"),
    )


def nothing_to_choose(total: int) -> str:
    """What stands where the list is empty."""
    if total:
        return "Nothing of what there is fits; f shows other kinds, / searches for other words."
    return (
        "There is nothing to give yet. Judge something first: Review (F3), Relevance (F4), "
        "Compare (F5)."
    )


# --- where a donation stands --------------------------------------------------------------------


def when(value: datetime | None) -> str:
    """A moment as the person's clock shows it."""
    return "?" if value is None else f"{value.astimezone():%d %b %Y, %H:%M}"


def state(donation: Donation, now: datetime) -> str:
    """Where a donation stands, in a few words."""
    match donation.status:
        case "signed":
            if donation.release_at is not None and now < donation.release_at:
                return f"signed, cools off until {when(donation.release_at)}"
            return "signed, can be given now"
        case "given":
            return f"given {when(donation.given_at)}"
        case "withdrawn":
            return f"withdrawn {when(donation.withdrawn_at)}"
        case _:
            return "draft, prepared" if donation.manifest_sha256 else "draft"


def ledger_line(donation: Donation, now: datetime, width: int) -> Content:
    """One donation in the ledger."""
    rows = sum(donation.counts.values())
    first = f"{donation.donation_id[-8:]}  {counted(rows, 'row') if rows else '':>10}  "
    where = f" · {plain(donation.destination, one_line=True)}" if donation.destination else ""
    text = shorten(state(donation, now) + where, max(10, width - len(first)))
    return Content.assemble((first, "dim"), text)


_TAKE_BACK = (
    "Nothing has left this machine. Until then, and as long as you do not give it, you can take the "
    "signature back: what you chose stays in the draft."
)
_CAN_GIVE = (
    "The cooling-off time is over. Nothing has left this machine: you can give it now (step 5), or "
    "take the signature back."
)


def cooling(donation: Donation, now: datetime) -> str:
    """What stands on the sign step when it is signed."""
    lines = [f"Signed on {when(donation.signed_at)}, licence {donation.license}."]
    if donation.release_at is not None and now < donation.release_at:
        left = (donation.release_at - now).total_seconds()
        lines += [
            f"It cools off until {when(donation.release_at)}: {time_text(left)}.",
            _TAKE_BACK,
        ]
    else:
        lines += [
            _CAN_GIVE,
        ]
    return "\n\n".join(lines)


def details(donation: Donation | None, now: datetime) -> str:
    """Everything about one donation that is worth a line."""
    if donation is None:
        return (
            "You have given nothing, and nothing is under way.\n\nBegin with step 1: what was signed "
            "there is given here, as a file that you hand over or as a pull request."
        )
    first = state(donation, now)
    lines = [f"{first[0].upper()}{first[1:]}."]
    if donation.bundle_name:
        counts = ", ".join(
            counted(count, table.replace("_", " ").removesuffix("s"))
            for table, count in donation.counts.items()
            if table != "contributors"
        )
        lines.append(f"{donation.bundle_name}: {counts}. Licence {donation.license}.")
    if donation.destination:
        lines.append(f"Where: {plain(donation.destination, one_line=True)}")
    lines.append(_what_next(donation, now))
    return "\n".join(line for line in lines if line)


def _what_next(donation: Donation, now: datetime) -> str:
    if donation.status == "draft":
        return "Steps 1 to 4 come first. Delete throws the draft away."
    if donation.status == "signed":
        if donation.release_at is not None and now < donation.release_at:
            return "It can be given after that; step 4 takes the signature back."
        return "f writes a file to hand over; p opens a pull request, public under your account."
    if donation.status == "given":
        return "f writes another copy, p opens a pull request; w withdraws it."
    return "w writes the request again. Copies that others made cannot be recalled."


# --- redacting ----------------------------------------------------------------------------------

NO_TEXTS = (
    "No text would be given: nothing is chosen with its texts.\n\nIn step 1, space once more (or t) "
    "gives the words of an item besides its labels."
)


def names_line(*, uses_ner: bool, wanted: bool) -> str:
    """Whether a model looks for names."""
    if uses_ner:
        return "Names: by rules, your list and name recognition."
    if not wanted:
        return "Names: by rules and your list; recognition is off (Settings)."
    return "Names: by rules and your list only; the extra “ner” finds more."


def others_line(words: Sequence[str], width: int) -> str:
    """A warning: somebody who did not agree to anything may be in it."""
    return shorten(f"! May speak of others: {', '.join(words)}", width) if words else ""


def held_back(places: int) -> str:
    """Texts that were edited when they read otherwise."""
    if not places:
        return ""
    return f"{counted(places, 'text')} changed since you edited it and is held back (step 2, f)."
