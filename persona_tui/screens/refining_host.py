"""Verify-and-refine beside everything else, one for the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.extraction.background import BackgroundExtraction
    from persona_tui.jobs.learning.refine_beside import RefineState, RefiningBeside


class Services(Protocol):
    """What of the app it needs."""

    refining: RefiningBeside | None

    @property
    def db(self) -> StoreThread: ...
    @property
    def backends(self) -> Backends: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def extraction(self) -> BackgroundExtraction: ...
    @property
    def screen(self) -> object: ...


def refining_of(host: Services) -> RefiningBeside:
    """The program's one; made when it is first asked for."""
    from persona_tui.jobs.learning.refine_beside import RefiningBeside, run_now

    if host.refining is None:

        def changed(state: RefineState) -> None:
            tell = getattr(host.screen, "show_refining", None)
            if tell is not None:
                tell(state)

        host.refining = RefiningBeside(
            lambda asked: run_now(host.db, host.backends, host.settings, asked=asked),
            changed,
            alone=host.extraction.paused,
            auto=lambda: host.settings.learning.refine,
            busy=lambda: host.extraction.state.running,
        )
    return host.refining


def look(host: Services) -> None:
    """Something was inferred or learned: refine what is flagged, if the person lets it."""
    if host.settings.learning.refine:
        refining_of(host).look()
