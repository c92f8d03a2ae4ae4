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


class _WithoutValues(logging.Formatter):
    """Leaves out what exceptions say: it may quote what the person wrote."""

    def format(self, record: logging.LogRecord) -> str:
        bare = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        error = record.exc_info[1] if record.exc_info else None
        return super().format(bare) + ("" if error is None else f"\n{_where(error)}")


def _where(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__qualname__}\n{frames}"


class _PrivateRotatingHandler(logging.handlers.RotatingFileHandler):
    """Rotating files that only the owner may read. Where none can be written, nothing is."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: a traceback in the middle of the screen would help nobody."""

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
        handler.setFormatter(_WithoutValues("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(logging.WARNING)
        root.addHandler(handler)
    return path


def record_crash(error: BaseException) -> Path:
    """Write where ``error`` came from to the log file; returns its path.

    The text of the exception is left out: it may quote what the person wrote.
    """
    path = start_logging()
    logging.getLogger("persona_tui").error("%s", _where(error))
    return path
