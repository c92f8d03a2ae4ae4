"""Conversations: find, open, rename, export, forget."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import DataTable, Input, Static

from persona_tui.errors import UserError
from persona_tui.screens import learning_host
from persona_tui.screens.extraction_line import ExtractionScreen
from store import conversations, forgetting, messages
from store.records import Conversation
from widgets.safe import counted, plain, shorten

PAGE = 200
"""Conversations read from the store at a time."""
SOON = 30
"""Rows before the end at which the next page is read."""
SEARCH_AFTER = 0.15
"""Seconds without typing after which is searched."""

HELP = """
Every conversation, chatted here or imported, the newest first. Type to search titles and every
message.

**Forgetting** a conversation deletes it for good, with what was inferred from it and what you said
about that: nothing stays in the file, so there is no undo. Backups that you made keep it. Models of
your own may have learned from it: they go along, and learn again from what stays.

Searching finds conversations in which all your words occur; the last word may be unfinished.
"""
EMPTY = (
    "No conversations yet. Press i to import your history from ChatGPT, Claude or a file, "
    "or F2 to begin one."
)


def file_name(title: str) -> str:
    """A file name that every system takes."""
    words = re.sub(r"[^\w-]+", "-", title.lower()).strip("-")
    return f"{words[:50] or 'conversation'}.md"


def write_new(path: str, text: str) -> Path:
    """Write a file that only the owner may read, and that was not there before.

    Raises:
        UserError: it was there, or cannot be written.
    """
    target = Path(path).expanduser()
    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{target} is there already; choose another name.") from None
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror}.") from error
    return target


class ConversationsScreen(ExtractionScreen):
    """The list."""

    MODE = "conversations"
    NAME = "Conversations"
    HELP = HELP
    AUTO_FOCUS = "DataTable"
    DEFAULT_CSS = """
    ConversationsScreen #find { height: 1; margin: 1 2; }
    ConversationsScreen #find > .label { width: auto; color: $text-muted; padding-right: 1; }
    ConversationsScreen #find > Input {
        width: 1fr; height: 1; border: none; padding: 0 1; background: $boost;
        &:focus { background: $primary 20%; }
    }
    ConversationsScreen #find > .count { width: auto; color: $text-muted; padding-left: 2; }
    ConversationsScreen DataTable {
        width: 100%; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; overflow-x: hidden;
    }
    ConversationsScreen #empty { padding: 1 2; color: $text-muted; display: none; }
    ConversationsScreen.-empty #empty { display: block; }
    ConversationsScreen.-empty DataTable { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: the table has this key too, and says nothing of it.
        Binding("enter", "open", "Open", priority=True, id="conversations.open"),
        Binding("slash", "search", "Search", id="conversations.search"),
        Binding("n", "new", "New conversation", show=False, id="conversations.new"),
        Binding("r", "rename", "Rename", id="conversations.rename"),
        Binding("x", "export", "Export", id="conversations.export"),
        Binding("d,delete", "forget", "Forget", id="conversations.forget"),
        Binding("i", "app.import", "Import", id="conversations.import"),
        Binding("home", "top", "First", show=False, priority=True, id="conversations.top"),
        Binding("end", "bottom", "Last", show=False, priority=True, id="conversations.bottom"),
        Binding("escape", "leave_search", "To the list", id="conversations.leave_search"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Conversation] = []
        self._total = 0
        self._query = ""
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="find"):
            yield Static("Search", classes="label")
            yield Input(placeholder="titles and messages", compact=True)
            yield Static("", classes="count", markup=False)
        yield Static(EMPTY, id="empty", markup=False)
        yield DataTable(cursor_type="row", zebra_stripes=False)

    def on_mount(self) -> None:
        self._table.add_columns("Title", "Source", "Messages", "Last")

    @property
    def _table(self) -> DataTable[Text]:
        table: DataTable[Text] = self.query_one(DataTable)
        return table

    # --- the list ---------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the first page again, and stay on the conversation the cursor was on."""
        before = self._current()
        query = self._query or None
        wanted = max(PAGE, self._table.cursor_row + SOON) if before else PAGE
        rows = await self.host.db.run(conversations.list_all, query=query, limit=wanted)
        total = await self.host.db.run(conversations.count, query=query)
        # From here on without a pause: who ends this half-way finds rows and table alike.
        self._rows, self._total = rows, total
        table = self._table
        table.clear()
        self._lay_out()
        for row in self._rows:
            self._add(row)
        ids = [row.conversation_id for row in self._rows]
        if before is not None and before.conversation_id in ids:
            table.move_cursor(row=ids.index(before.conversation_id), animate=False)
        self._tell_count()

    async def _more(self) -> None:
        page = await self.host.db.run(
            conversations.list_all,
            query=self._query or None,
            limit=PAGE,
            offset=len(self._rows),
        )
        self._rows += page
        for row in page:
            self._add(row)

    def _tell_count(self) -> None:
        nothing = not self._total and not self._query
        self.set_class(nothing, "-empty")
        text = counted(self._total, "conversation") if self._total else "nothing found"
        self.query_one("#find > .count", Static).update("" if nothing else text)
        self.refresh_bindings()

    def _title_cells(self) -> int:
        return max(20, self.size.width - 39)

    def _lay_out(self) -> None:
        """Give the title what the other columns leave."""
        columns = list(self._table.columns.values())
        for column, width in zip(columns, (self._title_cells(), 9, 8, 11), strict=True):
            column.auto_width, column.width = False, width

    def _add(self, row: Conversation) -> None:
        # Text, not str: a string would be read as markup.
        self._table.add_row(
            Text(shorten(row.title, self._title_cells()) or "(no title)"),
            Text(row.source, style="dim"),
            Text(f"{row.messages:,}", justify="right"),
            Text(f"{row.updated_at.astimezone():%d %b %Y}", style="dim"),
            key=row.conversation_id,
        )

    def on_resize(self) -> None:
        if self._rows:
            self.reload()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        near_end = event.cursor_row >= len(self._rows) - SOON
        if near_end and len(self._rows) < self._total:
            self.start(self._more(), group="load")

    def _current(self) -> Conversation | None:
        row = self._table.cursor_row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    # --- searching --------------------------------------------------------------------------

    def action_search(self) -> None:
        self.query_one(Input).focus()

    def action_leave_search(self) -> None:
        field = self.query_one(Input)
        if field.value and not self._rows:
            field.value = ""
        self._table.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SEARCH_AFTER, self._search)

    def _search(self) -> None:
        self._query = self.query_one(Input).value.strip()
        self.reload()

    def on_input_submitted(self) -> None:
        self._table.focus()

    # --- one conversation -------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.focused, Input)
        if action in ("open", "rename", "export", "forget"):
            return bool(self._rows) and not typing
        if action == "leave_search":
            return typing
        return not (typing and action in ("search", "new", "top", "bottom"))

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self._current()
        if row is not None:
            self.host.open_conversation(row.conversation_id)

    def action_top(self) -> None:
        self._table.move_cursor(row=0, animate=False)

    def action_bottom(self) -> None:
        self.start(self._bottom(), group="load")

    async def _bottom(self) -> None:
        while len(self._rows) < self._total:
            before = len(self._rows)
            await self._more()
            if len(self._rows) == before:  # some were forgotten in the meantime
                break
        self._table.move_cursor(row=len(self._rows) - 1, animate=False)

    def action_new(self) -> None:
        self.host.new_conversation()

    def action_rename(self) -> None:
        self.start(self._rename(), group="ask")

    async def _rename(self) -> None:
        from persona_tui.screens.confirm import PromptScreen

        row = self._current()
        if row is None:
            return
        title = await self.app.push_screen_wait(PromptScreen("Title", row.title))
        if title:
            await self.host.db.run(conversations.rename, row.conversation_id, title)
            self.reload()

    def action_forget(self) -> None:
        self.start(self._forget(), group="ask")

    async def _forget(self) -> None:
        from persona_tui.screens.confirm import ConfirmScreen

        row = self._current()
        if row is None:
            return
        title = shorten(row.title, 50)
        sure = await self.app.push_screen_wait(
            ConfirmScreen(
                "Forget this conversation?",
                f"“{title}”\n\nAll of it goes ({counted(row.messages, 'message')}), the attributes that "
                "rest on it alone, and what you said about those. What models of your own learned goes, "
                "too, and is learned again from what stays. Nothing stays in the file, so this cannot be "
                "undone.",
                confirm="Forget it",
                cancel="Keep it",
                danger=True,
            )
        )
        if not sure:
            return
        kinds = await learning_host.about_to_forget(self.host)
        gone = await self.host.db.run(forgetting.forget_conversation, row.conversation_id)
        self.host.ui_state.forget(row.conversation_id)
        self.host.save_ui_state()
        text = f"Forgotten: {counted(gone.messages, 'message')}, "
        text += f"{counted(gone.attributes, 'attribute')}."
        if gone.backups_remaining:
            backups = counted(len(gone.backups_remaining), "backup")
            text += f" {backups} may still hold them: see 'persona-tui forget --help'."
        if gone.note:
            text += f" {gone.note}"
        is_whole = gone.complete and not gone.backups_remaining
        self.host.tell(text, "information" if is_whole else "warning")
        self.reload()
        learning_host.forgot(self.host, kinds)

    def action_export(self) -> None:
        self.start(self._export(), group="ask")

    async def _export(self) -> None:
        from persona_tui.screens.confirm import PromptScreen
        from persona_tui.transcripts import as_markdown

        row = self._current()
        if row is None:
            return
        path = await self.app.push_screen_wait(
            PromptScreen("Export as Markdown to", str(Path.home() / file_name(row.title)))
        )
        if path:
            history = await self.host.db.run(messages.active, row.conversation_id)
            target = await asyncio.to_thread(write_new, path, as_markdown(row, history))
            self.host.tell(f"Written to {target}.")

    def commands(self) -> Iterable[SystemCommand]:
        row = self._current()
        if row is not None:
            title = plain(row.title, one_line=True)[:40]
            yield SystemCommand("Rename conversation", title, self.action_rename)
            yield SystemCommand("Export conversation", title, self.action_export)
            yield SystemCommand("Forget conversation", title, self.action_forget)
