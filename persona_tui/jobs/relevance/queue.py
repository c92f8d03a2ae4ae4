"""What is asked about in stage 2: sheets, each a prompt with the attributes to be asked about.

A sheet has the attributes of smallest ``unit(seed, prompt|attribute)``: a random subset of known
inclusion probability where there are many, in random order, the same after every restart. A repeat
sheet has judgments that are to be given again; it looks like any other.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from persona_tui.jobs.relevance import skips as relevance_skips
from persona_tui.jobs.relevance.skips import Skip
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
    """Prompts of which the person was told what models said."""
    skipped: set[Skip] = field(default_factory=set)


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


def read_material(store: Store) -> Material:
    """Read all of it."""
    from store import relevance, settings, user_prompts

    told = settings.get(store, "relevance.told") or ""
    return Material(
        user_prompts.list_all(store),
        accepted_attributes(store),
        relevance.in_force(store),
        relevance.repeats(store),
        stored_seed(store, "relevance.seed"),
        told=set(told.split()),
        skipped=relevance_skips.read(store),
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


def fresh_sheet(prompt: UserPrompt, material: Material, most: int) -> Sheet:
    """A prompt with its attributes. What was judged for it before is on it in any case. Of a prompt
    that was named out of its turn the inclusion probability is not known: also of what is left of it
    later."""
    chosen, chance = subset(prompt.prompt_id, material.accepted, material.seed, most)
    given = [one for one in material.judgments if one.prompt_id == prompt.prompt_id]
    named = prompt.prompt_id in material.chosen or named_by_the_person(given)
    probability = None if named else chance
    judged = {one.attribute_id for one in given if one.attribute_id in material.accepted}
    extra = sorted(judged - set(chosen), key=lambda key: unit(material.seed, key))
    items = tuple(
        Draw(f"{prompt.prompt_id}|{key}", "random", probability, None, key)
        for key in (*chosen, *extra)
    )
    return Sheet(prompt.prompt_id, prompt, items)


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
