"""What an endpoint's failure means: which sentence the person gets, and whether to try again.

No network, no SDK: a failure comes in as a status, headers and a body, or as a kind of broken
connection, and goes out as a :class:`Failure`.
"""

from __future__ import annotations

import email.utils
import math
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.endpoint.text import dig, error_text, plain
from models.errors import (
    AuthenticationError,
    ContextOverflowError,
    ModelError,
    RateLimitedError,
    UnavailableError,
)

_TOO_LONG = re.compile(
    r"context_length_exceeded|context (?:length|window|size)|maximum context|prompt is too long"
    r"|exceeds? the (?:available|model'?s) context|too many tokens|input is too long",
    re.IGNORECASE,
)
_NO_MONEY = re.compile(r"insufficient_quota|billing|credit|payment", re.IGNORECASE)
_LONGEST_PAUSE = 8.0


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt."""

    error: ModelError
    """What to raise if there is no further attempt."""
    retry: bool = False
    most_retries: int | None = None
    """Fewer than the back end's own limit, where trying again often makes no sense."""
    wait: float | None = None
    """Seconds that the server asks to wait."""
    status: int | None = None
    text: str = ""
    """All that the body says, for finding the name of a refused parameter in it."""
    broken: bool = False
    """The connection was accepted, and the answer was cut or made no sense."""
    short: str = ""
    """What happened in a few words, for the notice that says we try again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for what: the names in the sentences."""

    host: str
    base_url: str
    model: str
    local: bool
    secret: str | None = field(default=None, repr=False)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by ``Retry-After-Ms`` or ``Retry-After`` (seconds or an HTTP date, RFC 9110
    §10.2.3), or ``None``. ``now`` is POSIX time."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        try:
            seconds = float(value) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        when = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, when.timestamp() - now)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def pause(attempt: int, first: float) -> float:
    """Seconds before attempt number ``attempt`` (1, 2, …): doubling, at most 8 s, with up to half
    of it random, so that many clients do not come back at once."""
    return min(_LONGEST_PAUSE, first * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)


def from_status(
    asked: Asked,
    status: int,
    headers: Mapping[str, str],
    body: object,
    known_models: Sequence[str] = (),
) -> Failure:
    """The meaning of an HTTP error. ``body`` is decoded JSON, or text, or ``None``."""
    raw = error_text(body)[:4000]
    inner = dig(body, "error") if isinstance(dig(body, "error"), dict) else body
    text = " ".join([raw, *(str(dig(inner, name) or "") for name in ("code", "param", "type"))])
    said = plain(raw, secret=asked.secret)
    quoted = f": “{said}”" if said else ""

    def failure(error: ModelError, *, retry: bool = False, wait: float | None = None) -> Failure:
        short = f"error {status}"
        return Failure(error, retry=retry, wait=wait, status=status, text=text, short=short)

    if status in {401, 403}:
        return failure(_authentication(asked, status, quoted))
    if status == 402 or (status == 429 and _NO_MONEY.search(text)):
        return failure(
            RateLimitedError(
                f"{asked.host} says that the account's quota or credit is used up{quoted}; "
                "see your account there, or choose another model."
            )
        )
    if status == 413 or (status in {400, 422, 500} and _TOO_LONG.search(text)):
        return failure(
            ContextOverflowError(
                f"The text does not fit the context of {asked.model} at {asked.host}{quoted}; "
                "shorten it or choose a model with a larger context."
            )
        )
    if status == 404 or (status == 400 and "model_not_found" in text):
        return failure(_not_found(asked, text, known_models, quoted))
    if 300 <= status < 400:
        target = plain(headers.get("location", ""), 120)
        return failure(
            UnavailableError(
                f"{asked.host} sends us on to “{target}”, which is not what you chose; if it is "
                "right, set it as the base URL."
            )
        )
    if status in {408, 409, 425, 429} or status >= 500:
        wait = retry_after(headers, time.time()) if status in {429, 503} else None
        if status == 429:
            error: ModelError = RateLimitedError(
                f"{asked.host} asks for fewer requests{quoted}; wait a little and try again."
            )
        else:
            error = UnavailableError(
                f"{asked.host} failed with an error of its own ({status}){quoted}; try again later."
            )
        return failure(error, retry=True, wait=wait)
    return failure(ModelError(f"{asked.host} refused the request ({status}){quoted}."))


def waits_too_long(asked: Asked, seconds: float) -> RateLimitedError:
    """The server wants a longer pause than we make."""
    minutes = math.ceil(seconds / 60)
    at = time.strftime("%H:%M", time.localtime(time.time() + min(seconds, 86_400.0 * 365)))
    span = f"{minutes} min" if minutes < 120 else f"{math.ceil(minutes / 60)} h"
    return RateLimitedError(
        f"{asked.host} asks us to wait {span}; try again at {at}, or choose another model."
    )


def unreachable(asked: Asked, reason: str) -> Failure:
    """No connection: refused, no such host, TLS trouble."""
    if asked.local and "SSL" not in reason:  # nothing listens: waiting does not help
        sentence = f"Nothing answers at {asked.base_url}; is the server started?"
        return Failure(UnavailableError(sentence))
    detail = plain(reason, 120, secret=asked.secret)
    detail = f" ({detail})" if detail else ""
    return Failure(
        UnavailableError(
            f"{asked.host} cannot be reached{detail}; see whether you are online and the base URL "
            "is right."
        ),
        retry=True,
        short="no connection",
    )


def timed_out(asked: Asked, seconds: float, *, connecting: bool) -> Failure:
    """Nothing came within the time limit. One more try only: the server may still be at work."""
    if connecting:
        sentence = f"{asked.host} took longer than {seconds:g} s to accept a connection"
    else:
        sentence = f"{asked.host} sent nothing for {seconds:g} s"
    return Failure(
        UnavailableError(f"{sentence}; try again, or raise the model's time-out in the settings."),
        retry=True,
        most_retries=1,
        short="no answer in time",
    )


def nonsense(asked: Asked, what: str) -> Failure:
    """The answer is not what the protocol promises, or was cut before its first word."""
    return Failure(
        UnavailableError(
            f"{asked.host} {what}; is {asked.base_url} the address of an OpenAI-compatible API?"
        ),
        retry=True,
        broken=True,
        short="an unreadable answer",
    )


def _authentication(asked: Asked, status: int, quoted: str) -> AuthenticationError:
    if asked.secret is None:
        return AuthenticationError(
            f"{asked.host} wants an API key for {asked.model} ({status}); add one on the Models "
            "screen or in an environment variable."
        )
    return AuthenticationError(
        f"{asked.host} refuses the API key for {asked.model} ({status}){quoted}; check the key and "
        "what it may use."
    )


def _not_found(asked: Asked, text: str, known: Sequence[str], quoted: str) -> ModelError:
    names = [plain(name, 60) for name in known if plain(name, 60)]
    if asked.model in known or (not known and "model" not in text.lower()):
        return UnavailableError(
            f"There is no chat API at {asked.base_url} (404){quoted}; check the base URL, which "
            "mostly ends in /v1."
        )
    if not names:
        return UnavailableError(f"{asked.host} has no model named {asked.model}{quoted}.")
    listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return UnavailableError(f"{asked.host} has no model named {asked.model}; it has {listed}.")
