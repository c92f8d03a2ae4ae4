"""What a person can do wrong, and what can fail, as sentences with an exit code.

``cli`` prints ``str(error)`` on stderr and ends with ``error.exit_code``; tracebacks go to the log.
"""

from __future__ import annotations

FAILURE = 1
"""Exit code: something that was asked for properly could not be done."""
USAGE = 2
"""Exit code: what was asked for makes no sense (a wrong option, a broken configuration)."""


class UserError(Exception):
    """One sentence for the person: what happened, why, what to do."""

    exit_code: int = FAILURE

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(UserError):
    """The request itself is wrong: nothing was tried."""

    exit_code = USAGE


class ConfigError(UsageError):
    """The configuration (file, environment, or a value to be set) is wrong; nothing was changed."""
