"""Every test has a home of its own and no network."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from persona_tui.paths import ENV_HOME, Paths, default_paths

# Several tests compute at once. Threads that wait for each other on cores that others use spin most of
# the time away: with both cores busy, one thread of llama.cpp writes three times as fast as two.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

SLOW_FIRST = (
    "test_engines.py", "test_simulated_person.py", "test_journey_audit.py", "test_journey.py",
    "test_safety.py", "test_donate.py", "test_chat.py", "test_simulated_screens.py",
    "test_kill_verbs.py", "test_endpoint_server.py", "test_linear.py", "test_foil.py",
)  # fmt: skip
"""Files that take half a minute and more. What is handed out last should be short, lest one core works
alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Line up the slow files first, the others as they were."""
    rank = {name: place for place, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An isolated home: ours through ``PERSONA_TUI_HOME``, everybody else's through ``HOME``."""
    root = tmp_path / "home"
    root.mkdir(mode=0o700)
    monkeypatch.setenv(ENV_HOME, str(root / "persona"))
    monkeypatch.setenv("HOME", str(root))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    # pytest-xdist sets COLUMNS and LINES, which would overrule the size of a pseudo-terminal.
    for name in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY", "NO_COLOR",
                 "COLUMNS", "LINES", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    using = sys.modules.get("persona_tui.jobs.learning.using")
    if using is not None:
        using.to_tell()  # what another test's damaged model left to be told
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return root


@pytest.fixture
def paths(home: Path) -> Paths:
    """The program's paths in the isolated home."""
    return default_paths()


@pytest.fixture
def loopback() -> None:
    """Allow connections to this machine only."""
    enable_socket()
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
