"""The part of the Preview step that prepares the files and reads them.

Both are done in threads: putting a donation together takes seconds, cutting a file to lines too if it
is a large one.
"""

from __future__ import annotations

import asyncio
import threading

from textual.content import Content

from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.desk import Desk
from persona_tui.jobs.donation.preview import Hit, StoppedError, is_text, read_for
from persona_tui.jobs.progress import size_text
from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_base import DonatePane
from store import donations
from store.donations import Donation
from widgets.byte_lines import ByteLines
from widgets.byte_view import ByteView
from widgets.line_list import LineList
from widgets.safe import shorten


class PreviewWork(DonatePane):
    """See the module."""

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

    def paint(self) -> None:
        """Show the files, or why there are none."""
        raise NotImplementedError

    async def search(self, words: str) -> None:
        """Look for ``words`` in all files."""
        raise NotImplementedError

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
        (self.view if self.files else self).focus()
        self.read()
        self.paint()

    def left(self) -> None:
        if self.progress is not None:
            self._stop.set()
            self._tried = None  # it begins again when the step is seen again

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
        await self.show_file(line)
        if self.words:
            await self.search(self.words)

    def _file_line(self, number: int, width: int) -> Content:
        path = self.paths[number]
        size = size_text(len(self.files[path]))
        name = shorten(path, width - len(size) - 2)
        return Content.assemble(name, " " * (width - len(name) - len(size) - 1), (size, "dim"))

    async def show_file(self, line: int = 0) -> None:
        """Show the file under the cursor, at its ``line``."""
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
            self.giving.start(self.prepare(desk.draft), group="donate-prepare")

    async def prepare(self, draft: Donation, path: str = "", line: int = 0) -> None:
        """Put the files together, and show the one at ``path``."""
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
