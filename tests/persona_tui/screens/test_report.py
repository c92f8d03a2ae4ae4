"""The Report screen on a real journal."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from persona_tui.app import PersonaApp
from persona_tui.config import Settings
from persona_tui.paths import Paths
from persona_tui.report.model import Figure, Report
from persona_tui.screens.report import ReportScreen
from persona_tui.screens.report_text import headlines
from store.db import open_store, utc_now
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_figures_are_shown_and_written(paths: Paths, size: tuple[int, int]) -> None:
    with open_store(paths.database) as store:
        audit(store, 8, extra=0)
    app = PersonaApp(paths, start_mode="report", settings=Settings())
    app.ui_state.welcomed = True
    async with app.run_test(size=size) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ReportScreen)
        await wait_until(lambda: screen.report is not None)
        await pilot.pause()
        first = str(screen.query_one("#part-1", Static).content)
        assert "Of 8 attributes you accepted 8." in first
        assert "●" in first
        assert "How:" not in first
        assert "Donate (F10)" in str(screen.query_one(".give", Static).content)
        # What is missing says what it will tell, too.
        second = str(screen.query_one("#part-2", Static).content)
        assert "5 more judgments. How much of your profile matters for a prompt." in second
        await pilot.press("m")
        await wait_until(lambda: "How:" in str(screen.query_one("#part-1", Static).content))
        await pilot.press("3", "pagedown", "h", "w", "j")
        folder = paths.data_dir / "reports"
        await wait_until(lambda: folder.exists() and len(list(folder.iterdir())) >= 1)
        assert all(one.stat().st_mode & 0o777 == 0o600 for one in folder.iterdir())


def test_a_headline_that_is_missing_says_what_is_missing() -> None:
    """Also where its sentence could not be written without its value."""
    found = Figure(
        "stage2.base_rate", "2", "How much of you matters", "share", "", "", missing="5 more",
        headline=True,
    )  # fmt: skip
    said = str(headlines(Report(utc_now(), "0", (found,), (), {})))
    assert "  How much of you matters. Not yet: 5 more.\n" in said
