"""What models say of the prompt in front of the person: computed beside them, told afterwards."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

from persona_tui.jobs.relevance.changes import remember_told
from persona_tui.jobs.relevance.queue import Sheet
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.relevance.summary import ModelLine, model_lines
from persona_tui.screens.base import PersonaScreen, is_expected
from store import model_judgments


class ScoringScreen(PersonaScreen):
    """The half of the Relevance screen that has to do with models."""

    def __init__(self) -> None:
        super().__init__()
        self.session: RelevanceSession | None = None
        self._lines: list[ModelLine] = []
        self._lines_of: str | None = None
        self._note = ""
        self._scored: set[str] = set()

    def paint(self) -> None:
        """Show where the session is."""
        raise NotImplementedError

    def _score(self, sheet: Sheet | None) -> None:
        """Let models judge this prompt, beside the person and unseen; then what was left unscored."""
        key = "" if sheet is None else sheet.key
        if key.startswith("repeat:"):
            return  # what it repeats is scored
        if key not in self._scored:
            self._scored.add(key)
            self.start(self._scoring(sheet), group="scoring")

    async def _scoring(self, sheet: Sheet | None) -> None:
        session = self.session
        if session is None:
            return
        try:
            if sheet is not None:
                async with self.host.extraction.paused():
                    await self._score_now(session, sheet)
            self._note = ""
        except asyncio.CancelledError:
            self._scored.discard("" if sheet is None else sheet.key)
            raise
        except Exception as error:
            self._scored.discard("" if sheet is None else sheet.key)
            if not is_expected(error):
                raise
            self._note = f"The model could not be asked: {error}"
            return
        finally:
            if session.may_tell and session.sheet is sheet:
                self._lines_of = None
                self.paint()
        await self._score_rest()

    async def _score_now(self, session: RelevanceSession, sheet: Sheet) -> None:
        from persona_tui.jobs.relevance.scoring import local_judge, score_prompt

        attributes = [(draw.item_id, session.text_of(draw.item_id)) for draw in sheet.items]
        steps = score_prompt(
            self.host.db, local_judge(self.host.backends), self.host.embedder, sheet.prompt,
            attributes,
        )  # fmt: skip
        async with aclosing(steps):
            async for _ in steps:
                pass

    async def _score_rest(self) -> None:
        """What the person judged in a sitting that ended before models had."""
        from persona_tui.jobs.relevance.scoring import local_judge, score_waiting

        judging = self.host.settings.judging
        async with self.host.extraction.paused():
            backend = local_judge(self.host.backends)
            steps = score_waiting(self.host.db, backend, self.host.embedder, judging)
            async with aclosing(steps):
                async for _ in steps:
                    pass

    def _read_lines(self, sheet: Sheet) -> None:
        if self._lines_of != sheet.key:
            self._lines_of = sheet.key
            self._lines = []
            self.start(self._reading_lines(sheet), group="lines")

    async def _reading_lines(self, sheet: Sheet) -> None:
        rows = await self.host.db.run(
            partial(model_judgments.list_all, kind="relevance", prompt_id=sheet.prompt.prompt_id)
        )
        session = self.session
        if session is None or session.sheet is not sheet or not session.may_tell:
            self._lines_of = None
            return
        self._lines = model_lines(session, rows)
        if self._lines and (key := session.told()) is not None:
            await self.host.db.run(remember_told, key)
        self.paint()
