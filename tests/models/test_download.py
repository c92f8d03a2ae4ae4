"""Downloads, against a local server that speaks the hub's endpoints."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from models.download import Progress, discard_partial, download, hub_address, partial
from models.errors import AuthenticationError, ModelError, UnavailableError
from models.recommended import Download
from tests.helpers import mode_of, wait_until
from tests.models.fake_hub import COMMIT, FakeHub, fake_hub

CONTENT = random.Random(7).randbytes(3_500_000)
ENTRY = Download(
    id="tiny",
    name="Tiny",
    repo="someone/tiny-GGUF",
    filename="tiny-Q4.gguf",
    size_bytes=3_500_000,
    licence="Apache-2.0",
    parameters_b=0.1,
    context_tokens=512,
    kv_bytes_per_token=None,
    source=("a test",),
)

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub(ENTRY.repo, ENTRY.filename, CONTENT) as running:
        yield running


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"


def fetch(hub: FakeHub, models_dir: Path, **options: str) -> AsyncGenerator[Progress, None]:
    return download(ENTRY, models_dir, endpoint=hub.endpoint, retry_after=lambda _: 0.0, **options)


async def all_of(stream: AsyncGenerator[Progress, None]) -> list[Progress]:
    return [progress async for progress in stream]


async def test_whole_file_arrives_private_and_checked(hub: FakeHub, models_dir: Path) -> None:
    progress = await all_of(fetch(hub, models_dir))
    path = progress[-1].path
    assert path == models_dir / ENTRY.filename
    assert path.read_bytes() == CONTENT
    assert mode_of(path) == "0600"
    assert mode_of(models_dir) == "0700"
    done = [one.done for one in progress[1:]]  # the first looks at what is there
    assert done == sorted(done)
    assert len(done) >= 3
    assert progress[-1].done == progress[-1].total == len(CONTENT)
    assert partial(ENTRY, models_dir) is None


async def test_bytes_are_asked_of_the_commit_that_the_metadata_named(
    hub: FakeHub, models_dir: Path
) -> None:
    await all_of(fetch(hub, models_dir))
    resolved = [one for one in hub.seen if "/resolve/" in one.path]
    assert resolved[0].method == "HEAD"
    assert "/resolve/main/" in resolved[0].path
    assert f"/resolve/{COMMIT}/" in resolved[-1].path


async def test_no_token_is_sent_unless_given_and_never_to_the_store(
    hub: FakeHub, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_implicit")
    await all_of(fetch(hub, models_dir))
    assert not any("authorization" in one.headers for one in hub.seen)
    assert "hf_implicit" not in str(hub.seen)
    (models_dir / ENTRY.filename).unlink()
    hub.seen.clear()
    await all_of(fetch(hub, models_dir, token="hf_chosen"))
    sent = {one.headers.get("authorization") for one in hub.seen if "/resolve/" in one.path}
    assert sent == {"Bearer hf_chosen"}
    assert not any("authorization" in one.headers for one in hub.byte_requests())


async def test_cancelled_download_is_resumed(hub: FakeHub, models_dir: Path) -> None:
    hub.hold_after = 1_500_000
    stream = fetch(hub, models_dir)

    async def consume() -> None:
        async with aclosing(stream):
            async for _ in stream:
                pass

    task = asyncio.create_task(consume())
    await wait_until(
        lambda: (part := partial(ENTRY, models_dir)) and part.stat().st_size >= 1_000_000
    )
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    part = partial(ENTRY, models_dir)
    assert part is not None
    kept = part.stat().st_size
    assert 0 < kept < len(CONTENT)
    assert part.read_bytes() == CONTENT[:kept]
    assert mode_of(part) == "0600"
    assert not (models_dir / ENTRY.filename).exists()

    hub.hold_after = None
    hub.seen.clear()
    progress = await all_of(fetch(hub, models_dir))
    assert hub.byte_requests()[0].headers["range"] == f"bytes={kept}-"
    assert (models_dir / ENTRY.filename).read_bytes() == CONTENT
    assert progress[-1].path is not None


async def test_cut_connections_are_taken_up_again(hub: FakeHub, models_dir: Path) -> None:
    hub.cuts = [1_200_000, 0, 1_100_000]
    progress = await all_of(fetch(hub, models_dir))
    assert (models_dir / ENTRY.filename).read_bytes() == CONTENT
    assert sum("trying again" in one.note for one in progress) == 3
    assert len(hub.byte_requests()) == 4


async def test_connection_that_stays_cut_is_told_and_the_part_kept(
    hub: FakeHub, models_dir: Path
) -> None:
    hub.cuts = [1_200_000] + [0] * 20
    with pytest.raises(UnavailableError, match=r"models download tiny.* goes on") as caught:
        await all_of(fetch(hub, models_dir))
    assert "34 %" in str(caught.value)
    assert "signature" not in str(caught.value)
    assert partial(ENTRY, models_dir) is not None


async def test_server_without_ranges_starts_over(hub: FakeHub, models_dir: Path) -> None:
    hub.cuts = [1_200_000]
    hub.ranges = False
    await all_of(fetch(hub, models_dir))
    assert (models_dir / ENTRY.filename).read_bytes() == CONTENT


async def test_overloaded_store_is_asked_again(hub: FakeHub, models_dir: Path) -> None:
    hub.store_status = [503, 429]
    progress = await all_of(fetch(hub, models_dir))
    assert progress[-1].path is not None
    assert any("503" in one.note for one in progress)


async def test_wrong_bytes_are_deleted(hub: FakeHub, models_dir: Path) -> None:
    hub.wrong_bytes = True
    with pytest.raises(ModelError, match="checksum"):
        await all_of(fetch(hub, models_dir))
    assert list(models_dir.iterdir()) == []


async def test_damaged_part_is_found_out(hub: FakeHub, models_dir: Path) -> None:
    models_dir.mkdir()
    part = models_dir / f".{ENTRY.filename}.{hub.sha256[:16]}.part"
    part.write_bytes(b"x" * 1000)
    with pytest.raises(ModelError, match="checksum"):
        await all_of(fetch(hub, models_dir))
    assert (await all_of(fetch(hub, models_dir)))[-1].path is not None


async def test_part_of_an_older_version_is_dropped(hub: FakeHub, models_dir: Path) -> None:
    models_dir.mkdir()
    old = models_dir / f".{ENTRY.filename}.{'0' * 16}.part"
    old.write_bytes(b"old")
    await all_of(fetch(hub, models_dir))
    assert [path.name for path in models_dir.iterdir()] == [ENTRY.filename]


async def test_complete_file_is_not_fetched_again(hub: FakeHub, models_dir: Path) -> None:
    await all_of(fetch(hub, models_dir))
    hub.seen.clear()
    progress = await all_of(fetch(hub, models_dir))
    assert progress[-1].path == models_dir / ENTRY.filename
    assert hub.byte_requests() == []


async def test_full_disk_is_told_before_a_byte_is_fetched(
    hub: FakeHub, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.download.shutil.disk_usage", lambda _: _Usage())
    with pytest.raises(ModelError, match="no room"):
        await all_of(fetch(hub, models_dir))
    assert hub.byte_requests() == []


class _Usage:
    free = 1_000_000


@pytest.mark.parametrize(
    ("status", "missing", "kind", "words"),
    [
        (401, "", AuthenticationError, "gated"),
        (404, "EntryNotFound", UnavailableError, "no file tiny-Q4.gguf"),
        (404, "RepoNotFound", UnavailableError, "has no someone/tiny-GGUF"),
        (404, "RevisionNotFound", UnavailableError, "has no someone/tiny-GGUF"),
        (503, "", UnavailableError, "answered 503"),
    ],
)
async def test_refusals_are_sentences(
    hub: FakeHub,
    models_dir: Path,
    status: int,
    missing: str,
    kind: type[ModelError],
    words: str,
) -> None:
    hub.status, hub.missing = status, missing
    with pytest.raises(kind, match=words) as caught:
        await all_of(fetch(hub, models_dir))
    assert "\n" not in str(caught.value)


async def test_file_without_a_checksum_is_not_fetched(hub: FakeHub, models_dir: Path) -> None:
    hub.checksum = False
    with pytest.raises(ModelError, match="no checksum"):
        await all_of(fetch(hub, models_dir))
    assert hub.byte_requests() == []


async def test_hub_that_is_not_there(models_dir: Path) -> None:
    with fake_hub(ENTRY.repo, ENTRY.filename, b"") as gone:
        endpoint = gone.endpoint
    with pytest.raises(UnavailableError, match="cannot be reached"):
        await all_of(download(ENTRY, models_dir, endpoint=endpoint))


async def test_second_download_of_the_same_file_is_refused(hub: FakeHub, models_dir: Path) -> None:
    hub.hold_after = 1_500_000
    first = fetch(hub, models_dir)
    async with aclosing(first):
        await anext(first)
        with pytest.raises(ModelError, match="already"):
            await all_of(fetch(hub, models_dir))


async def test_stopping_between_two_steps_keeps_what_came(hub: FakeHub, models_dir: Path) -> None:
    stream = fetch(hub, models_dir)
    async for progress in stream:
        if progress.done:
            break
    await stream.aclose()
    part = partial(ENTRY, models_dir)
    assert part is not None
    assert part.read_bytes() == CONTENT[: part.stat().st_size]
    assert (await all_of(fetch(hub, models_dir)))[-1].path is not None


async def test_discarding_a_part(hub: FakeHub, models_dir: Path) -> None:
    hub.cuts = [1_200_000] + [0] * 20
    with pytest.raises(UnavailableError):
        await all_of(fetch(hub, models_dir))
    discard_partial(ENTRY, models_dir)
    assert list(models_dir.iterdir()) == []


def test_address_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub_address() == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert hub_address() == "https://mirror.example"
    assert hub_address("http://other.example") == "http://other.example"
