"""Writing an answer: the generic and the personalized one differ in nothing but the profile.

Same model, same parameters, same instruction about form; the seeds are drawn for each answer, because
with one seed the two would share their beginning.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from models.protocol import Backend, ChatMessage, Finished, Provenance, Sampling, TextDelta, Usage
from persona_tui.stages.response.form import normalised

VERSION = "1"
FORM = "Answer the user's message helpfully and directly, in its language. Use no headings."
PROFILE = """\
What is known about the user, checked by the user:
{profile}
Let it shape the answer where that makes the answer better for this user, openly or silently; leave \
it alone where it does not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished text."""

    text: str
    usage: Usage
    provenance: Provenance | None
    truncated: bool
    """It ended at the token limit."""


def template_text() -> str:
    """What is sent before a prompt, as one text to be kept under its hash."""
    return f"Answers for comparison, version {VERSION}\n\n{FORM}\n\n{PROFILE}\n"


def template_sha256() -> str:
    """Hash of :func:`template_text`."""
    return hashlib.sha256(template_text().encode()).hexdigest()


def messages(prompt: str, attributes: Sequence[str] = ()) -> list[ChatMessage]:
    """What is sent: with ``attributes`` the personalized question, without them the generic one."""
    system = FORM
    if attributes:
        profile = "\n".join(f"- {' '.join(one.split())}" for one in attributes)
        system = f"{FORM}\n\n{PROFILE.format(profile=profile)}"
    return [ChatMessage("system", system), ChatMessage("user", prompt)]


async def write(
    backend: Backend, prompt: str, attributes: Sequence[str], sampling: Sampling
) -> AsyncGenerator[str | Answer, None]:
    """Pieces of text as they come, then the :class:`Answer`.

    Raises :class:`models.errors.ModelError`.
    """
    parts: list[str] = []
    asked = messages(prompt, attributes)
    async with aclosing(backend.chat(asked, sampling=sampling, lane="background")) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                parts.append(event.text)
                yield event.text
            elif isinstance(event, Finished):
                cut = event.reason == "length"
                yield Answer(
                    normalised("".join(parts), truncated=cut), event.usage, event.provenance, cut
                )
                return


def with_seed(sampling: Sampling, seed: int) -> Sampling:
    """The same parameters with another seed."""
    return replace(sampling, seed=seed)
