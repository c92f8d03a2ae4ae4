"""What a chat's model is told about the person, where they turned that on.

As :mod:`persona_tui.stages.response.generate`: one template, kept under its hash, and nothing in it but
the chosen attributes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

VERSION = "1"
TOLD = """\
About the user, checked by the user; what may matter for their latest message:
{attributes}
Let it shape the answer where that makes it better for this user; leave it alone where it does not. Do \
not list it, do not say that you were told, and infer nothing further from it."""


def template_text() -> str:
    """What is put into the system prompt, as one text to be kept under its hash."""
    return f"Personalized chat, version {VERSION}\n\n{TOLD}\n"


def template_sha256() -> str:
    """Hash of :func:`template_text`."""
    return hashlib.sha256(template_text().encode()).hexdigest()


def system_prompt(own: str | None, attributes: Sequence[str]) -> str | None:
    """The person's ``own`` system prompt with what is told; ``own`` itself if that is nothing."""
    if not attributes:
        return own
    # Joined, not formatted twice: an attribute may hold braces. One line each, whatever is in it.
    lines = "\n".join(f"- {' '.join(one.split())}" for one in attributes)
    before, after = TOLD.split("{attributes}")
    told = before + lines + after
    return f"{own}\n\n{told}" if own else told
