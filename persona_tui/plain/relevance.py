"""Judging relevance line by line: for screen readers, pipes and phones.

Every answer is in the journal before the next question is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from persona_tui.jobs.relevance.changes import Change, remember_told, write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.relevance.summary import model_lines, model_sentence, own_line
from persona_tui.stages.judging.questions import RELEVANCE
from store import model_judgments, user_prompts
from store.audit import RelevanceJudgment
from store.errors import StoreError
from widgets.safe import plain

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from persona_tui.jobs.relevance.beside import Beside
    from persona_tui.jobs.relevance.queue import Sheet
    from store.db import Store

WAIT = 20.0
"""Seconds that a person is kept waiting for a model; a pipe waits until it is done."""
HELP = """\
   y yes, n no; 1 to 5 on the finer scale:
{levels}
   s (or nothing) skip, t take up what you skipped, b back, z undo, p the next prompt,
   + WORDS another prompt of yours, d do not ask about this prompt any more, ? these lines.
   A prompt of which all is answered or skipped is done. The end of the input ends it."""


class PlainRelevance:
    """One sitting."""

    def __init__(
        self,
        store: Store,
        config: JudgingConfig,
        source: TextIO,
        sink: TextIO,
        *,
        prompt: bool = True,
        prompt_id: str | None = None,
        beside: Beside | None = None,
    ) -> None:
        self.store = store
        self.beside = beside
        self.config = config
        self.source = source
        self.sink = sink
        self.interactive = prompt
        self.session = RelevanceSession.load(store, config, surface="plain")
        self._named = prompt_id is not None
        if prompt_id is not None:
            self.session.choose(prompt_id)
        self._shown: tuple[str, int] | None = None
        self._headed: str | None = None

    def run(self, *, limit: int | None = None) -> None:
        """Ask until nothing is left, ``limit`` answers were given, or the input ends."""
        self.say(RELEVANCE.question)
        self.say(f"   y: {RELEVANCE.yes}; n: {RELEVANCE.no}. Others: ?")
        if self._named:
            self.say("   You named this prompt, so it was not drawn at random: your answers to it are kept "
                     "and learned from, but stand in no figure of the report.")  # fmt: skip
        while limit is None or self.session.judged_now < limit:
            if not self._ask():
                return
        if self.session.phase == "summary":
            self._summary()

    def _ask(self) -> bool:
        """Ask once; ``False`` when it is over."""
        session = self.session
        if session.phase == "summary":
            self._summary()
            session.next_prompt()
            return True
        if session.phase == "no_attributes":
            self.say("There is nothing to ask about yet: accept some attributes first "
                     "(persona-tui review).")  # fmt: skip
            return False
        if session.phase == "no_prompts":
            self.say("There is no prompt yet: add one (persona-tui prompts add).")
            return False
        if session.phase == "done" or session.sheet is None:
            if session.skipped:
                return self._offer_skipped()
            self.say(f"Nothing is left to ask. You judged {session.judged_now} now.")
            return False
        if self._headed != session.sheet.key:
            self._headed = session.sheet.key
            self._let_models_judge(session.sheet)
            self.say("")
            where = session.standing
            self.say(
                f"Prompt {where.prompt} of {where.prompts}: {plain(session.sheet.prompt.text)}"
            )
        where = session.standing
        if self._shown != (session.sheet.key, session.place):
            self._shown = (session.sheet.key, session.place)
            self.say(f"{where.place}/{where.of} {plain(session.attribute, one_line=True)}")
            session.painted()
        line = self._read()
        if line is None:
            return False
        self._obey(line)
        return True

    def _read(self) -> str | None:
        """The next answer, ``None`` at the end of the input."""
        if self.interactive:
            self.sink.write("   > ")
        self.sink.flush()
        line = self.source.readline()
        if not line:
            self.say("")
            return None
        return line.strip()

    def _offer_skipped(self) -> bool:
        """All is gone through, but something was skipped."""
        session = self.session
        self.say(
            f"Nothing is left to ask but {session.skipped} that you skipped: t takes them up, "
            f"Enter ends. You judged {session.judged_now} now."
        )
        line = self._read()
        if not line:
            return False
        self._obey(line)
        return True

    def _obey(self, line: str) -> None:
        session, word = self.session, line.lower()
        if word in ("y", "yes"):
            self._written(session.answer(True))
        elif word in ("n", "no"):
            self._written(session.answer(False))
        elif word in ("1", "2", "3", "4", "5"):
            self._written(session.answer_level(int(word)))
        elif word in ("", "s", "skip"):
            self._written(session.skip())
        elif word == "t":
            change = session.take_up()
            if change is None:
                self.say("   There is nothing that you skipped.")
            self._headed = self._shown = None
            self._written(change)
        elif word in ("b", "back"):
            if not session.back():
                self.say("   There is none before it.")
        elif word in ("z", "undo"):
            self._undo()
        elif word in ("p", "next"):
            session.next_prompt()
        elif word == "d":
            key = session.drop_prompt()
            if key is not None:
                user_prompts.remove(self.store, key)
                self.say("   It is not asked about any more (persona-tui prompts restore).")
        elif word.startswith("+") and line[1:].strip():
            session.add_prompt(user_prompts.add(self.store, line[1:]))
        else:
            if word != "?":
                self.say(f"   '{plain(line, one_line=True)[:40]}' is no answer.")
            levels = "\n".join(
                f"     {digit} {label}: {meaning}"
                for digit, (_, label, meaning) in enumerate(RELEVANCE.levels, 1)
            )
            self.say(HELP.format(levels=levels))

    def _written(self, change: Change | None) -> RelevanceJudgment | None:
        if change is None:
            return None
        try:
            return write(self.store, change)
        except StoreError as error:
            self.session.failed(change)
            self._shown = None
            self.say(f"   {error}")
            return None

    def _undo(self) -> None:
        change = self.session.undo()
        self._shown = None
        try:
            written = write(self.store, change)
        except StoreError as error:
            self.session.failed(change)
            self.say(f"   {error}")
            return
        if change.kind != "undo_earlier":
            self.say("   Taken back.")
            return
        if written is None:
            self.say("   There is nothing to undo.")
            return
        self.say("   Taken back, from an earlier sitting.")
        self.session = RelevanceSession.load(self.store, self.config, surface="plain")
        self.session.return_to(written)
        self._headed = None

    def _summary(self) -> None:
        """What models said, now that the person has."""
        session = self.session
        if session.sheet is None:
            return
        self.say(own_line(session))
        self._wait_for_models(session.sheet.prompt.prompt_id)
        rows = model_judgments.list_all(
            self.store, kind="relevance", prompt_id=session.sheet.prompt.prompt_id
        )
        for line in model_lines(session, rows):
            self.say("   " + plain(model_sentence(line), one_line=True))
        if rows and (key := session.told()) is not None:
            remember_told(self.store, key)

    def _let_models_judge(self, sheet: Sheet) -> None:
        if self.beside is not None and not sheet.key.startswith("repeat:"):
            texts = [(draw.item_id, self.session.text_of(draw.item_id)) for draw in sheet.items]
            self.beside.want(sheet.prompt, texts)

    def _wait_for_models(self, prompt_id: str) -> None:
        if self.beside is None:
            return
        if self.interactive and not self.beside.is_done(prompt_id):
            self.say("   Models are judging the same …")
            self.sink.flush()
        note = self.beside.wait(prompt_id, WAIT if self.interactive else None)
        if note is not None:
            self.say(f"   {plain(note, one_line=True)}")

    def say(self, text: str) -> None:
        self.sink.write(text + "\n")
