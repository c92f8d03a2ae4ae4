"""Getting prompts into the journal: bank, own openings, files, typed in."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from persona_tui.stages.prompts.bank import BANK
from persona_tui.stages.prompts.files import read_prompts
from persona_tui.stages.prompts.own import Opening, draw
from store import settings, user_prompts

if TYPE_CHECKING:
    from models.protocol import Embedder
    from persona_tui.db import StoreThread
    from store.audit import UserPrompt
    from store.db import Store

OWN = 40
"""Of the person's own openings, drawn by itself."""


def add_bank(store: Store) -> int:
    """Put the bank into the journal; how many prompts were new."""
    there = {one.bank_key for one in user_prompts.list_all(store, origin="bank", removed=True)}
    missing = [one for one in BANK if one.key not in there]
    if missing:
        with store.write():
            for one in missing:
                user_prompts.add(
                    store,
                    one.text,
                    origin="bank",
                    topic=one.topic,
                    personal=one.personal,
                    bank_key=one.key,
                    language="en",
                )
    return len(missing)


def import_file(store: Store, path: Path) -> tuple[int, int]:
    """Add the prompts of a file: (new ones, those that were there).

    Raises:
        UserError: as :func:`persona_tui.stages.prompts.files.read_prompts`.
    """
    prompts = read_prompts(path)
    with store.write():
        before = {one.prompt_id for one in user_prompts.list_all(store)}
        after = {user_prompts.add(store, text).prompt_id for text in prompts}
    return len(after - before), len(prompts) - len(after - before)


def _seed(store: Store) -> str:
    seed = settings.get(store, "prompts.seed")
    if seed is None:
        seed = secrets.token_hex(8)
        settings.put(store, "prompts.seed", seed)
    return seed


async def draw_own(db: StoreThread, embedder: Embedder, wanted: int = OWN) -> int:
    """Have ``wanted`` of the person's own openings in the journal, drawn at random; how many were
    new. Those that were removed or forgotten are not drawn again, nor what is there in other words,
    nor what a personalized chat was told about: which attributes a model chose is known there.

    Raises :class:`models.errors.ModelError`.
    """
    everything = await db.run(user_prompts.list_all, removed=True)
    there = [one for one in everything if one.origin == "message"]
    missing = wanted - sum(one.removed_at is None for one in there)
    if missing <= 0:
        return 0
    taken = {one.source_message_id for one in there}
    taken |= set((await db.run(settings.get, user_prompts.NOT_DRAWN) or "").split())
    rows = await db.run(user_prompts.opening_messages)
    told = await db.run(user_prompts.told_in_chat)
    offered = [
        Opening(key, text, language)
        for key, _, text, language in rows
        if key not in taken and user_prompts.text_sha256(text) not in told
    ]
    # Openings that were left out as doubles are offered each time: embed them only if anything is new.
    looked = _looked_at([one.message_id for one in offered], everything, wanted)
    if not offered or await db.run(settings.get, "prompts.looked_at") == looked:
        return 0
    chosen = await draw(
        offered,
        missing,
        embedder,
        seed=await db.run(_seed),
        there=[one.text for one in everything],
    )
    added = await db.run(_add_openings, chosen)
    if not added:
        await db.run(settings.put, "prompts.looked_at", looked)
    return added


def _looked_at(offered: list[str], there: list[UserPrompt], wanted: int) -> str:
    parts = [str(wanted), *sorted(offered), "", *sorted(one.prompt_id for one in there)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _add_openings(store: Store, chosen: list[Opening]) -> int:
    from store.errors import StoreError

    added = 0
    with store.write():
        for one in chosen:
            try:
                made: UserPrompt = user_prompts.add(
                    store, one.text, origin="message", source_message_id=one.message_id,
                    language=one.language,
                )  # fmt: skip
            except StoreError:  # its conversation was forgotten meanwhile
                continue
            added += made.source_message_id == one.message_id
    return added


async def ensure_prompts(db: StoreThread, embedder: Embedder) -> int:
    """See to it that there are prompts to ask about; cheap when there are. How many were new.

    Raises :class:`models.errors.ModelError`.
    """
    return await db.run(add_bank) + await draw_own(db, embedder)
