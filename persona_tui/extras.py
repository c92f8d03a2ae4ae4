"""How an optional set of packages is added to this installation, in words for the person."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def how_to_add(extra: str) -> str:
    """The end of a sentence that names the one command that fits: persona-tui is installed from its
    clone, by pipx or into a virtual environment (as ``make`` does)."""
    wanted = shlex.quote(f".[{extra}]")
    if "pipx" in Path(sys.prefix).parts:
        return f"in the clone of persona-tui, run: pipx install --force {wanted}"
    python = shlex.quote(sys.executable or "python3")
    return f"in the clone of persona-tui, run: {python} -m pip install -e {wanted}"
