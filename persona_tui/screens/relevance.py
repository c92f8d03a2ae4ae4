"""Relevance: a prompt, and which of the person's attributes should change its answer.

The screen arranges widgets and turns keys into steps of a :class:`RelevanceSession`. A step is shown
at once and written behind it; one that could not be written brings its item back and says so. What
models say is computed beside it and shown only when the prompt is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from persona_tui.jobs.relevance.changes import Change, write
from persona_tui.jobs.relevance.queue import accepted_attributes
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.screens import learning_host
from persona_tui.screens import relevance_text as texts
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.pair_writing import write_ahead
from persona_tui.screens.relevance_scoring import ScoringScreen
from persona_tui.screens.sentence import SentenceScreen
from persona_tui.stages.judging.questions import RELEVANCE
from store import user_prompts
from store.audit import RelevanceJudgment
from store.forgetting import forget_prompt
from widgets.attribute_card import AttributeCard
from widgets.safe import plain
from widgets.verdict_bar import VerdictBar


class RelevanceScreen(ScoringScreen):
    """See the module."""

    MODE = "relevance"
    NAME = "Relevance"
    HELP = texts.HELP
    DEFAULT_CSS = """
    RelevanceScreen { align-horizontal: center; }
    RelevanceScreen > .top { height: 1; padding: 0 2; max-width: 104; }
    RelevanceScreen.-wide > .top { margin-top: 1; }
    RelevanceScreen > .top > .standing { width: 1fr; text-style: bold; }
    RelevanceScreen > .top > .origin { width: auto; color: $text-muted; }
    RelevanceScreen > .prompt {
        height: auto; max-height: 35%; max-width: 104; margin: 0 1; padding: 0 2;
        border: round $secondary 60%; border-title-color: $text-muted; scrollbar-size-vertical: 1;
    }
    RelevanceScreen > .prompt > Static { height: auto; }
    RelevanceScreen > AttributeCard { height: 1fr; max-height: 18; max-width: 104; margin: 0 1; }
    RelevanceScreen > VerdictBar { max-width: 104; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", show=False, id="relevance.yes"),
        Binding("n", "answer(False)", "no", show=False, id="relevance.no"),
        *(
            Binding(str(n), f"level({n})", f"level {n}", show=False, id=f"relevance.level{n}")
            for n in range(1, 6)
        ),
        Binding("v", "scale", "Scale", tooltip="Five levels, or yes and no", id="relevance.scale"),
        Binding("z", "undo", "Undo", tooltip="Take back what was last said", id="relevance.undo"),
        Binding("right,space", "skip", "Skip", tooltip="Skip it for now", id="relevance.skip"),
        Binding("t", "take_up", "What you skipped", show=False, id="relevance.take_up"),
        Binding("left", "back", "The one before", show=False, id="relevance.back"),
        Binding("enter", "next", "Next prompt", id="relevance.next"),
        Binding("p", "other", "Other prompt", id="relevance.other"),
        Binding("plus", "add", "A prompt of yours", show=False, id="relevance.add"),
        Binding("d", "drop", "Not this prompt again", show=False, id="relevance.drop"),
        Binding("c", "copy", "Copy the prompt", show=False, id="relevance.copy"),
        Binding("up", "scroll(-1)", "Scroll", show=False),
        Binding("down", "scroll(1)", "Scroll", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._writes: set[asyncio.Task[RelevanceJudgment | None]] = set()
        self._painted: tuple[object, ...] = ()

    def compose_body(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield Static(classes="standing", markup=False)
            yield Static(classes="origin", markup=False)
        with VerticalScroll(classes="prompt", can_focus=False):
            yield Static(markup=False)
        yield AttributeCard()
        yield VerdictBar()

    def on_mount(self) -> None:
        self.query_one(".prompt").border_title = "Prompt"
        self.query_one(AttributeCard).show("", hint="Loading …")

    # --- loading --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read everything; coming back, take over what happened elsewhere."""
        await self._settle()
        from persona_tui.jobs.prompts import add_bank

        await self.host.db.run(add_bank)
        session = self.session
        if session is not None:
            # Attributes judged meanwhile join; the prompt in front of the person stays.
            accepted = await self.host.db.run(accepted_attributes)
            if accepted == session.material.accepted and session.phase != "no_prompts":
                self.paint()
                self._offer_own()
                return
        sheet = None if session is None else session.sheet
        await self._read(None if sheet is None else sheet.prompt.prompt_id)
        self._offer_own()

    async def _read(self, prompt_id: str | None, *, taken: RelevanceJudgment | None = None) -> None:
        config = self.host.settings.judging
        self.session = await self.host.db.run(
            partial(
                RelevanceSession.load,
                config=config,
                surface="screen",
                prompt_id=prompt_id,
                share=self.host.settings.learning.active_share,
                chosen=() if self.session is None else self.session.material.chosen,
            )
        )
        five = self.host.ui_state.values.get("relevance.five")
        if five is not None:
            self.session.five = five == "yes"
        if taken is not None:
            self.session.return_to(taken)
        self.paint()

    def _offer_own(self) -> None:
        """Draw the person's own openings, behind everything else."""
        self.start(self._draw_own(), group="own prompts")

    async def _draw_own(self) -> None:
        from persona_tui.jobs.prompts import ensure_prompts

        if await ensure_prompts(self.host.db, self.host.embedder):
            session = self.session
            if session is not None:
                for one in await self.host.db.run(user_prompts.list_all, origin="message"):
                    session.join_prompt(one)
                self.paint()

    async def before_quit(self) -> None:
        """Wait until every answer is in the store."""
        await self._settle()

    async def _settle(self) -> None:
        while self._writes:
            await asyncio.gather(*self._writes, return_exceptions=True)

    async def on_unmount(self) -> None:
        await self._settle()

    def on_screen_suspend(self) -> None:
        if self.session is not None:
            self.session.watch.pause("screen")

    def on_screen_resume(self) -> None:
        if self.session is not None:
            self.session.watch.resume("screen")
        super().on_screen_resume()

    # --- painting -------------------------------------------------------------------------------

    def _key(self, binding: str, key: str) -> str:
        """The key as shown: the person may have changed it."""
        chosen = self.host.settings.keymap.get(binding)
        if chosen is None:
            return key
        return self.app.get_key_display(Binding(chosen.partition(",")[0].strip(), ""))

    def paint(self) -> None:
        """Show where the session is."""
        session = self.session
        if session is None or not self.is_mounted:
            return
        sheet, card = session.sheet, self.query_one(AttributeCard)
        self.query_one(".standing", Static).update(texts.standing(session))
        self.query_one(".origin", Static).update(texts.origin(session))
        self.query_one(".prompt").display = sheet is not None
        if sheet is not None:
            self.query_one(".prompt > Static", Static).update(plain(sheet.prompt.text))
        if session.phase == "summary" and sheet is not None:
            self._read_lines(sheet)
            lines = self._lines if self._lines_of == sheet.key else []
            card.show("", facts=plain(texts.summary(session, lines, self._note)))
        elif session.phase == "ask" and sheet is not None:
            self._lines_of = None
            card.show(session.attribute, facts=RELEVANCE.question)
            self._score(sheet)
        else:
            line, hint = texts.nothing(session)
            card.show(line, hint=hint)
            self._score(None)
        self.query_one(VerdictBar).ask(*texts.choices(session, self._key))
        painted = (session.phase, None if sheet is None else sheet.key, session.place)
        if painted != self._painted:
            if painted[1] != (self._painted or (None, None))[1]:
                self.query_one(".prompt").scroll_home(animate=False)
            self._painted = painted
            if session.phase == "summary":  # a prompt is done: its answers can be written now
                write_ahead(self.host)
            card.scroll_home(animate=False)
            self.call_after_refresh(session.painted)
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        phase = None if self.session is None else self.session.phase
        if action == "level":
            return self.session is not None and phase == "ask" and self.session.five
        if action in ("answer", "skip", "scale", "other", "drop"):
            return phase == "ask"
        if action == "next":
            return phase == "summary"
        if action == "take_up":
            return self.session is not None and self.session.skipped > 0
        if action in ("undo", "back", "add", "copy"):
            return phase is not None
        return True

    # --- steps ----------------------------------------------------------------------------------

    def take(self, change: Change | None) -> None:
        """Show a step at once and write it behind."""
        if change is not None:
            task = asyncio.create_task(self._write(change))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)
        self.paint()

    async def _write(self, change: Change) -> RelevanceJudgment | None:
        session = self.session
        try:
            written = await self.host.db.run(write, change)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is not saved: say so
            if session is not None:
                session.failed(change)
                self.paint()
            self.host.tell_error(error)
            return None
        learning_host.judged(self.host)
        return written

    def action_answer(self, relevant: bool) -> None:
        if self.session is not None:
            self.take(self.session.answer(relevant))

    def action_level(self, digit: int) -> None:
        if self.session is not None:
            self.take(self.session.answer_level(digit))

    def action_scale(self) -> None:
        if self.session is not None:
            self.session.five = not self.session.five
            self.host.ui_state.values["relevance.five"] = "yes" if self.session.five else "no"
            self.host.save_ui_state()
            self.refresh_bindings()
            self.paint()

    async def action_undo(self) -> None:
        if self.session is None:
            return
        change = self.session.undo()
        if change.kind != "undo_earlier":
            self.take(change)
            return
        try:
            written = await self.host.db.run(write, change)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing was taken back: say so
            self.host.tell_error(error)
            return
        if written is None:
            self.host.tell("There is nothing to undo.")
            return
        await self._read(None, taken=written)
        self.host.tell("Taken back, from an earlier sitting.")

    def action_skip(self) -> None:
        if self.session is not None:
            self.take(self.session.skip())

    def action_take_up(self) -> None:
        if self.session is not None:
            self.take(self.session.take_up())

    def action_back(self) -> None:
        if self.session is not None and not self.session.back():
            self.host.tell("There is none before it.")
        self.paint()

    def action_next(self) -> None:
        self.action_other()

    def action_other(self) -> None:
        if self.session is not None:
            self.session.next_prompt()
            self.paint()

    def action_add(self) -> None:
        self.app.push_screen(
            SentenceScreen("A prompt of yours: what would you ask an assistant?"),
            self._add,
        )

    def _add(self, text: str | None) -> None:
        if text and text.strip():
            self.start(self._adding(text), group="add prompt")

    async def _adding(self, text: str) -> None:
        prompt = await self.host.db.run(user_prompts.add, text)
        if self.session is not None:
            self.session.add_prompt(prompt)
            self.paint()

    def action_drop(self) -> None:
        key = None if self.session is None else self.session.drop_prompt()
        if key is not None:
            self.start(self.host.db.run(user_prompts.remove, key), group=f"drop {key}")
            self.host.tell("It is not asked about any more (persona-tui prompts restore).")
            self.paint()

    def action_forget(self) -> None:
        """Delete the prompt for good, after a question."""
        sheet = None if self.session is None else self.session.sheet
        if sheet is not None:
            self.app.push_screen(
                ConfirmScreen("Forget this prompt for good?", texts.forgetting(sheet.prompt.text),
                              confirm="Forget it", danger=True),
                partial(self._forget, sheet.prompt.prompt_id),
            )  # fmt: skip

    def _forget(self, prompt_id: str, sure: bool | None) -> None:
        if sure:
            self.start(self._forgetting(prompt_id), group="forget prompt")

    async def _forgetting(self, prompt_id: str) -> None:
        self.workers.cancel_group(self, "scoring")
        await self._settle()
        kinds = await learning_host.about_to_forget(self.host)
        gone = await self.host.db.run(forget_prompt, prompt_id)
        await self._read(None)
        self.host.tell(gone.note or "It is forgotten.", "warning" if gone.note else "information")
        learning_host.forgot(self.host, kinds)

    def action_copy(self) -> None:
        if self.session is not None and self.session.sheet is not None:
            self.app.copy_to_clipboard(self.session.sheet.prompt.text)
            self.host.tell("Copied.")

    def action_scroll(self, lines: int) -> None:
        self.query_one(".prompt").scroll_relative(y=lines, animate=False)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Relevance: add a prompt", "One of yours", self.action_add)
        yield SystemCommand("Relevance: other prompt", "Leave this for later", self.action_other)
        yield SystemCommand("Relevance: forget this prompt", "For good", self.action_forget)
