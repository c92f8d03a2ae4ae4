"""Starting the full-screen app from the command line."""

from __future__ import annotations

import gc
import sys


def run_app(mode: str | None = None) -> int:
    """Open the app (on the screen ``mode``, if given); returns the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from persona_tui.errors import UserError

        raise UserError(
            "The app needs a terminal, and this is a pipe or a file; "
            "'persona-tui --help' lists the verbs that work without one."
        )
    # Nothing made before the first frame is garbage, and looking for some takes a tenth of the time.
    gc.disable()
    from persona_tui.app import PersonaApp

    app = PersonaApp() if mode is None else PersonaApp(start_mode=mode)
    app.after_first_frame = _settle
    app.run()
    return app.return_code or 0


def _settle() -> None:
    """What can wait until something is seen."""
    from persona_tui.logs import start_logging

    gc.freeze()
    gc.enable()
    start_logging()
