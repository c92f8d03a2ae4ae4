"""The log file: what went wrong, for the person to look at or to send.

Messages, attributes and keys are never logged; tracebacks hold code lines, not values.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import traceback
from pathlib import Path

from persona_tui.paths import default_paths, private_dir

_LIMIT_BYTES = 1_000_000


class _PrivateRotatingHandler(logging.handlers.RotatingFileHandler):
    """Rotating files that only the owner may read."""

    def _open(self):  # type: ignore[no-untyped-def]
        path = Path(self.baseFilename)
        private_dir(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        return super()._open()


def start_logging() -> Path:
    """Send warnings and errors to the log file; returns its path. Calling again is harmless."""
    path = default_paths().log
    root = logging.getLogger()
    if not any(
        isinstance(handler, _PrivateRotatingHandler) and handler.baseFilename == str(path)
        for handler in root.handlers
    ):
        handler = _PrivateRotatingHandler(
            path, maxBytes=_LIMIT_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
        root.addHandler(handler)
    return path


def record_crash(error: BaseException) -> Path:
    """Write where ``error`` came from to the log file; returns its path.

    The text of the exception is left out: it may quote what the person wrote.
    """
    path = start_logging()
    frames = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("persona_tui").error("%s\n%s", type(error).__qualname__, frames)
    return path
