"""A real pseudo-terminal around the real app: type keys, read the screen."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import TracebackType

import pexpect
import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "ctrl+c": "\x03",
    "ctrl+j": "\n",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
}


class Terminal:
    """``persona-tui`` in a pseudo-terminal of a given size."""

    def __init__(self, *argv: str, columns: int = 120, rows: int = 40) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        env.pop("NO_COLOR", None)
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "persona_tui", *argv],
            dimensions=(rows, columns),
            env=env,
            timeout=None,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def pump(self, seconds: float = 0.05) -> None:
        """Feed the screen with what the app has painted."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=0.02))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                return

    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, *keys: str) -> None:
        """Press named keys (``f3``, ``enter``) or single characters."""
        for key in keys:
            self.child.send(KEYS.get(key, key))
            self.pump(0.05)

    def write(self, text: str) -> None:
        """Type text."""
        self.child.send(text)
        self.pump(0.1)

    def wait_for(
        self, what: str | Callable[[str], object], timeout: float = 60.0, hint: str = ""
    ) -> str:
        """Poll until ``what`` (a string on the screen, or a predicate of its text) holds."""
        deadline = time.monotonic() + timeout
        while True:
            self.pump()
            text = self.text()
            if what in text if isinstance(what, str) else what(text):
                return text
            if time.monotonic() > deadline or not self.child.isalive():
                alive = "alive" if self.child.isalive() else "gone"
                raise AssertionError(f"{hint or what!r} not seen ({alive}); screen:\n{text}")

    def kill(self) -> None:
        """As a power failure would."""
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        self.child.close(force=True)
