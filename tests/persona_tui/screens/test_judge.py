"""A judge from the Report screen: chosen, asked about, followed, stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from models.embeddings import HashedEmbedder
from models.errors import UnavailableError
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import ModelEntry, Settings
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen, PromptScreen
from persona_tui.screens.judge_setup import JudgeScreen
from persona_tui.screens.judge_text import read_budget
from persona_tui.screens.report import ReportScreen
from store import model_judgments
from store.db import open_store
from tests.helpers import wait_until
from tests.persona_tui.jobs.judges.test_judging import fill
from widgets.work_line import WorkLine

REMOTE = ModelEntry(
    kind="endpoint", base_url="https://judge.example/v1", model="big",
    usd_per_million_input=2.0, usd_per_million_output=8.0,
)  # fmt: skip


def app_of(paths: Paths, model: ScriptedBackend) -> PersonaApp:
    with open_store(paths.database) as store:
        fill(store)
    settings = Settings(models={"big": REMOTE})
    backends = Backends(settings, paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)
    app = PersonaApp(paths, start_mode="report", settings=settings, backends=backends)
    app.ui_state.welcomed = True
    return app


def line_of(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(WorkLine).content)


def takes(screen: JudgeScreen) -> str:
    return str(screen.query_one(".takes", Static).content)


async def chooser(pilot: Pilot[None]) -> JudgeScreen:
    report = pilot.app.screen
    assert isinstance(report, ReportScreen)
    await wait_until(lambda: report.report is not None)
    await pilot.press("g")
    await wait_until(lambda: isinstance(pilot.app.screen, JudgeScreen))
    screen = pilot.app.screen
    assert isinstance(screen, JudgeScreen)
    await wait_until(lambda: screen.found is not None)
    await pilot.pause()
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_judge_here_is_chosen_and_followed(paths: Paths, size: tuple[int, int]) -> None:
    gate = asyncio.Event()
    model = ScriptedBackend(gate=gate)
    async with app_of(paths, model).run_test(size=size) as pilot:
        screen = await chooser(pilot)
        assert "11 verdicts to ask for (0 are there)" in takes(screen)
        assert "Nothing leaves this machine." in takes(screen)
        await pilot.press("3")
        await wait_until(lambda: "10 verdicts" in takes(screen))
        await pilot.press("a")
        await wait_until(lambda: "20 verdicts" in takes(screen))
        await pilot.press("a", "2", "1")
        await wait_until(lambda: "5 verdicts" in takes(screen))  # one stage stays chosen
        assert model.calls == []
        assert screen.region.contains_region(screen.query_one(".hint").region)
        await pilot.press("enter")
        await wait_until(lambda: "starter judges" in line_of(pilot))
        gate.set()
        await wait_until(lambda: "starter: 5 new verdicts" in line_of(pilot))
    with open_store(paths.database) as store:
        assert len(model_judgments.list_all(store)) == 5


async def test_nothing_leaves_the_machine_unasked(paths: Paths) -> None:
    model = ScriptedBackend(local=False)
    async with app_of(paths, model).run_test(size=(80, 24)) as pilot:
        screen = await chooser(pilot)
        await pilot.press("down")
        await wait_until(lambda: "about $0." in takes(screen))
        assert "sent to scripted.example" in takes(screen)
        await pilot.press("b")
        await wait_until(lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press(*"0.50", "enter")
        await wait_until(lambda: screen.order is not None and screen.order.max_usd == 0.5)
        await wait_until(lambda: screen.found is not None)
        await pilot.press("enter")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        question = pilot.app.screen
        assert isinstance(question, ConfirmScreen)
        assert "scripted.example" in question.question
        assert "stops before $0.5 is gone over" in question.body
        await pilot.press("escape")
        await wait_until(lambda: isinstance(pilot.app.screen, ReportScreen))
        assert model.calls == []
        screen = await chooser(pilot)
        await pilot.press("down")
        await wait_until(lambda: "sent to scripted.example" in takes(screen))
        await pilot.press("enter")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")
        await wait_until(lambda: "big: 11 new verdicts" in line_of(pilot))
        assert "$0." in line_of(pilot)
        screen = await chooser(pilot)
        await pilot.press("down")
        await wait_until(lambda: "Nothing new to ask" in takes(screen))
        await pilot.press("enter")  # there is nothing to start
        assert isinstance(pilot.app.screen, JudgeScreen)


async def test_it_is_stopped_and_goes_on(paths: Paths) -> None:
    permits = asyncio.Semaphore(3)
    model = ScriptedBackend(gate=permits.acquire)
    async with app_of(paths, model).run_test(size=(80, 24)) as pilot:
        await chooser(pilot)
        await pilot.press("enter")
        await wait_until(lambda: "3 of 11 verdicts" in line_of(pilot))
        await pilot.press("g")
        await wait_until(lambda: "stopping" in line_of(pilot))
        permits.release()  # what is under way is waited for
        await wait_until(lambda: "starter: 4 new verdicts" in line_of(pilot))
        assert "g goes on" in line_of(pilot)
        screen = await chooser(pilot)
        assert "7 verdicts to ask for (4 are there)" in takes(screen)
        await pilot.press("enter")
        await wait_until(lambda: "0 of 7" in line_of(pilot) or "getting ready" in line_of(pilot))
        await pilot.press("g", "g")  # at once
        await wait_until(lambda: ("stopping" not in line_of(pilot) and "stop" in line_of(pilot))
                         or "not asked anything" in line_of(pilot))  # fmt: skip
    with open_store(paths.database) as store:
        assert len(model_judgments.list_all(store)) == 4


async def test_what_went_wrong_is_said(paths: Paths) -> None:
    model = ScriptedBackend(fail=UnavailableError("The model is gone."))
    async with app_of(paths, model).run_test(size=(80, 24)) as pilot:
        await chooser(pilot)
        await pilot.press("enter")
        await wait_until(lambda: "The model is gone.   g tries again" in line_of(pilot))


async def test_leaving_ends_it(paths: Paths, tmp_path: Path) -> None:
    permits = asyncio.Semaphore(2)
    model = ScriptedBackend(gate=permits.acquire)
    app = app_of(paths, model)
    async with app.run_test(size=(80, 24)) as pilot:
        await chooser(pilot)
        await pilot.press("enter")
        await wait_until(lambda: "2 of 11 verdicts" in line_of(pilot))
        permits.release()
        permits.release()
        await app.action_quit()
    with open_store(paths.database) as store:
        assert len(model_judgments.list_all(store)) >= 2


@pytest.mark.parametrize(
    ("said", "priced", "means"),
    [
        ("", True, (None, None)),
        ("$0.50", True, (0.5, None)),
        ("20,000", False, (None, 20_000)),
        ("0.2", False, (None, 1)),
    ],
)
def test_a_budget_is_read(said: str, priced: bool, means: tuple[float | None, int | None]) -> None:
    assert read_budget(said, priced=priced) == means


@pytest.mark.parametrize("said", ["-1", "0", "nan", "inf", "much"])
def test_what_is_no_budget_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_budget(said, priced=True)
