"""What the person can decide in the Redact step: keep, black out, everywhere, drop, take back."""

from __future__ import annotations

from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.edits import keep_words, reset_edits
from persona_tui.jobs.donation.spans import edit_of, put_edit, unkeep
from persona_tui.screens.donate_redact_work import RedactWork
from store import donations
from store.donations import Level


class RedactDeciding(RedactWork):
    """The actions of the step that change something."""

    def action_keep(self) -> None:
        session = self.session
        one, stop = (session.current, session.at_stop) if session is not None else (None, None)
        if one is None or stop is None:
            return
        text = one.text
        if stop.kept:
            again = edit_of(text, stop.start, stop.end, "keep")
            self.decide(
                lambda store, draft: unkeep(store, draft.donation_id, text, stop),
                lambda store, draft: put_edit(store, draft.donation_id, text, again),
            )
        else:
            self.edit(edit_of(text, stop.start, stop.end, "keep"))

    def action_select(self) -> None:
        if self.session is not None and self.session.select():
            self.paint()

    def action_accept(self) -> None:
        session = self.session
        span = session.span() if session is not None else None
        if session is not None and session.current is not None and span is not None:
            self.edit(edit_of(session.current.text, *span, "redact"))

    def action_leave(self) -> None:
        if self.session is not None:
            self.session.selection = None
            self.paint()

    def action_type(self) -> None:
        from persona_tui.screens.confirm import PromptScreen

        title = "Which words? Exactly as they stand in this text."
        self.app.push_screen(PromptScreen(title), self._typed)

    def _typed(self, words: str | None) -> None:
        session = self.session
        one = session.current if session is not None else None
        if session is None or one is None or not words:
            return
        if words not in one.text.original:
            self.host.tell("These words do not stand in this text as they are.", "warning")
            return
        material, place = session.material, one.text.place
        before = material.edits.get(place, [])
        self.decide(
            lambda store, _: keep_words(store, material, place, hide=[words]),
            lambda store, draft: donations.set_edits(store, draft.donation_id, place, before),
        )

    def action_word(self) -> None:
        session = self.session
        one = session.current if session is not None else None
        if session is None or one is None:
            return
        stop = session.at_stop
        span = session.span() or ((stop.start, stop.end) if stop is not None else None)
        words = one.text.original[slice(*span)].strip() if span is not None else ""
        if words:
            self.decide(
                lambda store, _: donations.add_entry(store, words),
                lambda store, _: donations.remove_entry(store, words),
            )
            self.host.tell(f"Blacked out wherever it stands: {words}")

    def action_words(self) -> None:
        from persona_tui.screens.donate_words import WordsScreen

        self.app.push_screen(WordsScreen(), self._words_closed)

    def _words_closed(self, changed: bool | None) -> None:
        if changed:
            self.forget()
            self.giving.start(self.giving.reread(), group="donate-reread")

    def action_labels(self) -> None:
        self._choose("labels", "Labels only are given of it; z takes that back.")

    def action_drop(self) -> None:
        self._choose(None, "Taken out; z takes that back.")

    def _choose(self, level: Level | None, said: str) -> None:
        one = self.session.current if self.session is not None else None
        if one is None:
            return
        places = [(one.text.kind, one.text.item_id)]
        self.rechoose(
            lambda store, draft: donating.choose(store, draft, places, level),
            lambda store, draft: donating.choose(store, draft, places, "texts"),
        )
        self.host.tell(said)

    def action_reset(self) -> None:
        session = self.session
        one = session.current if session is not None else None
        before = session.material.edits.get(one.text.place, []) if session and one else []
        if one is None or not before:
            self.host.tell("You have said nothing of this text.")
            return
        place = one.text.place
        self.decide(
            lambda store, draft: reset_edits(store, draft.donation_id, place),
            lambda store, draft: donations.set_edits(store, draft.donation_id, place, before),
        )

    async def action_undo(self) -> None:
        await self.host.guarded(self.undo())

    def action_copy(self) -> None:
        one = self.session.current if self.session is not None else None
        if one is not None:
            self.app.copy_to_clipboard(one.given)
            self.host.tell("Copied, as it would be given.")
