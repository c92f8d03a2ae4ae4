"""Coefficients are data: whatever they hold, nobody crashes over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from persona_tui.db import StoreThread
from persona_tui.jobs.learning import using
from persona_tui.paths import Paths
from store import caches, learned
from store.db import Store
from store.learned_records import LearnedModel


def broken(store: Store) -> LearnedModel:
    made = learned.save(
        store, "relevance", app_version="9", trained_on={}, metrics={},
        coefficients={"form": "of tomorrow"}, use=True, begun=caches.generation(store),
    )  # fmt: skip
    assert made is not None
    return made


@pytest.mark.parametrize(
    "fault", [KeyError("w"), ValueError("form"), RecursionError(), MemoryError()]
)
async def test_a_model_that_cannot_be_read_is_set_aside_and_said_once(
    paths: Paths, fault: Exception
) -> None:
    def predict(coefficients: Mapping[str, Any]) -> float:
        assert coefficients == {"form": "of tomorrow"}
        raise fault

    using.to_tell()
    async with StoreThread(paths.database) as db:
        assert await using.model_in_use(db, "relevance") is None
        made = await db.run(broken)
        found = await using.model_in_use(db, "relevance")
        assert found == made
        assert using.safely(found, predict) is None
        assert using.safely(found, predict) is None
        assert await using.model_in_use(db, "relevance") is None
        (told,) = using.to_tell()
        assert "relevance model (version 1) cannot be read" in told
        assert using.to_tell() == []
        assert using.safely(found, lambda given: len(given)) == 1
