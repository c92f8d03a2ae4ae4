"""Invented secrets, put together here so that no scanner of repositories takes them for real."""

from __future__ import annotations

import base64
from urllib.parse import quote

LETTERS = "Ab3De6Gh9Jk2Mn5Pq8St1Vw4Yz7Bc0Df3Gh6Jk9Lm2Np5Qr8Tv1Wx4Za7Bc0"

TOKENS = {
    "openai": "sk-" + "proj-" + LETTERS[:48],
    "anthropic": "sk-" + "ant-api03-" + LETTERS,
    "github": "gh" + "p_" + LETTERS[:36],
    "github fine": "github" + "_pat_" + LETTERS[:22] + "_" + LETTERS[:40],
    "gitlab": "gl" + "pat-" + LETTERS[:20],
    "aws": "AK" + "IA" + "QRSTUVWXYZ234567",
    "google": "AI" + "za" + LETTERS[:35],
    "slack": "xo" + "xb-123456789012-123456789012-" + LETTERS[:24],
    "stripe": "sk" + "_live_" + LETTERS[:24],
    "hugging face": "hf" + "_" + LETTERS[:34],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0." + LETTERS[:43],
    "npm": "np" + "m_" + LETTERS[:36],
    "sendgrid": "SG" + "." + LETTERS[:22] + "." + LETTERS[:43],
}
PEM = (
    "-----BEGIN RSA PRIVATE "
    "KEY-----\nMIIEowIBAAKCAQEAx8Jq3fZk2v0m\nq9ZlYb8R2wXn\n-----END RSA PRIVATE "
    "KEY-----"
)


def spellings(secret: str) -> dict[str, str]:
    """``secret`` in every encoding that is to be found."""
    raw = secret.encode()
    return {
        "raw": secret,
        "lower": secret.lower(),
        "upper": secret.upper(),
        "full width": "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in secret),
        "zero width": "\u200b".join(secret),
        "soft hyphens": "\u00ad".join(secret),
        "combining": "".join(c + "\u0301" if c.isalpha() else c for c in secret),
        "cyrillic": secret.translate(str.maketrans("aeopcxyi", "аеорсхуі")),
        "reversed": secret[::-1],
        "base64": base64.b64encode(raw).decode(),
        "base64, one before": base64.b64encode(b"x" + raw + b"yz").decode(),
        "base64, two before": base64.b64encode(b"xy" + raw + b"z").decode(),
        "base64 twice": base64.b64encode(base64.b64encode(raw)).decode(),
        "hex": raw.hex(),
        "hex, upper": raw.hex(" ").upper(),
        "url": quote(secret, safe=""),
        "url, all": "".join(f"%{byte:02X}" for byte in raw),
        "url twice": quote("".join(f"%{byte:02x}" for byte in raw)),
        "json": "".join(f"\\u{ord(c):04x}" for c in secret),
        "html": "".join(f"&#{ord(c)};" for c in secret),
    }
