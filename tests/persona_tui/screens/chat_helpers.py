"""The app with a scripted model, for tests that press keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import Settings, validated
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.chat import ChatScreen
from store import conversations, messages
from store.db import Store, open_store
from store.records import Conversation, Role
from tests.helpers import wait_until

SMALL, LARGE = (80, 24), (120, 40)


def quiet_settings(**changes: object) -> Settings:
    """The defaults, without inferring in the background."""
    return validated({"extraction": {"live": False}, **changes}, where="the test")


def make_app(
    paths: Paths,
    backend: ScriptedBackend | None = None,
    *,
    settings: Settings | None = None,
    start_mode: str | None = None,
    welcomed: bool = True,
) -> PersonaApp:
    """An app whose every model is ``backend``."""
    scripted = backend or ScriptedBackend(lambda _messages: "Hello **there**.", name="tiny")
    settings = settings or quiet_settings()
    backends = Backends(settings, paths, opener=lambda *_args, **_kwargs: scripted)
    app = PersonaApp(paths, settings=settings, backends=backends, start_mode=start_mode)
    if welcomed:
        app.ui_state.welcomed = True
    return app


@asynccontextmanager
async def running(app: PersonaApp, size: tuple[int, int] = SMALL) -> AsyncIterator[Pilot[None]]:
    """The app on a screen of ``size``, its store open and its first screen loaded."""
    async with app.run_test(size=size) as pilot:
        await wait_until(app.ready.is_set, what="the store is open")
        await pilot.pause()
        if isinstance(app.screen, ChatScreen):
            await loaded(app)
        yield pilot
        await app.close_services()


async def loaded(app: PersonaApp) -> ChatScreen:
    """The chat screen, once it shows what it was asked for."""
    await wait_until(lambda: isinstance(app.screen, ChatScreen), what="chat is shown")
    screen = app.screen
    assert isinstance(screen, ChatScreen)
    await wait_until(lambda: screen.is_loaded, what="chat is loaded")
    return screen


async def say(pilot: Pilot[None], text: str, *, wait: bool = True) -> None:
    """Type ``text`` (all at once, as a paste) and press Enter."""
    app = pilot.app
    assert isinstance(app, PersonaApp)
    screen = await loaded(app)
    screen.composer.focus()
    screen.composer.insert(text)
    await pilot.press("enter")
    if wait:
        await idle(pilot)


async def idle(pilot: Pilot[None]) -> None:
    """Wait until no answer is under way and all is drawn."""
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, ChatScreen)
    await pilot.pause()
    await wait_until(lambda: not screen.busy, what="the answer ended")
    await wait_until(
        lambda: not any(view.streaming for view in screen.transcript.views()),
        what="the answer is drawn",
    )
    await pilot.pause()


def fill(paths: Paths, make: Callable[[Store], None]) -> None:
    """Put something into the store before the app is started."""
    with open_store(paths.database) as store, store.write():
        make(store)


def conversation_of(store: Store, count: int, *, title: str = "Long one") -> Conversation:
    """A conversation of ``count`` messages, the person first."""
    made = conversations.create(store, title=title)
    roles: tuple[Role, Role] = ("user", "assistant")
    for number in range(count):
        messages.append(store, made.conversation_id, roles[number % 2], f"message {number}")
    return conversations.get(store, made.conversation_id)
