"""What is asked about in stage 2: sheets, each a prompt with the attributes to be asked about.

A sheet has the attributes of smallest ``unit(seed, prompt|attribute)``: a random subset of known
inclusion probability where there are many, in random order, the same after every restart. A repeat
sheet has judgments that are to be given again; it looks like any other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from persona_tui.jobs import picks
from persona_tui.jobs.picks import Asked
from persona_tui.jobs.relevance import skips as relevance_skips
from persona_tui.jobs.relevance.skips import Skip
from persona_tui.stages.judging.active import Picks, mixed
from persona_tui.stages.judging.drawing import Draw, Given, due_repeats, unit
from persona_tui.stages.profile import build_profile
from store.audit import RelevanceJudgment, UserPrompt

if TYPE_CHECKING:
    from persona_tui.config import JudgingConfig
    from store.db import Store


@dataclass(frozen=True, slots=True)
class Sheet:
    """One prompt with what is asked about it."""

    key: str
    """The prompt's id, or ``repeat:`` and the id."""
    prompt: UserPrompt
    items: tuple[Draw, ...]
    """``item_id`` is the attribute."""


@dataclass(slots=True)
class Material:
    """Everything that a session is made from, read at once."""

    prompts: list[UserPrompt]
    accepted: dict[str, str]
    """Attributes that may be asked about: id → text, never *never* ones."""
    judgments: list[RelevanceJudgment]
    repeats: list[RelevanceJudgment]
    seed: str
    chosen: set[str] = field(default_factory=set)
    """Prompts that the person named out of their turn: no random draws of prompts."""
    told: set[str] = field(default_factory=set)
    """Prompts of which the person was told what models said, also in a personalized chat."""
    skipped: set[Skip] = field(default_factory=set)
    asked: Asked = field(default_factory=Asked)
    """What a learner would ask next."""


def accepted_attributes(store: Store) -> dict[str, str]:
    """What was judged *ok* or written by the person, without what is never to be used."""
    from store import attributes

    profile = build_profile(attributes.list_all(store))
    never = {entry.attribute_id for entry in profile.never}
    entries = (*profile.welcome, *profile.ask)
    return {one.attribute_id: one.text for one in entries if one.attribute_id not in never}


def welcome_attributes(store: Store) -> dict[str, str]:
    """Accepted attributes that may be used without being asked for: neither *never* ones nor
    those for *only when I ask*."""
    from store import attributes

    profile = build_profile(attributes.list_all(store))
    never = {entry.attribute_id for entry in profile.never}
    return {o.attribute_id: o.text for o in profile.welcome if o.attribute_id not in never}


def stored_seed(store: Store, key: str) -> str:
    """A seed of this journal: drawn once, then kept, so that an order is resumed."""
    from store import settings

    seed = settings.get(store, key)
    if seed is None:
        seed = secrets.token_hex(8)
        settings.put(store, key, seed)
    return seed


def _of_chat(row: RelevanceJudgment) -> bool:
    return row.context.shown.get("surface") == "chat"


def read_material(store: Store, share: float | None = None) -> Material:
    """Read all of it. ``share`` as :func:`persona_tui.jobs.picks.read`."""
    from store import relevance, settings, user_prompts

    told = set((settings.get(store, "relevance.told") or "").split())
    prompts = user_prompts.list_all(store)
    if in_chat := user_prompts.told_in_chat(store):
        told |= {o.prompt_id for o in prompts if user_prompts.text_sha256(o.text) in in_chat}
    return Material(
        prompts,
        accepted_attributes(store),
        # A no in the chat takes no item from its sheet: what is refused there would be missing here.
        [row for row in relevance.in_force(store) if row.supersedes or not _of_chat(row)],
        relevance.repeats(store),
        stored_seed(store, "relevance.seed"),
        told=told,
        skipped=relevance_skips.read(store),
        asked=picks.read(store, "relevance", share),
    )


def subset(
    prompt_id: str, attributes: Iterable[str], seed: str, most: int
) -> tuple[list[str], float]:
    """The attributes to ask about for a prompt, in order, and the probability of being among them."""
    ranked = sorted(attributes, key=lambda key: unit(seed, f"{prompt_id}|{key}"))
    return ranked[:most], min(1.0, most / len(ranked)) if ranked else 1.0


def named_by_the_person(given: Iterable[RelevanceJudgment]) -> bool:
    """Whether a prompt was taken up out of its turn: its judgments then have no probability. (What was
    not drawn for a sheet at all says nothing of the rest: a *no* in the chat.)"""
    return any(
        one.context.inclusion_prob is None and one.context.sampling == "random" for one in given
    )


def drawn_by_chance(given: Iterable[RelevanceJudgment]) -> bool:
    """Whether a prompt with these judgments was drawn at random: then some of them have a probability
    (not those that were picked to learn from)."""
    return any(one.context.inclusion_prob is not None for one in given)


def fresh_sheet(prompt: UserPrompt, material: Material, most: int) -> Sheet:
    """A prompt with its attributes. What was judged for it before is on it in any case, as it was drawn.
    Of a prompt that was named out of its turn the inclusion probability is not known: also of what is
    left of it later. A prompt of the pool was picked to learn from, with all that is on it; of one that
    was drawn at random a part of the attributes may be, if there are more than are asked about."""
    key, picked = prompt.prompt_id, material.asked.picks
    given = {one.attribute_id: one for one in material.judgments if one.prompt_id == key}
    rows = given.values()
    named = key in material.chosen or named_by_the_person(rows)
    in_pool = not drawn_by_chance(rows) and picked.has(material.seed, key)
    told = () if named or in_pool else _told(key, given, material, most)
    chosen, chance = subset(key, material.accepted, material.seed, most - len(told))

    def draw(attribute: str) -> Draw:
        before, place = given.get(attribute), f"{key}|{attribute}"
        if before is not None:
            return Draw(
                place, before.context.sampling, before.context.inclusion_prob, None, attribute
            )
        if named:
            return Draw(place, "random", None, None, attribute)
        if in_pool or attribute in told:
            return Draw(place, "active", None, None, attribute)
        return Draw(place, "random", chance, None, attribute)

    judged = {one for one in given if one in material.accepted}
    extra = sorted(judged - {*chosen, *told}, key=lambda one: unit(material.seed, one))
    share = len(told) / most if most else 0.0
    line = mixed(chosen, told, Picks(share, share, told), seed=f"{material.seed}|{key}", place=0)
    return Sheet(key, prompt, tuple(draw(one) for one in (*line, *extra)))


def _told(
    prompt_id: str, given: Mapping[str, RelevanceJudgment], material: Material, most: int
) -> tuple[str, ...]:
    """Attributes on a sheet that were picked to learn from. A sheet that is done stays done, whatever
    would be picked by now."""
    if len(material.accepted) <= most:
        return ()
    room = round(most * material.asked.picks.share)
    first, _ = subset(prompt_id, material.accepted, material.seed, most - room)
    skipped = {one for key, one in material.skipped if key == prompt_id}
    before = [
        one
        for one in material.accepted
        if (one in given and given[one].context.sampling == "active")
        or (one in skipped and one not in first)
    ]
    if given and _is_answered(prompt_id, given, material, most - len(before)):
        return tuple(before)
    wanted = material.asked.sheets.get(prompt_id, ())
    before.sort(key=lambda one: wanted.index(one) if one in wanted else -1)
    left = [
        one for one in wanted if one in material.accepted and one not in {*first, *given, *before}
    ]
    # What the random part asks anyway is not picked besides.
    return tuple([*before, *left][: max(room, len(before))])


def _is_answered(
    prompt_id: str, given: Mapping[str, RelevanceJudgment], material: Material, most: int
) -> bool:
    """Whether everything is answered or skipped that the random part of a sheet asks."""
    first, _ = subset(prompt_id, material.accepted, material.seed, most)
    return all(one in given or (prompt_id, one) in material.skipped for one in first)


def repeat_sheets(
    material: Material, config: JudgingConfig, now: Callable[[], datetime]
) -> list[Sheet]:
    """Judgments that are due to be given again, by prompt."""
    prompts = {one.prompt_id: one for one in material.prompts}
    by_id = {one.judgment_id: one for one in material.judgments}
    given = [
        Given(one.judgment_id, one.attribute_id, one.created_at, one.context.sampling)
        for one in material.judgments
        if one.attribute_id in material.accepted and one.prompt_id in prompts
    ]
    due = due_repeats(
        given,
        [one.context.repeat_of or "" for one in material.repeats],
        seed=material.seed,
        now=now(),
        after=timedelta(days=config.repeat_after_days),
        share=config.repeat_share,
    )
    sheets: dict[str, list[Draw]] = {}
    for draw in due:
        sheets.setdefault(by_id[draw.repeat_of or ""].prompt_id, []).append(draw)
    return [
        Sheet(f"repeat:{key}", prompts[key], _in_order(draws, material.seed))
        for key, draws in sheets.items()
    ]


def _in_order(draws: Sequence[Draw], seed: str) -> tuple[Draw, ...]:
    return tuple(sorted(draws, key=lambda draw: unit(seed, draw.key)))
