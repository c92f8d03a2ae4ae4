"""The process that talks to the hub: the one place where huggingface_hub is used for sending.

A process of its own, because huggingface_hub reads its environment once, at import, and keeps one
HTTP client for everybody, downloads included; and because killing a process is the one sure way to
stop a request. It gets one frame (what to do, the key, the files), says frames of its own, and ends
when its parent does. What it prints goes nowhere: an exception may hold more than a sentence.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from typing import Any

from models.wire import Frame, read_frame, write_frame
from persona_tui.donation.publish_words import Stage

CONNECT_SECONDS = 15.0


def main(orders: int, events: int) -> None:
    """Do what the frame on ``orders`` says, and say on ``events`` how it went."""
    order = read_frame(orders)
    if order is not None:
        threading.Thread(target=_end_with_parent, args=(orders,), daemon=True).start()
        write_frame(events, work(order, lambda frame: write_frame(events, frame)))
    os._exit(0)  # the daemon thread sits in a read


def _end_with_parent(orders: int) -> None:
    while os.read(orders, 1):
        pass
    os._exit(1)


def work(order: Frame, say: Any) -> Frame:
    """Carry out ``order``; the last frame. ``say`` gets the ones before."""
    from persona_tui.donation.publish_transport import Place, SendingError

    place = Place()
    hub = _Hub(order, place, say)
    try:
        match order["op"]:
            case "who":
                done = hub.account()
            case "find":
                done = {"url": hub.request_titled(order["title"], hub.account()["name"])}
            case _:
                done = _publish(hub, order)
        return {"event": "done", **done}
    except Exception as error:  # noqa: BLE001 - whatever the library raises, the transport knows why
        failure = error if isinstance(error, SendingError) else place.failure
        failure = failure or SendingError("odd", definite=False)
        return {
            "event": "failed",
            "reason": failure.reason,
            "stage": place.stage,
            "definite": failure.definite,
            "status": failure.status,
            "message": failure.message,
            "host": failure.host,
            "seconds": failure.seconds,
            "url": hub.url,
        }


class _Hub:
    """The hub through huggingface_hub, with our transport beneath it."""

    def __init__(self, order: Frame, place: Any, say: Any) -> None:
        import httpx2
        import huggingface_hub

        from persona_tui.donation.publish_transport import HubTransport

        self.place = place
        self._say = say
        self.repo: str = order["repo"]
        self.url: str | None = None
        """The pull request, as far as one is known."""
        address = order["hub"]
        timeout = httpx2.Timeout(order["silence"], connect=CONNECT_SECONDS)
        # Proxies of the environment are for what is encrypted; loopback needs none.
        inner = httpx2.Client(
            timeout=timeout, follow_redirects=False, trust_env=address.startswith("https:")
        )
        transport = HubTransport(
            inner,
            address,
            f"/api/datasets/{self.repo}/commit/main",
            order["key"],
            place,
            lambda stage: say({"event": "stage", "stage": stage}),
            lambda done, total: say({"event": "bytes", "done": done, "total": total}),
        )
        huggingface_hub.set_client_factory(
            lambda: httpx2.Client(transport=transport, follow_redirects=False, timeout=timeout)
        )
        self.api = huggingface_hub.HfApi(endpoint=address, token=order["key"])

    def begin(self, stage: Stage) -> None:
        self.place.stage = stage
        self._say({"event": "stage", "stage": stage})

    def tell_open(self, url: str) -> None:
        self.url = url
        self._say({"event": "open", "url": url})

    def account(self) -> dict[str, Any]:
        """Name of the account and what the key says about itself."""
        from persona_tui.donation.publish_transport import SendingError

        self.begin("account")
        answer = self.api.whoami()
        name = answer.get("name")
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 100:
            raise SendingError("odd")
        role = ((answer.get("auth") or {}).get("accessToken") or {}).get("role")
        return {"name": name, "role": role if isinstance(role, str) else None}

    def request_titled(self, title: str, account: str) -> str | None:
        """The address of this account's pull request with that title, unless it was closed."""
        self.begin("requests")
        asked = self.api.get_repo_discussions(
            self.repo, repo_type="dataset", author=account, discussion_type="pull_request"
        )
        for one in asked:
            if one.title == title and one.is_pull_request and one.status != "closed":
                return str(one.url)
        return None


def _publish(hub: _Hub, order: Frame) -> Frame:
    from persona_tui.donation.publish_transport import SendingError

    files = {path: base64.b64decode(text) for path, text in order["files"].items()}
    account = hub.account()
    if account["role"] == "read":
        raise SendingError("read_only")
    if order["account"] not in (None, account["name"]):
        raise SendingError("other_account")
    hub.begin("looking")
    head = hub.api.dataset_info(hub.repo).sha
    # The folder alone: the names of the files are not told before they are sent.
    if hub.api.get_paths_info(hub.repo, [order["folder"]], revision=head, repo_type="dataset"):
        raise SendingError("taken")
    if url := hub.request_titled(order["title"], account["name"]):
        hub.url = url
        raise SendingError("already")
    commit, url, reference = _open(hub, order, files, head, account["name"])
    return {
        "url": url,
        "commit": commit,
        "account": account["name"],
        "checked": _checked(hub, files, reference),
    }


def _open(
    hub: _Hub, order: Frame, files: dict[str, bytes], head: str | None, account: str
) -> tuple[str | None, str, str]:
    """Commit (if the hub said), address and reference of the pull request."""
    from huggingface_hub import CommitOperationAdd

    from persona_tui.donation.publish_transport import SendingError

    hub.begin("sending")
    try:
        done = hub.api.create_commit(
            hub.repo,
            [CommitOperationAdd(path, content) for path, content in files.items()],
            commit_message=order["title"],
            commit_description=order["description"],
            repo_type="dataset",
            create_pr=True,
            parent_commit=head,
            num_threads=1,
        )
        number, commit = done.pr_num, done.oid
        if not isinstance(number, int):
            raise SendingError("odd", definite=False)
    except Exception:
        failure = hub.place.failure
        if hub.place.stage != "opening" or (failure is not None and failure.definite):
            raise
        # The answer got lost: ask whether it was opened all the same.
        hub.place.failure = None
        try:
            known = hub.request_titled(order["title"], account)
        except Exception:  # noqa: BLE001 - then it stays unknown, for the first reason
            known = None
        hub.place.stage, hub.place.failure = "opening", failure
        if known is None:
            raise
        hub.place.failure = None
        number, commit = int(known.rsplit("/", 1)[1]), None
    url = f"{order['hub']}/datasets/{hub.repo}/discussions/{number}"
    hub.tell_open(url)
    hub.begin("checking")
    return commit if isinstance(commit, str) else None, url, f"refs/pr/{number}"


def _checked(hub: _Hub, files: dict[str, bytes], reference: str) -> bool:
    """Whether the hub shows every file as it was sent; ``False`` if it cannot be asked."""
    from huggingface_hub.hf_api import RepoFile

    from persona_tui.donation.publish_transport import SendingError

    try:
        shown = hub.api.get_paths_info(
            hub.repo, list(files), revision=reference, repo_type="dataset"
        )
    except Exception:  # noqa: BLE001 - the pull request is there; only the look at it failed
        return False
    there = {
        one.path: one.lfs.sha256 if one.lfs else one.blob_id
        for one in shown
        if isinstance(one, RepoFile)
    }
    for path, content in files.items():
        names = (hashlib.sha256(content).hexdigest(), _git_name(content))
        if there.get(path) not in names:
            raise SendingError("incomplete")
    return True


def _git_name(content: bytes) -> str:
    """What git calls a file of that content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
