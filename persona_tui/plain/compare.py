"""Comparing answers line by line: for screen readers, pipes and phones.

Every answer is in the journal before the next question is asked; which answer is which is written
only when a pair is finished.
"""

from __future__ import annotations

from typing import TextIO

from persona_tui.config import JudgingConfig
from persona_tui.jobs.compare.changes import Change, OvertakenError
from persona_tui.jobs.compare.queue import Item, numbers
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.stages.judging.questions import RESPONSE
from store.audit import Arm
from store.db import Store
from store.errors import StoreError
from widgets.safe import plain

LONGEST = 100_000
KEYS = """\
Type one of these and Enter:
{scale}
  0  cannot judge; of an attribute: leave it unanswered (so does Enter)
  e  leave the rest of the attributes
  s  skip the pair   z  undo   m  a note (m and the note)
  r  both answers again   ?  this list   g  the guideline   q  stop"""


class PlainCompare:
    """One sitting. ``prompt`` writes ``> `` before each answer (not in pipes)."""

    def __init__(
        self,
        store: Store,
        judging: JudgingConfig,
        lines: TextIO,
        out: TextIO,
        *,
        prompt: bool,
        arm: Arm | None = None,
    ) -> None:
        self.store, self.lines, self.out, self.prompt = store, lines, out, prompt
        self.session = CompareSession.load(store, judging, surface="plain", arm=arm)
        self._read_out: str | None = None

    def say(self, text: str = "") -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def read(self) -> str | None:
        """The next answer, ``None`` at the end of the input."""
        if self.prompt:
            self.out.write("> ")
            self.out.flush()
        line = rest = self.lines.readline(LONGEST)
        while rest and not rest.endswith("\n"):
            rest = self.lines.readline(LONGEST)
        return line.strip() if line else None

    def write(self, change: Change | None) -> bool:
        """Put a step into the store; ``False`` if there was nothing to put."""
        if change is None:
            return False
        try:
            written = change.write(self.store)
        except OvertakenError as error:
            self.session.failed(change, error)
            self.say(f"   {error}")
            return False
        except StoreError as error:
            self.session.failed(change, error)
            raise
        self.session.done(change, written)
        return written.pair_id is not None

    def run(self, limit: int | None = None) -> int:
        """Ask until all is judged, ``limit`` pairs are finished, or the input ends; returns how
        many pairs were finished.

        Raises:
            StoreError: an answer could not be saved; those before it are.
        """
        session = self.session
        if session.phase == "empty":
            self.say(
                "No pair of answers is ready. Judge relevance for a prompt first "
                "('persona-tui relevance'), then let a model write them: 'persona-tui respond'."
            )
            return 0
        while session.phase != "done":
            if session.phase == "unmasked":
                self._unmask()
                if limit is not None and session.judged_now >= limit:
                    break
                session.go_on()
                continue
            self._ask()
            line = self.read()
            if line is None or line.casefold() in ("q", "quit", "exit"):
                break
            self._answer(line)
        left = len(session.queue.left)
        self.say()
        self.say(f"{session.judged_now} compared now, {left} left. Everything is saved.")
        return session.judged_now

    def _ask(self) -> None:
        session, item = self.session, self.session.current
        if item is None:
            return
        if self._read_out != session.key:
            self._read_out = session.key
            number, total = session.place()
            self.say()
            self.say(f"Prompt {number} of {total}, blinded: {plain(item.prompt)}")
            for side, text in (("Left", item.left), ("Right", item.right)):
                self.say()
                self.say(f"{side} answer:")
                self.say(plain(text))
        self.say()
        if session.asked is None:
            self.say(f"{RESPONSE.question} {_scale()}, 0 {RESPONSE.cannot}, ? more")
        else:
            self.say(f"{plain(item.attributes[session.asked], one_line=True)}")
            self.say(
                f"   {RESPONSE.attribute_question} 1 to 5, Enter: no answer, e: leave the rest"
            )

    def _answer(self, line: str) -> None:
        session = self.session
        key, rest = line[:1].casefold(), line[1:].strip()
        if line in ("1", "2", "3", "4", "5", "0") or (not line and session.phase == "attribute"):
            if self.write(session.rate(int(line or 0) or None)):
                self.say("   Saved.")
        elif not line or line == "r":
            self._read_out = None
        elif key == "m" and (not rest or line[1].isspace()):
            if not rest:
                self.say("   Your note (empty: none):")
                session.watch.pause("writing")
                rest = self.read() or ""
                session.watch.resume("writing")
            kept = self.write(session.note(rest))
            self.say("   Saved." if kept else "   It is saved with your answer.")
        elif line.casefold() == "z":
            self.say("   Taken back." if self.write(session.undo()) else "   Nothing to undo.")
        elif line.casefold() == "s":
            if not session.skip():
                self.say("   There is no other pair.")
        elif line.casefold() == "e" and session.phase == "attribute":
            self.write(session.finish())
        elif line == "?":
            scale = "\n".join(f"  {n}  {text}" for n, text in enumerate(RESPONSE.scale, 1))
            self.say(KEYS.format(scale=scale))
        elif line.casefold() == "g":
            self.say(RESPONSE.text.rstrip())
        else:
            self.say(f"   '{plain(line, one_line=True)[:40]}' is no answer here; ? lists them.")

    def _unmask(self) -> None:
        item = self.session.unmasked
        if item is not None:
            self.say()
            for line in unmasking(item):
                self.say(f"   {line}")


def _scale() -> str:
    return ", ".join(f"{n} {text}" for n, text in enumerate(RESPONSE.scale, 1))


def unmasking(item: Item) -> list[str]:
    """What is told of a finished pair."""
    pair = item.pair
    if pair.identical:
        return ["These two answers were the same: a planted pair. Thank you for reading it too."]
    by_side = (
        (pair.generic, pair.personalized)
        if item.shown_left == "generic"
        else (pair.personalized, pair.generic)
    )
    if pair.arm == "models":
        names = [plain(one.model_tag, one_line=True) for one in by_side]
        lines = [f"Left: {names[0]}. Right: {names[1]}."]
    else:
        side = "right" if item.shown_left == "generic" else "left"
        told, known = pair.personalized, numbers(item)
        what = "It was told:" if known else "What it was told was forgotten since."
        lines = [f"The {side} answer was the personalized one. {what}"]
        lines += [f"{n}. {plain(item.attributes[key], one_line=True)}" for key, n in known.items()]
        lines += [
            f"It mentions {known[one.attribute_id]}: "
            f"“{plain(told.text[one.start : one.end], one_line=True)}”"
            for one in told.mentions
            if one.attribute_id in known
        ] or (["It mentions none of that openly."] if known else [])
    lines.append(f"Left has {len(by_side[0].text):,} characters, right {len(by_side[1].text):,}.")
    return lines
