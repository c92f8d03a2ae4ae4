"""Cold start: from the process to the first painted frame, ours against a bare Textual app.

Both run in a pseudo-terminal of 120 × 40. The first frame is the first output that holds a text
which the app shows. Runs are interleaved, so that what else the machine does hits both alike;
medians are compared.

    python -m benchmarks.cold_start [RUNS]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from benchmarks._table import show

BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Static

class Bare(App):
    def compose(self):
        yield Header()
        yield Static("bare-app")
        yield Footer()

Bare().run()
"""
OURS = "from persona_tui.cli import main; main()"
TIMEOUT = 60


def seconds_to(program: str, shown: str, home: Path) -> float:
    """Seconds from starting ``program`` to the output that holds ``shown``."""
    env = {**os.environ, "PERSONA_TUI_HOME": str(home), "TERM": "xterm-256color"}
    start = time.perf_counter()
    child = pexpect.spawn(
        sys.executable, ["-c", program], env=env, dimensions=(40, 120), timeout=TIMEOUT
    )
    child.expect_exact(shown)
    taken = time.perf_counter() - start
    child.sendcontrol("q")
    child.expect(pexpect.EOF)
    child.close(force=True)
    return taken


def prepare(home: Path) -> None:
    """A second start: the journal is there, the welcome has been seen."""
    from persona_tui.paths import default_paths
    from persona_tui.state import UiState, save_state
    from store.db import open_store

    os.environ["PERSONA_TUI_HOME"] = str(home)
    paths = default_paths()
    open_store(paths.database).close()
    save_state(paths.state, UiState(welcomed=True))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        bare: list[float] = []
        ours: list[float] = []
        for number in range(runs + 1):
            pair = (seconds_to(BARE, "bare-app", home), seconds_to(OURS, "Conversations", home))
            if number:  # the first pair warms the file cache
                bare.append(pair[0])
                ours.append(pair[1])
    rows = [
        {
            "to the first frame": name,
            "median s": round(statistics.median(times), 3),
            "fastest s": round(min(times), 3),
            "slowest s": round(max(times), 3),
            "÷ bare": round(statistics.median(times) / statistics.median(bare), 2),
        }
        for name, times in (("bare Textual app", bare), ("persona-tui", ours))
    ]
    show("Cold start", rows, note=f"{runs} runs each, interleaved. Aim: at most 1.5 times bare.")


if __name__ == "__main__":
    main()
