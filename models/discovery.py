"""Endpoints that run on this machine, found when the person asks.

Part of the back ends (the only place beside the downloader that may open connections). It asks
127.0.0.1 on four well-known ports, once, when called; it is never called by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.endpoint.text import dig, plain

EndpointKind = Literal["ollama", "lmstudio", "llama-server", "vllm", "other"]

DEFAULT_PORTS: Mapping[EndpointKind, int] = {
    "ollama": 11434,
    "lmstudio": 1234,
    "llama-server": 8080,
    "vllm": 8000,
}
"""As each program's own documentation gives them."""

_OWNERS: Mapping[str, EndpointKind] = {
    "vllm": "vllm",
    "llamacpp": "llama-server",
    "library": "ollama",
    "organization_owner": "lmstudio",
}
"""What ``owned_by`` in ``/v1/models`` says, which beats the guess from the port."""

_MOST_BYTES = 1 << 20
_MOST_MODELS = 200


@dataclass(frozen=True, slots=True)
class FoundEndpoint:
    """A server that answered ``GET /v1/models`` (or, Ollama, ``GET /api/tags``)."""

    kind: EndpointKind
    base_url: str
    """What to give to :class:`models.endpoint.backend.EndpointBackend`."""
    models: tuple[str, ...]
    """Names as the server lists them; may be empty (nothing loaded)."""


async def find_local_endpoints(
    timeout: float = 0.5,  # noqa: ASYNC109 - the limit is each server's, not the call's
    *,
    ports: Mapping[EndpointKind, int] | None = None,
) -> list[FoundEndpoint]:
    """Ask the default ports of this machine, all at once, each for at most ``timeout`` seconds.

    Whatever answers something else, too slowly or not at all is left out; nothing is raised.
    Proxies of the environment are not used and redirects are not followed, so nothing leaves this
    machine.
    """
    import httpx2  # what the openai package speaks HTTP with

    async with httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout) as http:

        async def fetch(url: str) -> object:
            """The JSON at ``url``, or ``None``."""
            async with http.stream("GET", url, headers={"user-agent": "persona-tui"}) as response:
                if response.status_code != 200:
                    return None
                body = b""
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        return None
            import json

            return json.loads(body)

        async def ask(kind: EndpointKind, port: int) -> FoundEndpoint | None:
            root = f"http://127.0.0.1:{port}"
            addresses = [(f"{root}/v1/models", "data", "id")]
            if kind == "ollama":  # older ones have no /v1/models
                addresses.append((f"{root}/api/tags", "models", "name"))
            for url, listed, named in addresses:
                try:
                    async with asyncio.timeout(timeout):
                        answer = await fetch(url)
                except (httpx2.HTTPError, OSError, ValueError, RecursionError):
                    continue  # not there, not HTTP, not JSON: not an endpoint
                entries = dig(answer, listed)
                if isinstance(entries, list):
                    owner = dig(entries, 0, "owned_by")
                    kind = _OWNERS.get(owner, kind) if isinstance(owner, str) else kind
                    return FoundEndpoint(kind, f"{root}/v1", _names(entries, named))
            return None

        found = await asyncio.gather(
            *(ask(kind, port) for kind, port in (ports or DEFAULT_PORTS).items())
        )
    return [endpoint for endpoint in found if endpoint is not None]


def _names(entries: list[object], named: str) -> tuple[str, ...]:
    """Model names, made safe to show."""
    names = (dig(entry, named) for entry in entries[:_MOST_MODELS])
    return tuple(plain(name, 200) for name in names if isinstance(name, str) and plain(name, 200))
