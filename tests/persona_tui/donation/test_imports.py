"""What giving and reading a donation loads."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"numpy", "pyarrow", "textual", "llama_cpp", "onnxruntime", "sqlite3", "huggingface_hub",
         "pandas", "duckdb", "phonenumbers", "datasets"}  # fmt: skip
LIGHT = ("assembling", "bundle", "card", "checking", "coarse", "consent", "croissant",
         "families", "given", "identity", "parquet", "reading", "rows", "schema", "serialize",
         "withdrawal")  # fmt: skip


def test_nothing_heavy_is_imported() -> None:
    code = (
        f"import sys; from persona_tui.donation import {', '.join(LIGHT)};"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())
