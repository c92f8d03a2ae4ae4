"""Attributes that appear at the side while talking."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence

import pytest

from models.errors import UnavailableError
from models.protocol import Backend, Embedder
from persona_tui.config import Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.extraction import extracting
from persona_tui.jobs.extraction.extracting import ExtractProgress
from persona_tui.jobs.progress import Progress
from persona_tui.paths import Paths
from store import attributes, candidates, messages
from store.candidates import Group
from store.db import Store, new_id
from store.records import Candidate, Evidence
from tests.helpers import wait_until
from tests.persona_tui.screens.chat_helpers import (
    LARGE,
    SMALL,
    idle,
    loaded,
    make_app,
    quiet_settings,
    running,
    say,
)
from widgets.attribute_panel import PanelCard
from widgets.message import MessageView

QUOTE = "I work nights"


def infer(store: Store, conversation_id: str) -> None:
    message = messages.active(store, conversation_id)[0]
    start = message.text.index(QUOTE)
    evidence = Evidence(conversation_id, message.message_id, start, start + len(QUOTE), QUOTE)
    kept = candidates.save_extracted(
        store,
        settings_sha256="0" * 64,
        conversation_id=conversation_id,
        message_ids=[message.message_id],
        candidates=[
            Candidate(
                new_id(), conversation_id, "The user works [b]nights[/x].", 0.9, "grounded", None,
                (evidence,),
            )
        ],
    )  # fmt: skip
    candidates.attach(store, [Group(None, one.candidate_id, (one.candidate_id,)) for one in kept])


async def extract(
    db: StoreThread,
    backend: Backend,
    embedder: Embedder,
    settings: Settings,
    *,
    conversation_ids: Sequence[str],
) -> AsyncGenerator[ExtractProgress, None]:
    await db.run(infer, conversation_ids[0])
    found = await db.run(attributes.list_all, conversation_id=conversation_ids[0])
    progress = Progress(1, 1, "messages", started=time.monotonic())
    yield ExtractProgress(progress, tuple(found), frozenset({found[0].attribute_id}))


@pytest.fixture(autouse=True)
def scripted_extraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "extract", extract)


async def test_an_attribute_appears_with_its_words_and_leads_to_them(paths: Paths) -> None:
    app = make_app(paths, settings=quiet_settings(extraction={"live": True}))
    async with running(app, LARGE) as pilot:
        await say(pilot, f"Hello. {QUOTE} as a nurse.")
        await wait_until(lambda: app.screen.query(PanelCard), what="an attribute appears")
        card = app.screen.query_one(PanelCard)
        text = str(card.render())
        assert "+ new" in text
        assert "The user works [b]nights[/x]." in text
        assert f"“{QUOTE}”" in text
        await pilot.click(card)

        def focused() -> str:
            view = app.focused
            return view.record.text if isinstance(view, MessageView) else ""

        await wait_until(lambda: QUOTE in focused(), what="its words are shown")


async def test_on_a_small_screen_the_count_is_told_and_a_key_shows_them(paths: Paths) -> None:
    app = make_app(paths, settings=quiet_settings(extraction={"live": True}))
    async with running(app, SMALL) as pilot:
        await say(pilot, QUOTE)
        screen = await loaded(app)
        await wait_until(lambda: "1 inferred" in str(screen.query_one("#count").render()))
        await pilot.press("ctrl+b")
        await pilot.pause()
        assert screen.query_one(PanelCard).region.width > 20
        await pilot.press("ctrl+n")
        await wait_until(lambda: not screen.query(PanelCard), what="a new one has none")


async def test_a_model_that_cannot_infer_does_not_end_the_chat(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object, **_kwargs: object) -> AsyncGenerator[ExtractProgress, None]:
        yield ExtractProgress(Progress(0, 1, "messages"))
        raise UnavailableError("The model is away.")

    monkeypatch.setattr(extracting, "extract", away)
    app = make_app(paths, settings=quiet_settings(extraction={"live": True}))
    async with running(app, LARGE) as pilot:
        await say(pilot, QUOTE)
        screen = await loaded(app)
        await wait_until(lambda: "away" in str(screen.query_one(".working").render()))
        await say(pilot, "again")
        await idle(pilot)
        assert len(screen.query(MessageView)) == 4
