"""The narrow way to the hub: which requests may leave, with which headers, and what may come back.

huggingface_hub speaks through this transport, in the child process only. By itself that library
names its own version and Python's, follows redirects anywhere, waits and tries again for as long as
the server asks, and skips files that the repository ignores without a word. Here a request carries
what HTTP needs and the key goes to the hub's own origin and nowhere else; the first thing that goes
wrong is the last thing that happens, so that what was sent is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from persona_tui.donation.publish_words import Reason, Stage, is_loopback

USER_AGENT = "persona-tui"
_KEPT = frozenset(
    {"accept", "authorization", "content-length", "content-type", "host", "transfer-encoding"}
)
"""Request headers that pass. No cookie, no trace id, no version of anything."""
_DROPPED = frozenset({"content-length", "transfer-encoding", "set-cookie"})
_ANSWER_LIMIT = 16_000_000
"""Bytes of one answer."""
_REQUEST_LIMIT = 2_000
"""Requests in all: a server could page without end."""
_BLOCK = 1 << 16


class SendingError(Exception):
    """Nothing more is sent. Holds no header, no address with a signature and no content."""

    def __init__(
        self,
        reason: Reason,
        *,
        status: int = 0,
        message: str = "",
        host: str = "",
        seconds: int = 0,
        definite: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.status = status
        self.message = message
        """What the server said, cleaned: a stranger's text."""
        self.host = host
        self.seconds = seconds
        """After which the server says to try again; 0: it does not say."""
        self.definite = definite
        """Whether it is certain that the request which failed was not carried out."""


@dataclass
class Place:
    """Where the work stands; shared by the one that works and the transport."""

    stage: Stage = "start"
    failure: SendingError | None = None
    requests: int = 0


class HubTransport(httpx2.BaseTransport):
    """Sends through ``inner`` what is allowed, to ``hub`` and the stores that it names."""

    def __init__(
        self,
        inner: httpx2.Client,
        hub: str,
        commit_path: str,
        key: str,
        place: Place,
        on_stage: Callable[[Stage], None],
        on_bytes: Callable[[int, int], None],
    ) -> None:
        self._inner = inner
        self._hub = httpx2.URL(hub)
        self._commit_path = commit_path
        self._key = key
        self._place = place
        self._on_stage = on_stage
        self._on_bytes = on_bytes

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._place.failure is not None:
            raise self._place.failure
        try:
            return self._exchange(request)
        except SendingError as failure:
            self._place.failure = failure
            raise

    def close(self) -> None:
        self._inner.close()

    def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        self._place.requests += 1
        if self._place.requests > _REQUEST_LIMIT:
            raise SendingError("odd", host=request.url.host)
        at_hub = origin(request.url) == origin(self._hub)
        if not at_hub and not self._may_store_at(request.url):
            raise SendingError("insecure", host=request.url.host)
        path = request.url.path
        if at_hub and path.endswith(self._commit_path):
            self._place.stage = "opening"
            self._on_stage("opening")  # said before the first byte goes: the process may be killed
        outgoing = httpx2.Request(
            request.method,
            request.url,
            headers=[
                *(
                    (name, value)
                    for name, value in request.headers.items()
                    if name in _KEPT and (at_hub or name != "authorization")
                ),
                ("accept-encoding", "identity"),  # what can be unpacked here is nobody's business
                ("user-agent", USER_AGENT),
            ],
            stream=_Counted(request.stream, int(request.headers.get("content-length", 0)), self),
            extensions=request.extensions,
        )
        status, headers, body = self._answer(outgoing)
        if status >= 400 or 300 <= status < 400:
            raise self._refusal(status, headers, body, request.url.host)
        if at_hub:
            _look_into(path, body, request.url.host)
        kept = [(k, v) for k, v in headers.multi_items() if k.lower() not in _DROPPED]
        return httpx2.Response(status, headers=kept, content=body, request=request)

    def _may_store_at(self, url: httpx2.URL) -> bool:
        return url.scheme == "https" or (is_loopback(url.host) and is_loopback(self._hub.host))

    def _answer(self, outgoing: httpx2.Request) -> tuple[int, httpx2.Headers, bytes]:
        host = outgoing.url.host
        try:
            response = self._inner.send(outgoing, stream=True)
            try:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise SendingError("odd", host=host, definite=False)
                body = bytearray()
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > _ANSWER_LIMIT:
                        raise SendingError("odd", host=host, definite=False)
            finally:
                response.close()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError):
            raise SendingError("unreachable", host=host) from None
        except httpx2.TimeoutException:
            raise SendingError("silent", host=host, definite=False) from None
        except httpx2.HTTPError:
            raise SendingError("cut", host=host, definite=False) from None
        return response.status_code, response.headers, bytes(body)

    def _refusal(
        self, status: int, headers: httpx2.Headers, body: bytes, host: str
    ) -> SendingError:
        after = headers.get("retry-after", "")
        reason: Reason
        if 300 <= status < 400:
            reason = "elsewhere"
        elif status == 429:
            reason = "busy"
        elif status >= 500 or status == 408:
            reason = "down"
        else:
            reason = _REASONS.get((self._place.stage, status), "refused")
        return SendingError(
            reason,
            status=status,
            message=_said(headers, body).replace(self._key, "…"),
            host=host,
            seconds=int(after) if re.fullmatch(r"\d{1,6}", after) else 0,
            definite=reason != "down",
        )

    def count(self, done: int, total: int) -> None:
        """So much of a request's body was handed to the connection."""
        self._on_bytes(done, total)


_REASONS: dict[tuple[Stage, int], Reason] = {
    ("account", 401): "key",
    ("account", 403): "key",
    ("looking", 401): "no_repo",  # the hub's answer for private and for missing ones
    ("looking", 403): "no_repo",
    ("looking", 404): "no_repo",
    ("requests", 401): "no_requests",
    ("requests", 403): "no_requests",
    ("requests", 404): "no_requests",
    ("sending", 401): "forbidden",
    ("sending", 403): "forbidden",
    ("opening", 401): "forbidden",
    ("opening", 403): "forbidden",
}


class _Counted(httpx2.SyncByteStream):
    """A request's body in blocks, so that its way is seen."""

    def __init__(self, stream: Any, total: int, told: HubTransport) -> None:
        self._stream = stream
        self._total = total
        self._told = told

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        for piece in self._stream:
            for start in range(0, len(piece), _BLOCK):
                block = piece[start : start + _BLOCK]
                yield block
                done += len(block)
                self._told.count(done, self._total)


def _look_into(path: str, body: bytes, host: str) -> None:
    """What huggingface_hub passes over: files that the repository's ``.gitignore`` keeps out, and
    the reasons for which the large-file store takes a file not."""
    if "/preupload/" in path:
        files = _json(body).get("files")
        if any(isinstance(one, dict) and one.get("shouldIgnore") for one in files or ()):
            raise SendingError("ignored", host=host)
    elif path.endswith(".git/info/lfs/objects/batch"):
        for one in _json(body).get("objects") or ():
            error = one.get("error") if isinstance(one, dict) else None
            if isinstance(error, dict):
                code = error.get("code")
                message = _clean(error.get("message"))
                status = code if isinstance(code, int) else 0
                raise SendingError("refused", status=status, message=message, host=host)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _said(headers: httpx2.Headers, body: bytes) -> str:
    return _clean(headers.get("x-error-message") or _json(body).get("error"))


def _clean(text: object) -> str:
    """A server's words on one short line, without control characters."""
    if not isinstance(text, str):
        return ""
    line = "".join(c if c.isprintable() else " " for c in text[:1000])
    return " ".join(line.split())[:160].rstrip(". ")


def origin(url: httpx2.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what the key is tied to."""
    return url.scheme, url.host.lower(), url.port or (443 if url.scheme == "https" else 80)
