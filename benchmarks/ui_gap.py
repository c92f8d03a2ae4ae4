"""How long the UI loop is ever held up while a model generates, against idle.

A timer asks to be called every 5 ms; the gap is the time between two calls beyond those 5 ms. The
app is the real one with the starter model, answering and, at the same time, drawing Markdown.

    python -m benchmarks.ui_gap [SECONDS]
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from benchmarks._table import show

EVERY = 0.005
QUESTION = (
    "Write a long guide to growing vegetables: an introduction, a numbered list of ten steps with "
    "an explanation each, a table of months, and a closing word."
)


async def gaps_during(work: Callable[[], Awaitable[object]]) -> list[float]:
    """Gaps in milliseconds between ticks of the loop while ``work`` goes on."""
    gaps: list[float] = []
    stop = asyncio.Event()

    async def tick() -> None:
        last = time.perf_counter()
        while not stop.is_set():
            await asyncio.sleep(EVERY)
            now = time.perf_counter()
            gaps.append(max(0.0, now - last - EVERY) * 1000)
            last = now

    ticking = asyncio.create_task(tick())
    await work()
    stop.set()
    await ticking
    return gaps


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(seconds: float) -> dict[str, list[float]]:
    from persona_tui.app import PersonaApp
    from persona_tui.paths import default_paths
    from persona_tui.screens.chat import ChatScreen

    app = PersonaApp(default_paths())
    app.ui_state.welcomed = True
    results: dict[str, list[float]] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        await app.ready.wait()
        await pilot.pause(1)
        screen = app.screen
        if not isinstance(screen, ChatScreen):
            raise TypeError(screen)
        results["idle"] = await gaps_during(lambda: asyncio.sleep(seconds))

        screen.composer.insert(QUESTION)
        await pilot.press("enter")

        async def writing() -> None:
            views = screen.transcript.views
            while not (len(views()) > 1 and views()[-1].streaming):
                await pilot.pause(0.02)

        # Only while it writes: an answer that ended early would count idle time as work.
        async def wait() -> None:
            if screen.session is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(screen.session.wait_idle(), seconds)

        async def type_and_scroll() -> None:
            until = time.monotonic() + seconds
            while screen.busy and time.monotonic() < until:
                await pilot.press("a", "pageup", "backspace", "pagedown")

        await writing()
        results["generating"] = await gaps_during(wait)
        while screen.busy and screen.session is not None:
            await screen.session.stop()
            await pilot.pause(0.05)

        await pilot.press("ctrl+r")
        await writing()
        results["generating, keys pressed"] = await gaps_during(type_and_scroll)
        await app.action_quit()
    return results


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PERSONA_TUI_HOME"] = folder
        results = asyncio.run(measure(seconds))
    rows = [
        {
            "the UI loop is held up": name,
            "ticks": len(gaps),
            "p50 ms": round(percentile(gaps, 0.5), 1),
            "p99 ms": round(percentile(gaps, 0.99), 1),
            "max ms": round(max(gaps), 1),
        }
        for name, gaps in results.items()
    ]
    show("UI gap", rows, note="Aim: p99 at most 50 ms while a model generates.")


if __name__ == "__main__":
    main()
