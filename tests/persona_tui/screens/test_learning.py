"""The Learning screen: what was learned, on which version, training, going back, forgetting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import LearningConfig, Settings
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.learning import training
from persona_tui.jobs.learning.after import SITTING, LearningState
from persona_tui.jobs.learning.training import TrainStep
from persona_tui.jobs.progress import Progress
from persona_tui.paths import Paths
from persona_tui.screens import learning_host
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.learning import LearningScreen
from persona_tui.screens.learning_text import work_line
from store import conversations, forgetting, learned
from store.db import open_store
from tests.helpers import wait_until
from tests.persona_tui.jobs.learning.small import SmallTrainer, judged
from widgets.work_line import WorkLine


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> SmallTrainer:
    """The only trainer there is; nothing is learned at the start."""
    trainer = SmallTrainer()
    monkeypatch.setattr(training, "trainers", lambda: {"verifier": trainer})
    monkeypatch.setattr(learning_host, "AT_START", 1e6)
    return trainer


def app_of(paths: Paths, mode: str = "learning", settings: Settings | None = None) -> PersonaApp:
    settings = settings or Settings()
    scripted = ScriptedBackend(name="tiny")
    backends = Backends(
        settings, paths, embedder=HashedEmbedder(), opener=lambda *_a, **_k: scripted
    )
    app = PersonaApp(paths, start_mode=mode, settings=settings, backends=backends)
    app.ui_state.welcomed = True
    return app


@asynccontextmanager
async def shown(app: PersonaApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    async with app.run_test(size=size) as pilot:
        await wait_until(app.ready.is_set, what="the store is open")
        await pilot.pause()
        yield pilot
        await app.close_services()


def screen_of(app: PersonaApp) -> LearningScreen:
    assert isinstance(app.screen, LearningScreen)
    return app.screen


def lines(screen: LearningScreen) -> list[str]:
    """Of the kinds, then of the versions of the highlighted one."""
    views = screen.query(OptionList)
    return [str(one.prompt) for view in views for one in view.options]


def about(screen: LearningScreen) -> str:
    return " ".join(str(screen.query_one("#about", Static).content).split())


def idle(app: PersonaApp) -> bool:
    return app.learning is None or not app.learning.state.running


def fill(paths: Paths, count: int, title: str = "Books") -> None:
    with open_store(paths.database) as store:
        judged(store, count, title=title)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_says_what_is_missing_then_learns_when_asked(
    paths: Paths, small: SmallTrainer, size: tuple[int, int]
) -> None:
    fill(paths, 5)
    app = app_of(paths)
    async with shown(app, size) as pilot:
        screen = screen_of(app)
        await wait_until(lambda: "not yet: 7 more judged attributes" in "".join(lines(screen)))
        assert "needs 7 more judged attributes (5 of 12). Give them in Review" in about(screen)
        fill(paths, 40, "More")
        await pilot.press("t")
        await wait_until(lambda: "version 1, learned from 45 judgments" in lines(screen)[0])
        await wait_until(lambda: idle(app))
        assert "Your verifier learned from 45 judgments. On ones that it had not seen" in about(
            screen
        )
        assert "Recall" in about(screen)
        assert "You accept what is long." in about(screen)
        await pilot.press("t")  # a key that is pressed is answered, also where nothing changes
        await wait_until(
            lambda: any("nothing new to learn" in str(one.message) for one in app._notifications)
        )
        await pilot.press("escape")
        await wait_until(lambda: app.current_mode == "report")
        await pilot.press("l")
        await wait_until(lambda: app.current_mode == "learning")


async def test_an_earlier_version_is_taken_back_and_a_model_forgotten(
    paths: Paths, small: SmallTrainer
) -> None:
    fill(paths, 40)
    app = app_of(paths)
    async with shown(app) as pilot:
        screen = screen_of(app)
        await wait_until(lambda: "version 1," in lines(screen)[0])
        fill(paths, 40, "More")
        await wait_until(lambda: idle(app))
        await pilot.press("a")
        await wait_until(lambda: "version 2," in lines(screen)[0])
        await wait_until(lambda: idle(app))
        await pilot.press("enter", "down")
        await wait_until(lambda: screen.version is not None and screen.version.version == 1)
        assert "Enter puts this version in use." in about(screen)
        await pilot.press("enter")
        await wait_until(lambda: "version 1," in lines(screen)[0])
        await pilot.press("escape", "down")  # back to the kinds, not to the report
        assert screen.kind == "relevance"
        assert len(lines(screen)) == 3
        await pilot.press("up", "delete")
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await wait_until(lambda: app.screen is screen)
        assert await app.db.run(learned.list_all)
        await pilot.press("delete")
        await wait_until(lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("tab", "enter")
        await wait_until(lambda: app.screen is screen)
        await wait_until(lambda: len(lines(screen)) == 3)
        assert await app.db.run(learned.list_all) == []
        assert await app.db.run(learned.due) == []  # it does not come back by itself


async def test_leaving_review_is_followed_by_learning(paths: Paths, small: SmallTrainer) -> None:
    fill(paths, 40)
    app = app_of(paths, "review")
    async with shown(app) as pilot:
        await pilot.press("f6")
        await wait_until(lambda: app.learning is not None and app.learning.state.results)
        assert (await app.db.run(learned.list_all))[0].version == 1
        for _ in range(SITTING):
            learning_host.judged(app)
        await wait_until(lambda: idle(app))
        assert len(await app.db.run(learned.list_all)) == 1  # nothing new was judged


async def test_stopping_drops_what_is_under_way(
    paths: Paths, small: SmallTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, 40)
    app = app_of(paths, "report")
    async with shown(app) as pilot:
        hold = True

        class Slow(SmallTrainer):
            async def material(self, tools):  # type: ignore[no-untyped-def]
                import asyncio

                tools.progress("asking", 3, 40)
                while hold:
                    await asyncio.sleep(0.01)
                return await super().material(tools)

        monkeypatch.setattr(training, "trainers", lambda: {"verifier": Slow()})
        app.go("learning")
        await wait_until(lambda: isinstance(app.screen, LearningScreen))
        screen = screen_of(app)
        await wait_until(lambda: screen._is_built)
        work = screen.query_one(WorkLine)
        await wait_until(lambda: "asking · 3 of 40" in str(work.content))
        await pilot.press("s")
        await wait_until(lambda: "stopping" in str(work.content))
        await pilot.press("s")
        await wait_until(lambda: idle(app))
        assert await app.db.run(learned.list_all) == []
        hold = False


def test_the_key_that_stops_it_stays_on_the_line() -> None:
    at = Progress(197, 197, "steps", "embedding prompts and attributes", seconds_left=0.0)
    state = LearningState(running=True, step=TrainStep("relevance", at))
    line = work_line(state, 60)
    assert len(line) <= 60
    assert line.startswith("Your relevance model: embedding prompts")
    assert line.endswith("   s stops")


async def test_damaged_versions_do_no_harm(paths: Paths, small: SmallTrainer) -> None:
    fill(paths, 40)
    with open_store(paths.database) as store, store.write() as conn:
        for kind, text in (("verifier", "["), ("relevance", "{}"), ("reward", '{"form": 3}')):
            conn.execute(
                "INSERT INTO learned_models (learned_id, kind, created_at, app_version, trained_on,"
                " metrics, coefficients, version, in_use) VALUES (?1, ?1, 'x', '\x1b[31m', ?2, ?2, ?2,"
                " 1, 1)",
                (kind, text),
            )
    app = app_of(paths)
    async with shown(app) as pilot:
        screen = screen_of(app)
        await wait_until(lambda: len(lines(screen)) == 4)
        await pilot.press("enter", "escape", "down", "enter", "escape", "down", "enter", "escape")
        await pilot.press("home", "t")
        await wait_until(lambda: "version 2, learned from 40" in lines(screen)[0])


async def test_what_forgetting_took_is_learned_again_although_nothing_is_unasked(
    paths: Paths, small: SmallTrainer
) -> None:
    with open_store(paths.database) as store:
        judged(store, 40)
        chat = conversations.create(store, title="A chat")
    settings = Settings(learning=LearningConfig(auto_train=False))
    app = app_of(paths, settings=settings)
    async with shown(app):
        learning_host.forgot(app, await learning_host.about_to_forget(app))
        assert app.learning is None or not app.learning.state.running  # nothing was there to go
        learning_host.learning_of(app).start(("verifier",))
        await wait_until(lambda: _idle(app), what="it has learned")
        before = await app.db.run(learned.in_use, "verifier")
        kinds = await learning_host.about_to_forget(app)
        assert kinds == ("verifier",)
        await app.db.run(forgetting.forget_conversation, chat.conversation_id)
        assert await app.db.run(learned.in_use, "verifier") is None
        learning_host.forgot(app, kinds)
        await wait_until(lambda: _idle(app), what="it has learned again")
        again = await app.db.run(learned.in_use, "verifier")
        assert before is not None
        assert again is not None
        assert again.learned_id != before.learned_id


def _idle(app: PersonaApp) -> bool:
    return (
        app.learning is not None
        and bool(app.learning.state.results)
        and not (app.learning.state.running)
    )
