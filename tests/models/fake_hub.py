"""A server on loopback that speaks the hub's endpoints for one file, and misbehaves on demand.

Like the real hub, ``resolve`` answers with the file's metadata in ``X-…`` headers and a redirect to
another host (here: ``localhost`` instead of ``127.0.0.1``), where the bytes are.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    """By name in lower case."""


@dataclass
class FakeHub:
    """What the server serves and how; change it while it runs."""

    repo: str
    filename: str
    content: bytes
    port: int = 0
    status: int = 200
    """Of ``resolve``: 404 (``missing`` says what), 401 (gated), 503."""
    missing: str = "EntryNotFound"
    cuts: list[int] = field(default_factory=list)
    """Close the connection after so many bytes: one entry a request for bytes, in order."""
    store_status: list[int] = field(default_factory=list)
    """Answers of the store before it serves, in order."""
    wrong_bytes: bool = False
    ranges: bool = True
    checksum: bool = True
    hold_after: int | None = None
    """Send so many bytes, then wait for :attr:`release`."""
    release: threading.Event = field(default_factory=threading.Event)
    seen: list[Seen] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def byte_requests(self) -> list[Seen]:
        """The requests for bytes, which is what resuming is about."""
        return [one for one in self.seen if one.path.startswith("/store/")]


class Answering(BaseHTTPRequestHandler):
    """What every server of this kind needs."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass

    def request_seen(self) -> Seen:
        """This request, less its body. A header that came twice is shown with both values."""
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Seen(self.command, self.path, headers)

    def _send(self, body: bytes) -> None:
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:  # the other side went away, as it may
            self.close_connection = True

    def _headers(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self._headers(200, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        self._send(body)


class _Handler(Answering):
    hub: FakeHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        hub.seen.append(self.request_seen())
        resolve = re.fullmatch(r"/(.+)/resolve/([^/]+)/([^?]+)(\?.*)?", self.path)
        if self.path.startswith("/store/"):
            self._store()
        elif self.path.startswith(f"/api/models/{hub.repo}"):
            self._json({"id": hub.repo, "sha": COMMIT, "siblings": [self._sibling()]})
        elif resolve and (
            hub.status != 200 or resolve[1] != hub.repo or resolve[3] != hub.filename
        ):
            self._refuse()
        elif resolve:
            self._headers(
                302,
                {
                    "Location": f"http://localhost:{hub.port}/store/{hub.sha256}?signature=secret",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Size": str(len(hub.content)),
                    "X-Linked-Etag": f'"{hub.sha256}"' if hub.checksum else '"abc"',
                    "Content-Length": "0",
                },
            )
        else:
            self._headers(404, {"Content-Length": "0"})

    def _sibling(self) -> dict[str, Any]:
        hub = self.hub
        lfs = {"sha256": hub.sha256, "size": len(hub.content), "pointerSize": 135}
        return {"rfilename": hub.filename, "size": len(hub.content), "lfs": lfs}

    def _refuse(self) -> None:
        status = self.hub.status if self.hub.status != 200 else 404
        code = {401: "GatedRepo", 404: self.hub.missing}.get(status, "")
        extra = {"X-Error-Code": code} if code else {}
        self._headers(status, {"Content-Length": "0", **extra})

    def _store(self) -> None:
        hub = self.hub
        if hub.store_status and (status := hub.store_status.pop(0)) != 200:
            self._headers(status, {"Content-Length": "0"})
            return
        content = hub.content
        if hub.wrong_bytes:
            content = bytes(255 - byte for byte in content)
        start = 0
        asked = self.headers.get("Range")
        if asked and hub.ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            self._headers(
                206,
                {
                    "Content-Length": str(len(content) - start),
                    "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}",
                },
            )
        else:
            self._headers(200, {"Content-Length": str(len(content))})
        body = content[start:]
        if hub.cuts:
            self._send(body[: hub.cuts.pop(0)])
            self.close_connection = True
            return
        if hub.hold_after is not None:
            self._send(body[: hub.hold_after])
            hub.release.wait(120)  # a busy machine is slow to read what came
            body = body[hub.hold_after :]
        self._send(body)


@contextmanager
def serving(handler: type[Answering], release: threading.Event) -> Iterator[int]:
    """A server on loopback until the block ends; its port. ``release`` is set at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def fake_hub(repo: str, filename: str, content: bytes) -> Iterator[FakeHub]:
    """A hub that serves ``content`` as ``repo``/``filename`` until the block ends."""
    hub = FakeHub(repo, filename, content)
    with serving(type("Handler", (_Handler,), {"hub": hub}), hub.release) as hub.port:
        yield hub
