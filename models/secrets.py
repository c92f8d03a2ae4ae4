"""API keys: found in a fixed order, shown to nobody.

Order: environment variable → helper command (``pass show …``) → the system's keyring → what was
typed in for this session. A key is held as :class:`Secret`, whose text form is masked, and leaves
this module as a plain string only through :meth:`Secrets.get`.

Keyrings can hang (locked, over SSH) and some keep plain text (``keyrings.alt``) or forget (the null
back end). So only the systems' own are used, in a daemon thread that is given five seconds and
then abandoned: it can hold up neither a screen nor the end of the program.

Every call here may block for seconds (a helper that asks for a passphrase, a slow keyring): from an
event loop use :func:`in_daemon_thread`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from models.errors import ModelError

Source = Literal["environment", "helper", "keyring", "session"]

SERVICE = "persona-tui"
"""The name under which keys lie in the keyring."""

TRUSTED_KEYRINGS = frozenset(
    {
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
        ("keyring.backends.libsecret", "Keyring"),
    }
)
"""Module and class of the back ends that encrypt and that remember."""

_LONGEST_KEY = 8192
_T = TypeVar("_T")


class KeyStoreError(ModelError):
    """A key could not be fetched or kept; the sentence says where and what to do."""


class NoKeyringError(KeyStoreError):
    """There is no keyring here that may hold a key."""


class Secret:
    """A string that does not show itself: not in ``repr``, ``str``, formats, logs or pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The plain string, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Where a key would come from, without the key."""

    key_name: str
    source: Source | None
    """``None``: there is none."""
    detail: str
    """One sentence for the person: the variable's name, or why the keyring is not used."""


def environment_names(key_name: str) -> tuple[str, str]:
    """The variables that are looked at, in order: ``openai`` → ``PERSONA_TUI_KEY_OPENAI``,
    ``OPENAI_API_KEY``."""
    stem = re.sub(r"[^A-Z0-9]+", "_", key_name.upper()).strip("_")
    return f"PERSONA_TUI_KEY_{stem}", f"{stem}_API_KEY"


_KEY_VARIABLE = re.compile(r"\APERSONA_TUI_KEY_|_API_KEY\Z", re.IGNORECASE)
_SECRET_VARIABLE = re.compile(
    r"API_?KEY|(?:\A|_)KEY(?:_|\Z)|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE
)
_LOGIN = re.compile(r"://[^/\s@]+@")


def environment_without_keys(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a helper command: ours less the variables that hold a key of ours. It
    may need secrets of its own (``VAULT_TOKEN``, ``SSH_AUTH_SOCK``, ``PASSWORD_STORE_DIR``)."""
    source = os.environ if environ is None else environ
    return {name: value for name, value in source.items() if not _KEY_VARIABLE.search(name)}


def environment_without_secrets(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a process of ours that reads strangers' files: less everything that is
    named like a secret, and addresses that hold a login."""
    return {
        name: value
        for name, value in environment_without_keys(environ).items()
        if not (_SECRET_VARIABLE.search(name) or _LOGIN.search(value))
    }


async def in_daemon_thread(work: Callable[[], _T]) -> _T:
    """``work()`` in a thread that may be abandoned: unlike ``asyncio.to_thread``, whose threads the
    interpreter waits for, neither a cancelled task nor the end of the program waits for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def deliver(value: _T | None, error: BaseException | None) -> None:
        if future.done():  # cancelled meanwhile
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("_T", value))

    def run() -> None:
        value, failure = None, None
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - handed over to the one who waits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(deliver, value, failure)

    threading.Thread(target=run, name="keys", daemon=True).start()
    return await future


class Secrets:
    """Finds keys by name. One object for the program; safe to use from several threads."""

    def __init__(
        self,
        helper: Mapping[str, str] | None = None,
        *,
        keyring_seconds: float = 5.0,
        helper_seconds: float = 30.0,
    ) -> None:
        """``helper`` maps a key's name to a command line whose first line of output is the key."""
        self._helper = dict(helper or {})
        self._keyring_seconds = keyring_seconds
        self._helper_seconds = helper_seconds
        self._session: dict[str, Secret] = {}
        self._abandoned: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Secrets(helpers for {sorted(self._helper)})"

    def use_helpers(self, helper: Mapping[str, str]) -> None:
        """Use other helper commands from now on (the settings changed); typed-in keys stay."""
        self._helper = dict(helper)

    def get(self, key_name: str) -> str | None:
        """The key, or ``None`` if there is none. :class:`KeyStoreError` if a helper command is
        configured for it and fails: a key that was meant to be there is not passed over."""
        for variable in environment_names(key_name):
            if value := os.environ.get(variable, "").strip():
                return value
        if command := self._helper.get(key_name):
            return _from_helper(key_name, command, self._helper_seconds)
        try:
            stored = self._from_keyring(key_name)
        except KeyStoreError:
            stored = None  # status() tells why; the session's key may still do
        if stored:
            return stored
        session = self._session.get(key_name)
        return session.reveal() if session else None

    def source(self, key_name: str) -> Source | None:
        """Where :meth:`get` would find the key. Runs no helper command."""
        return self.status(key_name).source

    def status(self, key_name: str) -> KeyStatus:
        """Where the key would come from, in a sentence, without returning it."""
        for variable in environment_names(key_name):
            if os.environ.get(variable, "").strip():
                return KeyStatus(key_name, "environment", f"from the variable {variable}")
        if command := self._helper.get(key_name):
            return KeyStatus(key_name, "helper", f"from the command {_program(command)}")
        try:
            stored, why_not = bool(self._from_keyring(key_name)), ""
        except KeyStoreError as error:
            stored, why_not = False, str(error)
        if stored:
            return KeyStatus(key_name, "keyring", "from the system's keyring")
        if key_name in self._session:
            return KeyStatus(key_name, "session", "typed in, kept until the program ends")
        variable = environment_names(key_name)[1]
        return KeyStatus(key_name, None, why_not or f"no key: set {variable} or add one")

    def set_session(self, key_name: str, value: str) -> None:
        """Keep a key in memory until the program ends."""
        self._session[key_name] = Secret(_checked(key_name, value))

    def set_keyring(self, key_name: str, value: str) -> None:
        """Keep a key in the system's keyring and read it back. :class:`KeyStoreError` if there is
        no keyring that can be trusted with it, or if it did not keep it."""
        key = Secret(_checked(key_name, value))

        def write() -> bool:
            ring = _trusted_keyring()
            ring.set_password(SERVICE, key_name, key.reveal())
            return bool(ring.get_password(SERVICE, key_name) == key.reveal())

        if not self.in_worker(write):
            raise KeyStoreError(
                f"The keyring took the key {key_name!r} and does not give it back, so it was not "
                "kept; use an environment variable or a helper command."
            )
        self._session.pop(key_name, None)

    def forget(self, key_name: str) -> None:
        """Remove a key from the session and, where there is one, from the keyring.
        :class:`KeyStoreError` if a keyring that may hold it does not answer."""
        self._session.pop(key_name, None)

        def remove() -> None:
            ring = _trusted_keyring()
            if ring.get_password(SERVICE, key_name) is not None:
                ring.delete_password(SERVICE, key_name)

        with contextlib.suppress(NoKeyringError):  # then it holds none of ours
            self.in_worker(remove)

    def _from_keyring(self, key_name: str) -> str | None:
        def read() -> Secret | None:
            value = _trusted_keyring().get_password(SERVICE, key_name)
            return Secret(value) if isinstance(value, str) and value else None

        secret = self.in_worker(read)
        return secret.reveal() if secret else None

    def in_worker(self, work: Callable[[], _T]) -> _T:
        """Run ``work``, which uses the keyring, in a daemon thread with the time limit; any trouble
        is a :class:`KeyStoreError`."""
        if self._abandoned is not None and self._abandoned.is_alive():  # one such is enough
            raise KeyStoreError(
                "The system's keyring has not answered yet; unlock it, or use an environment "
                "variable or a helper command."
            )
        done: list[_T] = []
        failed: list[KeyStoreError] = []

        def run() -> None:
            try:
                done.append(work())
            except KeyStoreError as error:
                failed.append(error)
            except Exception as error:  # noqa: BLE001 - back ends raise whatever they like
                # The type only: a back end's own message may quote what it was given.
                failed.append(
                    KeyStoreError(
                        f"The system's keyring failed ({type(error).__name__}); unlock it, or use "
                        "an environment variable or a helper command."
                    )
                )

        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        thread.join(self._keyring_seconds)
        if failed:
            raise failed[0]
        if done:
            return done[0]
        self._abandoned = thread  # late is not never: it may be waiting to be unlocked
        raise KeyStoreError(
            f"The system's keyring did not answer within {self._keyring_seconds:g} s (locked, or "
            "over SSH?); use an environment variable or a helper command."
        )


def keyring_status(seconds: float = 5.0) -> tuple[bool, str]:
    """Whether the system's keyring may be used, and its name or the reason in a sentence. Asks it
    for nothing."""

    def name() -> str:
        kind = type(_trusted_keyring())
        return f"{kind.__module__}.{kind.__name__}"

    try:
        return True, Secrets(keyring_seconds=seconds).in_worker(name)
    except KeyStoreError as error:
        return False, str(error)


def _trusted_keyring() -> Any:
    """The keyring in force, if it is one that encrypts and remembers. Slow: run in the worker."""
    import keyring

    ring: Any = keyring.get_keyring()
    for candidate in (*getattr(ring, "backends", ()), ring):
        kind = type(candidate)
        if (kind.__module__, kind.__name__) in TRUSTED_KEYRINGS:
            return candidate
    name = f"{type(ring).__module__}.{type(ring).__name__}"
    raise NoKeyringError(
        f"The keyring here ({name}) is not one that protects keys, so it is not used; use an "
        "environment variable or a helper command."
    )


def _checked(key_name: str, value: str) -> str:
    value = value.strip()
    if not value or len(value) > _LONGEST_KEY or not value.isascii() or not value.isprintable():
        raise KeyStoreError(
            f"What was given for the key {key_name!r} is empty or holds characters that no key "
            "has; copy it again."
        )
    return value


def _program(command: str) -> str:
    """The helper's program alone: its arguments may be telling."""
    try:
        argv = shlex.split(command)
    except ValueError:
        return "?"
    return Path(argv[0]).name if argv else "?"


def _from_helper(key_name: str, command: str, seconds: float) -> str:
    """The first line that ``command`` prints. No shell; its error output is thrown away, for it
    may hold the secret; its environment holds no other key; it has no terminal to ask on."""
    told = f"The helper command for the key {key_name!r} ({_program(command)})"
    try:
        argv = shlex.split(command)
    except ValueError:
        argv = []
    if not argv:
        raise KeyStoreError(f"{told} cannot be read as a command line; see `keys` in the settings.")
    try:
        process = subprocess.Popen(  # noqa: S603 - the person configured this command; no shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment_without_keys(),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a command"
        raise KeyStoreError(f"{told} could not be started: {reason}.") from None
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end_group(process)
        raise KeyStoreError(
            f"{told} gave nothing within {seconds:g} s; run it in a terminal to see what it waits "
            "for."
        ) from None
    if process.returncode:
        raise KeyStoreError(
            f"{told} ended with status {process.returncode}; run it in a terminal to see why."
        )
    lines = output.decode("utf-8", "replace").splitlines()
    if not lines or not lines[0].strip():
        raise KeyStoreError(f"{told} printed no key on its first line.")
    return _checked(key_name, lines[0])


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the helper and what it started, and let go of its pipe without waiting for them."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    if process.stdout is not None:
        process.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1.0)
