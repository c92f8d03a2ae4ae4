"""Extraction beside everything else: start, stop, interrupt, go on, fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from models.errors import UnavailableError
from persona_tui.jobs.background import BackgroundExtraction, ExtractionState
from persona_tui.jobs.extracting import ExtractProgress
from persona_tui.jobs.progress import Meter
from tests.helpers import wait_until


class Work:
    """Ten messages, one whenever the gate is opened; what was done stays done."""

    def __init__(self) -> None:
        self.done = 0
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Semaphore(0)
        self.fail_at: int | None = None

    async def run(self) -> AsyncGenerator[ExtractProgress, None]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        total, began = 10 - self.done, self.done
        meter = Meter(total, "messages")
        try:
            yield ExtractProgress(meter.at(0))
            while self.done < 10:
                await self.gate.acquire()
                if self.fail_at == self.done:
                    raise UnavailableError("The server is away; try again later.")
                self.done += 1
                yield ExtractProgress(
                    meter.at(self.done - began), new_ids=frozenset({f"a{self.done}"})
                )
        finally:
            self.at_once -= 1

    async def count(self) -> int:
        return 10 - self.done


def started(work: Work) -> tuple[BackgroundExtraction, list[ExtractionState]]:
    seen: list[ExtractionState] = []
    return BackgroundExtraction(work.run, work.count, seen.append), seen


async def test_it_runs_to_the_end_and_tells_each_step() -> None:
    work = Work()
    extraction, seen = started(work)
    await extraction.recount()
    assert extraction.state.waiting == 10
    extraction.start()
    extraction.start()
    for _ in range(10):
        work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    assert work.done == 10
    assert work.most_at_once == 1
    assert extraction.state.found == 10
    assert extraction.state.waiting == 0
    assert [s.progress.done for s in seen if s.progress and s.running][-1] == 10


async def test_stop_keeps_what_was_done_and_start_goes_on() -> None:
    work = Work()
    extraction, _ = started(work)
    extraction.start()
    for _ in range(3):
        work.gate.release()
    await wait_until(lambda: work.done == 3)
    await extraction.stop()
    assert not extraction.state.running
    assert work.at_once == 0
    await extraction.recount()
    assert extraction.state.waiting == 7
    extraction.start()
    for _ in range(7):
        work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    assert work.done == 10


async def test_what_cannot_wait_interrupts_it_and_it_goes_on_afterwards() -> None:
    work = Work()
    extraction, _ = started(work)
    extraction.start()
    work.gate.release()
    await wait_until(lambda: work.done == 1)
    async with extraction.paused():
        assert work.at_once == 0
        work.gate.release()
        await asyncio.sleep(0)
        assert work.done == 1
    await wait_until(lambda: work.done == 2)
    assert extraction.state.running
    await extraction.stop()
    async with extraction.paused():
        pass
    assert work.at_once == 0
    assert not extraction.state.running


async def test_an_error_ends_it_with_a_sentence_and_a_new_start_forgets_it() -> None:
    work = Work()
    work.fail_at = 1
    extraction, _ = started(work)
    extraction.start()
    work.gate.release()
    work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    failed = extraction.state
    assert failed.error == "The server is away; try again later."
    assert work.done == 1
    work.fail_at = None
    extraction.start()
    again = extraction.state
    assert again.error is None
    for _ in range(9):
        work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    assert work.done == 10
