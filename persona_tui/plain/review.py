"""Review line by line: for screen readers, pipes and phones.

Reads one answer a line, writes plain lines: no colour, no cursor movement, nothing told by layout.
Each answer is in the store before the next line is read, so the end of the input, Ctrl+C or a power
cut loses nothing that was acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from persona_tui.jobs.review.changes import Change, OvertakenError, Written
from persona_tui.jobs.review.evidence import read_quotes
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.stages.judging import GUIDELINE, describe
from store.errors import StoreError
from store.records import Verdict
from widgets.safe import plain

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store

VERDICTS: dict[str, Verdict] = {"a": "ok", "u": "unsure", "x": "bad"}
LONGEST = 100_000
"""Characters of one line that are taken."""
KEYS = """\
Type one of these and Enter:
  a  ok          u  unsure        x  bad (x 1 gives the reason at once)
  e  evidence: the words it rests on
  t  true of me? (yes, no, not said)        s  do my words show it? (the same)
  n  use: never, only when I ask, welcome, not said
  c  correct it (c and your sentence)       +  add what was missed (+ and your sentence)
  m  a note of yours (m and the note)
  k  skip        b  look back     z  undo
  ?  this list   g  the guideline q  stop"""


class PlainReview:
    """One sitting. ``prompt`` writes ``> `` before each answer (not in pipes)."""

    def __init__(
        self,
        store: Store,
        lines: TextIO,
        out: TextIO,
        *,
        prompt: bool,
        config: JudgingConfig | None = None,
    ) -> None:
        self.store = store
        self.lines = lines
        self.out = out
        self.prompt = prompt
        self.session = ReviewSession.load(store, surface="plain", config=config)
        self._asked: str | None = None
        """The item that was asked last; empty for the end of the queue."""
        self._commands: dict[str, Callable[[str], None]] = {
            "e": self._evidence,
            "t": self._accurate,
            "s": self._supported,
            "n": self._use,
            "c": self._correct,
            "+": self._add,
            "m": self._note,
            "k": self._skip,
            "b": self._back,
            "z": self._undo,
            "?": lambda _: self.say(KEYS),
            "g": lambda _: self.say(GUIDELINE.text.rstrip()),
        }

    # --- reading and writing --------------------------------------------------------------------

    def say(self, text: str = "") -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def read(self) -> str | None:
        """The next answer, ``None`` at the end of the input."""
        if self.prompt:
            self.out.write("> ")
            self.out.flush()
        line = self.lines.readline(LONGEST)
        rest = line
        while rest and not rest.endswith("\n"):  # what has no end is read to its end, not kept
            rest = self.lines.readline(LONGEST)
        return line.strip() if line else None

    def write(self, change: Change | None) -> Written | None:
        """Put a step into the store; ``None`` if there is nothing to put."""
        if change is None:
            return None
        try:
            written = change.write(self.store)
        except OvertakenError as error:
            self.session.failed(change, error)
            self.say(f"   {error}")
            return None
        except StoreError as error:
            self.session.failed(change, error)
            raise
        self.session.done(change, written)
        return written

    # --- the sitting ----------------------------------------------------------------------------

    def run(self, limit: int | None = None) -> int:
        """Ask until all is judged, ``limit`` verdicts are given, or the input ends; returns how
        many verdicts were given.

        Raises:
            StoreError: an answer could not be saved; those before it are.
        """
        session = self.session
        if session.phase == "empty":
            self.say(
                "Nothing has been inferred about you yet. Import your chats with "
                "'persona-tui import PATH' or chat with 'persona-tui', then 'persona-tui extract'."
            )
            return 0
        self.say(f"Review: {self._left()}. Type an answer and Enter; ? lists them.")
        while limit is None or session.judged_now < limit:
            if self._asked != (session.current_id or ""):
                self._ask()
            line = self.read()
            if line is None or line.casefold() in ("q", "quit", "exit"):
                break
            if not line:
                self._asked = None
            elif not self._answer(line):
                break
        self._goodbye()
        return session.judged_now

    def _ask(self) -> None:
        session = self.session
        self._asked = session.current_id or ""
        if session.current is None:
            self.say()
            self.say("All judged. z takes the last one back, + adds what was missed, q stops.")
            return
        place = session.queue.place(session.current_id)
        self.say()
        self.say(f"{place or '-'}. {plain(session.current.text, one_line=True)}")
        facts = describe(session.judgment)
        if facts:
            self.say(f"   You said: {facts}.")
        if session.correction is not None:
            self.say(f"   Your words: {plain(session.correction, one_line=True)}")
        self.say(f"   {GUIDELINE.question} a ok, u unsure, x bad, e evidence, ? more")

    def _answer(self, line: str) -> bool:
        """Do what ``line`` says; ``False`` at the end of the input."""
        key, rest = line[0].casefold(), line[1:].strip()
        lone = len(line) == 1 or line[1].isspace()
        if key in VERDICTS and (lone or rest.isdigit()):
            return self._verdict(VERDICTS[key], rest)
        if key in self._commands and (lone or key == "+"):
            self._commands[key](rest)
        else:
            self.say(f"   '{plain(line, one_line=True)[:40]}' is no answer here; ? lists them.")
        return True

    def _verdict(self, verdict: Verdict, rest: str) -> bool:
        session = self.session
        self.write(session.judge(verdict))
        if verdict == "ok":
            self._told()
            return True
        if rest and self._why(rest):
            self._told()
            return True
        reasons = ", ".join(f"{n} {label}" for n, (_, label, _) in enumerate(GUIDELINE.failures, 1))
        self.say(f"   Saved: {verdict}.")
        self._evidence("")
        self.say(f"   {GUIDELINE.why} {reasons}, or Enter for no reason")
        line = self.read()
        if line is None:
            return False
        if line.isdigit() and self._why(line):
            self._told()
            return True
        if line[:1].casefold() == "z" and len(line) == 1:
            self._undo("")
            return True
        session.go_on()
        self._told()
        if line and not line.isdigit():  # no reason, but the answer to the next question already
            self._ask()
            return line.casefold() not in ("q", "quit", "exit") and self._answer(line)
        return True

    def _why(self, digit: str) -> bool:
        number = int(digit) if digit.isdecimal() and len(digit) == 1 else 0
        if not 1 <= number <= len(GUIDELINE.failures):
            return False
        return self.write(self.session.why(GUIDELINE.failures[number - 1][0])) is not None

    def _told(self) -> None:
        """Acknowledge what is saved, and now what the model thought."""
        found = self.session.last
        if found is None:
            return
        facts = "".join(f" {fact[:1].upper()}{fact[1:]}." for fact in self.session.told)
        self.say(f"   Saved: {describe(found[1])}.{facts}")

    def _left(self) -> str:
        standing = self.session.standing
        return f"{standing.left} of {standing.total} left"

    def _goodbye(self) -> None:
        standing = self.session.standing
        self.say()
        if not standing.left:
            self.say("'persona-tui profile' prints your corrected profile.")
        self.say(f"{standing.judged_now} judged now, {self._left()}. Everything is saved.")

    # --- what the other keys do -----------------------------------------------------------------

    def _saved(self, change: Change | None) -> None:
        if self.write(change):
            self.say(f"   Saved: {describe(self.session.judgment) or 'not said'}.")

    def _evidence(self, _: str) -> None:
        session = self.session
        if session.current is None:
            return
        session.evidence_open = True
        quotes = read_quotes(self.store, session.current)
        for quote in quotes:
            words = plain(quote.before + "“" + quote.text + "”" + quote.after, one_line=True)
            title = plain(quote.title, one_line=True)
            self.say(f"   {words}")
            self.say(f"     {quote.when:%d %b %Y}, {title}, message {quote.position + 1}")
            if quote.missing:
                self.say(f"     ({quote.missing} more characters)")
        more = len(session.current.evidence) - len(quotes)
        if more > 0:
            self.say(f"   and {more} more")

    def _accurate(self, _: str) -> None:
        self._saved(self.session.toggle_accurate())

    def _supported(self, _: str) -> None:
        if self.session.evidence_open:
            self._saved(self.session.toggle_supported())
            return
        self._evidence("")
        self.say("   Do these words show it? s: yes, s again: no")

    def _use(self, _: str) -> None:
        self._saved(self.session.toggle_use())

    def _text(self, rest: str, question: str) -> str:
        if rest:
            return rest
        self.say(f"   {question}")
        self.session.watch.pause("writing")  # time spent on words is no time spent on the verdict
        try:
            return self.read() or ""
        finally:
            self.session.watch.resume("writing")

    def _correct(self, rest: str) -> None:
        text = self._text(rest, "Your sentence in its place (empty: leave it):")
        if self.write(self.session.correct(text)):
            self.say("   Saved in your words. And the sentence as it stood: a, u or x?")

    def _add(self, rest: str) -> None:
        text = self._text(rest, "What was missed (empty: nothing):")
        if self.write(self.session.add(text)):
            self.say("   Added in your words.")

    def _note(self, rest: str) -> None:
        self._saved(self.session.note(self._text(rest, "Your note (empty: none):")))

    def _skip(self, _: str) -> None:
        if not self.session.skip():
            self.say("   There is no other one.")

    def _back(self, _: str) -> None:
        if not self.session.back():
            self.say("   There is none before it.")

    def _undo(self, _: str) -> None:
        written = self.write(self.session.undo())
        if written is None:
            return
        if written.attribute_id is None:
            self.say("   There is nothing to undo.")
            return
        self.say("   Taken back.")
        self._asked = None
