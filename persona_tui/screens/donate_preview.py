"""Step 3: the exact bytes of every file that would be given."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from persona_tui.jobs import donating
from persona_tui.jobs.donation_desk import Desk
from persona_tui.jobs.donation_preview import (
    MOST_HITS,
    ROW_IDS,
    Hit,
    StoppedError,
    find,
    is_text,
    read_for,
    row_of,
    take_out,
)
from persona_tui.jobs.progress import size_text
from persona_tui.screens import donate_text as texts
from persona_tui.screens.base import FOOTER_FULL_FROM
from persona_tui.screens.donate_base import DonatePane
from store import donations
from store.donations import Donation
from widgets.byte_lines import ByteLines
from widgets.byte_view import ByteView
from widgets.line_list import LineList
from widgets.safe import counted, shorten

SHOW_SECONDS = 0.2
"""Between two looks at how far the thread is."""


class PreviewPane(DonatePane):
    """See the module."""

    STEP = "Preview"
    DEFAULT_CSS = """
    PreviewPane > .top { height: 1; padding: 0 1; }
    PreviewPane > .top > .standing { width: 1fr; text-style: bold; }
    PreviewPane > .top > .at { width: auto; color: $text-muted; }
    PreviewPane > .find { height: 1; padding: 0 1; display: none; }
    PreviewPane > .find.-open { display: block; }
    PreviewPane > .find > .label { width: auto; color: $text-muted; padding-right: 1; }
    PreviewPane > .find > .count { width: auto; color: $text-muted; padding-left: 2; }
    PreviewPane > .find > Input {
        width: 1fr; height: 1; border: none; padding: 0 1; background: $boost;
        &:focus { background: $primary 20%; }
    }
    PreviewPane > .nothing { height: 1fr; padding: 1; color: $text-muted; }
    PreviewPane > .both { height: 1fr; layout: vertical; margin-top: 1; }
    PreviewPane > .both > #files { height: 6; margin-bottom: 1; }
    PreviewPane.-wide > .both { layout: horizontal; }
    PreviewPane.-wide > .both > #files { width: 44; height: 1fr; margin: 0 1 0 0; }
    PreviewPane > .both > ByteView { width: 1fr; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", tooltip="In all files", id="donate_preview.search"),
        Binding("n", "next(1)", "Next", tooltip="The next place", id="donate_preview.next"),
        Binding("N", "next(-1)", "The place before", show=False, id="donate_preview.before"),
        Binding("d", "delete", "Delete row", tooltip="Take the row under the cursor out", id="donate_preview.delete"),
        Binding("p", "prepare", "Prepare anew", tooltip="Other random ids, another order", id="donate_preview.prepare"),
        Binding("y", "copy", "Copy", tooltip="Copy the line under the cursor", id="donate_preview.copy"),
        Binding("escape", "leave", "Stop; leave the search", show=False, id="donate_preview.leave"),
        Binding("tab", "other", "Files, bytes", show=False, id="donate_preview.other"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="preview")
        self.files: dict[str, bytes] = {}
        self.paths: list[str] = []
        self.hits: list[Hit] = []
        self.at = -1
        """The hit that is shown."""
        self.words = ""
        self.note = ""
        self.progress: tuple[int, int] | None = None
        """How far preparing is; ``None``: nothing is prepared."""
        self.refused = ""
        """Why it could not be prepared."""
        self._manifest: str | None = None
        """Of the files that are shown."""
        self._tried: object = None
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield Static(classes="standing", markup=False)
            yield Static(classes="at", markup=False)
        with Horizontal(classes="find"):
            yield Static("Find", classes="label")
            yield Input(placeholder="words in all files", compact=True)
            yield Static(classes="count", markup=False)
        yield Static(classes="nothing", markup=False)
        with Container(classes="both"):
            yield LineList(id="files")
            yield ByteView(id="bytes")
        yield Static(classes="note line warn", markup=False)

    def on_mount(self) -> None:
        self.set_interval(SHOW_SECONDS, self._show_work)
        self.paint()

    @property
    def list(self) -> LineList:
        """The files."""
        return self.query_one("#files", LineList)

    @property
    def view(self) -> ByteView:
        """The bytes."""
        return self.query_one(ByteView)

    @property
    def path(self) -> str:
        """The file that is shown."""
        at = self.list.cursor
        return self.paths[at] if 0 <= at < len(self.paths) else ""

    # --- reading and preparing ------------------------------------------------------------------

    def show_desk(self, desk: Desk) -> None:
        draft = desk.draft
        if self._manifest is not None and (
            draft is None or draft.manifest_sha256 != self._manifest
        ):
            self._manifest, self.files, self.paths, self.hits, self.at = None, {}, [], [], -1
        if self.shown:
            self.read()
        self.paint()

    def entered(self) -> None:
        self.view.focus()
        self.read()

    def left(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        """End what the thread does."""
        self._stop.set()

    def state(self) -> str:
        desk = self.giving.desk
        return "✓" if desk is not None and desk.draft and desk.draft.manifest_sha256 else ""

    def read(self) -> None:
        """Read the prepared files; prepare them, if there are none."""
        desk = self.giving.desk
        draft = desk.draft if desk is not None else None
        if draft is None:
            self.paint()
        elif draft.manifest_sha256 is None:
            if self.progress is None and self._tried != (draft.donation_id, draft.updated_at):
                self.action_prepare()
        elif draft.manifest_sha256 != self._manifest:
            self.giving.start(self._read(draft), group="donate-files")

    async def _read(self, draft: Donation, path: str = "", line: int = 0) -> None:
        path = path or self.host.ui_state.values.get("donate.file", "")
        self.files = await self.host.db.run(donations.files, draft.donation_id)
        self._manifest = draft.manifest_sha256
        # The rows first: they are what is about the person.
        self.paths = sorted(self.files, key=lambda one: (not one.endswith(".jsonl"), one))
        at = self.paths.index(path) if path in self.paths else 0
        with self.prevent(LineList.Moved):
            self.list.fill(len(self.paths), self._file_line, cursor=at)
        self.paint()
        await self._show_file(line)
        if self.words:
            await self._search(self.words)

    def _file_line(self, number: int, width: int) -> Content:
        path = self.paths[number]
        size = size_text(len(self.files[path]))
        name = shorten(path, width - len(size) - 2)
        return Content.assemble(name, " " * (width - len(name) - len(size) - 1), (size, "dim"))

    async def _show_file(self, line: int = 0) -> None:
        path, room = self.path, self.view.text_room
        if not path:
            self.view.show(None)
            return
        lines = await asyncio.to_thread(ByteLines, self.files[path], room, text=is_text(path))
        if path == self.path:  # not another one meanwhile
            self.view.show(lines, line=line)
            self.host.ui_state.values["donate.file"] = path
            self.paint()

    def action_prepare(self) -> None:
        desk = self.giving.desk
        if desk is not None and desk.draft is not None:
            self._stop.set()
            self.giving.start(self._prepare(desk.draft), group="donate-prepare")

    async def _prepare(self, draft: Donation, path: str = "", line: int = 0) -> None:
        stop = self._stop = threading.Event()

        def tell(done: int, total: int) -> None:
            if stop.is_set():
                raise StoppedError
            self.progress = (done, total)

        self._tried = (draft.donation_id, draft.updated_at)
        self.progress, self.refused, self.note = (0, 0), "", ""
        self.paint()
        config = self.giving.config
        try:
            material = await self.host.db.run(read_for, draft)
            made = await asyncio.to_thread(donating.make, material, config, tell=tell)
        except StoppedError:
            self.refused = "Stopped. p prepares it."
            return
        except Exception as error:
            self.refused = str(error)
            raise
        finally:
            stop.set()
            if self._stop is stop:
                self.progress = None
            self.paint()
        kept = await self.giving.run_on_draft(
            lambda store, _seen: donating.keep(store, draft.donation_id, made, material)
        )
        if kept is None:
            return
        self.note = texts.held_back(len(made.held_back))
        self._tried = None
        self.giving.show_steps()
        await self._read(kept, path, line)

    # --- showing --------------------------------------------------------------------------------

    def _show_work(self) -> None:
        if self.shown and self.progress is not None:
            self.query_one(".nothing", Static).update(self._nothing())

    def _nothing(self) -> str:
        desk = self.giving.desk
        if self.progress is not None:
            done, total = self.progress
            share = f" {100 * done // total} %" if total else ""
            return f"Preparing the files{share} … Esc stops. Nothing is sent."
        if desk is None or desk.draft is None:
            return "Nothing is chosen yet: begin with step 1."
        return self.refused or "Reading …"

    def paint(self) -> None:
        """Show the files, or why there are none."""
        there = bool(self.files) and self.progress is None
        self.query_one(".both").display = there
        nothing = self.query_one(".nothing", Static)
        nothing.display = not there
        nothing.update(self._nothing())
        standing = ""
        if there:
            total = size_text(sum(map(len, self.files.values())))
            standing = f"{counted(len(self.files), 'file')}, {total}: exactly what would be given"
        self.query_one(".standing", Static).update(standing)
        lines = self.view.lines
        at = ""
        if there and lines is not None and is_text(self.path):
            at = f"line {self.view.line + 1:,} of {lines.line_of(lines.count - 1) + 1:,}"
        self.query_one(".at", Static).update(at)
        desk = self.giving.desk
        note = self.note
        if desk is not None and not desk.open:
            note = "Signed: this is what was signed. Cancel it (step 4) to change it."
        self.query_one(".note", Static).update(note)
        self.query_one(".count", Static).update(self._count())
        self.refresh_bindings()

    def _count(self) -> str:
        if not self.words:
            return "Parquet holds the same rows"
        if not self.hits:
            return "found nowhere"
        more = "+" if len(self.hits) == MOST_HITS else ""
        return f"{self.at + 1:,} of {len(self.hits):,}{more}"

    def on_resize(self) -> None:
        self.set_class(self.size.width >= FOOTER_FULL_FROM, "-wide")

    def on_byte_view_resized(self, event: ByteView.Resized) -> None:
        """Cut the lines anew."""
        event.stop()
        if self.files:
            self.giving.start(self._show_file(self.view.line), group="donate-file")

    def on_line_list_moved(self, event: LineList.Moved) -> None:
        event.stop()
        if event.view is self.list:
            self.giving.start(self._show_file(), group="donate-file")
        else:
            self.paint()

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        if event.view is self.list and event.x < 0:
            self.view.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.screen.focused, Input)
        desk = self.giving.desk
        can = desk is not None and desk.draft is not None and desk.open and self.progress is None
        if action == "leave":
            return self.progress is not None or typing or bool(self.words)
        if action == "prepare":
            return can and not typing
        if action == "delete":
            return can and not typing and bool(self.files) and self.path in ROW_IDS
        if action == "next":
            return bool(self.hits) and not typing
        return bool(self.files) and self.progress is None and not typing

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def action_other(self) -> None:
        (self.list if self.screen.focused is self.view else self.view).focus()

    # --- finding --------------------------------------------------------------------------------

    def action_search(self) -> None:
        self.query_one(".find").add_class("-open")
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        if self.progress is not None:
            self._stop.set()
            return
        self.query_one(".find").remove_class("-open")
        self.query_one(Input).value = ""
        self.view.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.words = event.value
        self.giving.start(self._search(event.value), group="donate-search")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.view.focus()
        if self.hits:
            self.giving.start(self._go(max(0, self.at)), group="donate-file")

    async def _search(self, words: str) -> None:
        files = {path: self.files[path] for path in self.paths}
        hits = await asyncio.to_thread(find, files, words)
        self.hits, self.at = hits, 0 if hits else -1
        self.view.mark(words)
        self.paint()

    def action_next(self, by: int) -> None:
        if self.hits:
            self.giving.start(self._go((self.at + by) % len(self.hits)), group="donate-file")

    async def _go(self, at: int) -> None:
        hit = self.hits[at]
        self.at = at
        if hit.path != self.path:
            with self.prevent(LineList.Moved):
                self.list.cursor = self.paths.index(hit.path)
            await self._show_file(hit.line)
        self.view.go_to(hit.line)
        self.paint()

    # --- rows -----------------------------------------------------------------------------------

    def action_delete(self) -> None:
        self.giving.start(self._delete(), group="donate-delete")

    async def _delete(self) -> None:
        path, line = self.path, self.view.line
        row = row_of(self.files, path, line)
        if row is None:
            self.host.tell("There is no row here that can be taken out.")
            return
        done = await self.giving.run_on_draft(partial(take_out, row_id=row))
        if done is None:
            return
        self.host.tell("Taken out, with what refers to it; the files are prepared anew.")
        await self._prepare(done, path, line)

    def action_copy(self) -> None:
        lines = self.view.lines
        if lines is not None and is_text(self.path):
            self.app.copy_to_clipboard(lines.line(self.view.line))
            self.host.tell("Copied: the line of the file, as it is.")
