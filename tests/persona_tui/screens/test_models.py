"""The Models screen: what it lists, what its keys do, where it says that words go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.widgets import Input, OptionList, Static

from models.catalogue import RECOMMENDED, Memory
from models.download import Progress
from models.recommended import Download
from models.scripted import ScriptedBackend
from persona_tui.config import load_settings
from persona_tui.config_file import set_value
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens import models as module
from persona_tui.screens.add_model import AddModelScreen
from persona_tui.screens.base import HostApp
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.models import ModelsScreen
from tests.helpers import wait_until

GB = 1_000_000_000


class App(HostApp):
    """The screen alone, with a scripted model and no store."""

    MODES: ClassVar[dict[str, Any]] = {"models": ModelsScreen}
    DEFAULT_MODE = "models"

    def on_mount(self) -> None:
        self.ready.set()


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of a known size, with nothing running on it."""
    monkeypatch.setattr("models.catalogue.memory", lambda: Memory(16 * GB, 6 * GB))

    async def nothing(*_: object) -> list[object]:
        return []

    monkeypatch.setattr("models.discovery.find_local_endpoints", nothing)


def app(paths: Paths) -> App:
    settings = load_settings(paths, {})
    opened = ScriptedBackend(["Paris [b]is[/b] it."])
    backends = Backends(
        settings,
        paths,
        opener=lambda *_, **__: opened,
        embedder=object(),  # type: ignore[arg-type]
    )
    return App(paths, settings=settings, backends=backends)


def screen_of(running: App) -> ModelsScreen:
    screen = running.screen
    assert isinstance(screen, ModelsScreen)
    return screen


def about(screen: ModelsScreen) -> str:
    return str(screen.query_one("#about", Static).render())


async def highlight(screen: ModelsScreen, id_: str) -> None:
    view = screen.query_one(OptionList)
    await wait_until(lambda: any(option.id == id_ for option in view.options))
    view.highlighted = view.get_option_index(id_)
    await wait_until(lambda: screen._highlighted_id() == id_)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_sections_and_where_words_go(paths: Paths, size: tuple[int, int]) -> None:
    set_value(
        paths,
        "models.far",
        {"kind": "endpoint", "base_url": "https://api.example.com/v1", "model": "[red]m"},
    )
    async with app(paths).run_test(size=size) as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "row:far")
        await wait_until(lambda: "leaves this machine: api.example.com" in about(screen))
        assert "[red]m" in about(screen)
        await highlight(screen, "row:starter")
        await wait_until(lambda: "stays on this machine" in about(screen))
        ids = [option.id for option in screen.query_one(OptionList).options if option.id]
        first, last = ids.index(f"row:{RECOMMENDED[0].id}"), ids.index("add:provider")
        assert ids.index("row:far") < first < last


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_first_ready_model_is_highlighted_at_once(
    paths: Paths, size: tuple[int, int]
) -> None:
    async with app(paths).run_test(size=size) as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await wait_until(lambda: screen.row and screen.row.spec.ref == "starter")
        assert "stays on this machine" in about(screen)
        assert screen.check_action("test", ())
        assert not screen.check_action("use", ("chat",))  # that is what chat uses already


async def test_one_download_is_suggested_by_mark_word_and_place(paths: Paths) -> None:
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await wait_until(lambda: bool(screen.rows))
        (row,) = [row for row in screen.rows if row.suggested]
        assert row is next(row for row in screen.rows if row.state == "download")
        await highlight(screen, f"row:{row.spec.ref}")
        line = str(screen.query_one(OptionList).get_option(f"row:{row.spec.ref}").prompt)
        assert line.startswith("★")
        assert "suggested" in line
        await wait_until(lambda: "★ Suggested here" in about(screen))


async def test_a_click_chooses_and_a_second_one_acts(paths: Paths, tmp_path: Path) -> None:
    gguf = tmp_path / "a.gguf"
    gguf.write_bytes(b"GGUF")
    set_value(paths, "models.mine", {"kind": "gguf", "path": str(gguf)})
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await wait_until(lambda: screen.row and screen.row.spec.ref == "starter")
        line = screen.query_one(OptionList).get_option_index("row:mine")
        await pilot.click("#list", offset=(6, line))
        await wait_until(lambda: screen.row and screen.row.spec.ref == "mine")
        assert screen.host.settings.chat.model == "starter"
        await pilot.click("#list", offset=(6, line))
        await wait_until(lambda: screen.host.settings.chat.model == "mine")


async def test_add_is_reached_from_any_row(paths: Paths) -> None:
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await wait_until(lambda: screen.row is not None)
        await pilot.press("a")
        await wait_until(lambda: screen._highlighted_id() == "add:provider")
        await pilot.press("a")
        await wait_until(lambda: isinstance(pilot.app.screen, AddModelScreen))


async def test_choosing_a_model_for_a_task(paths: Paths, tmp_path: Path) -> None:
    gguf = tmp_path / "a.gguf"
    gguf.write_bytes(b"GGUF")
    set_value(paths, "models.mine", {"kind": "gguf", "path": str(gguf)})
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "row:mine")
        await pilot.press("x")
        await wait_until(lambda: screen.host.settings.extraction.model == "mine")
        assert screen.host.settings.chat.model == "starter"
        assert load_settings(paths, {}).extraction.model == "mine"


async def test_testing_shows_the_answer_as_plain_text(paths: Paths) -> None:
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "row:starter")
        await pilot.press("t")
        await wait_until(lambda: "ready in" in about(screen))
        assert "Paris [b]is[/b] it." in about(screen)


class Fetch:
    """Stands in for ``download``: goes on when it is told to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.closed = 0
        self.calls = 0

    async def __call__(
        self, entry: Download, models_dir: Path, **_: object
    ) -> AsyncGenerator[Progress, None]:
        self.calls += 1
        models_dir.mkdir(parents=True, exist_ok=True)
        part = models_dir / f".{entry.filename}.abc.part"
        try:
            yield Progress(50, 100, 12.0)
            part.write_bytes(b"half")
            await self.go_on.wait()
            part.unlink()
            (models_dir / entry.filename).write_bytes(b"GGUF")
            yield Progress(100, 100, 0.0, "complete", models_dir / entry.filename)
        finally:
            self.closed += 1


async def test_download_stop_and_resume(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = Fetch()
    monkeypatch.setattr(module, "download", fetch)
    ref = RECOMMENDED[0].id
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, f"row:{ref}")
        await pilot.press("d")
        await wait_until(lambda: "about 12 s left" in about(screen))
        assert not screen.check_action("download", ())
        await pilot.press("s")
        await wait_until(lambda: fetch.closed == 1)
        await wait_until(lambda: screen.row and screen.row.state == "partial")
        fetch.go_on.set()
        await pilot.press("d")
        await wait_until(lambda: screen.row and screen.row.state == "ready")
        assert fetch.calls == 2
        assert screen.progress == {}


async def test_failed_download_is_told(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.errors import UnavailableError

    async def fail(*_: object, **__: object) -> AsyncGenerator[Progress, None]:
        for progress in [Progress(0, 1)]:
            yield progress
            raise UnavailableError("The hub cannot be reached.")

    monkeypatch.setattr(module, "download", fail)
    async with app(paths).run_test(notifications=True) as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, f"row:{RECOMMENDED[0].id}")
        await pilot.press("d")
        await wait_until(
            lambda: any("cannot be reached" in note.message for note in pilot.app._notifications)
        )
        await wait_until(lambda: screen.progress == {})


async def test_adding_an_endpoint_by_form(paths: Paths) -> None:
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "add:endpoint")
        await pilot.press("enter")
        await wait_until(lambda: isinstance(pilot.app.screen, AddModelScreen))
        form = pilot.app.screen
        form.query_one("#base_url", Input).value = "http://127.0.0.1:9/v1"
        form.query_one("#model", Input).value = "m"
        await pilot.press("enter")  # no name yet
        await wait_until(
            lambda: "Give the model a name" in str(form.query_one(".error", Static).render())
        )
        form.query_one("#name", Input).value = "here"
        form.query_one("#key", Input).value = "sk-secret"
        assert form.query_one("#key", Input).password
        await pilot.press("enter")
        await wait_until(lambda: screen.row and screen.row.spec.ref == "here")
        assert screen.host.settings.models["here"].key == "here"
        assert screen.secrets.get("here") == "sk-secret"
        assert "sk-secret" not in paths.config.read_text("utf-8")


async def test_found_model_is_added_with_enter(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.discovery import FoundEndpoint

    async def one(*_: object) -> list[FoundEndpoint]:
        return [FoundEndpoint("ollama", "http://127.0.0.1:11434/v1", ("llama3.2:3b",))]

    monkeypatch.setattr("models.discovery.find_local_endpoints", one)
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "found:http://127.0.0.1:11434/v1 llama3.2:3b")
        await pilot.press("enter")
        await wait_until(lambda: "llama3.2:3b" in screen.host.settings.models)
        assert screen.host.settings.models["llama3.2:3b"].base_url == "http://127.0.0.1:11434/v1"


async def test_model_named_by_its_file_gets_a_short_name(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.discovery import FoundEndpoint

    path = "/home/me/models/Some-3B.Q4_K_M.gguf"

    async def one(*_: object) -> list[FoundEndpoint]:
        return [FoundEndpoint("llama-server", "http://127.0.0.1:8080/v1", (path,))]

    monkeypatch.setattr("models.discovery.find_local_endpoints", one)
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, f"found:http://127.0.0.1:8080/v1 {path}")
        await wait_until(lambda: "llama-server at http://127.0.0.1:8080/v1" in about(screen))
        await pilot.press("enter")
        await wait_until(lambda: "Some-3B.Q4_K_M" in screen.host.settings.models)
        assert screen.host.settings.models["Some-3B.Q4_K_M"].model == path


async def test_removing_asks_first(paths: Paths) -> None:
    entry = {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    set_value(paths, "models.above", entry)
    set_value(paths, "models.far", entry)
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "row:starter")
        await pilot.press("delete")
        assert pilot.app.screen is screen
        await highlight(screen, "row:far")
        await pilot.press("delete")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.click("#confirm")
        await wait_until(lambda: "far" not in screen.host.settings.models)
        # What is near is highlighted, not the first row again.
        await wait_until(lambda: screen.row and screen.row.spec.ref == "above")


async def test_what_a_failed_test_said_can_be_read_again(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.errors import UnavailableError

    async def fail(*_: object) -> AsyncGenerator[str, None]:
        for piece in ["Pa"]:
            yield piece
            raise UnavailableError("Nothing answers there.")

    monkeypatch.setattr(module, "try_out", fail)
    async with app(paths).run_test() as pilot:
        screen = screen_of(pilot.app)  # type: ignore[arg-type]
        await highlight(screen, "row:starter")
        await pilot.press("t")
        await wait_until(lambda: "✗ Nothing answers there." in about(screen))
