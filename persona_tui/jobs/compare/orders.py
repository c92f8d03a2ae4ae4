"""Which pairs of answers can be made now, who writes them, and where that sends words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.relevance.queue import (
    accepted_attributes,
    drawn_by_chance,
    fresh_sheet,
    named_by_the_person,
    read_material,
    stored_seed,
    welcome_attributes,
)
from persona_tui.stages.judging.drawing import unit
from store import learned, responses, settings, user_prompts
from store.audit import Arm, RelevanceJudgment, UserPrompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.protocol import Backend
    from persona_tui.config import CompareConfig, JudgingConfig
    from persona_tui.jobs.backends import Backends
    from store.db import Store

NO_SECOND = (
    "Two models are to be compared, but there is no second one: choose it on the Compare screen "
    "(a), set compare.other_model, or name it with --other-model."
)
NO_PERSONAL = (
    "There is no personal relevance model yet: judge some prompts in Relevance (F4), have it learn "
    "(persona-tui train), or choose another arm (compare.arm)."
)
_CHOSE_NOTHING = "compare.chose_nothing"


@dataclass(frozen=True, slots=True)
class Order:
    """A pair to be made."""

    prompt: UserPrompt
    arm: Arm
    attributes: tuple[tuple[str, str], ...]
    """(id, text) of what the personalized answer is told."""
    planted: bool = False
    """Both sides show the same answer."""
    named: bool = False
    """The prompt was named by the person, not drawn: the pair has no inclusion probability."""
    learned_id: str | None = None
    """The version of the personal model that chose."""


def writers(backends: Backends, arm: Arm) -> list[Backend]:
    """The model that writes both answers, or the two that are compared.

    Raises:
        UserError: two models are to be compared, and there is no second one.
        ModelError: there is no model of that name.
    """
    first = backends.for_task("compare")
    if arm != "models":
        return [first]
    second = backends.for_task("compare_other")
    check_second(arm, first, second)
    return [first, second]


def check_second(arm: Arm, first: Backend, second: Backend | None) -> None:
    """Two names of one file or endpoint are one back end: a model is not compared with itself.

    Raises:
        UserError: with what to do.
    """
    if arm == "models" and (second is None or second is first):
        raise UserError(NO_SECOND)


def hosts(used: Sequence[Backend]) -> list[str]:
    """Where words go that leave this machine; empty if none do."""
    return sorted({one.describe().where for one in used if not one.describe().local})


def orders(
    store: Store,
    judging: JudgingConfig,
    compare: CompareConfig,
    *,
    arm: Arm | None = None,
    prompt_id: str | None = None,
) -> list[Order]:
    """Pairs that can be made now, in random order: prompts without a pair in this arm. The personal
    model is tried on prompts that it has not learned from: those without a judgment of relevance.

    Raises:
        UserError: the arm needs a personal model, which comes with training.
    """
    wanted: Arm = arm or compare.arm
    if wanted == "personal" and learned.in_use(store, "relevance") is None:
        raise UserError(NO_PERSONAL)
    accepted = accepted_attributes(store)
    welcome = welcome_attributes(store) if wanted in ("all", "model", "personal") else {}
    done = {pair.prompt_id for pair in responses.pairs(store) if pair.arm == wanted}
    seed = stored_seed(store, "compare.seed")
    material = read_material(store)
    judged: dict[str, dict[str, bool]] = {}
    by_prompt: dict[str, list[RelevanceJudgment]] = {}
    for row in material.judgments:
        judged.setdefault(row.prompt_id, {})[row.attribute_id] = bool(row.relevant)
        by_prompt.setdefault(row.prompt_id, []).append(row)
    named: set[str] = set() if prompt_id is None else {prompt_id}
    if wanted == "relevant":  # taken up out of its turn, or picked: it is not among these by chance
        named.update(
            key
            for key, rows in by_prompt.items()
            if named_by_the_person(rows) or not drawn_by_chance(rows)
        )
    found: list[Order] = []
    for prompt in user_prompts.list_all(store):
        key = prompt.prompt_id
        if key in done or (prompt_id is not None and key != prompt_id):
            continue
        chosen: dict[str, str] = {}
        if wanted == "relevant":
            said = judged.get(key, {})
            sheet = fresh_sheet(prompt, material, judging.attributes_per_prompt)
            asked = (draw.item_id for draw in sheet.items)
            if not said or any(a not in said and (key, a) not in material.skipped for a in asked):
                continue  # the person has not finished it
            chosen = {a: accepted[a] for a, yes in said.items() if yes and a in accepted}
        elif wanted == "personal" and key in judged:
            continue  # it has learned from this one
        elif wanted in ("all", "model", "personal"):
            chosen = dict(welcome)
        if wanted != "models" and not chosen:
            continue
        planted = wanted != "models" and unit(seed, f"catch:{key}") < judging.catch_share
        found.append(Order(prompt, wanted, tuple(chosen.items()), planted, key in named))
    return sorted(found, key=lambda order: unit(seed, order.prompt.prompt_id))


# --- the model's own choice -----------------------------------------------------------------------


async def models_choice(backend: Backend, order: Order) -> Order:
    """The order with those attributes only that the model itself calls relevant."""
    from persona_tui.stages.relevance.verdicts import zero_shot

    texts = [text for _, text in order.attributes]
    answers = await zero_shot(order.prompt.text, texts, backend)
    chosen = tuple(
        one for one, (_, yes) in zip(order.attributes, answers, strict=True) if yes >= 0.5
    )
    return replace(order, attributes=chosen)


def choice_key(model: str, order: Order) -> str:
    """A model, a prompt and what it could choose from, as one word without anybody's words."""
    ids = sorted(key for key, _ in order.attributes)
    return hashlib.sha256("|".join([model, order.prompt.prompt_id, *ids]).encode()).hexdigest()[:16]


def chose_nothing(store: Store) -> set[str]:
    """:func:`choice_key` of every order of which the model would use nothing."""
    return set((settings.get(store, _CHOSE_NOTHING) or "").split())


def remember_chose_nothing(store: Store, key: str) -> None:
    """Do not ask the same again: without attributes there is no pair to be made."""
    with store.write():
        settings.put(store, _CHOSE_NOTHING, " ".join(sorted({*chose_nothing(store), key})))
