"""Compare: two answers side by side, blinded until every question about them is answered.

Nothing on this screen is made from which side is which before the session says ``unmasked``, and
unmasking is shown only once the judgment is in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.widgets import Static

from persona_tui.jobs.compare.changes import Change, Written
from persona_tui.jobs.compare.queue import read_queue
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.screens import compare_text as texts
from persona_tui.screens import learning_host
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.compare_arm import ArmScreen, Chosen, keep
from persona_tui.screens.pair_writing import ask_and_write, elsewhere, write_ahead
from persona_tui.screens.sentence import SentenceScreen
from store.db import utc_now
from widgets.answer_pane import AnswerPane
from widgets.safe import plain
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from persona_tui.jobs.compare.ahead import PairsState
    from store.audit import Arm


class CompareScreen(PersonaScreen):
    """See the module."""

    MODE = "compare"
    NAME = "Compare"
    HELP = texts.help_of("relevant")
    DEFAULT_CSS = """
    CompareScreen > .top { height: 1; padding: 0 2; }
    CompareScreen.-wide > .top { margin-top: 1; }
    CompareScreen > .top > .heading { width: 1fr; text-style: bold; }
    CompareScreen > .top > .work { width: auto; color: $text-muted; }
    CompareScreen > .prompt { height: auto; max-height: 4; padding: 0 3; scrollbar-size-vertical: 1; }
    CompareScreen > .prompt > Static { height: auto; color: $text-muted; }
    CompareScreen > .panes { layout: vertical; height: 1fr; }
    CompareScreen.-wide > .panes { layout: horizontal; }
    CompareScreen > .asked { height: auto; max-height: 5; padding: 0 2; scrollbar-size-vertical: 1; }
    CompareScreen > .asked > Static { height: auto; text-style: bold; }
    CompareScreen > .told {
        height: auto; max-height: 35%; padding: 0 2; scrollbar-size-vertical: 1;
        border-left: outer $primary 60%;
        &:focus { border-left: outer $primary; }
    }
    CompareScreen > .told > Static { height: auto; }
    CompareScreen > .nothing { height: 1fr; padding: 2 4; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"rate({n})", f"rating {n}", show=False, id=f"compare.rate{n}")
            for n in range(6)
        ),
        Binding("escape", "finish", "Leave the rest", show=False, id="compare.finish"),
        Binding("enter", "next", "Next pair", id="compare.next", priority=True),
        Binding("z", "undo", "Undo", tooltip="Take back what was last said", id="compare.undo"),
        Binding("space", "skip", "Later", tooltip="Leave this pair for later", id="compare.skip"),
        # Two bindings of one key: the label says what is in force.
        Binding("t", "apart", "Scrolled together", tooltip="Scroll each by itself",
                id="compare.together"),
        Binding("t", "together", "Scrolled apart", tooltip="Scroll both together",
                id="compare.together"),
        Binding("a", "arm", "Kind", tooltip="What is compared", id="compare.arm"),
        Binding("w", "write", "Write pairs", show=False, id="compare.write"),
        Binding("m", "note", "Note", show=False, id="compare.note"),
        Binding("y", "copy", "Copy the prompt", show=False, id="compare.copy"),
        Binding("up", "scroll(-1)", "Scroll", show=False),
        Binding("down", "scroll(1)", "Scroll", show=False),
        Binding("pageup", "page(-1)", "Scroll", show=False),
        Binding("pagedown", "page(1)", "Scroll", show=False),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.session: CompareSession | None = None
        self.together = True
        self._arm: Arm | None = None
        """What the session is about."""
        self._writing: set[asyncio.Task[Written | None]] = set()
        self._painted: tuple[object, ...] = ()
        self._made = 0

    def compose_body(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield Static(classes="heading", markup=False)
            yield Static(classes="work", markup=False)
        with VerticalScroll(classes="prompt", can_focus=False):
            yield Static(markup=False)
        yield Static("Loading …", classes="nothing", markup=False)
        with Container(classes="panes"):
            yield AnswerPane(id="left")
            yield AnswerPane(id="right")
        with VerticalScroll(classes="told"):
            yield Static(markup=False)
        with VerticalScroll(classes="asked", can_focus=False):
            yield Static(markup=False)
        yield VerdictBar()

    def on_mount(self) -> None:
        for part in (".panes", ".prompt", ".told", ".asked"):
            self.query_one(part).display = False
        self._link()

    # --- loading --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the pairs; coming back, take over what happened elsewhere."""
        await self._settle()
        judging, db, arm = self.host.settings.judging, self.host.db, self.host.settings.compare.arm
        share = self.host.settings.learning.active_share
        if self.session is None or self._arm != arm:
            load = partial(CompareSession.load, surface="screen", arm=arm, share=share)
            self.session = await db.run(partial(load, judging=judging))
            self._arm = arm
            self.HELP = texts.help_of(arm)  # type: ignore[misc]
        else:
            version = self.session.version
            queue = await db.run(
                partial(
                    read_queue,
                    now=utc_now(),
                    repeat_after_days=judging.repeat_after_days,
                    repeat_share=judging.repeat_share,
                    arm=arm,
                    share=share,
                )
            )
            self.session.refresh(queue, version)
        self.paint()
        self._want_pairs()

    def _want_pairs(self) -> None:
        """Have the next pairs written, if there are too few."""
        session = self.session
        if session is None:
            return
        if len(session.queue.left) <= self.host.settings.compare.ahead:
            write_ahead(self.host)

    def show_pairs(self, state: PairsState) -> None:
        """Show how far the next pair is; take it up when it is there."""
        if not self.is_mounted:
            return
        if state.made > self._made:
            self.reload()
        self._made = state.made
        self.query_one(".work", Static).update(texts.work(state))
        if self.session is not None and self.session.current is None:
            self.paint()

    async def before_quit(self) -> None:
        """Wait until every judgment is in the store."""
        await self._settle()

    async def _settle(self) -> None:
        while self._writing:
            await asyncio.gather(*self._writing, return_exceptions=True)

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
        """Show where the session is. A judgment that is not in the store yet unmasks nothing."""
        session = self.session
        if session is None or not self.is_mounted or (session.unmasked and self._writing):
            return
        item, state = session.current, self.host.pairs.state
        arm = self._arm or "relevant"
        self.query_one(".heading", Static).update(texts.heading(session, arm))
        self.query_one(".work", Static).update(texts.work(state))
        for part in (".panes", ".prompt"):
            self.query_one(part).display = item is not None
        self.query_one(".nothing").display = item is None
        self.query_one(".told").display = session.phase == "unmasked"
        asked = texts.asked(session)
        self.query_one(".asked").display = bool(asked)
        self.query_one(".asked > Static", Static).update(plain(asked))
        question, first, second = texts.choices(session, self._key)
        self.query_one(VerdictBar).ask(plain(question, one_line=True), first, second)
        if item is None:
            where = elsewhere(self.host)
            said = texts.nothing(session, state, arm, where, self._key)
            self.query_one(".nothing", Static).update(plain(said))
        else:
            painted = (
                session.key,
                session.phase == "unmasked",
                session.queue.items[session.key or ""],
            )
            if painted != self._painted:
                self._paint_pair(session)
                if self._painted[:1] != painted[:1]:
                    self._home()
                    self.call_after_refresh(session.painted)
                self._painted = painted
        self.refresh_bindings()

    def _paint_pair(self, session: CompareSession) -> None:
        item = session.current
        if item is None:
            return
        self.query_one(".prompt > Static", Static).update(plain(item.prompt))
        left, right = self.query_one("#left", AnswerPane), self.query_one("#right", AnswerPane)
        if session.unmasked is None:
            left.show("Left", item.left)
            right.show("Right", item.right)
            return
        sides = (item.pair.generic, item.pair.personalized)
        if item.shown_left == "personalized":
            sides = (sides[1], sides[0])
        for pane, response, name in ((left, sides[0], "Left"), (right, sides[1], "Right")):
            who = texts.identity(item, response, is_left=pane is left)
            pane.mark(f"{name}: {plain(who, one_line=True)}", response.text,
                      texts.marks(item, response),
                      subtitle=f"{len(response.text):,} characters")  # fmt: skip
        self.query_one(".told > Static", Static).update(plain(texts.told(item)))
        self.query_one(".told").scroll_home(animate=False)

    def _home(self) -> None:
        for pane in self.query(AnswerPane):
            pane.scroll_home(animate=False)
        self.query_one(".prompt").scroll_home(animate=False)

    def _link(self) -> None:
        """Let the two answers scroll together, or not."""
        left, right = self.query_one("#left", AnswerPane), self.query_one("#right", AnswerPane)
        left.partner, right.partner = (right, left) if self.together else (None, None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        phase = None if self.session is None else self.session.phase
        if action == "rate":
            return phase in ("overall", "attribute")
        if action == "finish":
            return phase == "attribute"
        if action == "next":
            return phase == "unmasked"
        if action == "skip":
            return phase == "overall"
        if action in ("note", "copy"):
            return phase in ("overall", "attribute", "unmasked")
        if action in ("apart", "together"):
            shown = phase in ("overall", "attribute", "unmasked")
            return shown and self.together == (action == "apart")
        if action in ("arm", "write"):
            return phase is not None
        if action == "undo":
            return phase is not None
        return True

    # --- steps ----------------------------------------------------------------------------------

    def take(self, change: Change | None) -> None:
        """Show a step and write it behind; what would unmask is shown when it is written."""
        if change is not None:
            task = asyncio.create_task(self._write(change))
            self._writing.add(task)
            task.add_done_callback(self._written)
        self.paint()

    def _written(self, task: asyncio.Task[Written | None]) -> None:
        self._writing.discard(task)
        self.paint()

    async def _write(self, change: Change) -> Written | None:
        session = self.session
        if session is None:
            return None
        try:
            written = await self.host.db.run(change.write)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is not saved: say so
            session.failed(change, error)
            self.host.tell_error(error)
            return None
        session.done(change, written)
        learning_host.judged(self.host)
        return written

    def action_rate(self, number: int) -> None:
        if self.session is not None:
            self.take(self.session.rate(number or None))

    def action_finish(self) -> None:
        if self.session is not None:
            self.take(self.session.finish())

    def action_next(self) -> None:
        if self.session is not None and self.session.go_on():
            self.paint()
            self._want_pairs()

    async def action_undo(self) -> None:
        if self.session is None:
            return
        await self._settle()
        change = self.session.undo()
        if not change.must_wait:
            self.take(change)
            return
        written = await self._write(change)
        item = self.session.current
        if written is not None and written.pair_id is None:
            self.host.tell("There is nothing to undo.")
        elif written is not None and (item is None or item.pair.pair_id != written.pair_id):
            self.host.tell("Taken back, of a pair of another kind (a shows which are compared).")
        self.paint()

    def action_skip(self) -> None:
        if self.session is not None and not self.session.skip():
            self.host.tell("There is no other pair yet.")
        self.paint()

    def action_together(self) -> None:
        self._scroll_together(True)

    def action_apart(self) -> None:
        self._scroll_together(False)

    def _scroll_together(self, together: bool) -> None:
        self.together = together
        self._link()
        self.refresh_bindings()
        self.host.tell("Both scroll together." if together else "Each scrolls by itself (Tab).")

    def action_scroll(self, lines: int) -> None:
        self._pane.step(lines)

    def action_page(self, pages: int) -> None:
        self._pane.page(pages)

    @property
    def _pane(self) -> AnswerPane:
        """The answer that keys scroll."""
        focused = self.focused
        return focused if isinstance(focused, AnswerPane) else self.query_one("#left", AnswerPane)

    def action_write(self) -> None:
        ask_and_write(self.host)

    def action_arm(self) -> None:
        self.app.push_screen(ArmScreen(), self._choose)

    def _choose(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            self.start(self._chosen(chosen), group="arm")

    async def _chosen(self, chosen: Chosen) -> None:
        await self._settle()
        await keep(self.host, chosen)
        await self.load()

    def action_note(self) -> None:
        if self.session is not None:
            self.app.push_screen(SentenceScreen("Your note", self.session.note_text), self._note)

    def _note(self, text: str | None) -> None:
        if text is not None and self.session is not None:
            self.take(self.session.note(text))

    def action_copy(self) -> None:
        if self.session is not None and self.session.current is not None:
            self.app.copy_to_clipboard(self.session.current.prompt)
            self.host.tell("Copied.")

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Compare: write pairs", "Have the next ones written", self.action_write)
        yield SystemCommand("Compare: what is compared", "And which second model", self.action_arm)
