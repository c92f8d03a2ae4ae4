"""One worker with the starter model for all tests that only ask it things."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from models.embeddings import HashedEmbedder
from models.llama import LlamaBackend
from models.starter import starter_path


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaBackend]:
    """The starter model with a context of 4,096 tokens; leave it running."""
    backend = LlamaBackend(
        starter_path(),
        name="starter",
        log_file=tmp_path_factory.mktemp("worker") / "worker.log",
        n_ctx=4096,
        n_threads=1,  # two that wait for each other are slower while other tests run
        embedder=HashedEmbedder(),
    )
    yield backend
    asyncio.run(backend.close())
