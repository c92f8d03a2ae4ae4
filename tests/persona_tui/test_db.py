"""The thread that owns the journal."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_tui.db import StoreThread
from persona_tui.paths import Paths
from store import conversations, messages
from store.db import Store
from store.errors import DamagedError, NotFoundError, StoreError
from tests.helpers import wait_until


async def test_calls_run_in_order_on_one_other_thread(paths: Paths) -> None:
    def note(store: Store, number: int, *, extra: str) -> tuple[int, str, int]:
        time.sleep(0.01 * (3 - number))
        return number, extra, threading.get_ident()

    async with StoreThread(paths.database) as db:
        done = await asyncio.gather(*(db.run(note, i, extra="x") for i in range(3)))
    assert [(number, extra) for number, extra, _ in done] == [(i, "x") for i in range(3)]
    threads = {thread for _, _, thread in done}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_the_loop_goes_on_while_the_thread_waits(paths: Paths) -> None:
    entered, leave = threading.Event(), threading.Event()

    def block(store: Store) -> str:
        entered.set()
        assert leave.wait(20)
        return "done"

    async with StoreThread(paths.database) as db:
        waiting = asyncio.create_task(db.run(block))
        await wait_until(entered.is_set)
        assert not waiting.done()
        leave.set()
        assert await waiting == "done"


async def test_work_whose_caller_is_cancelled_is_still_done_whole(paths: Paths) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(store: Store) -> None:
        entered.set()
        assert leave.wait(20)
        with store.write():
            made = conversations.create(store, title="slow")
            messages.append(store, made.conversation_id, "user", "kept")

    async with StoreThread(paths.database) as db:
        running = asyncio.create_task(db.run(slow))
        await wait_until(entered.is_set)
        queued = asyncio.create_task(db.run(conversations.create, title="queued"))
        await asyncio.sleep(0)
        for task in (running, queued):
            task.cancel()
        for task in (running, queued):
            with pytest.raises(asyncio.CancelledError):
                await task
        leave.set()
        found = await db.run(conversations.list_all)
        assert {(c.title, c.messages) for c in found} == {("slow", 1), ("queued", 0)}


async def test_errors_come_back_and_late_ones_are_logged(
    paths: Paths, caplog: pytest.LogCaptureFixture
) -> None:
    leave = threading.Event()

    def fail_late(store: Store) -> None:
        assert leave.wait(20)
        raise StoreError("too late")

    async with StoreThread(paths.database) as db:
        with pytest.raises(NotFoundError, match="no conversation"):
            await db.run(conversations.get, "nowhere")
        with caplog.at_level(logging.ERROR):
            task = asyncio.create_task(db.run(fail_late))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            leave.set()
            await wait_until(lambda: "too late" in caplog.text)


async def test_a_generator_is_refused(paths: Paths) -> None:
    def lazy(store: Store) -> Iterator[int]:
        yield 1

    async with StoreThread(paths.database) as db:
        with pytest.raises(TypeError, match="wrong thread"):
            await db.run(lazy)
        with pytest.raises(TypeError, match="wrong thread"):
            await db.run(messages.iter_pending, "s1")


async def test_what_was_asked_before_closing_is_done(paths: Paths) -> None:
    db = StoreThread(paths.database)
    await db.open()
    await db.open()
    asked = asyncio.create_task(db.run(conversations.create, title="last"))
    await asyncio.sleep(0)
    await db.close()
    await db.close()
    assert (await asked).title == "last"
    with pytest.raises(StoreError, match="closed"):
        await db.run(conversations.list_all)
    assert sorted(p.name for p in paths.data_dir.iterdir()) == ["persona.db"]
    await db.open()
    assert [c.title for c in await db.run(conversations.list_all)] == ["last"]
    await db.close()


async def test_opening_twice_at_once_and_closing_meanwhile(paths: Paths) -> None:
    db = StoreThread(paths.database)
    first, second = (asyncio.create_task(db.open()) for _ in range(2))
    await second
    assert await db.run(conversations.count) == 0
    await first
    await db.close()
    opening = asyncio.create_task(db.open())
    await asyncio.sleep(0)
    await db.close()
    await opening
    with pytest.raises(StoreError, match="closed"):
        await db.run(conversations.count)
    assert sorted(p.name for p in paths.data_dir.iterdir()) == ["persona.db"]


async def test_a_journal_that_cannot_be_opened_is_told_and_may_be_tried_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data" / "p.db"
    path.parent.mkdir()
    path.write_text("no database")
    db = StoreThread(path)
    with pytest.raises(DamagedError):
        await db.open()
    path.unlink()
    await db.open()
    assert await db.run(conversations.count) == 0
    await db.close()
