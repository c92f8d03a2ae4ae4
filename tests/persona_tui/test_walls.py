"""What must not be imported, and what must not be opened."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from persona_tui.cli import VERBS

HEAVY = ("textual", "llama_cpp", "numpy", "openai", "onnxruntime", "sklearn", "scipy")

PLAIN_VERBS = [
    ["--help"],
    ["--version"],
    *[[verb, "--help"] for verb in VERBS],
    ["attributes", "--json"],
    ["conversations", "list", "--json"],
    ["conversations", "search", "tea"],
    ["config", "list"],
    ["profile"],
    ["models", "list"],
    ["completion", "bash"],
    ["backup"],
    ["forget", "everything", "--yes"],
    ["doctor", "--json"],
    ["review", "--plain"],
]

PROBE = """
import sys
from persona_tui.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code or 0
print("MODULES", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("argv", PLAIN_VERBS, ids=lambda argv: " ".join(argv))
def test_plain_verbs_import_nothing_heavy(argv: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    found = re.search(r"^MODULES (.*)$", done.stderr, re.MULTILINE)
    assert done.returncode == 0, done.stderr
    assert found, done.stderr
    assert not set(HEAVY) & set(found[1].split())


NO_SOCKETS = """
import socket, sys
opened = []
class Refusing(socket.socket):
    def connect(self, *a):
        opened.append(a); raise AssertionError("a connection was opened")
    connect_ex = connect
socket.socket = Refusing
socket.getaddrinfo = lambda *a, **k: opened.append(a) or sys.exit("a name was looked up")
from persona_tui.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    sys.exit(9 if opened else stop.code)
"""


@pytest.mark.model
def test_extracting_and_diagnosing_open_no_connection(tmp_path: Path) -> None:
    """With no remote model chosen the program talks to nobody."""
    chat = tmp_path / "chat.md"
    chat.write_text(
        "## User\n\nI work as a nurse on night shifts.\n\n## Assistant\n\nI see.\n",
        encoding="utf-8",
    )
    for argv in (
        ["import", str(chat)],
        ["extract"],
        ["attributes"],
        ["models", "list"],
        ["doctor", "--deep"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", NO_SOCKETS, *argv],
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, (argv, done.stdout, done.stderr)
