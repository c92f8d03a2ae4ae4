"""Sentence embeddings that are computed once: kept in memory for a run and in the journal after it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from models.protocol import Description, Embeddings, LayeredEmbedder, Provenance
from store import caches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.protocol import Embedder
    from persona_tui.db import StoreThread

MOST_IN_MEMORY = 77 << 20
"""Bytes: 52,000 vectors of 384 dimensions, a third of that with three layers of them."""
CHUNK = 256
"""Texts between two looks at the clock: what was embedded is kept even if the run is cancelled."""


class Vectors:
    """Embeds texts through an embedder, and remembers. Make one for a run with :meth:`open`."""

    def __init__(self, db: StoreThread, embedder: Embedder, begun: str) -> None:
        self._db = db
        self._embedder = embedder
        self._memory: dict[str, NDArray[np.float32]] = {}
        self._bytes = 0
        self.begun = begun
        """:func:`store.caches.generation` before any text was read."""
        self.name = embedder.describe().name
        """The embedding model's, for provenance."""
        self._deep: Vectors | None = None

    @classmethod
    async def open(cls, db: StoreThread, embedder: Embedder) -> Vectors:
        """Call it before the texts are read: what is forgotten in between is then not kept."""
        return cls(db, embedder, await db.run(caches.generation))

    def key(self, text: str) -> str:
        """SHA-256 of the model's name and the text, in hexadecimal."""
        return hashlib.sha256(f"{self.name}\0{text}".encode("utf-8", "replace")).hexdigest()

    async def layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors from several layers, float32 of shape (texts, layers, dimensions), not scaled, the last
        layer first; of an embedder that has no others, its unit vectors as one layer.

        :raises ModelError: the embedder failed.
        :raises StoreError: the journal cannot be read or written.
        """
        if not isinstance(self._embedder, LayeredEmbedder):
            return (await self(texts))[:, None, :]
        if self._deep is None:
            self._deep = Vectors(self._db, _Flat(self._embedder), self.begun)
        flat = await self._deep(texts)
        layers = self._embedder.LAYERS
        return flat.reshape(len(texts), layers, flat.shape[1] // layers)

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
                vector = _unsealed(raw)
                if vector is not None:
                    found[key] = vector
        text_of = dict(zip(keys, texts, strict=True))
        found |= await self._made({key: text_of[key] for key in unknown if key not in found})
        if len({len(vector) for vector in found.values()}) > 1:
            # Another model under the same name once: whole rows, but not of this one.
            self._memory.clear()
            self._bytes = 0
            found = await self._made(text_of)
        self._remember(found)
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([found[key] for key in keys]).astype(np.float32, copy=False)

    def _remember(self, found: Mapping[str, NDArray[np.float32]]) -> None:
        new = sum(row.nbytes for key, row in found.items() if key not in self._memory)
        if self._bytes + new > MOST_IN_MEMORY:
            self._memory.clear()
            self._bytes, new = 0, sum(row.nbytes for row in found.values())
        self._memory |= found
        self._bytes += new

    async def _made(self, text_of: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Computed, and kept in place of what was kept under these keys."""
        import numpy as np

        todo, found = list(text_of), dict[str, "NDArray[np.float32]"]()
        for first in range(0, len(todo), CHUNK):
            part = todo[first : first + CHUNK]
            made = (await self._embedder.embed([text_of[key] for key in part])).vectors
            new = dict(zip(part, np.ascontiguousarray(made, dtype="<f4"), strict=True))
            found |= new
            await self._db.run(
                caches.keep_vectors, {key: _sealed(row) for key, row in new.items()}, self.begun
            )
        return found


class _Flat:
    """Layers of an embedder as one row, under a name of their own."""

    def __init__(self, embedder: LayeredEmbedder) -> None:
        self._embedder = embedder

    def describe(self) -> Description:
        said = self._embedder.describe()
        return replace(said, name=f"{said.name}, {self._embedder.LAYERS} layers")

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        rows = (await self._embedder.layers(texts)).reshape(len(texts), -1)
        said = self.describe()
        return Embeddings(rows, Provenance(said.name, said.backend, "", {}))


def _sealed(vector: NDArray[np.float32]) -> bytes:
    """The vector's bytes, little-endian, and their CRC-32."""
    raw = vector.tobytes()
    return raw + crc32(raw).to_bytes(4, "little")


def _unsealed(row: object) -> NDArray[np.float32] | None:
    """The vector that :func:`_sealed` made a row of; ``None`` if it is damaged: it is computed anew, and
    the row is written over."""
    import numpy as np

    if not isinstance(row, bytes) or len(row) < 8 or len(row) % 4:
        return None
    raw, check = row[:-4], int.from_bytes(row[-4:], "little")
    return np.frombuffer(raw, dtype="<f4") if crc32(raw) == check else None
