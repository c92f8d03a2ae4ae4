"""Step 3: the exact bytes of every file that would be given."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input, Static

from persona_tui.jobs.donation.preview import (
    MOST_HITS,
    ROW_IDS,
    find,
    is_text,
    row_of,
    take_out,
)
from persona_tui.jobs.progress import size_text
from persona_tui.screens.base import FOOTER_FULL_FROM
from persona_tui.screens.donate_preview_work import PreviewWork
from widgets.byte_view import ByteView
from widgets.line_list import LineList
from widgets.safe import counted

SHOW_SECONDS = 0.2
"""Between two looks at how far the thread is."""


class PreviewPane(PreviewWork):
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
        if not self.is_attached:  # the program ended while a thread worked
            return
        there = bool(self.files) and self.progress is None
        self.query_one(".both").display = there
        nothing = self.query_one(".nothing", Static)
        nothing.display = not there
        nothing.update(self._nothing())
        self._keep_keys(there)
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

    def _keep_keys(self, there: bool) -> None:
        focused = self.screen.focused
        if self.shown and not there and not isinstance(focused, Input):
            self.focus()
        elif self.shown and there and focused in (None, self):
            self.view.focus()

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
            self.giving.start(self.show_file(self.view.line), group="donate-file")

    def on_line_list_moved(self, event: LineList.Moved) -> None:
        event.stop()
        if event.view is self.list:
            self.giving.start(self.show_file(), group="donate-file")
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
        self.giving.start(self.search(event.value), group="donate-search")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.view.focus()
        if self.hits:
            self.giving.start(self._go(max(0, self.at)), group="donate-file")

    async def search(self, words: str) -> None:
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
            await self.show_file(hit.line)
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
        await self.prepare(done, path, line)

    def action_copy(self) -> None:
        lines = self.view.lines
        if lines is not None and is_text(self.path):
            self.app.copy_to_clipboard(lines.line(self.view.line))
            self.host.tell("Copied: the line of the file, as it is.")
