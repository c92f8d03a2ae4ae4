"""The program's side of the process that talks to the hub: start it, listen, end it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from models.secrets import Secret, environment_without_secrets
from models.wire import Frame, read_frame, write_frame

_LOOK = 0.05
"""Seconds between two looks at whether to stop."""


class StoppedError(Exception):
    """The process was killed because that was asked for, or because its time was up."""


def talk(
    order: Frame,
    key: Secret,
    *,
    on_frame: Callable[[Frame], None],
    stop: threading.Event | None = None,
    seconds: float | None = None,
) -> Frame | None:
    """Have ``order`` carried out; its last frame, or ``None`` if the process died without one.

    ``key`` goes through a pipe: not on the command line, not in the environment. Whatever ends this
    function, the process is gone afterwards. :class:`StoppedError` if ``stop`` was set.
    """
    until = None if seconds is None else time.monotonic() + seconds
    heard: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
    read_orders, write_orders = os.pipe()
    read_events, write_events = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [*_command(), str(read_orders), str(write_events)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(order["hub"]),
            pass_fds=(read_orders, write_events),
            start_new_session=True,  # Ctrl+C reaches us, and we say how things stand
        )
    except BaseException:
        os.close(write_orders)
        os.close(read_events)
        raise
    finally:
        os.close(read_orders)
        os.close(write_events)
    threads = [
        threading.Thread(target=_write, args=(write_orders, order, key), daemon=True),
        threading.Thread(target=_read, args=(read_events, heard), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        while True:
            if (stop is not None and stop.is_set()) or (until and time.monotonic() > until):
                raise StoppedError
            with contextlib.suppress(queue.Empty):
                frame = heard.get(timeout=_LOOK)
                if frame is None or frame["event"] in ("done", "failed"):
                    return frame
                on_frame(frame)
    finally:
        process.kill()
        process.wait()
        for thread in threads:
            thread.join()
        os.close(write_orders)
        os.close(read_events)


def _write(fd: int, order: Frame, key: Secret) -> None:
    with contextlib.suppress(OSError):  # it died; the reader notices
        write_frame(fd, {**order, "key": key.reveal()})


def _read(fd: int, heard: queue.SimpleQueue[Frame | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while (frame := read_frame(fd)) is not None:
            heard.put(frame)
    heard.put(None)


def environment(hub: str) -> dict[str, str]:
    """The child's environment: no secrets, no setting of the hub's library but ours."""
    kept = {
        name: value
        for name, value in environment_without_secrets().items()
        if not name.upper().startswith(("HF_", "HUGGING", "TRANSFORMERS_"))
    }
    proxies = {  # they may hold a login, which is for the proxy
        name: value
        for name, value in os.environ.items()
        if name.upper() in ("HTTPS_PROXY", "ALL_PROXY")
    }
    return (
        kept
        | proxies
        | {
            "HF_ENDPOINT": hub,
            "HF_TOKEN_PATH": os.devnull,
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
        }
    )


def _command() -> list[str]:
    """Our interpreter, with our own module search path and not that of wherever we were started."""
    search = [str(Path(place).resolve()) for place in sys.path]
    start = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    start += "from persona_tui.donation.publish_child import main; "
    start += "main(int(sys.argv[2]), int(sys.argv[3]))"
    return [sys.executable, "-P", "-c", start, json.dumps(search)]
