"""Who answers behind https is checked, although the bytes are ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from models.endpoint.direct import Direct

pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

pytestmark = pytest.mark.usefixtures("loopback")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def certificate(path: Path, names: Sequence[str]) -> ssl.SSLContext:
    """One that vouches for itself, written to ``path``; the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=True
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = path.with_suffix(".key")
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return context


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("localhost", True, None),
        ("localhost", False, "self-signed"),
        ("other.test", True, "not valid for 'localhost'"),
    ],
    ids=["good", "untrusted", "of another host"],
)
async def test_a_certificate_must_be_trusted_and_of_that_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, reason: str | None
) -> None:
    context = certificate(tmp_path / "one.pem", [name])
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "one.pem"))
    else:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    heads = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    direct = Direct(f"https://localhost:{port}/v1", timeout=5.0, key=lambda: "sk-secret")
    try:
        if reason is None:
            assert (await direct.ask("GET", "/models", None))[2] == b"{}"
            assert b"Bearer sk-secret" in heads[0]
        else:
            with pytest.raises(httpx2.ConnectError, match=reason):
                await direct.ask("GET", "/models", None)
            assert heads == []
    finally:
        await direct.aclose()
        server.close()


async def test_closing_ends_a_connection_that_is_only_being_secured() -> None:
    met = asyncio.Event()
    gone = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.set()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    direct = Direct(f"https://localhost:{port}/v1", timeout=60.0, key=lambda: None)
    task = asyncio.ensure_future(direct.ask("GET", "/models", None))
    await met.wait()
    await direct.aclose()
    with pytest.raises(httpx2.ConnectError):
        await task
    await gone.wait()
    with pytest.raises(httpx2.ConnectError):
        await direct.ask("GET", "/models", None)
    server.close()


async def test_a_name_that_can_be_no_host_is_not_reached() -> None:
    direct = Direct(f"http://{'a' * 70}.test/v1", timeout=5.0, key=lambda: None)
    with pytest.raises(httpx2.ConnectError):
        await direct.ask("GET", "/models", None)
