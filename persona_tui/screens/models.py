"""Models: what is ready, what can be downloaded, what runs here already, and adding more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from models.catalogue import host_of
from models.download import Progress, discard_partial, download, hub_address
from models.secrets import Secrets
from persona_tui.config_file import remove_model, set_values
from persona_tui.config_text import joined
from persona_tui.jobs.models import ModelRow, TestResult, rows, try_out
from persona_tui.screens import models_text as text
from persona_tui.screens.add_model import ADD, AddModelScreen, NewModel
from persona_tui.screens.base import PersonaScreen, is_expected
from persona_tui.screens.model_list import ModelList
from persona_tui.screens.models_text import FoundModel


class ModelsScreen(PersonaScreen):
    """The list of models, with what can be done with the one that is highlighted."""

    MODE = "models"
    NAME = "Models"
    HELP = text.HELP
    DEFAULT_CSS = """
    ModelsScreen #body { layout: vertical; height: 1fr; }
    ModelsScreen ModelList { margin: 0 1 0 2; }
    ModelsScreen #details {
        height: auto; min-height: 5; max-height: 11;
        border-top: solid $foreground 20%; padding: 0 2; background: $background;
    }
    ModelsScreen.-wide #body { layout: horizontal; }
    ModelsScreen.-wide ModelList { width: 1fr; height: 100%; margin: 1 1 0 2; }
    ModelsScreen.-wide #details {
        width: 40; height: 100%; max-height: 100%; padding: 1 2;
        border-top: none; border-left: vkey $foreground 20%;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "download", "Download", id="models.download"),
        Binding("s", "stop", "Stop", id="models.stop"),
        Binding("c", "use('chat')", "Use to chat", id="models.use_chat"),
        Binding("x", "use('extraction')", "Use to extract", id="models.use_extraction"),
        Binding("t", "test", "Test", id="models.test"),
        Binding("k", "key", "Key", id="models.key"),
        Binding("a", "add", "Add", id="models.add"),
        Binding("delete", "remove", "Remove", id="models.remove"),
        Binding("r", "look_again", "Look again", id="models.look_again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ModelRow] = []
        self.found: list[FoundModel] | None = None
        """``None`` while it is being looked for."""
        self.progress: dict[str, Progress] = {}
        """Of the downloads under way, by ref."""
        self.results: dict[str, str] = {}
        self._list_width = 0

    def compose_body(self) -> ComposeResult:
        with Container(id="body"):
            yield ModelList(id="list", compact=True)
            with VerticalScroll(id="details", can_focus=False):
                yield Static(id="about", markup=False)

    # --- the list ---------------------------------------------------------------------------

    async def load(self) -> None:
        await self._refresh_rows()
        self.query_one(OptionList).focus()
        if self.found is None:
            self.start(self._look(), group="look")

    async def _refresh_rows(self) -> None:
        self.rows = await asyncio.to_thread(rows, self.host.settings, self.host.paths)
        self._fill()

    async def _look(self) -> None:
        """Ask this machine's default ports, once a visit: the person opened this screen."""
        from models.discovery import find_local_endpoints

        endpoints = await find_local_endpoints()
        self.found = [FoundModel(one, model) for one in endpoints for model in one.models]
        self._fill()

    def on_resize(self) -> None:
        if self.query_one(OptionList).size.width != self._list_width:
            self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        """Write the list anew and keep the highlight where it was."""
        view = self.query_one(OptionList)
        self._list_width = view.size.width
        if not self.rows:
            return
        width = self._width()
        columns = text.Columns.fitting(self.rows, width)
        before, place = self._highlighted_id(), view.highlighted or 0
        options: list[Option] = [Option(text.heading("Ready", first=True), disabled=True)]
        ready = [row for row in self.rows if row.state in ("ready", "missing")]
        options += [self._option(row, width) for row in ready]
        note = "the most capable that fits first"
        if any(row.suggested for row in self.rows):
            note = "★ to begin with here, then the most capable that fits"
        options.append(Option(text.heading("Recommended downloads", note), disabled=True))
        options += [self._option(row, width) for row in self.rows if row not in ready]
        there = {(row.spec.base_url, row.spec.model) for row in self.rows}
        fresh = [o for o in self.found or () if (o.endpoint.base_url, o.model) not in there]
        note = "looking …" if self.found is None else "" if fresh else "nothing answered"
        note = "nothing new" if self.found and not fresh else note
        options.append(Option(text.heading("Found on this machine", note), disabled=True))
        for found in fresh:
            options.append(Option(text.found_line(found, width, columns), id=found.option_id))
        options.append(Option(text.heading("Add"), disabled=True))
        options += [Option(f"  + {label}", id=f"add:{kind}") for kind, label in ADD]
        view.set_options(options)
        ids = [option.id for option in options]
        if before and before in ids:
            place = ids.index(before)
        near = (index for index, id_ in enumerate(ids) if id_)
        view.highlighted = min(near, key=lambda index: abs(index - place))
        self._describe()

    def _option(self, row: ModelRow, width: int) -> Option:
        return Option(self._line(row, width), id=f"row:{row.spec.ref}")

    def _line(self, row: ModelRow, width: int) -> Content:
        columns = text.Columns.fitting(self.rows, width)
        return text.row_line(row, self.progress.get(row.spec.ref), width, columns)

    def _width(self) -> int:
        """Cells of a line; the scroll bar's place is kept free."""
        return max(40, self.query_one(OptionList).scrollable_content_region.width - 1)

    def _highlighted_id(self) -> str | None:
        view = self.query_one(OptionList)
        if view.highlighted is None or not view.option_count:
            return None
        return view.get_option_at_index(view.highlighted).id

    @property
    def row(self) -> ModelRow | None:
        """The highlighted model, if it is one of the catalogue's or one's own."""
        id_ = self._highlighted_id() or ""
        return next((row for row in self.rows if f"row:{row.spec.ref}" == id_), None)

    @property
    def found_row(self) -> FoundModel | None:
        """The highlighted model of a local endpoint."""
        id_ = self._highlighted_id()
        return next((one for one in self.found or () if one.option_id == id_), None)

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        row, about = self.row, self.query_one("#about", Static)
        progress = self.progress.get(row.spec.ref) if row else None
        if row is not None:
            hub = host_of(hub_address(self.host.settings.downloads.endpoint))
            result = self.results.get(row.spec.ref, "")
            about.update(text.row_details(row, progress, result, hub))
        elif self.found_row is not None:
            about.update(text.found_details(self.found_row))
        elif self._highlighted_id() is None:
            about.update("")
        else:
            about.update("Enter opens a form. Nothing is sent before you use or test the model.")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self.row if self.is_mounted else None
        busy = row is not None and row.spec.ref in self.progress
        ready = row is not None and row.state == "ready"
        if action == "download":
            return row is not None and row.state in ("download", "partial") and not busy
        if action == "stop":
            return busy
        if action == "use":
            return ready and row is not None and parameters[0] not in row.used_for
        if action == "test":
            return ready
        if action == "key":
            return row is not None and row.spec.key_name is not None
        if action == "remove":
            return (
                row is not None
                and row.spec.ref != "starter"
                and not busy
                and row.state != "download"
            )
        return super().check_action(action, parameters)

    @on(OptionList.OptionSelected)
    async def _selected(self) -> None:
        """Enter or click: the first thing that can be done."""
        if self.row is None:
            self.action_add()
        elif self.check_action("download", ()):
            self.action_download()
        elif self.check_action("use", ("chat",)):
            await self.action_use("chat")
        elif self.row.state == "ready":
            self.host.tell(f"Chat uses {self.row.spec.name} already; press t to test it.")

    # --- what can be done -------------------------------------------------------------------

    async def action_use(self, task: str) -> None:
        """Let a task use the highlighted model from now on."""
        row = self.row
        if row is None:
            return
        ref = row.spec.ref
        await self.host.guarded(self._change({f"{task}.model": ref}))
        doing = "Chat" if task == "chat" else "Extraction"
        self.host.tell(f"{doing} uses {row.spec.name} now ({row.spec.where}).")

    async def _change(self, changes: dict[str, object]) -> None:
        await asyncio.to_thread(set_values, self.host.paths, changes)
        await self.host.reload_settings()
        await self._refresh_rows()

    def action_download(self) -> None:
        row = self.row
        if row is not None and row.download is not None and row.spec.ref not in self.progress:
            size = row.download.size_bytes
            self.progress[row.spec.ref] = Progress(row.fetched_bytes, size, note="asking the hub")
            self.start(self._download(row), group=f"download:{row.spec.ref}")
            self._fill()

    async def _download(self, row: ModelRow) -> None:
        entry, ref, settings = row.download, row.spec.ref, self.host.settings.downloads
        if entry is None:
            return
        try:
            token = None
            if settings.key:
                token = await asyncio.to_thread(self.host.backends.secrets.get, settings.key)
            stream = download(
                entry, self.host.paths.models, endpoint=settings.endpoint, token=token
            )
            async with aclosing(stream):
                async for progress in stream:
                    self.progress[ref] = progress
                    self._show_progress(ref)
            self.host.tell(f"{entry.name} is ready; press c to chat with it.")
        finally:
            self.progress.pop(ref, None)
            if self.is_attached:
                self.call_later(self._refresh_rows)

    def _show_progress(self, ref: str) -> None:
        row = next((row for row in self.rows if row.spec.ref == ref), None)
        view = self.query_one(OptionList)
        if row is None or not self.is_current:
            return
        view.replace_option_prompt(f"row:{ref}", self._line(row, self._width()))
        if row is self.row:
            self._describe()

    def action_stop(self) -> None:
        """Stop the highlighted download; what was fetched is kept."""
        row = self.row
        if row is not None:
            self.workers.cancel_group(self, f"download:{row.spec.ref}")
            self.host.tell("Stopped; what was fetched is kept. Press d to go on.")

    async def before_quit(self) -> None:
        for ref in list(self.progress):
            waits = [one.wait() for one in self.workers.cancel_group(self, f"download:{ref}")]
            ends = asyncio.gather(*waits, return_exceptions=True)  # they end as cancelled
            with suppress(TimeoutError):
                await asyncio.wait_for(ends, timeout=2)

    def action_test(self) -> None:
        if self.row is not None:
            self.start(self._test(self.row), group="test")

    async def _test(self, row: ModelRow) -> None:
        ref = row.spec.ref
        answer = ""
        self.results[ref] = f"Asking {row.spec.where} …"
        self._describe()
        try:
            async with aclosing(try_out(self.host.backends.get(ref))) as stream:
                async for piece in stream:
                    if isinstance(piece, TestResult):
                        self.results[ref] = f"“{piece.answer}”\n{text.result_text(piece)}"
                    else:
                        answer += piece
                        self.results[ref] = f"“{answer}…"
                    self._describe()
        except BaseException as error:
            self.results.pop(ref, None)
            if is_expected(error):  # what is told in passing can be read again
                self.results[ref] = f"✗ {error}"
            self._describe()
            raise

    def action_key(self) -> None:
        from persona_tui.screens.key_entry import KeyEntryScreen

        row = self.row
        if row is not None and row.spec.key_name:
            self.app.push_screen(KeyEntryScreen(row.spec.key_name, self.secrets))

    @property
    def secrets(self) -> Secrets:
        """Where keys come from."""
        return self.host.backends.secrets

    def action_add(self) -> None:
        """Open the highlighted form, add the highlighted model, or go to where one can add."""
        found = self.found_row
        if found is not None:
            self.start(self._add_found(found), group="add")
            return
        id_ = self._highlighted_id() or ""
        for kind, _ in ADD:
            if id_ == f"add:{kind}":
                self.app.push_screen(AddModelScreen(kind, self.host.settings), self._filled_in)
                return
        view = self.query_one(OptionList)
        view.highlighted = view.get_option_index(f"add:{ADD[0][0]}")

    async def _add_found(self, found: FoundModel) -> None:
        name = "".join(c if c.isalnum() or c in "-_.:" else "-" for c in found.short_name)
        taken = {row.spec.ref for row in self.rows}
        name = name if name not in taken else f"{found.endpoint.kind}-{name}"
        url = found.endpoint.base_url
        entry: dict[str, object] = {"kind": "endpoint", "base_url": url, "model": found.model}
        await self._add(NewModel(name, entry))

    def _filled_in(self, new: NewModel | None) -> None:
        if new is not None:
            self.start(self._add(new), group="add")

    async def _add(self, new: NewModel) -> None:
        await self._change({joined("models", new.name): new.entry})
        key_name = new.entry.get("key")
        if new.key and isinstance(key_name, str):
            await asyncio.to_thread(self.secrets.set_session, key_name, new.key)
        view = self.query_one(OptionList)
        view.highlighted = view.get_option_index(f"row:{new.name}")
        self.host.tell(f"Added {new.name}; press t to test it, c to chat with it.")

    def action_remove(self) -> None:
        from persona_tui.screens.confirm import ConfirmScreen

        row = self.row
        if row is None:
            return
        goes = "The entry goes; the file or the endpoint stays."
        if row.download is not None:
            goes = "The downloaded file is deleted from this machine."
        if row.used_for:
            goes += f" The starter model is used for {' and '.join(row.used_for)} then."
        self.app.push_screen(
            ConfirmScreen(
                f"Remove {row.spec.name}?",
                goes,
                confirm="Remove",
                danger=True,
            ),
            lambda yes: self._removal(row, yes),
        )

    def _removal(self, row: ModelRow, yes: bool | None) -> None:
        if yes:
            self.start(self._remove(row), group="remove")

    async def _remove(self, row: ModelRow) -> None:
        paths = self.host.paths
        if row.download is not None:
            if row.state == "ready":
                await self.host.backends.close_model(row.spec.ref)
                (paths.models / row.download.filename).unlink(missing_ok=True)
            discard_partial(row.download, paths.models)
        await asyncio.to_thread(remove_model, paths, row.spec.ref)
        await self.host.reload_settings()
        await self._refresh_rows()

    def action_look_again(self) -> None:
        self.found = None
        self._fill()
        self.start(self._look(), group="look")
