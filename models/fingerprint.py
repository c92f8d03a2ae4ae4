"""What a prompt is identified by: the text that is kept with a run, and its hash.

The same messages give the same hash with every back end, because templates differ between models
and an endpoint's template is not known at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from models.protocol import ChatMessage


def prompt_text(
    messages: Sequence[ChatMessage],
    *,
    schema: Mapping[str, object] | None = None,
    continuations: Sequence[str] = (),
    options: Sequence[str] = (),
) -> str:
    """The canonical JSON of everything that was asked (keys sorted, no spaces, ASCII)."""
    asked: dict[str, object] = {
        "messages": [{"role": message.role, "content": message.content} for message in messages]
    }
    if schema is not None:
        asked["schema"] = schema
    if continuations or options:
        asked["continuations"] = list(continuations)
        asked["options"] = list(options)
    return json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def prompt_sha256(
    messages: Sequence[ChatMessage],
    *,
    schema: Mapping[str, object] | None = None,
    continuations: Sequence[str] = (),
    options: Sequence[str] = (),
) -> str:
    """SHA-256 of :func:`prompt_text`, as 64 hexadecimal digits."""
    text = prompt_text(messages, schema=schema, continuations=continuations, options=options)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
