"""The windows that Review opens: to write in, to choose from, to read the evidence."""

from __future__ import annotations

from persona_tui.jobs.review.changes import Change, Written
from persona_tui.jobs.review.evidence import Quote
from persona_tui.jobs.review.session import ReviewSession
from persona_tui.screens.refining import RefiningScreen
from persona_tui.stages.judging import STATUSES, ReviewFilter, Status


class ReviewWindows(RefiningScreen):
    """The part of the Review screen that asks in windows of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.session: ReviewSession | None = None
        self._quotes: dict[str, tuple[Quote, ...]] = {}

    def paint(self) -> None:
        """Show where the session is."""
        raise NotImplementedError

    def take(self, change: Change | None) -> None:
        """Show a step at once and write it behind."""
        raise NotImplementedError

    async def take_and_wait(self, change: Change | None) -> Written | None:
        """Write a step that the next one needs; keys wait their turn meanwhile."""
        raise NotImplementedError

    def action_conversation(self) -> None:
        from persona_tui.screens.evidence import EvidenceScreen

        if self.session is None or self.session.current is None:
            return
        if not self.session.current.evidence:
            self.host.tell("Its conversation is not here any more.")
            return
        self.session.conversation_opened()
        self.app.push_screen(EvidenceScreen(self.session.current), lambda _: self.paint())

    def action_correct(self) -> None:
        from persona_tui.screens.sentence import SentenceScreen

        session = self.session
        if session is None or session.current is None:
            return

        async def keep(text: str | None) -> None:
            if text and await self.take_and_wait(session.correct(text)):
                self.host.tell("Kept in your words. And the sentence as it stood: ok, unsure, bad?")

        title = "Say it as it should be"
        start = session.correction or session.current.text
        self.app.push_screen(SentenceScreen(title, start), keep)

    def action_add(self) -> None:
        from persona_tui.screens.sentence import SentenceScreen

        session = self.session
        if session is None:
            return

        async def keep(text: str | None) -> None:
            if text and await self.take_and_wait(session.add(text)):
                self.host.tell("Added in your words.")

        self.app.push_screen(
            SentenceScreen("What did it miss?", before="One sentence, such as: I have two cats."),
            keep,
        )

    def action_note(self) -> None:
        from persona_tui.screens.sentence import SentenceScreen

        session = self.session
        if session is None or session.current is None:
            return

        def keep(text: str | None) -> None:
            if text is not None:
                self.take(session.note(text))

        before = session.judgment.note or "" if session.judgment else ""
        self.app.push_screen(SentenceScreen("Your note", before, before=session.current.text), keep)

    def action_search(self) -> None:
        from persona_tui.screens.confirm import PromptScreen

        session = self.session
        if session is None:
            return

        def look(text: str | None) -> None:
            now = session.queue.filter
            status: Status = "all" if text else "unjudged"
            session.set_filter(ReviewFilter(status, now.conversation_id, text or ""))
            self.paint()

        self.app.push_screen(
            PromptScreen("Look for words in attributes", session.queue.filter.query), look
        )

    def action_filter(self) -> None:
        from persona_tui.screens.review_filter import FilterScreen

        session = self.session
        if session is None:
            return
        current = session.current
        conversation: tuple[str, str] | None = None
        if current is not None and self._quotes.get(current.attribute_id):
            first = self._quotes[current.attribute_id][0]
            conversation = (first.evidence.conversation_id, first.title)

        def look(chosen: ReviewFilter | None) -> None:
            if chosen is not None:
                session.set_filter(chosen)
            self.paint()

        counts = {status: session.queue.count(status) for status, _ in STATUSES}
        self.app.push_screen(FilterScreen(session.queue.filter, counts, conversation), look)
