"""Personalized chat by its keys: on and off, what stands under an answer, saying no, asking first."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import load_settings
from persona_tui.db import StoreThread
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.told import EVER, HERE, ToldScreen
from tests.helpers import wait_until
from tests.persona_tui import relevance_data as data
from tests.persona_tui.screens.chat_helpers import LARGE, SMALL, idle, loaded, running, say
from widgets.message import MessageView

SAY = "Something to cook with rice, for a week?"


async def made(paths: Paths, backend: ScriptedBackend, learning: Mapping[str, bool]) -> PersonaApp:
    """An app on the journal of a person whose relevance model has learned, the settings on disk."""
    async with StoreThread(paths.database) as db:
        await data.learned(db)
    flags = "".join(f"{name} = {str(value).lower()}\n" for name, value in learning.items())
    paths.config.parent.mkdir(parents=True, exist_ok=True)
    paths.config.write_text(f"[extraction]\nlive = false\n[learning]\nauto_train = false\n{flags}")
    settings = load_settings(paths)
    backends = Backends(settings, paths, opener=lambda *_args, **_kwargs: backend)
    app = PersonaApp(paths, settings=settings, backends=backends, embedder=HashedEmbedder())
    app.ui_state.welcomed = True
    return app


def footer(app: PersonaApp) -> list[str]:
    return [one.binding.description for one in app.screen.active_bindings.values() if one.enabled]


def system_of(backend: ScriptedBackend) -> str:
    call = [one for one in backend.calls if one.method == "chat"][-1]
    return next((one.content for one in call.messages if one.role == "system"), "")


async def told(pilot: Pilot[None]) -> ToldScreen:
    """What the last answer's model knew, opened by its keys."""
    app = pilot.app
    await wait_until(lambda: app.screen.query(MessageView).last().told, what="it is drawn")
    await pilot.press("escape", "u")
    await wait_until(lambda: isinstance(app.screen, ToldScreen), what="it is shown")
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, ToldScreen)
    return screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_it_is_turned_on_says_what_it_knew_and_takes_a_no(
    paths: Paths, size: tuple[int, int]
) -> None:
    backend = ScriptedBackend(lambda _: "Beans.", name="tiny")
    app = await made(paths, backend, {})
    async with running(app, size) as pilot:
        await say(pilot, SAY)
        assert system_of(backend) == ""
        assert app.screen.query(MessageView).last().told == ()
        assert "Personal off" in footer(app)
        await pilot.press("ctrl+t")
        await wait_until(lambda: "Personal on" in footer(app), what="the footer says so")
        assert load_settings(paths).learning.personalize_chat
        await pilot.press("ctrl+r")
        await idle(pilot)
        window = await told(pilot)
        knew = [one.text or "" for one in window.items]
        assert [line[2:] for line in system_of(backend).splitlines() if line[:2] == "- "] == knew
        options = window.query_one(OptionList)
        assert "for it: it shares “cooks” and “rice”" in str(options.get_option_at_index(0).prompt)
        assert options.region.height <= size[1] // 2
        await pilot.press("x", "down", "n")
        await wait_until(lambda: list(window.said.values()) == [HERE, EVER])
        await pilot.press("down", "n", "z", "escape")
        await wait_until(lambda: app.screen is not window)
        await pilot.press("u")  # what was said stands there when one looks again
        await wait_until(lambda: isinstance(app.screen, ToldScreen))
        again = app.screen
        assert isinstance(again, ToldScreen)
        assert list(again.said.values()) == [HERE, EVER]
        await pilot.press("n")
        await wait_until(lambda: list(again.said.values()) == [EVER, EVER])
        await pilot.press("z")
        await wait_until(lambda: list(again.said.values()) == [HERE, EVER])
        await pilot.press("escape")
        await wait_until(lambda: app.screen is not again)
        await pilot.press("r")
        await idle(pilot)
        assert knew[0] not in system_of(backend)
        assert knew[1] not in system_of(backend)
        assert knew[2] in system_of(backend)
        (await loaded(app)).composer.focus()
        await pilot.press("ctrl+t")
        await wait_until(lambda: not load_settings(paths).learning.personalize_chat)
        await say(pilot, SAY)
        assert system_of(backend) == ""


async def test_a_model_elsewhere_is_told_nothing_before_the_person_agreed(paths: Paths) -> None:
    backend = ScriptedBackend(lambda _: "Beans.", name="far", local=False)
    app = await made(paths, backend, {"personalize_chat": True})
    async with running(app, SMALL) as pilot:
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen), what="it is asked")
        question = app.screen
        assert isinstance(question, ConfirmScreen)
        assert "far at scripted.example" in question.body
        await pilot.press("escape")
        await pilot.pause()
        await say(pilot, SAY)
        assert system_of(backend) == ""
        await pilot.press("ctrl+t")
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen), what="it is asked again")
        await pilot.click("#confirm")
        await wait_until(lambda: "Personal on" in footer(app), what="it is on")
        await say(pilot, SAY)
        assert "The user cooks rice every week." in system_of(backend)
        # Shown again from the journal, and not asked again.
        screen = await loaded(app)
        screen._told.clear()
        screen.open(screen.conversation.conversation_id if screen.conversation else None)
        await wait_until(lambda: screen.is_loaded)
        window = await told(pilot)
        assert "for it: it shared words" in str(
            window.query_one(OptionList).get_option_at_index(0).prompt
        )
