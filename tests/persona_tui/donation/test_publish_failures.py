"""What goes wrong with a pull request: a sentence that says how things stand, and no key in it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from models.wire import write_frame
from persona_tui.donation import publish as publishing
from persona_tui.donation import publish_process
from persona_tui.donation.publish import (
    Progress,
    Published,
    PublishError,
    State,
    plan,
    publish,
    who_am_i,
)
from persona_tui.errors import UsageError
from tests.persona_tui.donation.fake_dataset_hub import (
    DatasetHub,
    Request,
    Route,
    Trouble,
    dataset_hub,
)

KEY = "hf_" + "invented" * 4
REPO = "quiet-lab/judgments"
FOLDER = "data/persona-donation-2025-05-0123abcd"
FILES = {"README.md": b"# A donation\n", "data/attributes.parquet": b"PAR1" * 30_000}
TITLE = "Donation persona-donation-2025-05-0123abcd"

pytestmark = pytest.mark.usefixtures("nothing_logged")


@pytest.fixture
def hub(loopback: None) -> Iterator[DatasetHub]:
    with dataset_hub(REPO, KEY) as running:
        yield running


@pytest.fixture
def nothing_logged(caplog: pytest.LogCaptureFixture, capfd: Any) -> Iterator[None]:
    """The key is in no log record and in nothing that was printed."""
    caplog.set_level(logging.DEBUG)
    yield
    printed = capfd.readouterr()
    assert KEY not in caplog.text + printed.out + printed.err


def send(hub: DatasetHub, **options: Any) -> Published:
    given: dict[str, Any] = {
        "repo": REPO,
        "path_in_repo": FOLDER,
        "token": KEY,
        "endpoint": hub.endpoint,
    }
    return publish(FILES, **(given | options))


def failed(hub: DatasetHub, **options: Any) -> PublishError:
    """The error of :func:`send`, once it was seen to be a sentence without a key in it."""
    with pytest.raises(PublishError) as caught:
        send(hub, **options)
    error = caught.value
    text = str(error)
    assert text.endswith(".")
    assert text.isprintable()
    assert text.count(". ") == 0
    assert "hush" not in text
    without_key(error)
    if error.state in ("nothing sent", "not opened"):
        assert all(one.status == "closed" for one in hub.requests)
    return error


def without_key(error: BaseException) -> None:
    """Neither the exception nor any variable of ours that a traceback could show holds the key."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for one in chain:
        assert KEY not in repr(one) + str(one) + repr(vars(one))
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "persona_tui/donation/publish" in frame.f_code.co_filename and (
                "tests" not in frame.f_code.co_filename
            ):
                assert KEY not in repr(frame.f_locals)


REFUSALS: list[tuple[Route, Trouble, str, str, State]] = [
    ("account", Trouble(401), "key", "did not accept the key", "nothing sent"),
    ("account", Trouble(403), "key", "did not accept the key", "nothing sent"),
    ("account", Trouble(429, headers={"Retry-After": "240"}), "busy", "240 sec", "nothing sent"),
    ("account", Trouble(500), "down", "out of order", "nothing sent"),
    ("account", Trouble(cut=True), "cut", "was cut", "nothing sent"),
    ("account", Trouble(body=b"<html>"), "odd", "not understood", "nothing sent"),
    ("account", Trouble(body=b'{"name": "a\\u001b[2J"}'), "odd", "not understood", "nothing sent"),
    ("account", Trouble(body=b"[1]"), "odd", "not understood", "nothing sent"),
    ("info", Trouble(404, headers={"X-Error-Code": "RepoNotFound"}), "no_repo", REPO, "nothing sent"),
    ("info", Trouble(401), "no_repo", "no dataset repository", "nothing sent"),
    ("info", Trouble(403), "no_repo", "does not show it", "nothing sent"),
    ("info", Trouble(503), "down", "503", "nothing sent"),
    ("requests", Trouble(403, error="Discussions are disabled"), "no_requests", "disabled",
     "nothing sent"),
    ("requests", Trouble(404), "no_requests", "takes no pull requests", "nothing sent"),
    ("preupload", Trouble(403, error="no write"), "forbidden", "403: no write", "not opened"),
    ("preupload", Trouble(429), "busy", "try again later", "not opened"),
    ("preupload", Trouble(502), "down", "no pull request was opened", "not opened"),
    ("preupload", Trouble(cut=True), "cut", "no pull request was opened", "not opened"),
    ("preupload", Trouble(body=b'{"files": []}'), "odd", "not understood", "not opened"),
    ("batch", Trouble(403), "forbidden", "does not let this key", "not opened"),
    ("batch", Trouble(body=b'{"objects": [{"oid": "x", "size": 1, "error": '
                           b'{"code": 413, "message": "Storage is full"}}]}'),
     "refused", "413: Storage is full", "not opened"),
    ("store", Trouble(500), "down", "localhost", "not opened"),
    ("store", Trouble(403), "forbidden", "no pull request was opened", "not opened"),
    ("store", Trouble(cut=True), "cut", "localhost was cut", "not opened"),
    ("verify", Trouble(422, error="Wrong size"), "refused", "422: Wrong size", "not opened"),
    ("commit", Trouble(403, error="Pull requests are off"), "forbidden", "are off", "not opened"),
    ("commit", Trouble(400, error="Bad path"), "refused", "400: Bad path", "not opened"),
    ("commit", Trouble(413), "refused", "413", "not opened"),
    ("commit", Trouble(429), "busy", "429", "not opened"),
    ("commit", Trouble(503), "down", "not known whether", "unknown"),
    ("commit", Trouble(cut=True), "cut", "/discussions before you try again", "unknown"),
    ("commit", Trouble(body=b"{}"), "odd", "not known whether", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("route", "trouble", "reason", "words", "state"),
    REFUSALS,
    ids=lambda value: value if isinstance(value, str) and value.islower() else None,
)
def test_refusals_are_sentences_that_say_how_things_stand(
    hub: DatasetHub, route: Route, trouble: Trouble, reason: str, words: str, state: State
) -> None:
    hub.troubles[route] = trouble
    error = failed(hub)
    assert (error.reason, error.state, error.url) == (reason, state, None)
    assert words in str(error)
    assert error.exit_code == 1


def test_nothing_is_tried_again_and_nothing_follows_a_failure(hub: DatasetHub) -> None:
    hub.lfs = (".parquet", ".md")
    hub.troubles["store"] = Trouble(503, headers={"Retry-After": "9999"})
    failed(hub)
    assert sum(path.startswith("/store/") for path in hub.paths_seen()) == 1
    assert hub.paths_seen()[-1].startswith("/store/")


def test_hub_that_is_not_there(loopback: None) -> None:
    with dataset_hub(REPO, KEY) as gone:
        pass
    error = failed(gone)
    assert "cannot be reached" in str(error)
    assert error.state == "nothing sent"


def test_silent_hub(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SILENCE", 0.2)
    hub.troubles["account"] = Trouble(hold=True)
    assert "did not answer in time" in str(failed(hub))


def test_wrong_key_and_who_am_i(hub: DatasetHub) -> None:
    hub.key = "hf_another"
    with pytest.raises(PublishError, match="did not accept the key") as caught:
        who_am_i(KEY, hub.endpoint)
    without_key(caught.value)
    assert failed(hub).reason == "key"
    assert set(hub.paths_seen()) == {"/api/whoami-v2"}


def test_malformed_key_is_not_shown(loopback: None) -> None:
    with pytest.raises(UsageError) as caught:
        publish(FILES, repo=REPO, path_in_repo=FOLDER, token=f"{KEY} {KEY}")
    without_key(caught.value)


def test_words_of_the_hub_are_cleaned(hub: DatasetHub) -> None:
    hub.troubles["commit"] = Trouble(400, error=f"You sent {KEY}\n\x1b[31m" + "x" * 5000)
    text = str(failed(hub))
    assert "You sent …" in text
    assert len(text) < 500


# --- what the hub says is not believed ----------------------------------------------------------

REDIRECTS: list[tuple[Route, int]] = [
    ("account", 302), ("info", 307), ("paths", 308), ("preupload", 307), ("batch", 307),
    ("store", 303), ("verify", 302), ("commit", 301),
]  # fmt: skip


@pytest.mark.parametrize(("route", "status"), REDIRECTS)
def test_redirects_are_not_followed(hub: DatasetHub, route: Route, status: int) -> None:
    with dataset_hub(REPO, KEY) as other:
        to = f"http://localhost:{other.port}/api/whoami-v2"
        hub.troubles[route] = Trouble(status, headers={"Location": to})
        error = failed(hub)
        assert other.seen == []
    assert error.reason == "elsewhere"
    assert hub.requests == []


def test_store_without_encryption_gets_nothing(hub: DatasetHub) -> None:
    hub.store_host = "192.0.2.7"  # reserved for documentation: nobody is there
    error = failed(hub)
    assert error.reason == "insecure"
    assert hub.store == {}


def test_ignored_file_stops_it(hub: DatasetHub) -> None:
    hub.ignore = f"{FOLDER}/README.md"
    assert failed(hub).reason == "ignored"
    assert hub.requests == []


def test_files_that_arrived_damaged_are_told_with_the_request(hub: DatasetHub) -> None:
    hub.damage = True
    error = failed(hub)
    assert (error.reason, error.state) == ("incomplete", "open")
    assert error.url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert error.url in str(error)


def test_existing_folder_is_left_alone(hub: DatasetHub) -> None:
    hub.existing = {f"{FOLDER}/README.md": b"theirs"}
    assert failed(hub).reason == "taken"
    assert not any("/preupload/" in path for path in hub.paths_seen())


@pytest.mark.parametrize("status", ["open", "draft", "merged"])
def test_same_donation_is_not_sent_twice(hub: DatasetHub, status: str) -> None:
    hub.requests = [Request(1, TITLE, "", {}, None, status=status)]
    with pytest.raises(PublishError, match="already in a pull request") as caught:
        send(hub)
    assert f"{hub.endpoint}/datasets/{REPO}/discussions/1" in str(caught.value)
    assert caught.value.state == "nothing sent"
    assert not any("/preupload/" in path for path in hub.paths_seen())


def test_other_account_than_the_one_shown(hub: DatasetHub) -> None:
    assert failed(hub, account="loud-gull").reason == "other_account"
    assert hub.paths_seen() == ["/api/whoami-v2"]
    assert send(hub, account="quiet-otter").account == "quiet-otter"


def test_key_that_may_only_read_is_told_before_a_file_is_sent(hub: DatasetHub) -> None:
    hub.role = "read"
    assert who_am_i(KEY, hub.endpoint).may_write is False
    error = failed(hub)
    assert (error.reason, error.state) == ("read_only", "nothing sent")


# --- lost answers and stopping ------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Trouble(cut=True, after=True), Trouble(504, after=True)])
def test_request_whose_answer_got_lost_is_found(hub: DatasetHub, trouble: Trouble) -> None:
    hub.troubles["commit"] = trouble
    done = send(hub)
    assert done.url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert (done.commit, done.checked) == (None, True)
    assert len(hub.requests) == 1


def test_lost_answer_and_no_way_to_ask(hub: DatasetHub) -> None:
    def lose(progress: Progress) -> None:
        if progress.stage == "opening":
            hub.troubles["requests"] = Trouble(503)

    hub.troubles["commit"] = Trouble(cut=True, after=True)
    error = failed(hub, on_progress=lose)
    assert (error.reason, error.state) == ("cut", "unknown")
    assert f"{hub.endpoint}/datasets/{REPO}/discussions" in str(error)


@pytest.mark.parametrize(
    ("route", "after", "state"),
    [
        ("account", False, "nothing sent"),
        ("requests", False, "nothing sent"),
        ("preupload", False, "not opened"),
        ("store", False, "not opened"),
        ("commit", False, "unknown"),
        ("commit", True, "open"),
        ("paths", False, "nothing sent"),
    ],
)
def test_stopping_says_how_things_stand(
    hub: DatasetHub, route: Route, after: bool, state: State
) -> None:
    hub.troubles[route] = Trouble(hold=True, after=after)
    reached = hub.reached.setdefault(route, threading.Event())
    error = failed(hub, stop=reached)  # set by the server: it stops while the server waits
    assert (error.reason, error.state, error.exit_code) == ("stopped", state, 130)
    assert (error.url is not None) == (state == "open")
    if error.url:
        assert error.url in str(error)


def test_stopped_before_it_began(hub: DatasetHub) -> None:
    stop = threading.Event()
    stop.set()
    assert failed(hub, stop=stop).state == "nothing sent"
    assert hub.seen == []


def test_control_c_ends_the_process_and_is_told(
    hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def record(*args: Any, **options: Any) -> Any:
        started.append(real(*args, **options))
        return started[-1]

    def interrupt(progress: Progress) -> None:
        if progress.stage == "sending":
            raise KeyboardInterrupt

    monkeypatch.setattr("persona_tui.donation.publish_process.subprocess.Popen", record)
    error = failed(hub, on_progress=interrupt)
    assert (error.reason, error.state, error.exit_code) == ("stopped", "not opened", 130)
    assert [one.returncode for one in started] == [-9]
    assert hub.requests == []


def test_process_that_dies(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_process, "_command", lambda: [sys.executable, "-c", "pass"])
    error = failed(hub)
    assert (error.reason, error.state) == ("died", "nothing sent")


def test_process_ends_when_its_parent_is_gone(hub: DatasetHub) -> None:
    """The parent's end of the pipe closes with it, whatever became of it."""
    hub.troubles["account"] = Trouble(hold=True)
    reached = hub.reached.setdefault("account", threading.Event())
    read_orders, write_orders = os.pipe()
    read_events, write_events = os.pipe()
    child = subprocess.Popen(
        [*publish_process._command(), str(read_orders), str(write_events)],
        pass_fds=(read_orders, write_events),
        env=publish_process.environment(hub.endpoint),
    )
    os.close(read_orders)
    os.close(write_events)
    write_frame(
        write_orders, {"op": "who", "hub": hub.endpoint, "repo": "", "key": KEY, "silence": 60}
    )
    assert reached.wait(30)
    os.close(write_orders)
    assert child.wait(30) == 1
    os.close(read_events)


def test_titles_match() -> None:
    assert plan(FILES, repo=REPO, path_in_repo=FOLDER).title == TITLE
