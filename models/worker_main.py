"""The worker process: started with two pipe descriptors, for commands and for events.

Two threads. The main one owns llama.cpp and runs jobs in steps; the other one reads commands, so
that a cancellation is heard in the middle of an evaluation. The lane "chat" goes first: a chat
request interrupts a background evaluation, which goes on afterwards where it was.

The end of the command pipe is the end of the process: it never outlives the program, however that
ended. Standard output and error are the log file; nothing here has the terminal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import traceback
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from models.errors import ModelError
from models.wire import Frame, read_frame, write_frame
from models.worker_jobs import Job, job_for

if TYPE_CHECKING:
    from models.worker import Model

_QUEUES = ("count", "chat", "background")
"""In order of urgency. Counting needs no context, so it waits for no answer to be complete."""

_NICE = 10
"""Computing gives way to the screen: typing stays immediate while both cores are busy."""


@dataclass
class _Task:
    request: Frame
    job: Job | None = None
    cancelled: bool = False


class Owner:
    """Runs the jobs of both lanes; all but :meth:`run` may be called from the reading thread."""

    def __init__(self, events: int) -> None:
        self._model: Model | None = None
        self._events = events
        self._changed = threading.Condition()
        self._queues: dict[str, deque[_Task]] = {lane: deque() for lane in _QUEUES}
        self._running: _Task | None = None

    def submit(self, request: Frame) -> None:
        with self._changed:
            self._queues[request["lane"]].append(_Task(request))
            running = self._running
            if running is not None and request["lane"] == "chat" != running.request["lane"]:
                self._interrupt(running)
            self._changed.notify()

    def cancel(self, request_id: int) -> None:
        with self._changed:
            for queue in self._queues.values():
                for task in queue:
                    if task.request["id"] == request_id:
                        task.cancelled = True
                        if task is self._running:
                            self._interrupt(task)
            self._changed.notify()

    def run(self, model: Model) -> None:
        """Run for ever; ends only with the process."""
        self._model = model
        while True:
            with self._changed:
                while (task := self._next()) is None:
                    self._changed.wait()
                self._running = task
                if (lane := model.opened(task.request["lane"])) is not None:
                    lane.resume()
            self._step(model, task)

    def _interrupt(self, task: _Task) -> None:
        lane = None if self._model is None else self._model.opened(task.request["lane"])
        if lane is not None:
            lane.interrupt()

    def _next(self) -> _Task | None:
        return next((queue[0] for queue in self._queues.values() if queue), None)

    def _step(self, model: Model, task: _Task) -> None:
        last: Frame | None = None
        try:
            if task.cancelled:
                last = {"event": "cancelled"}
            else:
                if task.job is None:
                    self._emit(task, {"event": "begun"})
                    task.job = job_for(model, task.request, partial(self._emit, task))
                next(task.job)
        except StopIteration as finished:
            last = finished.value
        except ModelError as error:
            last = {"event": "error", "kind": type(error).__name__, "text": str(error)}
        except Exception as error:  # noqa: BLE001  one bad request must not end the worker
            traceback.print_exc()
            last = {
                "event": "error",
                "kind": "ModelError",
                "text": f"The local model failed ({type(error).__name__}); its log file says more.",
            }
        if last is not None:
            if task.job is not None:
                task.job.close()
            with self._changed:
                self._queues[task.request["lane"]].remove(task)
                self._running = None
            self._emit(task, last)

    def _emit(self, task: _Task, frame: Frame) -> None:
        write_frame(self._events, {"id": task.request["id"], **frame})


def _read_commands(commands: int, owner: Owner) -> None:
    while (frame := read_frame(commands)) is not None:
        if frame["op"] == "cancel":
            owner.cancel(frame["id"])
        else:
            owner.submit(frame)
    os._exit(0)  # the program has gone: nobody is left to clean up for


def _load(options: Frame) -> Model:
    from models.worker import Model

    return Model(
        options["path"],
        n_ctx=options["n_ctx"],
        n_threads=options["n_threads"],
        n_gpu_layers=options["n_gpu_layers"],
    )


def main(commands: int, events: int) -> None:
    """Load the model named by the first command, say so, and serve until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, which tells us
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    options = read_frame(commands)
    if options is None:
        return
    owner = Owner(events)  # listening while loading, so as to end with the program then too
    threading.Thread(target=_read_commands, args=(commands, owner), daemon=True).start()
    try:
        model = _load(options)
    except ModelError as error:
        write_frame(events, {"event": "failed", "kind": type(error).__name__, "text": str(error)})
        return
    with contextlib.suppress(BrokenPipeError):
        write_frame(events, {"event": "ready", **model.describe()})
        owner.run(model)
