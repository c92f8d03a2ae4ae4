"""Making pairs of answers for comparison, ahead of the person.

A pair is made whole and saved in one transaction; stopped in the middle nothing of it is kept. Which
side is left is drawn when it is made, and never again.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from models.protocol import Sampling
from persona_tui import __version__
from persona_tui.errors import UserError
from persona_tui.jobs import relevance_skips
from persona_tui.jobs.relevance_queue import accepted_attributes, stored_seed, subset
from persona_tui.stages.judging.drawing import unit
from persona_tui.stages.response import form, generate
from persona_tui.stages.response.mentions import find
from store import prompts, relevance, responses, runs, user_prompts
from store.audit import Arm, Response, ResponsePair, Side, UserPrompt
from store.db import new_id, utc_now
from store.errors import NotFoundError
from store.records import ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import CompareConfig, JudgingConfig, Settings
    from persona_tui.db import StoreThread
    from store.db import Store

SMALL_MODEL_PENALTY = 1.1


@dataclass(frozen=True, slots=True)
class Order:
    """A pair to be made."""

    prompt: UserPrompt
    arm: Arm
    attributes: tuple[tuple[str, str], ...]
    """(id, text) of what the personalized answer is told."""
    planted: bool = False
    """Both sides show the same answer."""


@dataclass(frozen=True, slots=True)
class Making:
    """How far a pair is."""

    order: Order
    characters: int
    """Written so far, of both answers."""
    pair: ResponsePair | None = None
    """Set at the end."""


def welcome_attributes(store: Store) -> dict[str, str]:
    """Accepted attributes that may be used without being asked for."""
    from persona_tui.stages.profile import build_profile
    from store import attributes

    profile = build_profile(attributes.list_all(store))
    never = {entry.attribute_id for entry in profile.never}
    return {o.attribute_id: o.text for o in profile.welcome if o.attribute_id not in never}


def orders(
    store: Store,
    judging: JudgingConfig,
    compare: CompareConfig,
    *,
    arm: Arm | None = None,
    prompt_id: str | None = None,
) -> list[Order]:
    """Pairs that can be made now, in random order: prompts without a pair in this arm.

    Raises:
        UserError: the arm needs a personal model, which comes with training.
    """
    wanted: Arm = arm or compare.arm
    if wanted == "personal":
        raise UserError(
            "There is no personal relevance model yet; choose another arm (compare.arm)."
        )
    accepted = accepted_attributes(store)
    welcome = welcome_attributes(store)
    done = {pair.prompt_id for pair in responses.pairs(store) if pair.arm == wanted}
    seed = stored_seed(store, "compare.seed")
    asked = stored_seed(store, "relevance.seed")
    skipped = relevance_skips.read(store)
    judged: dict[str, dict[str, bool]] = {}
    for row in relevance.in_force(store):
        judged.setdefault(row.prompt_id, {})[row.attribute_id] = bool(row.relevant)
    found: list[Order] = []
    for prompt in user_prompts.list_all(store):
        key = prompt.prompt_id
        if key in done or (prompt_id is not None and key != prompt_id):
            continue
        chosen: dict[str, str] = {}
        if wanted == "relevant":
            said = judged.get(key, {})
            sheet, _ = subset(key, accepted, asked, judging.attributes_per_prompt)
            if not said or any(a not in said and (key, a) not in skipped for a in sheet):
                continue  # the person has not finished it
            chosen = {a: accepted[a] for a, yes in said.items() if yes and a in accepted}
        elif wanted in ("all", "model"):
            chosen = dict(welcome)
        if wanted != "models" and not chosen:
            continue
        planted = wanted != "models" and unit(seed, f"catch:{key}") < judging.catch_share
        found.append(Order(prompt, wanted, tuple(chosen.items()), planted))
    return sorted(found, key=lambda order: unit(seed, order.prompt.prompt_id))


def sampling_of(compare: CompareConfig, backend: Backend) -> Sampling:
    """How words are drawn, in both answers alike."""
    small = backend.describe().backend == "llama.cpp"
    return Sampling(
        temperature=compare.temperature,
        max_tokens=compare.max_tokens,
        repeat_penalty=SMALL_MODEL_PENALTY if small else 1.0,
    )


async def models_choice(backend: Backend, order: Order) -> Order:
    """The order with those attributes only that the model itself calls relevant."""
    from persona_tui.stages.relevance.verdicts import zero_shot

    texts = [text for _, text in order.attributes]
    answers = await zero_shot(order.prompt.text, texts, backend)
    chosen = tuple(
        one for one, (_, yes) in zip(order.attributes, answers, strict=True) if yes >= 0.5
    )
    return replace(order, attributes=chosen)


async def make_pair(
    db: StoreThread,
    order: Order,
    *,
    backend: Backend,
    other: Backend | None = None,
    embedder: Embedder,
    compare: CompareConfig,
    now: Callable[[], datetime] = utc_now,
) -> AsyncGenerator[Making, None]:
    """Write both answers and keep the pair. For the arm ``models``, ``other`` writes the second one.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`.
    """
    if order.arm == "model":
        order = await models_choice(backend, order)
    second = other if order.arm == "models" and other is not None else backend
    await db.run(prompts.remember, generate.template_sha256(), generate.template_text())
    written: list[tuple[Response, ModelRun]] = []
    characters = 0
    told_texts = [text for _, text in order.attributes]
    # The personalized answer of a planted pair is not written: both sides show the generic one.
    plans = [(False, backend, [])] if order.planted else [
        (False, backend, []), (True, second, told_texts if order.arm != "models" else []),
    ]  # fmt: skip
    for personalized, writer, told in plans:
        sampling = generate.with_seed(sampling_of(compare, writer), secrets.randbits(31))
        started, answer = now(), None
        pieces = generate.write(writer, order.prompt.text, told, sampling)
        async with aclosing(pieces) as parts:
            async for part in parts:
                if isinstance(part, generate.Answer):
                    answer = part
                else:
                    characters += len(part)
                    yield Making(order, characters)
        if answer is None or not answer.text:
            answer = (
                generate.Answer("…", answer.usage, answer.provenance, False) if answer else None
            )
        if answer is None:
            return
        run = _run(writer, order, sampling, answer, started, now())
        written.append((await _response(order, personalized, writer, answer, embedder, run), run))
    side: Side = secrets.choice(("generic", "personalized"))
    pair = await db.run(partial(_keep, order=order, written=written, side=side))
    yield Making(order, characters, pair)


def _run(
    writer: Backend,
    order: Order,
    sampling: Sampling,
    answer: generate.Answer,
    started: datetime,
    finished: datetime,
) -> ModelRun:
    model = writer.describe()
    note = "ended at the token limit" if answer.truncated else None
    return ModelRun(
        new_id(), "respond", model.name, model.backend, generate.template_sha256(),
        {**sampling.as_parameters(), "arm": order.arm, "form": form.VERSION}, __version__, started, finished,
        prompt_tokens=answer.usage.prompt_tokens,
        completion_tokens=answer.usage.completion_tokens, note=note,
    )  # fmt: skip


async def _response(
    order: Order,
    personalized: bool,
    writer: Backend,
    answer: generate.Answer,
    embedder: Embedder,
    run: ModelRun,
) -> Response:
    told = order.attributes if personalized and order.arm != "models" else ()
    mentions = await find(answer.text, told, embedder) if told else []
    return Response(
        new_id(), order.prompt.prompt_id, personalized, writer.describe().name, run.started_at,
        answer.text, run.run_id, tuple(key for key, _ in told),
        bool(mentions) if told else None, tuple(mentions),
    )  # fmt: skip


def _keep(
    store: Store, *, order: Order, written: Sequence[tuple[Response, ModelRun]], side: Side
) -> ResponsePair:
    with store.write():
        refused = set(accepted_attributes(store))
        if any(key not in refused for key, _ in order.attributes):
            raise NotFoundError(
                "An attribute was taken back while the answers were written; this pair is dropped."
            )
        for _, run in written:
            runs.add(store, run)
        generic = written[0][0]
        if order.planted:
            # Nothing may tell a planted pair: the same attributes are asked about as of any other.
            generic = replace(generic, attribute_ids=tuple(key for key, _ in order.attributes))
        personalized = generic if order.planted else written[1][0]
        return responses.add_pair(
            store, order.prompt.prompt_id, generic, personalized, arm=order.arm, shown_left=side,
            sampling="catch" if order.planted else "random",
        )  # fmt: skip


async def make_ahead(
    db: StoreThread,
    settings: Settings,
    *,
    backend: Backend,
    other: Backend | None,
    embedder: Embedder,
    count: int | None = None,
    arm: Arm | None = None,
    prompt_id: str | None = None,
) -> AsyncGenerator[Making, None]:
    """Make pairs until ``count`` were made, or (``None``) ``compare.ahead`` wait unjudged.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`,
    :class:`persona_tui.errors.UserError`.
    """
    compare = settings.compare
    made = 0
    while True:
        if count is None:
            ready = await db.run(partial(responses.pairs, judged=False))
            if len([p for p in ready if p.arm == (arm or compare.arm)]) >= compare.ahead:
                return
        elif made >= count:
            return
        todo = await db.run(
            partial(orders, judging=settings.judging, compare=compare, arm=arm, prompt_id=prompt_id)
        )
        if not todo:
            return
        steps = make_pair(
            db, todo[0], backend=backend, other=other, embedder=embedder, compare=compare
        )
        whole = False
        async with aclosing(steps):
            async for step in steps:
                whole = whole or step.pair is not None
                yield step
        if not whole:
            return  # the model said nothing: asking again and again would not help
        made += 1
