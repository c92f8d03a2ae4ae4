"""The program's side of a worker process: start it, talk to it, notice its end.

Three kinds of threads meet here: the callers' event loops (several in a row in tests), a thread
that starts the process and reads what it says, and one that writes commands. No loop ever waits.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from models import errors
from models.errors import ModelError, UnavailableError
from models.secrets import environment_without_secrets
from models.wire import Frame, read_frame, write_frame

_LOG_BYTES = 1 << 20
_END_SECONDS = 3.0


class Call:
    """One request: its frames arrive in the loop that made it. ``None`` means the worker died."""

    def __init__(self, call_id: int) -> None:
        self.id = call_id
        self.begun = False
        """Whether the worker has begun to work on it."""
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()

    def arrive(self, frame: Frame | None) -> None:
        """Called from the reading thread."""
        with contextlib.suppress(RuntimeError):  # that loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._frames.put_nowait, frame)

    async def next(self) -> Frame | None:
        return await self._frames.get()


class WorkerProcess:
    """A worker that is starting, running or dead; a dead one is replaced, never revived.

    ``options`` is the first frame it gets (path, n_ctx, n_threads, n_gpu_layers).
    """

    def __init__(self, options: Frame, log_file: Path | None) -> None:
        self.ready: concurrent.futures.Future[Frame] = concurrent.futures.Future()
        """The worker's description of the model, or the error that kept it from loading."""
        self._log_file = log_file
        self._commands: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._calls: dict[int, Call] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._dead = False
        self.ended = False
        """Whether it was told to end."""
        self._commands.put(options)
        self._reader = threading.Thread(target=self._live, name="worker-reader", daemon=True)
        self._reader.start()

    @property
    def dead(self) -> bool:
        return self._dead

    @property
    def pid(self) -> int | None:
        """The process id, once it is started."""
        return self._process.pid if self._process is not None else None

    def call(self, request: Frame) -> Call:
        """Send a request. Its call gets frames until :meth:`forget`."""
        call = Call(next(self._ids))
        with self._lock:
            if self._dead:
                call.arrive(None)
                return call
            self._calls[call.id] = call
        self._commands.put({"id": call.id, **request})
        return call

    def forget(self, call: Call, *, cancel: bool) -> None:
        """No more frames are wanted; with ``cancel`` the worker stops the work, too."""
        with self._lock:
            known = self._calls.pop(call.id, None) is not None
        if cancel and known:
            self._commands.put({"op": "cancel", "id": call.id})

    def end(self) -> None:
        """Ask the process to end (it does so at once); returns immediately."""
        self.ended = True
        self._commands.put(None)

    def join(self) -> None:
        """Wait until the process is gone, with force after three seconds. Blocks."""
        self._reader.join(_END_SECONDS)
        if self._reader.is_alive() and self._process is not None:
            self._process.kill()
            self._reader.join()

    def _live(self) -> None:
        try:
            events = self._start()
        except OSError as error:
            self._die(UnavailableError(f"The local model's worker cannot be started ({error})."))
            return
        try:
            while (frame := read_frame(events)) is not None:
                self._take(frame)
        except (OSError, ValueError):
            pass  # a frame that was cut by the worker's death
        finally:
            os.close(events)
        code = self._wait()
        self._die(
            UnavailableError(
                f"The local model's worker ended while it loaded the model ({_cause(code)}); "
                "the file may be damaged or larger than the free memory."
            )
        )

    def _wait(self) -> int:
        """Its events have ended, so the process is ending; make sure of it."""
        process = self._process
        if process is None:
            return 0
        try:
            return process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _start(self) -> int:
        read_commands, write_commands = os.pipe()
        read_events, write_events = os.pipe()
        try:
            log = _open_log(self._log_file)
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own interpreter and code
                    [*_command(), str(read_commands), str(write_events)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**environment_without_secrets(), "PYTHONFAULTHANDLER": "1"},
                    pass_fds=(read_commands, write_events),
                    start_new_session=True,  # Ctrl+C and a closing terminal do not reach it
                )
            finally:
                os.close(log)
        except OSError:
            os.close(write_commands)
            os.close(read_events)
            raise
        finally:
            os.close(read_commands)
            os.close(write_events)
        threading.Thread(
            target=self._write, args=(write_commands,), name="worker-writer", daemon=True
        ).start()
        return read_events

    def _write(self, fd: int) -> None:
        try:
            while (frame := self._commands.get()) is not None:
                write_frame(fd, frame)
        except OSError:
            pass  # the worker is dead; the reading thread tells the callers
        finally:
            os.close(fd)

    def _take(self, frame: Frame) -> None:
        if frame["event"] == "ready":
            self.ready.set_result(frame)
        elif frame["event"] == "failed":
            self.ready.set_exception(error_of(frame))
        else:
            with self._lock:
                call = self._calls.get(frame["id"])
            if call is None:
                return
            if frame["event"] == "begun":
                call.begun = True
            else:
                call.arrive(frame)

    def _die(self, unready: ModelError) -> None:
        with self._lock:
            self._dead = True
            calls = list(self._calls.values())
            self._calls.clear()
        if not self.ready.done():
            self.ready.set_exception(unready)
        self._commands.put(None)
        for call in calls:
            call.arrive(None)


def error_of(frame: Frame) -> ModelError:
    """The exception that an ``error`` or ``failed`` frame tells of."""
    kind = getattr(errors, frame["kind"], ModelError)
    error: ModelError = kind(frame["text"])
    return error


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _command() -> list[str]:
    """Our interpreter, with our own module search path and not that of wherever we were started:
    a folder "models" in the working directory must not be taken for this package."""
    search = [str(Path(place).resolve()) for place in sys.path]
    start = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    start += "from models.worker_main import main; main(int(sys.argv[2]), int(sys.argv[3]))"
    return [sys.executable, "-P", "-c", start, json.dumps(search)]


def _open_log(path: Path | None) -> int:
    """The log's descriptor: owner-only, and begun anew when the last one has grown large."""
    if path is None:
        return os.open(os.devnull, os.O_WRONLY)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(fd, 0o600)
    return fd
