"""Fetching a recommended model from the hub: resumable, cancellable, checked, private.

What the file is (commit, size, SHA-256) comes from the hub's own metadata through huggingface_hub;
the bytes are fetched here, through that library's HTTP client, in ranges. ``hf_hub_download`` does
not serve: it can be stopped only from inside a progress bar's callback, it does not compare the
checksum, and it writes group-readable files into a cache of its own.

The file is pinned to the commit that the metadata named, so that what is resumed is the same file.
It is written as ``.NAME.SHA.part`` (0600), hashed, and renamed only if the hash is the hub's.
No token is sent unless one is given; telemetry and the Xet transfer are switched off.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial as partial_call
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from models.errors import AuthenticationError, ModelError, UnavailableError
from models.partial import Partial, parts_of
from models.rate import Rate
from models.recommended import Download
from models.secrets import in_daemon_thread

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfFileMetadata

PUBLIC_HUB = "https://huggingface.co"
BLOCK = 1 << 20
"""Bytes that are gathered before they are written and hashed, in a thread."""
EVERY = 0.25
"""Seconds after which fewer are written too, so that a slow download is seen to move."""
MARGIN = 200_000_000
"""Bytes of disk that are left alone."""
RETRIES = 5
"""Attempts in a row that bring no byte before it is given up."""
SILENCE = 30.0
"""Seconds without a byte after which a connection counts as lost."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is, in bytes. The last one carries ``path``."""

    done: int
    total: int
    seconds_left: float | None = None
    note: str = ""
    path: Path | None = None


def hub_address(endpoint: str | None = None) -> str:
    """The hub in force: ``endpoint``, else ``$HF_ENDPOINT``, else the public one."""
    return (endpoint or os.environ.get("HF_ENDPOINT") or PUBLIC_HUB).rstrip("/")


def partial(entry: Download, models_dir: Path) -> Path | None:
    """What was fetched before and can be gone on with, if anything."""
    found = parts_of(models_dir, entry.filename)
    return found[0] if found else None


def discard_partial(entry: Download, models_dir: Path) -> None:
    """Delete what was fetched so far."""
    for path in parts_of(models_dir, entry.filename):
        path.unlink(missing_ok=True)


async def download(
    entry: Download,
    models_dir: Path,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    retry_after: Callable[[int], float] = lambda attempt: min(30.0, 2.0**attempt),
) -> AsyncGenerator[Progress, None]:
    """Fetch ``entry`` into ``models_dir``, yielding progress a few times a second.

    Close the generator, or cancel the task, to stop: what was fetched is kept and the next call
    goes on there. A lost connection is taken up again after ``retry_after(attempt)`` seconds.

    Raises :class:`AuthenticationError` (gated), :class:`UnavailableError` (no such file, no
    connection) and :class:`ModelError` (no room, wrong checksum, already being fetched).
    """
    hub = hub_address(endpoint)
    # Not to_thread: stopping the program would wait for the hub.
    facts = await in_daemon_thread(partial_call(_metadata, entry, hub, token))
    sha256, size = facts.etag, facts.size
    if sha256 is None or size is None or len(sha256) != 64:
        raise ModelError(
            f"The hub gave no checksum for {entry.filename}, so it was not downloaded."
        )
    with Partial(models_dir, Path(entry.filename).name, sha256) as part:
        yield Progress(part.size, size, note="checking what is there")
        if await _finish(lambda: part.target_is_right(size)):
            yield Progress(size, size, 0.0, "complete", part.target)
            return
        await _finish(lambda: part.hash_what_is_there(size))
        _room(models_dir, size - part.done)
        url = _url(entry, hub, facts.commit_hash)
        async with aclosing(_fetch(url, part, size, token, retry_after, entry)) as fetching:
            async for progress in fetching:
                yield progress
        if not part.is_right():
            part.restart()
            raise ModelError(
                f"What {_host(hub)} sent for {entry.name} does not have the checksum that the hub "
                "names, so it was deleted; download it again, or choose another mirror."
            )
        path = await _finish(part.complete)
    yield Progress(size, size, 0.0, "complete", path)


# --- the hub ------------------------------------------------------------------------------------


def _hub_library() -> Any:
    """huggingface_hub, told before its import to keep quiet. Costs about 100 ms once."""
    for name in (
        "HF_HUB_DISABLE_TELEMETRY",
        "HF_HUB_DISABLE_XET",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN",
        "HF_HUB_DISABLE_PROGRESS_BARS",
    ):
        os.environ.setdefault(name, "1")
    import huggingface_hub

    return huggingface_hub


def _url(entry: Download, hub: str, commit: str | None) -> str:
    url: str = _hub_library().hf_hub_url(
        entry.repo, entry.filename, revision=commit or entry.revision, endpoint=hub
    )
    return url


def _metadata(entry: Download, hub: str, token: str | None) -> HfFileMetadata:
    """Commit, size and checksum of the file, from the hub. Blocks."""
    library = _hub_library()
    from httpx2 import HTTPError, InvalidURL  # what huggingface_hub speaks HTTP with
    from huggingface_hub import errors

    host = _host(hub)
    try:
        facts: HfFileMetadata = library.get_hf_file_metadata(
            _url(entry, hub, None), token=token or False, timeout=15, endpoint=hub
        )
    except errors.GatedRepoError as error:
        raise AuthenticationError(
            f"{entry.name} is gated: accept its terms at {hub}/{entry.repo}, then name your hub "
            "key in the setting `downloads.key`."
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise UnavailableError(
            f"{host} has no {entry.repo} (any more), or wants a key for it."
        ) from error
    except errors.EntryNotFoundError as error:
        raise UnavailableError(
            f"{host} has no file {entry.filename} in {entry.repo} (any more)."
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        raise UnavailableError(
            f"{host} answered {status} when asked about {entry.name}; try again later."
        ) from error
    except (HTTPError, InvalidURL, OSError, ValueError) as error:
        raise UnavailableError(
            f"{host} cannot be reached ({_reason(error)}); check the connection and try again."
        ) from error
    return facts


async def _fetch(
    url: str,
    part: Partial,
    size: int,
    token: str | None,
    retry_after: Callable[[int], float],
    entry: Download,
) -> AsyncGenerator[Progress, None]:
    """Append to ``part`` until ``size`` bytes are there."""
    import httpx2

    rate = Rate()
    rate.add(part.done)
    attempt = 0
    while part.done < size:
        before = part.done
        try:
            async with _answer(url, part.done, token) as response:
                if part.done and response.status_code == 200:  # no ranges here: from the start
                    await _finish(part.restart)
                    before = 0
                async with aclosing(_keep(response, part, size)) as kept:
                    async for _ in kept:
                        rate.add(part.done)
                        yield Progress(part.done, size, rate.seconds_left(part.done, size))
            reason = "the connection ended"
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            if status < 500 and status not in (408, 429):
                raise UnavailableError(
                    f"{error.request.url.host} refused the download of {entry.name} ({status}); "
                    "try again later."
                ) from error
            reason = f"the server answered {status}"
        except httpx2.HTTPError as error:
            reason = _reason(error)
        except OSError as error:
            raise ModelError(
                f"{entry.filename} cannot be written: {error.strerror}; what is there is kept."
            ) from error
        if part.done >= size:
            break
        attempt = 1 if part.done > before else attempt + 1
        if attempt > RETRIES:
            raise UnavailableError(
                f"The download of {entry.name} stopped at {part.done * 100 // size} % ({reason}); "
                f"what is there is kept, and `persona-tui models download {entry.id}` goes on."
            )
        wait = retry_after(attempt)
        yield Progress(part.done, size, None, f"{reason}; trying again in {wait:.0f} s")
        await asyncio.sleep(wait)


async def _keep(response: httpx2.Response, part: Partial, size: int) -> AsyncGenerator[None, None]:
    """Write what comes, in large blocks, and yield after each; a cut loses nothing that came."""
    waiting = bytearray()
    since = time.monotonic()
    try:
        async for piece in response.aiter_raw():
            waiting += piece
            if part.done + len(waiting) > size:
                waiting.clear()
                part.restart()
                raise ModelError(
                    f"The server sent more than {part.target.name} holds; nothing was kept."
                )
            if len(waiting) >= BLOCK or time.monotonic() - since >= EVERY:
                block = bytes(waiting)
                waiting.clear()
                await _finish(partial_call(part.append, block))
                since = time.monotonic()
                yield
    finally:
        if waiting:
            part.append(bytes(waiting))  # at most one block: no longer than a frame


@asynccontextmanager
async def _answer(url: str, start: int, token: str | None) -> AsyncIterator[httpx2.Response]:
    """The file from byte ``start`` on. Redirects (to the store) are followed without the token."""
    library = _hub_library()
    import httpx2

    headers: dict[str, str] = library.utils.build_hf_headers(token=token or False)
    headers["Accept-Encoding"] = "identity"  # a range of a compressed file is another file
    if start:
        headers["Range"] = f"bytes={start}-"
    timeout = httpx2.Timeout(SILENCE, connect=15.0)
    async with (
        library.get_async_session() as http,
        http.stream("GET", url, headers=headers, timeout=timeout) as response,
    ):
        response.raise_for_status()
        yield response


async def _finish(work: Callable[[], _T]) -> _T:
    """Run ``work`` in a thread; if cancelled, wait for it first: the file is still in its hands."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def _room(directory: Path, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed + MARGIN:
        raise ModelError(
            f"There is no room for the download: it needs {needed / 1e9:.1f} GB more and "
            f"{free / 1e9:.1f} GB are free in {directory}; make room or choose a smaller model."
        )


def _host(hub: str) -> str:
    return hub.split("://", 1)[-1].split("/", 1)[0]


def _reason(error: BaseException) -> str:
    """A few words; the exception's own text may hold signed addresses."""
    name = type(error).__name__
    return {
        "ConnectError": "no connection",
        "ConnectTimeout": "no answer",
        "ReadTimeout": "nothing came for a while",
        "RemoteProtocolError": "the connection was cut",
        "ReadError": "the connection was cut",
        "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set",
    }.get(name, name)
