"""Work that never begins leaves nothing to warn of."""

from __future__ import annotations

import gc
from functools import partial
from types import SimpleNamespace

import pytest

from persona_tui.screens.once import Once


async def work(screen: object) -> object:
    return screen


async def test_both_kinds_are_done() -> None:
    assert await Once(work(1)) == 1
    assert await Once(lambda: work(2)) == 2


def test_what_never_begins_is_not_complained_of(recwarn: pytest.WarningsRecorder) -> None:
    Once(work(1))
    screen = SimpleNamespace()
    screen.worker = Once(partial(work, screen))  # a ring, as of a screen and what it started
    del screen
    gc.collect()
    assert not recwarn.list
