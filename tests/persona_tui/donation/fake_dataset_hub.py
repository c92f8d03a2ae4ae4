"""A server on loopback that takes pull requests to one dataset repository, and misbehaves on demand.

As at the real hub, what is large or looks binary goes to a store at another host (``localhost``
instead of ``127.0.0.1``) by an address that the batch call gives out, and the commit names it only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from tests.models.fake_hub import COMMIT, Answering, Seen, serving

Route = Literal[
    "account", "info", "paths", "requests", "preupload", "batch", "store", "verify", "commit"
]
PR_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


@dataclass
class Request:
    """One pull request as the hub keeps it."""

    number: int
    title: str
    description: str
    files: dict[str, bytes]
    parent: str | None
    status: str = "open"
    author: str = "quiet-otter"


@dataclass
class Trouble:
    """What happens instead of an answer."""

    status: int = 0
    """Answer with this; 0: see the others."""
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Close the connection without an answer."""
    hold: bool = False
    """Do not answer before :attr:`DatasetHub.release`."""
    body: bytes | None = None
    """Answer 200 with this."""
    after: bool = False
    """Do the work first: the answer alone gets lost."""


@dataclass
class DatasetHub:
    """What the server holds and how it behaves; change it while it runs."""

    repo: str
    key: str
    port: int = 0
    name: str = "quiet-otter"
    role: str = "write"
    lfs: tuple[str, ...] = (".parquet",)
    """Endings that go to the store."""
    multipart: int = 0
    """Bytes a part of the store's multi-part upload; 0: in one piece."""
    existing: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    store: dict[str, bytes] = field(default_factory=dict)
    """By the SHA-256 that the batch call was asked for."""
    ignore: str = ""
    """A path that the repository ignores."""
    damage: bool = False
    """Keep other bytes than were sent."""
    store_host: str = "localhost"
    verify_host: str = "127.0.0.1"
    troubles: dict[Route, Trouble] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)
    reached: dict[Route, threading.Event] = field(default_factory=dict)
    """Set when a request of that kind has come in."""
    seen: list[Seen] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """Of ``seen``, in the same order."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths_seen(self) -> list[str]:
        return [one.path.partition("?")[0] for one in self.seen]

    def all_bytes(self) -> bytes:
        """Everything that came in."""
        heads = "\n".join(f"{one.method} {one.path} {one.headers}" for one in self.seen)
        return heads.encode() + b"\n".join(self.bodies)


class _Handler(Answering):
    hub: DatasetHub

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_PUT(self) -> None:
        self._take()

    def _take(self) -> None:
        hub = self.hub
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hub.seen.append(self.request_seen())
        hub.bodies.append(body)
        route = self._route()
        if route is None:
            self._headers(404, {"Content-Length": "0"})
            return
        trouble = hub.troubles.get(route)
        answer: Any = None
        if trouble is None or trouble.after:
            answer = getattr(self, f"_{route}")(body)
        if event := hub.reached.get(route):
            event.set()
        if trouble is not None:
            self._misbehave(trouble)
        elif isinstance(answer, tuple):
            self._headers(answer[0], {"Content-Length": "0", **answer[1]})
        else:
            self._json(answer)

    def _misbehave(self, trouble: Trouble) -> None:
        if trouble.hold:
            self.hub.release.wait(30)
            self.close_connection = True
        elif trouble.cut:
            self.close_connection = True
        elif trouble.body is not None:
            self._headers(200, {"Content-Length": str(len(trouble.body))})
            self._send(trouble.body)
        else:
            body = json.dumps({"error": trouble.error}).encode() if trouble.error else b""
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            self._headers(trouble.status, headers | trouble.headers)
            self._send(body)

    def _route(self) -> Route | None:
        path, repo = urlsplit(self.path).path, self.hub.repo
        api = f"/api/datasets/{repo}"
        exact: dict[str, Route] = {
            "GET /api/whoami-v2": "account",
            f"GET {api}": "info",
            f"GET {api}/discussions": "requests",
            f"POST {api}/preupload/main": "preupload",
            f"POST {api}/commit/main": "commit",
            f"POST /datasets/{repo}.git/info/lfs/objects/batch": "batch",
            f"POST /datasets/{repo}.git/info/lfs/objects/verify": "verify",
        }
        if path.startswith(f"{api}/paths-info/"):
            return "paths"
        if path.startswith("/store/"):
            return "store"
        return exact.get(f"{self.command} {path}")

    def _key_is_right(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.hub.key}"

    # --- the endpoints --------------------------------------------------------------------------

    def _account(self, body: bytes) -> Any:
        if not self._key_is_right():
            return 401, {"X-Error-Message": "Invalid credentials in Authorization header"}
        token = {"displayName": "laptop", "role": self.hub.role}
        return {
            "type": "user",
            "name": self.hub.name,
            "fullname": "Quiet Otter",
            "auth": {"type": "access_token", "accessToken": token},
        }

    def _info(self, body: bytes) -> Any:
        return {"id": self.hub.repo, "sha": COMMIT, "siblings": [], "private": False}

    def _paths(self, body: bytes) -> Any:
        revision = unquote(urlsplit(self.path).path.rsplit("/", 1)[1])
        asked = parse_qs(body.decode())["paths"]
        files = dict(self.hub.existing)
        if match := re.fullmatch(r"refs/pr/(\d+)", revision):
            files |= self.hub.requests[int(match[1]) - 1].files
        found: list[dict[str, Any]] = []
        for path in asked:
            if path in files:
                found.append(self._entry(path, files[path]))
            elif any(one.startswith(f"{path}/") for one in files):
                found.append({"type": "directory", "path": path, "oid": COMMIT})
        return found

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": git}
        if path.endswith(self.hub.lfs):
            sha256 = hashlib.sha256(content).hexdigest()
            entry |= {"oid": COMMIT}
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
        return entry

    def _requests(self, body: bytes) -> Any:
        author = parse_qs(urlsplit(self.path).query)["author"][0]
        found = [
            {
                "title": one.title,
                "num": one.number,
                "author": {"name": one.author},
                "createdAt": "2025-05-01T10:00:00.000Z",
                "status": one.status,
                "repo": {"name": self.hub.repo, "type": "dataset"},
                "isPullRequest": True,
            }
            for one in self.hub.requests
            if one.author == author
        ]
        return {"count": len(found), "start": 0, "discussions": found}

    def _preupload(self, body: bytes) -> Any:
        return {
            "files": [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(self.hub.lfs) else "regular",
                    "shouldIgnore": one["path"] == self.hub.ignore,
                    "oid": None,
                }
                for one in json.loads(body)["files"]
            ]
        }

    def _batch(self, body: bytes) -> Any:
        hub = self.hub
        at = f"http://{hub.store_host}:{hub.port}/store"
        objects = []
        for one in json.loads(body)["objects"]:
            upload: dict[str, Any] = {"href": f"{at}/{one['oid']}?signature=hush"}
            if hub.multipart:
                parts = -(-one["size"] // hub.multipart)
                upload["header"] = {"chunk_size": str(hub.multipart)} | {
                    f"{number + 1:05d}": f"{at}/{one['oid']}/{number}?signature=hush"
                    for number in range(parts)
                }
            there = f"http://{hub.verify_host}:{hub.port}/datasets/{hub.repo}.git"
            verify = {"href": f"{there}/info/lfs/objects/verify"}
            objects.append({**one, "actions": {"upload": upload, "verify": verify}})
        return {"transfer": "multipart" if hub.multipart else "basic", "objects": objects}

    def _store(self, body: bytes) -> Any:
        oid = urlsplit(self.path).path.split("/")[2]
        if self.command == "PUT":
            self.hub.store[oid] = self.hub.store.get(oid, b"") + body
        return 200, {"ETag": '"part"'}

    def _verify(self, body: bytes) -> Any:
        return {}

    def _commit(self, body: bytes) -> Any:
        hub = self.hub
        lines = [json.loads(line) for line in body.splitlines()]
        head = next(one["value"] for one in lines if one["key"] == "header")
        files: dict[str, bytes] = {}
        for one in lines:
            value = one["value"]
            if one["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif one["key"] == "lfsFile":
                files[value["path"]] = hub.store[value["oid"]]
        if hub.damage:
            files = {path: content[:-1] for path, content in files.items()}
        assert parse_qs(urlsplit(self.path).query) == {"create_pr": ["1"]}
        number = len(hub.requests) + 1
        hub.requests.append(
            Request(
                number,
                head["summary"],
                head["description"],
                files,
                head.get("parentCommit"),
                author=hub.name,
            )
        )
        page = f"{hub.endpoint}/datasets/{hub.repo}"
        return {
            "success": True,
            "commitUrl": f"{page}/commit/{PR_COMMIT}",
            "commitOid": PR_COMMIT,
            "pullRequestUrl": f"{page}/discussions/{number}",
        }


@contextmanager
def dataset_hub(repo: str, key: str) -> Iterator[DatasetHub]:
    """A hub with the empty dataset repository ``repo`` until the block ends."""
    hub = DatasetHub(repo, key)
    with serving(type("Handler", (_Handler,), {"hub": hub}), hub.release) as hub.port:
        yield hub
