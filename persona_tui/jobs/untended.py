"""What every task has in common that runs beside the person and that nobody awaits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from models.errors import ModelError
from persona_tui.errors import UserError
from persona_tui.logs import record_crash
from store.errors import StoreError

S = TypeVar("S")


async def why_it_ended(work: Awaitable[None], what: str, *, kept: str = "") -> str | None:
    """Await ``work``; why it ended in a sentence for the person, ``None`` if by itself.

    ``what`` begins the sentence about a fault of the program (``Inferring``), ``kept`` says what
    stays all the same. Nobody else would tell it; being cancelled goes on to who cancelled.
    """
    try:
        await work
    except (ModelError, StoreError, UserError) as trouble:
        return str(trouble)
    except Exception as trouble:  # noqa: BLE001 - nobody awaits this task: it must be told here
        also = f"; {kept}" if kept else ""
        return (
            f"{what} ended by a fault of the program ({type(trouble).__name__}){also}. Details are "
            f"in {record_crash(trouble)}."
        )
    return None


def show(changed: Callable[[S], None], state: S) -> None:
    """Tell ``state`` to who looks on, which must not stop the work."""
    try:
        changed(state)
    except Exception as trouble:  # noqa: BLE001 - see above
        record_crash(trouble)
