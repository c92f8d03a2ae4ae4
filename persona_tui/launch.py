"""Starting the full-screen app from the command line."""

from __future__ import annotations

import sys


def run_app(mode: str | None = None) -> int:
    """Open the app (on the screen ``mode``, if given); returns the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from persona_tui.errors import UserError

        raise UserError(
            "The app needs a terminal, and this is a pipe or a file; "
            "'persona-tui --help' lists the verbs that work without one."
        )
    from persona_tui.logs import start_logging

    start_logging()
    from persona_tui.app import PersonaApp

    app = PersonaApp() if mode is None else PersonaApp(start_mode=mode)
    app.run()
    return app.return_code or 0
