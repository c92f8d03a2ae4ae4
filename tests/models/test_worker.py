"""The worker as a process: it dies alone, leaves nobody behind and knows no secrets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from models.errors import InterruptedAnswerError, UnavailableError
from models.llama import LlamaBackend
from models.protocol import ChatEvent, ChatMessage, Finished, Notice, Sampling, TextDelta
from models.starter import starter_path
from tests.helpers import mode_of, wait_until

pytestmark = pytest.mark.model

LONG = Sampling(temperature=1.5, max_tokens=2000, seed=1)
STORY = [ChatMessage("user", "Tell me a long story.")]


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "worker.log"


@pytest.fixture
async def backend(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LlamaBackend]:
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret")
    monkeypatch.setenv("HF_TOKEN", "hf-very-secret")
    monkeypatch.setenv("PERSONA_TUI_KEY_OPENAI", "sk-very-secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:very-secret@proxy.example:80")
    monkeypatch.setenv("HARMLESS", "kept")
    made = LlamaBackend(starter_path(), name="starter", log_file=log_file, n_ctx=2048, n_threads=1)
    yield made
    await made.close()


def process_of(backend: LlamaBackend) -> psutil.Process:
    assert backend.worker_pid is not None
    return psutil.Process(backend.worker_pid)


async def answered(backend: LlamaBackend) -> list[ChatEvent]:
    return [event async for event in backend.chat(STORY, sampling=Sampling(max_tokens=3))]


async def test_killed_in_mid_answer_and_started_anew(backend: LlamaBackend) -> None:
    events: list[ChatEvent] = []

    async def read() -> None:
        async for event in backend.chat(STORY, sampling=LONG):
            events.append(event)
            if len(events) == 3:
                process_of(backend).kill()

    with pytest.raises(InterruptedAnswerError, match="ask again"):
        await read()
    assert all(isinstance(event, TextDelta) for event in events[:3])
    await wait_until(lambda: backend.worker_pid is None)
    again = [event async for event in backend.chat(STORY, sampling=Sampling(max_tokens=4, seed=1))]
    assert isinstance(again[0], Notice)
    assert isinstance(again[-1], Finished)


async def test_killed_while_idle_nothing_is_lost(backend: LlamaBackend) -> None:
    await backend.start()
    process_of(backend).send_signal(signal.SIGSTOP)  # so that the requests are surely not begun
    pid = backend.worker_pid
    assert pid is not None
    chosen = asyncio.create_task(backend.choose(STORY, ["?"], ["Yes", "No"]))
    chat = asyncio.create_task(answered(backend))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    assert len((await chosen).logprobs) == 1
    assert isinstance((await chat)[-1], Finished)
    assert backend.worker_pid not in (None, pid)


def begun(backend: LlamaBackend) -> bool:
    """Whether the worker has begun with what it was asked last."""
    worker = backend._worker
    return worker is not None and any(call.begun for call in list(worker._calls.values()))


async def test_killed_in_a_prefill_and_while_loading(backend: LlamaBackend) -> None:
    loading = asyncio.create_task(backend.start())
    await wait_until(lambda: backend.worker_pid is not None, every=0.001)
    process_of(backend).kill()
    with pytest.raises(UnavailableError, match="while it loaded"):
        await loading
    long = [ChatMessage("user", "A story about many things. " * 250)]
    reading = asyncio.create_task(backend.choose(long, ["?"], ["Yes", "No"]))
    await wait_until(lambda: begun(backend), every=0.001)
    process_of(backend).kill()
    with pytest.raises(InterruptedAnswerError):
        await reading
    assert await backend.count_tokens(STORY)


async def test_closing_in_mid_request_starts_nothing_anew(backend: LlamaBackend) -> None:
    await backend.start()
    process = process_of(backend)
    busy = asyncio.create_task(backend.choose(STORY, ["?"] * 50, ["Yes", "No"]))
    waiting = asyncio.create_task(backend.choose(STORY, ["?"], ["Yes", "No"]))
    await asyncio.sleep(0)
    assert await backend.count_tokens(STORY)  # both have arrived
    await backend.close()
    found = await asyncio.gather(busy, waiting, return_exceptions=True)
    assert [type(one) for one in found] == [InterruptedAnswerError] * 2
    assert not process.is_running()
    assert backend.worker_pid is None


async def test_the_environment_holds_no_secrets(backend: LlamaBackend) -> None:
    await backend.start()
    environment = process_of(backend).environ()
    assert "very-secret" not in str(environment)
    assert environment["HARMLESS"] == "kept"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_terminal_is_not_held(backend: LlamaBackend, log_file: Path) -> None:
    await backend.start()
    process = process_of(backend)
    assert os.getsid(process.pid) == process.pid
    for number, expected in ((0, os.devnull), (1, str(log_file)), (2, str(log_file))):
        assert str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) == expected
    process.send_signal(signal.SIGINT)
    assert (await backend.count_tokens(STORY) or 0) > 0
    assert process.is_running()


async def test_the_log_is_private_useful_and_bounded(backend: LlamaBackend, log_file: Path) -> None:
    log_file.parent.mkdir()
    log_file.write_bytes(b"x" * (1 << 21))
    await backend.start()
    assert mode_of(log_file) == "0600"
    assert 100 < log_file.stat().st_size < 100_000
    assert log_file.with_name("worker.log.1").stat().st_size == 1 << 21


async def test_closing_ends_the_process_and_is_idempotent(backend: LlamaBackend) -> None:
    await backend.start()
    process = process_of(backend)
    await backend.close()
    await backend.close()
    assert not process.is_running()
    assert backend.worker_pid is None


async def test_no_orphan_when_the_program_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, sys
        from models.llama import LlamaBackend
        from models.protocol import ChatMessage, Sampling
        from models.starter import starter_path

        async def main():
            backend = LlamaBackend(starter_path(), name="s", log_file=None, n_ctx=2048)
            long = Sampling(temperature=1.5, max_tokens=2000)
            async for event in backend.chat([ChatMessage("user", "Tell me a story.")], sampling=long):
                print(backend.worker_pid, flush=True)

        asyncio.run(main())
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    with parent.stdout:
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    await wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    assert parent.returncode == -signal.SIGKILL


async def test_a_folder_called_models_in_the_working_directory_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: LlamaBackend
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert (await backend.start()).context_tokens == 2048
