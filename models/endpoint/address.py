"""Where an endpoint is: read from its base URL, without connecting to anything."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from models.errors import ModelError


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL that was found usable."""

    base_url: str
    host: str
    """With the port, where one is given: the name in sentences."""
    local: bool
    """On this machine (loopback)."""
    encrypted: bool
    private: bool
    """On this machine or in a home's or an office's own network."""


def parse_address(base_url: str) -> Address:
    """Read a base URL (``https://api.openai.com/v1``). :class:`ModelError` if it is none."""
    text = base_url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not text.isprintable() or " " in text:
        raise ModelError(
            "The base URL of the endpoint is not an http:// or https:// address; it looks like "
            "https://api.openai.com/v1."
        )
    if parts.username is not None or parts.password is not None:
        raise ModelError(
            f"The base URL of {host} holds a user name or password; keep it as a key instead."
        )
    if parts.query or parts.fragment:
        raise ModelError(
            f"The base URL of {host} holds more than a path (a “?” or “#”); leave that out."
        )
    named = f"[{host}]" if ":" in host else host
    return Address(
        base_url=text,
        host=f"{named}:{port}" if port else named,
        local=is_loopback(host),
        encrypted=parts.scheme == "https",
        private=is_private(host),
    )


def passed_on(model: str) -> bool:
    """True for the models that an Ollama on this machine asks ollama.com for."""
    return model.endswith(("-cloud", ":cloud"))


PASSED_ON = "this machine, which passes it on to ollama.com"


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_private(host: str) -> bool:
    """True for a home's or an office's own network: there, plain http is usual."""
    if is_loopback(host) or ("." not in host.rstrip(".") and ":" not in host):
        return True
    if host.endswith((".local", ".lan", ".internal", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address in ipaddress.ip_network("100.64.0.0/10")
