"""The verb ``models``, up to a download from a local hub that is interrupted."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.catalogue import RECOMMENDED
from persona_tui.commands.models import models
from persona_tui.config import load_settings
from persona_tui.errors import UsageError
from persona_tui.paths import Paths
from tests.helpers import wait_until
from tests.models.fake_hub import FakeHub, fake_hub

ENTRY = RECOMMENDED[0]
CONTENT = b"GGUF" + bytes(range(256)) * 12_000


def run(*args: str) -> Result:
    return CliRunner().invoke(models, args)


@pytest.fixture
def hub(loopback: None) -> Iterator[FakeHub]:
    with fake_hub(ENTRY.repo, ENTRY.filename, CONTENT) as running:
        yield running


def test_list_as_text_and_json() -> None:
    text = run("list").output
    assert "Ready" in text
    assert "Recommended downloads" in text
    rows = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert rows[0]["ref"] == "starter"
    assert {row["state"] for row in rows} == {"ready", "download"}
    assert {"fit", "where", "local", "licence", "size_bytes", "used_for"} <= set(rows[1])


def test_adding_using_and_removing(paths: Paths, tmp_path: Path) -> None:
    gguf = tmp_path / "mine.gguf"
    gguf.write_bytes(b"GGUF....")
    assert run("add", "mine", "--gguf", str(gguf), "--use", "both").exit_code == 0
    added = run("add", "gpt", "--provider", "openai", "--model", "gpt-x")
    assert "goes to: api.openai.com" in added.output
    assert "OPENAI_API_KEY" in added.output
    settings = load_settings(paths, {})
    assert settings.chat.model == settings.extraction.model == "mine"
    assert isinstance(run("add", "mine", "--gguf", str(gguf)).exception, UsageError)
    assert run("add", "mine", "--gguf", str(gguf), "--replace").exit_code == 0
    assert run("remove", "mine").exit_code == 0
    assert gguf.exists()
    assert load_settings(paths, {}).chat.model == "starter"
    assert isinstance(run("remove", "starter").exception, UsageError)
    assert isinstance(run("remove", "nobody").exception, UsageError)


def test_download_use_and_delete(hub: FakeHub, paths: Paths) -> None:
    done = run("download", ENTRY.id, "--endpoint", hub.endpoint, "--use", "chat", "--json")
    assert done.exception is None
    record = json.loads(done.output)
    assert Path(record["path"]).read_bytes() == CONTENT
    assert load_settings(paths, {}).chat.model == ENTRY.id
    assert f"{ENTRY.id} " in run("list").output.split("Recommended")[0]
    assert run("remove", ENTRY.id, "--yes").exit_code == 0
    assert not Path(record["path"]).exists()
    assert load_settings(paths, {}).chat.model == "starter"


async def test_interrupt_keeps_the_part_and_says_how_to_go_on(hub: FakeHub, paths: Paths) -> None:
    hub.hold_after = 1_500_000
    command = [sys.executable, "-m", "persona_tui", "models", "download", ENTRY.id]
    process = subprocess.Popen(
        [*command, "--endpoint", hub.endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
        text=True,
    )
    try:
        await wait_until(
            lambda: any(path.stat().st_size > 500_000 for path in paths.models.glob(".*.part")),
            timeout=90,
        )
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert f"models download {ENTRY.id}` goes on" in errors
    assert "Traceback" not in errors
    assert list(paths.models.glob(".*.part"))
    hub.hold_after = None
    again = await asyncio.to_thread(run, "download", ENTRY.id, "--endpoint", hub.endpoint)
    assert again.exception is None
    assert hub.byte_requests()[-1].headers["range"].startswith("bytes=")


@pytest.mark.model
def test_testing_the_starter_really_asks_it() -> None:
    done = run("test", "starter", "--json")
    assert done.exception is None
    record = json.loads(done.output)
    assert record["answer"]
    assert record["where"] == "this machine"
    assert record["load_seconds"] > 0


@pytest.mark.parametrize("verb", [["models", "list"], ["config", "list"], ["models", "--help"]])
def test_listing_imports_nothing_heavy(verb: list[str]) -> None:
    code = (
        "import sys\nfrom persona_tui.cli import main\n"
        f"try: main({verb!r})\nexcept SystemExit: pass\n"
        "heavy = ('numpy', 'textual', 'llama_cpp', 'openai', 'huggingface_hub', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
