"""The Relevance screen on a real journal."""

from __future__ import annotations

from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import JudgingConfig, Settings
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.relevance import RelevanceScreen
from persona_tui.screens.relevance_text import summary
from store import model_judgments, relevance, user_prompts
from store.db import open_store
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit
from widgets.attribute_card import AttributeCard


def app_of(paths: Paths) -> PersonaApp:
    model = ScriptedBackend(scores=lambda _, option: 0.0 if option == "yes" else -1.0)
    backends = Backends(Settings(), paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)
    app = PersonaApp(paths, start_mode="relevance", settings=Settings(), backends=backends)
    app.ui_state.welcomed = True
    return app


async def screen_of(pilot: Pilot[None]) -> RelevanceScreen:
    screen = pilot.app.screen
    assert isinstance(screen, RelevanceScreen)
    await wait_until(lambda: screen.session is not None)
    await pilot.pause()
    return screen


def text_of(screen: RelevanceScreen) -> str:
    card = screen.query_one(AttributeCard)
    return "\n".join(str(part.content) for part in card.query(Static))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_prompt_is_judged_with_keys_only(paths: Paths, size: tuple[int, int]) -> None:
    with open_store(paths.database) as store:
        _, made = audit(store, 3)
    async with app_of(paths).run_test(size=size) as pilot:
        screen = await screen_of(pilot)
        session = screen.session
        assert session is not None
        session.go_to(made[0].prompt_id)
        screen.paint()
        await pilot.pause()
        assert "cook" in str(screen.query_one(".prompt > Static", Static).content)
        shown = text_of(screen)
        assert "would use" not in shown
        standing = screen.query_one(".standing", Static)
        assert str(standing.content).startswith("Prompt 1 of ")
        assert str(standing.content).endswith(" · 1 of 3")
        await pilot.press("y", "z", "y", "space", "n")
        await wait_until(lambda: "You said yes to 1 of 2, and skipped 1." in text_of(screen))
        await pilot.press("t", "n")
        await wait_until(lambda: "You said yes to 1 of 3." in text_of(screen))
        await wait_until(lambda: "Word overlap" in text_of(screen))
        await pilot.press("enter")
        assert not session.may_tell
        await pilot.press("z")
        assert session.sheet is not None
        assert session.sheet.prompt == made[0]
        await pilot.press("v", "1")
        await wait_until(lambda: session.may_tell)
    with open_store(paths.database) as store:
        rows = relevance.in_force(store, prompt_id=made[0].prompt_id)
        assert sorted(bool(row.relevant) for row in rows) == [False, True, True]
        assert [row.context.model_hidden for row in rows].count(False) == 1


async def test_nothing_to_ask_says_what_to_do(paths: Paths) -> None:
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        assert "Review (F3)" in text_of(screen)


async def test_a_prompt_of_ones_own(paths: Paths) -> None:
    with open_store(paths.database) as store:
        audit(store, 2)
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        await pilot.press("plus")
        await pilot.press(*"Why?", "enter")
        session = screen.session
        assert session is not None
        await wait_until(lambda: session.sheet is not None and session.sheet.prompt.text == "Why?")
        await pilot.press("d")
        await wait_until(lambda: session.sheet is None or session.sheet.prompt.text != "Why?")
        assert session.sheet is not None
        gone = session.sheet.prompt
        screen.action_forget()
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("right", "enter")
        await wait_until(lambda: screen.session is not session)
    with open_store(paths.database) as store:
        there = partial(user_prompts.list_all, store, origin="user")
        assert "Why?" not in [one.text for one in there()]
        assert "Why?" in [one.text for one in there(removed=True)]
        still = {one.prompt_id for one in user_prompts.list_all(store)}
        assert gone.prompt_id not in still


async def test_what_was_left_unscored_is_scored_when_the_app_is_open(paths: Paths) -> None:
    with open_store(paths.database) as store:
        audit(store, 3)
        session = RelevanceSession.load(store, JudgingConfig(), surface="plain")
        change = session.answer(True)
        assert change is not None
        write(store, change)
        left = session.sheet
        assert left is not None
        user_prompts.remove(store, left.prompt.prompt_id)
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)

        async def scored() -> bool:
            rows = await screen.host.db.run(
                partial(model_judgments.list_all, prompt_id=left.prompt.prompt_id)
            )
            return len(rows) == 9

        await wait_until(scored)


def test_the_end_of_a_prompt_says_that_models_are_still_at_it(paths: Paths) -> None:
    with open_store(paths.database) as store:
        audit(store, 3)
        session = RelevanceSession.load(store, JudgingConfig(), surface="screen")
    while session.phase == "ask":
        session.answer(True)
    assert "still judging this prompt: what they say comes here by itself" in summary(
        session, [], ""
    )
    assert "still judging" not in summary(session, [], "The model could not be asked: it is gone.")
