"""The arm *personal*: the person's own relevance model chooses what the personalized answer is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.compare.orders import NO_PERSONAL, Order

if TYPE_CHECKING:
    from models.protocol import Embedder
    from persona_tui.db import StoreThread


async def personal_choice(db: StoreThread, embedder: Embedder, order: Order) -> Order:
    """The order with those attributes only that the personal model in use calls relevant. Not what
    the person said: it is the model that is tried.

    Raises:
        UserError: there is no personal model that can be read.
        ModelError: the embedder failed.
    """
    # In a thread: numpy and scipy take half a second, in which the interface would stand still.
    await asyncio.to_thread(import_module, "persona_tui.jobs.learning.choosing")
    from persona_tui.jobs.learning.choosing import choose
    from persona_tui.jobs.learning.trainer import Tools
    from persona_tui.jobs.learning.using import unreadable
    from persona_tui.jobs.learning.vectors import Vectors
    from store import learned

    tools = Tools(db, await Vectors.open(db, embedder))
    choice = await choose(
        tools, order.prompt.text, [key for key, _ in order.attributes], obey=False, need_model=True,
        most=len(order.attributes),
    )  # fmt: skip
    if choice.learned_id is None and choice.considered:
        there = await db.run(learned.in_use, "relevance")
        raise UserError(NO_PERSONAL if there is None else unreadable(there))
    chosen = tuple((one.attribute_id, one.text) for one in choice.chosen)
    return replace(order, attributes=chosen, learned_id=choice.learned_id)
