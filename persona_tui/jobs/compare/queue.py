"""What there is to compare: fresh pairs, pairs left in the middle, repeats; in one random order."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from persona_tui.jobs import picks
from persona_tui.stages.judging.active import Picks, mixed
from persona_tui.stages.judging.drawing import REPEAT, Draw, Given, due_repeats, line_up, unit
from store.audit import Arm, ResponseJudgment, ResponsePair, Side

if TYPE_CHECKING:
    from store.db import Store


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge. ``shown_left`` is fixed: a restart shows the same sides; a repeat shows
    them the other way around."""

    pair: ResponsePair
    draw: Draw
    shown_left: Side
    prompt: str
    attributes: Mapping[str, str]
    """Texts by id, in the random order in which they are asked."""

    @property
    def left(self) -> str:
        one, two = self.pair.generic.text, self.pair.personalized.text
        return one if self.shown_left == "generic" else two

    @property
    def right(self) -> str:
        one, two = self.pair.generic.text, self.pair.personalized.text
        return two if self.shown_left == "generic" else one


@dataclass(slots=True)
class CompareQueue:
    """Everything that was read. ``judgments`` are in force, by the item's key."""

    seed: str
    items: dict[str, Item] = field(default_factory=dict)
    judgments: dict[str, ResponseJudgment] = field(default_factory=dict)
    revealed: set[str] = field(default_factory=set)
    """Items that were unmasked once, also if that judgment was taken back since."""
    other_kinds: int = 0
    """Pairs of other arms that wait, where one arm only is shown."""

    def is_finished(self, key: str) -> bool:
        return finished(self.judgments.get(key))

    @property
    def left(self) -> list[str]:
        return [key for key in self.items if not self.is_finished(key)]


def numbers(item: Item) -> dict[str, int]:
    """By attribute the number that it is marked with: those mentioned first."""
    mentioned = [one.attribute_id for one in item.pair.personalized.mentions]
    order = [*mentioned, *item.attributes]
    return {
        key: n for n, key in enumerate(dict.fromkeys(k for k in order if k in item.attributes), 1)
    }


def finished(row: ResponseJudgment | None) -> bool:
    """Whether every question about the pair was answered or passed over."""
    return row is not None and not row.retracted and row.context.shown.get("finished") is True


def other(side: Side) -> Side:
    return "personalized" if side == "generic" else "generic"


def stored_seed(store: Store) -> str:
    """The seed of this journal's order: drawn once, then kept."""
    from store import settings

    seed = settings.get(store, "compare.seed")
    if seed is None:
        seed = secrets.token_hex(8)
        settings.put(store, "compare.seed", seed)
    return seed


def read_queue(
    store: Store, *, now: datetime, repeat_after_days: float, repeat_share: float,
    arm: Arm | None = None, share: float | None = None,
) -> CompareQueue:  # fmt: skip
    """Read pairs and judgments; ``arm`` leaves the other arms out; ``share`` as
    :func:`persona_tui.jobs.picks.read`.

    Raises:
        StoreError: the journal cannot be read.
    """
    from store import attributes, response_judgments, responses, user_prompts

    seed = stored_seed(store)
    given, again = response_judgments.in_force(store), response_judgments.repeats(store)
    first = {row.judgment_id: row for row in given}
    everything = responses.pairs(store)
    pairs = {pair.pair_id: pair for pair in everything if arm is None or pair.arm == arm}
    judged = {row.pair_id for row in given}
    told = picks.read(store, "compare", share).picks
    by_pair = {row.pair_id: row for row in given}
    draws = [_drawn(pair, by_pair.get(pair.pair_id), told, seed) for pair in pairs.values()]
    draws += due_repeats(
        (Given(row.judgment_id, row.pair_id, row.created_at, row.context.sampling)
         for row in given if finished(row) and row.rating is not None),
        (row.context.repeat_of or "" for row in again if finished(row)),
        seed=seed, now=now, after=timedelta(days=repeat_after_days), share=repeat_share,
    )  # fmt: skip
    draws += [  # given already: to be undone, and not to be lost if left in the middle
        Draw(f"{REPEAT}{row.context.repeat_of}", "repeat", row.context.inclusion_prob,
             row.context.repeat_of, row.pair_id)
        for row in again if finished(row)
    ]  # fmt: skip
    texts = {row.attribute_id: row.text for row in attributes.list_all(store)}
    queue = CompareQueue(seed)
    for draw in _mixed(line_up(draws, seed), by_pair, told, seed):
        pair = pairs.get(draw.item_id)
        if pair is None:
            continue
        repeated = first.get(draw.repeat_of or "")
        side = pair.shown_left if repeated is None else other(repeated.shown_left)
        asked = () if pair.arm == "models" else pair.personalized.attribute_ids
        order = sorted(
            (key for key in asked if key in texts), key=lambda key: unit(seed, f"{draw.key}|{key}")
        )
        prompt = user_prompts.get(store, pair.prompt_id).text
        queue.items[draw.key] = Item(pair, draw, side, prompt, {key: texts[key] for key in order})
        for row in response_judgments.history(store, pair.pair_id):
            if row.context.repeat_of == draw.repeat_of and finished(row):
                queue.revealed.add(draw.key)
    queue.other_kinds = sum(
        pair.pair_id not in pairs and pair.pair_id not in judged for pair in everything
    )
    queue.judgments.update((row.pair_id, row) for row in given)
    queue.judgments.update((f"{REPEAT}{row.context.repeat_of}", row) for row in again)
    return queue


def _drawn(pair: ResponsePair, given: ResponseJudgment | None, told: Picks, seed: str) -> Draw:
    """How a pair comes to be judged: as its judgment says, if it has one."""
    key = pair.pair_id
    if given is not None:
        return Draw(key, given.context.sampling, given.context.inclusion_prob, None, key)
    if pair.sampling == "random" and pair.inclusion_prob is not None and told.has(seed, key):
        return Draw(key, "active", None, None, key)
    return Draw(key, pair.sampling, pair.inclusion_prob, None, key)


def _mixed(
    line: list[Draw], given: Mapping[str, ResponseJudgment], told: Picks, seed: str
) -> list[Draw]:
    """The line with the pool's pairs where the coin says so."""
    by_key = {draw.key: draw for draw in line}
    done = [key for key in by_key if finished(given.get(key))]
    waiting = [key for key in by_key if not finished(given.get(key))]
    pool = [key for key in waiting if by_key[key].sampling == "active"]
    random = [key for key in waiting if by_key[key].sampling != "active"]
    order = mixed(random, pool, told, seed=seed, place=len(done))
    return [by_key[key] for key in (*done, *order)]
