"""Extraction beside everything else: start, stop, interrupt, go on, fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from models.errors import UnavailableError
from persona_tui.errors import UserError
from persona_tui.jobs.extraction.background import BackgroundExtraction, ExtractionState
from persona_tui.jobs.extraction.extracting import ExtractProgress
from persona_tui.jobs.progress import Meter
from persona_tui.paths import Paths
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


async def test_it_goes_on_when_what_interrupted_it_failed() -> None:
    work = Work()
    extraction, _ = started(work)
    extraction.start()
    work.gate.release()
    await wait_until(lambda: work.done == 1)
    with pytest.raises(UnavailableError):
        async with extraction.paused():
            raise UnavailableError("The server is away; try again later.")
    work.gate.release()
    await wait_until(lambda: work.done == 2)
    await extraction.stop()


async def test_a_model_that_is_not_there_ends_it_with_a_sentence() -> None:
    def work() -> AsyncGenerator[ExtractProgress, None]:
        raise UserError("There is no model 'x'; choose another one.")

    extraction = BackgroundExtraction(work, Work().count, lambda _: None)
    extraction.start()
    await wait_until(lambda: not extraction.state.running)
    assert extraction.state.error == "There is no model 'x'; choose another one."


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


@pytest.mark.parametrize("trouble", [UnavailableError("away"), asyncio.CancelledError()])
async def test_it_goes_on_after_an_interruption_that_failed(trouble: BaseException) -> None:
    """A message that is sent while the last one is still looked at cancels the looking."""
    work = Work()
    extraction, _ = started(work)
    extraction.start()
    work.gate.release()
    await wait_until(lambda: work.done == 1)
    with pytest.raises(type(trouble)):
        async with extraction.paused():
            raise trouble
    work.gate.release()
    await wait_until(lambda: work.done == 2)
    assert extraction.state.running
    await extraction.stop()
    assert not extraction.state.running


async def test_it_goes_on_when_the_interruption_is_given_up_before_it_began() -> None:
    work = Work()
    extraction, _ = started(work)
    extraction.start()
    await wait_until(lambda: work.at_once == 1)

    async def interrupt() -> None:
        async with extraction.paused():
            await asyncio.Event().wait()

    first, second = asyncio.create_task(interrupt()), asyncio.create_task(interrupt())
    await wait_until(lambda: work.at_once == 0)
    second.cancel()
    await asyncio.wait({second})
    assert work.at_once == 0
    first.cancel()
    await wait_until(lambda: work.at_once == 1)
    assert work.most_at_once == 1
    await extraction.stop()


async def test_a_start_while_it_is_being_stopped_counts() -> None:
    work = Work()
    extraction, seen = started(work)
    extraction.start()
    await wait_until(lambda: work.at_once == 1)
    stopping = asyncio.create_task(extraction.stop())
    await asyncio.sleep(0)
    extraction.start()
    await stopping
    assert extraction.state.running
    for _ in range(10):
        work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    assert (work.done, work.most_at_once) == (10, 1)
    assert not seen[-1].running


async def test_a_fault_of_the_program_is_told_and_logged(paths: Paths) -> None:
    async def work() -> AsyncGenerator[ExtractProgress, None]:
        yield ExtractProgress(Meter(1, "messages").at(0))
        private = "what " + "the person wrote"
        raise ZeroDivisionError(private)

    async def count() -> int:
        return 1

    extraction = BackgroundExtraction(work, count, lambda _state: None)
    extraction.start()
    await wait_until(lambda: not extraction.state.running)
    assert "ZeroDivisionError" in (extraction.state.error or "")
    log = paths.log.read_text()
    assert "ZeroDivisionError" in log
    assert "what the person wrote" not in log


async def test_who_looks_on_cannot_stop_it(paths: Paths) -> None:
    work = Work()

    def looker(_state: ExtractionState) -> None:
        raise LookupError

    extraction = BackgroundExtraction(work.run, work.count, looker)
    extraction.start()
    for _ in range(10):
        work.gate.release()
    await wait_until(lambda: not extraction.state.running)
    assert work.done == 10
    assert "LookupError" in paths.log.read_text()
    await extraction.recount()
    assert extraction.state.waiting == 0


async def test_a_count_that_comes_late_does_not_overwrite_the_running_one() -> None:
    work = Work()
    slow = asyncio.Event()

    async def count() -> int:
        await slow.wait()
        return 99

    extraction = BackgroundExtraction(work.run, count, lambda _state: None)
    counting = asyncio.create_task(extraction.recount())
    await asyncio.sleep(0)
    extraction.start()
    await wait_until(lambda: extraction.state.waiting == 10)
    slow.set()
    await counting
    assert extraction.state.waiting == 10
    await extraction.stop()
