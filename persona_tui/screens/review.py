"""Review: what was inferred, one attribute at a time, one key a verdict.

The screen arranges widgets and turns keys into steps of a :class:`ReviewSession`. A step is shown
at once and written behind it; one that could not be written brings its item back and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from persona_tui.jobs import picks
from persona_tui.jobs.review.changes import Change, Written
from persona_tui.jobs.review.evidence import read_anew
from persona_tui.jobs.review.queue import count_attributes, read_attributes
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.screens import learning_host
from persona_tui.screens import review_texts as texts
from persona_tui.screens.review_windows import ReviewWindows
from persona_tui.stages.judging import GUIDELINE, ReviewFilter
from store.records import Attribute, Verdict
from widgets.attribute_card import AttributeCard
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from persona_tui.jobs.extraction.background import ExtractionState

_JOIN_AT = 12
"""Reading the queue again takes half a second at 10,000 attributes: not for each new one."""


class ReviewScreen(ReviewWindows):
    """See the module."""

    MODE = "review"
    NAME = "Review"
    HELP = texts.HELP
    DEFAULT_CSS = """
    ReviewScreen { align-horizontal: center; }
    ReviewScreen > .top { height: 1; padding: 0 2; max-width: 104; }
    ReviewScreen.-wide > .top { margin-top: 1; }
    ReviewScreen > .top > .standing { width: 1fr; text-style: bold; }
    ReviewScreen > .top > .filter { width: auto; color: $text-muted; }
    ReviewScreen > .last { height: 1; padding: 0 2; color: $text-muted; max-width: 104; }
    ReviewScreen > AttributeCard { height: 1fr; max-height: 20; max-width: 104; margin: 0 1; }
    ReviewScreen > VerdictBar { max-width: 104; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "verdict('ok')", "ok", show=False, id="review.ok"),
        Binding("u", "verdict('unsure')", "unsure, then why", show=False, id="review.unsure"),
        Binding("x", "verdict('bad')", "bad, then why", show=False, id="review.bad"),
        *(
            Binding(str(n), f"why({n})", f"why: {label}", show=False, id=f"review.why{n}")
            for n, (_, label, _) in enumerate(GUIDELINE.failures, 1)
        ),
        Binding("escape", "leave", "Give no reason; end a filter", show=False, id="review.leave"),
        Binding("t", "accurate", "True of me? yes, no, not said", show=False, id="review.accurate"),
        Binding(
            "s", "supported", "Do my words show it? the same", show=False, id="review.supported"
        ),
        Binding("n", "use", "Use: never, when I ask, welcome", show=False, id="review.use"),
        Binding("c", "correct", "Correct it in your words", show=False, id="review.correct"),
        Binding("plus", "add", "Add what it missed", show=False, id="review.add"),
        Binding("m", "note", "A note of yours", show=False, id="review.note"),
        Binding(
            "e",
            "evidence",
            "Evidence",
            tooltip="The words it rests on, here on the card",
            id="review.evidence",
        ),
        Binding(
            "enter",
            "conversation",
            "Context",
            tooltip="The words it rests on, in their conversation",
            id="review.conversation",
        ),
        Binding("z", "undo", "Undo", tooltip="Take back what was last said", id="review.undo"),
        Binding("right,space", "skip", "Skip", tooltip="Skip it for now", id="review.skip"),
        Binding("left", "back", "The one before", show=False, id="review.back"),
        Binding("f", "filter", "Filter", tooltip="Which ones to look at", id="review.filter"),
        Binding("slash", "search", "Search for words", show=False, id="review.search"),
        Binding("i", "app.import", "Import chats", show=False, id="review.import"),
        Binding(
            "l", "app.go('learning')", "What learned from you", show=False, id="review.learning"
        ),
        Binding("y", "copy", "Copy the sentence", show=False, id="review.copy"),
        Binding("up", "scroll(-1)", "Scroll", show=False),
        Binding("down", "scroll(1)", "Scroll", show=False),
        Binding("pageup", "scroll(-8)", "Scroll", show=False),
        Binding("pagedown", "scroll(8)", "Scroll", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._writes: set[asyncio.Task[Written | None]] = set()
        self._reading: set[str] = set()
        self._painted_id: str | None = None
        self._can: tuple[object, ...] = ()
        self._found = 0

    def compose_body(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield Static(classes="standing", markup=False)
            yield Static(classes="filter", markup=False)
        yield Static(classes="last", markup=False)
        yield AttributeCard()
        yield VerdictBar()

    def on_mount(self) -> None:
        self.query_one(AttributeCard).show("", hint="Loading …")
        self.watch(self.app, "app_focus", self._watch_focus, init=False)

    # --- loading --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the queue; coming back, take over what happened elsewhere."""
        db, share = self.host.db, self.host.settings.learning.active_share
        if self.session is None:
            config = self.host.settings.judging
            self.session = await db.run(
                partial(ReviewSession.load, surface="screen", config=config, share=share)
            )
            if self.app.screen is not self:
                self.session.watch.pause("screen")
        else:
            self.session.pick((await db.run(picks.read, "review", share)).picks)
            if await db.run(count_attributes) != self.session.queue.counts:
                version = self.session.version
                self.session.refresh(await db.run(read_attributes), version)
                self._quotes.clear()
        self.paint()

    def show_extraction(self, state: ExtractionState) -> None:
        """Let new attributes join the queue: the first at once, then by the dozen."""
        super().show_extraction(state)
        empty = self.session is None or self.session.current_id is None
        new = state.found - self._found
        if new < 0 or (new and (empty or not state.running or new >= _JOIN_AT)):
            self._found = state.found
            self.reload()

    async def before_quit(self) -> None:
        """Wait until every verdict is in the store."""
        while self._writes:
            await asyncio.gather(*self._writes, return_exceptions=True)

    async def on_unmount(self) -> None:
        await self.before_quit()

    def on_screen_suspend(self) -> None:
        if self.session is not None:
            self.session.watch.pause("screen")

    def on_screen_resume(self) -> None:
        if self.session is not None:
            self.session.watch.resume("screen")
        super().on_screen_resume()

    def _watch_focus(self, focused: bool) -> None:
        if self.session is not None:
            watch = self.session.watch
            (watch.resume if focused else watch.pause)("terminal")

    def _read_quotes(self, attribute: Attribute | None) -> None:
        """Read the evidence of ``attribute`` ahead of the key that shows it."""
        if attribute is None:
            return
        key = attribute.attribute_id
        if key not in self._quotes and key not in self._reading:
            self._reading.add(key)
            self.start(self._fetch_quotes(attribute), group=f"quotes-{key}")

    async def _fetch_quotes(self, attribute: Attribute) -> None:
        key = attribute.attribute_id
        try:
            found = await self.host.db.run(read_anew, attribute)
        finally:
            self._reading.discard(key)
        if self.session is None or found is None:
            self.reload()  # it was forgotten meanwhile
            return
        self._quotes[key] = found.quotes
        self.session.queue.renew(found.attribute)
        current = self.session.current
        if current is not None and current.attribute_id == key:
            self.paint()

    def _key(self, binding: str, key: str) -> str:
        """The key as shown: the person may have changed it."""
        chosen = self.host.settings.keymap.get(binding)
        if chosen is None:
            return key
        return self.app.get_key_display(Binding(chosen.partition(",")[0].strip(), ""))

    # --- painting -------------------------------------------------------------------------------

    def paint(self) -> None:
        """Show where the session is."""
        session = self.session
        if session is None or not self.is_mounted:
            return
        card = self.query_one(AttributeCard)
        self.query_one(".standing", Static).update(texts.standing(session))
        self.query_one(".filter", Static).update(texts.filtered(session))
        self.query_one(".last", Static).update(texts.last(session, self.size.width - 6))
        current = session.current
        if current is None:
            card.show(texts.nothing(session), hint=texts.what_next(session))
        else:
            self._read_quotes(current)
            quotes = self._quotes.get(current.attribute_id, ())
            card.show(
                current.text,
                correction=session.correction,
                facts=texts.facts(session),
                hint=texts.hint(session, self._key),
                evidence=[texts.line(quote) for quote in quotes] if session.evidence_open else None,
                more=len(current.evidence) - len(quotes) if quotes else 0,
            )
        self.query_one(VerdictBar).ask(*texts.choices(session, self._key))
        if session.current_id != self._painted_id:
            self._painted_id = session.current_id
            card.scroll_home(animate=False)
            self.call_after_refresh(session.painted)
            self.call_after_refresh(self._read_quotes, session.upcoming)
        can = (session.phase, session.queue.filter.chosen)
        if can != self._can:
            self._can = can
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        session = self.session
        if session is None:
            return action not in texts.NEEDS_ITEM and action not in ("why", "undo", "filter", "add")
        if action in texts.NEEDS_ITEM:
            return session.current_id is not None
        if action == "why":
            return session.phase == "why"
        if action == "leave":
            return session.phase == "why" or session.queue.filter.chosen
        return True

    # --- steps ----------------------------------------------------------------------------------

    def take(self, change: Change | None) -> None:
        """Show a step at once and write it behind."""
        if change is not None:
            task = asyncio.create_task(self._write(change))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)
        self.paint()

    async def _write(self, change: Change) -> Written | None:
        session = self.session
        if session is None:
            return None
        try:
            written = await self.host.db.run(change.write)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is not saved: say so
            session.failed(change, error)
            self.paint()
            self.host.tell_error(error)
            return None
        session.done(change, written)
        learning_host.judged(self.host)
        return written

    async def take_and_wait(self, change: Change | None) -> Written | None:
        """Write a step that the next one needs; keys wait their turn meanwhile."""
        written = None if change is None else await self._write(change)
        self.paint()
        return written

    def action_verdict(self, verdict: Verdict) -> None:
        if self.session is not None:
            self.take(self.session.judge(verdict))

    def action_why(self, number: int) -> None:
        if self.session is not None:
            self.take(self.session.why(GUIDELINE.failures[number - 1][0]))

    def action_leave(self) -> None:
        if self.session is None:
            return
        if self.session.phase == "why":
            self.session.go_on()
        else:
            self.session.set_filter(ReviewFilter())
        self.paint()

    def action_accurate(self) -> None:
        if self.session is not None:
            self.take(self.session.toggle_accurate())

    def action_supported(self) -> None:
        if self.session is not None:
            self.take(self.session.toggle_supported())

    def action_use(self) -> None:
        if self.session is not None:
            self.take(self.session.toggle_use())

    async def action_undo(self) -> None:
        if self.session is None:
            return
        change = self.session.undo()
        if not change.must_wait:
            self.take(change)
            if change.undone is not None and change.undone.kind == "add":
                self.host.tell(f"Taken back: {change.undone.text}")
            return
        written = await self.take_and_wait(change)
        if written is not None and written.attribute_id is None:
            self.host.tell("There is nothing to undo.")
        elif written is not None and self.session.current_id != written.attribute_id:
            self.host.tell("Taken back: a sentence that you had added.")

    def action_skip(self) -> None:
        if self.session is not None and not self.session.skip():
            self.host.tell("There is no other one.")
        self.paint()

    def action_back(self) -> None:
        if self.session is not None and not self.session.back():
            self.host.tell("There is none before it.")
        self.paint()

    def action_evidence(self) -> None:
        if self.session is not None:
            self.session.toggle_evidence()
            self.paint()

    def action_scroll(self, lines: int) -> None:
        self.query_one(AttributeCard).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        if self.session is not None and self.session.current is not None:
            self.app.copy_to_clipboard(self.session.current.text)
            self.host.tell("Copied.")

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Review: filter", "Which attributes to look at", self.action_filter)
        yield SystemCommand("Review: search", "Look for words", self.action_search)
        yield SystemCommand("Review: add", "Something it missed", self.action_add)
        yield from self.refine_commands()
