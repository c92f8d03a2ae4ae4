"""The Import dialog, driven with keys and clicks, against a real journal."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DirectoryTree, Input, ProgressBar, Static

from persona_tui.jobs import importing
from persona_tui.jobs.importing import ImportReport
from persona_tui.paths import Paths
from persona_tui.screens.base import HostApp
from persona_tui.screens.import_ import ImportScreen, _completed, typed_path
from store import conversations
from store.db import open_store
from tests.helpers import wait_until
from tests.persona_tui.importers.helpers import FIXTURES, chatgpt_conversation, write_json


@asynccontextmanager
async def dialog(
    paths: Paths, start: Path, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[ImportScreen, Pilot[None], list[ImportReport | None]]]:
    app = HostApp(paths)
    returned: list[ImportReport | None] = []
    async with app.run_test(size=size) as pilot:
        screen = ImportScreen(start)
        app.push_screen(screen, returned.append)
        # Focused last of all when it opens: what a test focuses before would lose it again.
        await wait_until(lambda: isinstance(screen.focused, Input) and screen.focused.id == "path")
        yield screen, pilot, returned


def _said(screen: ImportScreen, where: str) -> str:
    return str(screen.query_one(where, Static).render())


async def test_importing_and_reading_the_report(paths: Paths, tmp_path: Path) -> None:
    async with dialog(paths, tmp_path) as (screen, pilot, returned):
        screen.query_one("#path", Input).value = f"'{FIXTURES / 'claude.json'}'"
        await pilot.press("enter")
        await wait_until(lambda: screen.report is not None)
        said = _said(screen, "#said")
        assert "1 conversation added" in said
        assert "the conversation has no messages with text" in said
        await pilot.press("escape")
        await wait_until(lambda: returned)
        assert returned[0] is not None
        assert returned[0].counts.messages_added == 2
    with open_store(paths.database) as store:
        assert conversations.count(store) == 1


async def test_what_cannot_be_imported_is_said_in_the_dialog(paths: Paths, tmp_path: Path) -> None:
    path = tmp_path / "[b]x[red].json"
    path.write_text("rubbish")
    async with dialog(paths, tmp_path) as (screen, pilot, returned):
        await pilot.press("enter")
        assert "Choose a file" in _said(screen, ".problem")
        screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await wait_until(lambda: "no format that can be imported" in _said(screen, ".problem"))
        assert "[b]x[red].json" in _said(screen, ".problem")
        await pilot.press("escape")
        await wait_until(lambda: returned)
        assert returned == [None]


async def test_stopping_keeps_what_went_in(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = [chatgpt_conversation(n, ["I juggle."]) for n in range(40)]
    path = write_json(tmp_path / "c.json", talks)
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 10)
    go_on, ended = threading.Event(), threading.Event()
    real = importing.import_path

    def slow(*args: Any, **kwargs: Any) -> Any:
        try:
            for step in real(*args, **kwargs):
                yield step
                if step.counts.added >= 20:
                    assert go_on.wait(20)
        finally:
            ended.set()

    monkeypatch.setattr(importing, "import_path", slow)
    async with dialog(paths, tmp_path) as (screen, pilot, _):
        screen.query_one("#path", Input).value = str(path)
        await pilot.press("enter")
        await wait_until(lambda: screen.progress and screen.progress.counts.added == 20)
        assert "20 conversations added" in _said(screen, "#counts")
        assert screen.query_one("#bar", ProgressBar).total == path.stat().st_size
        await pilot.press("escape")
        assert "Stopped. 20 conversations added" in _said(screen, "#said")
        go_on.set()
        await wait_until(ended.is_set)
    with open_store(paths.database) as store:
        assert conversations.count(store) == 20


async def test_the_tree_fills_the_path(paths: Paths, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    write_json(folder / "c.json", [])
    (folder / ".hidden").write_text("")
    async with dialog(paths, folder, size=(120, 40)) as (screen, pilot, _):
        tree = screen.query_one("#tree", DirectoryTree)
        await wait_until(lambda: tree.root.children)
        tree.focus()
        await wait_until(lambda: tree.has_focus)
        await pilot.press("down", "enter")
        await wait_until(lambda: screen.query_one("#path", Input).value == str(folder / "c.json"))
        assert screen.query_one("#import").region.bottom <= 40


def test_paths_as_people_give_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    spaced = tmp_path / "my chats (1).json"
    spaced.write_text("[]")
    assert typed_path(f' "{spaced}" ') == spaced
    assert typed_path(str(spaced).replace(" ", "\\ ").replace("(", "\\(").replace(")", "\\)")) == (
        spaced
    )
    assert typed_path(spaced.as_uri()) == spaced
    assert typed_path("~/x") == tmp_path / "x"
    assert _completed(f"{tmp_path}/my") == str(spaced)
    assert _completed("/nowhere/at/all") is None
