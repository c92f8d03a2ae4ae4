"""Judging what was inferred about synthetic users, line by line."""

from __future__ import annotations

from typing import TextIO

from persona_tui import __version__
from persona_tui.stages.foil.personas import find
from persona_tui.stages.judging import GUIDELINE
from store import prompts, synthetic
from store.audit import SyntheticAttribute, SyntheticConversation, SyntheticJudgment
from store.db import Store, utc_now
from store.records import JudgmentContext, Verdict
from widgets.safe import plain

ANSWERS: dict[str, Verdict] = {
    "a": "ok",
    "ok": "ok",
    "u": "unsure",
    "unsure": "unsure",
    "x": "bad",
    "bad": "bad",
}


class FoilReview:
    """One sitting. Every answer is saved before the next question."""

    def __init__(self, store: Store, source: TextIO, sink: TextIO) -> None:
        self.store = store
        self.source = source
        self.sink = sink
        self.judged = 0
        self._last: SyntheticJudgment | None = None

    def run(self, *, limit: int | None = None) -> None:
        """Ask until everything has a verdict, ``limit`` were given, or the input ends."""
        done = {
            one.attribute_id
            for one in synthetic.judgments(self.store)
            if one.rater == "person" and one.verdict is not None
        }
        prompts.remember(self.store, GUIDELINE.sha256, GUIDELINE.text)
        self.say(GUIDELINE.question + " (asked of a synthetic user)")
        for played in synthetic.conversations(self.store):
            open_ = [
                one
                for one in synthetic.attributes(self.store, played.conversation_id)
                if one.attribute_id not in done
            ]
            if open_:
                self._introduce(played)
            for attribute in open_:
                if limit is not None and self.judged >= limit:
                    return
                if not self._ask(attribute):
                    return
        self.say(f"Nothing is left. You judged {self.judged} now.")

    def _introduce(self, played: SyntheticConversation) -> None:
        self.say(f"\n[synthetic] {played.persona_key}")
        persona = find(played.persona_key)
        for fact in persona.facts if persona else ():
            self.say(f"   - {fact.text}")

    def _ask(self, attribute: SyntheticAttribute) -> bool:
        """Ask about one; ``False`` at the end of the input."""
        while True:
            self.say(plain(attribute.text, one_line=True))
            self.sink.write("   a ok · u unsure · x bad · z undo > ")
            self.sink.flush()
            line = self.source.readline()
            if not line:
                self.say("")
                return False
            answer = line.strip().lower()
            if answer in ("", "s"):
                return True
            if answer == "z":
                self._undo()
                continue
            if answer in ANSWERS:
                self._save(attribute, ANSWERS[answer])
                return True
            self.say("   Answer a, u, x or z; an empty line skips.")

    def _save(self, attribute: SyntheticAttribute, verdict: Verdict) -> None:
        context = JudgmentContext(
            GUIDELINE.sha256, __version__, {"surface": "plain", "synthetic": True}
        )
        self._last = SyntheticJudgment(
            "", attribute.attribute_id, "person", utc_now(), verdict=verdict, context=context
        )
        synthetic.judge(self.store, [self._last])
        self.judged += 1

    def _undo(self) -> None:
        if self._last is None:
            self.say("   There is nothing to undo.")
            return
        last, self._last = self._last, None
        synthetic.retract(self.store, last)
        self.judged -= 1
        self.say("   Taken back; it is asked again next time.")

    def say(self, text: str) -> None:
        self.sink.write(text + "\n")
