"""Synthetic users from the Report screen: asked about, followed, stopped, set beside the person."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from models.embeddings import HashedEmbedder
from models.errors import UnavailableError
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import ModelEntry, Settings, validated
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.report import ReportScreen
from store import synthetic
from store.db import open_store
from tests.helpers import wait_until
from widgets.work_line import WorkLine

SIZES = [(80, 24), (120, 40)]


def app_of(paths: Paths, model: ScriptedBackend, settings: Settings | None = None) -> PersonaApp:
    with open_store(paths.database):
        pass
    chosen = settings or validated({"extraction": {"strategy": "grounded"}}, where="the test")
    backends = Backends(chosen, paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)
    app = PersonaApp(paths, start_mode="report", settings=chosen, backends=backends)
    app.ui_state.welcomed = True
    return app


def line_of(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(WorkLine).content)


async def asked(pilot: Pilot[None]) -> str:
    """Press the key; what is asked."""
    report = pilot.app.screen
    assert isinstance(report, ReportScreen)
    await wait_until(lambda: report.report is not None)
    await pilot.press("f")
    await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
    screen = pilot.app.screen
    assert isinstance(screen, ConfirmScreen)
    await pilot.pause()
    return screen.body


def played(paths: Paths) -> int:
    with open_store(paths.database) as store:
        return len(synthetic.conversations(store))


@pytest.mark.parametrize("size", SIZES)
async def test_they_are_played_followed_and_stopped(paths: Paths, size: tuple[int, int]) -> None:
    gate = asyncio.Event()
    model = ScriptedBackend(lambda _: "I am a nurse.", gate=gate, parameters_b=0.1)
    async with app_of(paths, model).run_test(size=size) as pilot:
        body = await asked(pilot)
        assert "plays 22 invented persons" in body
        assert "176 messages" in body
        assert "Nothing leaves this machine." in body
        assert model.calls == []
        await pilot.press("enter")
        await wait_until(lambda: "Synthetic users:" in line_of(pilot))
        assert "f stops" in line_of(pilot)
        gate.set()
        await wait_until(lambda: played(paths) >= 1, what="one is whole")
        gate.clear()
        await pilot.press("f")
        await wait_until(lambda: "Played" in line_of(pilot))
        screen = pilot.app.screen
        there = played(paths)
        await wait_until(
            lambda: "synthetic users" in str(screen.query_one("#part-foil", Static).content)
        )
        assert there < 22
        await pilot.press("f")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        again = pilot.app.screen
        assert isinstance(again, ConfirmScreen)
        assert f"({there} were played before)" in again.body


async def test_the_screen_and_the_palette_tell_how(paths: Paths) -> None:
    async with app_of(paths, ScriptedBackend()).run_test(size=(80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ReportScreen)
        await wait_until(lambda: screen.report is not None)
        await wait_until(
            lambda: "persona-tui foil run" in str(screen.query_one("#part-foil", Static).content)
        )
        assert "Report: synthetic users" in [one.title for one in screen.commands()]


async def test_a_remote_model_is_named_and_a_failure_told(paths: Paths) -> None:
    model = ScriptedBackend(local=False, parameters_b=0.1)
    remote = ModelEntry(kind="endpoint", base_url="https://far.example/v1", model="big")
    settings = validated({"extraction": {"strategy": "grounded"}}, where="the test")
    settings.models["far"] = remote
    async with app_of(paths, model, settings).run_test(size=(80, 24)) as pilot:
        body = await asked(pilot)
        assert "sent to scripted.example; nothing of yours is" in body
        await pilot.press("escape")
        await wait_until(lambda: isinstance(pilot.app.screen, ReportScreen))
        assert model.calls == []
        model.fail = UnavailableError("The model is not there.")
        await asked(pilot)
        await pilot.press("enter")
        await wait_until(lambda: "The model is not there." in line_of(pilot))
        assert played(paths) == 0
