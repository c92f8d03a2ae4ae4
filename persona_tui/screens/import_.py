"""The Import dialog: choose a file, watch it go in, read what was left out.

The import runs in a thread with a store of its own, so that the chat beside it stays immediate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import unquote, urlsplit

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, DirectoryTree, Input, ProgressBar, Select, Static
from textual.worker import Worker, get_current_worker

from persona_tui.importers.base import FORMATS
from persona_tui.screens.base import HostApp, is_expected
from widgets.safe import counted, plain

if TYPE_CHECKING:
    from persona_tui.jobs.importing import ImportProgress, ImportReport
    from store.records import ImportCounts

_LISTED = 200
_KEYS = {
    "choose": "Tab to the files · F1 help · Esc closes",
    "running": "F1 help · Esc stops",
    "report": "F1 help · Esc closes",
}
_NAMES = {
    "chatgpt": "ChatGPT",
    "claude": "Claude",
    "wildchat": "WildChat",
    "sharegpt": "ShareGPT",
    "openai": "OpenAI-style JSONL",
    "llm": "llm logs database",
    "markdown": "Markdown or text transcript",
}


def typed_path(text: str) -> Path:
    """The path that a person typed, pasted or dropped: quotes, ``file://`` and ``~`` are undone."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:  # nobody of that name
            return path
    if "\\" in text and not _exists(path):
        unescaped = Path(text.replace("\\ ", " ").replace("\\(", "(").replace("\\)", ")"))
        return unescaped if _exists(unescaped) else path
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


class PathSuggester(Suggester):
    """Completes a path with the first entry that begins like it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(_completed, value)


def _completed(value: str) -> str | None:
    folder, _, begun = value.rpartition("/")
    if not begun:
        return None
    try:
        where = typed_path(f"{folder}/")
        names = sorted(e.name for e in where.iterdir() if e.name.startswith(begun))
    except (OSError, ValueError):
        return None
    return f"{value}{names[0][len(begun) :]}" if names else None


class ExportTree(DirectoryTree):
    """Files and folders without the hidden ones."""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        return [path for path in paths if not path.name.startswith(".")]


class ImportScreen(ModalScreen["ImportReport | None"]):
    """Dismisses with the report of the last import, or None if nothing was imported."""

    HELP = """
Choose a file, a folder, or the zip that ChatGPT or Claude sent you; the format is found out.
Importing the same again adds nothing; a chat that has grown is brought up to date and keeps its
judgments. You can stop at any time: what is in stays in, and importing again goes on.
"""
    DEFAULT_CSS = """
    ImportScreen { align: center middle; }
    ImportScreen > Vertical {
        width: 84;
        max-width: 96%;
        height: 28;
        max-height: 96%;
        padding: 0 2;
        border: round $primary;
        border-title-color: $primary;
        background: $surface;
    }
    ImportScreen > Vertical { border-subtitle-color: $text-muted; }
    ImportScreen Input, ImportScreen Select { margin-bottom: 1; }
    ImportScreen DirectoryTree { height: 1fr; min-height: 4; background: transparent; }
    ImportScreen .problem { color: $text-error; height: auto; max-height: 5; }
    ImportScreen #running, ImportScreen #report { height: 1fr; }
    ImportScreen ProgressBar { margin: 1 0; width: 1fr; }
    ImportScreen Bar { width: 1fr; }
    ImportScreen .buttons { height: auto; align-horizontal: right; }
    ImportScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop or close", id="import.leave"),
        Binding("f1", "app.show_help", "Help", id="import.help"),
    ]

    class Stepped(Message):
        """The thread got further. Messages, not calls: a call would wait for an app that quits."""

        def __init__(self, step: ImportProgress, job: Worker[None]) -> None:
            super().__init__()
            self.step, self.job = step, job

    class Failed(Message):
        """The thread gave up."""

        def __init__(self, error: Exception, job: Worker[None]) -> None:
            super().__init__()
            self.error, self.job = error, job

    def __init__(self, start: Path | None = None) -> None:
        super().__init__()
        self.start_folder = start
        self.report: ImportReport | None = None
        self.progress: ImportProgress | None = None
        self._job: Worker[None] | None = None
        self._stopped: Worker[None] | None = None
        """The one that was told to stop: what it had under way still goes in, and is said."""

    # --- what is seen -----------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        folder = self.start_folder or _downloads()
        with Vertical() as box:
            box.border_title = "Import chats"
            with Vertical(id="choose"):
                yield Input(
                    placeholder="Path of a file, folder or zip (→ completes)",
                    suggester=PathSuggester(),
                    id="path",
                )
                yield ExportTree(folder, id="tree")
                yield Select(
                    [(_NAMES[name], name) for name in FORMATS],
                    prompt="Format: found out by itself",
                    id="format",
                    compact=True,
                )
                yield Static(classes="problem", markup=False)
            with Vertical(id="running"):
                yield Static(id="what", markup=False)
                yield ProgressBar(show_eta=False, id="bar")
                yield Static(id="counts", markup=False)
            with VerticalScroll(id="report"):
                yield Static(id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Close", id="leave", compact=True)
                yield Button("Import", id="import", variant="primary", compact=True)

    def on_mount(self) -> None:
        self._show("choose")
        self.query_one("#path", Input).focus()

    def _show(self, part: str) -> None:
        for name in ("choose", "running", "report"):
            self.query_one(f"#{name}").display = name == part
        self.query_one(Vertical).border_subtitle = _KEYS[part]
        self.query_one("#leave", Button).label = "Stop" if part == "running" else "Close"
        go = self.query_one("#import", Button)
        go.display = part != "running"
        go.label = "Import another" if part == "report" else "Import"

    def _problem(self, text: str) -> None:
        problem = self.query_one(".problem", Static)
        problem.update(plain(text))
        problem.display = bool(text)

    # --- what is done -----------------------------------------------------------------------

    @on(DirectoryTree.FileSelected)
    @on(DirectoryTree.DirectorySelected)
    def _take(self, event: DirectoryTree.FileSelected | DirectoryTree.DirectorySelected) -> None:
        event.stop()
        field = self.query_one("#path", Input)
        field.value = str(event.path)
        field.cursor_position = len(field.value)

    @on(Input.Submitted)
    @on(Button.Pressed, "#import")
    def _begin(self) -> None:
        if self.query_one("#report").display:
            self._show("choose")
            self.query_one("#path", Input).focus()
            return
        text = self.query_one("#path", Input).value
        if not text.strip():
            self._problem("Choose a file or folder first.")
            return
        chosen = self.query_one("#format", Select).value
        self._problem("")
        self._show("running")
        self.query_one("#what", Static).update(plain(f"Opening {text.strip()}", one_line=True))
        self.query_one("#bar", ProgressBar).update(total=None)
        self.query_one("#counts", Static).update("")
        self.progress = None
        self._stopped = None
        path, name = typed_path(text), chosen if isinstance(chosen, str) else None
        self._job = self.run_worker(
            lambda: self._work(path, name), thread=True, exclusive=True, exit_on_error=False
        )

    def _work(self, path: Path, name: str | None) -> None:
        """In the thread: import, and tell the screen."""
        from persona_tui.jobs.importing import import_path
        from store.db import open_store

        worker = get_current_worker()
        try:
            with open_store(cast("HostApp", self.app).paths.database) as store:
                steps = cast(
                    "Generator[ImportProgress, None, None]", import_path(store, path, format=name)
                )
                with closing(steps):
                    for step in steps:
                        self.post_message(self.Stepped(step, worker))
                        if worker.is_cancelled:
                            break
        except Exception as error:  # noqa: BLE001 - told in the dialog, never a traceback on screen
            self.post_message(self.Failed(error, worker))

    def on_import_screen_stepped(self, event: Stepped) -> None:
        """Show how far it is."""
        from persona_tui.jobs.progress import size_text, time_text

        event.stop()
        step = event.step
        if event.job is self._stopped:
            self.progress = step
            self._say_stopped()
        if event.job is not self._job:
            return
        self.progress = step
        if step.report is not None:
            self._finished(step.report)
            return
        what = f"{_NAMES.get(step.format, step.format)}: {step.file}"
        self.query_one("#what", Static).update(plain(what, one_line=True))
        self.query_one("#bar", ProgressBar).update(total=max(1, step.total), progress=step.done)
        left = time_text(step.seconds_left)
        parts = [
            f"{size_text(step.done)} of {size_text(step.total)}",
            *([left] if left else []),
            *([f"{step.skipped:,} skipped"] if step.skipped else []),
        ]
        self.query_one("#counts", Static).update(f"{_went_in(step.counts)}\n{' · '.join(parts)}")

    def _finished(self, report: ImportReport) -> None:
        self._job = None
        self.report = report
        lines = [_went_in(report.counts)]
        if report.skipped_total:
            lines += ["", f"Left out: {report.skipped_total:,}"]
            lines += [
                plain(f"· {item.position}: {item.reason}", one_line=True)
                for item in report.skipped[:_LISTED]
            ]
            if report.skipped_total > _LISTED:
                lines.append(f"… and {report.skipped_total - _LISTED:,} more.")
        self.query_one("#said", Static).update("\n".join(lines))
        self._show("report")
        self.query_one("#leave", Button).focus()

    def on_import_screen_failed(self, event: Failed) -> None:
        """Say why, and offer to choose again."""
        event.stop()
        if event.job is not self._job:
            return
        error = event.error
        self._job = None
        self._show("choose")
        if is_expected(error):
            self._problem(str(error).replace(" (--format)", ""))
        else:
            from persona_tui.logs import record_crash

            where = record_crash(error)
            self._problem(f"The import failed ({type(error).__name__}); details are in {where}.")
        self.query_one("#path", Input).focus()

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Stop a running import, or close."""
        if self._job is None:
            self.dismiss(self.report)
            return
        self._job.cancel()
        self._job, self._stopped = None, self._job
        self._say_stopped()
        self._show("report")
        self.query_one("#leave", Button).focus()

    def _say_stopped(self) -> None:
        kept = _went_in(self.progress.counts) if self.progress else "Nothing went in."
        self.query_one("#said", Static).update(
            f"Stopped. {kept} Import the same again to go on where it stopped."
        )


def _went_in(counts: ImportCounts) -> str:
    return (
        f"{counted(counts.added, 'conversation')} added, {counts.updated:,} updated, "
        f"{counts.unchanged:,} unchanged; {counted(counts.messages_added, 'message')} added."
    )


def _downloads() -> Path:
    home = Path.home()
    return home / "Downloads" if _exists(home / "Downloads") else home
