"""Review: from the key press to the next item painted, with 10,000 attributes to judge.

The real app with a real journal, headless: a key is handed to the app as the terminal driver would,
and the clock stops at the last frame that this key caused (Textual paints 60 times a second, so
a frame that is missed costs 17 ms). The
verdict's write goes on behind it; the time until it is in the store is given too.

    python benchmarks/review_latency.py [--attributes 10000] [--keys 300] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(count: int, keys: int) -> dict[str, object]:
    from textual import events

    from persona_tui.app import PersonaApp
    from persona_tui.paths import default_paths
    from persona_tui.screens.review import ReviewScreen
    from store.db import open_store
    from tests.helpers import wait_until
    from tests.persona_tui.review_data import seed

    paths = default_paths()
    with open_store(paths.database) as store, store.write():
        seed(store, count)

    app = PersonaApp(paths, start_mode="review")
    app.ui_state.welcomed = True
    began = time.perf_counter()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await wait_until(lambda: screen.session and screen.session.current, every=0.001)
        opened = time.perf_counter() - began
        await pilot.pause()
        painted: list[float] = []
        drawn = asyncio.Event()
        shown = app._display

        def display(*args: object) -> None:
            shown(*args)  # type: ignore[arg-type]  # the same arguments, passed on
            painted.append(time.perf_counter())
            drawn.set()

        app._display = display  # type: ignore[method-assign,assignment]  # when the screen is written
        seen: list[float] = []
        saved: list[float] = []
        session = screen.session
        if session is None:
            raise SystemExit("The queue was not read.")
        for _ in range(min(keys, count)):
            before = session.current_id
            pressed = time.perf_counter()
            painted.clear()
            app.post_message(events.Key("a", "a"))
            while session.current_id == before or not painted:
                drawn.clear()
                await drawn.wait()
            await screen.before_quit()
            saved.append((time.perf_counter() - pressed) * 1000)
            await pilot.pause(0.03)  # whatever else this key still paints counts too
            seen.append((painted[-1] - pressed) * 1000)
        await app.close_services()
    return {
        "attributes": count,
        "keys": keys,
        "open_ms": round(opened * 1000),
        "painted_p50_ms": round(statistics.median(seen), 1),
        "painted_p99_ms": round(quantile(seen, 0.99), 1),
        "painted_max_ms": round(max(seen), 1),
        "saved_p50_ms": round(statistics.median(saved), 1),
        "saved_p99_ms": round(quantile(saved, 0.99), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attributes", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["PERSONA_TUI_HOME"] = home
        found = asyncio.run(measure(options.attributes, options.keys))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<16} {value:>10}")


if __name__ == "__main__":
    main()
