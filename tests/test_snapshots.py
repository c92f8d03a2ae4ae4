"""What three key screens look like. After a wanted change: ``pytest --snapshot-update``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.paths import Paths
from persona_tui.screens.welcome import WelcomeScreen
from store import conversations, messages
from store.db import Store
from tests.helpers import wait_until
from tests.persona_tui.screens.chat_helpers import (
    LARGE,
    SMALL,
    fill,
    loaded,
    make_app,
)
from widgets import message
from widgets.message import MessageView

SnapCompare = Callable[..., bool]
ANSWER = """Night shifts are **hard**. What often helps:

1. A dark, cool bedroom
2. The same hours on free days

```python
for day in week:
    sleep(hours=8)
```
"""


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock, no blinking, colours on."""
    monkeypatch.setattr(message, "when", lambda _moment: "14:02")
    monkeypatch.delenv("NO_COLOR", raising=False)


def a_talk(store: Store) -> None:
    made = conversations.create(store, title="Night shifts and sleep")
    messages.append(store, made.conversation_id, "user", "I work nights as a nurse. Any tips?")
    messages.append(store, made.conversation_id, "assistant", ANSWER, model="SmolLM2")
    messages.append(
        store, made.conversation_id, "assistant", "And", model="SmolLM2", status="interrupted"
    )


async def ready(pilot: Pilot[None]) -> PersonaApp:
    app = pilot.app
    assert isinstance(app, PersonaApp)
    await wait_until(app.ready.is_set, what="the store is open")
    await pilot.pause()
    return app


def test_welcome(paths: Paths, snap_compare: SnapCompare) -> None:
    async def before(pilot: Pilot[None]) -> None:
        app = await ready(pilot)
        await wait_until(lambda: isinstance(app.screen, WelcomeScreen))

    app = make_app(paths, welcomed=False)
    assert snap_compare(app, terminal_size=SMALL, run_before=before)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_chat(paths: Paths, snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    fill(paths, a_talk)

    async def before(pilot: Pilot[None]) -> None:
        app = await ready(pilot)
        screen = await loaded(app)
        screen.composer.cursor_blink = False
        screen.open(screen.host.ui_state.values["open"])
        await loaded(app)
        await wait_until(lambda: len(screen.query(MessageView)) == 3)
        screen.meter.set(used=812, context=2048, speed=31.2)
        await pilot.pause()

    app = make_app(paths, ScriptedBackend(name="SmolLM2"))
    from store.db import open_store

    with open_store(paths.database) as store:
        app.ui_state.values["open"] = conversations.list_all(store)[0].conversation_id
    assert snap_compare(app, terminal_size=size, run_before=before)
