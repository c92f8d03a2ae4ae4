"""What the engine is compared with: ``llama_cpp.server``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.secrets import environment_without_keys

KEY = "local-benchmark-key"


@contextmanager
def llama_server(model: Path, threads: int) -> Iterator[str]:
    """The base URL of ``python -m llama_cpp.server`` with ``model``; it ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024", "--api_key", KEY]
    command += ["--n_threads", str(threads), "--model_alias", "starter", "--logits_all", "true"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment_without_keys(os.environ),
    )
    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait_for(base_url, process)
        yield base_url
    finally:
        process.terminate()
        process.wait()


def _wait_for(base_url: str, process: subprocess.Popen[bytes]) -> None:
    asked = urllib.request.Request(f"{base_url}/models", headers={"Authorization": f"Bearer {KEY}"})
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(asked, timeout=1):
            return
        time.sleep(0.2)
    raise SystemExit("llama_cpp.server did not start; is the extra for it installed?")
