"""Judging what was inferred about synthetic users, line by line."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from persona_tui import __version__
from persona_tui.jobs.foil.playing import own_statements
from persona_tui.stages.foil import personas
from persona_tui.stages.foil.personas import OWN
from persona_tui.stages.judging import GUIDELINE, draw_order
from store import messages, prompts, settings, synthetic
from store.audit import SyntheticAttribute, SyntheticConversation, SyntheticJudgment
from store.db import Store, utc_now
from store.records import FailureMode, JudgmentContext, Verdict
from widgets.safe import plain

ANSWERS: dict[str, Verdict] = {
    "a": "ok",
    "ok": "ok",
    "u": "unsure",
    "unsure": "unsure",
    "x": "bad",
    "bad": "bad",
}
SEED = "foil.seed"
CHANGED = (
    "Played from your profile as it was then; it has changed since. Judge by what is true of you."
)


class FoilReview:
    """One sitting. Every answer is saved before the next question; the order is random, the same each
    time, and tells nothing of what the persona or a model says."""

    def __init__(
        self,
        store: Store,
        source: TextIO,
        sink: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.source = source
        self.sink = sink
        self.judged = 0
        self._clock = clock
        self._shown = 0.0
        """When the question was put."""
        self._introduced: str | None = None
        self._given: list[tuple[int, SyntheticJudgment]] = []
        """What can be taken back, the last at the end: its place and the judgment."""

    def run(self, *, limit: int | None = None) -> None:
        """Ask until everything has a verdict, ``limit`` were given, or the input ends."""
        prompts.remember(self.store, GUIDELINE.sha256, GUIDELINE.text)
        self.say(GUIDELINE.question + " (asked of a synthetic user)")
        played = {one.conversation_id: one for one in synthetic.conversations(self.store)}
        todo = self._todo()
        at = 0
        while at < len(todo):
            if limit is not None and self.judged >= limit:
                return
            attribute = todo[at]
            step = self._ask(at, attribute, played[attribute.conversation_id])
            if step is None:
                return
            at = step
        self.say(f"Nothing is left. You judged {self.judged} now.")

    def _todo(self) -> list[SyntheticAttribute]:
        done = {
            one.attribute_id
            for one in synthetic.judgments(self.store)
            if one.rater == "person" and one.verdict is not None
        }
        open_ = {
            one.attribute_id: one
            for one in synthetic.attributes(self.store)
            if one.attribute_id not in done
        }
        seed = settings.get(self.store, SEED)
        if seed is None:
            seed = secrets.token_hex(8)
            settings.put(self.store, SEED, seed)
        return [open_[key] for key in draw_order(open_, seed)]

    def _introduce(self, played: SyntheticConversation) -> None:
        """The facts, where they are not those of the item before."""
        if self._introduced == played.conversation_id:
            return
        self._introduced = played.conversation_id
        self.say(f"\n[synthetic] {plain(played.persona_key, one_line=True)}")
        for line in self._facts(played):
            self.say(f"   - {plain(line, one_line=True)}")

    def _facts(self, played: SyntheticConversation) -> Sequence[str]:
        if played.persona_key == OWN:
            mine = own_statements(self.store)
            if personas.own(mine).sha256 == played.persona_sha256:
                return mine
            return (CHANGED,)
        persona = personas.find(played.persona_key)
        return [fact.text for fact in persona.facts] if persona else ()

    def _ask(
        self, at: int, attribute: SyntheticAttribute, played: SyntheticConversation
    ) -> int | None:
        """Ask about one; the place that comes next, ``None`` at the end of the input."""
        self._introduce(played)
        self.say(plain(attribute.text, one_line=True))
        self._shown = self._clock()
        while True:
            line = self._line("   a ok · u unsure · x bad · e evidence · z undo > ")
            if line is None:
                return None
            answer = line.strip().lower()
            if answer in ("", "s"):
                return at + 1
            if answer == "z":
                before = self._undo()
                if before is not None:
                    return before
            elif answer == "e":
                self._evidence(attribute)
            elif answer in ANSWERS:
                return self._answered(at, attribute, ANSWERS[answer])
            else:
                self.say("   Answer a, u, x, e or z; an empty line skips.")

    def _answered(self, at: int, attribute: SyntheticAttribute, verdict: Verdict) -> int | None:
        took = round((self._clock() - self._shown) * 1000)
        given = self._save(attribute, verdict, None, took)
        self._given.append((at, given))
        self.judged += 1
        if verdict == "ok":
            return at + 1
        # The verdict is kept already; why it is not ok may be left out.
        self.say(f"   {GUIDELINE.why}")
        for digit, (_, label, meaning) in enumerate(GUIDELINE.failures, 1):
            self.say(f"   {digit} {label}: {meaning}")
        while True:
            line = self._line("   1 to 6 · e evidence · z undo · empty: no reason > ")
            if line is None:
                return None
            answer = line.strip().lower()
            if answer == "":
                return at + 1
            if answer == "e":
                self._evidence(attribute)
            elif answer == "z":
                return self._undo()
            elif (
                answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(GUIDELINE.failures)
            ):
                mode = GUIDELINE.failures[int(answer) - 1][0]
                self._given[-1] = (at, self._save(attribute, verdict, mode, took))
                return at + 1
            else:
                self.say("   Answer with a digit, e or z; an empty line gives no reason.")

    def _save(
        self,
        attribute: SyntheticAttribute,
        verdict: Verdict,
        mode: FailureMode | None,
        latency_ms: int,
    ) -> SyntheticJudgment:
        context = JudgmentContext(
            GUIDELINE.sha256, __version__, {"surface": "plain", "synthetic": True},
            latency_ms=latency_ms,
        )  # fmt: skip
        given = SyntheticJudgment(
            "", attribute.attribute_id, "person", utc_now(), verdict=verdict, failure_mode=mode,
            context=context,
        )  # fmt: skip
        synthetic.judge(self.store, [given])
        return given

    def _evidence(self, attribute: SyntheticAttribute) -> None:
        texts = {
            one.message_id: one.text
            for one in messages.active(self.store, attribute.conversation_id)
        }
        for message, start, end in attribute.evidence:
            if message in texts:
                self.say(f'   "{plain(texts[message][start:end], one_line=True)}"')
        if not attribute.evidence:
            self.say("   It rests on no words.")

    def _undo(self) -> int | None:
        """Take the last verdict of this sitting back; its place, where it is asked again."""
        if not self._given:
            self.say("   There is nothing to undo.")
            return None
        at, last = self._given.pop()
        synthetic.retract(self.store, last)
        self.judged -= 1
        self.say("   Taken back:")
        return at

    def _line(self, prompt: str) -> str | None:
        self.sink.write(prompt)
        self.sink.flush()
        line = self.source.readline()
        if not line:
            self.say("")
            return None
        return line

    def say(self, text: str) -> None:
        self.sink.write(text + "\n")
