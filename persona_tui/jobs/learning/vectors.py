"""Sentence embeddings that are computed once: kept in memory for a run and in the journal after it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store import caches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.protocol import Embedder
    from persona_tui.db import StoreThread

MOST_IN_MEMORY = 50_000
"""Vectors, 1.5 kB each with 384 dimensions: 77 MB at most."""
CHUNK = 256
"""Texts between two looks at the clock: what was embedded is kept even if the run is cancelled."""


class Vectors:
    """Embeds texts through an embedder, and remembers. Make one for a run with :meth:`open`."""

    def __init__(self, db: StoreThread, embedder: Embedder, begun: str) -> None:
        self._db = db
        self._embedder = embedder
        self._memory: dict[str, NDArray[np.float32]] = {}
        self.begun = begun
        """:func:`store.caches.generation` before any text was read."""
        self.name = embedder.describe().name
        """The embedding model's, for provenance."""

    @classmethod
    async def open(cls, db: StoreThread, embedder: Embedder) -> Vectors:
        """Call it before the texts are read: what is forgotten in between is then not kept."""
        return cls(db, embedder, await db.run(caches.generation))

    def key(self, text: str) -> str:
        """SHA-256 of the model's name and the text, in hexadecimal."""
        return hashlib.sha256(f"{self.name}\0{text}".encode("utf-8", "replace")).hexdigest()

    async def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 of shape (texts, dimensions), in the order of ``texts``.

        :raises ModelError: the embedder failed.
        :raises StoreError: the journal cannot be read or written.
        """
        import numpy as np

        keys = [self.key(text) for text in texts]
        found = {key: self._memory[key] for key in keys if key in self._memory}
        unknown = list(dict.fromkeys(key for key in keys if key not in found))
        if unknown:
            for key, raw in (await self._db.run(caches.vectors, unknown)).items():
                if raw and len(raw) % 4 == 0:
                    vector = np.frombuffer(raw, dtype="<f4")
                    if np.isfinite(vector).all():
                        found[key] = vector
        text_of = dict(zip(keys, texts, strict=True))
        todo = [key for key in unknown if key not in found]
        for first in range(0, len(todo), CHUNK):
            part = todo[first : first + CHUNK]
            made = (await self._embedder.embed([text_of[key] for key in part])).vectors
            rows = np.ascontiguousarray(made, dtype="<f4")
            new = dict(zip(part, rows, strict=True))
            found |= new
            await self._db.run(
                caches.keep_vectors, {key: row.tobytes() for key, row in new.items()}, self.begun
            )
        sizes = {len(vector) for vector in found.values()}
        if len(sizes) > 1:  # a damaged row of the cache: everything is computed again
            rows = (await self._embedder.embed(list(texts))).vectors
            return np.ascontiguousarray(rows, dtype=np.float32)
        if len(self._memory) + len(found) > MOST_IN_MEMORY:
            self._memory.clear()
        self._memory |= found
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([found[key] for key in keys]).astype(np.float32, copy=False)
