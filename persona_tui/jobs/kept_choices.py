"""A back end whose short answers are kept in the journal, so that none is computed twice, not even
after a restart.

Only for models that can say what their answers depend on (:class:`models.protocol.Lasting`): a file
on this machine can, an endpoint that may serve another model tomorrow cannot, and is asked each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.fingerprint import prompt_sha256
from models.protocol import (
    ChatEvent,
    ChatMessage,
    Choice,
    Description,
    Embeddings,
    Lane,
    Lasting,
    Provenance,
    Sampling,
    Structured,
    Usage,
)
from store import caches

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.db import StoreThread

_DEFAULT = Sampling()
_GREEDY = Sampling(temperature=0.0)


class KeptChoices:
    """``backend``, with the answers of ``choose`` kept in ``db``; everything else is passed on.

    Args:
        begun: :func:`store.caches.generation` as it was before the texts were read that will be asked
            about: nothing is kept once anything was forgotten since. ``None``: as it is when the first
            question is asked.
    """

    def __init__(self, db: StoreThread, backend: Backend, begun: str | None = None) -> None:
        self._db = db
        self._backend = backend
        self._begun = begun

    async def choose(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        *,
        lane: Lane = "background",
    ) -> Choice:
        """As the back end's; only rows that were never asked are evaluated, equal ones once. Usage
        is that of what was evaluated now."""
        identity = None
        if isinstance(self._backend, Lasting):
            identity = await self._backend.identity()
        if identity is None:
            return await self._backend.choose(prefix, continuations, options, lane=lane)
        begun = self._begun
        if begun is None:
            begun = self._begun = await self._db.run(caches.generation)
        keys = keys_of(identity, prefix, continuations, options)
        kept = await self._db.run(caches.choices, dict.fromkeys(keys))
        known = {key: row for key, row in kept.items() if len(row[0]) == len(options)}
        missing = {
            key: row for key, row in zip(keys, continuations, strict=True) if key not in known
        }
        provenance, usage = self._provenance(prefix, continuations, options, lane), Usage(0, 0, 0)
        if missing:
            asked = await self._backend.choose(prefix, list(missing.values()), options, lane=lane)
            new = dict(zip(missing, zip(asked.logprobs, asked.mass, strict=True), strict=True))
            await self._db.run(caches.keep_choices, new, begun)
            usage = asked.usage
            provenance = replace(asked.provenance, prompt_sha256=provenance.prompt_sha256)
            known |= new
        rows = [known[key] for key in keys]
        return Choice(
            tuple(logprobs for logprobs, _ in rows),
            tuple(mass for _, mass in rows),
            usage,
            provenance,
        )

    def _provenance(
        self,
        prefix: Sequence[ChatMessage],
        continuations: Sequence[str],
        options: Sequence[str],
        lane: Lane,
    ) -> Provenance:
        said = self._backend.describe()
        sha256 = prompt_sha256(prefix, continuations=continuations, options=options)
        note = "answered before and kept in the journal"
        return Provenance(said.name, said.backend, sha256, {"lane": lane}, note)

    def describe(self) -> Description:
        """As the back end's."""
        return self._backend.describe()

    async def start(self) -> Description:
        """As the back end's."""
        return await self._backend.start()

    def chat(
        self, messages: Sequence[ChatMessage], *, sampling: Sampling = _DEFAULT, lane: Lane = "chat"
    ) -> AsyncGenerator[ChatEvent, None]:
        """As the back end's."""
        return self._backend.chat(messages, sampling=sampling, lane=lane)

    async def structured(
        self,
        messages: Sequence[ChatMessage],
        schema: Mapping[str, Any],
        *,
        sampling: Sampling = _GREEDY,
        lane: Lane = "background",
    ) -> Structured:
        """As the back end's."""
        return await self._backend.structured(messages, schema, sampling=sampling, lane=lane)

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """As the back end's."""
        return await self._backend.embed(texts)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int | None:
        """As the back end's."""
        return await self._backend.count_tokens(messages)

    async def close(self) -> None:
        """As the back end's, which others may use."""
        await self._backend.close()


def keys_of(
    identity: str,
    prefix: Sequence[ChatMessage],
    continuations: Sequence[str],
    options: Sequence[str],
) -> list[str]:
    """A hash of everything that a row's scores depend on. The wording is a part of the prefix."""
    shared = json.dumps(
        [identity, [(one.role, one.content) for one in prefix], list(options)], ensure_ascii=True
    )
    head = hashlib.sha256(shared.encode())
    keys = []
    for continuation in continuations:
        row = head.copy()
        row.update(json.dumps(continuation).encode())
        keys.append(row.hexdigest())
    return keys
