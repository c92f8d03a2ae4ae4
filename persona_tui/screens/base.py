"""What every screen stands on: the app's services, and the frame that all screens share.

Screens know :class:`HostApp`, not the app itself, so that a screen can be mounted alone in a test.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer
from textual.worker import Worker

from models.errors import ModelError
from persona_tui.paths import Paths, default_paths
from persona_tui.screens import learning_host
from persona_tui.screens.once import Once, Work
from persona_tui.state import UiState, load_state, save_state
from store.errors import StoreError
from widgets.safe import plain
from widgets.tabs import ModeTabs, Tab

if TYPE_CHECKING:  # each of these costs a part of the first frame
    from models.protocol import Backend, Embedder
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.compare.ahead import PairsAhead, PairsState
    from persona_tui.jobs.extraction.background import BackgroundExtraction, ExtractionState
    from persona_tui.jobs.judges.beside import BackgroundJudging, JudgingState
    from persona_tui.jobs.learning.after import LearningBeside
    from persona_tui.jobs.learning.refine_beside import RefiningBeside

log = logging.getLogger("persona_tui")
Severity = Literal["information", "warning", "error"]


FOOTER_FULL_FROM = 100
"""Columns from which the keys of the footer stand apart."""


def is_expected(error: BaseException) -> bool:
    """Whether ``str(error)`` is a sentence written for the person."""
    if isinstance(error, (StoreError, ModelError)):
        return True
    from persona_tui.errors import UserError

    return isinstance(error, UserError)


class HostApp(App[None]):
    """The services that screens use. Everything costly is made when first asked for."""

    def __init__(
        self,
        paths: Paths | None = None,
        *,
        settings: Settings | None = None,
        backends: Backends | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.paths = paths or default_paths()
        self.ui_state: UiState = load_state(self.paths.state)
        self.ready = asyncio.Event()
        """Set once the store is open."""
        self._told = ("", 0.0)
        """What was told last, and until when it is shown."""
        self._state_lock = threading.Lock()
        self._state_number = self._state_written = 0
        self._settings = settings
        self._backends = backends
        self._embedder = embedder
        self._db: StoreThread | None = None
        self._extraction: BackgroundExtraction | None = None
        self._pairs: PairsAhead | None = None
        self._judging: BackgroundJudging | None = None
        self.learning: LearningBeside | None = None  # made by persona_tui.screens.learning_host
        self.refining: RefiningBeside | None = None  # made by persona_tui.screens.refining_host
        super().__init__()

    # --- services ---------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings in force (read on first use; :meth:`reload_settings` reads them again)."""
        if self._settings is None:
            from persona_tui.config import load_settings

            self._settings = load_settings(self.paths)
        return self._settings

    @property
    def db(self) -> StoreThread:
        """The thread that owns the store. Await :attr:`ready` before the first ``run``."""
        if self._db is None:
            from persona_tui.db import StoreThread

            self._db = StoreThread(self.paths.database)
        return self._db

    @property
    def backends(self) -> Backends:
        """Opens one back end per model, shared by all screens."""
        if self._backends is None:
            from persona_tui.jobs.backends import Backends

            self._backends = Backends(self.settings, self.paths, embedder=self._embedder)
        return self._backends

    @property
    def embedder(self) -> Embedder:
        """Sentence embeddings for merging."""
        return self._embedder or self.backends.embedder

    @property
    def extraction(self) -> BackgroundExtraction:
        """Extraction from all that waits, beside everything else: one for the program."""
        if self._extraction is None:
            from persona_tui.jobs.extraction.background import BackgroundExtraction, count_waiting
            from persona_tui.jobs.extraction.extracting import extract

            self._extraction = BackgroundExtraction(
                work=lambda: extract(self.db, self._extractor(), self.embedder, self.settings),
                count=lambda: count_waiting(self.db, self._extractor(), self.settings),
                changed=self._extraction_changed,
            )
        return self._extraction

    def _extractor(self) -> Backend:
        return self.backends.get(self.settings.extraction.model)

    def _extraction_changed(self, state: ExtractionState) -> None:
        if state.found and not state.running:
            from persona_tui.screens import refining_host

            refining_host.look(self)
        screen = self.screen
        if isinstance(screen, PersonaScreen):
            screen.show_extraction(state)

    @property
    def pairs(self) -> PairsAhead:
        """Pairs of answers made ahead of the person: one for the program."""
        if self._pairs is None:
            from persona_tui.jobs.compare.ahead import PairsAhead
            from persona_tui.jobs.compare.responding import write_ahead

            self._pairs = PairsAhead(
                work=lambda: write_ahead(self.db, self.settings, self.backends, self.embedder),
                changed=self._pairs_changed,
                alone=self.extraction.paused,
            )
        return self._pairs

    def _pairs_changed(self, state: PairsState) -> None:
        screen = self.screen
        if isinstance(screen, PersonaScreen):
            screen.show_pairs(state)

    @property
    def judging(self) -> BackgroundJudging:
        """A model answering what the person was asked: one for the program."""
        if self._judging is None:
            from persona_tui.jobs.judges.beside import BackgroundJudging, run_order

            self._judging = BackgroundJudging(
                lambda order, stop: run_order(self.db, self.backends, self.settings, order, stop),
                self._judging_changed,
            )
        return self._judging

    def _judging_changed(self, state: JudgingState) -> None:
        screen = self.screen
        if isinstance(screen, PersonaScreen):
            screen.show_judging(state)

    async def open_store(self) -> None:
        """Open the store in its thread and let the screens load.

        Raises:
            StoreError: the file is damaged, newer than this version, or cannot be written.
        """
        await self.db.open()
        self.ready.set()

    async def close_services(self) -> None:
        """End model processes, then the store's thread. Idempotent."""
        for work in (self._judging, self._pairs, self.refining, self.learning, self._extraction):
            if work is not None:
                await work.stop()
        if self._backends is not None:
            await self._backends.close_all()
        if self._db is not None:
            await self._db.close()
            self._db = None
        await self._save_state(self._state_writer())

    async def reload_settings(self) -> None:
        """Take over settings that were just written. Screens call it after ``set_value``.

        Raises:
            ConfigError: what was written makes no sense; the old settings stay in force.
        """
        from persona_tui.config import load_settings
        from persona_tui.jobs.extraction.background import settings_used

        before, now = self._settings, load_settings(self.paths)
        self._settings = now
        restart = (
            self._extraction is not None
            and self._extraction.state.running
            and (before is None or settings_used(before) != settings_used(now))
        )
        if restart:  # it would go on with the old settings, on a model that may be closed below
            await self.extraction.stop()
        for work in (self._judging, self._pairs, self.refining, self.learning):
            if work is not None:
                await work.stop()  # the screen that wants pairs starts them again
        if self._backends is not None:
            await self._backends.replace(now)
        if restart:
            self.extraction.start()

    def keep_theme(self, name: str) -> None:
        """Wear a theme from now on."""
        self.theme = name
        self.run_worker(self.guarded(self._keep_theme(name)), group="theme", exclusive=True)

    async def _keep_theme(self, name: str) -> None:
        from msgspec.structs import replace

        from persona_tui.config_file import set_value

        await asyncio.to_thread(set_value, self.paths, "theme", name)
        self._settings = replace(self.settings, theme=name)

    def save_ui_state(self) -> None:
        """Write the remembered state, in a thread: it waits for the disk."""
        self.run_worker(self._save_state(self._state_writer()), group="state", exit_on_error=False)

    async def _save_state(self, write: Callable[[], UiState]) -> None:
        # What a verb forgot meanwhile is forgotten here too, and not written back the next time.
        self.ui_state.obey(await asyncio.to_thread(write))

    def _state_writer(self) -> Callable[[], UiState]:
        self._state_number += 1
        return partial(self._write_state, copy.deepcopy(self.ui_state), self._state_number)

    def _write_state(self, state: UiState, number: int) -> UiState:
        with self._state_lock:
            if number < self._state_written:
                return state  # threads do not start in order
            self._state_written = number
            try:
                save_state(self.paths.state, state)
            except OSError as error:  # a convenience: not worth a word to the person
                log.warning("state not saved: %s", error.strerror)
        return state

    # --- talking to the person --------------------------------------------------------------

    def tell(self, text: str, severity: Severity = "information", *, title: str = "") -> None:
        """Show one line. ``text`` may hold anything; it is never read as markup."""
        timeout = 5.0 if severity == "information" else 10.0
        now = time.monotonic()
        if self._told[0] == text and now < self._told[1]:
            return  # it is on the screen already
        self._told = (text, now + timeout)
        self.notify(plain(text), title=title, severity=severity, timeout=timeout, markup=False)

    def tell_error(self, error: BaseException) -> None:
        """Say what went wrong in one sentence; what nobody foresaw goes to the log file too."""
        if is_expected(error):
            self.tell(str(error), "error")
            return
        from persona_tui.logs import record_crash

        where = record_crash(error)
        self.tell(
            f"Something went wrong here ({type(error).__name__}); what was saved is safe. "
            f"Details are in {where}.",
            "error",
        )

    async def guarded(self, work: Awaitable[object]) -> None:
        """Await ``work``; an error is told instead of ending the app."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the last resort before a traceback on screen
            self.tell_error(error)

    # --- places -----------------------------------------------------------------------------

    def mode_tabs(self) -> Sequence[Tab]:
        """The tabs that every screen shows."""
        return ()

    def go(self, mode: str) -> None:
        """Switch to a mode, if there is one of that name."""
        before = self.current_mode
        if mode != before and mode in self.MODES:
            self.ui_state.mode = mode
            self.switch_mode(mode)
            if self.ready.is_set() and before in learning_host.JUDGED_IN:
                learning_host.look(self)

    def open_conversation(self, conversation_id: str, message_id: str | None = None) -> None:
        """Show a conversation in Chat, scrolled to ``message_id`` if given."""

    def new_conversation(self) -> None:
        """Begin a new conversation in Chat."""


class PersonaScreen(Screen[None]):
    """The frame of a mode: tabs above, footer below, ``compose_body`` between.

    A subclass sets ``MODE``, ``NAME`` and ``HELP`` (Markdown, shown by F1), and overrides
    ``compose_body`` and :meth:`load`.
    """

    MODE: ClassVar[str] = ""
    NAME: ClassVar[str] = ""
    HELP = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "app.show_help", "Help", show=False, id="help.question"),
    ]

    @property
    def host(self) -> HostApp:
        """The app, with its type."""
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        yield ModeTabs(self.host.mode_tabs(), self.MODE)
        yield from self.compose_body()
        yield Footer()

    def on_resize(self) -> None:
        """Give each key of the footer its place when there is little."""
        self.query_one(Footer).compact = self.size.width < FOOTER_FULL_FROM

    def compose_body(self) -> ComposeResult:
        """The widgets between tabs and footer."""
        yield from ()

    async def load(self) -> None:
        """Read from the store: called when it is open, and each time the screen is shown again."""

    def show_extraction(self, state: ExtractionState) -> None:
        """Extraction beside everything else went on: screens that show it override this."""

    def show_pairs(self, state: PairsState) -> None:
        """Writing answers beside everything else went on: the screen that shows it overrides this."""

    def show_judging(self, state: JudgingState) -> None:
        """A judge beside everything else went on: the screen that shows it overrides this."""

    async def before_quit(self) -> None:
        """Stop what is under way and keep its part: called when the app is about to end."""

    def commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers on this screen."""
        return ()

    def start(self, work: Work, *, group: str = "work", exclusive: bool = True) -> Worker[None]:
        """Run ``work`` beside the loop; errors are told. A new one of a group ends the old one."""
        once = Once(work)

        async def run() -> None:
            await self.host.guarded(once)

        return self.run_worker(run, group=group, exclusive=exclusive, exit_on_error=False)

    def reload(self) -> None:
        """Call :meth:`load` as soon as the store is open; a screen not built yet does it itself."""
        if not self.is_mounted:
            return
        self.start(self._load_when_ready, group="load")

    async def _load_when_ready(self) -> None:
        await self.host.ready.wait()
        await self.load()

    def on_screen_resume(self) -> None:
        self.reload()

    def on_mode_tabs_chosen(self, event: ModeTabs.Chosen) -> None:
        event.stop()
        self.host.go(event.mode)
