"""Pull requests, against a local server that speaks the hub's endpoints."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from persona_tui.donation.publish import (
    Account,
    Item,
    Progress,
    Published,
    folder_of,
    plan,
    publish,
    who_am_i,
)
from persona_tui.errors import UsageError, UserError
from tests.models.fake_hub import COMMIT
from tests.persona_tui.donation.fake_dataset_hub import (
    PR_COMMIT,
    DatasetHub,
    Request,
    Trouble,
    dataset_hub,
)

KEY = "hf_" + "invented" * 4
REPO = "quiet-lab/judgments"
FOLDER = folder_of("persona-donation-2025-05-0123abcd")
FILES = {
    "README.md": b"# A donation\n",
    "manifest.json": b'{"schema": "persona-tui/donation/1"}\n',
    "data/attributes.jsonl": '{"attribute": "likes *ünïcode* \u2028"}\r\n'.encode() * 40,
    "data/attributes.parquet": b"PAR1" + random.Random(3).randbytes(70_000) + b"PAR1",
    "data/contributors.parquet": b"PAR1\x00\xff\n\r\nPAR1",
    "croissant.json": b"",
}


@pytest.fixture
def hub(loopback: None) -> Iterator[DatasetHub]:
    with dataset_hub(REPO, KEY) as running:
        yield running


def send(hub: DatasetHub, **options: Any) -> Published:
    given: dict[str, Any] = {
        "repo": REPO,
        "path_in_repo": FOLDER,
        "token": KEY,
        "endpoint": hub.endpoint,
    }
    return publish(options.pop("files", FILES), **(given | options))


# --- the dry run --------------------------------------------------------------------------------


def test_plan_lists_every_file_and_what_is_said_with_them() -> None:
    planned = plan(FILES, repo=REPO, path_in_repo=FOLDER, endpoint="https://hub.example/")
    assert planned.hub == "https://hub.example"
    assert planned.items == tuple(
        Item(f"{FOLDER}/{path}", len(content), hashlib.sha256(content).hexdigest())
        for path, content in sorted(FILES.items())
    )
    assert planned.total == sum(map(len, FILES.values()))
    assert planned.title == "Donation persona-donation-2025-05-0123abcd"
    assert "Pseudonymised, reduced risk" in planned.description
    assert hashlib.sha256(FILES["manifest.json"]).hexdigest() in planned.description
    assert "anonym" not in planned.description.lower().replace("pseudonym", "")


def test_dry_run_starts_nothing_and_connects_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets are banned in this process (no fixture lifts it here), and there is no other."""
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **_: started.append(args))
    done = publish(FILES, repo=REPO, path_in_repo=FOLDER, token=KEY, dry_run=True)
    assert done.plan == plan(FILES, repo=REPO, path_in_repo=FOLDER)
    assert (done.url, done.commit, done.account, done.checked) == (None, None, None, False)
    assert started == []


NO_SOCKETS = """
import socket, sys
def refuse(*args, **kwargs):
    raise SystemExit("a socket was opened")
class Refusing(socket.socket):
    __init__ = refuse
socket.socket, socket.create_connection, socket.getaddrinfo = Refusing, refuse, refuse
from persona_tui.donation.publish import publish
done = publish({"README.md": b"x"}, repo="a/b", path_in_repo="data/c", token="k", dry_run=True)
assert done.plan.items, done
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_dry_run_does_not_even_import_what_could_connect() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_SOCKETS], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    heavy = {"huggingface_hub", "httpx2", "requests", "numpy", "textual", "llama_cpp"}
    assert not heavy & set(done.stdout.split())


# --- what arrives -------------------------------------------------------------------------------


def test_exact_bytes_arrive_in_a_pull_request(hub: DatasetHub) -> None:
    hub.existing = {"README.md": b"theirs", "data/other/README.md": b"theirs too"}
    done = send(hub)
    assert done.url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert (done.commit, done.account, done.checked) == (PR_COMMIT, "quiet-otter", True)
    [request] = hub.requests
    assert request.files == {f"{FOLDER}/{path}": content for path, content in FILES.items()}
    assert (request.title, request.description) == (done.plan.title, done.plan.description)
    assert request.parent == COMMIT
    assert sorted(hub.store) == sorted(
        hashlib.sha256(content).hexdigest()
        for path, content in FILES.items()
        if path.endswith(".parquet")
    )


@pytest.mark.parametrize("lfs", [(), (".parquet", ".jsonl"), ("",)])
def test_any_upload_mode_will_do(hub: DatasetHub, lfs: tuple[str, ...]) -> None:
    hub.lfs = lfs
    files = {path: content for path, content in FILES.items() if content}
    assert send(hub, files=files).checked
    assert hub.requests[0].files == {f"{FOLDER}/{path}": body for path, body in files.items()}


def test_large_files_go_in_parts_where_the_store_wants_parts(hub: DatasetHub) -> None:
    hub.multipart = 30_000
    assert send(hub).checked
    path = f"{FOLDER}/data/attributes.parquet"
    assert hub.requests[0].files[path] == FILES["data/attributes.parquet"]
    assert sum("/0?" in one.path or "/2?" in one.path for one in hub.seen) >= 2


def test_progress_names_the_stages_in_order(hub: DatasetHub) -> None:
    seen: list[Progress] = []
    send(hub, on_progress=seen.append)
    stages = list(dict.fromkeys(one.stage for one in seen))
    assert stages == ["account", "looking", "requests", "sending", "opening", "checking"]
    assert all(one.done <= one.total for one in seen)
    assert any(one.stage == "opening" and one.done == one.total > 70_000 for one in seen) is False
    assert any(one.stage == "sending" and one.done == one.total > 70_000 for one in seen)


def test_account_is_told_beforehand_and_nothing_else_is_sent(hub: DatasetHub) -> None:
    assert who_am_i(KEY, hub.endpoint) == Account("quiet-otter", may_write=True)
    assert hub.paths_seen() == ["/api/whoami-v2"]
    hub.role = "fineGrained"
    assert who_am_i(KEY, hub.endpoint).may_write is None


def test_closed_request_of_the_same_name_does_not_hinder(hub: DatasetHub) -> None:
    title = plan(FILES, repo=REPO, path_in_repo=FOLDER).title
    hub.requests = [Request(1, title, "", {}, None, status="closed")]
    hub.requests += [Request(2, title, "", {}, None, author="loud-gull")]
    assert str(send(hub).url).endswith("/discussions/3")


def test_file_that_could_not_be_looked_at_is_not_called_checked(hub: DatasetHub) -> None:
    def lose(progress: Progress) -> None:
        if progress.stage == "opening":
            hub.troubles["paths"] = Trouble(status=503)

    done = send(hub, on_progress=lose)
    assert done.url
    assert not done.checked


# --- what leaves --------------------------------------------------------------------------------

ALLOWED = {
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type",
    "host", "user-agent",
}  # fmt: skip


def test_requests_hold_nothing_about_the_machine(
    hub: DatasetHub, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("HF_HUB_USER_AGENT_ORIGIN", "some-origin")
    monkeypatch.setenv("HF_TOKEN", "hf_implicit")
    monkeypatch.setenv("AI_AGENT", "some-agent")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "0")
    (home / ".cache" / "huggingface").mkdir(parents=True)
    (home / ".cache" / "huggingface" / "token").write_text("hf_stored")
    send(hub, files={"README.md": b"# A donation\n", "data/rows.parquet": b"PAR1" * 20})
    for one in hub.seen:
        assert set(one.headers) <= ALLOWED, one
        assert platform.node() not in one.headers.values()
        assert one.headers["user-agent"] == "persona-tui"
        assert one.headers["accept-encoding"] == "identity"
        assert one.headers["accept"] in ("*/*", "application/vnd.git-lfs+json")
    everything = hub.all_bytes()
    for word in (
        "some-origin", "some-agent", "hf_implicit", "hf_stored", "hf_hub", "httpx", "huggingface",
        "xet", "x-amzn", str(home), sys.executable, platform.release(),
        f"python/{platform.python_version()}", f"python-{platform.python_version()}",
        version("huggingface_hub") + ";", f"/{version('httpx2')}", f"/{getpass.getuser()}/",
    ):  # fmt: skip
        assert word.encode() not in everything, word
    assert {urlpath(path) for path in hub.paths_seen()} == {
        "/api/whoami-v2",
        f"/api/datasets/{REPO}",
        f"/api/datasets/{REPO}/paths-info",
        f"/api/datasets/{REPO}/discussions",
        f"/api/datasets/{REPO}/preupload/main",
        f"/api/datasets/{REPO}/commit/main",
        f"/datasets/{REPO}.git/info/lfs/objects/batch",
        f"/datasets/{REPO}.git/info/lfs/objects/verify",
        "/store",
    }


def urlpath(path: str) -> str:
    """Without the part that differs from run to run."""
    for stem in ("/store", f"/api/datasets/{REPO}/paths-info"):
        if path.startswith(f"{stem}/"):
            return stem
    return path


def test_key_goes_to_the_hub_and_not_to_the_store(hub: DatasetHub) -> None:
    send(hub)
    for one in hub.seen:
        expected = None if one.path.startswith("/store/") else f"Bearer {KEY}"
        assert one.headers.get("authorization") == expected
    assert all(KEY.encode() not in body for body in hub.bodies)


def test_key_goes_to_no_other_host_that_the_hub_names(hub: DatasetHub) -> None:
    """huggingface_hub would send it along to wherever an upload is to be verified."""
    hub.verify_host = "localhost"
    send(hub)
    [verified] = {one.headers.get("authorization") for one in hub.seen if "verify" in one.path}
    assert verified is None


def test_only_the_given_files_are_sent_and_names_not_before(hub: DatasetHub) -> None:
    send(hub, files={"README.md": b"one\n"})
    sent = [
        json.loads(line)
        for one, body in zip(hub.seen, hub.bodies, strict=True)
        if "/commit/" in one.path
        for line in body.splitlines()
    ]
    assert [one["key"] for one in sent] == ["header", "file"]
    before = hub.bodies[: [("/preupload/" in one.path) for one in hub.seen].index(True)]
    assert all(b"README" not in body for body in before)


def test_key_is_neither_an_argument_nor_in_the_environment(
    hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_TUI_KEY_HUGGINGFACE", KEY)
    monkeypatch.setenv("HF_TOKEN", KEY)
    started: list[tuple[object, object]] = []
    real = subprocess.Popen

    def record(*args: Any, **options: Any) -> Any:
        started.append((args, options))
        return real(*args, **options)

    monkeypatch.setattr("persona_tui.donation.publish_process.subprocess.Popen", record)
    send(hub)
    assert len(started) == 1
    assert KEY not in str(started)


# --- what is refused before anything is tried ---------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://hub.example", "plain http"),
        ("http://10.0.0.7:8080", "plain http"),
        ("http://localhost.example", "plain http"),
        ("https://me:secret@hub.example", "login"),
        ("https://hub.example?x=1", "query"),
        ("ftp://hub.example", "not an https"),
        ("hub.example", "not an https"),
        ("https://", "not an https"),
        ("https://hub.example:port", "not an https"),
    ],
)
def test_hubs_that_must_not_get_a_key(endpoint: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        publish(FILES, repo=REPO, path_in_repo=FOLDER, token=KEY, endpoint=endpoint)
    assert "secret" not in str(caught.value)
    with pytest.raises(UsageError, match=words):
        who_am_i(KEY, endpoint)


def test_hub_of_the_environment_is_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    with pytest.raises(UsageError, match="plain http"):
        plan(FILES, repo=REPO, path_in_repo=FOLDER)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert plan(FILES, repo=REPO, path_in_repo=FOLDER).hub == "https://mirror.example"


@pytest.mark.parametrize(
    "path",
    ["../x", "/x", "a/../b", "a//b", "", "a\\b", "a\nb", ".git/config", "x/.cache/y", "ü.txt"],
)
def test_file_names_that_are_not_sent(path: str) -> None:
    with pytest.raises(UsageError, match="file named"):
        plan({path: b"x"}, repo=REPO, path_in_repo=FOLDER)


@pytest.mark.parametrize("folder", ["", "data", "data/", "data/../x", "other/x", "data/a/b", "/x"])
def test_folders_that_are_not_written_to(folder: str) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        plan(FILES, repo=REPO, path_in_repo=folder)


@pytest.mark.parametrize("repo", ["", "name", "a/b/c", "a/..", "a/b--c", "a b/c", "../a", "a/b?c"])
def test_repositories_that_are_none(repo: str) -> None:
    with pytest.raises(UsageError, match="owner/name"):
        plan(FILES, repo=repo, path_in_repo=FOLDER)


def test_number_of_files_and_alike_names() -> None:
    with pytest.raises(UsageError, match="between 1 and 100"):
        plan({}, repo=REPO, path_in_repo=FOLDER)
    with pytest.raises(UsageError, match="upper and lower"):
        plan({"a": b"", "A": b""}, repo=REPO, path_in_repo=FOLDER)


@pytest.mark.parametrize("key", ["", "  ", "hf_a b", "hf_a\nb", "hf_ü"])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(UsageError, match="hub key"):
        publish(FILES, repo=REPO, path_in_repo=FOLDER, token=key)


def test_offline_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
        publish(FILES, repo=REPO, path_in_repo=FOLDER, token=KEY)
