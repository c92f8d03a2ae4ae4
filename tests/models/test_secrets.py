"""Where keys come from, and where they never show."""

from __future__ import annotations

import asyncio
import logging
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import psutil
import pytest

from models.secrets import (
    KeyStoreError,
    Secret,
    Secrets,
    environment_names,
    environment_without_keys,
    environment_without_secrets,
    in_daemon_thread,
    keyring_status,
)
from tests.helpers import wait_until

KEY = "sk-secret-0123456789"


class MemoryRing(keyring.backend.KeyringBackend):
    """Stands for the system's own keyring (its module and name are set below)."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.gate: threading.Event | None = None
        self.forgets = False
        self.fails = False

    def _use(self) -> None:
        if self.gate is not None:
            self.gate.wait(20)
        if self.fails:
            raise RuntimeError(f"locked while handling {KEY}")

    def get_password(self, service: str, username: str) -> str | None:
        self._use()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._use()
        if not self.forgets:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._use()
        del self.kept[service, username]


SystemRing: Any = type("Keyring", (MemoryRing,), {"__module__": "keyring.backends.SecretService"})
PlainRing: Any = type("PlaintextKeyring", (MemoryRing,), {"__module__": "keyrings.alt.file"})


@pytest.fixture
def ring() -> Iterator[Any]:
    before = keyring.get_keyring()
    ring = SystemRing()
    keyring.set_keyring(ring)
    yield ring
    if ring.gate is not None:
        ring.gate.set()
    keyring.set_keyring(before)


def helper(tmp_path: Path, code: str) -> str:
    script = tmp_path / "my helper.py"
    script.write_text(code)
    return f'"{sys.executable}" "{script}"'


def assert_told(error: KeyStoreError) -> str:
    said = str(error)
    shown = said + repr(error) + "".join(traceback.format_exception(error))
    assert KEY not in shown
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{[secret]}"):
        assert "secret-0123" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_the_variables_of_a_key() -> None:
    assert environment_names("openai") == ("PERSONA_TUI_KEY_OPENAI", "OPENAI_API_KEY")
    assert environment_names("my lab/gpu-1")[0] == "PERSONA_TUI_KEY_MY_LAB_GPU_1"


def test_the_order(ring: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets({"openai": helper(tmp_path, "print('from-helper')")})
    without = Secrets()
    assert without.get("openai") is None
    assert without.source("openai") is None
    assert "OPENAI_API_KEY" in without.status("openai").detail
    without.set_session("openai", " from-session \n")
    assert without.get("openai") == "from-session"
    assert without.source("openai") == "session"
    ring.kept["persona-tui", "openai"] = "from-keyring"
    assert without.get("openai") == "from-keyring"
    assert without.source("openai") == "keyring"
    assert secrets.get("openai") == "from-helper"
    assert secrets.source("openai") == "helper"
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert secrets.get("openai") == "from-environment"
    monkeypatch.setenv("PERSONA_TUI_KEY_OPENAI", "ours")
    assert secrets.get("openai") == "ours"
    assert secrets.source("openai") == "environment"
    assert "ours" not in secrets.status("openai").detail


# --- helper commands ----------------------------------------------------------------------------


def test_a_helper_gives_its_first_line_and_sees_no_other_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("PERSONA_TUI_KEY_X", KEY)
    command = helper(
        tmp_path,
        "import os, sys\n"
        "print('no' if any('sk-secret' in value for value in os.environ.values()) else 'clean')\n"
        "print('second line')\n",
    )
    assert Secrets({"k": command}).get("k") == "clean"
    assert "HOME" in environment_without_keys({"HOME": "x", "A_API_KEY": "y"})


def test_a_helper_keeps_its_own_secrets_and_our_worker_gets_none() -> None:
    kept = {"HOME": "x", "KEYBOARD": "us", "PATH": "/bin"}
    helpers = {"VAULT_TOKEN": "t", "SSH_AUTH_SOCK": "s", "PASSWORD_STORE_DIR": "d"}
    helpers["HTTPS_PROXY"] = "http://me:word@proxy"
    keys = {"OPENAI_API_KEY": "k", "PERSONA_TUI_KEY_LAB": "k"}
    assert environment_without_keys({**kept, **helpers, **keys}) == {**kept, **helpers}
    assert environment_without_secrets({**kept, **helpers, **keys}) == kept


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"import sys; sys.stderr.write('{KEY}'); sys.exit(3)", "status 3"),
        ("pass", "printed no key"),
        ("print('a\\x1bb')", "characters that no key has"),
        ("print('é')", "characters that no key has"),
        ("print('x' * 100000)", "characters that no key has"),
    ],
)
def test_a_helper_that_fails_is_told(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(KeyStoreError) as caught:
        Secrets({"k": helper(tmp_path, code)}).get("k")
    assert said in assert_told(caught.value)


@pytest.mark.parametrize("command", ["no-such-program-here --x", "'unclosed", "  ", "\x00"])
def test_a_helper_that_is_no_command_is_told(command: str) -> None:
    secrets = Secrets({"k": command})
    with pytest.raises(KeyStoreError) as caught:
        secrets.get("k")
    assert_told(caught.value)


def test_a_helper_is_no_shell(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with pytest.raises(KeyStoreError):
        Secrets({"k": f"false; touch {target}"}).get("k")
    assert not target.exists()


async def test_a_helper_that_waits_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = helper(
        tmp_path,
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(90)\n",
    )
    with pytest.raises(KeyStoreError, match="gave nothing within 3 s") as caught:
        Secrets({"k": command}, helper_seconds=3.0).get("k")
    assert_told(caught.value)
    child = int(note.read_text())

    def ended() -> bool:
        try:
            return psutil.Process(child).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    await wait_until(ended)


# --- the keyring --------------------------------------------------------------------------------


def test_the_keyring_keeps_and_is_read_back(ring: Any) -> None:
    secrets = Secrets()
    secrets.set_session("k", "old")
    secrets.set_keyring("k", KEY)
    assert ring.kept == {("persona-tui", "k"): KEY}
    assert Secrets().get("k") == KEY
    secrets.forget("k")
    assert ring.kept == {}
    assert secrets.get("k") is None


def test_a_keyring_that_forgets_is_noticed(ring: Any) -> None:
    ring.forgets = True
    with pytest.raises(KeyStoreError, match="does not give it back") as caught:
        Secrets().set_keyring("k", KEY)
    assert_told(caught.value)


def test_a_keyring_that_fails_is_told_without_its_words(ring: Any) -> None:
    ring.fails = True
    secrets = Secrets()
    with pytest.raises(KeyStoreError, match="RuntimeError") as caught:
        secrets.set_keyring("k", KEY)
    assert_told(caught.value)
    secrets.set_session("k", "session")
    assert secrets.get("k") == "session"


def test_a_keyring_in_plain_text_is_refused(ring: Any) -> None:
    plain = PlainRing()
    keyring.set_keyring(plain)
    secrets = Secrets()
    with pytest.raises(KeyStoreError, match=r"keyrings\.alt\.file\.PlaintextKeyring.*not used"):
        secrets.set_keyring("k", KEY)
    assert plain.kept == {}
    assert "PlaintextKeyring" in secrets.status("k").detail


def test_whether_the_keyring_may_be_used(ring: Any) -> None:
    assert keyring_status() == (True, "keyring.backends.SecretService.Keyring")
    keyring.set_keyring(PlainRing())
    usable, why_not = keyring_status()
    assert not usable
    assert "PlaintextKeyring" in why_not


@pytest.mark.parametrize("name", ["null", "fail"])
def test_the_null_and_the_failing_keyring_are_refused(ring: Any, name: str) -> None:
    import importlib

    module = importlib.import_module(f"keyring.backends.{name}")
    keyring.set_keyring(module.Keyring())
    with pytest.raises(KeyStoreError, match="not used"):
        Secrets().set_keyring("k", KEY)
    secrets = Secrets()
    assert secrets.get("k") is None
    secrets.set_session("k", KEY)
    secrets.forget("k")
    assert secrets.get("k") is None


def test_of_several_keyrings_the_trusted_one_is_used(ring: Any) -> None:
    several: Any = type(
        "ChainerBackend",
        (MemoryRing,),
        {"__module__": "keyring.backends.chainer", "backends": [PlainRing(), ring]},
    )
    keyring.set_keyring(several())
    Secrets().set_keyring("k", KEY)
    assert ring.kept == {("persona-tui", "k"): KEY}


async def test_a_keyring_that_hangs_is_abandoned_and_may_come_back(ring: Any) -> None:
    ring.gate = threading.Event()
    ring.kept["persona-tui", "k"] = KEY
    secrets = Secrets(keyring_seconds=0.2)
    secrets.set_session("k", "session")
    assert secrets.get("k") == "session"
    with pytest.raises(KeyStoreError, match="has not answered yet"):
        secrets.set_keyring("k", KEY)
    assert secrets.status("k").source == "session"
    ring.gate.set()  # the person has unlocked it
    await wait_until(lambda: secrets.source("k") == "keyring")
    assert secrets.get("k") == KEY


async def test_waiting_for_a_key_holds_up_nothing() -> None:
    gate = threading.Event()
    waiting = asyncio.ensure_future(in_daemon_thread(gate.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.set()
    assert await in_daemon_thread(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0)


def test_a_keyring_that_hangs_does_not_hold_up_the_end() -> None:
    code = (
        "import time, keyring, keyring.backend\n"
        "class Keyring(keyring.backend.KeyringBackend):\n"
        "    priority = 1\n"
        "    def get_password(self, s, u): time.sleep(600)\n"
        "    def set_password(self, s, u, p): time.sleep(600)\n"
        "Keyring.__module__ = 'keyring.backends.SecretService'\n"
        "keyring.set_keyring(Keyring())\n"
        "from models.secrets import Secrets\n"
        "print(Secrets(keyring_seconds=0.2).get('k'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "None")


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "naïve", "x" * 9000])
def test_what_is_no_key_is_not_kept(ring: Any, value: str) -> None:
    for keep in (Secrets().set_session, Secrets().set_keyring):
        with pytest.raises(KeyStoreError):
            keep("k", value)
    assert ring.kept == {}


def test_keys_are_in_no_log_and_no_repr(ring: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = Secrets()
    secrets.set_session("a", KEY)
    secrets.set_keyring("b", KEY)
    assert secrets.get("b") == KEY
    assert KEY not in caplog.text + repr(secrets) + repr(vars(secrets))


def test_help_needs_no_keyring() -> None:
    code = "import sys, models.secrets; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
